"""What a form keeps and asks: answers nobody can read, certificates that ran out, needed questions."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from claims.service import figures
from plans.rules import questions
from plans.service import all_plans
from tests.claims.paper import STAY, hidden, says


def _value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" type="[a-z]+" value="([^"]*)"', page)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("name", "typed", "column"),
    [
        ("self_paid", "三千", "self_paid_fen"),
        ("pooled", "7千", "pooled_fen"),
        ("admitted_on", "十月一号", "admitted_on"),
    ],
)
def test_a_draft_shows_what_was_typed_and_keeps_no_older_answer(
    worker: Any, name: str, typed: str, column: str
) -> None:
    """GX-23: the page shows the words again, the sum of before is gone, and it cannot be handed in."""
    at = worker.fill()
    worker.send(f"{at}/2", {**STAY, name: typed, "do": "back"})
    claim = worker.claim(at)
    assert getattr(claim, column) is None and json.loads(claim.as_typed)[name][1] == typed
    assert _value(worker.get(f"{at}/2").get_data(as_text=True), name) == typed
    assert f"填的是“{typed}”" in says(worker.get(f"{at}/check"))
    refused = worker.client.post(
        f"{at}/check", data={**hidden(worker.get(f"{at}/check").get_data(as_text=True)), "declared": "y"}
    )
    assert refused.status_code == 422 and worker.claim(at).state == "draft"
    worker.send(f"{at}/2", {**STAY, "do": "next"})
    assert worker.claim(at).as_typed is None
    worker.submit(at)


def test_an_earlier_day_of_leaving_is_kept_as_typed(worker: Any) -> None:
    at = worker.fill()
    worker.send(f"{at}/2", {**STAY, "discharged_on": "2026-09-01", "do": "back"})
    assert worker.claim(at).discharged_on is None
    assert _value(worker.get(f"{at}/2").get_data(as_text=True), "discharged_on") == "2026-09-01"


@pytest.mark.parametrize(
    ("until", "permanent", "asks"),
    [("2026-11-20", "", True), ("2026-11-21", "", False), ("", "", False), ("2020-01-01", "y", False)],
)
def test_an_expired_certificate_is_asked_about_once(
    worker: Any, until: str, permanent: str, asks: bool
) -> None:
    """GX-23, E7: 证件已过期; whoever has no new one yet goes on, and the reviewer is told."""
    at = worker.start()
    answer = worker.send(
        f"{at}/1", {**worker.photos(1), "id_expires_on": until, "id_is_permanent": permanent, "do": "next"}
    )
    if not asks:
        assert answer.location == f"{at}/2", says(answer)
        return
    assert answer.status_code == 422 and f"证件已过期（有效期至 {until}），请上传新证件" in says(answer)
    sure = re.search(r'name="sure" value="([^"]+)"', answer.get_data(as_text=True))[1]
    answer = worker.send(f"{at}/1", {"id_expires_on": until, "sure": sure})
    assert answer.location == f"{at}/2", says(answer)
    worker.fill(at, upto=0)
    assert f"证件有效期至 {until}，提交时已经过期" in says(worker.get(f"{at}/check"))


def test_only_what_the_plan_turns_on_is_asked(worker: Any, monkeypatch: Any) -> None:
    """The plan's data decide: no benefit turns on it, no question."""
    page = worker.get(f"{worker.start()}/2").get_data(as_text=True)
    assert 'name="is_settled"' in page and 'name="is_out_of_area"' not in page
    monkeypatch.setattr(figures, "asked_of", lambda claim: frozenset({"is_out_of_area"}))
    page = worker.get(f"{worker.start()}/2").get_data(as_text=True)
    assert 'name="is_settled"' not in page and 'name="is_out_of_area"' in page


def test_the_rule_reads_the_benefits(app: Any) -> None:
    with app.app_context():
        plan = all_plans()[0]
    plain = tuple(replace(b, needs_settlement=False) for b in plan.benefits)
    away = tuple(replace(b, out_of_area_ppm=800_000) for b in plain)
    assert questions(plan, "hospital") == {"is_settled_by_insurance"}
    assert questions(plan, "death") == frozenset()
    assert questions(replace(plan, benefits=plain), "hospital") == frozenset()
    assert questions(replace(plan, benefits=away), "hospital") == {"is_out_of_area"}


def test_a_stay_that_was_not_settled_is_told_at_that_question(worker: Any) -> None:
    at = worker.fill(upto=1)
    answer = worker.send(f"{at}/2", {**STAY, **worker.photos(2), "is_settled": "n", "do": "next"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "没有经基本医疗保险结算" in page and 'href="#f-is_settled"' in page
    answer = worker.send(f"{at}/2", {**STAY, "is_settled": "y", "do": "next"})
    assert answer.location == f"{at}/3"


def test_gx_20_an_open_draft_is_offered_before_another_is_begun(worker: Any) -> None:
    """GX-20, GX-22, E6: the words of the page, with the day it was saved."""
    worker.start()
    page = says(worker.get("/h5/claims/new"))
    assert "您有一份没写完的申请（11-21 保存），要继续吗？" in page and "继续" in page and "另起一份" in page


def test_the_sample_stands_beside_the_question_until_there_is_a_photo(worker: Any) -> None:
    """The style sheet hides it from then on, at once when the script adds a photo."""
    at = worker.start()
    page = worker.get(f"{at}/1").get_data(as_text=True)
    assert 'class="sample"' in page and "field up has" not in page
    worker.send(f"{at}/1", {**worker.photos(1), "do": "leave"})
    assert "field up has" in worker.get(f"{at}/1").get_data(as_text=True)
