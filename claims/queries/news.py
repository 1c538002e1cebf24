"""What came in and what was decided since a moment? Counts to put among another query's columns."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, select

from claims.models import Claim


def submitted_since(moment: dt.datetime, seen: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many claims were submitted, of those in `seen` (`work.scope`)."""
    return _count(seen, Claim.submitted_at >= moment)


def decided_since(moment: dt.datetime, seen: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many claims were approved or refused."""
    return _count(seen, Claim.decided_at >= moment)


def _count(*rules: Any) -> ScalarSelect[int]:
    return select(func.count()).select_from(Claim).where(*rules).scalar_subquery()
