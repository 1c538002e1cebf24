"""B8: how long until everybody of a confirmed enrolment is covered and told, and do codes still come at once?

Ours: the confirmation (state, cover) in one transaction, then the job's slices until inbox and outbox rows of
everybody are written. Beside it stands what a loop over people would do: a cover and `send` for each, in
transactions of 500, measured on a part and scaled. Last, two workers send it all through a gateway of 20 ms a
call while somebody asks for codes: the seconds from the commit to the gateway's answer.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time
import uuid
from typing import Any

from sqlalchemy import insert, text

from bench.figures import Goal, Line
from bench.stage import ROOT, Size, Stage
from core import clock, context
from core.db import db, new_ids, transaction
from employee.models import Employee
from enrolment.models import BankReceipt, Enrolment, Participant, ReceiptShare
from enrolment.service import confirming, telling
from notify import service as notify
from plans import service as plans
from plans.models import Coverage
from tests.world import World, as_staff
from union.models import Union

ONE_BY_ONE = 1000
CODES = 12
PATIENCE = 120.0
WORKER = [sys.executable, "-m", "flask", "--app", "app", "worker"]
WRITTEN = "coverage, inbox_message, outbox_message, outbox_attempt, enrolment_participant, receipt_share"


def run(stage: Stage, size: Size) -> list[Line]:
    with stage.app.app_context():
        stand = _Stand(size.people)
        ours, peers = [], []
        for _ in range(size.rounds):
            ours.append(stand.confirmed())
            peers.append(stand.one_by_one() * size.people / min(ONE_BY_ONE, size.people))
        what = f"{size.people:,} people confirmed: cover, inbox and outbox rows"
        lines = [
            Line("B8", what, "s", ours, [], "", Goal(most=20, is_absolute=True, unit="s")),
            Line("B8", "the same against a cover and a message at a time", "s", ours, peers, "one by one",
                 Goal(most=0.2)),
        ]  # fmt: skip
        codes = _codes(stage, stand)
        lines.append(
            Line("B8", "a code asked for while all that is sent", "s", codes, [], "",
                 Goal(most=2, is_absolute=True, unit="s"))
        )  # fmt: skip
        db.session.remove()
    return lines


def confirm(enrolment: Enrolment, by: Any) -> None:
    with transaction():
        confirming.confirm(enrolment, by, None)


class _Stand:
    """One union with so many people, and somebody of finance."""

    def __init__(self, count: int) -> None:
        world = World()
        self.union = world.union("测试基准大厂工会委员会")
        self.finance = as_staff(world.staff("finance_checker"), "finance_checker")
        self.ids = _people(self.union, count)

    def confirmed(self) -> float:
        """Seconds from 同意确认 to the last message row."""
        enrolment = self.waiting()
        started = time.monotonic()
        with transaction():
            confirming.confirm(enrolment, self.finance, None)
        while telling.tell_some():
            pass
        seconds = time.monotonic() - started
        self._all_there(enrolment)
        return seconds

    def _all_there(self, enrolment: Enrolment) -> None:
        asked = "SELECT (SELECT count(*) FROM coverage), (SELECT count(*) FROM inbox_message WHERE kind = :k)"
        found = db.session.execute(text(asked), {"k": telling.KIND}).one()
        if tuple(found) != (len(self.ids), len(self.ids)):
            raise RuntimeError(f"{len(self.ids)} people were confirmed, {found} is what was written")

    def waiting(self) -> Enrolment:
        """An enrolment of everybody whose money is there."""
        plan = plans.all_plans()[0]
        db.session.execute(text(f"TRUNCATE {WRITTEN} CASCADE"))
        due = plan.fee_fen * len(self.ids)
        with transaction():
            row = Enrolment(
                number=f"CBFW{uuid.uuid4().int % 10**10:010d}", union_id=self.union.id, plan_code=plan.code,
                plan_version=plan.version, filed_by_id=uuid.uuid4(), filed_by_label="示例经办",
                union_name=self.union.name, participant_count=len(self.ids), fee_due_fen=due,
                state="confirming",
            )  # fmt: skip
            receipt = BankReceipt(
                reference=uuid.uuid4().hex, received_on=clock.today(), amount_fen=due, shared_fen=due,
                entered_by_id=uuid.uuid4(), entered_by_label="示例财务",
            )  # fmt: skip
            db.session.add_all([row, receipt])
            db.session.flush()
            db.session.add(
                ReceiptShare(receipt_id=receipt.id, enrolment_id=row.id, amount_fen=due,
                             by_id=uuid.uuid4(), by_label="示例财务")
            )  # fmt: skip
            joined = [
                {"enrolment_id": row.id, "employee_id": one, "plan_code": plan.code} for one in self.ids
            ]
            for start in range(0, len(joined), 5000):
                db.session.execute(insert(Participant), joined[start : start + 5000])
        db.session.execute(text("ANALYZE enrolment_participant"))
        db.session.commit()
        return row

    def one_by_one(self) -> float:
        """Seconds for a part of them, as a loop would do it."""
        plan = plans.all_plans()[0]
        db.session.execute(text(f"TRUNCATE {WRITTEN} CASCADE"))
        db.session.commit()
        ids = self.ids[:ONE_BY_ONE]
        values = {"plan": plan.name, "union": self.union.name, "starts": "2027-01-01", "ends": "2027-12-31"}
        started = time.monotonic()
        for start in range(0, len(ids), 500):
            with transaction():
                for one in ids[start : start + 500]:
                    db.session.add(
                        Coverage(employee_id=one, union_id=self.union.id, plan_code=plan.code,
                                 starts_on=dt.date(2027, 1, 1), ends_on=plan.ends_on)
                    )  # fmt: skip
                    notify.send(telling.KIND, employee=one, about=("enrolment", None, "CBFW"), values=values,
                                dedupe=f"bench:{uuid.uuid4()}")  # fmt: skip
        return time.monotonic() - started


def _people(union: Union, count: int) -> list[uuid.UUID]:
    """So many people with phones, written in bulk."""
    ring, ids = context.keyring(), new_ids(count)
    name, number, phone = (getattr(Employee, one).place for one in ("name", "id_number", "phone"))
    table: Any = Employee.__table__
    rows = []
    for n, one in enumerate(ids):
        mobile = f"1{3_900_000_000 + n}"
        rows.append(
            {
                "id": one, "union_id": union.id, "id_type": "resident_id",
                "name_ct": ring.seal("张测试".encode(), f"{name}|{one}".encode()),
                "id_number_ct": ring.seal(f"{n:018d}".encode(), f"{number}|{one}".encode()),
                "id_number_bi": ring.blind(number, f"bench{n:018d}"),
                "phone_ct": ring.seal(mobile.encode(), f"{phone}|{one}".encode()),
                "phone_bi": ring.blind(phone, mobile), "created_at": clock.now(),
            }
        )  # fmt: skip
    for start in range(0, len(rows), 5000):
        db.session.execute(insert(table), rows[start : start + 5000])
    db.session.execute(text("ANALYZE employee"))
    db.session.commit()
    return ids


def _codes(stage: Stage, stand: _Stand) -> list[float]:
    """Seconds from asking for a code to the gateway's answer, while two workers tell and send to all."""
    gateway = stage.tether.start([sys.executable, "-m", "bench.peers.gateway", str(stage.sandbox_port)])
    env = stage.environ | {"BULK_RATES": "sandbox:100000"}
    workers = [stage.tether.start(WORKER, env=env, cwd=ROOT, stderr=subprocess.DEVNULL) for _ in range(2)]
    try:
        enrolment = stand.waiting()
        with transaction():
            confirming.confirm(enrolment, stand.finance, None)
        time.sleep(2.0)  # both are at it
        return [_code(n) for n in range(CODES)]
    finally:
        for process in (*workers, gateway):
            stage.tether.stop(process)


def _code(n: int) -> float:
    phone = f"1{3_800_000_000 + n}"
    started = time.monotonic()
    with transaction():
        notify.send_code("bind", phone, "123456")
    mine = text("SELECT status FROM outbox_message WHERE lane = 'codes' ORDER BY created_at DESC LIMIT 1")
    while time.monotonic() < started + PATIENCE:
        status = db.session.execute(mine).scalar()
        db.session.rollback()
        if status == "sent":
            return time.monotonic() - started
        time.sleep(0.02)
    raise TimeoutError("the code did not arrive")
