"""How does a batch come together? All or none, once, by two people, and nobody changes it afterwards."""

from __future__ import annotations

import csv
import io
import threading
import uuid
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from claims.service import payment
from core import roles
from core.access import GUEST, SYSTEM
from core.db import transaction
from core.errors import Conflict, NotAllowed, Refused
from core.history import STALE
from payout import service
from payout.models import BankFile, PayoutBatch, PayoutItem
from payout.rules import LABELS, SAME_PERSON, WORKFLOW
from payout.service.batches import CHANGED
from payout.service.files import FORMATS
from tests.payout.conftest import PayOffice, everything, states
from tests.world import as_staff

MAKER, CHECKER = roles.FINANCE_MAKER, roles.FINANCE_CHECKER
# The whole of what may happen to a batch, written down a second time.
EXPECTED = {
    ("prepared", "check", CHECKER): "checked",
    ("prepared", "drop", MAKER): "dropped",
    ("prepared", "drop", CHECKER): "dropped",
    ("checked", "drop", MAKER): "dropped",
    ("checked", "drop", CHECKER): "dropped",
    ("checked", "export", MAKER): "exported",
    ("exported", "export_again", MAKER): "exported",
    ("exported", "settle", MAKER): "settled",
    ("exported", "settle", CHECKER): "settled",
}
EVERY_ROLE = [*roles.STAFF_ROLES, roles.STAFF, roles.EMPLOYEE, roles.OWNER, roles.GUEST, roles.SYSTEM]


def test_the_table_allows_exactly_this_to_each_role() -> None:
    """GX-27: payout is done by finance, and by nobody else."""
    found = {
        (state, move.action, role): move.target
        for state in LABELS
        for role in EVERY_ROLE
        for move in WORKFLOW.allowed(state, {role})
    }
    assert found == EXPECTED
    assert WORKFLOW.final == {"settled", "dropped"}


@pytest.mark.parametrize("role", [*roles.STAFF_ROLES, "guest", "system"])
def test_only_a_maker_prepares(office: PayOffice, role: str) -> None:
    claim = office.approved()
    by = {"guest": GUEST, "system": SYSTEM}.get(role) or as_staff(office.making, role)
    if role == MAKER:
        assert office.prepared(claim, by=by).state == "prepared"
        return
    before = everything()
    with pytest.raises(NotAllowed):
        office.prepared(claim, by=by)
    assert everything() == before


def test_the_sum_of_a_batch_is_the_sum_approved(office: PayOffice) -> None:
    claims = office.claims(7)
    batch = office.exported(*claims)
    items = service.items_of(batch)
    assert sum(i.amount_fen for i in items) == sum(c.award_fen for c in claims) == batch.total_fen
    book = openpyxl.load_workbook(io.BytesIO(service.export_bytes(batch, items, "xlsx"))).active
    written = [row[5] for row in book.iter_rows(min_row=2, values_only=True)]
    assert sum(round(float(yuan) * 100) for yuan in written) == batch.total_fen
    assert states(*claims) == ["paying"] * 7
    assert {item.status for item in items} == {"sent"}


def test_nothing_picked_and_too_many_are_refused(office: PayOffice) -> None:
    for ids in ([], [uuid.uuid4() for _ in range(1001)]):
        with pytest.raises(Refused), transaction():
            service.prepare(ids, office.maker)


def test_a_claim_that_is_not_there_or_worth_nothing_stops_the_batch(office: PayOffice) -> None:
    good, free = office.approved(), office.approved(0)
    before = everything()
    for other in (free.id, uuid.uuid4()):
        with pytest.raises(Refused), transaction():
            service.prepare([good.id, other], office.maker)
    assert everything() == before


def test_a_claim_is_in_one_live_batch_only(office: PayOffice) -> None:
    claim = office.approved()
    office.prepared(claim)
    with pytest.raises(Conflict) as told:
        office.prepared(claim)
    assert office.maker.label in told.value.text and STALE in told.value.text


@pytest.mark.parametrize("status", ["waiting", "sent", "paid"])
def test_the_database_refuses_a_second_live_item(office: PayOffice, db: Any, status: str) -> None:
    """M4: whatever the program does, by SQL too."""
    office.prepared(office.approved())
    listed = ", ".join(c.name for c in PayoutItem.__table__.columns)
    other = {"id": "gen_random_uuid()", "sequence": "sequence + 1", "status": ":status"}
    picked = ", ".join(other.get(name, name) for name in listed.split(", "))
    copy = text(f"INSERT INTO payout_item ({listed}) SELECT {picked} FROM payout_item")
    with pytest.raises(IntegrityError, match="uq_payout_item_live_claim"):
        db.session.execute(copy, {"status": status})


@pytest.mark.parametrize(
    ("change", "law"),
    [
        ("checker_id = maker_id", "maker_is_not_checker"),
        ("state = 'checked', checker_id = maker_id", "maker_is_not_checker"),
        ("state = 'checked'", "nothing_leaves_unchecked"),
        ("state = 'exported'", "nothing_leaves_unchecked"),
        ("state = 'settled'", "nothing_leaves_unchecked"),
    ],
)
def test_the_database_refuses_a_maker_who_checks(office: PayOffice, db: Any, change: str, law: str) -> None:
    """A5: maker ≠ checker, by SQL too."""
    office.prepared()
    with pytest.raises(IntegrityError, match=law):
        db.session.execute(text(f"UPDATE payout_batch SET {change}"))


def test_who_made_a_batch_does_not_check_it_with_any_roles(office: PayOffice) -> None:
    both = as_staff(office.making, MAKER, CHECKER, roles.ADMINISTRATOR)
    batch = office.prepared(office.approved(), by=both)
    with pytest.raises(NotAllowed, match=SAME_PERSON), transaction():
        service.check(batch, both, batch.version)
    assert batch.state == "prepared"


def test_two_clerks_at_once_make_one_batch(app: Any, office: PayOffice) -> None:
    """Ten rounds; each time one wins, the other is told who was first, and no claim is in two batches."""
    others = as_staff(office.world.staff(MAKER), MAKER)
    for _ in range(10):
        ids = [claim.id for claim in office.claims(3)]
        told: list[str] = []
        gate = threading.Barrier(2)

        def work(by: Any, mine: list[Any], told: list[str] = told, gate: Any = gate) -> None:
            with app.app_context():
                payment.payable(100)  # as the page did before
                gate.wait(10)
                try:
                    with transaction():
                        service.prepare(mine, by)
                    told.append("")
                except Conflict as words:
                    told.append(words.text)

        threads = [
            threading.Thread(target=work, args=(office.maker, ids)),
            threading.Thread(target=work, args=(others, ids[::-1])),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(told) == 2 and told.count("") == 1
        assert "已由" in "".join(told) and STALE in "".join(told)


def test_a_dropped_batch_lets_its_claims_wait_again(office: PayOffice) -> None:
    claims = office.claims(2)
    batch = office.checked(*claims)
    with pytest.raises(Refused, match="作废原因"), transaction():
        service.drop(batch, office.checker, batch.version, " ")
    with transaction():
        service.drop(batch, office.checker, batch.version, "有一笔金额要重核")
    assert states(*claims) == ["approved"] * 2
    assert {i.status for i in service.items_of(batch)} == {"cancelled"}
    assert office.prepared(*claims).item_count == 2


# --- what was approved is what is paid ----------------------------------------------------------------------

TAMPERED_CLAIMS = {
    "sum": "award_fen = award_fen + 1",
    "card bytes": "payee_card_ct = payee_card_ct || '\\x00'::bytea",
    "another person's card": "payee_card_ct = (SELECT payee_card_ct FROM claim ORDER BY id LIMIT 1)",
    "name": "payee_name_ct = NULL",
    "no seal": "approval_bi = NULL",
    "another seal": "approval_bi = (SELECT approval_bi FROM claim ORDER BY id LIMIT 1)",
}


@pytest.mark.parametrize("change", TAMPERED_CLAIMS.values(), ids=TAMPERED_CLAIMS.keys())
def test_a_claim_changed_behind_the_reviewers_backs_stops_the_batch(
    office: PayOffice, db: Any, change: str
) -> None:
    """M5, M7: the words name the claim; the others can be paid without it."""
    good, bad = office.claims(2)
    with transaction():
        db.session.execute(text(f"UPDATE claim SET {change} WHERE id = :id"), {"id": bad.id})
    before = everything()
    with pytest.raises(Refused) as told:
        office.prepared(good, bad)
    assert bad.number in told.value.text and "与审核通过时不一致" in told.value.text
    assert everything() == before
    assert len(service.waiting()) == 2, "the page still opens"
    assert office.prepared(good).item_count == 1


TAMPERED_ITEMS = {
    "sum": "amount_fen = amount_fen + 100",
    "bank": "payee_bank = '别的银行'",
    "card bytes": "payee_card_ct = payee_card_ct || '\\x00'::bytea",
    "name": "payee_name_ct = (SELECT payee_name_ct FROM payout_item WHERE sequence = 2)",
    "order": "sequence = sequence + 10",
    "claim": "claim_number = 'BZ0'",
}


@pytest.mark.parametrize("change", TAMPERED_ITEMS.values(), ids=TAMPERED_ITEMS.keys())
def test_an_item_changed_after_the_check_stops_the_export(office: PayOffice, db: Any, change: str) -> None:
    batch = office.checked()
    with transaction():
        db.session.execute(text(f"UPDATE payout_item SET {change} WHERE sequence = 1"))
    before = everything()
    with pytest.raises(Refused, match=CHANGED) as told, transaction():
        service.export(batch, "csv", office.maker, batch.version)
    assert told.value.status == 409 and everything() == before


@pytest.mark.parametrize(
    "change", ["DELETE FROM payout_item WHERE sequence = 3", "UPDATE payout_batch SET total_fen = 1"]
)
def test_a_batch_changed_before_the_check_is_not_checked(office: PayOffice, db: Any, change: str) -> None:
    batch = office.prepared()
    with transaction():
        db.session.execute(text(change))
    db.session.expire_all()
    with pytest.raises(Refused, match=CHANGED), transaction():
        service.check(batch, office.checker, batch.version)


# --- the file -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_same_batch_gives_the_same_bytes(office: PayOffice, file_format: str) -> None:
    batch = office.checked()
    made = {service.export_bytes(batch, service.items_of(batch), file_format) for _ in range(20)}
    with transaction():
        made.add(service.export(batch, file_format, office.maker, batch.version))
    assert len(made) == 1


def test_a_second_export_asks_why_and_is_counted(office: PayOffice, db: Any) -> None:
    batch = office.exported()
    before = everything()
    for reason in ("", "   "):
        with pytest.raises(Refused, match="请写明原因"), transaction():
            service.export(batch, "csv", office.maker, batch.version, reason)
    assert everything() == before
    with transaction():
        service.export(batch, "xlsx", office.maker, batch.version, "网银上传失败")
    files = db.session.query(BankFile).order_by(BankFile.at).all()
    assert [(f.format, f.reason) for f in files] == [("csv", ""), ("xlsx", "网银上传失败")]
    assert (batch.state, batch.export_count) == ("exported", 2)
    entries = text("SELECT detail->>'times' FROM audit_entry WHERE action = 'payout.file' ORDER BY seq")
    assert list(db.session.scalars(entries)) == ["1", "2"]


def test_an_unknown_format_is_refused(office: PayOffice) -> None:
    batch = office.checked()
    with pytest.raises(Refused, match="文件格式"), transaction():
        service.export(batch, "pdf", office.maker, batch.version)


HOSTILE = ["=1+1", "+86", "-2", "@SUM(A1)", "=cmd|' /C calc'!A0", "＝1+1", "\t=1", "'=1", "|calc", '"=1+1"']


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_run_by_a_spreadsheet(office: PayOffice, name: str) -> None:
    """U6: the cell is text; the card keeps its digits."""
    batch = office.exported(office.approved(payee_name=name))
    items = service.items_of(batch)
    sheet = openpyxl.load_workbook(io.BytesIO(service.export_bytes(batch, items, "xlsx"))).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    assert sheet["E2"].value == items[0].payee_card
    line = list(csv.reader(io.StringIO(service.export_bytes(batch, items, "csv").decode("gb18030"))))[1]
    assert not line[2].startswith(("=", "+", "-", "@", "\t", "|", "＝"))
    assert line[4] == items[0].payee_card


def test_a_batch_number_is_counted_by_month(office: PayOffice, db: Any) -> None:
    first, second = office.prepared(), office.prepared()
    assert first.number.endswith("2026110001") and second.number.endswith("2026110002")
    assert db.session.query(PayoutBatch).count() == 2
