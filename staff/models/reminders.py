"""Which WeChat gets a member of staff's reminders, and which codes were shown to tie one?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Boolean, Date, ForeignKey, Index, LargeBinary, String, Uuid, text
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed

LIVE = "ended_at IS NULL"


class StaffWeChat(db.Model):
    """A WeChat that was tied to an account; at most one live row each way. The openid goes with the tie."""

    __tablename__ = "staff_wechat"
    __table_args__ = (
        Index("uq_staff_wechat_live_staff", "staff_id", unique=True, postgresql_where=text(LIVE)),
        Index("uq_staff_wechat_live_openid", "openid_bi", unique=True, postgresql_where=text(LIVE)),
    )

    id: Mapped[uuid.UUID] = primary_key()
    staff_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("staff_user.id"), nullable=False, index=True)
    openid = Sealed("identifier", index="plain")
    tied_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    ended_at: Mapped[dt.datetime | None] = moment(nullable=True)
    ended_why: Mapped[str] = column(String(24), nullable=False, default="")
    wants_digest: Mapped[bool] = column(Boolean, nullable=False, default=True)
    reminded_on: Mapped[dt.date | None] = column(Date, nullable=True)


class StaffWeChatOffer(db.Model):
    """A QR code that was shown to tie a WeChat; only the hash of what it carries is here, for one scan."""

    __tablename__ = "staff_wechat_offer"

    id: Mapped[uuid.UUID] = primary_key()
    staff_id: Mapped[uuid.UUID] = column(Uuid, ForeignKey("staff_user.id"), nullable=False, index=True)
    code_hash: Mapped[bytes] = column(LargeBinary(32), data="secret", unique=True, nullable=False)
    offered_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
    used_at: Mapped[dt.datetime | None] = moment(nullable=True)
