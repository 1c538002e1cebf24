"""When does a found stay go? A month after nobody can apply for it any more."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select, delete, select

from core.clock import local_date
from core.db import db
from core.retention import Ids, Rule
from finder.models import FinderStay
from finder.rules import KEEP


def _due(until: dt.datetime) -> Select[Any]:
    return (
        select(FinderStay.id)
        .where(FinderStay.apply_until < local_date(until))
        .order_by(FinderStay.apply_until)
    )


def _erase(ids: Ids) -> None:
    db.session.execute(delete(FinderStay).where(FinderStay.id.in_(ids)))


RULES = (Rule("finder.stays", KEEP, _due, _erase),)
