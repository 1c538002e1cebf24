"""Which small plans and claims do the tests of the award engine speak about? All figures are made up."""

from datetime import date, timedelta
from typing import Any

from plans.rules import Award, ClaimFacts, Cover, Memory, Plan, evaluate, load_plan

HEAD = """
code = "T-2026"
name = "示例保障计划"
version = "1"
starts_on = 2026-01-01
ends_on = 2026-12-31
fee = { value = "60.00", source = "示例" }
{top}
[kinds]
hospital = "住院补助"
injury = "工伤致残慰问金"
death = "职工亡故慰问金"
{tables}
"""

PERCENT = """
[[benefits]]
code = "ZYJB"
name = "住院基本补助"
kinds = ["hospital"]
shape = "percent"
base = "self_paid - bed_excess"
over = "claim"
rate = { value = "20%", source = "第16期" }
"""
# 漳州 2021: cumulative in-catalogue self-paid − 300 once per period, 60 %, cap 5万
ZHANGZHOU = """
[[benefits]]
code = "ZZ"
name = "住院补助"
kinds = ["hospital"]
shape = "percent"
base = "self_paid"
over = "period"
deductible = { value = "300.00", source = "漳州 2021" }
deductible_per = "period"
rate = { value = "60%", source = "漳州 2021" }
cap_period = { value = "50000.00", source = "漳州 2021" }
[[benefits]]
code = "WG"
name = "亡故补足"
kinds = ["death"]
shape = "top_up"
minimum = { value = "1000.00", source = "漳州 2021" }
counts = ["ZZ"]
"""
# 北京 about 2011: from the 4th day 40 元 a day, at most 7,200 a period
BEIJING = """
[[benefits]]
code = "BJ"
name = "住院天数补助"
kinds = ["hospital"]
shape = "per_day"
amount = { value = "40.00", source = "北京约 2011" }
free_days = { value = 3, source = "北京约 2011" }
cap_period = { value = "7200.00", source = "北京约 2011" }
"""
# 三明: fixed sums on the year's net self-paid; the tiers' upper bounds are inclusive
SANMING = """
[[benefits]]
code = "DB"
name = "大病补助"
kinds = ["hospital"]
shape = "tiers"
base = "self_paid"
over = "period"
pays_difference = true
starts_at = { value = "10000.00", source = "三明" }
tiers = { source = "三明", rows = [
  { up_to = "20000.00", pays = "1500.00" }, { up_to = "30000.00", pays = "3000.00" },
  { up_to = "40000.00", pays = "6000.00" }, { up_to = "50000.00", pays = "10000.00" },
  { up_to = "80000.00", pays = "20000.00" }, { up_to = "100000.00", pays = "30000.00" },
  { pays = "50000.00" },
] }
"""
BANDS = """
[[benefits]]
code = "LJ"
name = "累进补助"
kinds = ["hospital"]
shape = "bands"
base = "self_paid"
over = "period"
bands = { source = "示例", rows = [
  { up_to = "1000.00", rate = "10%" }, { up_to = "5000.00", rate = "30%" }, { rate = "50%" },
] }
"""
DAYS = """
[[benefits]]
code = "TS"
name = "住院天数补助"
kinds = ["hospital"]
shape = "per_day"
amount = { value = "50.00", source = "示例" }
free_days = { value = 3, source = "示例" }
max_days = { value = 90, source = "示例" }
"""
DEATH = """
[[benefits]]
code = "WG"
name = "职工亡故慰问金"
kinds = ["death"]
shape = "fixed"
amount = { value = "10000.00", source = "示例" }
max_events = { value = 1, source = "示例" }
"""
GRADES = """
[[benefits]]
code = "ZC"
name = "工伤致残慰问金"
kinds = ["injury"]
shape = "grades"
pays_difference = true
grades = { source = "示例", rows = [
  { grade = 1, pays = "20000.00" }, { grade = 2, pays = "16000.00" }, { grade = 3, pays = "13000.00" },
  { grade = 4, pays = "10000.00" }, { grade = 5, pays = "8000.00" }, { grade = 6, pays = "6000.00" },
  { grade = 7, pays = "4500.00" }, { grade = 8, pays = "3000.00" }, { grade = 9, pays = "2000.00" },
  { grade = 10, pays = "1000.00" },
] }
"""

COVER = Cover(date(2026, 1, 1), date(2026, 12, 31))
FIRST_TIME = Cover(date(2026, 1, 1), date(2026, 12, 31), is_first_time=True)


def plan_text(tables: str, top: str = "") -> str:
    return HEAD.replace("{top}", top).replace("{tables}", tables)


def plan_with(tables: str, top: str = "") -> Plan:
    return load_plan(plan_text(tables, top))


def yuan(text: str | float) -> int:
    return round(float(text) * 100)


def stay(
    self_paid: str | float = 0, days: int = 10, admitted_on: date = date(2026, 3, 1), **more: Any
) -> ClaimFacts:
    """A hospital claim in yuan, filed a month after discharge."""
    out_on = admitted_on + timedelta(days=days)
    facts: dict[str, Any] = {"submitted_on": out_on + timedelta(days=30)} | {
        key: yuan(value) if key.endswith("_fen") else value for key, value in more.items()
    }
    return ClaimFacts(
        "hospital", admitted_on=admitted_on, discharged_on=out_on, self_paid_fen=yuan(self_paid), **facts
    )


def death(on: date = date(2026, 6, 1)) -> ClaimFacts:
    return ClaimFacts("death", date(2026, 7, 1), event_on=on)


def injury(grade: int | None, on: date = date(2026, 6, 1)) -> ClaimFacts:
    return ClaimFacts("injury", date(2026, 7, 1), event_on=on, injury_grade=grade)


def paid_in_turn(plan: Plan, claims: list[ClaimFacts], cover: Cover = COVER) -> list[Award]:
    """The claims of one person one after the other, each remembering those before."""
    memory, awards = Memory(), []
    for facts in claims:
        awards.append(evaluate(plan, facts, memory, cover))
        memory = awards[-1].memory_after
    return awards


def sums(awards: list[Award]) -> list[int]:
    return [award.total_fen for award in awards]
