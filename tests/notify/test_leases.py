"""Does nobody send what another has in hand, and is nothing forgotten that fell out of a hand? (P1–P4)"""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from sqlalchemy import text

from core.db import transaction
from notify import jobs, outbox, providers
from notify.models import OutboxAttempt, ProviderHealth
from notify.outbox import Finished, Row
from notify.rules import Answer, Outcome, Step, after_asking, after_call
from notify.service import send_code
from tests.notify.conftest import PHONE, fault, inbox_of, statuses, tell


def taken(db: Any, lease: float = 30.0, lane: str = "notices") -> list[Row]:
    """Rows in somebody's hand."""
    with db.engine.begin() as connection:
        return outbox.claim(connection, lane, ["sandbox"] * 50, lease)


def test_a_row_in_hand_is_not_taken_by_another(db: Any, sandbox: str, reach: Any) -> None:
    tell()
    assert len(taken(db)) == 1 and taken(db) == []
    assert jobs.drain() == 0 and inbox_of(sandbox) == []


def test_a_row_whose_sender_died_is_asked_about_and_then_sent(db: Any, sandbox: str, reach: Any) -> None:
    tell()
    taken(db, lease=-1)
    jobs.sweep()
    assert statuses(db) == ["pending"]  # the provider had never heard of it
    jobs.drain()
    assert len(inbox_of(sandbox)) == 1
    assert [row.outcome for row in db.session.query(OutboxAttempt).order_by(OutboxAttempt.attempt)] == [
        "",
        "sent",
    ]


def test_a_row_whose_sender_died_after_the_provider_took_it_is_not_sent_again(
    db: Any, sandbox: str, reach: Any
) -> None:
    tell()
    [row] = taken(db, lease=-1)
    assert jobs._call(row, time.monotonic()).outcome.verdict == "sent"  # and then it died
    jobs.sweep()
    assert statuses(db)[0] in ("sent", "delivered")
    assert jobs.drain() == 0 and db.session.query(OutboxAttempt).count() == 1


def test_a_sender_that_was_frozen_after_its_claim_does_not_call(db: Any, sandbox: str, reach: Any) -> None:
    """The pause guard: whoever lost a third of the lease lets it go."""
    tell()
    [row] = taken(db)
    called = jobs._call(row, time.monotonic() - jobs.PACE.lease / 3 - 0.1)
    assert called.outcome.verdict == "uncalled" and inbox_of(sandbox) == []
    with db.engine.begin() as connection:
        outbox.finish(connection, [jobs._finished(called)])
    assert statuses(db) == ["pending"]


@pytest.mark.parametrize(("status_meanwhile", "ends"), [("unknown", "sent"), ("pending", "pending")])
def test_a_late_outcome_counts_only_while_nobody_else_has_moved_on(
    db: Any, reach: Any, status_meanwhile: str, ends: str
) -> None:
    tell()
    [row] = taken(db)
    db.session.execute(text("UPDATE outbox_message SET status = :s"), {"s": status_meanwhile})
    db.session.commit()
    with db.engine.begin() as connection:
        outbox.finish(connection, [Finished(row, "sent", "", "ref", Step("sent"))])
    assert statuses(db) == [ends]


def test_an_outcome_of_an_earlier_attempt_changes_nothing(db: Any, reach: Any) -> None:
    tell()
    [first] = taken(db)
    db.session.execute(text("UPDATE outbox_message SET status = 'pending'"))
    db.session.commit()
    taken(db)
    with db.engine.begin() as connection:
        outbox.finish(connection, [Finished(first, "never", "X", "", Step("failed", "X"))])
    assert statuses(db) == ["sending"]


def test_several_senders_at_once_send_each_message_once(db: Any, sandbox: str, reach: Any) -> None:
    for _ in range(150):
        tell()
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(contextvars.copy_context().run, jobs.drain) for _ in range(4)]
        assert sum(one.result() for one in done) == 150
    sent = inbox_of(sandbox)
    assert len(sent) == 150 == len({sms["id"] for sms in sent})


def test_a_code_overtakes_waiting_notices(db: Any, sandbox: str, reach: Any) -> None:
    for _ in range(40):
        tell()
    with transaction():
        send_code("bind", "13811112222", "123456")
    jobs.drain()
    everything = requests.get(f"{sandbox}/sms.json", timeout=5).json()["messages"][::-1]
    place = [sms["phone"] for sms in everything].index("13811112222")
    assert place < jobs.THREADS


def test_without_redis_the_clock_sends(make_app: Callable[..., Any], sandbox: str, reach: Any) -> None:
    """P3: Redis is optional for correctness."""
    from core.db import db

    app = make_app(REDIS_URL="redis://127.0.0.1:1/0")
    with app.app_context():
        tell()
        jobs.sweep()
        assert statuses(db) == ["sent"]


def test_an_expired_code_is_not_sent(db: Any, sandbox: str) -> None:
    with transaction():
        send_code("bind", PHONE, "123456")
    db.session.execute(text("UPDATE outbox_message SET created_at = now() - interval '6 minutes'"))
    db.session.commit()
    assert jobs.drain() == 0
    jobs.sweep()
    assert statuses(db) == ["cancelled"] and inbox_of(sandbox) == []


# --- weights and breaker -----------------------------------------------------------------------------------


def health(db: Any) -> ProviderHealth:
    db.session.expire_all()
    db.session.rollback()
    return db.session.query(ProviderHealth).one()


@pytest.mark.parametrize(
    ("good", "bad", "start", "ends"),
    [
        (100, 0, 50, 60),  # a good minute wins ten points back
        (100, 0, 100, 100),
        (9, 0, 50, 60),
        (45, 5, 100, 100),  # one in ten is no trouble
        (40, 10, 100, 90),  # one in five is
        (1000, 51, 100, 90),  # very many errors
        (0, 20, 10, 5),  # never down to nothing
    ],
)
def test_a_weight_moves_gradually(db: Any, good: int, bad: int, start: int, ends: int) -> None:
    with db.engine.begin() as connection:
        providers.note(connection, [("sandbox", n < bad) for n in range(good + bad)])
    db.session.execute(
        text("UPDATE provider_health SET weight = :w, window_at = now() - interval '61 seconds'"),
        {"w": start},
    )
    db.session.commit()
    with db.engine.begin() as connection:
        providers.judge(connection)
    assert (health(db).weight, health(db).calls) == (ends, 0)


@pytest.mark.parametrize(
    ("calls", "is_paused"), [([True] * 9, False), ([True] * 10, True), ([True] * 9 + [False], False)]
)
def test_ten_failures_in_a_row_pause_a_provider(db: Any, calls: list[bool], is_paused: bool) -> None:
    with db.engine.begin() as connection:
        for is_bad in calls:
            providers.note(connection, [("sandbox", is_bad)])
        choice, _ = providers.choice(connection)
    assert bool(choice) != is_paused


def test_while_the_only_provider_is_paused_messages_wait(db: Any, sandbox: str, reach: Any) -> None:
    with db.engine.begin() as connection:
        providers.note(connection, [("sandbox", True)] * 10)
    tell()
    assert jobs.drain() == 0 and statuses(db) == ["pending"]
    db.session.execute(text("UPDATE provider_health SET pause_until = now()"))
    db.session.commit()
    assert jobs.drain() == 1 and statuses(db) == ["sent"]


# --- the rules, as tables ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "given", "status", "wait"),
    [
        (Outcome("sent"), {}, "sent", 0),
        (Outcome("unknown", code="500"), {}, "unknown", 9),
        (Outcome("uncalled"), {}, "pending", 0),
        (Outcome("never", code="X"), {}, "failed", 0),
        (Outcome("unreachable"), {}, "cancelled", 0),
        (Outcome("later"), {}, "pending", 2),
        (Outcome("later"), {"refusals": 2}, "pending", 30),
        (Outcome("later"), {"refusals": 99}, "pending", 3600),
        (Outcome("later", seconds=35), {}, "pending", 35),
        (Outcome("later"), {"age": 73 * 3600.0}, "held", 0),
        (Outcome("later"), {"lane": "codes"}, "pending", 1),
        (Outcome("later", seconds=400), {"lane": "codes"}, "cancelled", 0),
        (Outcome("later"), {"lane": "codes", "age": 299.5}, "cancelled", 0),
    ],
)
def test_what_follows_a_call(outcome: Outcome, given: dict[str, Any], status: str, wait: float) -> None:
    step = after_call(outcome, **{"lane": "notices", "age": 1.0, "refusals": 0, "settle": 9.0, **given})
    assert (step.status, step.wait) == (status, wait)


@pytest.mark.parametrize(
    ("found", "lane", "unsure_for", "status"),
    [
        ("taken", "notices", 1, "sent"),
        ("delivered", "notices", 1, "delivered"),
        ("failed", "notices", 1, "failed"),
        ("absent", "notices", 1, "pending"),
        ("silent", "notices", 1, "unknown"),
        ("silent", "notices", 11, "held"),
        ("taken", "codes", 1, "sent"),
        ("absent", "codes", 1, "cancelled"),
        ("silent", "codes", 1, "cancelled"),
    ],
)
def test_what_follows_asking(found: Any, lane: str, unsure_for: float, status: str) -> None:
    step = after_asking(Answer(found), lane=lane, unsure_for=unsure_for, give_up=10, again=5)
    assert step.status == status


def test_a_slow_answer_counts_against_the_provider(
    db: Any, sandbox: str, reach: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(providers, "SLOW_SECONDS", 0.1)
    fault(sandbox, "slow", seconds=0.2)
    tell()
    jobs.drain()
    assert statuses(db) == ["sent"] and health(db).errors == 1
