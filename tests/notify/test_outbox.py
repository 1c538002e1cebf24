"""Does every message that was committed leave exactly once, whatever the provider answers? (GX-25, GX-64)"""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import requests
from sqlalchemy import text

from core.db import transaction
from notify import jobs, queries
from notify.models import InboxMessage, OutboxMessage
from notify.service import resend, send, send_code
from tests.notify.conftest import PHONE, fault, inbox_of, statuses, tell


def test_a_returned_claim_is_told_by_inbox_and_sms(db: Any, sandbox: str, reach: Any) -> None:
    """GX-25: 站内信和短信通知职工; the reason stands in the inbox only."""
    person = tell()
    assert jobs.drain() == 1
    [sms] = inbox_of(sandbox)
    assert "您的申请有更新" in sms["text"] and "发票" not in sms["text"] and "/s/claims" in sms["text"]
    [message] = queries.inbox(person)
    assert "发票照片不清楚" in message.text and message.link.startswith("/h5/claims/")
    assert queries.unread_count(person) == 1
    assert statuses(db) == ["sent"]


def test_the_same_thing_is_said_once(db: Any, sandbox: str, reach: Any) -> None:
    for _ in range(2):
        tell(dedupe="claim:1:returned:1")
    jobs.drain()
    assert len(inbox_of(sandbox)) == 1
    assert db.session.query(InboxMessage).count() == 1


def test_nothing_is_told_when_the_save_fails(db: Any, sandbox: str, reach: Any) -> None:
    with pytest.raises(RuntimeError), transaction():
        send("claim_submitted", employee=uuid.uuid4(), dedupe="x")
        raise RuntimeError
    jobs.drain()
    assert inbox_of(sandbox) == [] and statuses(db) == []


@pytest.mark.parametrize(
    ("fault_kind", "first", "asked", "copies"),
    [
        ("refuse", "unknown", "pending", 0),  # 500, and in truth not accepted
        ("lose", "unknown", "delivered", 1),  # 500, but accepted
        ("reset", "unknown", "delivered", 1),
        ("garbage", "unknown", "pending", 0),
        ("bad_gateway", "unknown", "pending", 0),
        ("rate_limit", "pending", "pending", 0),
    ],
)
def test_an_unclear_answer_is_asked_about_before_anything_is_sent_again(
    db: Any, sandbox: str, reach: Any, fault_kind: str, first: str, asked: str, copies: int
) -> None:
    """P4: ambiguous → asked, never sent again on suspicion."""
    requests.post(f"{sandbox}/push.json", json={"receipt_delay": 0}, timeout=5)
    fault(sandbox, fault_kind, seconds=0)
    tell()
    jobs.drain()
    assert statuses(db) == [first]
    assert len(inbox_of(sandbox)) == copies
    jobs.sweep()
    assert statuses(db)[0] in (asked, "sent" if asked == "delivered" else asked)
    db.session.execute(text("UPDATE outbox_message SET not_before = clock_timestamp()"))
    db.session.commit()
    jobs.drain()
    assert len(inbox_of(sandbox)) == 1


def test_a_code_is_sent_first_and_never_again(db: Any, sandbox: str, reach: Any) -> None:
    with transaction():
        send_code("bind", PHONE, "123456")
    fault(sandbox, "refuse")
    jobs.drain()
    jobs.sweep()
    assert statuses(db) == ["cancelled"]
    assert jobs.drain() == 0 and inbox_of(sandbox) == []


def test_a_failed_message_can_be_sent_again_by_hand(db: Any, sandbox: str, reach: Any) -> None:
    from tests.world import as_staff

    class Somebody:
        id, name = uuid.uuid4(), "王测试"

    requests.post(f"{sandbox}/sms/fates.json", json={PHONE: {"code": "FailedOperation.X"}}, timeout=5)
    tell()
    jobs.drain()
    assert statuses(db) == ["failed"]
    requests.post(f"{sandbox}/reset.json", timeout=5)
    [row] = db.session.query(OutboxMessage)
    with transaction():
        resend(row.id, as_staff(Somebody(), "administrator"))  # type: ignore[arg-type]
    jobs.drain()
    assert sorted(statuses(db)) == ["cancelled", "sent"]
    assert len(inbox_of(sandbox)) == 1
