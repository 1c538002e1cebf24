"""How is somebody told something? `send` writes the message beside the action, in the action's transaction.

Nothing leaves here: the rows are picked up after the commit (`notify.jobs`). The same `dedupe` is written
once, however often it is said.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from core import audit, bell, clock, context
from core.access import Actor
from core.db import after_commit, db, uuid7
from core.errors import Conflict, Missing, Refused
from notify import outbox
from notify.expiring import RULES, forget_outbox
from notify.mass import send_many
from notify.messages import MAILS, MESSAGES, NUDGES, Code, Notice, Text, needed, notice
from notify.models import InboxMessage, OutboxMessage
from notify.recipients import NOBODY, Recipient, find, recipients
from notify.rules import (
    CANCELLED,
    CODE_MINUTES,
    CODES,
    DECEASED,
    MAIL,
    NOT_OVER,
    NOTICES,
    RESENDABLE,
    WECHAT,
)
from notify.wording import DRAIN, NOTHING, About, filled, site_words, sms_params, wechat_params
from wechat.service import consents

__all__ = [
    "Recipient",
    "recipients",
    "send",
    "send_code",
    "Attached",
    "send_mail",
    "send_many",
    "send_text",
    "take_back",
]
__all__ += ["Attached", "can_mail", "nudge"]

log = logging.getLogger(__name__)

CHANNELS_SAID = ("sms", "wechat")


def send(
    kind: str,
    *,
    employee: uuid.UUID | None = None,
    staff: uuid.UUID | None = None,
    about: About = NOTHING,
    values: Mapping[str, str] | None = None,
    dedupe: str,
    to: Recipient | None = None,
    delay: float = 0,
) -> None:
    """Tell one person: an inbox row, and SMS and WeChat rows where the person can be reached.

    SMS and WeChat leave `delay` seconds later: so long `take_back` can unsay it. The dead are told nothing.
    `about` is (kind, id, number shown to people); `values` the words' own (`messages.needed(kind)`).
    `to` replaces the address on file (the WeChat that was bound before). `ValueError` for missing values.
    """
    words = notice(kind)
    owner_kind, owner_id = ("staff", staff) if staff else ("employee", employee)
    if owner_id is None:
        raise ValueError("send() needs an employee or a staff member")
    if missing := needed(kind) - set(values or {}):
        raise ValueError(f"{kind} needs {', '.join(sorted(missing))}")
    known = find(owner_kind, owner_id)
    if known.is_deceased:
        return
    filling = filled(about, values or {})
    _write_inbox(words, kind, owner_kind, owner_id, about, filling, dedupe)
    recipient = to or known
    rows = [
        _outgoing(kind, channel, owner_kind, owner_id, about, address, params, f"{dedupe}:{channel}")
        for channel, address, params in _ways(kind, words, recipient, filling)
    ]
    _write_outbox(rows, delay)


def take_back(dedupe: str) -> bool:
    """Unsay what nobody was told yet; False (and nothing should be kept) when it has left or was read."""
    out, inbox = OutboxMessage.__table__, InboxMessage.__table__
    keys = [f"{dedupe}:{channel}" for channel in CHANNELS_SAID]
    mine = out.c.dedupe_key.in_(keys)
    db.session.execute(
        update(out)
        .where(mine, out.c.status == "pending", out.c.attempt == 0)
        .values(status=CANCELLED, why="taken back", final_at=clock.now())
    )
    gone = db.session.scalar(select(out.c.id).where(mine, out.c.status != CANCELLED).limit(1))
    db.session.execute(delete(inbox).where(inbox.c.dedupe_key == dedupe, inbox.c.read_at.is_(None)))
    was_read = db.session.scalar(select(inbox.c.id).where(inbox.c.dedupe_key == dedupe))
    return gone is None and was_read is None


def send_code(purpose: str, phone: str, code: str) -> None:
    """Send a verification code by SMS, ahead of everything else; it expires and is never sent again."""
    words = MESSAGES["code"]
    filling = {"code": code, "minutes": str(CODE_MINUTES)}
    params = {"text": words.sms.format(**filling, **site_words()), "values": filling}
    row = _outgoing(
        "code", "sms", "guest", None, (purpose[:16], None, ""), phone, params, f"code:{uuid.uuid4()}"
    )
    _write_outbox([row | {"lane": CODES}])


def send_text(kind: str, phone: str, *, about: About = NOTHING, dedupe: str, delay: float = 0) -> None:
    """Tell whoever has this phone; the words are constant. Raises `TypeError` for another kind of message.

    It leaves `delay` seconds later: so long `take_back` can unsay it.
    """
    words = MESSAGES[kind]
    if not isinstance(words, Text):
        raise TypeError(f"{kind} is not a text")
    link = context.settings().public_url + words.sms_link
    params = {"text": words.sms.format(**site_words(), link=link), "values": {}}
    _write_outbox([_outgoing(kind, "sms", "guest", None, about, phone, params, f"{dedupe}:sms")], delay)


def nudge(kind: str, staff: uuid.UUID, openid: str, *, values: Mapping[str, str], dedupe: str) -> bool:
    """A word by WeChat to a member of staff; False when WeChat cannot carry it now."""
    words = NUDGES[kind]
    if not consents.carries(kind, words.wechat.template, openid):
        return False
    params = wechat_params(words, filled(NOTHING, values))
    _write_outbox([_outgoing(kind, "wechat", "staff", staff, NOTHING, openid, params, f"{dedupe}:wechat")])
    return True


def can_mail() -> bool:
    """Is there a mail server?"""
    return bool(context.settings().smtp_url)


class Attached(NamedTuple):
    """A file that goes with a mail: where it lies (`core.files.papers.place_of`), its name and media type."""

    place: str
    name: str
    media_type: str


def send_mail(
    kind: str,
    address: str,
    *,
    about: About = NOTHING,
    values: Mapping[str, str],
    dedupe: str,
    file: Attached | None = None,
) -> None:
    """Send a mail; the same `dedupe` once. `values` fill the words of `MAILS[kind]`."""
    words, filling = MAILS[kind], {**values, **site_words()}
    params: dict[str, Any] = {"file": list(file)} if file else {}
    params |= {
        "subject": words.subject.format(**filling),
        "text": words.text.format(**filling),
        "lasts": words.lasts * 60,
    }
    row = _outgoing(kind, "mail", "guest", None, about, address, params, f"{dedupe}:mail")
    _write_outbox([row | {"lane": MAIL}])


def _ways(
    kind: str, words: Notice, recipient: Recipient, filling: Mapping[str, str]
) -> list[tuple[str, str, dict[str, Any]]]:
    """(channel, address, what to say) for each way this person can be reached.

    An SMS goes instead when WeChat cannot carry the message: no template for it, or no consent left.
    """
    if words.is_quiet:
        return []
    ways: list[tuple[str, str, dict[str, Any]]] = []
    by_wechat = bool(recipient.openid) and consents.carries(kind, words.wechat.template, recipient.openid)
    instead = bool(recipient.openid) and not by_wechat
    wants_sms = recipient.wants_sms or words.is_legal or instead
    if recipient.phone and wants_sms:
        ways.append(("sms", recipient.phone, sms_params(words, filling)))
    if by_wechat:
        params = wechat_params(words, filling)
        if recipient.phone and not wants_sms:  # should WeChat refuse this person after all (43101)
            params["instead"] = {"to": recipient.phone, **sms_params(words, filling)}
        ways.append(("wechat", recipient.openid, params))
    return ways


def _write_inbox(
    words: Notice,
    kind: str,
    owner_kind: str,
    owner_id: uuid.UUID,
    about: About,
    filling: Mapping[str, str],
    dedupe: str,
) -> None:
    row = InboxMessage(
        dedupe_key=dedupe,
        owner_kind=owner_kind,
        owner_id=owner_id,
        kind=kind,
        title=words.title.format(**filling),
        text=words.text.format(**filling),
        link=words.link.format(**filling),
    )
    _insert(InboxMessage, [_columns(row)])


def _outgoing(
    kind: str,
    channel: str,
    owner_kind: str,
    owner_id: uuid.UUID | None,
    about: About,
    address: str,
    params: dict[str, Any],
    dedupe: str,
) -> dict[str, Any]:
    row = OutboxMessage(
        dedupe_key=dedupe,
        lane=WECHAT if channel == "wechat" else NOTICES,
        channel=channel,
        kind=kind,
        owner_kind=owner_kind,
        owner_id=owner_id,
        about_kind=about[0],
        about_id=about[1],
        address=address,
        params=json.dumps(params, ensure_ascii=False),
    )
    return _columns(row)


def _write_outbox(rows: list[dict[str, Any]], delay: float = 0) -> None:
    if not rows:
        return
    _insert(OutboxMessage, rows)
    if delay:  # by the database's clock, which is the one that says what is due; the sweeper rings for it
        table = OutboxMessage.__table__
        later = func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, delay)
        ids = [row["id"] for row in rows]
        db.session.execute(update(table).where(table.c.id.in_(ids)).values(not_before=later))
    else:
        after_commit(_ring)


def _columns(row: Any) -> dict[str, Any]:
    """The row as plain values: one statement instead of an object graph, and repeats fall out."""
    columns = row.__table__.columns
    return {c.name: getattr(row, c.key) for c in columns if getattr(row, c.key) is not None}


def _insert(model: Any, rows: list[dict[str, Any]]) -> None:
    table = model.__table__
    statement = insert(table).on_conflict_do_nothing(index_elements=["dedupe_key"])
    known = [{**row, "created_at": row.get("created_at") or clock.now()} for row in rows]
    for shape in {tuple(row) for row in known}:
        db.session.execute(statement, [row for row in known if tuple(row) == shape])


def _ring() -> None:
    bell.ring(DRAIN)


# --- the inbox ---------------------------------------------------------------------------------------------


def mark_read(owner_id: uuid.UUID, message_id: uuid.UUID) -> None:
    """The person opened this message; saying it again changes nothing."""
    table = InboxMessage.__table__
    db.session.execute(
        update(table)
        .where(table.c.id == message_id, table.c.owner_id == owner_id, table.c.read_at.is_(None))
        .values(read_at=clock.now())
    )


def forget_all(owner_id: uuid.UUID) -> None:
    """The person leaves: their messages go, and where others went and what they said."""
    table = InboxMessage.__table__
    db.session.execute(table.delete().where(table.c.owner_id == owner_id))
    forget_outbox(owner_id)


def silence(owner_id: uuid.UUID, phone: str = "") -> None:
    """Somebody has died: what waits for them never leaves, and what failed is never sent again.

    Whatever is in a sender's hands at this moment ends here too: its result no longer brings it back. Other
    people who share the phone keep what is theirs.
    """
    table = OutboxMessage.__table__
    theirs = table.c.owner_id == owner_id
    if phone:
        to_phone = and_(table.c.owner_id.is_(None), OutboxMessage.address.matches(phone))
        theirs = or_(theirs, to_phone)
    db.session.execute(
        update(table)
        .where(theirs, table.c.status.in_(NOT_OVER))
        .values(status=CANCELLED, why=DECEASED, final_at=clock.now(), lease_until=None)
    )


def mark_all_read(owner_id: uuid.UUID) -> None:
    table = InboxMessage.__table__
    db.session.execute(
        update(table)
        .where(table.c.owner_id == owner_id, table.c.read_at.is_(None))
        .values(read_at=clock.now())
    )


# --- what staff may do -------------------------------------------------------------------------------------

AGAIN, MOST_RESENT = ":r", 3
RESENT_ENOUGH = "这条消息已经重发 3 次，请先核对号码或联系服务商。"
RESENT_OTHERWISE = "这条消息的状态已经变了，请刷新后再看。"
RESENT_TOO_LATE = "这条消息的内容和号码已按规定删除，不能重发。"
NOT_TO_THE_DEAD = "这位职工已登记亡故，不再发送消息。如登记有误，请联系管理员更正。"
CODES_NOT_AGAIN = "验证码不能重发，请让本人重新获取。"


def resend(message_id: uuid.UUID, by: Actor) -> None:
    """Send a failed or held message once more, as a new row. Raises `Refused`, `Conflict`, `Missing`."""
    row = db.session.get(OutboxMessage, message_id)
    if row is None:
        raise Missing
    if row.lane == CODES:
        raise Refused(CODES_NOT_AGAIN)
    if row.why == DECEASED or (row.owner_id and find(row.owner_kind, row.owner_id).is_deceased):
        raise Refused(NOT_TO_THE_DEAD)
    if row.address is None or row.params is None:
        raise Refused(RESENT_TOO_LATE)
    if row.dedupe_key.count(AGAIN) >= MOST_RESENT:
        raise Refused(RESENT_ENOUGH)
    table = OutboxMessage.__table__
    closed = db.session.execute(
        update(table)
        .where(table.c.id == message_id, table.c.status.in_(RESENDABLE))
        .values(status=CANCELLED, why="resent", final_at=clock.now())
    )
    if closed.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(RESENT_OTHERWISE)
    same = (
        "lane",
        "channel",
        "kind",
        "owner_kind",
        "owner_id",
        "about_kind",
        "about_id",
        "address",
        "params",
    )
    copy = OutboxMessage(dedupe_key=row.dedupe_key + AGAIN, **{name: getattr(row, name) for name in same})
    _write_outbox([_columns(copy)])
    audit.record("resend_message", "outbox_message", message_id, by)


def send_test(kind: str, by: Actor) -> None:
    """Send the words of `kind`, with example values, to the staff member who asks."""
    if by.id is None or by.kind != "staff":
        raise Refused("只能发给工作人员自己，请登录后再试")
    example = {"reason": "（测试）", "amount": "0.00"}
    values = {name: example.get(name, "（测试）") for name in needed(kind)}
    send(kind, staff=by.id, about=("test", uuid7(), "CS0000000000000"), values=values,
         dedupe=f"test:{uuid.uuid4()}")  # fmt: skip
    audit.record("test_message", "message_kind", None, by, kind=kind)


def is_notice(kind: str) -> bool:
    return isinstance(MESSAGES.get(kind), Notice)


def is_code(kind: str) -> bool:
    return isinstance(MESSAGES.get(kind), Code)


# --- what providers report ---------------------------------------------------------------------------------


def wechat_reported(openid: str, message_id: str, status: str) -> None:
    """TEMPLATESENDJOBFINISH: what became of a template message (by the id WeChat gave it)."""
    is_there = status == "success"
    outbox.keep_receipt(
        "wechat", message_id, "delivered" if is_there else "failed", "" if is_there else status[:60], ""
    )


def subscription_reported(openid: str, template_id: str, message_id: str, status: str) -> None:
    """subscribe_msg_sent_event: sending gave no id, so the newest unreported one to this person is meant."""
    found = outbox.newest_without_reference("wechat", OutboxMessage.address.blind(openid))
    if found is not None:
        outbox.set_reference(found, message_id)
    wechat_reported(openid, message_id, status)


__all__ += ["RULES", "forget_all"]
__all__ += ["mark_all_read", "mark_read", "resend", "send_test", "silence"]
__all__ += ["subscription_reported", "wechat_reported"]
__all__ += ["NOBODY", "is_code", "is_notice"]
