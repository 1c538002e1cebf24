"""Does a message go by the template staff chose, and is what WeChat would refuse said before it does?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from core import roles
from core.db import db as database
from core.db import transaction, uuid7
from notify import jobs as sending
from notify import queries as messages
from notify import service as notify
from notify.models import OutboxMessage
from tests.wechat.setup import (
    CLAIM_TEMPLATE,
    ZHANG,
    administrator,
    fault,
    forget_mappings,
    phone,
    text_of,
    work,
)
from tests.world import World
from wechat import client as calls
from wechat import fields as rules
from wechat.client import WeChatError
from wechat.service import errands, mappings
from wechat.words import code_words

if TYPE_CHECKING:
    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy

LIST, GROUP = "/admin/wechat/templates", "/admin/wechat/templates/claim_update"
TYPED = {"v_character_string1": "number", "v_phrase2": "state", "v_time3": "time", "v_thing4": "note"}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget_mappings()
    yield
    forget_mappings()


@pytest.fixture
def app(one_app: Flask, clean_stores: None) -> Flask:
    """The application as it is wired."""
    return one_app


@pytest.fixture
def office(app: Flask, db: SQLAlchemy, sandbox: str) -> Any:
    """An administrator, after the account's templates were read."""
    client = administrator(World(), app)
    client.submit(f"{LIST}/read", {}, page=LIST)
    work()
    return client


def save(office: Any, page: str = GROUP, seen: int = 0, template: str = CLAIM_TEMPLATE, **others: str) -> Any:
    return office.submit(page, {**TYPED, "template_id": template, "seen": str(seen), **others})


def zhang() -> Any:
    """Somebody bound to Zhang's WeChat who has switched SMS off."""
    world = World()
    person = world.employee()
    world.bind(person, ZHANG)
    with transaction():
        person.wants_sms = False
    return person


def tell(person: Any, kind: str = "claim_submitted", **values: str) -> Any:
    """A message of `kind` to `person`; the outgoing rows written for it, by channel."""
    number = f"BZ{uuid7().hex[:8]}"
    about = ("claim", uuid7(), number)
    with transaction():
        notify.send(kind, employee=person.id, about=about, values=values, dedupe=str(uuid7()))
    rows = database.session.query(OutboxMessage).filter_by(about_id=about[1]).all()
    return {row.channel: row for row in rows}


def test_the_accounts_templates_are_read_by_a_worker_and_listed(office: Any) -> None:
    page = text_of(office.get(LIST))
    assert "补助申请进度通知" in page and CLAIM_TEMPLATE in page
    assert "系统预设" in page


def test_gx_25_28_31_a_message_goes_by_the_template_that_staff_chose(office: Any, sandbox: str) -> None:
    """GX-25, GX-28, GX-31, GX-64: the very fields and the fixed words reach the phone."""
    assert save(office, v_thing4="=", t_thing4="请打开公众号看进度").status_code == 303
    tell(zhang())
    sending.drain(5)
    line = phone(sandbox, "zhang")["chat"][-1]
    assert "请打开公众号看进度" in line["content"]["text"]
    assert "审核中" in line["content"]["text"]


def test_one_kind_may_differ_from_its_group(office: Any, sandbox: str) -> None:
    save(office, t_thing4="整组的话", v_thing4="=")
    alone = f"{LIST}/claim_paid"
    assert save(office, alone, v_thing4="=", t_thing4="钱已打出").status_code == 303
    forget_mappings()
    assert mappings.carrier("claim_paid", "claim_update").fields["thing4"] == "=钱已打出"  # type: ignore[union-attr]
    assert mappings.carrier("claim_submitted", "claim_update").fields["thing4"] == "=整组的话"  # type: ignore[union-attr]
    assert office.submit(f"{alone}/reset", {"seen": "1"}, page=alone).status_code == 303
    assert mappings.carrier("claim_paid", "claim_update").source == "group"  # type: ignore[union-attr]


def test_gx_64_without_a_template_an_sms_goes_instead_and_the_page_says_so(office: Any, sandbox: str) -> None:
    """GX-64: also to a person who has switched SMS off because WeChat did it so far."""
    person = zhang()
    assert set(tell(person)) == {"wechat"}
    assert office.submit(GROUP, {"does": "off", "seen": "0"}).status_code == 303
    assert set(tell(person)) == {"sms"}
    page = text_of(office.get(LIST))
    assert "只发短信和站内信" in page
    assert "只发短信和站内信" in text_of(office.get("/admin/wechat"))


def test_a_message_that_waited_while_its_template_was_switched_off_is_not_a_failure(
    office: Any, sandbox: str
) -> None:
    rows = tell(zhang())
    office.submit(GROUP, {"does": "off", "seen": "0"})
    sending.drain(5)
    database.session.refresh(rows["wechat"])
    assert (rows["wechat"].status, rows["wechat"].why) == ("cancelled", "no_mapping")


BAD = [
    ({"v_phrase2": "note"}, "最多 5 个汉字", "f-v_phrase2"),
    ({"v_phrase2": "=", "t_phrase2": "ABC"}, "最多 5 个汉字", "f-t_phrase2"),
    ({"v_character_string1": "note"}, "不能有汉字", "f-v_character_string1"),
    ({"v_time3": "note"}, "时间，如", "f-v_time3"),
    ({"v_thing4": "=", "t_thing4": "字" * 21}, "最多 20 个字", "f-t_thing4"),
    ({"v_thing4": "=", "t_thing4": " "}, "请填写固定文字", "f-t_thing4"),
    ({"v_thing4": ""}, "请选择这一项填什么", "f-v_thing4"),
    ({"v_thing4": "salary"}, "请选择这一项填什么", "f-v_thing4"),
    ({"template_id": "TPL_NOBODY"}, "公众号里没有这个模板", ""),
    ({"template_id": ""}, "请选择模板", ""),
]


@pytest.mark.parametrize(("change", "words", "field"), BAD)
def test_what_wechat_would_refuse_is_said_before_it_does(
    office: Any, change: dict[str, str], words: str, field: str
) -> None:
    answer = save(office, **{"template": change.pop("template_id", CLAIM_TEMPLATE), **change})  # type: ignore[arg-type]
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not field or f'href="#{field}"' in text_of(answer)
    assert mappings.chosen("claim_update") is None


def test_what_would_be_cut_is_shown(office: Any, db: SQLAlchemy) -> None:
    """`thing` takes 20 characters; the page shows the cut before anybody gets it."""
    admin = World().staff(roles.ADMINISTRATOR)
    from tests.world import as_staff

    with transaction():
        fields = {"phrase2": "note"}
        mappings.choose("claim_submitted", "template", CLAIM_TEMPLATE, fields, seen=0,
                        by=as_staff(admin, roles.ADMINISTRATOR))  # fmt: skip
    page = text_of(office.get(f"{LIST}/claim_submitted"))
    assert "微信不接受：最多 5 个汉字" in page
    assert "1 处太长或不合格" in text_of(office.get(LIST))


def test_two_administrators_at_once(app: Flask, office: Any) -> None:
    second = administrator(World(), app, "管理乙")
    assert save(office).status_code == 303
    answer = save(second, v_thing4="=", t_thing4="乙写的话")
    assert answer.status_code == 409
    assert "管理甲 刚刚改过" in text_of(answer) and "乙写的话" in text_of(answer)


def test_a_test_message_reaches_the_administrators_own_wechat(app: Flask, office: Any, sandbox: str) -> None:
    """Bound by the phone on file, or an openid given by hand; the result is told in words."""
    world = World()
    clerk = world.staff(roles.ADMINISTRATOR, name="管理丙")
    own = world.sign_in(app.test_client(), staff=clerk)
    test = {"to": "me", "kind": "claim_paid"}
    assert "没有找到您本人绑定的微信" in text_of(own.submit(f"{GROUP}/test", test, page=GROUP))
    world.bind(world.employee(phone=clerk.phone), ZHANG)
    assert own.submit(f"{GROUP}/test", test, page=GROUP).status_code == 303
    work()
    assert "测试消息已交给微信" in text_of(own.get(GROUP))
    assert "已办结" in phone(sandbox, "zhang")["chat"][-1]["content"]["text"]


REFUSED = [("oSandboxNobody00000000000001", "不属于本公众号"), ("短", "请填写测试人员的 openid")]


@pytest.mark.parametrize(("openid", "words"), REFUSED)
def test_a_test_message_that_cannot_arrive_says_why(
    office: Any, sandbox: str, openid: str, words: str
) -> None:
    answer = office.submit(
        f"{GROUP}/test", {"to": "openid", "openid": openid, "kind": "claim_paid"}, page=GROUP
    )
    work()
    assert words in text_of(answer) + text_of(office.get(GROUP))


def test_the_openid_is_not_kept_after_the_test(office: Any, sandbox: str) -> None:
    office.submit(f"{GROUP}/test", {"to": "openid", "openid": ZHANG, "kind": "claim_paid"}, page=GROUP)
    assert ZHANG in (errands.last("test_send").given or "")  # type: ignore[union-attr]
    work()
    database.session.expire_all()
    assert errands.last("test_send").given is None  # type: ignore[union-attr]


def test_a_template_that_is_gone_is_said(app: Flask, office: Any, sandbox: str) -> None:
    save(office)
    known = requests.get(f"{sandbox}/wechat/templates.json", timeout=10).json()
    calls.client().post("template/del_private_template", data={"template_id": CLAIM_TEMPLATE})
    office.submit(f"{LIST}/read", {}, page=LIST)
    work()
    assert "公众号里没有这个模板，发不出去" in text_of(office.get(LIST))
    assert f"WeChat has no template {CLAIM_TEMPLATE}" in app.test_cli_runner().invoke(args=["doctor"]).output
    requests.post(f"{sandbox}/wechat/templates.json", json=known, timeout=10).raise_for_status()


@pytest.mark.parametrize("code", [40164, 45009, 48001])
def test_reading_that_wechat_refuses_is_told(office: Any, sandbox: str, code: int) -> None:
    fault(sandbox, "get_all_private_template", code=code)
    office.submit(f"{LIST}/read", {}, page=LIST)
    work()
    assert code_words(str(code)) in text_of(office.get(LIST))


def test_every_kind_of_message_fits_the_profiles_templates(app: Flask, db: SQLAlchemy) -> None:
    """GX-25, GX-28, GX-31, GX-45: nothing is cut or refused as it comes out of the box."""
    for one in messages.by_wechat():
        mapped = mappings.carrier(one.kind, one.group)
        assert mapped is not None, one.kind
        for field, text in mappings.filled(mapped.fields, one.values).items():
            assert rules.complaint(field, messages.as_wechat_accepts(field, text)) == "", (one.kind, field)
            assert messages.as_wechat_accepts(field, text) == text, (one.kind, field)


RULES = [
    ("thing1", "字" * 20, True), ("thing1", "字" * 21, False), ("thing1", "两\n行", False),
    ("phrase2", "审核通过", True), ("phrase2", "审核通过了吗", False), ("phrase2", "OK", False),
    ("character_string3", "BZ1344168415351173120", True), ("character_string3", "编号1", False),
    ("time4", "2026-10-01 15:01", True), ("time4", "2026-10-01 15:01:02", False),
    ("date4", "2026年10月1日", True),
    ("amount5", "¥1234.50元", True), ("amount5", "一千元", False), ("number6", "12.5", True),
    ("name7", "张测试", True), ("name7", "字" * 11, False), ("thing1", " ", False), ("enum8", "任意", True),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "is_right"), RULES)
def test_our_rules_are_wechats_rules(
    office: Any, sandbox: str, field: str, value: str, is_right: bool
) -> None:
    """The sandbox answers 47003 for exactly what we complain about (GX-64)."""
    assert (rules.complaint(field, value) == "") is is_right
    content = f"一项：{{{{{field}.DATA}}}}"
    template = {"template_id": f"TPL_RULE_{field}", "title": "规则", "content": content}
    requests.post(f"{sandbox}/wechat/templates.json", json=[template], timeout=10).raise_for_status()
    try:
        calls.send_template(ZHANG, template["template_id"], {field: value})
        found = 0
    except WeChatError as error:
        found = error.errcode or 0
    assert found == (0 if is_right else 47003)
