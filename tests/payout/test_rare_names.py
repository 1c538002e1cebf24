"""Does a name with rare characters or middle dots come through every path whole? (XM-40)

One person a name: bound by it, in the database, on the claim's page and its form, in the bank's file and its
answer, in spreadsheets, in a picture, and never in an SMS.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from claims import service as claims
from claims.service.checks import name_problem
from core import codes, lettering
from core.db import db as database
from core.db import transaction
from core.fields import mask_name
from core.sheets import read_rows, write_csv, write_xlsx
from employee import service as employees
from employee.models import Employee
from employee.rules import Asked
from notify.models import InboxMessage, OutboxMessage
from payout import service
from payout.service.answers import read_answers
from payout.service.files import FORMATS, export_bytes
from payout.service.layouts import ENCODINGS, layout
from tests.payout.conftest import PayOffice, answers, as_csv, as_xlsx, states
from tests.world import as_employee

# The name on the roster, and the same name as a phone or a card may write it.
NAMES = [
    ("李㛃", "李㛃"),
    ("李𬭎", " 李𬭎 "),
    ("陈磳", "陈磳\u3000"),
    ("𠮷某", "𠮷某"),
    ("〇一", "〇一"),
    ("葛\U000e0100某", "葛\U000e0100某"),
    ("阿卜杜拉·买买提", "阿卜杜拉•买买提"),
    ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
    ("迪丽・热巴", "迪丽·热巴"),
    ("John O'Neil", "JOHN O'NEIL"),
]
names = pytest.mark.parametrize(("name", "typed"), NAMES)


@names
def test_binding_the_database_and_the_claims_page(
    app: Any, client: Any, office: PayOffice, name: str, typed: str
) -> None:
    """GX-16: found by the name as it was typed; shown as the roster writes it."""
    person = office.world.employee(name=name)
    openid = office.world.follower()
    with transaction():
        code = codes.issue("bind", person.phone, openid)
    with transaction():
        asked = Asked(typed.strip(), person.id_type, person.id_number, person.phone)
        employees.bind(asked, code, openid, "127.0.0.1")
    database.session.expire_all()
    assert database.session.get_one(Employee, person.id).name == name
    assert name_problem(typed, name) is None, "the payee's name may be written the card's way"
    office.world.cover(person)
    by = as_employee(person)
    with transaction():
        employees.give_consent(person.id, ["health", "account", "certificates"], by)
        claim = claims.start_draft("hospital", by)
    office.world.sign_in(client, person=person)
    page = client.get(f"/h5/claims/{claim.number}/3").get_data(as_text=True)
    shown = re.search(r'name="payee_name"[^>]*? value="([^"]*)"', page)[1]
    assert html.unescape(shown) == name
    assert mask_name(name)[0] == name[0] and name not in mask_name(name)
    assert name in html.unescape(client.get("/h5/me").text)


@names
def test_the_banks_file_and_its_answer(office: PayOffice, name: str, typed: str) -> None:
    """GX-27, GX-30: out in GB18030 or xlsx, back from the bank, paid; not one character lost."""
    batch = office.exported(office.approved(person=office.world.insured(name=name)))
    items = service.items_of(batch)
    shape = layout("standard")
    assert name in export_bytes(batch, items, "csv").decode(shape.encoding)
    for file_format in FORMATS:
        rows = read_rows(export_bytes(batch, items, file_format), filename=f"batch.{file_format}")
        assert any(name in map(str, row) for row in rows)
    for answer in (as_csv(answers(batch)), as_xlsx(answers(batch)), as_csv(answers(batch), "utf-8-sig")):
        assert [row.payee_name for row in read_answers(answer, shape)] == [name]
    office.settle(batch, as_csv(answers(batch)))
    claim_ids = [item.claim_id for item in items]
    from claims.models import Claim

    assert states(*[database.session.get_one(Claim, one) for one in claim_ids]) == ["paid"]


@names
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_encoding_a_bank_may_ask_for_loses_a_character(encoding: str, name: str, typed: str) -> None:
    """A bank's «GBK» is written as GB18030: the same bytes for what GBK has, and the rest survives."""
    data = write_csv(["户名"], [[name]], encoding=encoding)
    assert name in data.decode("gb18030" if encoding == "gbk" else encoding)
    assert name in [
        str(cell) for row in read_rows(write_xlsx(["户名"], [[name]]), filename="a.xlsx") for cell in row
    ]


@names
def test_messages_keep_it_and_an_sms_never_says_it(office: PayOffice, name: str, typed: str) -> None:
    """GX-64: nothing personal on a locked screen; the sealed parameters are whole JSON."""
    person = office.world.insured(name=name)
    batch = office.exported(office.approved(person=person))
    office.settle(batch, as_csv(answers(batch)))
    sent = database.session.query(OutboxMessage).filter_by(owner_id=person.id, channel="sms").all()
    assert sent and all(name not in json.loads(row.params)["text"] for row in sent)
    assert database.session.query(InboxMessage).filter_by(owner_id=person.id).count() >= 1


@pytest.mark.skipif(not lettering.font_files(), reason="this machine has no font with Chinese")
@names
def test_a_picture_has_a_shape_or_a_code_point_for_each_character(name: str, typed: str) -> None:
    letters = lettering.Lettering(lettering.font_files(), 40)
    assert letters.width(name) >= 15 * len(name.replace("\U000e0100", ""))
