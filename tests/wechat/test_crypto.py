"""Is only what WeChat sealed for us opened? Official vectors, forgeries, key rotation (W1, W2)."""

from __future__ import annotations

import base64
import contextlib
import json
import random

import pytest
from wechatpy.crypto import WeChatCrypto

from tests.wechat.letters import ACCOUNT, AES_KEY, APP_ID, DATA, TOKEN, load
from wechat import crypto
from wechat.crypto import Account, NotGenuine
from wechat.incoming import parse

VECTORS = load("crypto.json")
CALLBACKS = [json.loads(line) for line in (DATA / "callbacks.jsonl").read_text("utf-8").splitlines()]
SIGNATURES = load("signature.json")


def account_of(vector: dict) -> Account:
    return Account(vector["appid"], vector["token"], crypto.keys(vector["encoding_aes_key"]))


@pytest.mark.parametrize("vector", VECTORS["positive"], ids=lambda v: v["id"])
def test_vectors_open_and_seal_to_the_same_bytes(vector: dict) -> None:
    account = account_of(vector)
    signed = (vector["token"], vector["timestamp"], vector["nonce"])
    plain = vector["plaintext"].encode()
    assert crypto.is_signed(vector["msg_signature"], *signed, vector["ciphertext"])
    assert crypto.is_signed(vector["url_signature"], *signed)
    assert crypto.open_sealed(vector["ciphertext"], account) == plain
    assert crypto.seal(plain, account, vector["random16"].encode()) == vector["ciphertext"]


@pytest.mark.parametrize("vector", VECTORS["negative"], ids=lambda v: v["id"])
def test_negative_vectors_are_refused_without_an_error_of_ours(vector: dict) -> None:
    signed = (vector["token"], vector["timestamp"], vector["nonce"], vector["ciphertext"])
    if not crypto.is_signed(vector["msg_signature"], *signed):
        return
    with pytest.raises(crypto.BadCallback):
        parse(crypto.open_sealed(vector["ciphertext"], account_of(vector)))


@pytest.mark.parametrize("line", [c for c in CALLBACKS if c["mode"] == "safe"], ids=lambda c: c["id"])
def test_every_recorded_callback_opens(line: dict) -> None:
    encrypted = line["body"].split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    query = line["query"]
    signed = (TOKEN, query["timestamp"], query["nonce"], encrypted)
    assert crypto.is_signed(query["msg_signature"], *signed)
    assert parse(crypto.open_sealed(encrypted, ACCOUNT)).openid


@pytest.mark.parametrize("vector", SIGNATURES, ids=lambda v: v["id"])
def test_address_signatures(vector: dict) -> None:
    if "inputs" in vector:
        assert crypto.signature(*vector["inputs"]) == vector["sha1"]
        return
    query, expected = vector["query"], vector["expect"]
    is_right = crypto.is_signed(
        query.get("signature", ""), vector["token"], query["timestamp"], query["nonce"]
    )
    assert is_right == (expected.get("status") == 200 or expected.get("signature_valid", False))


def test_wechatpy_and_we_understand_each_other() -> None:
    theirs = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
    envelope = crypto.envelope("<xml><a>好]]>的</a></xml>", ACCOUNT, "1760000000", "n<&1")
    fields = dict(zip(("e", "s"), _parts(envelope), strict=True))
    opened = theirs.decrypt_message(
        f"<xml><Encrypt>{fields['e']}</Encrypt></xml>", fields["s"], "1760000000", "n<&1"
    )
    assert opened == "<xml><a>好]]>的</a></xml>"


def _parts(envelope: str) -> list[str]:
    return [envelope.split(f"<{name}><![CDATA[")[1].split("]]>")[0] for name in ("Encrypt", "MsgSignature")]


def test_the_previous_key_still_opens_during_a_rotation() -> None:
    old = Account(APP_ID, TOKEN, crypto.keys("a" * 43))
    both = Account(APP_ID, TOKEN, crypto.keys(AES_KEY, "a" * 43))
    assert crypto.open_sealed(crypto.seal(b"old", old), both) == b"old"
    assert crypto.open_sealed(crypto.seal(b"new", ACCOUNT), both) == b"new"
    with pytest.raises(NotGenuine):
        crypto.open_sealed(crypto.seal(b"old", old), ACCOUNT)


@pytest.mark.parametrize("app_id", ["", "wx0sandbox0000000", "wx0sandbox000000011", "xwx0sandbox00000001"])
def test_another_appid_is_refused(app_id: str) -> None:
    other = Account(app_id, TOKEN, ACCOUNT.aes_keys)
    with pytest.raises(NotGenuine):
        crypto.open_sealed(crypto.seal(b"x", other), ACCOUNT)


@pytest.mark.parametrize(
    "junk", ["", "=", "%%%", "AAAA", "汉字", "A" * 44, "AAAA\nAAAA", base64.b64encode(b"x" * 32).decode()]
)
def test_junk_ciphertext_is_refused(junk: str) -> None:
    with pytest.raises(NotGenuine):
        crypto.open_sealed(junk, ACCOUNT)


def test_flipped_bits_that_somebody_signed_again_never_break_us() -> None:
    """Even with the token leaked, a flipped ciphertext is refused or read, never a crash."""
    body = (DATA / "messages" / "02_text_emoji.xml").read_bytes()
    sealed = bytearray(base64.b64decode(crypto.seal(body, ACCOUNT)))
    dice = random.Random(1)
    for _ in range(1000):
        bit = dice.randrange(len(sealed) * 8)
        sealed[bit // 8] ^= 1 << bit % 8
        with contextlib.suppress(crypto.BadCallback):
            parse(crypto.open_sealed(base64.b64encode(sealed).decode(), ACCOUNT))
        sealed[bit // 8] ^= 1 << bit % 8


NOW = 1_760_000_000
FRESH = [
    (str(NOW), True),
    (str(NOW - 300), True),
    (str(NOW + 300), True),
    (str(NOW - 301), False),
    (str(NOW + 301), False),
    ("176000000", False),
    ("17600000000", False),
    ("１７６０００００００", False),
    ("1760000000 ", False),
    ("1760000000\n", False),
    ("-760000000", False),
    ("", False),
]


@pytest.mark.parametrize(("timestamp", "is_fresh"), FRESH)
def test_only_ten_digits_within_the_window_are_fresh(timestamp: str, is_fresh: bool) -> None:
    if is_fresh:
        crypto.check_fresh(timestamp, NOW, 300)
        return
    with pytest.raises(NotGenuine):
        crypto.check_fresh(timestamp, NOW, 300)


def test_no_digit_can_be_moved_between_timestamp_and_nonce() -> None:
    """The signed fields are joined without a delimiter; ten digits exactly leave no second reading (W2)."""
    timestamp, nonce = str(NOW), "1760000000123456"
    captured = crypto.signature(TOKEN, timestamp, nonce)
    joined = "".join(sorted((timestamp, nonce)))
    for cut in range(len(joined) + 1):
        for moved, rest in ((joined[:cut], joined[cut:]), (joined[cut:], joined[:cut])):
            if (moved, rest) == (timestamp, nonce) or not crypto.is_signed(captured, TOKEN, moved, rest):
                continue
            with pytest.raises(NotGenuine):
                crypto.check_fresh(moved, NOW + 86400, 300)


def test_no_secret_is_in_the_account_as_text() -> None:
    assert TOKEN not in repr(ACCOUNT)
    assert AES_KEY not in repr(ACCOUNT)
    assert repr(ACCOUNT.aes_keys[0]) not in repr(ACCOUNT)
