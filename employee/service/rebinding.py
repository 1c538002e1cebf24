"""How does a person get in again who lost the phone on file? The union looks, then the phone is replaced.

The answer is the same whether the roster has such a person or not: what nobody stands behind is kept for a
few days, seen by nobody, and goes.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, and_, false, func, select, true

from core import audit, clock, codes, sessions
from core.access import Actor
from core.db import db
from core.errors import Missing, Refused
from core.fields import mask_phone
from core.files import Picture
from core.files import keeping as files
from core.files.models import StoredFile
from core.history import Transition, begin, perform
from core.limits import Limit, take_all
from employee import rules
from employee.models import Employee, Rebind
from employee.rules import DECIDES_REBINDS, HELP_REASONS, REBIND, Asked
from employee.service import binding
from employee.service.people import actor_of, get, same_person
from notify import service as notify
from notify.service import Recipient
from staff import service as staff
from union import queries as unions

PURPOSE = "help"
HELP_HOLDER = Limit("help_holder", 6, 86400, "今天提交的次数太多，请 {wait}后再试，或联系本单位工会。")
HELP_TARGET = Limit("help_target", 5, 86400, "今天提交的次数太多，请 {wait}后再试，或联系本单位工会。")
HELP_IP = Limit("help_ip", 30, 3600, "提交的人太多，请 {wait}后再试。")
PAGE = 50
KEEP_UNMATCHED = dt.timedelta(days=7)
KEEP_PHOTO = dt.timedelta(days=30)


@dataclass(frozen=True)
class Told:
    """What the asker reads of their last request."""

    state: str
    label: str
    asked_at: dt.datetime
    note: str


def request_help_code(phone: str, openid: str, ip: str) -> str:
    """Send a code to the new phone; returns the words to show. Raises `TooMany` or `Refused`."""
    phone = binding.counted(phone, openid, ip)
    notify.send_code(PURPOSE, phone, codes.issue(PURPOSE, phone, openid))
    return rules.CODE_SENT.format(phone=mask_phone(phone))


def count_help(asked: Asked, openid: str, ip: str) -> None:
    """Count a try, before anything slow. Raises `TooMany`."""
    take_all([(HELP_HOLDER, openid), (HELP_IP, ip), (HELP_TARGET, asked.id_number)])


def ask_rebind(asked: Asked, reason: str, picture: Picture, code: str, openid: str) -> None:
    """Keep the request; an open one of the same WeChat is replaced. The person on file is told at once.

    Raises `Refused` when the code did not go to the new phone.
    """
    codes.check(PURPOSE, asked.phone, openid, code)
    if reason not in HELP_REASONS:
        raise Refused(rules.NO_REASON, "reason")
    by = actor_of(openid)
    _replace_earlier(openid, by)
    person = db.session.scalar(
        select(Employee).where(
            Employee.id_number.matches(asked.id_number),  # type: ignore[attr-defined]
            Employee.id_type == asked.id_type,
            Employee.is_active,
            ~Employee.is_deceased,
        )
    )
    file = files.store(picture, "rebind")
    row = Rebind(
        employee_id=person.id if person else None,
        openid=openid,
        name=asked.name,
        phone=asked.phone,
        reason=HELP_REASONS[reason],
        file_id=file.id,
        state="submitted",
        version=0,
    )
    db.session.add(row)
    db.session.flush()
    begin(REBIND, row, by)
    if person:
        _tell("rebind_asked", person.id, row)


def _replace_earlier(openid: str, by: Actor) -> None:
    query = select(Rebind).where(Rebind.openid.matches(openid), Rebind.state == "submitted")  # type: ignore[attr-defined]
    for row in db.session.scalars(query):
        perform(REBIND, row, "replace", by)
        _erase_photo(row)


def told(openid: str) -> Told | None:
    """How the last request of this WeChat stands."""
    query = select(Rebind).where(Rebind.openid.matches(openid)).order_by(Rebind.id.desc()).limit(1)  # type: ignore[attr-defined]
    row = db.session.scalars(query).first()
    if row is None or row.state == "replaced":
        return None
    note = ""
    if row.state == "refused":
        steps = select(Transition).where(Transition.object_id == row.id, Transition.action == "refuse")
        note = next((step.note or "" for step in db.session.scalars(steps)), "")
    return Told(row.state, REBIND.label(row.state), row.asked_at, note)


# --- the union's side


def rebinds_of(actor: Actor) -> ColumnElement[bool]:
    """The requests `actor` may see: people of their unions, and never their own case."""
    if actor.id is None or not actor.has(*DECIDES_REBINDS):
        return false()
    places = actor.unions_of(*DECIDES_REBINDS)
    here = true() if places is None else Employee.union_id.in_(unions.below_any(places))
    return and_(here, ~Employee.id.in_(same_person(*staff.identity(actor.id))))


def waiting_rebinds(actor: Actor) -> list[tuple[Rebind, Employee, str]]:
    """What waits for the union, the oldest first, and what was decided lately."""
    is_open = Rebind.state == "submitted"
    query = (
        select(Rebind, Employee, unions.name_of(Employee.union_id))
        .join(Employee, Employee.id == Rebind.employee_id)
        .where(rebinds_of(actor), Rebind.state != "replaced")
        .order_by(is_open.desc(), Rebind.asked_at, Rebind.id)
        .limit(PAGE)
    )
    return [(row, person, union) for row, person, union in db.session.execute(query)]


def waiting_count(actor: Actor) -> ScalarSelect[int]:
    """How many requests wait for `actor`, to put among another query's columns."""
    query = select(func.count()).select_from(Rebind).join(Employee, Employee.id == Rebind.employee_id)
    return query.where(rebinds_of(actor), Rebind.state == "submitted").scalar_subquery()


def find_rebind(rebind_id: uuid.UUID, actor: Actor) -> tuple[Rebind, Employee]:
    """The request and whom it is about. Raises `Missing`: absent and hidden look alike."""
    query = select(Rebind, Employee).join(Employee, Employee.id == Rebind.employee_id)
    row = db.session.execute(query.where(Rebind.id == rebind_id, rebinds_of(actor))).one_or_none()
    if row is None:
        raise Missing
    return row[0], row[1]


def approve_rebind(row: Rebind, by: Actor, *, seen: int | None = None) -> None:
    """The new phone is on file now, the old binding ends; both phones and the old WeChat are told."""
    person, acting = _deciding(row, by)
    perform(REBIND, row, "approve", acting, seen=seen, decided_at=clock.now())
    # Written before the change: it goes to the phone and the WeChat that lose the person.
    _tell("phone_replaced", person.id, row)
    _tell("rebind_approved", person.id, row, to=_asker(row))
    person.phone = row.phone
    binding.end_binding(person.id, "rebind", by)
    sessions.revoke_all("employee", person.id)
    audit.record("employee.phone", "employee", person.id, by, fields=("phone",))


def refuse_rebind(row: Rebind, by: Actor, note: str, *, seen: int | None = None) -> None:
    """Say no, with a reason the asker reads. Raises `Refused` without one."""
    person, acting = _deciding(row, by)
    if not note.strip():
        raise Refused(rules.REFUSE_NOTE, "note")
    perform(REBIND, row, "refuse", acting, note, seen=seen, decided_at=clock.now())
    _tell("rebind_refused", person.id, row, to=_asker(row))


def _deciding(row: Rebind, by: Actor) -> tuple[Employee, Actor]:
    """Raises `Refused` for a colleague who is the person, or whose own phone is the new one."""
    assert row.employee_id and by.id  # noqa: S101 - found through `find_rebind`
    person = get(row.employee_id)
    if staff.is_person(by.id, person.id_number or "", person.phone or "") or staff.is_person(
        by.id, "", row.phone or ""
    ):
        raise Refused(rules.REBIND_OWN)
    return person, by.within(unions.chain_of(person.union_id)) if by.is_spread else by


def _asker(row: Rebind) -> Recipient:
    return Recipient(row.phone or "", row.openid or "")


def _tell(kind: str, employee_id: uuid.UUID, row: Rebind, to: Recipient | None = None) -> None:
    notify.send(
        kind, employee=employee_id, about=("rebind", row.id, ""), dedupe=f"rebind:{row.id}:{kind}", to=to
    )


def rebind_photo(row: Rebind, size: str) -> bytes:
    """The photo of the certificate. Raises `Missing` once it was erased."""
    if row.file_id is None:
        raise Missing
    return files.read(row.file_id, size)


def sweep_rebinds() -> int:
    """What nobody stands behind goes after a week; photos go a month after the decision."""
    now = clock.now()
    unmatched = and_(Rebind.employee_id.is_(None), Rebind.asked_at < now - KEEP_UNMATCHED)
    decided = and_(Rebind.decided_at < now - KEEP_PHOTO, Rebind.file_id.is_not(None))
    gone = 0
    for row in list(db.session.scalars(select(Rebind).where(unmatched | decided).limit(500))):
        _erase_photo(row)
        gone += 1
        if row.employee_id is None:
            db.session.delete(row)
    db.session.flush()
    return gone


def _erase_photo(row: Rebind) -> None:
    file = db.session.get(StoredFile, row.file_id) if row.file_id else None
    if file and file.erased_at is None:
        files.erase(file)
    row.file_id = None
