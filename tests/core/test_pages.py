"""Are words, addresses and refusals of pages what people and browsers need?"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, render_template_string, request
from flask_wtf import CSRFProtect

from config.settings import load
from core.errors import Conflict, Invalid, Missing, NotAllowed, Refused, SignInNeeded, TooMany
from core.headers import register_headers
from core.pages import Site, again, join_reasons, parse_day, register_pages, register_refusals
from core.pages.cells import error_list
from core.pages.refusals import ERROR_WORDS
from core.pages.words import card4, char_diff, day, day_words, minute, state_tag

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {"APP_ENV": "test", "DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x"}


@pytest.mark.parametrize(
    "typed",
    [
        "2026-10-01",
        "20261001",
        "2026.10.1",
        "2026/10/1",
        "2026年10月1日",
        "２０２６。１０。１",
        " 2026-10 -1 ",
    ],
)
def test_a_date_is_read_as_people_type_it(typed: str) -> None:
    assert parse_day(typed) == date(2026, 10, 1)
    assert day_words(typed) == "2026年10月1日"


@pytest.mark.parametrize(
    "typed", ["", "10/01/2026", "2026-13-01", "2026-02-30", "昨天", "202610011", "2026-10-01x"]
)
def test_what_is_no_date_is_not_guessed(typed: str) -> None:
    assert parse_day(typed) is None
    assert day_words(typed) == ""


def test_moments_are_shown_in_shanghai() -> None:
    """GX-55 (the full form is core.clock.shown)"""
    late = datetime(2026, 12, 31, 16, 5, tzinfo=UTC)
    assert (day(late), minute(late), day_words(late)) == ("2027-01-01", "00:05", "2027年1月1日")


@pytest.mark.parametrize(
    ("label", "tone"),
    [
        ("草稿", "idle"), ("待初核", "wait"), ("待复核", "wait"), ("待打款", "wait"), ("打款中", "wait"),
        ("打款失败", "bad"), ("已驳回", "bad"), ("已退回", "bad"), ("被退回", "bad"), ("不予补助", "bad"),
        ("已撤回", "idle"), ("办结", "good"), ("已参保", "good"), ("未参保", "idle"), ("已处理", "good"),
    ],
)  # fmt: skip
def test_a_state_has_the_tone_of_its_meaning(label: str, tone: str) -> None:
    assert state_tag(label) == tone


def test_look_alike_signs_are_found() -> None:
    found = char_diff("张建囯", "张建国")
    assert found["place"] == 3
    assert found["codes"] == "U+56EF / U+56FD"
    assert found["left"] == [("张建", False), ("囯", True)]
    assert char_diff("张三", "张三")["same"]
    assert char_diff("张三丰", "张丰")["place"] == 0


def test_a_card_number_is_grouped_as_on_the_card() -> None:
    assert card4("6222 0000 0000 1234567") == "6222 0000 0000 1234 567"


@pytest.mark.parametrize(
    "errors",
    [
        {"name": "空"},
        {"name": ["空", "长"]},
        [("name", "空")],
        {"name": "空", "other": []},
        {"name": [[], ["空"]]},
    ],
)
def test_errors_come_in_any_shape(errors: Any) -> None:
    assert error_list(errors) == [("name", "空")]


def test_a_ticked_reason_is_not_said_twice() -> None:
    assert join_reasons("照片不清楚；另外", ["照片不清楚", "缺少小结"]) == "照片不清楚；另外\n缺少小结"
    assert join_reasons(" ", ["缺少小结"]) == "缺少小结"


# --- refusals ------------------------------------------------------------------------------------
REFUSALS: dict[str, Exception] = {
    "refused": Refused("请输入您的姓名", "name"),
    "invalid": Invalid({"name": "请输入您的姓名", "phone": "手机号码应为 11 位数字"}),
    "conflict": Conflict("王审核 10:32 已处理"),
    "missing": Missing(),
    "forbidden": NotAllowed(),
    "many": TooMany("请 30 秒后再点“获取”。", 30),
    "sign_in": SignInNeeded("employee"),
    "bug": ZeroDivisionError("4522011960"),
}


@pytest.fixture
def small(tmp_path: Path) -> Flask:
    """A small application with only the page rooms, in the real templates."""
    app = Flask(
        "small",
        static_folder=str(tmp_path),
        static_url_path="/static",
        template_folder=str(ROOT / "templates_h5"),
    )
    app.config.update(
        SECRET_KEY="x", WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False, MAX_CONTENT_LENGTH=1000
    )
    CSRFProtect(app)
    register_pages(app, site=lambda: Site("互助", "互助审核", "", "", ""))
    register_refusals(app, sign_in=lambda kind, back: f"/sign-in/{kind}")

    @app.route("/<name>", methods=["GET", "POST"])
    @app.route("/admin/<name>", methods=["GET", "POST"])
    def fail(name: str) -> str:
        if "form" in request.args:
            again(lambda errors: Response(f"form {json.dumps(errors, ensure_ascii=False)}"))
        if name == "big":
            return request.form.get("x", "")
        raise REFUSALS[name]

    return app


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("refused", 422, "请输入您的姓名"),
        ("conflict", 409, "王审核 10:32 已处理"),
        ("missing", 404, "没有找到这个页面"),
        ("forbidden", 403, "您没有办理这项业务的权限"),
        ("many", 429, "请 30 秒后再点"),
        ("bug", 500, "我们已记录"),
    ],
)
@pytest.mark.parametrize("side", ["", "/admin"])
def test_a_refusal_is_a_page_with_words(small: Flask, side: str, name: str, status: int, words: str) -> None:
    answer = small.test_client().post(f"{side}/{name}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert words in page
    assert page.count("<h1") == 1
    assert ('class="admin' in page) == bool(side)


def test_a_failure_has_a_number_and_no_personal_data(small: Flask, caplog: pytest.LogCaptureFixture) -> None:
    page = small.test_client().get("/bug").get_data(as_text=True)
    number = page.split("编号 ")[1][:8]
    assert "4522011960" not in page
    assert number in caplog.text


def test_a_refused_form_comes_back_with_what_was_typed(small: Flask) -> None:
    answer = small.test_client().post("/invalid?form=1")
    assert answer.status_code == 422
    assert answer.get_data(as_text=True).startswith('form {"name": "请输入您的姓名", "phone"')
    assert small.test_client().post("/missing?form=1").status_code == 404


def test_our_scripts_are_answered_in_json(small: Flask) -> None:
    asked = {"X-Requested-With": "fetch"}
    client = small.test_client()
    many = client.post("/many", headers=asked)
    assert (many.status_code, many.json) == (
        429,
        {"error": "请 30 秒后再点“获取”。", "field": None, "seconds": 30},
    )
    assert many.headers["Retry-After"] == "30"
    signed_out = client.post("/sign_in", headers=asked)
    assert signed_out.status_code == 401
    assert "公众号菜单" in signed_out.json["error"]  # type: ignore[index]
    assert "公众号" not in client.post("/admin/sign_in", headers=asked).json["error"]  # type: ignore[index]
    assert client.post("/bug", headers=asked).json["error"].startswith("系统出了问题")  # type: ignore[index]
    assert client.post("/big", data={"x": "y" * 2000}, headers=asked).status_code == 413


def test_who_is_unknown_is_sent_to_sign_in(small: Flask) -> None:
    answer = small.test_client().get("/sign_in")
    assert (answer.status_code, answer.location) == (303, "/sign-in/employee")


@pytest.mark.parametrize(
    ("referrer", "way"),
    [
        ("http://localhost/h5/x?a=1", "/h5/x?a=1"),
        ("http://evil.test/x", "/h5/"),
        ("http://localhost//evil.test", "/evil.test"),
    ],
)
def test_the_way_back_is_never_foreign(small: Flask, referrer: str, way: str) -> None:
    page = small.test_client().post("/conflict", headers={"Referer": referrer}).get_data(as_text=True)
    assert f'href="{way}"' in page


def test_every_page_of_words_is_complete() -> None:
    for status, words in ERROR_WORDS.items():
        assert words.title and words.text.endswith("。"), status
        assert len(words.title) <= 12


# --- assets --------------------------------------------------------------------------------------
def test_an_asset_is_named_by_its_content_and_kept_for_a_year(small: Flask, tmp_path: Path) -> None:
    (tmp_path / "app.css").write_text("a{}")
    asset = small.jinja_env.globals["asset"]
    with small.test_request_context():
        first = asset("app.css")  # type: ignore[operator]
    kept = small.test_client().get(first).headers["Cache-Control"]
    assert "immutable" in kept and "31536000" in kept
    assert "immutable" not in small.test_client().get("/static/app.css").headers.get("Cache-Control", "")
    (tmp_path / "app.css").write_text("b{}")
    with small.test_request_context():
        assert asset("app.css") != first  # type: ignore[operator]


def test_a_style_sheet_in_the_page_is_let_in_by_its_digest_and_no_other(small: Flask, tmp_path: Path) -> None:
    """C1: the policy names what stands in this page; a style somebody else slips in stays out."""
    register_headers(small, load(SETTINGS))
    small.add_url_rule("/styled", "styled", lambda: render_template_string("{{ style('a.css', 'b.css') }}"))
    (tmp_path / "a.css").write_text("/*! (c) */a{}/* why */")
    (tmp_path / "b.css").write_text("b{}\n")
    answer = small.test_client().get("/styled")
    assert answer.text == "<style>/*! (c) */a{}b{}</style>"
    digest = base64.b64encode(hashlib.sha256(b"/*! (c) */a{}b{}").digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in answer.headers["Content-Security-Policy"]
    assert "style-src 'self';" in small.test_client().get("/static/a.css").headers["Content-Security-Policy"]
    (tmp_path / "b.css").write_text("b{c:d}")
    assert "b{c:d}</style>" in small.test_client().get("/styled").text


def test_a_style_sheet_cannot_end_its_element(small: Flask, tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a::after{content:'</style>'}")
    style = small.jinja_env.globals["style"]
    with small.test_request_context(), pytest.raises(ValueError, match="must not end"):
        style("a.css")  # type: ignore[operator]


def test_signs_and_drawings_stand_in_the_page(small: Flask, tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "icons.svg").write_text('<svg><symbol id="ok" viewBox="0"><path/></symbol></svg>')
    sign, drawing = (small.jinja_env.globals[name] for name in ("sign", "drawing"))
    with small.test_request_context():
        assert sign("ok") == "<path/>"  # type: ignore[operator]
        assert sign("no such") == ""  # type: ignore[operator]
        assert drawing("img/icons.svg").startswith("<svg>")  # type: ignore[operator]
        assert drawing("img/no.svg") == ""  # type: ignore[operator]


def test_a_library_that_was_not_fetched_has_no_address(small: Flask, tmp_path: Path) -> None:
    asset = small.jinja_env.globals["asset"]
    with small.test_request_context():
        assert asset("weui.min.css") == ""  # type: ignore[operator]
        (tmp_path / "vendor").mkdir()
        (tmp_path / "vendor" / "manifest.json").write_text('{"weui.min.css": "weui.min.abc.css"}')
        assert asset("weui.min.css") == "/static/vendor/weui.min.abc.css"  # type: ignore[operator]
