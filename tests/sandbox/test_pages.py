"""Can a newcomer find their way? The sandbox's pages, without a browser: words, forms, files, switches."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import requests
import time_machine

from config.demo import PASSWORD, PEOPLE, STAFF
from config.scheme import load_scheme
from notify.messages import MESSAGES, places
from sandbox.pages.words import chat_text, code_in
from tests.sandbox.conftest import ZHANG, Listener, Outside
from tests.sandbox.test_bank import GOOD, as_csv, bring

PAGES = (
    "/",
    "/codes",
    "/phone",
    "/phone?as=zhang",
    "/phone?as=wang",
    "/sms",
    "/mail",
    "/bank",
    "/faults",
    "/push",
)


def form(
    outside: Outside, path: str, cookies: dict[str, str] | None = None, **given: Any
) -> requests.Response:
    return requests.post(outside.url + path, data=given, cookies=cookies, timeout=10, allow_redirects=False)


# -- every page ------------------------------------------------------------------------
@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_and_needs_nothing_from_elsewhere(outside: Outside, path: str) -> None:
    answer = outside.get(path)
    assert answer.status_code == 200
    html = answer.text
    assert html.count("<h1") == 1
    assert 'lang="zh-CN"' in html and "虚构数据" in html
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", html)
    hosts = set(re.findall(r"(?:src|href|action)=\"(https?://[^/\"]+)", html))
    assert hosts <= {outside.settings.public_url}
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy and "unsafe" not in policy


def test_localhost_becomes_the_name_the_product_has(outside: Outside) -> None:
    """Else the page inside the phone would be a stranger to its own cookies."""
    port = outside.url.rpartition(":")[2]
    answer = requests.get(
        f"{outside.url}/phone?as=zhang",
        headers={"Host": f"localhost:{port}"},
        timeout=5,
        allow_redirects=False,
    )
    assert answer.headers["Location"] == f"{outside.url}/phone?as=zhang"


# -- sign-ins --------------------------------------------------------------------------
@pytest.mark.parametrize(("second", "left"), [(0, 30), (1, 29), (29, 1), (30, 30), (59, 1)])
def test_the_code_shown_is_the_one_that_signs_in(outside: Outside, second: int, left: int) -> None:
    with time_machine.travel(1_800_000_000 + second, tick=False):
        given = outside.app.test_client().get("/codes.json", base_url=outside.url).json
    assert given["seconds"] == left
    for row, person in zip(given["codes"], STAFF, strict=True):
        assert (row["phone"], row["password"]) == (person.phone, PASSWORD)
        assert row["code"] == pyotp.TOTP(person.totp_secret).at(1_800_000_000 + second)


def test_people_are_those_of_the_demo(outside: Outside) -> None:
    people = outside.get("/phone.json").json()["people"]
    rows = [
        (p["key"], p["name"], p["phone"], p["id_number"], p["bank_card"], p["is_follower"]) for p in people
    ]
    assert rows == [tuple(p) for p in PEOPLE]


# -- words -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('请点<a href="http://x.test/h5/">这里</a>', 'data-open="http://x.test/h5/">这里</a>'),
        ('<a href="javascript:alert(1)">点</a>', "点"),
        ("<b>粗</b>", "&lt;b&gt;粗&lt;/b&gt;"),
        ("见 http://x.test/a?b=1&c=2，谢谢", 'data-open="http://x.test/a?b=1&amp;c=2">'),
        ('<a href="http://x.test/" onclick="x">&lt;script&gt;</a>', ">&lt;script&gt;</a>"),
    ],
)
def test_an_account_may_only_link(said: str, shown: str) -> None:
    html = str(chat_text(said, True))
    assert shown in html
    assert "javascript" not in html and "onclick" not in html and "<script" not in html and "<b>" not in html


def test_people_cannot_write_links() -> None:
    assert "&lt;a href=" in str(chat_text('<a href="/x">点</a>', False))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("您的验证码是482913，5分钟内有效。", "482913"),
        ("【示例】验证码 0042，请勿告知", "0042"),
        ("您的申请有更新，编号 123456", ""),
        ("验证码已发到 19900000001", ""),
    ],
)
def test_the_code_is_found_in_an_sms(text: str, code: str) -> None:
    assert code_in(text) == code


# -- phone -----------------------------------------------------------------------------
def test_what_is_said_is_pushed_and_shown(outside: Outside, product: Listener) -> None:
    answer = form(outside, "/phone/zhang", verb="say", text="您好 & 再见")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/phone?as=zhang")
    assert product.wait_for(1, "/wechat/callback")[0].method == "POST"
    assert "您好 &amp; 再见" in outside.get("/phone", **{"as": "zhang"}).text


def test_only_what_is_new_comes_and_the_account_answers(outside: Outside, product: Listener) -> None:
    form(outside, "/phone/zhang", verb="say", text="您好")
    before = outside.get("/phone/zhang/chat.json").json()
    assert "您好" in before["lines"]
    assert outside.get("/phone/zhang/chat.json", after=before["last"]).json()["lines"].strip() == ""
    body = {"touser": ZHANG, "msgtype": "text", "text": {"content": "收到"}}
    assert outside.call("/cgi-bin/message/custom/send", body)["errcode"] == 0
    after = outside.get("/phone/zhang/chat.json", after=before["last"]).json()
    assert "收到" in after["lines"] and "您好" not in after["lines"]


def test_an_empty_line_is_not_sent(outside: Outside, product: Listener) -> None:
    form(outside, "/phone/zhang", verb="say", text="  ")
    assert product.heard == [] and outside.world.person("zhang").chat == []


def test_following_and_leaving_are_pushed(outside: Outside, product: Listener) -> None:
    form(outside, "/phone/wang", verb="follow")
    assert outside.world.person("wang").is_follower
    form(outside, "/phone/wang", verb="unfollow")
    assert not outside.world.person("wang").is_follower
    assert len(product.wait_for(2, "/wechat/callback")) == 2


def test_the_profiles_menu_is_there_until_one_is_pushed(outside: Outside, product: Listener) -> None:
    """GX-02."""
    names = [item["name"] for top in load_scheme("guangxi").menu for item in top.get("items", [top])]
    page = outside.get("/phone", **{"as": "zhang"}).text
    assert all(f'value="{name}"' in page for name in names)
    outside.world.menu = {"button": [{"type": "click", "name": "新按钮", "key": "help"}]}
    page = outside.get("/phone", **{"as": "zhang"}).text
    assert 'value="新按钮"' in page and 'value="个人中心"' not in page


@pytest.mark.parametrize(
    ("name", "event", "opens"), [("个人中心", "VIEW", "/wechat/oauth?next=/h5/me"), ("我的进度", "CLICK", "")]
)
def test_a_tap_is_pushed_and_a_page_opens(
    outside: Outside, product: Listener, name: str, event: str, opens: str
) -> None:
    answer = form(outside, "/phone/zhang", verb="tap", name=name)
    assert outside.world.pushes[-1].what == event
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query == {"as": ["zhang"]} | ({"open": [outside.settings.public_url + opens]} if opens else {})


def test_the_browser_opens_pages_of_the_product_only(outside: Outside) -> None:
    public = outside.settings.public_url
    assert "<iframe" in outside.get("/phone", **{"as": "zhang", "open": f"{public}/h5/me"}).text
    other = outside.get("/phone", **{"as": "zhang", "open": "https://example.org/"}).text
    assert "<iframe" not in other and "不在产品里" in other
    for url in ("https://example.org/", "javascript:alert(1)", f"{public}.example.org/h5/", ""):
        assert outside.get("/phone/zhang/open", url=url).status_code == 404


@pytest.mark.parametrize(
    ("signed_in", "path", "goes_to"),
    [
        ("zhang", "/h5/claims/BZ1", "/h5/claims/BZ1"),
        ("li", "/h5/claims/BZ1", "/wechat/oauth?next=/h5/claims/BZ1"),
        ("", "/s/claims", "/wechat/oauth?next=/s/claims"),
        ("li", "/wechat/oauth?next=/h5/me", "/wechat/oauth?next=/h5/me"),
    ],
)
def test_a_change_of_hands_signs_in_afresh(outside: Outside, signed_in: str, path: str, goes_to: str) -> None:
    public = outside.settings.public_url
    answer = requests.get(
        f"{outside.url}/phone/zhang/open", params={"url": public + path}, timeout=5, allow_redirects=False,
        cookies={"sandbox_signed_in": signed_in, "sandbox_person": "li"},
    )  # fmt: skip
    assert answer.headers["Location"] == public + goes_to
    assert "sandbox_person=zhang" in answer.headers["Set-Cookie"]


def test_an_sms_drops_in_and_stays_in_the_inbox(outside: Outside) -> None:
    sms = {
        "id": "1",
        "phone": PEOPLE[0].phone,
        "text": "您的验证码是482913，5分钟内有效。",
        "sign": "示例总工会",
    }
    outside.post("/sms/sandbox", sms)
    banner = outside.get("/phone/zhang/chat.json").json()["banner"]
    assert 'data-copy="482913"' in banner and "【示例总工会】" in banner
    assert outside.get("/phone/li/chat.json").json()["banner"].strip() == ""
    assert 'data-copy="482913"' in outside.get("/sms", phone=PEOPLE[0].phone).text
    outside.post("/clock.json", {"advance": 300})
    assert outside.get("/phone/zhang/chat.json").json()["banner"].strip() == ""


def test_a_link_in_an_sms_opens_on_the_phone_it_came_to(outside: Outside) -> None:
    url = f"{outside.settings.public_url}/s/claims"
    sms = {"id": "1", "phone": PEOPLE[1].phone, "text": f"您的申请有更新，或点 {url}"}
    outside.post("/sms/sandbox", sms)
    assert f'data-open="{url}"' in outside.get("/sms").text
    assert "/phone?as=li&amp;open=" in outside.get("/sms").text


# -- bank ------------------------------------------------------------------------------
def test_the_clerk_decides_row_by_row(outside: Outside) -> None:
    closed = (*GOOD[:1], "2", "李秀英", "示例银行", "6217000000000000000", "10.00", "互助补助")
    files = {"file": ("b.csv", as_csv(GOOD, closed))}
    brought = requests.post(f"{outside.url}/bank", files=files, timeout=5, allow_redirects=False)
    assert (brought.status_code, brought.headers["Location"]) == (303, "/bank/PB202601")
    assert "失败：账户已销户" in outside.get("/bank/PB202601").text
    given = {"row-1": "二类卡限额", "row-2": "成功", "then": "download"}
    rows = list(csv.DictReader(io.StringIO(form(outside, "/bank/PB202601", **given).content.decode("gbk"))))
    assert [(r["结果"], r["失败原因"], r["流水号"] != "") for r in rows] == [
        ("失败", "二类卡限额", False),
        ("成功", "", True),
    ]
    again = form(outside, "/bank/PB202601", **{"row-2": "成功", "row-1": "随便写的", "then": "download"})
    assert list(csv.DictReader(io.StringIO(again.content.decode("gbk")))) == rows


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [(b"", 422, "请选择文件"), (b"a,b\n1,2\n", 422, "缺少列"), (as_csv(GOOD), 409, "已受理")],
)
def test_the_desk_says_why_it_takes_no_file(
    outside: Outside, content: bytes, status: int, words: str
) -> None:
    bring(outside, as_csv(GOOD))
    answer = requests.post(f"{outside.url}/bank", files={"file": ("b.csv", content)}, timeout=5)
    assert answer.status_code == status and words in answer.text


# -- switches --------------------------------------------------------------------------
def active(outside: Outside) -> list[tuple[str, str]]:
    return [(f["service"], f["kind"]) for f in outside.get("/faults.json").json()["faults"]]


def test_a_switch_goes_on_and_off_and_all_off(outside: Outside) -> None:
    form(outside, "/faults", fault="sms:slow")
    form(outside, "/faults", fault="sms:refuse")
    form(outside, "/faults", fault="wechat_api:garbage")
    assert active(outside) == [("sms", "refuse"), ("wechat_api", "garbage")]
    form(outside, "/faults", fault="sms:refuse")
    form(outside, "/faults", push="is_duplicating")
    assert active(outside) == [("wechat_api", "garbage")] and outside.world.push.is_duplicating
    form(outside, "/faults", clear="all")
    assert active(outside) == [] and not outside.world.push.is_duplicating


@pytest.mark.parametrize(
    "given", [{"fault": "sms:explode"}, {"fault": "moon:slow"}, {"push": "deadline"}, {}]
)
def test_a_switch_that_is_not_there_is_refused(outside: Outside, given: dict[str, str]) -> None:
    assert form(outside, "/faults", **given).status_code == 400


def test_revoking_kills_the_token(outside: Outside) -> None:
    token = outside.token()
    assert "全部作废" in requests.post(f"{outside.url}/faults", data={"revoke": "1"}, timeout=5).text
    answer = outside.get("/wechat/api/cgi-bin/get_api_domain_ip", access_token=token).json()
    assert answer["errcode"] == 40001


def test_pushes_can_be_read_and_repeated(outside: Outside, product: Listener) -> None:
    form(outside, "/phone/zhang", verb="say", text="您好")
    assert "收到，不回复" in outside.get("/push").text
    form(outside, f"/push/{outside.world.pushes[-1].id}/repeat")
    assert len(product.heard) == 2


# -- what is on file from the start ----------------------------------------------------
@pytest.mark.parametrize("scheme", ["guangxi", "xiamen"])
def test_the_profiles_templates_are_on_file(outside: Outside, scheme: str) -> None:
    """Else every notice in development would be answered with 40037."""
    from dataclasses import replace

    from sandbox import create_sandbox

    world = create_sandbox(replace(outside.settings, scheme=scheme)).extensions["sandbox_world"]
    for row in load_scheme(scheme).wechat_templates.values():
        content = world.templates[row["id"]].content
        assert re.findall(r"\{\{(\w+)\.DATA\}\}", content) == list(row["fields"])


def test_code_templates_have_the_places_of_the_code(outside: Outside) -> None:
    from sandbox import create_sandbox
    from sandbox.sms.inbox import places_in

    world = create_sandbox(outside.settings).extensions["sandbox_world"]
    needed = places(MESSAGES["code"].sms)
    codes = [key for key, row in world.sms_templates.items() if row["kind"] == "code"]
    assert len(codes) == 2
    for key in codes:
        assert len(places_in(world, key)) == len(needed)
        assert places_in(world, key) in (needed, ["1", "2"])
