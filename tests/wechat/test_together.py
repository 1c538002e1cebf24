"""Do the product and the outside world understand each other over real HTTP, pushes included?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from sqlalchemy import text as sql

from wechat import client, jssdk, service
from wechat.faults import WeChatError

if TYPE_CHECKING:
    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy

ZHANG, WANG = "oSandboxUser0000000000000001", "oSandboxUser0000000000000003"


@pytest.fixture
def app(one_app: Flask, clean_stores: None) -> Flask:
    """The application as it is wired, because the sandbox pushes to its port."""
    return one_app


def does(sandbox: str, person: str, verb: str, **given: Any) -> dict[str, Any]:
    """Somebody does something on the phone; what came of it."""
    answer = requests.post(f"{sandbox}/phone/{person}/{verb}", json=given, timeout=30)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def said(done: dict[str, Any]) -> str:
    return "\n".join(
        str(line["content"].get("text", "")) for line in done["lines"] if line["by"] == "account"
    )


def test_following_is_answered_and_remembered(sandbox: str, live_server: str, db: SQLAlchemy) -> None:
    """GX-01."""
    done = does(sandbox, "wang", "follow")
    assert done["push"]["outcome"] == "encrypted xml"
    assert done["push"]["warnings"] == []
    assert "绑定职工信息" in said(done)
    follower = service.follower_for(WANG)
    assert follower is not None
    assert follower.is_subscribed
    does(sandbox, "wang", "unfollow")
    db.session.rollback()
    assert not service.is_reachable(WANG)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("帮助", "您可以回复"),
        ("进度", "您还没有绑定"),
        ("11010119900307002X", "个人信息"),
        ("]]>", "您可以回复"),
    ],
)
def test_what_people_say_is_answered(
    sandbox: str, live_server: str, db: SQLAlchemy, words: str, expected: str
) -> None:
    done = does(sandbox, "zhang", "say", text=words)
    assert done["push"]["outcome"] == "encrypted xml"
    assert len(done["push"]["attempts"]) == 1
    assert expected in said(done)


@pytest.mark.parametrize("mode", ["plain", "compat"])
def test_other_modes_than_safe_are_refused(sandbox: str, live_server: str, db: SQLAlchemy, mode: str) -> None:
    """compat carries a valid Encrypt beside the plain fields: what is sealed is read, the rest is not."""
    requests.post(f"{sandbox}/push.json", json={"mode": mode}, timeout=10).raise_for_status()
    done = does(sandbox, "zhang", "say", text="帮助")
    statuses = {attempt["status"] for attempt in done["push"]["attempts"]}
    assert statuses == ({403} if mode == "plain" else {200})


def test_repeats_of_the_outside_world_count_once(sandbox: str, live_server: str, db: SQLAlchemy) -> None:
    requests.post(f"{sandbox}/push.json", json={"is_duplicating": True}, timeout=10).raise_for_status()
    done = does(sandbox, "zhang", "say", text="帮助")
    assert len(done["push"]["attempts"]) == 2
    assert db.session.execute(sql("SELECT count(*) FROM inbound_event")).scalar_one() == 1


def test_the_profiles_menu_is_accepted_and_its_clicks_answered(
    sandbox: str, live_server: str, app: Flask, db: SQLAlchemy
) -> None:
    """GX-02."""
    assert client.get_menu() == {}
    pushed = app.test_cli_runner().invoke(args=["wechat", "menu", "push"])
    assert pushed.exit_code == 0, pushed.output
    assert "我的" in app.test_cli_runner().invoke(args=["wechat", "menu", "show"]).output
    assert "您还没有绑定" in said(does(sandbox, "zhang", "tap", name="我的进度"))
    opened = does(sandbox, "zhang", "tap", name="个人中心")
    assert opened["open"].endswith("/wechat/oauth?next=/h5/me")


def test_a_qr_code_brings_its_scene(sandbox: str, live_server: str, db: SQLAlchemy) -> None:
    code = client.create_scene_qr("union-7")
    does(sandbox, "wang", "scan", ticket=code.ticket)
    follower = service.follower_for(WANG)
    assert follower is not None
    assert follower.scene == "union-7"


def test_the_command_makes_a_permanent_code(sandbox: str, app: Flask, db: SQLAlchemy) -> None:
    made = app.test_cli_runner().invoke(args=["wechat", "qr", "entrance"])
    assert made.exit_code == 0, made.output
    assert "http" in made.output


def test_a_revoked_token_is_replaced(sandbox: str, db: SQLAlchemy) -> None:
    """W10."""
    assert client.user_info(ZHANG)["subscribe"] == 1
    client.client().tokens._store.flushall()  # type: ignore[union-attr]
    client.client().tokens._write("x" * 40, 600)
    assert client.user_info(ZHANG)["subscribe"] == 1


def test_pictures_come_back_as_they_went(sandbox: str, db: SQLAlchemy) -> None:
    picture = b"\xff\xd8\xff\xe0" + b"fictional" * 500
    assert client.download_media(client.upload_image(picture)) == picture


def test_callback_addresses_are_known(sandbox: str, db: SQLAlchemy) -> None:
    assert client.callback_ips() == ["127.0.0.1"]


def test_messages_to_people_who_left_say_so(sandbox: str, db: SQLAlchemy) -> None:
    with pytest.raises(WeChatError) as caught:
        client.send_custom_text(WANG, "您好")
    assert caught.value.verdict == "not_follower"


def test_a_withdrawn_authorisation_is_obeyed(sandbox: str, live_server: str, db: SQLAlchemy) -> None:
    does(sandbox, "wang", "follow")
    done = does(sandbox, "wang", "revoke")
    assert done["push"]["outcome"] == "success"
    assert service.follower_for(WANG) is None


def test_the_page_signature_is_one_the_sdk_accepts(sandbox: str, app: Flask, db: SQLAlchemy) -> None:
    public = app.extensions["huzhu"]["settings"].public_url
    config = jssdk.config(f"{public}/h5/claims/new#top")
    expected = jssdk.signature(
        client.jsapi_ticket(), str(config["nonceStr"]), int(config["timestamp"]), f"{public}/h5/claims/new"
    )
    assert config["signature"] == expected
