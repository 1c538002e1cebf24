"""Does every union get a QR code that says later where people came from? (GX-01)"""

from __future__ import annotations

import io
import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import segno
from sqlalchemy import text as sql

from core.db import db as database
from core.db import transaction
from employee.service.people import bound_openids
from tests.wechat.setup import WANG, administrator, does, fault, text_of, work
from tests.world import World
from wechat import service
from wechat.models import AccountErrand, UnionScene
from wechat.service import scenes

if TYPE_CHECKING:
    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy

PAGE = "/admin/wechat/scenes"


@pytest.fixture
def app(one_app: Flask, clean_stores: None) -> Flask:
    """The application as it is wired, because the sandbox pushes to its port."""
    return one_app


@pytest.fixture
def world(db: SQLAlchemy) -> World:
    return World()


@pytest.fixture
def office(app: Flask, world: World) -> Any:
    return administrator(world, app)


def code_of(office: Any, union: Any) -> UnionScene:
    """The union's code, made by a worker."""
    union_id = union if isinstance(union, uuid.UUID) else union.id
    assert office.submit(PAGE, {"union": str(union_id)}).status_code == 303
    work()
    database.session.expire_all()
    return scenes.of_unions([union_id])[0]


def said(done: dict[str, Any]) -> str:
    return "\n".join(str(row["content"].get("text", "")) for row in done["lines"] if row["by"] == "account")


def test_gx_01_a_scan_follows_and_the_welcome_names_the_union(
    office: Any, world: World, sandbox: str, live_server: str
) -> None:
    """GX-01: the picture is ours, the code WeChat's; the follower is remembered as coming from the union."""
    union = world.union("测试一厂工会委员会")
    code = code_of(office, union)
    done = does(sandbox, "wang", "scan", url=code.url)
    assert "测试一厂工会委员会的二维码" in said(done)
    assert "绑定职工信息" in said(done)
    follower = service.follower_for(WANG)
    assert follower is not None and follower.scene == code.code
    page = text_of(office.get(PAGE))
    assert "测试一厂工会委员会" in page


def test_gx_01_the_bind_page_knows_nothing_more_about_who_scanned(
    app: Flask, office: Any, world: World, sandbox: str, live_server: str
) -> None:
    """GX-01: a code on a wall may be scanned by anybody: nothing is filled in or chosen for them."""
    code = code_of(office, world.union())
    does(sandbox, "wang", "scan", url=code.url)
    page = text_of(world.sign_in(app.test_client(), openid=WANG).get("/h5/bind"))
    filled = re.findall(r'<input[^>]* name="(name|id_number|phone|code)"[^>]* value="([^"]*)"', page)
    assert sorted(filled) == [("code", ""), ("id_number", ""), ("name", ""), ("phone", "")]
    assert "测试一厂" not in page


def test_follows_and_binds_are_counted_by_union(
    office: Any, world: World, sandbox: str, live_server: str
) -> None:
    one, two = world.union("甲厂工会").id, world.union("乙厂工会").id
    first, second = code_of(office, one).code, code_of(office, two).code
    does(sandbox, "wang", "scan", scene=first)
    bound = world.employee()
    world.bind(bound, "oTestBoundPerson0000000001")
    gone = world.follower()
    with transaction():
        database.session.execute(
            sql("UPDATE follower SET scene = :code WHERE openid IN (:a, :b)"),
            {"code": first, "a": "oTestBoundPerson0000000001", "b": gone},
        )
        database.session.execute(
            sql("UPDATE follower SET is_subscribed = false WHERE openid = :b"), {"b": gone}
        )
    counts = scenes.counts([first, second], bound_openids())
    assert counts == {first: scenes.Count(all=3, following=2, bound=1)}


def test_who_comes_back_without_a_code_still_came_from_the_union(
    office: Any, world: World, sandbox: str, live_server: str, db: SQLAlchemy
) -> None:
    code = code_of(office, world.union())
    does(sandbox, "wang", "scan", url=code.url)
    with transaction():
        db.session.execute(sql("UPDATE follower SET last_event_at = last_event_at - interval '1 minute'"))
    does(sandbox, "wang", "unfollow")
    with transaction():
        db.session.execute(sql("UPDATE follower SET last_event_at = last_event_at - interval '1 minute'"))
    does(sandbox, "wang", "follow")
    db.session.rollback()
    follower = service.follower_for(WANG)
    assert follower is not None and follower.scene == code.code


def test_a_code_is_made_once_and_cannot_be_guessed(office: Any, world: World, sandbox: str) -> None:
    union_id = world.union().id
    first = code_of(office, union_id)
    url = first.url
    office.submit(PAGE, {"union": str(union_id)})
    assert work() == 0
    assert scenes.of_unions([union_id])[0].url == url
    assert str(union_id) not in first.code


def test_the_code_is_shown_printed_and_downloaded(office: Any, world: World, sandbox: str) -> None:
    union = world.union("测试二厂工会委员会")
    code = code_of(office, union)
    sheet = text_of(office.get(f"{PAGE}/{code.id}/print"))
    assert "测试二厂工会委员会" in sheet
    svg, png = office.get(f"{PAGE}/{code.id}.svg"), office.get(f"{PAGE}/{code.id}.png?save=1")
    assert svg.content_type == "image/svg+xml" and b"<svg" in svg.data
    assert png.data.startswith(b"\x89PNG")
    assert "attachment" in png.headers["Content-Disposition"]
    assert office.get(f"{PAGE}/{uuid.uuid4()}.png").status_code == 404


def test_the_picture_is_what_wechat_gave(office: Any, world: World, sandbox: str) -> None:
    code = code_of(office, world.union())
    ours = io.BytesIO()
    segno.make(code.url, error="m").save(ours, kind="png", scale=12, border=4)
    assert office.get(f"{PAGE}/{code.id}.png").data == ours.getvalue()
    assert code.url.startswith("http://weixin.qq.com/q/")


def test_what_wechat_refuses_is_told_beside_the_union_and_can_be_tried_again(
    office: Any, world: World, sandbox: str, db: SQLAlchemy
) -> None:
    union = world.union().id
    fault(sandbox, "qrcode/create", code=45009, times=1)
    code = code_of(office, union)
    assert code.url == ""
    assert "今天的调用次数已用完" in text_of(office.get(PAGE))
    assert code_of(office, union).url


def test_nothing_picked_and_foreign_ids_are_refused(office: Any, world: World, db: SQLAlchemy) -> None:
    world.union()
    for picked in ("", str(uuid.uuid4()), "x"):
        assert office.submit(PAGE, {"union": picked}).status_code == 422
    assert db.session.query(AccountErrand).count() == 0


def test_an_unknown_scene_welcomes_as_ever(sandbox: str, live_server: str, db: SQLAlchemy) -> None:
    from wechat import client

    made = client.create_scene_qr("union_0000000000000000", 600)
    done = does(sandbox, "wang", "scan", url=made.url)
    assert "欢迎关注" in said(done) and "的二维码" not in said(done)
