"""May unions enrol people now, until when, or from when?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from plans.rules.plan import Plan

SOON, OPEN, OVER = "soon", "open", "over"
_ORDER = (OPEN, SOON, OVER)


class Window(NamedTuple):
    """One plan's enrolment as of a day: `on` is when it ends (open, over) or begins (soon), in `days`."""

    plan: str
    stage: str
    on: date
    days: int


def window_of(plan: Plan, today: date) -> Window | None:
    """None for a plan that names no last day."""
    if plan.enrol_until is None:
        return None
    if plan.enrol_from and today < plan.enrol_from:
        return Window(plan.name, SOON, plan.enrol_from, (plan.enrol_from - today).days)
    left = (plan.enrol_until - today).days
    return Window(plan.name, OPEN if left >= 0 else OVER, plan.enrol_until, left)


def opening(plan: Plan, today: date, *, is_supplement: bool = False) -> str:
    """Why nobody may be enrolled on a day, in words with the dates; empty when it is open.

    A union that was enrolled in time may add people for longer, when the plan says so.
    """
    until = plan.enrol_until or plan.ends_on
    if is_supplement and plan.supplement_until:
        until = max(until, plan.supplement_until)
    if plan.enrol_from and today < plan.enrol_from:
        return f"{plan.name}从 {plan.enrol_from} 开始参保，请到时再来办理"
    if today > until:
        what = "补充参保" if is_supplement else "参保"
        return f"{plan.name}的{what}已在 {until} 截止，不能再办理。如有特殊情况请联系上级工会"
    return ""


def window(plans: Iterable[Plan], today: date) -> Window | None:
    """The one that matters: what ends first, else what begins first, else what ended last."""
    found = [one for plan in plans if (one := window_of(plan, today))]
    return min(found, key=lambda one: (_ORDER.index(one.stage), abs(one.days)), default=None)
