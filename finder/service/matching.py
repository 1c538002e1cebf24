"""Which rows of a table are stays of insured people who have not applied? Lot by lot, each of them whole.

Only what fits is kept: of strangers, of people who are not covered, and of those who have applied there is
nothing but a count. A worker that dies in the middle loses the lot it was at.
"""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from claims.queries.stays import Span, is_same, stays_of
from core import clock, context
from core.access import SYSTEM
from core.db import db, new_ids
from core.errors import Refused
from core.files.documents import erase_document, read_document
from core.history import perform
from core.sheets import Cell, read_rows
from employee import queries as employees
from employee.service import bulk
from finder import rules
from finder.models import FinderFault, FinderRun, FinderStay
from finder.rules import Stay
from finder.service import leasing
from plans import queries as covers
from plans import service as plans

LOT = 2000
MOST_FAULTS = 2000
_PLACE = "finder_stay.stay"


class Hit(NamedTuple):
    """A stay that somebody may still claim for."""

    person: employees.Reached
    stay: Stay
    plan_code: str
    apply_until: dt.date


def read_some(run: FinderRun) -> bool:
    """The next lot of a table; False when it is read to its end, or cannot be read."""
    if run.state == "uploaded":
        perform(rules.RUN, run, "read", SYSTEM)
    if run.file_id is None:
        return _look_again(run)
    try:
        layout, rows = _opened(run)
        lot = list(itertools.islice(rows, run.rows_read, run.rows_read + LOT))
    except Refused as refusal:
        end(run)
        perform(
            rules.RUN, run, "refuse", SYSTEM, note=refusal.text, problem=refusal.text[:200], lease_until=None
        )
        return False
    if not lot:
        end(run)
        perform(rules.RUN, run, "find", SYSTEM, lease_until=None)
        return False
    counts = _match(run, layout, lot)
    leasing.go_on(run, rows_read=run.rows_read + len(lot), tries=0, **_added(run, counts))
    return True


def _opened(run: FinderRun) -> tuple[rules.Layout, Iterator[tuple[int, list[Cell]]]]:
    assert run.file_id  # noqa: S101 - asked before
    rows = read_rows(read_document(run.file_id), filename=run.file_name, field="file")
    top = list(itertools.islice(rows, rules.ROWS_BEFORE_HEADER))
    layout = rules.find_layout(top)
    if isinstance(layout, str):
        raise Refused(layout, "file")
    below = itertools.chain(top[layout.header :], rows)
    numbered = ((n, row) for n, row in enumerate(below, layout.header + 1) if not rules.is_blank(row))
    return layout, numbered


def _match(run: FinderRun, layout: rules.Layout, lot: list[tuple[int, list[Cell]]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    stays: list[Stay] = []
    faults: list[dict[str, Any]] = []
    for number, cells in lot:
        found = rules.read_row(cells, layout, clock.today())
        if isinstance(found, Stay):
            stays.append(found)
        else:
            faults.append({"run_id": run.id, "row_number": number, "words": "；".join(found)[:200]})
    counts["wrong"] = len(faults)
    if faults and run.wrong < MOST_FAULTS:
        db.session.execute(insert(FinderFault).values(faults).on_conflict_do_nothing())
    hits = _hits(stays, counts)
    fresh = _keep(run, hits)
    counts["found"], counts["known"] = fresh, counts["known"] + len(hits) - fresh
    return counts


def _hits(stays: list[Stay], counts: Counter[str]) -> list[Hit]:
    """Who is insured, in time, and has not applied; the same stay twice in a lot is one."""
    indexes = [bulk.number_index(stay.id_number) for stay in stays]
    people = employees.by_number(set(indexes))
    ids = [person.id for person in people.values()]
    cover, applied = covers.covers_of(ids), stays_of(ids)
    found: dict[tuple[uuid.UUID, Span], Hit] = {}
    for stay, index in zip(stays, indexes, strict=True):
        person = people.get(index)
        if person is None:
            counts["strangers"] += 1
            continue
        span = (stay.admitted_on, stay.discharged_on)
        others = applied.get(person.id, [])
        why, hit = _weighed(person, stay, cover.get(person.id, []), others)
        if hit is None:
            counts[why] += 1
        elif (person.id, span) in found:
            counts["known"] += 1
        else:
            found[person.id, span] = hit
    return list(found.values())


def _weighed(
    person: employees.Reached, stay: Stay, cover: list[covers.CoverageLine], applied: list[Span]
) -> tuple[str, Hit | None]:
    """(why not, "") or the hit: the plan's own rules decide about cover, waiting and deadline."""
    span = (stay.admitted_on, stay.discharged_on)
    if any(is_same(span, other) for other in applied):
        return "claimed", None
    facts = plans.ClaimFacts(
        kind="hospital",
        submitted_on=clock.today(),
        admitted_on=stay.admitted_on,
        discharged_on=stay.discharged_on,
        total_fen=stay.total_fen,
        pooled_fen=stay.pooled_fen,
        self_paid_fen=stay.self_paid_fen,
        own_expense_fen=stay.own_expense_fen,
    )
    plan = plans.plan_for(plans.all_plans(), facts)
    if plan is None or person.is_deceased:
        return "outside", None
    line = next((one for one in cover if one.plan_code == plan.code), None)
    notes = [note for note in plans.check(plan, facts, line.cover if line else None) if note.blocking]
    if notes:
        return ("uncovered" if notes[0].code in ("not_covered", "outside_cover") else "outside"), None
    # What went before in the period could make it more; with nothing before, nothing due is nothing to tell.
    if (
        stay.has_sums
        and not applied
        and not plans.evaluate(plan, facts, cover=line.cover if line else None).total_fen
    ):
        return "nothing_due", None
    until = rules.last_day(
        plan.deadline_on, plan.deadline_days, stay.discharged_on, plan.ends_on + dt.timedelta(days=365)
    )
    return "", Hit(person, stay, plan.code, until)


def _keep(run: FinderRun, hits: list[Hit]) -> int:
    """Keep each stay once in all the years; one that was found before and not told joins this look."""
    if not hits:
        return 0
    seal, place = context.keyring().seal, FinderStay.hospital.place  # type: ignore[attr-defined]
    rows = []
    for row_id, hit in zip(new_ids(len(hits)), hits, strict=True):
        name = hit.stay.hospital
        rows.append(
            {
                "id": row_id,
                "stay_bi": mark_of(hit.person.id, hit.stay.admitted_on, hit.stay.discharged_on),
                "run_id": run.id,
                "employee_id": hit.person.id,
                "union_id": hit.person.union_id,
                "plan_code": hit.plan_code,
                "admitted_on": hit.stay.admitted_on,
                "discharged_on": hit.stay.discharged_on,
                "hospital_ct": seal(name.encode(), f"{place}|{row_id}".encode()) if name else None,
                "self_paid_fen": hit.stay.self_paid_fen,
                "apply_until": hit.apply_until,
                "found_at": clock.now(),
            }
        )
    table = FinderStay.__table__
    new = insert(table).on_conflict_do_nothing(index_elements=["stay_bi"]).returning(table.c.id)
    made = set(db.session.scalars(new.values(rows)))
    late = [row["stay_bi"] for row in rows if row["id"] not in made]
    if late:
        untold = update(table).where(table.c.stay_bi.in_(late), table.c.told_at.is_(None))
        db.session.execute(untold.values(run_id=run.id))
    return len(made)


def mark_of(employee_id: uuid.UUID, first: dt.date, last: dt.date) -> bytes:
    """What a stay is known again by."""
    return context.keyring().blind(_PLACE, f"{employee_id}|{first}|{last}")


def _look_again(run: FinderRun) -> bool:
    """Every stay nobody was told of belongs to this look; who applied since is left out when telling."""
    table = FinderStay.__table__
    waiting = table.c.told_at.is_(None) & (table.c.apply_until >= clock.today())
    moved = db.session.execute(update(table).where(waiting).values(run_id=run.id))
    leasing.go_on(run, known=moved.rowcount)  # type: ignore[attr-defined]
    perform(rules.RUN, run, "find", SYSTEM, lease_until=None)
    return False


def end(run: FinderRun) -> None:
    """The table has done its work: its bytes go with the commit."""
    if run.file_id:
        erase_document(run.file_id)


def _added(run: FinderRun, counts: Counter[str]) -> dict[str, int]:
    return {name: getattr(run, name) + count for name, count in counts.items()}


def forget_faults(before: dt.datetime) -> None:
    """Rows that could not be read are told for a month."""
    old = select(FinderRun.id).where(FinderRun.state_at < before, FinderRun.state.in_(rules.RUN.final))
    db.session.execute(delete(FinderFault).where(FinderFault.run_id.in_(old)))
