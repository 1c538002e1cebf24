"""Do texts travel packed, each byte of them, to those who unpack, and nothing else?"""

from __future__ import annotations

import gzip

import pytest
from flask import Flask, Response

from core.packing import WORTH_IT, register_packing

ACCEPTS = {"Accept-Encoding": "gzip, deflate"}
LONG = "互助" * WORTH_IT


@pytest.fixture
def answers() -> Flask:
    app = Flask("packing")
    register_packing(app)
    app.add_url_rule("/page", "page", lambda: LONG)
    app.add_url_rule("/wrong", "wrong", lambda: (LONG, 422))
    app.add_url_rule("/short", "short", lambda: "短")
    app.add_url_rule("/xml", "xml", lambda: Response(LONG, mimetype="application/xml"))
    app.add_url_rule("/picture", "picture", lambda: Response(b"1" * 5000, mimetype="image/jpeg"))
    app.add_url_rule("/rows", "rows", lambda: Response((LONG for _ in "ab"), mimetype="text/html"))
    return app


@pytest.mark.parametrize(("path", "status"), [("/page", 200), ("/wrong", 422)])
def test_a_page_arrives_whole_and_smaller(answers: Flask, path: str, status: int) -> None:
    answer = answers.test_client().get(path, headers=ACCEPTS)
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (status, "gzip")
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert int(answer.headers["Content-Length"]) == len(answer.data) < len(LONG)
    assert gzip.decompress(answer.data).decode() == LONG


@pytest.mark.parametrize(
    ("path", "accepts"),
    [("/page", ""), ("/page", "br"), ("/page", "gzip;q=0"), ("/short", "gzip"), ("/xml", "gzip"),
     ("/picture", "gzip"), ("/rows", "gzip")],
)  # fmt: skip
def test_everything_else_goes_as_it_is(answers: Flask, path: str, accepts: str) -> None:
    answer = answers.test_client().get(path, headers={"Accept-Encoding": accepts})
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


def test_the_length_of_a_page_does_not_tell_what_is_in_it(answers: Flask) -> None:
    lengths = {len(answers.test_client().get("/page", headers=ACCEPTS).data) for _ in range(40)}
    assert len(lengths) > 5


def test_a_style_sheet_is_packed_once_and_still_asked_for_by_its_tag(app: Flask) -> None:
    client = app.test_client()
    plain = client.get("/static/app.css")
    packed = client.get("/static/app.css", headers=ACCEPTS)
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"].removeprefix("W/") == plain.headers["ETag"]
    again = client.get("/static/app.css", headers={**ACCEPTS, "If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    part = client.get("/static/app.css", headers={**ACCEPTS, "Range": "bytes=0-9"})
    assert part.data == plain.data[:10] or "Content-Encoding" in part.headers


def test_the_products_pages_are_packed(app: Flask, db: object) -> None:
    answer = app.test_client().get("/admin/login", headers=ACCEPTS)
    assert "<h1" in gzip.decompress(answer.data).decode()
    assert "no-store" in answer.headers["Cache-Control"]
