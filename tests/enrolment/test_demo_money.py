"""Can the whole way from fee to invoice be tried by hand? The demo has one of each step."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock
from enrolment import jobs
from enrolment.models import Enrolment, Invoice
from enrolment.queries import paying as queries
from enrolment.rules import AWAITING_VOUCHER, CONFIRMING, DONE
from notify.models import InboxMessage
from plans import service as plans
from plans.models import Coverage


def test_the_demo_has_a_fee_to_pay_one_to_confirm_and_one_invoiced(app: Any, db: Any) -> None:
    """One waits for its voucher, one has a transfer that fits, one is covered, told and invoiced."""
    done = app.test_cli_runner().invoke(args=["demo"])
    assert done.exit_code == 0, done.output
    if all(plans.opening(one, clock.today()) for one in plans.all_plans()):
        pytest.skip("no period is open for enrolment today, so the demo has none")
    by_state = {row.state: row for row in db.session.query(Enrolment)}
    assert by_state[AWAITING_VOUCHER].fee_due_fen > 0
    [candidate] = queries.candidates(by_state[CONFIRMING])
    assert candidate.match.level == "相符"
    finished = by_state[DONE]
    people = db.session.query(Coverage).filter_by(plan_code=finished.plan_code, union_id=finished.union_id)
    assert people.count() == finished.participant_count
    assert db.session.query(Invoice).filter_by(enrolment_id=finished.id).count() == 1
    jobs.tell()
    db.session.rollback()
    told = db.session.query(InboxMessage).filter_by(kind="enrolment_covered").count()
    assert told == finished.participant_count
