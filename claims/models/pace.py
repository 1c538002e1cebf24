"""How long do claims take? A small table that a job writes anew from the last ninety days."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment


class ClaimPace(db.Model):
    """Working days from entering `state` to the end, over `cases` finished claims of one kind."""

    __tablename__ = "claim_pace"

    state: Mapped[str] = column(String(24), primary_key=True)
    kind: Mapped[str] = column(String(16), primary_key=True)
    median_days: Mapped[int] = column(Integer, nullable=False)
    most_days: Mapped[int] = column(Integer, nullable=False)  # the 80th percentile
    cases: Mapped[int] = column(Integer, nullable=False)
    measured_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
