"""Which WeChat gets a member of staff's reminders? Tied by a QR code, untied by its owner, one each way.

The code carries a random scene that says nothing of the person. Scanning it makes somebody a follower, so
that messages can reach them; the scan is told to us by WeChat itself, which alone knows the openid.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import uuid
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from core import audit, clock
from core.access import Actor
from core.db import db
from core.fields import mask_name
from core.limits import Limit, take
from core.roles import GUEST, STAFF
from staff.models import StaffUser, StaffWeChat, StaffWeChatOffer
from staff.rules import reminding as rules
from staff.service.telling import tell
from wechat.service import errands, is_reachable, scenes

ERRAND = "desk_scene"
LIFE = dt.timedelta(seconds=rules.LIFE_SECONDS)
OFFERS = Limit("staff_wechat_offer", 10, 3600, "生成二维码太频繁，请 {m} 分钟后再试。")


@dataclass(frozen=True)
class Tied:
    """How an account stands: since when a WeChat is tied, whether it still follows, what it wants."""

    since: dt.datetime
    wants_digest: bool
    follows: bool


@dataclass(frozen=True)
class Offer:
    """A code being shown: `url` is what the picture holds, empty until WeChat gave it."""

    url: str
    fault: str
    until: dt.datetime


# --- the owner's side


def tied(staff_id: uuid.UUID) -> Tied | None:
    """The WeChat of this account; None when there is none."""
    row = _live(staff_id)
    return Tied(row.tied_at, row.wants_digest, is_reachable(row.openid or "")) if row else None


def offer(staff_id: uuid.UUID, by: Actor) -> None:
    """Have a QR code made; the ones shown before are worth nothing any more. Raises `TooMany`."""
    take(OFFERS, str(staff_id))
    mine = update(StaffWeChatOffer).where(
        StaffWeChatOffer.staff_id == staff_id, StaffWeChatOffer.used_at.is_(None)
    )
    db.session.execute(mine.values(used_at=clock.now()))
    code = scenes.DESK + secrets.token_hex(16)
    row = StaffWeChatOffer(staff_id=staff_id, code_hash=_hash(code))
    db.session.add(row)
    db.session.flush()
    errands.ask(ERRAND, str(row.id), by, given={"code": code, "seconds": rules.LIFE_SECONDS})
    audit.record("staff.offer_wechat", "staff", staff_id, by)


def offered(staff_id: uuid.UUID) -> Offer | None:
    """The code that can be scanned now."""
    query = select(StaffWeChatOffer).where(
        StaffWeChatOffer.staff_id == staff_id,
        StaffWeChatOffer.used_at.is_(None),
        StaffWeChatOffer.offered_at > clock.now() - LIFE,
    )
    row = db.session.scalars(query.order_by(StaffWeChatOffer.id.desc()).limit(1)).first()
    if row is None:
        return None
    errand = errands.last(ERRAND, str(row.id))
    is_done = errand is not None and errand.done_at is not None
    url = json.loads(errand.answer) if errand and is_done and errand.answer else ""
    fault = errand.code if errand and is_done and not url else ""
    return Offer(str(url), fault, row.offered_at + LIFE)


def untie(staff_id: uuid.UUID, by: Actor) -> None:
    """解除绑定; the WeChat that loses it and the phone are told."""
    if _live(staff_id):
        tell(staff_id, rules.UNTIED)
        end(staff_id, "untied", by)


def want_digest(staff_id: uuid.UUID, wants: bool, by: Actor) -> None:
    """每天的待办提醒, on or off."""
    row = _live(staff_id)
    if row and row.wants_digest != wants:
        row.wants_digest = wants
        audit.record("staff.want_digest", "staff", staff_id, by, wants=wants)


# --- what WeChat tells


def scanned(openid: str, scene: str) -> str:
    """Somebody scanned a code of ours: tie it, and what to answer; "" for any other code.

    In the transaction of the event's first arrival; WeChat's repeats find the code used and get the first
    answer anyway.
    """
    if not scene.startswith(scenes.DESK):
        return ""
    row = db.session.scalar(
        select(StaffWeChatOffer)
        .join(StaffUser, StaffUser.id == StaffWeChatOffer.staff_id)
        .where(
            StaffWeChatOffer.code_hash == _hash(scene),
            StaffWeChatOffer.used_at.is_(None),
            StaffWeChatOffer.offered_at > clock.now() - LIFE,
            StaffUser.is_active,
        )
        .with_for_update(of=StaffWeChatOffer)
    )
    if row is None:
        return rules.OVER
    holder = _holder(openid)
    if holder is not None and holder != row.staff_id:
        return rules.ELSEWHERE
    row.used_at = clock.now()
    person = db.session.get_one(StaffUser, row.staff_id)
    if holder is None and not _tie(person, openid):
        return rules.ELSEWHERE
    return rules.TIED.format(name=mask_name(person.name))


def forget_openid(openid: str) -> None:
    """The person took the authorisation back at WeChat."""
    staff_id = _holder(openid)
    if staff_id:
        end(staff_id, "revoked", _own(db.session.get_one(StaffUser, staff_id)))


def _tie(person: StaffUser, openid: str) -> bool:
    """False when another account was first with this WeChat."""
    by = _own(person)
    if _live(person.id):  # the one before is told by what follows
        tell(person.id, rules.REPLACED)
        end(person.id, "replaced", by)
    try:
        with db.session.begin_nested():
            db.session.add(StaffWeChat(staff_id=person.id, openid=openid))
            db.session.flush()
    except IntegrityError:
        return False
    audit.record("staff.tie_wechat", "staff", person.id, by)
    tell(person.id, rules.BOUND)
    return True


# --- for the rest of this feature, and for the daily reminder


def end(staff_id: uuid.UUID, why: str, by: Actor) -> None:
    """No WeChat gets this account's messages any more; which one it was is forgotten."""
    row = _live(staff_id)
    if row is None:
        return
    row.ended_at, row.ended_why, row.openid = clock.now(), why, None
    audit.record("staff.untie_wechat", "staff", staff_id, by, why=why)
    db.session.flush()


def openid_of(staff_id: uuid.UUID) -> str:
    """Where WeChat messages for this account go; "" when nowhere."""
    row = _live(staff_id)
    return (row.openid or "") if row else ""


def is_morning(moment: dt.datetime) -> bool:
    """Is it the time of day for it?"""
    return rules.is_time(moment.astimezone(clock.SHANGHAI))


def to_remind(day: dt.date, most: int) -> list[uuid.UUID]:
    """Active staff who want the daily reminder and did not get today's."""
    query = (
        select(StaffWeChat.staff_id)
        .join(StaffUser, StaffUser.id == StaffWeChat.staff_id)
        .where(
            StaffWeChat.ended_at.is_(None),
            StaffWeChat.wants_digest,
            StaffUser.is_active,
            StaffWeChat.reminded_on.is_distinct_from(day),
        )
    )
    return list(db.session.scalars(query.order_by(StaffWeChat.staff_id).limit(most)))


def take_turn(staff_id: uuid.UUID, day: dt.date) -> str:
    """This day's reminder of one person is the caller's; the openid, or "" when somebody else has had it."""
    mine = (
        StaffWeChat.staff_id == staff_id,
        StaffWeChat.ended_at.is_(None),
        StaffWeChat.wants_digest,
        StaffWeChat.reminded_on.is_distinct_from(day),
    )
    taken = db.session.execute(update(StaffWeChat).where(*mine).values(reminded_on=day))
    return openid_of(staff_id) if taken.rowcount == 1 else ""  # type: ignore[attr-defined]


def sweep() -> None:
    """Codes that are long over."""
    db.session.execute(
        delete(StaffWeChatOffer).where(StaffWeChatOffer.offered_at < clock.now() - dt.timedelta(days=1))
    )


def _live(staff_id: uuid.UUID) -> StaffWeChat | None:
    query = select(StaffWeChat).where(StaffWeChat.staff_id == staff_id, StaffWeChat.ended_at.is_(None))
    return db.session.scalar(query)


def _holder(openid: str) -> uuid.UUID | None:
    is_it = StaffWeChat.openid.matches(openid)  # type: ignore[attr-defined]
    return db.session.scalar(select(StaffWeChat.staff_id).where(is_it, StaffWeChat.ended_at.is_(None)))


def _own(person: StaffUser) -> Actor:
    return Actor("staff", person.id, person.name, frozenset({GUEST, STAFF}))


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
