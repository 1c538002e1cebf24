"""How does somebody whose phone is gone get a new one on file? 人工申诉, decided by an administrator.

The answer is the same whether there is such an account or not (XM-15); what becomes of it is told by SMS to
the phone the appeal names, which proved itself with a code (XM-16, XM-19).
"""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from collections.abc import Mapping
from typing import IO, BinaryIO, cast

from sqlalchemy import ScalarSelect, and_, func, or_, select
from sqlalchemy.exc import IntegrityError

from core import audit, clock, identifiers, names, sessions
from core.access import Actor
from core.db import db
from core.errors import Conflict, Invalid, Missing, Refused
from core.fields import mask_phone
from core.files import keeping as files
from core.files.models import StoredFile
from core.files.pictures import Picture, take_picture
from core.history import begin, perform
from core.limits import Limit, take, take_all
from core.numbers import numbered
from core.roles import POWERFUL, STAFF_ROLES
from notify import service as notify
from notify.service import Recipient
from staff.models import StaffAppeal, StaffUser
from staff.rules import appeals as rules
from staff.rules import signing_in as code_words
from staff.rules.appeals import WORKFLOW, Check, Facts
from staff.service import codes as sms
from staff.service import devices, granting, people, reminding
from staff.service.hashing import hasher

PURPOSE = "staff_appeal"
FILE_KIND = "appeal"
PREFIX = "SS"
HOLDER = Limit("appeal_holder", 10, 86400, rules.TOO_OFTEN)
TARGET = Limit("appeal_target", 5, 86400, rules.TOO_OFTEN)
IP = Limit("appeal_ip", 30, 3600, rules.TOO_OFTEN)
PHOTO_HOLDER = Limit("appeal_photo_holder", 20, 3600, rules.TOO_OFTEN)
PHOTO_IP = Limit("appeal_photo_ip", 100, 3600, rules.TOO_OFTEN)
PAGE = 50
KEEP_PHOTOS = dt.timedelta(days=30)
KEEP_UNSENT = dt.timedelta(days=1)


def request_code(phone: str, holder: str, ip: str) -> str:
    """Send a code to the new phone. Raises `TooMany`, `Refused`."""
    phone = sms.tidy_phone(phone)
    sms.send(PURPOSE, phone, holder, ip)
    return code_words.CODE_SENT_TO.format(phone=mask_phone(phone))


def picture_of(source: IO[bytes], side: str, holder: str, ip: str) -> Picture:
    """One side of the certificate; slow, so before the transaction. Raises `Refused` with XM-18's words."""
    take_all([(PHOTO_HOLDER, holder), (PHOTO_IP, ip)])
    try:
        return take_picture(cast("BinaryIO", source), max_bytes=rules.PHOTO_BYTES, field=side)
    except Refused as why:
        raise Refused(
            f"{why.text.rstrip('。')}。{rules.PHOTO_LIMIT}。{rules.PHOTO_CURE}", side, why.status
        ) from None


def keep_photo(picture: Picture) -> uuid.UUID:
    """Keep it until the appeal is sent; what never is goes after a day."""
    return files.store(picture, FILE_KIND).id


def submit(typed: Mapping[str, str], photos: Mapping[str, uuid.UUID], holder: str, ip: str) -> str:
    """Take the appeal in; gives its number. Raises `Invalid`, `Refused`, `Conflict`, `TooMany`."""
    kind = typed["id_type"]
    missing = {s: rules.NO_PHOTO.format(label=rules.LABELS[s]) for s in rules.SIDES if s not in photos}
    wrong = rules.problems(typed, clock.today()) | missing
    if not missing and _is_same_photo(photos):
        wrong["back"] = rules.SAME_PHOTO
    if wrong:
        raise Invalid({field: wrong[field] for field in rules.LABELS if field in wrong})
    id_number = identifiers.normalise(kind, typed["id_number"])
    take_all([(HOLDER, holder), (IP, ip)])
    phone = identifiers.normalise_mobile(typed["phone"])
    sms.check(PURPOSE, phone, holder, typed["code"])
    take(TARGET, id_number)
    row = StaffAppeal(
        number=numbered(PREFIX),
        problem=typed["problem"].strip(),
        name=names.normalise(typed["name"]),
        id_type=kind,
        id_number=id_number,
        phone=phone,
        front_id=photos["front"],
        back_id=photos["back"],
        state="pending",
        version=0,
    )
    _insert(row)
    return row.number


def _is_same_photo(photos: Mapping[str, uuid.UUID]) -> bool:
    found = db.session.scalars(select(StoredFile.content_bi).where(StoredFile.id.in_(photos.values()))).all()
    return len(found) == 2 and found[0] == found[1]


def _insert(row: StaffAppeal) -> None:
    """One open appeal a person: the database has the last word."""
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
    except IntegrityError:
        raise Conflict(rules.OPEN_ALREADY) from None
    begin(WORKFLOW, row, Actor("guest", None, "申诉人", frozenset()))


# --- the administrator's side ------------------------------------------------------------------------------


def listed() -> list[StaffAppeal]:
    """What waits, the oldest first; then what was decided, the newest first."""
    is_open = StaffAppeal.state == "pending"
    waiting = select(StaffAppeal).where(is_open).order_by(StaffAppeal.asked_at, StaffAppeal.id)
    decided = select(StaffAppeal).where(~is_open).order_by(StaffAppeal.decided_at.desc(), StaffAppeal.id)
    return [row for query in (waiting, decided) for row in db.session.scalars(query.limit(PAGE))]


def waiting_count() -> ScalarSelect[int]:
    """How many appeals wait, to put among another query's columns."""
    query = select(func.count()).select_from(StaffAppeal).where(StaffAppeal.state == "pending")
    return query.scalar_subquery()


def find(number: str) -> StaffAppeal:
    row = db.session.scalar(select(StaffAppeal).where(StaffAppeal.number == number))
    if row is None:
        raise Missing
    return row


def on_file(row: StaffAppeal) -> StaffUser | None:
    """Whose account the appeal names."""
    return db.session.scalar(select(StaffUser).where(StaffUser.id_number.matches(row.id_number or "")))  # type: ignore[attr-defined]


def checks(row: StaffAppeal) -> list[Check]:
    """系统核对, for whoever decides."""
    person = on_file(row)
    others = StaffAppeal.id != row.id
    same_id = StaffAppeal.id_number.matches(row.id_number or "")  # type: ignore[attr-defined]
    same_phone = StaffAppeal.phone.matches(row.phone or "")  # type: ignore[attr-defined]
    said = rules.phones_in(row.problem or "")
    facts = Facts(
        has_account=person is not None,
        is_active=person is None or person.is_active,
        same_name=person is not None and names.is_same(person.name, row.name or ""),
        said_old_phone=person is not None and person.phone in said,
        earlier=_count(and_(others, same_id)),
        same_phone_elsewhere=_phone_owner(row, person) is not None,
        phone_appeals=_count(and_(others, same_phone, ~same_id)),
        powers=_powers(person),
    )
    return rules.checks(facts)


def _powers(person: StaffUser | None) -> tuple[str, ...]:
    """The rights with power that the account holds, in words."""
    held = {role for role, _ in granting.rights_of(person.id)} if person else set()
    return tuple(STAFF_ROLES[role] for role in STAFF_ROLES if role in held & POWERFUL)


def _count(which: object) -> int:
    return db.session.scalar(select(func.count()).select_from(StaffAppeal).where(which)) or 0  # type: ignore[arg-type]


def _phone_owner(row: StaffAppeal, person: StaffUser | None) -> uuid.UUID | None:
    """Another account that has the new phone."""
    query = select(StaffUser.id).where(StaffUser.phone.matches(row.phone or ""))  # type: ignore[attr-defined]
    return db.session.scalar(query.where(StaffUser.id != person.id) if person else query)


def why_not(row: StaffAppeal, by: Actor) -> str:
    """Why this administrator may not decide this appeal; nothing when they may."""
    assert by.id  # noqa: S101 - the access rule says staff
    return rules.OWN if people.is_person(by.id, row.id_number or "", row.phone or "") else ""


def photo(row: StaffAppeal, side: str, size: str, by: Actor) -> bytes:
    """One side of the certificate; the look is on record. Raises `Missing` once it was erased."""
    file_id = row.front_id if side == "front" else row.back_id
    if file_id is None:
        raise Missing
    audit.record("appeal.look", "appeal", row.id, by, side=side)
    return files.read(file_id, size)


def note_reveal(row: StaffAppeal, field: str, by: Actor) -> None:
    """Somebody reads a number of the appeal in clear."""
    audit.record("appeal.reveal", "appeal", row.id, by, fields=(field,), number=row.number)


def approve(row: StaffAppeal, by: Actor, seen: int | None = None) -> None:
    """The new phone is on file; the old password, authenticator, browsers, WeChat and sessions are over.

    Both phones are told. A new password is set the ordinary way, with a code to the new phone, and a new
    authenticator with that password (docs/decisions/staff-sign-in.md). Raises `Refused`, `Conflict`.
    """
    _may_decide(row, by)
    person = on_file(row)
    if person is None:
        raise Refused(rules.NOBODY)
    if _phone_owner(row, person):
        raise Refused(rules.PHONE_TAKEN)
    perform(WORKFLOW, row, "approve", by, seen=seen, decided_at=clock.now(), staff_id=person.id)
    _tell_old_phone(row, person)
    notify.send_text("appeal_approved", row.phone or "", dedupe=f"appeal:{row.id}")
    person.phone = row.phone
    person.password_hash = hasher().hash(secrets.token_urlsafe(32))
    person.password_changed_at = clock.now()
    person.totp_secret = person.totp_pending = person.recovery_codes = None
    person.auth_epoch += 1
    devices.forget(person.id)
    reminding.end(person.id, "appeal", by)
    sessions.revoke_all("staff", person.id)
    audit.record(
        "staff.appeal", "staff", person.id, by, fields=("phone", "password", "totp_secret"), number=row.number
    )


def _tell_old_phone(row: StaffAppeal, person: StaffUser) -> None:
    """Whoever holds the old phone should hear of it, for it may be the owner after all."""
    notify.send(
        "staff_phone_replaced",
        staff=person.id,
        about=("appeal", row.id, row.number),
        dedupe=f"staff_phone_replaced:{row.id}",
        to=Recipient(person.phone or "", reminding.openid_of(person.id)),
    )


def refuse(row: StaffAppeal, by: Actor, note: str, seen: int | None = None) -> None:
    """Say no; the reason stays here, the SMS says where to turn. Raises `Refused`, `Conflict`."""
    _may_decide(row, by)
    if not note.strip():
        raise Refused(rules.NOTE_NEEDED, "note")
    perform(WORKFLOW, row, "refuse", by, note, seen=seen, decided_at=clock.now())
    notify.send_text("appeal_refused", row.phone or "", dedupe=f"appeal:{row.id}")


def _may_decide(row: StaffAppeal, by: Actor) -> None:
    if words := why_not(row, by):
        raise Refused(words)


# --- what does not stay ------------------------------------------------------------------------------------


def sweep() -> int:
    """Photos go a month after the decision; photos of appeals that were never sent, after a day."""
    now, gone = clock.now(), 0
    old = select(StaffAppeal).where(
        StaffAppeal.decided_at < now - KEEP_PHOTOS,
        or_(StaffAppeal.front_id.is_not(None), StaffAppeal.back_id.is_not(None)),
    )
    for row in list(db.session.scalars(old.limit(500))):
        for side in ("front_id", "back_id"):
            gone += _erase(getattr(row, side))
            setattr(row, side, None)
    used = select(StaffAppeal.id).where(
        or_(StaffAppeal.front_id == StoredFile.id, StaffAppeal.back_id == StoredFile.id)
    )
    unsent = select(StoredFile.id).where(
        StoredFile.kind == FILE_KIND,
        StoredFile.created_at < now - KEEP_UNSENT,
        StoredFile.erased_at.is_(None),
        ~used.exists(),
    )
    gone += sum(_erase(file_id) for file_id in list(db.session.scalars(unsent.limit(500))))
    db.session.flush()
    return gone


def _erase(file_id: uuid.UUID | None) -> int:
    file = db.session.get(StoredFile, file_id) if file_id else None
    if file is None or file.erased_at is not None:
        return 0
    files.erase(file)
    return 1
