"""What do the message tests share? A reachable person, a quick sweeper, the sandbox's inbox."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests

from core import bell
from core.db import transaction
from notify import jobs
from notify.models import OutboxMessage
from notify.recipients import Recipient, recipients
from notify.service import send

PHONE = "13800000001"


@pytest.fixture
def reach(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`reach(phone=…, openid=…)`: how everybody can be reached in this test."""

    def set_(**values: Any) -> None:
        monkeypatch.setitem(recipients, "employee", lambda _id: Recipient(**values))

    set_(phone=PHONE)
    return set_


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PACE", jobs.Pace(settle_factor=0.0, ask_again=0.0))
    monkeypatch.setattr(bell, "_skip_until", 0.0)


def tell(kind: str = "claim_returned", dedupe: str = "", **values: str) -> uuid.UUID:
    """Say something to somebody new; gives the person's id."""
    person = uuid.uuid4()
    with transaction():
        send(
            kind,
            employee=person,
            about=("claim", uuid.uuid4(), "BZ1300000000000000001"),
            values={"reason": "发票照片不清楚", "amount": "1,234.50", **values},
            dedupe=dedupe or f"claim:{uuid.uuid4()}:{kind}",
        )
    return person


def inbox_of(sandbox: str, phone: str = PHONE) -> list[dict[str, Any]]:
    answer = requests.get(f"{sandbox}/sms.json", params={"phone": phone}, timeout=5).json()
    return list(answer["messages"])


def statuses(db: Any) -> list[str]:
    db.session.rollback()
    return [row.status for row in db.session.query(OutboxMessage).order_by(OutboxMessage.id)]


def fault(sandbox: str, kind: str, service: str = "sms", **more: Any) -> None:
    given = {"service": service, "kind": kind, "times": 1, **more}
    requests.post(f"{sandbox}/faults.json", json=given, timeout=5).raise_for_status()


def post(sandbox: str, path: str, body: Any) -> Any:
    answer = requests.post(f"{sandbox}/{path}", json=body, timeout=5)
    answer.raise_for_status()
    return answer.json()
