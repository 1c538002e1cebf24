"""How do people come into an enrolment and out again? Each way is one statement, however many they are."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from core import audit, clock
from core.access import Actor
from core.db import db
from core.errors import Refused
from core.fields import mask_name
from employee import queries as roster
from employee import service as employees
from enrolment.models import Enrolment, Participant
from enrolment.queries import people
from enrolment.rules.words import EMPTY_ROSTER, MOST_NAMED, NOTHING_CHOSEN, TAKEN, some_names
from enrolment.service.moving import open_draft
from union import queries as unions

MOST_AT_ONCE = 500


class Added(NamedTuple):
    """How many came in, and what to say of those who could not; empty when all could."""

    people: int
    refused: str


def add(enrolment: Enrolment, ids: Iterable[uuid.UUID], by: Actor) -> Added:
    """Put these people of the roster in. Whoever is covered or enrolled elsewhere stays out, by name."""
    open_draft(enrolment, by)
    wanted = sorted(set(ids))[:MOST_AT_ONCE]
    if not wanted:
        raise Refused(NOTHING_CHOSEN, "people")
    chosen = roster.active_in(enrolment.union_id).subquery()
    count = _insert(enrolment, select(chosen.c.id).where(chosen.c.id.in_(wanted)), by)
    taken = people.taken_of(enrolment, wanted)
    return Added(count, _taken_words(taken, len(taken), by) if taken else "")


def add_all(enrolment: Enrolment, by: Actor) -> Added:
    """一键选择全部未参保职工 (XM-63): everybody of the roster who may come in, in one statement."""
    open_draft(enrolment, by)
    everybody = roster.active_in(enrolment.union_id).subquery()
    count = _insert(enrolment, select(everybody.c.id), by)
    ids, total = people.taken_elsewhere(enrolment, MOST_NAMED)
    if not count and not enrolment.participant_count and not total:
        raise Refused(EMPTY_ROSTER, "people")
    taken = people.taken_of(enrolment, ids)
    return Added(count, _taken_words(taken, total, by) if total else "")


def remove(enrolment: Enrolment, ids: Iterable[uuid.UUID], by: Actor) -> int:
    """Take these people out again; only while it is a draft, so never after the fee was paid."""
    open_draft(enrolment, by)
    wanted = set(ids)
    if not wanted:
        raise Refused(NOTHING_CHOSEN, "people")
    return _delete(enrolment, by, Participant.employee_id.in_(wanted))


def remove_all(enrolment: Enrolment, by: Actor) -> int:
    open_draft(enrolment, by)
    return _delete(enrolment, by)


def remove_unfit(enrolment: Enrolment, by: Actor) -> int:
    """Take out everybody who has left the union's roster."""
    open_draft(enrolment, by)
    return _delete(enrolment, by, Participant.employee_id.in_(people.unfit_ids(enrolment)))


def _insert(enrolment: Enrolment, ids: Select[Any], by: Actor) -> int:
    """Those of `ids` who are free. Who was faster elsewhere wins by the database's own rule (XM-64)."""
    source, is_taken = ids.subquery(), people.taken(enrolment.plan_code)
    rows = select(
        literal(enrolment.id, Participant.enrolment_id.type),
        source.c.id,
        literal(enrolment.plan_code),
        literal(clock.now(), Participant.added_at.type),
    ).where(~is_taken(source.c.id))
    statement = insert(Participant.__table__).from_select(
        ["enrolment_id", "employee_id", "plan_code", "added_at"], rows
    )
    db.session.execute(statement.on_conflict_do_nothing())
    return _count_again(enrolment, by, "enrolment.add")


def _delete(enrolment: Enrolment, by: Actor, *which: Any) -> int:
    db.session.execute(delete(Participant).where(Participant.enrolment_id == enrolment.id, *which))
    return _count_again(enrolment, by, "enrolment.remove")


def _count_again(enrolment: Enrolment, by: Actor, action: str) -> int:
    """Keep 参加人数 what the list says, and say by how much it moved; the row is locked meanwhile."""
    before = enrolment.participant_count
    inside = select(func.count()).where(Participant.enrolment_id == enrolment.id).scalar_subquery()
    statement = update(Enrolment).where(Enrolment.id == enrolment.id).values(participant_count=inside)
    db.session.execute(statement.execution_options(synchronize_session=False))
    db.session.refresh(enrolment)
    moved = abs(enrolment.participant_count - before)
    if moved:
        audit.record(action, "enrolment", enrolment.id, by, count=moved)
    return moved


def _taken_words(taken: list[people.Taken], total: int, by: Actor) -> str:
    """`3 人本期已参保，不能重复参保：张*（示例店工会）、…`; a union the asker may not see has no name."""
    cards = employees.cards([one.employee_id for one in taken[:MOST_NAMED]])
    seen = _seen_names({one.union_id for one in taken[:MOST_NAMED]}, by)
    names = [
        mask_name(cards[one.employee_id].name) + f"（{seen.get(one.union_id, '其他工会')}）"
        for one in taken[:MOST_NAMED]
        if one.employee_id in cards
    ]
    return TAKEN.format(n=total, names=some_names(names, total))


def _seen_names(ids: set[uuid.UUID], by: Actor) -> dict[uuid.UUID, str]:
    """The names of those unions that one of the asker's grants reaches."""
    return {one: name for one, name in unions.names_of(ids).items() if _reaches(by, one)}


def _reaches(by: Actor, union_id: uuid.UUID) -> bool:
    chain = unions.chain_of(union_id)
    return any(place is None or place in chain for _, place in by.grants)
