"""To what is a report narrowed? Filters out of the address, as kept with an export, and in words."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from claims.queries import kind_words
from claims.queries import reporting as claims
from core import context
from core.days import parse_day
from enrolment.queries import reporting as enrolments
from plans import service as plans
from reports.queries.scope import uuid_of
from reports.rules import CLAIMS, COVERAGES, ENROLMENTS, NEEDS_ONE_UNION
from union import queries as unions

Given = dict[str, Any]

NAMES = {
    ENROLMENTS: ("plan", "state", "union", "under", "since", "until"),
    COVERAGES: ("plan", "state", "union", "under", "since", "until"),
    CLAIMS: ("plan", "state", "kind", "was", "union", "under", "by", "since", "until"),
}
MOST_PEOPLE = 20
COVER_STATES = {"covered": "已参保", "first": "已参保（首次）", "uncovered": "未参保"}
GROUPS = {"open": "审核中（各级）", "decided": "审核通过（含已打款）"}
WAS = {"returned": "{sent_back}过", "bounced": "打款失败过"}
BY = {"submitted": "提交", "decided": "审核结束", "paid": "打款"}
LABEL = {
    "plan": "保障计划",
    "state": "状态",
    "kind": "补助类型",
    "was": "经过",
    "union": "单位名称含",
    "under": "工会",
    "by": "日期按",
    "since": "从",
    "until": "到",
    "person": "职工",
}


def given_of(kind: str, args: Mapping[str, Any], people: list[str]) -> Given:
    """What an address asks for, without what means nothing here."""
    found: Given = {name: str(args.get(name, "")).strip()[:80] for name in NAMES[kind]}
    known = {
        "plan": dict(plan_choices()),
        "state": dict(state_choices(kind)),
        "kind": context.scheme().kinds,
        "was": WAS,
        "by": BY,
    }
    found = {
        name: value for name, value in found.items() if value and (name not in known or value in known[name])
    }
    if kind == COVERAGES and not people:
        found.setdefault("plan", plans.all_plans()[0].code)
    if people:
        found["person"] = people[:MOST_PEOPLE]
    return found


def plan_choices() -> list[tuple[str, str]]:
    return [(plan.code, plan.name) for plan in plans.all_plans()]


def state_choices(kind: str) -> list[tuple[str, str]]:
    """The states as this scheme names them; groups first."""
    if kind == COVERAGES:
        return list(COVER_STATES.items())
    if kind == ENROLMENTS:
        return [("open", "办理中（各步）"), *enrolments.state_choices()]
    return [*GROUPS.items(), *claims.all_states()]


def was_choices() -> list[tuple[str, str]]:
    sent_back = context.scheme().review.sent_back
    return [(key, words.format(sent_back=sent_back)) for key, words in WAS.items()]


def people_of(given: Given) -> tuple[uuid.UUID, ...]:
    return tuple(one for text in given.get("person", ()) if (one := uuid_of(text)))


def day_of(given: Given, name: str) -> dt.date | None:
    return parse_day(given[name]) if given.get(name) else None


def claims_wanted(given: Given) -> claims.Wanted:
    return claims.Wanted(
        states=claims.states_of(given.get("state", "")),
        kind=given.get("kind", ""),
        plan_code=given.get("plan", ""),
        by=given.get("by", "submitted"),
        was=given.get("was", ""),
        since=day_of(given, "since"),
        until=day_of(given, "until"),
        people=people_of(given),
    )


def in_words(kind: str, given: Given) -> str:
    """`保障计划：…；状态：…`, for the page that asks and the sheet that leaves; numbers of people only."""
    said = []
    for name, value in given.items():
        if name == "by" and not (given.get("since") or given.get("until")):
            continue
        if text := _word(kind, name, value):
            said.append(f"{LABEL[name]}：{text}")
    return "；".join(said) or "全部"


def _word(kind: str, name: str, value: Any) -> str:
    if name == "person":
        return f"查到的 {len(value)} 人"
    if name == "under":
        found = uuid_of(value)
        return unions.full_name(found) if found else ""
    table = {
        "plan": dict(plan_choices()),
        "state": dict(state_choices(kind)),
        "was": dict(was_choices()),
        "by": BY,
    }.get(name)
    if name == "kind":
        return kind_words(value)
    return table.get(value, value) if table else str(value)


def needs_union(is_few: bool, given: Given) -> str:
    """Why this list cannot be shown, in words; empty when it can."""
    return NEEDS_ONE_UNION if given.get("state") == "uncovered" and not is_few else ""
