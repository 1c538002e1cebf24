"""Do the reports read an index, whatever their length (B3)? Real plans, over rows enough for the planner."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bench import rows
from core.access import Actor
from core.db import db as database
from core.roles import ADMINISTRATOR
from reports.queries import listing
from reports.queries.scope import scope_of
from reports.rules import CLAIMS, COVERAGES, ENROLMENTS
from tests.office import Office
from tests.reports.conftest import Tree
from tests.workbench.test_plans import ROWS, fill, no_reading_of, plans
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
    """All that a list asks: how many there are, the first page, the second, and is it too much to export?"""
    found = listing.rows_of(kind, by, scope_of(by, kind), given)
    # Of these few rows two thousand are so many that all would be read.
    listing.total(kind, found, 2000 * ROWS // 1_000_000)
    listing.count_up_to(found, 100)
    _, after = listing.piece(found, "", listing.PAGE)
    listing.piece(found, after, listing.PAGE)


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


@dataclass
class Wide:
    """Four unions of a district, with a fifth of everything; the rest is elsewhere."""

    east: uuid.UUID
    sql: str  # the union of row n


@pytest.fixture
def wide(world: World, tree: Tree) -> Wide:
    found = [tree.one, tree.two, *[world.union(f"东区第{n}分厂工会", tree.east) for n in range(2)]]
    listed = ",".join(f"'{one.id}'" for one in found)
    elsewhere = rows.id_of("n % 48")
    return Wide(
        tree.east.id,
        f"CASE WHEN n % 5 = 0 THEN (ARRAY[{listed}]::uuid[])[1 + n / 5 % 4] ELSE {elsewhere} END",
    )


@contextmanager
def touched(table: str) -> Iterator[list[int]]:
    """How many rows of a table each SELECT meanwhile had in its hands, those it put aside too."""
    seen: list[tuple[str, Any]] = []
    counts: list[int] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, given))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield counts
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    cursor = database.session.connection().connection.cursor()
    for statement, given in seen:
        plan = cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", given).fetchone()[0]
        counts.append(sum(_rows(plan[0]["Plan"], table)))


def _rows(node: dict[str, Any], table: str) -> Iterator[int]:
    if node.get("Relation Name") == table:
        aside = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        yield int((node["Actual Rows"] + aside) * node["Actual Loops"])
    for below in node.get("Plans", ()):
        yield from _rows(below, table)


@pytest.mark.parametrize("shape", ["all", "few unions", "many unions"])
@pytest.mark.parametrize("kind,table", [(CLAIMS, "claim"), (COVERAGES, "coverage")])
def test_xm_121_xm_122_a_list_has_no_more_rows_in_its_hands_than_it_needs(
    fill: Callable[..., None],
    office: Office,
    wide: Wide,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    table: str,
    shape: str,
) -> None:
    """XM-121, XM-122, B3: page and count end when they have enough; neither grows with the table."""
    most, page_ = 200, listing.PAGE + 1
    monkeypatch.setattr(listing, "MOST_COUNTED", most)
    if shape == "many unions":
        monkeypatch.setattr(unions, "FEW", 0)
    _fill_wide(fill, office, wide, kind)
    by = as_staff(office.world.staff(ADMINISTRATOR), ADMINISTRATOR,
                  union_id=None if shape == "all" else wide.east)  # fmt: skip
    # Few unions are merged: a page of each at most. Of many one in five rows is theirs: with room to spare.
    allowed = {"all": page_, "few unions": 4 * (page_ + 1), "many unions": 10 * page_}[shape]
    for given in WANTED[kind]:
        found = listing.rows_of(kind, by, scope_of(by, kind), given)
        with touched(table) as counted:
            assert listing.total(kind, found, most) == listing.Total(most + 1, 0, False)
        # A union may be read to its end.
        assert max(counted) <= most + 1 + ROWS // 20, (given, counted)
        with touched(table) as paged:
            rows_, after = listing.piece(found, "", listing.PAGE)
            listing.piece(found, after, listing.PAGE)
        assert len(rows_) == listing.PAGE and max(paged) <= allowed, (given, paged)


WANTED: dict[str, list[dict[str, Any]]] = {
    CLAIMS: [{}, {"since": "2026-01-02"}],
    COVERAGES: [{"plan": "GX-2026"}],
}


def _fill_wide(fill: Callable[..., None], office: Office, wide: Wide, kind: str) -> None:
    world = office.world
    if kind == COVERAGES:
        world.cover(world.employee(world.union("别处工会")))
        fill(
            "coverage", id=rows.id_of(), employee_id=rows.id_of(), union_id=wide.sql,
            starts_on="date '2026-01-01' + n / 60 % 90",
        )  # fmt: skip
        return
    office.rows(1, world.union("别处工会"), "paid", award_fen=1)
    fill(
        "claim", id=rows.id_of(), number="'BZ' || n", union_id=wide.sql, employee_id=rows.id_of("n % 500"),
        submitted_at="timestamptz '2026-01-01' + n * interval '1 minute'",
    )  # fmt: skip


@pytest.mark.parametrize("place", ["east", None])
def test_xm_120_enrolments_are_read_by_an_index(
    fill: Callable[..., None], world: World, wide: Wide, place: str | None
) -> None:
    """XM-120, B3: the report and the list of the enrolments' own pages."""
    from enrolment.queries import listing as own
    from tests.reports.test_lists import enrolled

    enrolled(world.union("别处工会"), "CBFW2026020001")
    fill(
        "enrolment", id=rows.id_of(), number="'CBFW' || n", union_id=wide.sql,
        state=f"CASE WHEN n % {RARE} = 0 THEN 'first_review' ELSE 'done' END",
        plan_code=f"CASE WHEN n % {RARE} = 0 THEN 'GX-' || n ELSE 'GX-2026' END",
    )  # fmt: skip
    by = as_staff(world.staff(ADMINISTRATOR), ADMINISTRATOR, union_id=wide.east if place else None)
    for given in ({}, {"state": "open"}, {"state": "done"}, {"plan": "GX-2026"}):
        with plans() as found:
            page(ENROLMENTS, by, given)
        no_reading_of("enrolment", found)
    for state in ("", "first_review", "done"):
        with plans() as found:
            own.listed(own.scope(by), state)
        no_reading_of("enrolment", found)


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
