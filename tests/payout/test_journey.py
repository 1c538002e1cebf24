"""From approval to the money, over real HTTP: batch, bank, bounce, fix, second batch (GX-27 to GX-31)."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from core.db import db as database
from core.errors import Conflict
from core.money import shown_yuan
from notify.models import InboxMessage, OutboxMessage
from payout import service
from payout.models import PayoutBatch, PayoutItem
from tests.claims.paper import CARD, hidden, says
from tests.payout.conftest import PayOffice, answers, as_csv, states
from tests.payout.test_pages import at, send, upload

CLOSED = "6222021234567890000"  # the sandbox's bank says 账户已销户


def at_the_bank(sandbox: str, content: bytes, file_format: str) -> bytes:
    """A clerk brings the file to the bank and comes back with the result."""
    part = {"file": (f"batch.{file_format}", content)}
    answer = requests.post(f"{sandbox}/bank/batches", files=part, timeout=10)
    assert answer.status_code == 200, answer.text
    again = requests.post(f"{sandbox}/bank/batches", files=part, timeout=10)
    assert again.status_code == 409, "the bank counts a batch number once"
    return answer.content


def told(person: Any) -> list[str]:
    rows = database.session.query(InboxMessage).filter_by(owner_id=person.id).order_by(InboxMessage.id)
    return [row.kind for row in rows]


def prepare_check_export(make: Any, look: Any, file_format: str) -> tuple[PayoutBatch, bytes]:
    path = "/admin/payouts/prepare"
    asked = send(make, f"{path}/confirm", {"do": "all"}, page=path)
    made = make.post(path, data=hidden(asked.get_data(as_text=True)))
    batch = service.get(made.location.rsplit("/", 1)[1])
    assert send(look, at(batch, "/check")).status_code == 303
    file = send(make, at(batch, "/export"), {"format": file_format})
    assert file.status_code == 200
    return batch, file.data


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_bounced_fixed_and_paid(office: PayOffice, desk_of: Any, sandbox: str, file_format: str) -> None:
    """GX-27 … GX-31, GX-63: batch, bank, bounce, told, mended, second batch, paid, told."""
    make, look = desk_of(office.making), desk_of(office.checking)
    (good, good_person), (bad, bad_person) = office.reviewed(), office.reviewed(CLOSED)
    total = (good.award_fen or 0) + (bad.award_fen or 0)
    batch, file = prepare_check_export(make, look, file_format)
    assert (batch.item_count, batch.total_fen) == (2, total)
    result = at_the_bank(sandbox, file, file_format)
    done = send(look, upload(look, batch, result).location)
    assert done.status_code == 303 and states(good, bad) == ["paid", "pay_failed"]
    assert told(good_person)[-1] == "claim_paid" and told(bad_person)[-1] == "payment_failed"
    words = (
        database.session.query(InboxMessage).filter_by(owner_id=bad_person.id, kind="payment_failed").one()
    )
    assert "这张卡已经注销，请换一张" in words.text and shown_yuan(bad.award_fen or 0) in words.text
    assert outgoing(bad_person) >= {"sms"} and outgoing(good_person) >= {"sms"}

    office.fix(bad, CARD)
    assert states(bad) == ["approved"], "back to finance, not to review (GX-29)"
    second, file = prepare_check_export(make, look, file_format)
    assert second.number != batch.number and second.item_count == 1
    result = at_the_bank(sandbox, file, file_format)
    assert send(look, upload(look, second, result).location).status_code == 303
    assert states(good, bad) == ["paid", "paid"] and told(bad_person)[-1] == "claim_paid"
    items = database.session.query(PayoutItem)
    paid = [i for i in items if i.status == "paid"]
    assert sum(i.amount_fen for i in paid) == total and len(paid) == 2
    assert "部分失败" in says(make.get("/admin/payouts")) and "已完成" in says(make.get("/admin/payouts"))


def outgoing(person: Any) -> set[str]:
    rows = database.session.query(OutboxMessage).filter_by(owner_id=person.id)
    return {row.channel for row in rows if row.kind in ("payment_failed", "claim_paid")}


def test_a_hostile_name_goes_to_the_bank_and_back(office: PayOffice, desk_of: Any, sandbox: str) -> None:
    """The sandbox's bank writes back what it read; the names still fit."""
    names = ["=1+1", "@SUM(A1:A9)", "'=cmd|' /C calc'!A0", "欧阳·测试", "𠮷测试", "-2+3"]
    claims = [office.approved(1000 + n, payee_name=name) for n, name in enumerate(names)]
    make, look = desk_of(office.making), desk_of(office.checking)
    batch, file = prepare_check_export(make, look, "csv")
    done = send(look, upload(look, batch, at_the_bank(sandbox, file, "csv")).location)
    assert done.status_code == 303 and states(*claims) == ["paid"] * len(names)


def test_a_claim_whose_first_payment_bounced_may_be_paid_once_more_only(office: PayOffice) -> None:
    claim = office.approved(has_photo=True)
    first = office.exported(claim)
    old = as_csv(answers(first, {1: "户名不符"}))
    office.settle(first, old)
    office.fix(claim, CARD)
    second = office.exported(claim)
    office.settle(second, as_csv(answers(second)))
    for batch, content in ((first, old), (second, as_csv(answers(second)))):
        with pytest.raises(Conflict, match="没有重复处理"):
            office.settle(batch, content)
    assert states(claim) == ["paid"]
    assert [i.status for i in database.session.query(PayoutItem).order_by(PayoutItem.id)] == [
        "failed",
        "paid",
    ]
