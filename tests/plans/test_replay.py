"""Other figures make another plan; a person's claims replayed under it, in their order (issue: what-if)."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.rules import (
    Case,
    Memory,
    Plan,
    TuningError,
    automatic,
    changed,
    evaluate,
    load_plan,
    replay,
    said,
    tunable,
    tuned,
)
from tests.plans.samples import COVER, GRADES, PERCENT, injury, plan_with, stay, sums

PLANS = Path(__file__).resolve().parents[2] / "config" / "plans"
FILES = ("guangxi-2025", "guangxi-2026", "xiamen-2026")
START = datetime(2026, 4, 1)  # noqa: DTZ001 - only the order counts


def plan(name: str) -> Plan:
    return load_plan(PLANS / f"{name}.toml")


def today(of: Plan) -> dict[str, str]:
    return {figure.name: figure.value for group in tunable(of) for figure in group.figures}


def tried(of: Plan, **typed: str) -> Plan:
    names = {name.replace(".", "_"): name for name in today(of)}
    return tuned(of, changed(of, {names[key]: text for key, text in typed.items()}))


# --- which figures there are -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_every_figure_is_shown_with_todays_value_and_its_source(name: str) -> None:
    of = plan(name)
    figures = [figure for group in tunable(of) for figure in group.figures]
    assert all(figure.source for figure in figures)
    assert [group.title for group in tunable(of)] == ["整个计划", *(b.name for b in of.benefits)]
    named = {figure.where for figure in of.figures}
    for figure in figures:
        if figure.value and figure.name.count(".") < 2:  # a row's source is that of its table
            assert any(where.endswith(figure.name.rsplit(".", 1)[-1]) for where in named), figure


@pytest.mark.parametrize("name", FILES)
def test_the_form_as_it_is_filled_in_changes_nothing(name: str) -> None:
    of = plan(name)
    assert changed(of, today(of)) == {}
    assert tuned(of, {}).canonical() == of.canonical()


def test_each_figure_lands_where_it_belongs() -> None:
    of = plan("xiamen-2026")
    rows = {
        "fee": ("80", lambda p: p.fee_fen, 8_000),
        "cap_period": ("1,000", lambda p: p.cap_period_fen, 100_000),
        "cap_claim": ("500.5", lambda p: p.cap_claim_fen, 50_050),
        "waiting.days": ("0", lambda p: p.waiting_days, 0),
        "ZYJB.rate": ("25%", lambda p: p.by_code["ZYJB"].rate_ppm, 250_000),
        "ZYJB.deductible": ("300", lambda p: p.by_code["ZYJB"].deductible_fen, 30_000),
        "ZYTS.amount": ("60", lambda p: p.by_code["ZYTS"].per_day_fen, 6_000),
        "ZYTS.free_days": ("", lambda p: p.by_code["ZYTS"].free_days, 0),
        "ZYTS.max_days": ("", lambda p: p.by_code["ZYTS"].max_days, None),
        "GSZC.grades.9.pays": ("1500", lambda p: p.by_code["GSZC"].grades_fen[9], 150_000),
        "ZGWG.amount": ("12000", lambda p: p.by_code["ZGWG"].amount_fen, 1_200_000),
        "DBBZ.starts_at": ("8000", lambda p: p.by_code["DBBZ"].tiers.starts_at_fen, 800_000),
        "DBBZ.tiers.0.up_to": ("15000", lambda p: p.by_code["DBBZ"].tiers.uppers_fen[0], 1_500_000),
        "DBBZ.tiers.6.pays": ("60000", lambda p: p.by_code["DBBZ"].tiers.pays_fen[6], 6_000_000),
    }
    for name, (text, look, wanted) in rows.items():
        changes = changed(of, {name: text})
        assert list(changes) == [name]
        other = tuned(of, changes)
        assert look(other) == wanted, name
        assert look(of) != wanted, "the plan itself stays as it is"
    bands = plan("guangxi-2026")
    assert tried(bands, ZYYL_bands_1_rate="45").by_code["ZYYL"].bands[1].rate_ppm == 450_000


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("ZYJB.rate", "120", "百分数"),
        ("ZYJB.rate", "abc", "百分数"),
        ("ZYJB.rate", "100.5", "百分数"),
        ("ZYJB.rate", "", "不能空着"),
        ("ZYTS.max_days", "-1", "整数"),
        ("ZYTS.max_days", "1.5", "整数"),
        ("cap_period", "很多", "金额请填数字"),
        ("GSZC.grades.3.pays", "99999", "不能高于伤残 3 级"),
        ("DBBZ.tiers.1.up_to", "15000", "要大于第 1 段"),
        ("DBBZ.tiers.1.pays", "1000", "不能低于第 1 档"),
        ("DBBZ.starts_at", "20000", "第 1 档的上限"),
    ],
)
def test_what_is_no_figure_is_said_at_its_field(name: str, text: str, words: str) -> None:
    of = plan("xiamen-2026")
    typed = {"DBBZ.tiers.0.up_to": "16000"} if name == "DBBZ.tiers.1.up_to" else {}
    typed[name] = text
    with pytest.raises(TuningError) as wrong:
        tuned(of, changed(of, typed))
    assert list(wrong.value.problems) == [name]
    assert words in wrong.value.problems[name]


def test_changes_are_said_in_words() -> None:
    of = plan("xiamen-2026")
    typed = {"ZYJB.rate": "25", "ZYTS.max_days": "", "cap_claim": "1000"}
    assert said(of, changed(of, typed)) == [
        ("整个计划", "每次各项合计上限", "不设", "1000 元"),
        ("住院基本补助", "补助比例", "20 %", "25 %"),
        ("住院天数补助", "本期最多天数", "90", "不设"),
    ]


# --- replaying ---------------------------------------------------------------------------------------------


def cases(*facts: Any, paid: bool = True, **more: Any) -> list[Case]:
    days = [START + timedelta(days=n) for n in range(2 * len(facts))]
    return [
        Case(n, one, days[2 * n], days[2 * n + 1] if paid else None, **more) for n, one in enumerate(facts)
    ]


def total(of: Plan, found: list[Case]) -> list[int]:
    done = replay(lambda _: of, found, COVER)
    return [*(one.total_fen for one in done.outcomes), done.automatic_fen]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        # 20 % of 6,000, then of 4,000; 10 days − 3 free × 50
        ({}, [120_000 + 35_000, 80_000 + 35_000, 0]),
        ({"ZYJB_rate": "30"}, [180_000 + 35_000, 120_000 + 35_000, 0]),
        ({"ZYTS_amount": "100"}, [120_000 + 70_000, 80_000 + 70_000, 0]),
        ({"ZYTS_free_days": "8"}, [120_000 + 10_000, 80_000 + 10_000, 0]),
        ({"ZYTS_max_days": "10"}, [120_000 + 35_000, 80_000 + 15_000, 0]),
        ({"ZYJB_cap_claim": "1000"}, [100_000 + 35_000, 80_000 + 35_000, 0]),
        ({"ZYJB_cap_period": "1500"}, [120_000 + 35_000, 30_000 + 35_000, 0]),
        ({"ZYJB_deductible": "1000"}, [100_000 + 35_000, 60_000 + 35_000, 0]),
        ({"cap_period": "2000"}, [155_000, 45_000, 0]),
        ({"cap_claim": "1300"}, [130_000, 115_000, 0]),
        # net 4,800 + 3,200 = 8,000: the first tier begins lower
        ({"DBBZ_starts_at": "8000"}, [155_000, 115_000, 150_000]),
    ],
)
def test_other_figures_give_other_sums_with_memory(typed: dict[str, str], expected: list[int]) -> None:
    of = plan("xiamen-2026")
    two = cases(stay(6000), stay(4000, admitted_on=date(2026, 5, 1)))
    assert total(tried(of, **typed), two) == expected


def test_a_longer_waiting_period_stops_a_claim_and_says_why() -> None:
    from plans.rules import Cover

    of = plan("xiamen-2026")
    cover = Cover(date(2026, 1, 1), date(2026, 12, 31), is_first_time=True)
    done = replay(lambda _: tried(of, waiting_days="90"), cases(stay(6000)), cover)
    (one,) = done.outcomes
    assert one.total_fen == 0
    assert "90 天等待期" in one.why


def test_grades_and_their_difference_are_replayed() -> None:
    of = plan_with(GRADES)
    two = cases(injury(8), injury(7))
    assert total(of, two) == [300_000, 150_000, 0]
    assert total(tried(of, ZC_grades_6_pays="5000"), two) == [300_000, 200_000, 0]


def test_what_a_reviewer_lowered_stays_low_and_is_remembered() -> None:
    of = tried(plan_with(PERCENT), ZYJB_cap_period="1500")
    lowered = [Case(0, stay(6000), START, None, {"ZYJB": 50_000}), *cases(stay(6000))[:0]]
    lowered.append(Case(1, stay(6000), START + timedelta(days=1)))
    assert total(of, lowered)[:2] == [50_000, 100_000], "the cap has 1,000 left, not 300"


def test_unpaid_claims_give_nothing_unasked() -> None:
    of = plan("xiamen-2026")
    assert total(of, cases(stay(30_000), paid=False))[-1] == 0
    assert total(of, cases(stay(30_000)))[-1] == 300_000


def test_claims_of_older_versions_are_replayed_by_their_own() -> None:
    old, new = plan_with(PERCENT), tried(plan_with(PERCENT), ZYJB_rate="50")
    versions = {"1": old, "2": new}
    two = [Case(0, stay(1000), START, version="1"), Case(1, stay(1000), START, version="2")]
    done = replay(lambda version: versions[version], two, COVER)
    assert [one.total_fen for one in done.outcomes] == [20_000, 50_000]


@pytest.mark.parametrize("name", ["guangxi-2026", "xiamen-2026"])
@given(nets=st.lists(st.integers(0, 9_000_000), min_size=1, max_size=5), days=st.integers(0, 40))
def test_the_same_figures_give_what_was_decided(name: str, nets: list[int], days: int) -> None:
    """Replay under today's plan is what evaluating one after the other, and paying, gave."""
    of = plan(name)
    facts = [stay(fen / 100, days, date(2026, 1 + n, 1)) for n, fen in enumerate(nets)]
    memory, awards = Memory(), []
    for one in facts:
        awards.append(evaluate(of, one, memory, COVER))
        memory = awards[-1].memory_after
    owed = automatic(of, Memory.sum(award.usage for award in awards)).total_fen
    assert total(tuned(of, {}), cases(*facts)) == [*sums(awards), owed]


def test_the_content_a_plan_was_read_from_is_never_touched() -> None:
    of = plan("xiamen-2026")
    before = json.dumps(of.content, sort_keys=True)
    typed = {"ZYJB.rate": "1", "cap_claim": "9", "GSZC.grades.9.pays": "1", "ZYTS.max_days": ""}
    assert tuned(of, changed(of, typed)).by_code["ZYJB"].rate_ppm == 10_000
    assert json.dumps(of.content, sort_keys=True) == before
    assert of.by_code["ZYJB"].rate_ppm == 200_000
