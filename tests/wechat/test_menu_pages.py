"""Can an administrator change the account's menu without losing anything typed, and see what came of it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from core.db import transaction
from tests.wechat.setup import administrator, fault, text_of, work
from tests.world import World
from wechat import client as calls
from wechat.admin.menu import buttons_typed, typed_of
from wechat.menu import plain
from wechat.models import AccountErrand
from wechat.service import errands, menus

if TYPE_CHECKING:
    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy

EDIT, MENU = "/admin/wechat/menu/edit", "/admin/wechat/menu"
GOOD = {
    "b1_name": "我的", "b1_does": "sub", "b1_1_name": "绑定信息", "b1_1_does": "page:/h5/bind",
    "b1_2_name": "我的进度", "b1_2_does": "key:progress",
    "b2_name": "补助申请", "b2_does": "page:/h5/claims",
    "b3_name": "互助动态", "b3_does": "url", "b3_url": "https://mp.weixin.qq.com/s/example",
}  # fmt: skip


@pytest.fixture
def app(one_app: Flask, clean_stores: None) -> Flask:
    """The application as it is wired."""
    return one_app


@pytest.fixture
def office(app: Flask, db: SQLAlchemy) -> Any:
    return administrator(World(), app)


def save(office: Any, seen: int = 0, **others: str) -> Any:
    return office.submit(EDIT, {**GOOD, "seen": str(seen), **others})


def test_gx_02_a_menu_is_saved_pushed_by_a_worker_and_told(office: Any, sandbox: str) -> None:
    """GX-02: 我的 is in it; nothing leaves before a worker runs, then the page says who and when."""
    assert save(office).status_code == 303
    assert office.submit(f"{MENU}/push", {"seen": "1"}, page=MENU).status_code == 303
    assert "正在推送菜单" in text_of(office.get(MENU))
    assert calls.current_menu() == []
    assert work() == 1
    shown = calls.current_menu()
    assert [button["name"] for button in shown] == ["我的", "补助申请", "互助动态"]
    assert shown[2]["url"] == GOOD["b3_url"]
    page = text_of(office.get(MENU))
    assert "菜单已推送" in page and "管理甲" in page
    assert "和公众号现在的菜单一样" in page
    assert menus.pushed().number == 1  # type: ignore[union-attr]


def test_the_difference_to_what_wechat_shows_is_told(office: Any, sandbox: str) -> None:
    """Somebody changed it at the console: the page shows place by place what pushing would change."""
    save(office)
    calls.create_menu({"button": [{"type": "click", "name": "旧按钮", "key": "help"}]})
    office.submit(f"{MENU}/read", {}, page=MENU)
    work()
    page = text_of(office.get(MENU))
    assert "旧按钮：自动回复“帮助”" in page
    assert "绑定信息：打开 /h5/bind" in page


BAD = [
    ({"b1_name": "名" * 6}, "最多 5 个汉字", "f-b1_name"),
    ({"b1_1_name": "名" * 21}, "最多 20 个汉字", "f-b1_1_name"),
    ({"b4_name": "第四个", "b4_does": "key:help"}, "要有 1 到 3 个按钮，现在有 4 个", ""),
    ({"b1_6_name": "第六个", "b1_6_does": "key:help", **{f"b1_{n}_name": f"第{n}" for n in (3, 4, 5)},
      **{f"b1_{n}_does": "key:help" for n in (3, 4, 5)}}, "要有 1 到 5 个按钮，现在有 6 个", "f-b1_does"),
    ({"b3_url": "https://evil.invalid/s/example"}, "只能打开本系统的页面或这些网站", "f-b3_url"),
    ({"b3_url": "http://mp.weixin.qq.com/s/example"}, "要以 https:// 开头", "f-b3_url"),
    ({"b3_url": "https://mp.weixin.qq.com@evil.invalid/"}, "要以 https:// 开头", "f-b3_url"),
    ({"b3_url": "javascript:alert(1)"}, "要以 https:// 开头", "f-b3_url"),
    ({"b3_url": "/admin/"}, "要以 /h5/ 开头", "f-b3_url"),
    ({"b3_url": ""}, "请选择点了以后做什么", "f-b3_url"),
    ({"b2_does": ""}, "请选择点了以后做什么", "f-b2_does"),
    ({"b2_name": ""}, "请填写按钮名称", "f-b2_name"),
    ({"b2_does": "key:nobody"}, "请从列表里选择自动回复", "f-b2_does"),
    ({"b1_name": "服务", "b1_1_name": "帮助", "b1_1_does": "key:help"}, "菜单里要有“我的”", ""),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words", "field"), BAD)
def test_what_wechat_or_we_would_refuse_is_said_at_its_field_and_nothing_typed_is_lost(
    office: Any, change: dict[str, str], words: str, field: str
) -> None:
    answer = save(office, **change)
    page = text_of(answer)
    assert answer.status_code == 422
    assert words in page
    assert f'href="#{field}"' in page if field else True
    for typed in (GOOD | change).values():
        if "_" not in typed and ":" not in typed:
            assert typed in page
    assert menus.newest() is None


def test_two_administrators_at_once(app: Flask, db: SQLAlchemy) -> None:
    """The second is told who was first and keeps what was typed; saving again then works."""
    world = World()
    first, second = administrator(world, app, "管理甲"), administrator(world, app, "管理乙")
    assert save(first).status_code == 303
    answer = save(second, b2_name="我来申请")
    page = text_of(answer)
    assert answer.status_code == 409
    assert "管理甲 刚刚保存了第 1 版" in page
    assert 'value="我来申请"' in page
    assert 'name="seen" value="1"' in page
    assert save(second, seen=1, b2_name="我来申请").status_code == 303


def test_what_is_pushed_is_what_was_looked_at(app: Flask, db: SQLAlchemy) -> None:
    world = World()
    first, second = administrator(world, app, "管理甲"), administrator(world, app, "管理乙")
    save(first)
    save(second, seen=1, b2_name="我来申请")
    answer = first.submit(f"{MENU}/push", {"seen": "1"}, page=MENU)
    assert answer.status_code == 409
    assert "现在是第 2 版" in text_of(answer)
    assert errands.last("push_menu") is None


def test_an_earlier_version_comes_back_as_a_new_one(office: Any, db: SQLAlchemy) -> None:
    save(office)
    save(office, seen=1, b2_name="我来申请")
    answer = office.submit(f"{MENU}/1/restore", {"seen": "2"}, page=f"{MENU}/1")
    assert answer.status_code == 303
    assert menus.buttons_of(menus.newest()) == menus.buttons_of(menus.version(1))
    assert "恢复自第 1 版" in text_of(office.get(MENU))
    assert len(menus.versions()) == 3


REFUSALS = [
    (40018, "按钮名称太长或为空"),
    (45009, "今天的调用次数已用完"),
    (40164, "白名单"),
    (99999, "99999"),
]


@pytest.mark.parametrize(("code", "words"), REFUSALS)
def test_what_wechat_refuses_is_told_in_words(office: Any, sandbox: str, code: int, words: str) -> None:
    save(office)
    fault(sandbox, "menu/create", code=code)
    office.submit(f"{MENU}/push", {"seen": "1"}, page=MENU)
    work()
    page = text_of(office.get(MENU))
    assert "推送菜单没有成功" in page and words in page and str(code) in page
    assert menus.pushed() is None


def test_a_busy_wechat_is_tried_again_by_itself(office: Any, sandbox: str, db: SQLAlchemy) -> None:
    save(office)
    fault(sandbox, "menu/create", code=-1, times=1)
    office.submit(f"{MENU}/push", {"seen": "1"}, page=MENU)
    work()
    assert "正在重试" in text_of(office.get(MENU))
    with transaction():
        db.session.query(AccountErrand).update({"due_at": menus.clock.now()})
    work()
    assert menus.pushed() is not None


@pytest.mark.parametrize("kind", ["garbage", "bad_gateway", "reset", "refuse"])
def test_without_a_clear_answer_the_page_says_so(
    office: Any, sandbox: str, db: SQLAlchemy, kind: str
) -> None:
    save(office)
    fault(sandbox, "menu/create", kind=kind)
    office.submit(f"{MENU}/push", {"seen": "1"}, page=MENU)
    for _ in range(errands.MOST_TRIES):
        work()
        with transaction():
            db.session.query(AccountErrand).update({"due_at": menus.clock.now()})
    page = text_of(office.get(MENU))
    assert "没有明确答复" in page or "连不上微信" in page
    assert menus.pushed() is None


def test_a_worker_that_died_leaves_the_push_to_the_next(office: Any, sandbox: str, db: SQLAlchemy) -> None:
    save(office)
    office.submit(f"{MENU}/push", {"seen": "1"}, page=MENU)
    with transaction():
        assert errands.take() is not None  # and dies here
    assert work() == 0
    with transaction():
        db.session.query(AccountErrand).update({"due_at": menus.clock.now()})
    assert work() == 1
    assert menus.pushed() is not None


def test_pressing_twice_pushes_once(office: Any, sandbox: str) -> None:
    save(office)
    for _ in range(2):
        office.submit(f"{MENU}/push", {"seen": "1"}, page=MENU)
    assert work() == 1


def test_the_forms_of_every_menu_say_what_it_is(db: SQLAlchemy) -> None:
    """GX-02: the profile's own menu goes through the form unchanged, and so does an odd page."""
    profile = menus.buttons_of(None)
    odd = [{"name": "我的", "page": "/h5/me"}, {"name": "文章", "page": "/h5/articles/12"}]
    for buttons in (profile, odd):
        found, _ = buttons_typed(typed_of(buttons))
        assert found == buttons


def test_doctor_says_when_the_menu_is_not_what_was_pushed(app: Flask, office: Any, sandbox: str) -> None:
    save(office)
    office.submit(f"{MENU}/push", {"seen": "1"}, page=MENU)
    work()
    runner = app.test_cli_runner()
    assert "ok    WeChat shows our menu" in runner.invoke(args=["doctor"]).output
    calls.create_menu({"button": [{"type": "click", "name": "别的", "key": "help"}]})
    assert "another menu than was pushed" in runner.invoke(args=["doctor"]).output


def test_the_command_line_pushes_the_newest_version(app: Flask, office: Any, sandbox: str) -> None:
    save(office)
    assert app.test_cli_runner().invoke(args=["wechat", "menu", "push"]).exit_code == 0
    assert menus.pushed().pushed_by == "命令行"  # type: ignore[union-attr]
    assert [button["name"] for button in calls.current_menu()] == ["我的", "补助申请", "互助动态"]


def test_both_ways_of_listing_sub_buttons_are_the_same_menu() -> None:
    sub = [{"type": "click", "name": "帮助", "key": "help"}]
    by_console = [{"name": "我的", "sub_button": {"list": sub}}]
    by_api = [{"name": "我的", "sub_button": sub}]
    assert plain(by_console) == plain(by_api)


def test_the_phone_shows_what_was_pushed(office: Any, sandbox: str) -> None:
    save(office, b2_name="我来申请")
    office.submit(f"{MENU}/push", {"seen": "1"}, page=MENU)
    work()
    assert "我来申请" in requests.get(f"{sandbox}/phone?as=zhang", timeout=10).text
