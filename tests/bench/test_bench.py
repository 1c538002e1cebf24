"""Do the benchmarks measure what they say? Their arithmetic, and tiny runs of our own side; never a time."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from bench import __main__ as program
from bench.figures import FAIL, PASS, TOO_NOISY, Goal, Line, percentile, table
from bench.load import flood, pace, request
from bench.stage import ROOT, Size, set_up

AT_LEAST, AT_MOST = Goal(least=1.5), Goal(most=100, is_absolute=True, unit="ms")


@pytest.mark.parametrize(
    ("ours", "other", "goal", "verdict"),
    [
        ([150, 160, 170], [100, 100, 100], AT_LEAST, PASS),
        ([140, 140, 170], [100, 100, 100], AT_LEAST, FAIL),
        ([160, 160, 160], [80, 100, 121], AT_LEAST, TOO_NOISY),
        ([160, 160, 160], [80, 100, 119], AT_LEAST, PASS),
        ([90, 99, 300], [1, 1, 1], AT_MOST, PASS),
        ([101, 101, 101], [200, 200, 200], AT_MOST, FAIL),
        ([90, 99, 99], [100, 200, 300], AT_MOST, PASS),
        ([90, 99, 101], [100, 200, 300], AT_MOST, TOO_NOISY),
        ([1, 1, 1], [1, 1, 1], None, ""),
    ],
)
def test_a_verdict_is_about_medians_and_only_beside_a_steady_reference(
    ours: list[float], other: list[float], goal: Goal | None, verdict: str
) -> None:
    assert Line("B0", "x", "u", ours, other, "peer", goal).verdict == verdict


def test_a_single_slow_round_is_held_against_nobody_who_needs_more() -> None:
    verdicts = [
        Line("B0", "x", "u", [101.0] * n, [1.0] * n, "peer", AT_MOST, needs=3).verdict for n in (1, 2, 3)
    ]
    assert verdicts == [TOO_NOISY, TOO_NOISY, FAIL]
    assert Line("B0", "x", "u", [99.0], [1.0], "peer", AT_MOST, needs=3).verdict == PASS


def test_the_table_shows_ratio_range_and_goal() -> None:
    line = Line("B0", "x", "u", [10, 20, 30], [10, 10, 10], "peer", Goal(most=3), ([1.0], [2.0]))
    shown = table([line]).splitlines()
    assert len({len(row) for row in shown}) == 1
    assert "2.00 (1.00–3.00)" in shown[2] and "≤ 3×" in shown[2] and "1.00 : 2.00" in shown[2]


def test_percentiles() -> None:
    assert percentile(list(range(100)), 0.99) == 99
    assert percentile([5.0], 0.5) == 5.0


def test_the_table_is_put_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("a\n<!-- table -->\nold\n<!-- end -->\nb\n")
    program.write("new", page)
    assert page.read_text() == "a\n<!-- table -->\nnew\n<!-- end -->\nb\n"


def test_the_document_has_the_marks() -> None:
    assert program.BETWEEN.search((ROOT / "docs" / "performance.md").read_text(encoding="utf-8"))


def test_visits_see_every_page_once_and_then_the_main_and_the_slow_ones() -> None:
    from bench.visits import Page, Visit, _next

    pages = [Page(path, "") for path in ("/h5/privacy", "/h5/me", "/h5/", "/h5/claims/BZ1/2")]
    order = []
    while (todo := _next(pages, 2)) and len(order) < 20:
        order.append(todo.named)
        todo.ours.append(Visit(1.3 if todo.path == "/h5/me" else 0.9, 0.0, 16.0, 3, 1.0))
    assert order[:2] == ["/h5/", "/h5/claims/…/2"] and sorted(order[2:4]) == ["/h5/me", "/h5/privacy"]
    assert sorted(order[4:]) == ["/h5/", "/h5/claims/…/2", "/h5/me"]
    assert _next([Page("/h5/", "")], 0) is None


def test_a_plain_page_has_none_of_our_assets(app: Flask, db: object) -> None:
    from bench.peers.plain import OURS

    page = app.test_client().get("/h5/").get_data(as_text=True)
    left = OURS.sub("", page)
    assert "<style" in page and "<script" in page
    assert "<style" not in left and "<script" not in left and "<main" in left


def test_the_client_counts_every_answer(live_server: str) -> None:
    port = int(live_server.rpartition(":")[2])
    asked = flood(port, [request("GET", "/healthz")] * 7 + [request("GET", "/nowhere")], connections=3)
    assert (len(asked.seconds), asked.wrong) == (8, 1)
    assert len(pace(port, [request("GET", "/healthz")] * 5, rate=200, connections=2).seconds) == 5


def test_the_engine_is_given_claims_that_are_paid() -> None:
    from bench import awards
    from plans.rules import load_plan

    plan = load_plan(awards.PLAN)
    assert all(awards.is_payable(plan, facts) for facts in awards.made_up(200))
    [line] = awards.run(None, Size(rounds=1, evaluations=50))
    assert line.ours[0] > 0


def test_callbacks_are_genuine_and_never_the_same_twice() -> None:
    from bench.callback import posts

    found = posts(["oTest0000000000000000000001"], 3)
    assert len(set(found)) == 3
    assert all(b"encrypt_type=aes" in post for post in found)


def test_the_photo_is_one_that_lies_on_its_side() -> None:
    from bench.photos import made_up

    with Image.open(io.BytesIO(made_up((400, 300)))) as photo:
        assert (photo.size, photo.getexif()[0x0112]) == ((400, 300), 6)


@pytest.mark.slow
def test_our_own_side_runs_on_a_stage() -> None:
    """A real database: B2's statements are the same at one row and at many, B4 keeps a photo, B1 answers,
    B8 covers and tells everybody (and says so itself when it does not)."""
    from bench import callback, covering, pages, photos
    from bench.peers import chat

    with set_up() as stage:
        lines = pages.statements(stage.app, rows=25)
        assert [line.verdict for line in lines] == [PASS] * 3
        took, memory = photos.whole(stage.app, photos.made_up((800, 600)), 1)
        assert took > 0 and memory >= 0
        with stage.app.app_context():
            stand = covering._Stand(30)
            assert stand.confirmed() > 0 and stand.one_by_one() > 0
            covering.db.session.remove()
        assert len(callback._people(stage)) == callback.PEOPLE
        served = stage.granian("app:create_app")
        asked = flood(served.port, callback.posts(["oTest0000000000000000000001"], 5))
        assert (len(asked.seconds), asked.wrong) == (5, 0)
        assert served.cpu() > 0
        assert chat.words("张*国", 1).startswith("此微信已绑定")
