"""Are the shipped plans right, is every figure sourced, and is a wrong file named in one line?"""

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from plans.rules import PlanError, load_plan, materials
from tests.plans.samples import BANDS, DAYS, GRADES, PERCENT, SANMING, ZHANGZHOU, plan_text, plan_with

SHIPPED = sorted(Path("config/plans").glob("*.toml"))

# A used plan is frozen. A digest that changes here means awards already made can no longer be re-worked:
# write a new version instead, unless no installation has used the plan yet.
DIGESTS = {
    "guangxi-2025": "69774e6f515c8cd1d1d20e28dbfcb4b1eb037570b6dd89e7058c66fc37d488c1",
    "guangxi-2026": "e7f28d85e807787910f9f202000e3e1fa106c2182e913f6d5d12f1b3e7fa2b50",
    "guangxi-2027": "9f9d8b6dea9e746b36ae280705cf5e691ddd5ccfdc0d2417391b69a5fcded9f7",
    "xiamen-2026": "5fd2a1850c3b7d0716a7b5cc48a7b17072f2635a461959355e2ec49694992a00",
    "xiamen-2027": "f26ecb3c93cc98229282ce567c93bea974f40e0ddf20924c6cf59dba04f7013d",
}


def test_shipped_plans_have_not_changed() -> None:
    assert {path.stem: load_plan(path).digest() for path in SHIPPED} == DIGESTS


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_figure_of_a_shipped_plan_names_its_source(path: Path) -> None:
    plan = load_plan(path)
    assert len(plan.figures) > 10
    for figure in plan.figures:
        assert "示例" in figure.source or re.search(r"第\d+期|20\d\d", figure.source), figure


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_plan_reads_back_from_its_own_canonical_text(path: Path) -> None:
    plan = load_plan(path)
    again = load_plan(plan.canonical())
    # When people may join is no part of what was used.
    kept = tuple(figure for figure in plan.figures if ", enrolment" not in figure.where)
    assert again == replace(plan, enrol_from=None, enrol_until=None, supplement_until=None, figures=kept)
    assert again.digest() == plan.digest()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_plan_serves_every_kind_and_situation(path: Path) -> None:
    """Both profiles have every feature: three kinds, an automatic benefit, each paper once per situation."""
    plan = load_plan(path)
    assert list(plan.kinds) == ["hospital", "injury", "death"]
    assert all(plan.asked[kind] for kind in plan.kinds)
    assert any(benefit.is_automatic for benefit in plan.benefits)
    for kind, is_own, is_agent in product(plan.kinds, (True, False), (True, False)):
        papers = materials(plan, kind, is_own_account=is_own, is_by_agent=is_agent)
        assert len({paper.code for paper in papers}) == len(papers) > 2


def test_comments_and_order_of_keys_do_not_change_the_digest() -> None:
    text = plan_text(PERCENT)
    other = "# a remark\n" + text.replace('version = "1"\n', "").replace(
        "name = ", 'version = "1"\nname = ', 1
    )
    assert load_plan(other).digest() == load_plan(text).digest()
    assert load_plan(text.replace("20%", "21%")).digest() != load_plan(text).digest()


def test_a_plan_cannot_be_changed_in_place() -> None:
    plan = plan_with(PERCENT)
    with pytest.raises(AttributeError):
        plan.fee_fen = 1
    with pytest.raises(AttributeError):
        plan.benefits[0].rate_ppm = 1


WRONG = [
    (PERCENT.replace('"20%"', "0.2"), "plan T-2026, benefit ZYJB, rate: must be a percentage"),
    (PERCENT.replace('"20%"', '"120%"'), "plan T-2026, benefit ZYJB, rate: must be a percentage"),
    (PERCENT.replace(', source = "第16期"', ""), "plan T-2026, benefit ZYJB, rate, source: is missing"),
    (PERCENT.replace('"第16期"', '" "'), "plan T-2026, benefit ZYJB, rate, source: must be a text"),
    (PERCENT.replace("rate = ", "rat = "), "plan T-2026, benefit ZYJB, rate: is missing"),
    (PERCENT + "speed = 3\n", "plan T-2026, benefit ZYJB, speed: is not known here"),
    (
        PERCENT.replace("percent", "precent"),
        "plan T-2026, benefit ZYJB, shape: must be one of percent, bands",
    ),
    (PERCENT.replace("self_paid -", "selfpaid -"), "plan T-2026, benefit ZYJB, base: does not know selfpaid"),
    (PERCENT.replace("bed_excess", "award.TS"), "plan T-2026, benefit ZYJB, base: does not know award.TS"),
    (PERCENT.replace('["hospital"]', '["dental"]'), "plan T-2026, benefit ZYJB, kinds: must be a list of"),
    (PERCENT + PERCENT, "plan T-2026, benefit ZYJB, code: is used twice"),
    (PERCENT + "is_automatic = true\n", "plan T-2026, benefit ZYJB, is_automatic: needs a percent"),
    (
        PERCENT + 'cap_claim = { value = "5万", source = "x" }\n',
        "plan T-2026, benefit ZYJB, cap_claim: must be yuan",
    ),
    (
        PERCENT + 'cap_claim = { value = 500.0, source = "x" }\n',
        "plan T-2026, benefit ZYJB, cap_claim: must be yuan",
    ),
    (
        PERCENT.replace('"claim"', '"period"') + 'out_of_area_factor = { value = "80%", source = "x" }\n',
        "plan T-2026, benefit ZYJB, out_of_area_factor: is not known here",
    ),
    (
        BANDS.replace('"5000.00"', '"1000.00"'),
        "plan T-2026, benefit LJ, bands: up_to must rise from row to row",
    ),
    (
        BANDS.replace('{ rate = "50%" }', '{ up_to = "9000.00", rate = "50%" }'),
        "plan T-2026, benefit LJ, bands: every row but the last needs up_to",
    ),
    (
        BANDS.replace('rate = "30%"', 'rate = "x"'),
        "plan T-2026, benefit LJ, bands row 2, rate: must be a percentage",
    ),
    (
        SANMING.replace('"6000.00"', '"2000.00"'),
        "plan T-2026, benefit DB, tiers: a higher tier must not pay less",
    ),
    (
        SANMING.replace('value = "10000.00"', 'value = "20000.00"'),
        "plan T-2026, benefit DB, starts_at: must lie below",
    ),
    (GRADES.replace("grade = 2,", "grade = 3,"), "plan T-2026, benefit ZC, grades: must list grades 1 to 10"),
    (GRADES.replace('"16000.00"', '"21000.00"'), "plan T-2026, benefit ZC, grades: a lighter grade must not"),
    (DAYS.replace("value = 3", "value = -3"), "plan T-2026, benefit TS, free_days: must be a whole number"),
    (ZHANGZHOU.replace('["ZZ"]', '["QQ"]'), "plan T-2026, benefit WG, counts: must name benefits above"),
    ("", "plan T-2026, benefits: is missing"),
    (
        PERCENT + '[[exclusive]]\nbenefits = ["ZYJB"]\nkeep = "first"\n',
        "plan T-2026, exclusive 1, benefits: must name",
    ),
    (
        PERCENT + '[[materials]]\ncode = "m"\nlabel = "发票"\nkinds = ["hospital"]\nmin = 2\nmax = 1\n',
        "plan T-2026, materials m, max: must be at least 1",
    ),
    (
        PERCENT
        + '[[materials]]\ncode = "m"\nlabel = "发票"\nkinds = ["death"]\nwhen = "never"\nmin = 1\nmax = 1\n',
        "plan T-2026, materials m, when: must be one of always",
    ),
    (
        PERCENT + '[deadline]\non = { value = "soon", source = "x" }\n',
        "plan T-2026, deadline, on: must be a date",
    ),
]


@pytest.mark.parametrize(("tables", "words"), WRONG, ids=[words[12:60] for _, words in WRONG])
def test_a_wrong_plan_is_named_in_one_line(tables: str, words: str) -> None:
    with pytest.raises(PlanError) as refusal:
        plan_with(tables)
    assert str(refusal.value).startswith(words)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('code = "T-2026"', "", "plan, code: is missing"),
        ("2026-12-31", "2025-12-31", "plan T-2026, ends_on: is before starts_on"),
        ("2026-12-31", '"31.12.2026"', "plan T-2026, ends_on: must be a date"),
        ('fee = { value = "60.00", source = "示例" }', 'fee = "60.00"', "plan T-2026, fee: must be a table"),
        ("starts_on = ", "starts_on == ", "plan text: "),
    ],
)
def test_a_wrong_head_is_named_in_one_line(old: str, new: str, words: str) -> None:
    with pytest.raises(PlanError) as refusal:
        load_plan(plan_text(PERCENT).replace(old, new))
    assert str(refusal.value).startswith(words)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(PlanError, match="plan file nowhere.toml"):
        load_plan("config/plans/nowhere.toml")
