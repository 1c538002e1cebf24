"""Sealed columns: nobody reads, moves or swaps them; masks show no more than they say (M9, §5.3)."""

from __future__ import annotations

import base64
import os

import pytest
from sqlalchemy import text

from core.fields import in_groups, mask_card, mask_id, mask_name, mask_phone
from core.keys import KeyRing, KeysError, SealBroken
from tests.world import World

# Names of test cases must be the same in every process, so these hold no chance.
A_KEY = base64.b64encode(b"k" * 32).decode()


def _key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.mark.parametrize("suite,index", [("aes", "index"), ("gm", "gmindex")])
def test_both_suites_seal_open_and_index(suite: str, index: str) -> None:
    ring = KeyRing.parse(f"{suite}:1:{_key()},{index}:1:{_key()}")
    sealed = ring.seal("张建国".encode(), b"employee.name|1")
    assert "张建国".encode() not in sealed
    assert ring.open(sealed, b"employee.name|1").decode() == "张建国"
    assert len(ring.seal(b"4" * 18, b"x")) == 18 + 32
    assert ring.blind("a.b", "x") == ring.blind("a.b", "x") != ring.blind("a.c", "x")


def test_a_ciphertext_moved_to_another_place_does_not_open() -> None:
    ring = KeyRing.parse(f"aes:1:{_key()},index:1:{_key()}")
    sealed = ring.seal(b"6222000000000000", b"claim.payee_card|1")
    with pytest.raises(SealBroken):
        ring.open(sealed, b"claim.payee_card|2")


def test_every_changed_byte_is_noticed() -> None:
    ring = KeyRing.parse(f"aes:1:{_key()},index:1:{_key()}")
    sealed = ring.seal(b"secret", b"place")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(SealBroken):
            ring.open(bytes(changed), b"place")


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    old, new, index = _key(), _key(), _key()
    before = KeyRing.parse(f"aes:1:{old},index:1:{index}")
    after = KeyRing.parse(f"aes:1:{old},gm:2:{new},index:1:{index}")
    assert after.open(before.seal(b"kept", b"p"), b"p") == b"kept"
    assert after.current_number == 2
    with pytest.raises(SealBroken):
        before.open(after.seal(b"new", b"p"), b"p")


@pytest.mark.parametrize(
    "text_,names",
    [
        ("", "no key"),
        ("aes:1:short,index:1:short", "aes:1"),
        ("rot13:1:" + A_KEY, "aes|gm|index|gmindex"),
        ("aes:1:" + A_KEY, "index key"),
    ],
)
def test_a_wrong_ring_is_named_and_never_shown(text_: str, names: str) -> None:
    with pytest.raises(KeysError) as caught:
        KeyRing.parse(text_)
    assert names in str(caught.value)
    assert "short" not in str(caught.value)


def test_swapped_ciphertexts_in_the_database_do_not_open(db) -> None:
    world = World()
    union = world.union()
    first, second = world.employee(union), world.employee(union)
    db.session.execute(
        text(
            "UPDATE employee e SET phone_ct = o.phone_ct FROM employee o"
            " WHERE e.id IN (:a, :b) AND o.id IN (:a, :b) AND e.id <> o.id"
        ),
        {"a": first.id, "b": second.id},
    )
    db.session.commit()
    db.session.expire_all()
    with pytest.raises(SealBroken):
        _ = first.phone


def test_the_tables_hold_no_personal_value_in_clear(db) -> None:
    person = World().employee(name="独孤磳", phone="13800138000")
    row = db.session.execute(
        text("SELECT e::text FROM employee e WHERE id = :id"), {"id": person.id}
    ).scalar_one()
    for value in ("独孤磳", "13800138000", person.id_number):
        assert value not in row
        assert value.encode().hex() not in row


@pytest.mark.parametrize(
    "mask,value,shown",
    [
        (mask_name, "张建国", "张*国"),
        (mask_name, "张三", "张*"),
        (mask_name, "张", "张*"),
        (mask_name, "阿卜杜拉·买买提", "阿***提"),
        (mask_name, "", ""),
        (mask_name, None, ""),
        (mask_id, "11010119900307002X", "1****************X"),
        (mask_id, "H12345678", "H*******8"),
        (mask_id, "123", "***"),
        (mask_phone, "13812345678", "138****5678"),
        (mask_phone, "123", "***"),
        (mask_card, "6222021234567890", "**** 7890"),
        (mask_card, "123", "****"),
        (in_groups, "6222021234567890123", "6222 0212 3456 7890 123"),
    ],
)
def test_masks_show_what_they_say_and_no_more(mask, value, shown: str) -> None:
    assert mask(value) == shown
