"""Which unions are there, and who stands above whom?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment, primary_key
from core.fields import Sealed


class Union(db.Model):
    """One union of the tree (XM-27). `path` is the chain of ids from the top, `/a/b/`, for scoping.

    The chair (主席/组织员/小组长) and the legal representative (工会法定代表人) are different people in
    different fields (XM-28): only the chair's name and phone decide who has the module by themselves.
    """

    __tablename__ = "trade_union"
    __table_args__ = (
        Index("ix_trade_union_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
        Index("ix_trade_union_name", "name", "id"),
    )

    id: Mapped[uuid.UUID] = primary_key()
    parent_id: Mapped[uuid.UUID | None] = column(
        Uuid, ForeignKey("trade_union.id"), nullable=True, index=True
    )
    path: Mapped[str] = column(String(400), nullable=False)
    name: Mapped[str] = column(String(80), data="public", nullable=False)
    level: Mapped[str] = column(String(16), nullable=False)
    nature: Mapped[str] = column(String(16), nullable=False, default="")
    contact_phone = Sealed("personal")
    headcount: Mapped[int] = column(Integer, nullable=False, default=0)
    industry: Mapped[str | None] = column(String(80), data="public", nullable=True)
    chair_name = Sealed("personal")
    chair_phone = Sealed("personal")
    legal_representative = Sealed("personal")
    contact_name = Sealed("personal")
    progress: Mapped[str | None] = column(Text, nullable=True)
    version: Mapped[int] = column(Integer, nullable=False, default=0, server_default=text("0"))
    created_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
