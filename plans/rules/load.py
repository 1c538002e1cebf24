"""Is this plan file right? TOML (or canonical JSON) in, an immutable Plan or one clear line out."""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from plans.rules.plan import Band, Benefit, Exclusive, Figure, Material, Participation, Plan, Term, Tiers
from plans.rules.reading import (
    PlanError,
    Table,
    day,
    flag,
    money,
    name_of,
    one_of,
    percent,
    read_table,
    some_of,
    text,
    texts,
    whole,
)

FACTS = {
    "total": ("医疗总费用", "total_fen"),
    "pooled": ("统筹支付", "pooled_fen"),
    "self_paid": ("个人自付", "self_paid_fen"),
    "own_expense": ("个人自费", "own_expense_fen"),
    "bed_excess": ("超标床位费", "bed_excess_fen"),
}
KINDS = ("hospital", "injury", "death")
SITUATIONS = ("always", "own_account", "other_account", "by_self", "by_agent")
NATURES = ("机关", "事业", "国企", "其他")
CURVED = ("percent", "bands", "tiers")
FACTORED = ("percent", "bands")


def load_plan(source: str | Path) -> Plan:
    """A plan from a path, from TOML text, or from `Plan.canonical()`."""
    is_text = isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{"))
    where = "plan text" if is_text else f"plan file {Path(source).name}"
    try:
        text = str(source) if is_text else Path(source).read_text(encoding="utf-8")
        content = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (OSError, ValueError) as problem:
        raise PlanError(f"{where}: {problem}") from problem
    # Dates as text and keys in order: one content, one plan, one digest, whichever way it came.
    return plan_from(json.loads(json.dumps(content, default=str, sort_keys=True)))


def plan_from(content: Mapping[str, Any]) -> Plan:
    figures: list[Figure] = []
    code = content.get("code")
    table = Table(content, f"plan {code}" if code else "plan", figures)
    code = table.read("code", text)
    kinds = _kinds(table)
    waiting = Table(table.take("waiting", {}), f"{table.where}, waiting", figures)
    deadline = Table(table.take("deadline", {}), f"{table.where}, deadline", figures)
    enrolment = Table(table.take("enrolment", {}), f"{table.where}, enrolment", figures)
    benefits = _benefits(table, kinds)
    plan = Plan(
        code=code,
        name=table.read("name", text),
        version=table.read("version", text),
        starts_on=table.read("starts_on", day),
        ends_on=table.read("ends_on", day),
        fee_fen=table.figure("fee", money),
        kinds=kinds,
        benefits=benefits,
        exclusives=table.tables("exclusive", lambda row: _exclusive(row, benefits)),
        materials=table.tables("materials", lambda row: _material(row, kinds)),
        participation=table.tables("participation", _participation),
        cap_claim_fen=table.figure("cap_claim", money, None),
        cap_period_fen=table.figure("cap_period", money, None),
        waiting_days=waiting.figure("days", whole, 0),
        waiting_kinds=waiting.read("kinds", some_of(*kinds), frozenset()),
        stay_counts_by=table.read("stay_counts_by", one_of("admission", "discharge"), "admission"),
        deadline_on=deadline.figure("on", day, None),
        deadline_days=deadline.figure("days", whole, None),
        figures=(),
        # When people may join decides no award: moving the window does not make another plan of it.
        content={key: value for key, value in content.items() if key != "enrolment"},
        enrol_from=enrolment.figure("from", day, None),
        enrol_until=enrolment.figure("until", day, None),
        supplement_until=enrolment.figure("supplement_until", day, None),
    )
    for part in (waiting, deadline, enrolment, table):
        part.end()
    if plan.ends_on < plan.starts_on:
        raise table.wrong("ends_on", "is before starts_on")
    object.__setattr__(plan, "figures", tuple(figures))
    return plan


def _kinds(table: Table) -> Mapping[str, str]:
    kinds = table.take("kinds")
    if not isinstance(kinds, Mapping) or not kinds or not set(kinds) <= set(KINDS):
        raise table.wrong("kinds", f"must name some of {', '.join(KINDS)}")
    return {kind: text(kinds[kind]) for kind in KINDS if kind in kinds}


def _benefits(table: Table, kinds: Mapping[str, str]) -> tuple[Benefit, ...]:
    """In file order; a benefit may refer to those above it only."""
    rows = table.take("benefits")
    if not isinstance(rows, list) or not rows:
        raise table.wrong("benefits", "needs at least one [[benefits]]")
    known: dict[str, str] = {}
    benefits = []
    for number, row in enumerate(rows, 1):
        where = f"{table.where}, benefit {name_of(row, number)}"
        benefit = read_table(row, where, table.figures, lambda part: _benefit(part, kinds, known))
        if benefit.code in known:
            raise PlanError(f"{where}, code: is used twice")
        known[benefit.code] = benefit.name
        benefits.append(benefit)
    return tuple(benefits)


def _benefit(table: Table, kinds: Mapping[str, str], known: Mapping[str, str]) -> Benefit:
    shape = table.read("shape", one_of(*SHAPE_READERS))
    fields: dict[str, Any] = {
        "code": table.read("code", text),
        "name": table.read("name", text),
        "kinds": table.read("kinds", some_of(*kinds)),
        "shape": shape,
        "cap_claim_fen": table.figure("cap_claim", money, None),
        "cap_period_fen": table.figure("cap_period", money, None),
        "is_in_plan_cap": table.read("is_in_plan_cap", flag, True),
        "is_automatic": table.read("is_automatic", flag, False),
    }
    fields |= _exclusions(table)
    if shape in CURVED:
        fields |= _base(table, known)
    if shape in FACTORED and not fields["is_cumulative"]:
        fields |= _factors(table)
    fields |= SHAPE_READERS[shape](table)
    if "counts" in fields and not set(fields["counts"]) <= set(known):
        raise table.wrong("counts", "must name benefits above this one")
    if fields["is_automatic"] and not fields.get("is_cumulative"):
        raise table.wrong("is_automatic", 'needs a percent, bands or tiers shape with over = "period"')
    return Benefit(**fields)


def _exclusions(table: Table) -> dict[str, Any]:
    if "only" not in table.left:
        return {}
    part = Table(table.take("only"), f"{table.where}, only", table.figures)
    source = part.read("source", text)
    for key, value in part.left.items():
        part.cite(key, value, source)
    fields = {
        "needs_settlement": part.read("settled_by_insurance", flag, False),
        "hospital_grades": part.read("hospital_grades", lambda value: frozenset(texts(value)), None),
        "out_of_area": part.read("out_of_area", flag, None),
    }
    part.end()
    return fields


def _base(table: Table, known: Mapping[str, str]) -> dict[str, Any]:
    """`base = "self_paid - bed_excess - award.ZYJB"`, and what is deducted from it."""
    expression = table.read("base", text)
    terms = []
    for sign, name in re.findall(r"([+-]?)\s*([^\s+-]+)", expression):
        other = name.removeprefix("award.")
        if name in FACTS:
            terms.append(Term(-1 if sign == "-" else 1, *FACTS[name]))
        elif other != name and other in known:
            terms.append(Term(-1 if sign == "-" else 1, known[other], "", other))
        else:
            raise table.wrong(
                "base", f"does not know {name}; only {', '.join(FACTS)} and award.<benefit above>"
            )
    return {
        "base": tuple(terms),
        "is_cumulative": table.read("over", one_of("claim", "period")) == "period",
        "deductible_fen": table.figure("deductible", money, 0),
        "deductible_per": table.read("deductible_per", one_of("claim", "period"), "claim"),
    }


def _factors(table: Table) -> dict[str, Any]:
    grades = None
    if "hospital_grade_factors" in table.left:
        grades = dict(
            table.rows(
                "hospital_grade_factors", lambda row: (row.read("grade", text), row.read("factor", percent))
            )
        )
    return {"out_of_area_ppm": table.figure("out_of_area_factor", percent, None), "grade_ppm": grades}


def _percent(table: Table) -> dict[str, Any]:
    return {"rate_ppm": table.figure("rate", percent)}


def _bands(table: Table) -> dict[str, Any]:
    rows = table.rows("bands", lambda r: (r.read("up_to", money, None), r.read("rate", percent)))
    uppers = _rising(table, "bands", [upper for upper, _ in rows])
    starts = (0, *uppers)
    return {"bands": tuple(Band(starts[i], upper, rate) for i, (upper, rate) in enumerate(rows))}


def _tiers(table: Table) -> dict[str, Any]:
    rows = table.rows("tiers", lambda r: (r.read("up_to", money, None), r.read("pays", money)))
    uppers = _rising(table, "tiers", [upper for upper, _ in rows])
    pays = tuple(amount for _, amount in rows)
    starts_at = table.figure("starts_at", money)
    if any(later < earlier for earlier, later in pairwise(pays)):
        raise table.wrong("tiers", "a higher tier must not pay less")
    if uppers and starts_at >= uppers[0]:
        raise table.wrong("starts_at", "must lie below the first tier's upper bound")
    return {
        "tiers": Tiers(starts_at, tuple(uppers), pays),
        "pays_difference": table.read("pays_difference", flag, False),
    }


def _rising(table: Table, key: str, uppers: list[int | None]) -> list[int]:
    """The upper bounds; only the last row goes on without one."""
    bounds = [upper for upper in uppers[:-1] if upper is not None]
    if uppers[-1] is not None or len(bounds) != len(uppers) - 1:
        raise table.wrong(key, "every row but the last needs up_to, and the last has none")
    if any(later <= earlier for earlier, later in pairwise([0, *bounds])):
        raise table.wrong(key, "up_to must rise from row to row")
    return bounds


def _per_day(table: Table) -> dict[str, Any]:
    return {
        "per_day_fen": table.figure("amount", money),
        "free_days": table.figure("free_days", whole, 0),
        "max_days": table.figure("max_days", whole, None),
        "same_day_days": table.figure("same_day_days", whole, 0),
    }


def _fixed(table: Table) -> dict[str, Any]:
    return {
        "amount_fen": table.figure("amount", money),
        "max_events": table.figure("max_events", whole, None),
    }


def _grades(table: Table) -> dict[str, Any]:
    rows = table.rows("grades", lambda r: (r.read("grade", whole), r.read("pays", money)))
    amounts = tuple(amount for _, amount in rows)
    if [grade for grade, _ in rows] != list(range(1, 11)):
        raise table.wrong("grades", "must list grades 1 to 10 in order")
    if any(later > earlier for earlier, later in pairwise(amounts)):
        raise table.wrong("grades", "a lighter grade must not pay more")
    return {"grades_fen": amounts, "pays_difference": table.read("pays_difference", flag, False)}


def _top_up(table: Table) -> dict[str, Any]:
    return {"minimum_fen": table.figure("minimum", money), "counts": table.read("counts", texts)}


SHAPE_READERS: dict[str, Callable[[Table], dict[str, Any]]] = {
    "percent": _percent,
    "bands": _bands,
    "tiers": _tiers,
    "per_day": _per_day,
    "fixed": _fixed,
    "grades": _grades,
    "top_up": _top_up,
}


def _exclusive(table: Table, benefits: tuple[Benefit, ...]) -> Exclusive:
    codes = table.read("benefits", texts)
    if len(codes) < 2 or not set(codes) <= {b.code for b in benefits if not b.is_automatic}:
        raise table.wrong("benefits", "must name at least two benefits of this plan that are asked for")
    return Exclusive(
        codes,
        table.read("keep", one_of("highest", "first")),
        table.read("per", one_of("claim", "period"), "claim"),
    )


def _material(table: Table, kinds: Mapping[str, str]) -> Material:
    material = Material(
        code=table.read("code", text),
        label=table.read("label", text),
        kinds=table.read("kinds", some_of(*kinds)),
        when=table.read("when", one_of(*SITUATIONS), "always"),
        min_count=table.read("min", whole),
        max_count=table.read("max", whole),
        hint=table.read("hint", text, ""),
    )
    if material.max_count < max(1, material.min_count):
        raise table.wrong("max", "must be at least 1 and not below min")
    return material


def _participation(table: Table) -> Participation:
    return Participation(
        natures=table.read("natures", some_of(*NATURES), frozenset()),
        min_people=table.figure("min_people", whole, 0),
        max_people=table.figure("max_people", whole, None),
        ratio_ppm=table.figure("ratio", percent),
        blocks=table.read("blocks", flag, False),
    )
