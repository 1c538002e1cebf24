"""How long is what a union handed in kept, and what is removed when the time is over?

What was decided and paid stays: numbers of people and sums. What goes are the papers, which hold names and
signatures, and the accounts the fee came from.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select, delete, select

from core import clock
from core.db import db
from core.files.models import StoredFile
from core.files.papers import erase_paper
from core.retention import Ids, Rule
from enrolment.models import Enrolment, EnrolmentMaterial, FeeAccount
from enrolment.rules import KEEP, OVER


def _papers_due(until: dt.datetime) -> Select[Any]:
    return (
        select(EnrolmentMaterial.id)
        .join(Enrolment, Enrolment.id == EnrolmentMaterial.enrolment_id)
        .where(EnrolmentMaterial.removed_at.is_(None), Enrolment.state.in_(OVER), Enrolment.state_at < until)
        .order_by(EnrolmentMaterial.id)
    )


def _erase_papers(ids: Ids) -> None:
    query = select(EnrolmentMaterial, StoredFile).join(StoredFile, StoredFile.id == EnrolmentMaterial.file_id)
    for row, file in db.session.execute(query.where(EnrolmentMaterial.id.in_(ids))):
        row.removed_at, row.file_name = clock.now(), ""
        erase_paper(file)
    db.session.flush()


def _accounts_due(until: dt.datetime) -> Select[Any]:
    return (
        select(FeeAccount.id)
        .join(Enrolment, Enrolment.id == FeeAccount.enrolment_id)
        .where(Enrolment.state.in_(OVER), Enrolment.state_at < until)
        .order_by(FeeAccount.id)
    )


def _erase_accounts(ids: Ids) -> None:
    db.session.execute(delete(FeeAccount).where(FeeAccount.id.in_(ids)))


RULES = (
    Rule("enrolment.papers", KEEP["papers"], _papers_due, _erase_papers),
    Rule("enrolment.accounts", KEEP["accounts"], _accounts_due, _erase_accounts),
)
