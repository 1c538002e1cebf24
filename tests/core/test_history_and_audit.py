"""One function changes a state, one of several wins, and the trail cannot be edited unnoticed (M2, M13)."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, text

from core import audit
from core.access import SYSTEM
from core.audit import AuditEntry
from core.db import transaction
from core.errors import Conflict, NotAllowed, Refused
from core.history import Transition, perform, timeline
from core.roles import FINANCE_CHECKER, FINANCE_MAKER
from core.workflow import Move, Workflow
from payout.models import PayoutBatch
from payout.rules import WORKFLOW
from tests.world import World, as_staff


@pytest.fixture
def batch(db) -> PayoutBatch:
    maker = World().staff(FINANCE_MAKER)
    with transaction():
        row = PayoutBatch(
            number="DK1", state="prepared", item_count=0, total_fen=0, maker_id=maker.id, seal_bi=b"0" * 16
        )
        db.session.add(row)
    return row


def test_a_move_writes_state_history_and_audit_together(db, batch) -> None:
    checker = World().staff(FINANCE_CHECKER, name="赵财审")
    with transaction():
        perform(WORKFLOW, batch, "check", as_staff(checker, FINANCE_CHECKER), checker_id=checker.id)
    db.session.expire_all()
    assert (batch.state, batch.version, batch.checker_id) == ("checked", 1, checker.id)
    steps = timeline(batch.id)
    assert [(s.from_state, s.to_state, s.actor_label) for s in steps] == [("prepared", "checked", "赵财审")]
    assert db.session.scalar(select(AuditEntry.action)) == "payout.check"


def test_nothing_is_kept_when_the_action_fails(db, batch) -> None:
    checker = as_staff(World().staff(FINANCE_CHECKER), FINANCE_CHECKER)
    with pytest.raises(RuntimeError), transaction():
        perform(WORKFLOW, batch, "check", checker, checker_id=checker.id)
        raise RuntimeError
    db.session.expire_all()
    assert batch.state == "prepared"
    assert not timeline(batch.id)
    assert db.session.scalar(select(AuditEntry.seq)) is None


def test_who_comes_second_is_told_who_was_first(db, batch) -> None:
    first = as_staff(World().staff(FINANCE_CHECKER, name="赵财审"), FINANCE_CHECKER)
    seen = batch.version
    with transaction():
        perform(WORKFLOW, batch, "check", first, seen=seen, checker_id=first.id)
    with pytest.raises(Conflict) as caught, transaction():
        perform(WORKFLOW, batch, "check", first, seen=seen, checker_id=first.id)
    assert "已由 赵财审 于" in caught.value.text


def test_of_many_at_once_exactly_one_wins(app, db, batch) -> None:
    checker = as_staff(World().staff(FINANCE_CHECKER), FINANCE_CHECKER)
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def decide() -> None:
        with app.app_context():
            row = db.session.get(PayoutBatch, batch.id)
            start.wait()
            try:
                with transaction():
                    perform(WORKFLOW, row, "check", checker, checker_id=checker.id)
                outcomes.append("won")
            except Conflict:
                outcomes.append("told")

    threads = [threading.Thread(target=decide) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["told"] * 7 + ["won"]
    assert len(timeline(batch.id)) == 1


def test_the_wrong_role_and_the_missing_reason_are_refused(db, batch) -> None:
    with pytest.raises(NotAllowed), transaction():
        perform(WORKFLOW, batch, "check", SYSTEM)
    maker = as_staff(World().staff(FINANCE_MAKER), FINANCE_MAKER)
    with pytest.raises(Refused), transaction():
        perform(WORKFLOW, batch, "drop", maker, "  ")


def test_a_workflow_that_names_an_unknown_state_does_not_load() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        Workflow("x", {"a": "甲"}, (Move("go", ("a",), "nowhere", frozenset({"r"}), "去"),))


def test_the_note_of_a_decision_is_sealed(db, batch) -> None:
    maker = as_staff(World().staff(FINANCE_MAKER), FINANCE_MAKER)
    with transaction():
        perform(WORKFLOW, batch, "drop", maker, "户名写成了独孤磳")
    kept = db.session.execute(text("SELECT t::text FROM transition t")).scalar_one()
    assert "独孤磳" not in kept
    assert timeline(batch.id)[0].note == "户名写成了独孤磳"


def test_the_audit_trail_refuses_change_and_shows_what_got_past_the_trigger(db) -> None:
    for n in range(6):
        with transaction():
            audit.record("test", "thing", n, SYSTEM, fields=("name",))
    assert audit.verify() is None
    for statement in ("UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"):
        with pytest.raises(Exception, match="append only"):
            db.session.execute(text(statement))
        db.session.rollback()
    db.session.execute(text("SET session_replication_role = replica"))
    db.session.execute(text("UPDATE audit_entry SET actor_label = '别人' WHERE object_id = '3'"))
    db.session.commit()
    assert audit.verify() == db.session.scalar(select(AuditEntry.seq).where(AuditEntry.object_id == "3"))
    db.session.execute(text("SET session_replication_role = replica"))
    db.session.execute(text("DELETE FROM audit_entry WHERE object_id = '1'"))
    db.session.commit()
    assert audit.verify() == db.session.scalar(select(AuditEntry.seq).where(AuditEntry.object_id == "2"))


def test_parallel_actions_make_one_unbroken_chain(app, db) -> None:
    def act(n: int) -> None:
        with app.app_context():
            for m in range(5):
                with transaction():
                    audit.record("test", "thing", f"{n}-{m}", SYSTEM)

    threads = [threading.Thread(target=act, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.session.query(AuditEntry).count() == 30
    assert audit.verify() is None


def test_transitions_are_listed_in_order(db, batch) -> None:
    maker = as_staff(World().staff(FINANCE_MAKER), FINANCE_MAKER)
    with transaction():
        perform(WORKFLOW, batch, "drop", maker, "作废")
    assert [type(step) for step in timeline(batch.id)] == [Transition]
