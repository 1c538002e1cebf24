"""Is this the code we sent? One-time SMS codes: hashed, bound to purpose, phone and session, five tries.

A code lives 5 minutes; asking for a new one ends the old one. Tries are counted before they are judged, so
that parallel guesses count one each. Sending is the caller's business (`notify`).
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
import unicodedata
import uuid

from sqlalchemy import Index, LargeBinary, SmallInteger, String, func, select, update
from sqlalchemy.orm import Mapped

from core import clock, context
from core.db import column, db, moment, primary_key
from core.errors import Refused

LIFE = dt.timedelta(minutes=5)
TRIES = 5
DIGITS = 6

NOT_ASKED = "请先点“获取”，再输入短信里的验证码"
USED = "这个验证码已经用过了，请点“获取”再收一个新的"
EXPIRED = "验证码已过期，请重新获取"
USED_UP = "验证码输错次数太多，请重新获取"


class OneTimeCode(db.Model):
    """A code that was sent; `subject` is the blind index of purpose, phone and session."""

    __tablename__ = "one_time_code"
    __table_args__ = (Index("ix_one_time_code_subject", "subject", "sent_at"),)

    id: Mapped[uuid.UUID] = primary_key()
    subject: Mapped[bytes] = column(LargeBinary(16), data="secret", nullable=False)
    digest: Mapped[bytes] = column(LargeBinary(16), data="secret", nullable=False)
    purpose: Mapped[str] = column(String(24), nullable=False)
    tries: Mapped[int] = column(SmallInteger, nullable=False, default=0)
    sent_at: Mapped[dt.datetime] = moment(nullable=False, server_default=func.clock_timestamp())
    used_at: Mapped[dt.datetime | None] = moment(nullable=True)


def issue(purpose: str, phone: str, holder: str) -> str:
    """A new six-digit code for `phone` asked for by `holder` (a session or openid); earlier ones end."""
    subject = _subject(purpose, phone, holder)
    db.session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.subject == subject, OneTimeCode.used_at.is_(None))
        .values(used_at=func.clock_timestamp())
    )
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row = OneTimeCode(subject=subject, purpose=purpose, digest=b"")
    row.digest = _digest(row.id, code)
    db.session.add(row)
    return code


def check(purpose: str, phone: str, holder: str, code: str) -> None:
    """Use the code up. Raises `Refused` (field `code`) when it is not the one; commits the try at once."""
    subject = _subject(purpose, phone, holder)
    fresh = func.clock_timestamp() - LIFE
    table = OneTimeCode.__table__
    live = (
        select(table.c.id)
        .where(table.c.subject == subject, table.c.used_at.is_(None))
        .order_by(table.c.sent_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    with db.engine.begin() as connection:
        row = connection.execute(
            update(table)
            .where(table.c.id == live, table.c.used_at.is_(None))
            .values(tries=table.c.tries + 1)
            .returning(table.c.id, table.c.digest, table.c.tries, (table.c.sent_at > fresh).label("is_fresh"))
        ).one_or_none()
    if row is None:
        raise Refused(_without_live(subject), "code")
    _judge(row, code)
    with db.engine.begin() as connection:
        used = connection.execute(
            update(table)
            .where(table.c.id == row.id, table.c.used_at.is_(None))
            .values(used_at=func.clock_timestamp())
        )
    if used.rowcount != 1:
        raise Refused(USED, "code")


def _without_live(subject: bytes) -> str:
    """No code is live: was there one a moment ago, or was none ever asked for?"""
    latest = select(func.max(OneTimeCode.sent_at)).where(OneTimeCode.subject == subject)
    sent_at = db.session.scalar(latest)
    return USED if sent_at and sent_at > clock.now() - LIFE else NOT_ASKED


def _judge(row: object, code: str) -> None:
    row_id, digest, tries, is_fresh = row.id, row.digest, row.tries, row.is_fresh  # type: ignore[attr-defined]
    if not is_fresh:
        raise Refused(EXPIRED, "code")
    if tries > TRIES:
        raise Refused(USED_UP, "code")
    if not hmac.compare_digest(digest, _digest(row_id, code)):
        left = TRIES - tries
        raise Refused(
            f"验证码不对，请核对短信里最新的 6 位数字（还可试 {left} 次）" if left else USED_UP, "code"
        )


def tidy(text: str) -> str:
    """What the person typed, without spaces and full-width digits."""
    return "".join(str(unicodedata.decimal(ch, ch)) for ch in text if not ch.isspace())


def _subject(purpose: str, phone: str, holder: str) -> bytes:
    return context.keyring().blind("code", f"{purpose}|{phone}|{holder}")


def _digest(row_id: uuid.UUID, code: str) -> bytes:
    return context.keyring().blind("code.digest", f"{row_id}|{code}")
