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


def window(plans: Iterable[Plan], today: date) -> Window | None:
    """The one that matters: what ends first, else what begins first, else what ended last."""
    found = [one for plan in plans if (one := window_of(plan, today))]
    return min(found, key=lambda one: (_ORDER.index(one.stage), abs(one.days)), default=None)
