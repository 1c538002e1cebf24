"""May the claim be made? The words are ux E6 and E8's; the rules are those of the published schemes."""

from datetime import date, timedelta

import pytest

from plans.rules import (
    ClaimFacts,
    Cover,
    check,
    cover_starts_on,
    evaluate,
    load_plan,
    materials,
    participation,
    plan_for,
)
from tests.plans.samples import COVER, DEATH, FIRST_TIME, GRADES, PERCENT, death, injury, plan_with, stay

PLAN = plan_with(
    PERCENT
    + GRADES
    + DEATH
    + """
[waiting]
days = { value = 30, source = "绍兴 2019" }
kinds = ["hospital"]
[deadline]
on = { value = 2027-08-31, source = "厦门第21期" }
"""
)
DAY = timedelta(days=1)


def texts(facts: ClaimFacts, cover: Cover | None = COVER) -> list[str]:
    return [note.text for note in check(PLAN, facts, cover)]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (stay(1000), []),
        (stay(1000, admitted_on=date(2026, 1, 1)), []),
        (stay(1000, admitted_on=date(2026, 12, 31)), []),
        (
            stay(1000, admitted_on=date(2025, 12, 31)),
            ["入院日期不在本期保障期内（2026-01-01 至 2026-12-31）"],
        ),
        (stay(1000, admitted_on=date(2027, 1, 1)), ["入院日期不在本期保障期内（2026-01-01 至 2026-12-31）"]),
        (stay(1000, days=-1, admitted_on=date(2026, 10, 1)), ["出院日期不能早于入院日期（2026-10-01）"]),
        (stay(1000, submitted_on=date(2026, 3, 10)), ["出院日期不能晚于今天"]),
        (stay(1000, submitted_on=date(2026, 3, 11)), []),
        (stay(1000, submitted_on=date(2027, 8, 31)), []),
        (stay(1000, submitted_on=date(2027, 9, 1)), ["申请截止日是 2027-08-31，已经过了，不能再申请"]),
        (ClaimFacts("hospital", date(2026, 5, 1)), ["请选择入院日期", "请选择出院日期"]),
        (ClaimFacts("hospital", date(2026, 5, 1), admitted_on=date(2026, 4, 1)), ["请选择出院日期"]),
        (injury(None), ["请选择伤残等级"]),
        (injury(0), ["请选择伤残等级"]),
        (injury(11), ["请选择伤残等级"]),
        (injury(10), []),
        (
            death(date(2027, 1, 1)),
            ["亡故日期不能晚于今天", "亡故日期不在本期保障期内（2026-01-01 至 2026-12-31）"],
        ),
        (ClaimFacts("injury", date(2026, 5, 1), injury_grade=3), ["请选择受伤日期"]),
        (ClaimFacts("childbirth", date(2026, 5, 1)), ["本期保障计划没有这项补助"]),
        (stay(-1), ["金额不能小于 0"]),
    ],
)
def test_what_stands_against_a_claim_is_said_in_the_pages_words(facts: ClaimFacts, words: list[str]) -> None:
    assert texts(facts) == words
    assert evaluate(PLAN, facts, cover=COVER).is_refused is bool(words)


def test_a_person_who_is_not_insured_is_told_so() -> None:
    """ux E6"""
    assert texts(stay(1000), None) == ["您在 2026-03-01 没有参保记录，不能申请本项补助"]


@pytest.mark.parametrize(("admitted_on", "is_covered"), [(date(2026, 3, 1), False), (date(2026, 3, 2), True)])
def test_cover_begins_the_day_after_materials_and_fee_are_confirmed(
    admitted_on: date, is_covered: bool
) -> None:
    cover = Cover(cover_starts_on(PLAN, date(2026, 3, 1)), PLAN.ends_on)
    words = [] if is_covered else ["入院日期不在您的保障期内（2026-03-02 至 2026-12-31）"]
    assert texts(stay(1000, admitted_on=admitted_on), cover) == words


def test_a_fee_confirmed_before_the_period_covers_from_its_first_day() -> None:
    assert cover_starts_on(PLAN, date(2025, 11, 20)) == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("facts", "cover", "is_refused"),
    [
        (stay(1000, admitted_on=date(2026, 1, 30)), FIRST_TIME, True),
        (stay(1000, admitted_on=date(2026, 1, 31)), FIRST_TIME, False),
        (stay(1000, admitted_on=date(2026, 1, 30), days=40), FIRST_TIME, True),
        (stay(1000, admitted_on=date(2026, 1, 1)), COVER, False),
        (injury(5, date(2026, 1, 2)), FIRST_TIME, False),
    ],
)
def test_first_timers_wait_by_the_day_of_admission_and_renewals_do_not(
    facts: ClaimFacts, cover: Cover, is_refused: bool
) -> None:
    words = ["首次参保有 30 天等待期，2026-01-31 起入院的才能申请"] if is_refused else []
    assert texts(facts, cover) == words


def test_a_deadline_may_run_from_discharge() -> None:
    plan = plan_with(PERCENT + '[deadline]\ndays = { value = 180, source = "示例" }\n')
    out_on = date(2026, 3, 11)
    assert check(plan, stay(1, submitted_on=out_on + 180 * DAY), COVER) == ()
    assert check(plan, stay(1, submitted_on=out_on + 181 * DAY), COVER)[0].code == "deadline"


@pytest.mark.parametrize(
    ("sums", "code"),
    [
        ({"total_fen": 3000, "pooled_fen": 1500, "own_expense_fen": 500}, None),
        ({"total_fen": 2999, "pooled_fen": 1500, "own_expense_fen": 500}, "arithmetic"),
        ({"bed_excess_fen": 1000}, None),
        ({"bed_excess_fen": 1001}, "bed_excess"),
    ],
)
def test_sums_that_do_not_add_up_are_noticed_but_do_not_block(sums: dict, code: str | None) -> None:
    notes = check(PLAN, stay(1000, **sums), COVER)
    assert [note.code for note in notes] == ([code] if code else [])
    assert not any(note.blocking for note in notes)


def test_a_stay_finds_its_period_by_admission() -> None:
    plans = [load_plan(f"config/plans/guangxi-{year}.toml") for year in (2026, 2025)]
    across = stay(1000, admitted_on=date(2025, 12, 30))
    assert plan_for(plans, across) is plans[1]
    assert plan_for(plans, stay(1000)) is plans[0]
    assert plan_for(plans, stay(1000, admitted_on=date(2024, 12, 30))) is None


@pytest.mark.parametrize(
    ("nature", "people", "joining", "words"),
    [
        ("机关", 100, 80, None),
        ("机关", 100, 79, "参保比例 79% 低于本期要求的 80%"),
        ("其他", 100, 50, None),
        ("其他", 101, 50, "参保比例 49.5% 低于本期要求的 50%"),
        ("国企", 3, 2, "参保比例 66.67% 低于本期要求的 80%"),
    ],
)
def test_participation_below_the_plans_threshold_warns(
    nature: str, people: int, joining: int, words: str
) -> None:
    """厦门第21期: 机关/事业/国企 at least 80 %, others at least 50 %."""
    note = participation(load_plan("config/plans/xiamen-2026.toml"), nature, people, joining)
    assert (note.text if note else None) == words
    assert note is None or not note.blocking


def test_participation_by_size_may_block() -> None:
    """厦门第16期: 80 % below 1,000 people, 50 % from 1,000 on."""
    plan = plan_with(
        PERCENT
        + """
[[participation]]
max_people = { value = 999, source = "第16期" }
ratio = { value = "80%", source = "第16期" }
blocks = true
[[participation]]
ratio = { value = "50%", source = "第16期" }
"""
    )
    assert participation(plan, "其他", 999, 799).blocking
    assert participation(plan, "其他", 1000, 500) is None


XIAMEN = load_plan("config/plans/xiamen-2026.toml")


@pytest.mark.parametrize(
    ("kind", "situation", "needed"),
    [
        (
            "hospital",
            {},
            [
                "身份证正面",
                "身份证背面",
                "住院医疗费用发票",
                "福建省基本医疗(生育)保险结算单",
                "出院小结或出院记录",
                "本人有效工会卡或其他银行卡",
            ],
        ),
        (
            "injury",
            {"is_by_agent": True},
            [
                "厦门市职工医疗互助保障活动补助(慰问)金申请审批表",
                "身份证正面",
                "身份证背面",
                "代办人身份证正面",
                "代办人身份证背面",
                "工伤认定书",
                "伤残等级鉴定书",
                "本人有效工会卡或其他银行卡",
            ],
        ),
        (
            "death",
            {"is_by_agent": True, "is_own_account": False},
            [
                "厦门市职工医疗互助保障活动补助(慰问)金申请审批表",
                "代办人身份证正面",
                "代办人身份证背面",
                "死亡证明或户口注销证明",
                "情况说明",
                "收款人身份证正面",
                "收款人身份证背面",
                "收款人银行卡",
            ],
        ),
    ],
)
def test_materials_follow_kind_and_situation(kind: str, situation: dict, needed: list[str]) -> None:
    """XM-100 … XM-114"""
    found = materials(XIAMEN, kind, **situation)
    assert [m.label for m in found if m.min_count] == needed
    assert len({m.code for m in found}) == len(found)
