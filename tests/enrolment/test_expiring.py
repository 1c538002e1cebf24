"""What is removed of an enrolment that ended long ago, and what stays? (PIPL art. 19)"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from core import retention
from core.db import db as database
from core.db import transaction
from core.errors import Missing
from core.files.models import StoredFile
from core.files.papers import read_paper
from enrolment.models import EnrolmentMaterial, FeeAccount
from enrolment.service.expiring import RULES
from tests.enrolment.hall import Hall


def run() -> list[int]:
    return [retention.run(rule) for rule in RULES]


def test_papers_and_accounts_go_three_years_after_the_end_and_the_sums_stay(hall: Hall, day: Any) -> None:
    row = hall.approved(3)
    file = database.session.scalars(select(StoredFile)).one()
    assert run() == [0, 0], "nothing of what is still on its way"
    with transaction():
        row.state = "done"
    day.move_to(dt.datetime(2029, 11, 28, 2, tzinfo=dt.UTC))
    assert run() == [0, 0]
    day.move_to(dt.datetime(2029, 11, 30, 2, tzinfo=dt.UTC))
    assert run() == [1, 1]
    assert run() == [0, 0], "a second run finds nothing"
    database.session.expire_all()
    material = database.session.scalars(select(EnrolmentMaterial)).one()
    assert material.removed_at and material.file_name == ""
    with pytest.raises(Missing):
        read_paper(file)
    assert database.session.scalar(select(FeeAccount.id)) is None
    assert (row.participant_count, row.fee_due_fen) == (3, 30_000)
