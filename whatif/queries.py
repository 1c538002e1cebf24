"""What do the pages of trials list? Trials, who gets more or less, unions, what differs; names masked."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Select, select

from core import keyset
from core.db import db
from core.errors import Missing
from core.fields import mask_name
from core.money import shown_yuan
from employee import service as employees
from plans import service as plans
from plans.service import Plan
from union import queries as unions
from whatif import rules
from whatif.models import WhatIf, WhatIfDifference, WhatIfPerson

PAGE = 20
MOST_UNIONS = 30
EXPORT_LOT = 500


class Row(NamedTuple):
    """One line of a table that compares: sums in fen."""

    name: str
    how_many: int
    was_fen: int
    now_fen: int
    more: int = 0
    less: int = 0

    @property
    def by_fen(self) -> int:
        return self.now_fen - self.was_fen

    @property
    def by(self) -> str:
        return rules.signed(self.by_fen)


class Touched(NamedTuple):
    """Somebody who gets more or less."""

    employee_id: uuid.UUID
    name: str
    union: str
    claims: int
    was_fen: int
    now_fen: int

    @property
    def by_fen(self) -> int:
        return self.now_fen - self.was_fen

    @property
    def by(self) -> str:
        return rules.signed(self.by_fen)


def find(run_id: uuid.UUID) -> WhatIf:
    """The trial. Raises `Missing`."""
    run = db.session.get(WhatIf, run_id)
    if run is None:
        raise Missing
    return run


def runs(*, before: str = "", after: str = "") -> keyset.Turn:
    """Trials, the newest first, as (id, plan_code, purpose, by_label, created_at, …) columns."""
    columns = (
        WhatIf.id, WhatIf.plan_code, WhatIf.purpose, WhatIf.changes, WhatIf.by_label, WhatIf.created_at,
        WhatIf.finished_at, WhatIf.failed_at, WhatIf.claims_done, WhatIf.claims_total, WhatIf.totals,
    )  # fmt: skip
    return keyset.turn(select(*columns), (WhatIf.id,), PAGE, before=before, after=after, newest=True)


def plan_of(run: WhatIf) -> Plan:
    """The plan in the version the trial began from."""
    return plans.plan_as_used(run.plan_code, run.plan_version)


def people(run_id: uuid.UUID, is_gain: bool, *, before: str = "", after: str = "") -> keyset.Turn:
    """Who gets more, or less; those it touches most first. Rows are `Touched`."""
    keys = (WhatIfPerson.by_fen, WhatIfPerson.employee_id)
    found = keyset.turn(_people(run_id, is_gain), keys, PAGE, before=before, after=after, newest=True)
    return found._replace(rows=_shown(list(found.rows)))


def everybody(run_id: uuid.UUID) -> Iterator[Touched]:
    """All of them for a file, a few hundred at a time."""
    for is_gain in (True, False):
        after = ""
        while True:
            keys = (WhatIfPerson.by_fen, WhatIfPerson.employee_id)
            found = keyset.turn(_people(run_id, is_gain), keys, EXPORT_LOT, after=after, newest=True)
            yield from _shown(list(found.rows))
            if not (after := found.after):
                break


def _people(run_id: uuid.UUID, is_gain: bool) -> Select[Any]:
    columns: tuple[Any, ...] = (
        WhatIfPerson.employee_id,
        WhatIfPerson.by_fen,
        WhatIfPerson.was_fen,
        WhatIfPerson.now_fen,
        WhatIfPerson.claims,
    )
    return select(*columns).where(WhatIfPerson.run_id == run_id, WhatIfPerson.is_gain.is_(is_gain))


def _shown(rows: list[WhatIfPerson]) -> list[Touched]:
    cards = employees.cards([row.employee_id for row in rows])
    return [
        Touched(
            row.employee_id,
            mask_name(cards[row.employee_id].name),
            cards[row.employee_id].union_name,
            row.claims,
            row.was_fen,
            row.now_fen,
        )
        for row in rows
    ]


def differences(run_id: uuid.UUID, *, before: str = "", after: str = "") -> keyset.Turn:
    """Sums of the ledger that today's figures do not give."""
    row = WhatIfDifference
    columns: tuple[Any, ...] = (row.id, row.number, row.ledger_fen, row.replayed_fen, row.why)
    query = select(*columns).where(row.run_id == run_id)
    return keyset.turn(query, (row.id,), PAGE, before=before, after=after)


def by_union(run: WhatIf, most: int = MOST_UNIONS) -> list[Row]:
    """The unions where it changes most."""
    rows = rules.largest(run.totals["unions"].items(), most)
    names = unions.names_of(uuid.UUID(key) for key, _ in rows)
    return [Row(names.get(uuid.UUID(key), "—"), *numbers) for key, numbers in rows]


def by_grade(run: WhatIf) -> list[Row]:
    """By the hospital's grade, the greatest sum first."""
    rows = sorted(run.totals["grades"].items(), key=lambda row: -row[1][1])
    return [Row(grade, *numbers) for grade, numbers in rows]


def by_benefit(run: WhatIf) -> list[Row]:
    """By benefit, in the plan's order."""
    found = run.totals["benefits"]
    return [
        Row(benefit.name, 0, *found[benefit.code])
        for benefit in plan_of(run).benefits
        if benefit.code in found
    ]


def said(run: WhatIf) -> list[dict[str, str]]:
    """What was typed otherwise, in words."""
    rows = plans.said(plan_of(run), run.changes)
    return [{"benefit": a, "figure": b, "today": c, "tried": d} for a, b, c, d in rows]


def fees(run: WhatIf) -> tuple[int, int]:
    """What the period's people pay in all, today and under the tried fee."""
    plan = plan_of(run)
    return plan.fee_fen * run.covered, plans.tuned(plan, run.changes).fee_fen * run.covered


def summary(run: WhatIf) -> list[str]:
    return rules.summary(run.totals, *fees(run))


def brief(totals: dict[str, int]) -> str:
    """For the list: what it would come to."""
    return f"{shown_yuan(totals['now'])} 元，{rules.change(totals['was'], totals['now'])}"
