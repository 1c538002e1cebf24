"""How does everybody who is covered now hear of it? (XM-78) In slices: other work comes in between."""

from __future__ import annotations

import time

from sqlalchemy import select

from core import clock
from core.db import db, transaction
from enrolment.models import Confirmation, Enrolment, Participant
from enrolment.service.confirming import plan_name
from notify.service import send_many

SLICE = 1.0  # seconds: a worker that writes messages must not keep codes waiting
KIND = "enrolment_covered"


def tell_some(seconds: float = SLICE) -> bool:
    """Write messages for a while; True when there is more to do. A job may be killed anywhere in it."""
    until = time.monotonic() + seconds
    while _tell_chunk():
        if time.monotonic() > until:
            return True
    return False


def _tell_chunk() -> bool:
    """A few thousand people of the confirmation that waits longest; False when none waits."""
    with transaction():
        query = select(Confirmation).where(Confirmation.told_at.is_(None)).order_by(Confirmation.at).limit(1)
        row = db.session.scalar(query.with_for_update(skip_locked=True))
        if row is None:
            return False
        enrolment = db.session.get_one(Enrolment, row.enrolment_id)
        row.told_until_id = send_many(
            KIND,
            select(Participant.employee_id).where(Participant.enrolment_id == row.enrolment_id),
            about=("enrolment", enrolment.id, enrolment.number),
            values={
                "plan": plan_name(enrolment.plan_code),
                "union": enrolment.union_name,
                "starts": f"{row.starts_on}",
                "ends": f"{row.ends_on}",
            },
            dedupe=f"{KIND}:{enrolment.id}",
            after=row.told_until_id,
        )
        if row.told_until_id is None:
            row.told_at = clock.now()
    return True
