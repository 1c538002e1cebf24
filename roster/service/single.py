"""What happens to one person of the roster? Added, corrected, left, taken back: by the import's own rules.

(XM-36.) What was typed comes here diagnosed; nothing personal goes into the audit trail but field names.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError

from core import audit, clock, context
from core.access import Actor
from core.db import db, new_ids
from core.errors import Conflict, Refused
from core.limits import Limit, take
from core.names import comparison_key
from employee import queries as roster
from employee import service as employees
from employee.queries import Held
from employee.service import bulk, deaths, upkeep
from notify import service as notify
from roster.rules import states
from roster.rules.diagnosis import Person
from roster.service import transfers, vouching
from union import queries as unions

STALE = "这位职工的资料刚刚被别人改过，已为您显示最新内容，请核对后再保存。"
NOTHING_NEW = "没有任何改动，不用保存"
HERE = "这位职工已经在本单位的名册里，不用再加。需要更正请打开他的那一行修改"
LEFT_AFTER_HIRED = "离职日期不能早于入职日期（{hired}）"
LEFT_AHEAD = "离职日期不能晚于今天"
DIED_AHEAD = "亡故日期不能晚于今天"
LONGEST_REASON = 400
NOT_THERE = "没有找到这位职工，请核对姓名和证件号码"
ELSEWHERE_PER_HOUR = Limit(
    "roster_elsewhere", 30, 3600, "这一小时填写的其他工会职工太多（30 人），请 {m} 分钟后再试，或用表格导入。"
)
_VOUCHED = {"name", "id_type", "id_number"}


class Twin(NamedTuple):
    """Somebody who has this certificate number already; here, elsewhere, other_name, deceased, left."""

    kind: str
    words: str
    there: bulk.OnFile


def twin_of(person: Person, union_id: uuid.UUID) -> Twin | None:
    """Who has this number. Which union they are in is said only to who knows their name as well."""
    index = bulk.number_index(person.id_number)
    there = bulk.on_file([index]).get(index)
    if there is None:
        return None
    if there.is_active and there.union_id == union_id:
        return Twin("here", HERE, there)
    if comparison_key(there.values["name"]) != comparison_key(person.name):
        return Twin("other_name", states.OTHER_NAME_ELSEWHERE, there)
    if there.is_deceased:
        return Twin("deceased", deceased_words(), there)
    if not there.is_active:
        return Twin("left", "", there)
    name = unions.names_of([there.union_id]).get(there.union_id, "别的工会")
    return Twin("elsewhere", f"该职工现在在“{name}”的名册里。如已调入本单位，请点“申请调入”", there)


def deceased_words() -> str:
    """Why somebody may not come back, and who can put an error right."""
    return states.DECEASED.format(operator=context.scheme().brand.operator)


def add(union_id: uuid.UUID, person: Person, by: Actor) -> uuid.UUID:
    """新增. Somebody who left any union before comes back under the id they had. Raises `Refused`."""
    twin = twin_of(person, union_id)
    if twin and twin.kind == "left":
        return _take_back(union_id, person, twin.there, by)
    if twin:
        if twin.kind != "here":  # or anybody's number could be looked up, one form after the other
            take(ELSEWHERE_PER_HOUR, by.key)
        raise Refused(twin.words, "id_number")
    employee_id = new_ids(1)[0]
    try:
        with db.session.begin_nested():
            bulk.add_one(employee_id, union_id, person._asdict())
    except IntegrityError:
        raise Refused(HERE, "id_number") from None
    audit.record("roster.add", "employee", employee_id, by, fields=_filled(person._asdict()))
    _ask(employee_id, person._asdict())
    return employee_id


def _take_back(union_id: uuid.UUID, person: Person, there: bulk.OnFile, by: Actor) -> uuid.UUID:
    values = _merged(person, there)
    active = {"union_id": union_id, "is_active": True, "left_on": None}
    if not upkeep.rewrite(there.id, values, there.seen, **active):
        raise Conflict(STALE)
    audit.record("roster.take_back", "employee", there.id, by, fields=_filled(person._asdict()))
    _ask(there.id, values)
    return there.id


def correct(held: Held, person: Person, seen: int, by: Actor) -> tuple[str, ...]:
    """修改; the fields that changed. A blank keeps what is on file. Raises `Conflict`, `Refused`."""
    there = upkeep.on_file(held)
    values = _merged(person, there)
    changed = tuple(key for key, value in values.items() if (value or "") != (there.values.get(key) or ""))
    if not changed:
        raise Refused(NOTHING_NEW)
    before = employees.recipient(held.id)
    written = upkeep.rewrite(held.id, values, seen)
    if written is None:
        raise Refused("这个证件号码已经登记在另一位职工名下，请核对", "id_number")
    if not written:
        raise Conflict(STALE)
    audit.record("roster.edit", "employee", held.id, by, fields=changed)
    if _VOUCHED & set(changed):
        _ask(held.id, values)
    if roster.is_bound(held.id):  # by the address that was on file: a new phone may be somebody else's
        mark = f"roster_changed:{held.id}:{clock.now().timestamp():.3f}"
        notify.send("roster_changed", employee=held.id, dedupe=mark, to=before)
    return changed


def leave(held: Held, on: dt.date | None, seen: int, by: Actor) -> None:
    """离职 on a day; what was paid for stays covered. Raises `Conflict`, `Refused`."""
    if on is None:
        raise Refused("请填写离职日期，例如 2026-10-01", "left_on")
    if on > clock.today():
        raise Refused(LEFT_AHEAD, "left_on")
    if held.hired_on and on < held.hired_on:
        raise Refused(LEFT_AFTER_HIRED.format(hired=held.hired_on.isoformat()), "left_on")
    if not held.is_active or not upkeep.leave(held.id, seen, on):
        raise Conflict(STALE)
    audit.record("roster.leave", "employee", held.id, by)


def note_death(held: Held, on: dt.date | None, seen: int, by: Actor) -> None:
    """登记亡故 on a day. Raises `Conflict`, `Refused`."""
    if on is None:
        raise Refused("请填写亡故日期，例如 2026-10-01", "died_on")
    if on > clock.today():
        raise Refused(DIED_AHEAD, "died_on")
    deaths.note_death(held.id, on, seen, by)


def correct_death(held: Held, reason: str, by: Actor) -> None:
    """The note was an error; the person stands as before. Raises `Refused`."""
    deaths.correct_death(held.id, reason[:LONGEST_REASON], by)


def come_back(held: Held, seen: int, by: Actor) -> None:
    """The leaving was a mistake, or they are back. Raises `Refused` for the dead, `Conflict`."""
    if held.is_deceased:
        raise Refused(deceased_words())
    if held.is_active or not upkeep.come_back(held.id, seen):
        raise Conflict(STALE)
    audit.record("roster.come_back", "employee", held.id, by)


def ask_over(union_id: uuid.UUID, person: Person, by: Actor) -> None:
    """申请调入: only by who types name and number of somebody who really is elsewhere."""
    twin = twin_of(person, union_id)
    if twin is None or twin.kind != "elsewhere":
        raise Refused(twin.words if twin and twin.words else NOT_THERE, "id_number")
    transfers.request(person.name, person.id_number, union_id, by)
    audit.record("roster.ask_over", "employee", twin.there.id, by, union=str(union_id))


def _merged(person: Person, there: bulk.OnFile) -> dict[str, Any]:
    typed = person._asdict()
    return {key: typed[key] or there.values.get(key) for key in typed}


def _filled(values: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(key for key, value in values.items() if value)


def _ask(employee_id: uuid.UUID, values: Mapping[str, Any]) -> None:
    vouching.ask_about(vouching.Named(employee_id, values["id_type"], values["id_number"], values["name"]))
