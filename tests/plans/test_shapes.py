"""What each shape of benefit pays, with its boundaries; the worked examples (a)–(d) are published ones."""

from datetime import date

import pytest

from plans.rules import Memory, evaluate
from tests.plans.samples import (
    BANDS,
    BEIJING,
    COVER,
    DAYS,
    DEATH,
    GRADES,
    PERCENT,
    SANMING,
    ZHANGZHOU,
    death,
    injury,
    paid_in_turn,
    plan_with,
    stay,
    sums,
    yuan,
)


def test_a_percent_of_self_paid_less_bed_excess() -> None:
    """Example (a), 厦门第16期: 自付 6,240.00, 超标床位费 300.00 → 1,188.00, worked as people read it."""
    award = evaluate(plan_with(PERCENT), stay("6240.00", bed_excess_fen="300.00"), cover=COVER)
    assert award.total_fen == yuan("1188.00")
    assert award.lines[0].steps == (
        "个人自付 6,240.00 − 超标床位费 300.00 = 5,940.00",
        "5,940.00 × 20% = 1,188.00",
    )
    assert award.lines[0].label == "住院基本补助"


def test_b_deductible_once_per_period() -> None:
    """Example (b), 漳州: 5,300 → 3,000.00; a second stay of 1,000 → 600.00, no second deductible."""
    awards = paid_in_turn(plan_with(ZHANGZHOU), [stay(5300), stay(1000)])
    assert sums(awards) == [yuan(3000), yuan(600)]
    assert awards[1].lines[0].steps == (
        "个人自付 1,000.00",
        "本期起付 300.00 此前已扣，不再扣",
        "本期累计 5,000.00 ＋ 1,000.00 = 6,000.00",
        "6,000.00 × 60% = 3,600.00",
        "3,600.00 − 此前已计 3,000.00 = 600.00",
    )


@pytest.mark.parametrize(
    ("days", "amount"), [(10, 280), (200, 7200), (183, 7200), (182, 7160), (4, 40), (3, 0), (0, 0)]
)
def test_c_per_day_after_free_days_to_a_cap(days: int, amount: int) -> None:
    """Example (c), 北京: 10 days → 280.00; 200 days → the cap of 7,200."""
    assert evaluate(plan_with(BEIJING), stay(days=days), cover=COVER).total_fen == yuan(amount)


@pytest.mark.parametrize(
    ("net", "amount"),
    [
        ("9999.99", 0),
        ("10000.00", 1500),
        ("20000.00", 1500),
        ("20000.01", 3000),
        ("30000.00", 3000),
        ("30000.01", 6000),
        ("40000.01", 10000),
        ("50000.00", 10000),
        ("50000.01", 20000),
        ("80000.01", 30000),
        ("100000.00", 30000),
        ("100000.01", 50000),
        ("9999999.00", 50000),
    ],
)
def test_d_fixed_sum_per_tier_with_inclusive_upper_bounds(net: str, amount: int) -> None:
    """Example (d), 三明: 20,000.00 → 1,500; 20,000.01 → 3,000."""
    assert evaluate(plan_with(SANMING), stay(net), cover=COVER).total_fen == yuan(amount)


def test_d_a_higher_tier_pays_the_difference() -> None:
    """Example (d): having been paid 1,500, the next tier pays 1,500 more."""
    assert sums(paid_in_turn(plan_with(SANMING), [stay(20000), stay("0.01"), stay(1)])) == [
        yuan(1500),
        yuan(1500),
        0,
    ]


def test_without_the_difference_a_tier_pays_once() -> None:
    plan = plan_with(SANMING.replace("pays_difference = true", "pays_difference = false"))
    assert sums(paid_in_turn(plan, [stay(5000), stay(15000), stay(80000)])) == [0, yuan(1500), 0]


@pytest.mark.parametrize(
    ("base", "amount"),
    [
        ("0", "0"),
        ("0.01", "0"),
        ("1000", "100"),
        ("1000.01", "100"),
        ("1000.02", "100.01"),
        ("5000", "1300"),
        ("6000", "1800"),
    ],
)
def test_progressive_bands_pay_each_slice_at_its_rate(base: str, amount: str) -> None:
    assert evaluate(plan_with(BANDS), stay(base), cover=COVER).total_fen == yuan(amount)


def test_progressive_bands_climb_over_the_period() -> None:
    assert sums(paid_in_turn(plan_with(BANDS), [stay(1000), stay(1000), stay(4000)])) == [
        10000,
        30000,
        140000,
    ]


def test_progressive_bands_over_the_claim_start_again() -> None:
    plan = plan_with(BANDS.replace('"period"', '"claim"'))
    assert sums(paid_in_turn(plan, [stay(1000), stay(1000)])) == [10000, 10000]


@pytest.mark.parametrize(
    ("self_paid", "amount_fen"),
    [("0.02", 0), ("0.03", 1), ("0.07", 1), ("0.08", 2), ("0.12", 2), ("0.13", 3)],
)
def test_a_line_is_rounded_half_up_once(self_paid: str, amount_fen: int) -> None:
    assert evaluate(plan_with(PERCENT), stay(self_paid), cover=COVER).total_fen == amount_fen


def test_exactly_half_a_fen_goes_up_and_is_said() -> None:
    plan = plan_with(PERCENT.replace("20%", "12.5%"))
    award = evaluate(plan, stay("0.20"), cover=COVER)
    assert award.total_fen == 3
    assert award.lines[0].steps[-1] == "0.20 × 12.5% = 0.025，四舍五入为 0.03"


def test_a_base_below_zero_counts_as_nothing() -> None:
    award = evaluate(plan_with(PERCENT), stay(100, bed_excess_fen=300), cover=COVER)
    assert award.total_fen == 0
    assert award.lines[0].steps[0] == "个人自付 100.00 − 超标床位费 300.00 = -200.00，按 0.00 计"
    assert "nothing_due" in [note.code for note in award.notes]
    assert not award.is_refused


DEDUCTIBLE_EACH = PERCENT + 'deductible = { value = "500.00", source = "示例" }\n'


@pytest.mark.parametrize(
    ("per", "amounts"),
    [("claim", [0, 0, 100]), ("period", [0, 60, 200])],
)
def test_the_deductible_is_taken_per_claim_or_once_per_period(per: str, amounts: list[int]) -> None:
    plan = plan_with(DEDUCTIBLE_EACH + f'deductible_per = "{per}"\n')
    awards = paid_in_turn(plan, [stay(300), stay(500), stay(1000)])
    assert sums(awards) == [yuan(a) for a in amounts]


def test_days_are_remembered_across_stays() -> None:
    awards = paid_in_turn(plan_with(DAYS), [stay(days=63), stay(days=33), stay(days=33)])
    assert sums(awards) == [yuan(3000), yuan(1500), 0]
    assert awards[1].memory_after.of("TS").days == 90
    assert awards[2].lines[0].steps[1] == "本期最多 90 天，此前已计 90 天，本次计 0 天"


def test_in_and_out_on_one_day_counts_as_the_plan_says() -> None:
    free = DAYS.replace("value = 3", "value = 0")
    assert evaluate(plan_with(free), stay(days=0), cover=COVER).total_fen == 0
    one = free + 'same_day_days = { value = 1, source = "示例" }\n'
    assert evaluate(plan_with(one), stay(days=0), cover=COVER).total_fen == yuan(50)
    assert evaluate(plan_with(one), stay(days=1), cover=COVER).total_fen == yuan(50)


def test_a_fixed_sum_is_paid_once_per_event() -> None:
    assert sums(paid_in_turn(plan_with(DEATH), [death(), death()])) == [yuan(10000), 0]


@pytest.mark.parametrize(
    ("grade", "amount"),
    list(enumerate([20000, 16000, 13000, 10000, 8000, 6000, 4500, 3000, 2000, 1000], 1)),
)
def test_the_grade_table(grade: int, amount: int) -> None:
    assert evaluate(plan_with(GRADES), injury(grade), cover=COVER).total_fen == yuan(amount)


def test_a_worse_grade_later_pays_the_difference_and_a_lighter_one_nothing() -> None:
    assert sums(paid_in_turn(plan_with(GRADES), [injury(8), injury(5), injury(9)])) == [
        yuan(3000),
        yuan(5000),
        0,
    ]


@pytest.mark.parametrize(
    ("self_paid", "amount"),
    [(300, "1000"), (800, "700"), ("1966.65", "0.01"), (5300, "0")],
)
def test_death_is_topped_up_to_the_minimum(self_paid: float, amount: str) -> None:
    """漳州: at least 1,000 in all."""
    awards = paid_in_turn(plan_with(ZHANGZHOU), [stay(self_paid), death()])
    assert awards[1].total_fen == yuan(amount)


CAPS = """
cap_claim = { value = "100.00", source = "示例" }
cap_period = { value = "250.00", source = "示例" }
"""


def test_caps_per_claim_and_per_period_remember() -> None:
    awards = paid_in_turn(plan_with(PERCENT + CAPS), [stay(1000), stay(300), stay(1000), stay(1000)])
    assert sums(awards) == [yuan(100), yuan(60), yuan(90), 0]
    assert awards[0].lines[0].steps[-1] == "超过每次上限 100.00，按 100.00 计"
    assert awards[2].lines[0].steps[-1] == "本期上限 250.00，此前已补助 160.00，本次补助 90.00"


def test_the_plans_cap_holds_over_all_benefits() -> None:
    plan = plan_with(PERCENT + DAYS + DEATH, 'cap_period = { value = "1000.00", source = "示例" }')
    awards = paid_in_turn(plan, [stay(2000, days=10), stay(1000, days=10), death()])
    assert [[line.amount_fen for line in award.lines] for award in awards] == [
        [yuan(400), yuan(350)],
        [yuan(200), yuan(50)],
        [0],
    ]
    assert [note.text for note in awards[1].notes] == ["本期补助合计已到上限 1,000.00 元"]
    again = evaluate(plan, stay(2000), awards[2].memory_after, COVER)
    assert [note.code for note in again.notes] == ["cap_reached", "nothing_due"]  # said once for two benefits
    assert awards[2].memory_after.total_fen == yuan(1000)


def test_the_plans_cap_per_claim() -> None:
    plan = plan_with(PERCENT + DAYS, 'cap_claim = { value = "500.00", source = "示例" }')
    award = evaluate(plan, stay(2000, days=10), cover=COVER)
    assert [line.amount_fen for line in award.lines] == [yuan(400), yuan(100)]


FACTORS = """
out_of_area_factor = { value = "80%", source = "漳州 2021：本地 10%，异地 8%" }
hospital_grade_factors = { source = "示例", rows = [
  { grade = "三级", factor = "90%" }, { grade = "二级", factor = "100%" },
] }
"""


@pytest.mark.parametrize(
    ("grade", "is_away", "amount"),
    [
        ("二级", False, 200),
        ("三级", False, 180),
        ("二级", True, 160),
        ("三级", True, 144),
        ("一级", True, 160),
    ],
)
def test_hospital_grade_and_care_elsewhere_scale_the_sum(grade: str, is_away: bool, amount: int) -> None:
    facts = stay(1000, hospital_grade=grade, is_out_of_area=is_away)
    assert evaluate(plan_with(PERCENT + FACTORS), facts, cover=COVER).total_fen == yuan(amount)


@pytest.mark.parametrize(
    ("only", "facts", "code"),
    [
        ("settled_by_insurance = true", {"is_settled_by_insurance": False}, "not_settled"),
        ('hospital_grades = ["二级", "三级"]', {"hospital_grade": "一级"}, "hospital_grade"),
        ("out_of_area = false", {"is_out_of_area": True}, "area"),
    ],
)
def test_an_excluded_stay_is_refused_with_its_reason(only: str, facts: dict, code: str) -> None:
    plan = plan_with(PERCENT + f'only = {{ {only}, source = "示例" }}\n')
    award = evaluate(plan, stay(1000, **facts), cover=COVER)
    assert (award.total_fen, award.is_refused, [n.code for n in award.notes]) == (0, True, [code])
    assert award.memory_after == Memory()


def test_an_exclusion_of_one_benefit_leaves_the_other() -> None:
    plan = plan_with(PERCENT + 'only = { settled_by_insurance = true, source = "示例" }\n' + DAYS)
    award = evaluate(plan, stay(1000, is_settled_by_insurance=False), cover=COVER)
    assert [(line.benefit, line.amount_fen) for line in award.lines] == [("TS", yuan(350))]
    assert not award.is_refused
    assert award.notes[0].text == "这次住院没有经基本医疗保险结算，不在住院基本补助的范围内"


def exclusive(keep: str, per: str = "claim") -> str:
    return f'[[exclusive]]\nbenefits = ["ZYJB", "TS"]\nkeep = "{keep}"\nper = "{per}"\n'


@pytest.mark.parametrize(
    ("keep", "self_paid", "amounts"),
    [
        ("highest", 1000, [0, 350]),
        ("highest", 3000, [600, 0]),
        ("first", 1000, [200, 0]),
        ("first", 0, [0, 350]),
    ],
)
def test_benefits_that_exclude_each_other_are_not_stacked(
    keep: str, self_paid: int, amounts: list[int]
) -> None:
    award = evaluate(plan_with(PERCENT + DAYS + exclusive(keep)), stay(self_paid), cover=COVER)
    assert [line.amount_fen for line in award.lines] == [yuan(a) for a in amounts]


def test_a_benefit_given_up_uses_nothing() -> None:
    award = evaluate(plan_with(PERCENT + DAYS + exclusive("highest")), stay(3000), cover=COVER)
    assert award.memory_after.of("TS").days == 0
    assert award.notes[0].text == "住院天数补助与住院基本补助不能同时享受，按住院基本补助补助"


def test_exclusion_over_the_period_remembers_what_was_had() -> None:
    plan = plan_with(PERCENT + DAYS + exclusive("highest", "period"))
    awards = paid_in_turn(plan, [stay(1000), stay(9000)])
    assert [[line.amount_fen for line in award.lines] for award in awards] == [[0, 35000], [0, 35000]]


def test_a_base_may_deduct_what_another_benefit_gives() -> None:
    net = SANMING.replace('base = "self_paid"', 'base = "self_paid - award.ZYJB"')
    award = evaluate(plan_with(PERCENT + net), stay(12500), cover=COVER)
    assert [line.amount_fen for line in award.lines] == [yuan(2500), yuan(1500)]
    assert award.lines[1].steps[0] == "个人自付 12,500.00 − 住院基本补助 2,500.00 = 10,000.00"


@pytest.mark.parametrize("counts_by", ["admission", "discharge"])
def test_a_stay_across_two_periods_belongs_to_one(counts_by: str) -> None:
    plan = plan_with(PERCENT, f'stay_counts_by = "{counts_by}"')
    last_year = stay(1000, days=10, admitted_on=date(2025, 12, 27))
    next_year = stay(1000, days=10, admitted_on=date(2026, 12, 27))
    assert evaluate(plan, last_year, cover=COVER).is_refused is (counts_by == "admission")
    assert evaluate(plan, next_year, cover=COVER).is_refused is (counts_by == "discharge")
