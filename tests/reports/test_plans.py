"""Do the reports read an index, whatever their length (B3)? Real plans, over rows enough for the planner."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from bench import rows
from core.access import Actor
from core.db import db as database
from core.roles import ADMINISTRATOR
from reports.queries import listing
from reports.queries.scope import scope_of
from reports.rules import CLAIMS, COVERAGES
from tests.office import Office
from tests.reports.conftest import Tree
from tests.workbench.test_plans import ROWS, fill, no_reading_of, plans, uses
from tests.world import World, as_staff
from union import queries as unions

__all__ = ["fill"]
RARE = ROWS // 40
GIVEN = [
    {},
    {"state": "refused"},
    {"state": "open"},
    {"kind": "injury"},
    {"since": "2026-01-02", "until": "2026-01-02"},
    {"by": "paid", "since": "2026-01-02"},
    {"by": "decided"},
    {"was": "returned"},
]


def page(kind: str, by: Actor, given: dict[str, Any]) -> None:
    found = listing.rows_of(kind, by, scope_of(by, kind), given)
    database.session.execute(found.query.order_by(*[key.desc() for key in found.order]).limit(51)).all()


@pytest.fixture
def many_claims(fill: Callable[..., None], office: Office, tree: Tree) -> dict[str, uuid.UUID]:
    ids = {"one": tree.one.id, "east": tree.east.id, "west": tree.west.id}
    (claim,) = office.rows(1, tree.one, "paid", award_fen=1)
    claim_union = f"CASE WHEN n % 100 = 0 THEN '{tree.one.id}'::uuid ELSE '{tree.far.id}'::uuid END"
    moment = "timestamptz '2026-01-01' + n * interval '1 minute'"
    fill(
        "claim", id=rows.id_of(), number="'BZ' || n", union_id=claim_union,
        employee_id=rows.id_of("n % 500"), submitted_at=moment, paid_at=moment, decided_at=moment,
        state=f"CASE WHEN n % {RARE} = 0 THEN 'first_review' WHEN n % 97 = 0 THEN 'refused' ELSE 'paid' END",
        kind="CASE n % 9 WHEN 0 THEN 'injury' ELSE 'hospital' END",
    )  # fmt: skip
    return ids


@pytest.mark.parametrize("place", ["one", "east", "wide", None])
def test_xm_122_claims_are_read_by_an_index(
    many_claims: dict[str, uuid.UUID], world: World, monkeypatch: pytest.MonkeyPatch, place: str | None
) -> None:
    """XM-122, B3: one union, a district of few unions, one of many, all; whatever the filter."""
    if place == "wide":
        monkeypatch.setattr(unions, "FEW", 0)
    union_id = many_claims["west" if place == "wide" else place] if place else None
    by = as_staff(world.staff(ADMINISTRATOR), ADMINISTRATOR, union_id=union_id)
    for given in GIVEN:
        with plans() as found:
            page(CLAIMS, by, given)
        no_reading_of("claim", found)


@pytest.mark.parametrize("place", ["one", "wide", None])
def test_xm_121_cover_is_read_by_an_index(
    fill: Callable[..., None], world: World, tree: Tree, monkeypatch: pytest.MonkeyPatch, place: str | None
) -> None:
    """XM-121, B3."""
    if place == "wide":
        monkeypatch.setattr(unions, "FEW", 0)
    world.cover(world.employee(tree.one))
    ids = {"one": tree.one.id, "wide": tree.west.id, None: None}
    fill(
        "coverage", is_first_time="n % 4 = 0", id=rows.id_of(), employee_id=rows.id_of(),
        union_id=f"CASE WHEN n % 100 = 0 THEN '{tree.one.id}'::uuid ELSE '{tree.far.id}'::uuid END",
        plan_code="CASE n % 2 WHEN 0 THEN 'GX-2026' ELSE 'GX-2025' END",
        starts_on="date '2026-01-01' + n % 90",
    )  # fmt: skip
    by = as_staff(world.staff(ADMINISTRATOR), ADMINISTRATOR, union_id=ids[place])
    for given in (
        {"plan": "GX-2026"},
        {"plan": "GX-2025", "since": "2026-03-01"},
        {"plan": "GX-2026", "state": "first"},
    ):
        with plans() as found:
            page(COVERAGES, by, given)
        no_reading_of("coverage", found)
    if place != "one":
        uses("ix_coverage_plan", found)


def test_the_board_reads_figures_by_their_key(fill: Callable[..., None], office: Office, tree: Tree) -> None:
    """A14: months of one union among thousands."""
    from reports.models import ReportMonth
    from reports.queries import board
    from reports.service import figures

    office.rows(1, tree.one, "paid", award_fen=1)
    figures.work_out(dt.date(2026, 11, 1))
    assert database.session.query(ReportMonth).count()
    mine = tree.one.id
    database.session.commit()
    fill(
        "report_month",
        days="array_fill(0, ARRAY[15])",
        node_id=rows.id_of("n / 12"),
        month="date '2026-01-01' + (n % 12) * 31",
    )
    with plans() as found:
        board.months([uuid.UUID(int=5), mine], dt.date(2026, 1, 1), dt.date(2026, 12, 1))
    no_reading_of("report_month", found)
