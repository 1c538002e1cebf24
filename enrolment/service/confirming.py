"""Is the money there? Finance sends a voucher back or confirms, and everybody is covered at once (XM-77)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select

from core import bell, clock
from core.access import Actor
from core.db import after_commit, db
from core.errors import NotAllowed, Refused
from core.history import Transition, perform, timeline
from enrolment.models import Confirmation, Enrolment, Participant
from enrolment.rules import WORKFLOW
from enrolment.rules import paying as rules
from enrolment.service import receipts, vouchers
from notify import service as notify
from plans import service as plans

JOB = "enrolment.tell"


def send_back(enrolment: Enrolment, by: Actor, seen: int | None, reason: str) -> None:
    """退回: the operator in charge is told why and uploads again; matched money stays matched."""
    step = perform(WORKFLOW, enrolment, "return_voucher", by, reason, seen=seen)
    tell_operator(enrolment, "enrolment_voucher_returned", str(step.id), reason=reason.strip())


def confirm(enrolment: Enrolment, by: Actor, seen: int | None, decision: str = "", note: str = "") -> None:
    """同意确认: state, cover of every participant and the word about it in one transaction.

    Raises `NotAllowed` for whoever had a hand in the vouchers, `Refused` while the money is not there or a
    difference is not decided on, `Conflict` for the second of two.
    """
    if by.id in own_hands(enrolment):
        raise NotAllowed(rules.NOT_BY_UPLOADER)
    due_fen, paid_fen = enrolment.fee_due_fen or 0, receipts.paid_fen(enrolment.id)
    _check_money(paid_fen, due_fen, decision, note)
    now = clock.now()
    step = perform(
        WORKFLOW, enrolment, "confirm", by, note, {"decision": decision} if decision else {}, seen,
        confirmed_at=now, fee_paid_fen=paid_fen,
    )  # fmt: skip
    used = plans.plan_as_used(enrolment.plan_code, enrolment.plan_version)
    everybody = select(Participant.employee_id).where(Participant.enrolment_id == enrolment.id)
    covered = plans.cover_all(everybody, enrolment.union_id, used, clock.local_date(now))
    db.session.add(
        Confirmation(
            enrolment_id=enrolment.id,
            by_id=by.id,
            by_label=by.label,
            at=now,
            due_fen=due_fen,
            paid_fen=paid_fen,
            decision=decision,
            covered_count=covered.people,
            starts_on=covered.starts_on,
            ends_on=covered.ends_on,
        )
    )
    tell_operator(enrolment, "enrolment_done", str(step.id))
    after_commit(lambda: bell.ring(JOB))


def own_hands(enrolment: Enrolment) -> set[uuid.UUID]:
    """Who filed it, handed it in or touched its vouchers: they do not confirm that the money is there."""
    filed = {enrolment.filed_by_id, enrolment.submitted_by_id} - {None}
    return vouchers.uploaders(enrolment.id) | {one for one in filed if one}


def _check_money(paid_fen: int, due_fen: int, decision: str, note: str) -> None:
    if not paid_fen and due_fen:
        raise Refused(rules.NO_MONEY)
    choices = rules.decisions(paid_fen, due_fen)
    if choices and (decision not in choices or not note.strip()):
        field = "note" if decision in choices else "decision"
        raise Refused(rules.filled(rules.NO_DECISION, paid_fen, due_fen), field)


def tell_operator(enrolment: Enrolment, kind: str, dedupe: str, **values: str) -> None:
    """The operator in charge hears of it."""
    said = {
        "union": enrolment.union_name,
        "plan": plan_name(enrolment.plan_code),
        "people": f"{enrolment.participant_count:,}",
    }
    notify.send(
        kind,
        staff=enrolment.filed_by_id,
        about=("enrolment", enrolment.id, enrolment.number),
        values=said | values,
        dedupe=f"{kind}:{dedupe}",
    )


def last_return(enrolment: Enrolment) -> Transition | None:
    """退回 of the voucher, while it is what the operator has to answer."""
    steps = timeline(enrolment.id)
    return steps[-1] if steps and steps[-1].action == "return_voucher" else None


def would_start(enrolment: Enrolment, on: dt.date) -> dt.date:
    """When cover begins if the fee is confirmed on this day."""
    return plans.cover_starts_on(plans.plan_as_used(enrolment.plan_code, enrolment.plan_version), on)


def plan_name(code: str) -> str:
    found = plans.plan_or_none(code)
    return found.name if found else code


def confirmation_of(enrolment_id: uuid.UUID) -> Confirmation | None:
    """Who confirmed it, and how far everybody was told."""
    return db.session.get(Confirmation, enrolment_id)
