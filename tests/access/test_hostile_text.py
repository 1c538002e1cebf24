"""Text that no keyboard makes, in every address, query and form: refused kindly, never a failure (C3, U7)."""

from __future__ import annotations

import base64
import json
import time
import uuid

import pyotp
import pytest

from core import codes, keyset
from core.audit import AuditEntry
from core.roles import ADMINISTRATOR, FINANCE_MAKER, FIRST_REVIEWER
from tests.world import PASSWORD, TOTP_SECRET, World

STRANGE = [
    "\0",
    "a\0b",
    "²",
    "②③④⑤⑥⑦",
    "½",
    "Ⅷ",
    "１２３４５６",
    "\u202e",
    "😀👨‍👩‍👧",
    "㛃𬭎·",
    "\ufffe",
    "9" * 40,
    "A" * 5000,
]


@pytest.mark.parametrize("strange", STRANGE)
def test_pages_of_people_read_strange_text(client, db, strange: str) -> None:
    world = World()
    world.sign_in(client, person=world.insured())
    for path in (f"/h5/claims/{strange[:50]}", f"/h5/claims/{strange[:50]}/1", f"/s/{strange[:50]}"):
        assert client.get(path).status_code == 404, path
    for path in ("/h5/claims", "/h5/messages", "/h5/bind", "/wechat/oauth"):
        answer = client.get(path, query_string={"before": strange, "next": f"/h5/{strange}"})
        assert answer.status_code < 500, path
    typed = {"op": f"{'o' * 16}{strange[:20]}", "kind": strange, "consent_health": strange}
    assert client.submit("/h5/claims/new", typed, page="/h5/claims/new").status_code == 422


@pytest.mark.parametrize("strange", STRANGE)
def test_binding_and_looking_in_read_strange_text(client, db, strange: str) -> None:
    """GX-16: digits of any script, raised or circled ones, are read or refused in words."""
    world = World()
    world.sign_in(client, openid=world.follower())
    typed = {
        "name": "张建国",
        "id_type": "resident_id",
        "phone": "13900000000",
        "consent": "y",
        "code": strange,
    }
    assert client.submit("/h5/bind", typed).status_code in (422, 429)
    assert client.submit("/s/claims", {"phone": "13900000000", "code": strange}).status_code in (422, 429)


@pytest.mark.parametrize("strange", STRANGE)
def test_pages_of_staff_read_strange_text(client, db, strange: str) -> None:
    world = World()
    world.sign_in(client, staff=world.staff(FIRST_REVIEWER, FINANCE_MAKER, ADMINISTRATOR))
    given = dict.fromkeys(
        [
            "number",
            "state",
            "union",
            "since",
            "until",
            "person",
            "before",
            "after",
            "waited",
            "who",
            "action",
            "object",
            "channel",
            "status",
            "kind",
        ],
        strange,
    )
    for path in ("/admin/", "/admin/claims", "/admin/audit", "/admin/messages", "/admin/payouts"):
        assert client.get(path, query_string=given).status_code in (200, 404), path
    for path in (f"/admin/claims/{strange[:50]}", f"/admin/payouts/{strange[:50]}/settle/{strange[:50]}"):
        assert client.get(path).status_code == 404, path
    for typed in (strange, f"BZ{strange}"):
        assert client.submit("/admin/claims/search", {"q": typed}, page="/admin/claims").status_code == 404


@pytest.mark.parametrize(
    "typed,status", [("²", 422), ("②③④⑤⑥⑦", 422), ("\0", 422), ("①" * 6, 422), (None, 303)]
)
def test_the_dynamic_code_in_any_digits(client, db, typed: str | None, status: int) -> None:
    """None: today's code in full-width digits, as a Chinese keyboard writes them."""
    clerk = World().staff(FIRST_REVIEWER)
    if typed is None:
        now = pyotp.TOTP(TOTP_SECRET).at(int(time.time()))
        typed = "".join(chr(ord(digit) + 0xFEE0) for digit in now)
    sent = {"account": clerk.phone, "password": PASSWORD, "code": typed}
    assert client.submit("/admin/login", sent).status_code == status


@pytest.mark.parametrize(
    "typed,read", [("１２３ ４５６", "123456"), ("٣٤٥", "345"), ("²", "²"), ("②", "②"), ("12a", "12a")]
)
def test_codes_are_read_in_any_decimal_digits(typed: str, read: str) -> None:
    assert codes.tidy(typed) == read


@pytest.mark.parametrize(
    "said",
    [
        [5],
        [None],
        [True],
        [[[]]],
        {"a": 1},
        "a",
        [-1],
        [10**30],
        ["1" * 30],
        ["-1"],
        [str(1 << 63)],
        ["\0"],
        [],
    ],
)
def test_a_forged_cursor_is_the_first_page(client, db, said: object) -> None:
    world = World()
    world.sign_in(client, staff=world.staff(FIRST_REVIEWER, ADMINISTRATOR))
    cursor = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    for path in ("/admin/", "/admin/claims", "/admin/audit"):
        for side in ("before", "after"):
            assert client.get(path, query_string={side: cursor}).status_code == 200, path
    assert keyset._read(cursor, (AuditEntry.seq,)) is None


def test_nul_is_left_out_and_the_rest_is_kept(app) -> None:
    """What was typed around it is not lost."""
    with app.test_request_context("/?a=x%00y&b=1", method="POST", data={"note": "前\0后", "n": "2"}):
        from flask import request

        assert (request.args["a"], request.args["b"]) == ("xy", "1")
        assert (request.form["note"], request.form["n"]) == ("前后", "2")
        assert request.values["note"] == "前后"


def test_ids_that_are_none_of_ours(client, db) -> None:
    world = World()
    world.sign_in(client, person=world.insured())
    assert client.get(f"/h5/messages/{uuid.uuid4()}").status_code == 404


@pytest.mark.parametrize("reference", ["\\ud800", "x\\udfff", "a\\u0000"])
def test_a_receipt_with_half_a_character_is_malformed(client, settings, reference: str) -> None:
    """JSON can write what no database keeps."""
    body = f'[{{"id": "{reference}", "status": "delivered"}}]'
    answer = client.post(f"/receipts/sms/sandbox/{settings.sms_receipt_secret}", data=body)
    assert answer.status_code == 400
