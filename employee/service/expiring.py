"""Which traces of a binding, a lost phone or a look are removed, and when?"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select, delete, select

from core.db import db
from core.retention import Ids, Rule
from core.terms import Term
from employee.models import Binding, DataLook, Rebind

FORGOTTEN = "forgotten:"  # what stands for an openid that is gone
OPENID_KEPT, REBIND_KEPT, LOOKS_KEPT = Term(months=6), Term(months=6), Term(years=6)


def forget(binding: Binding) -> None:
    """It stays on record that there was one, and when."""
    binding.openid = f"{FORGOTTEN}{binding.id.hex}"


def _openids_due(until: dt.datetime) -> Select[Any]:
    return select(Binding.id).where(Binding.ended_at < until, Binding.openid.not_like(f"{FORGOTTEN}%"))


def _erase_openids(ids: Ids) -> None:
    for row in db.session.scalars(select(Binding).where(Binding.id.in_(ids))):
        forget(row)


def _rebinds_due(until: dt.datetime) -> Select[Any]:
    return select(Rebind.id).where(Rebind.state != "submitted", Rebind.state_at < until)


def _erase_rebinds(ids: Ids) -> None:
    db.session.execute(delete(Rebind).where(Rebind.id.in_(ids)))


def _looks_due(until: dt.datetime) -> Select[Any]:
    return select(DataLook.id).where(DataLook.at < until)


def _erase_looks(ids: Ids) -> None:
    db.session.execute(delete(DataLook).where(DataLook.id.in_(ids)))


RULES = (
    Rule("employee.openid", OPENID_KEPT, _openids_due, _erase_openids),
    Rule("employee.rebind", REBIND_KEPT, _rebinds_due, _erase_rebinds),
    Rule("employee.looks", LOOKS_KEPT, _looks_due, _erase_looks),
)
