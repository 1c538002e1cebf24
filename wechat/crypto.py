"""Did WeChat really send this, and what is sealed in it? Signatures and the safe-mode envelope (pure).

Only safe mode is spoken: `signature` covers no body, so whoever has seen one callback address could forge any
body in plain mode. The envelope is AES-256-CBC with PKCS#7 padding to 32 bytes around
`16 random bytes | 4-byte length | message | appid`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
RANDOM = 16
LENGTH = 4
KEY_CHARS = 43


class BadCallback(Exception):
    """The request is not something WeChat would send; `status` is what the sender is answered."""

    status = 400


class NotGenuine(BadCallback):
    """The signature, the age, the key or the appid does not fit: WeChat did not send this to us now."""

    status = 403


@dataclass(frozen=True)
class Account:
    """What the callback address shares with WeChat; `aes_keys` holds the present key, then the previous."""

    app_id: str
    token: str = field(repr=False)
    aes_keys: tuple[bytes, ...] = field(repr=False)
    freshness: int = 300


def aes_key(encoding_aes_key: str) -> bytes:
    """The 32 bytes of a 43-character EncodingAESKey (its last character may be non-canonical)."""
    if len(encoding_aes_key) != KEY_CHARS:
        raise ValueError("EncodingAESKey has 43 characters")
    return base64.b64decode(encoding_aes_key + "=")


def signature(*parts: str) -> str:
    """SHA-1 of the parts sorted as strings: imposed by the protocol."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def is_signed(given: str, *parts: str) -> bool:
    """Is `given` the signature of `parts`? Compared in constant time."""
    return hmac.compare_digest(given.encode(), signature(*parts).encode())


def check_fresh(timestamp: str, now: int, freshness: int) -> int:
    """Refuse a timestamp that is not ten digits, or too far from now; answers how many seconds apart.

    Ten digits exactly, because the signed fields are joined without a delimiter: a digit moved from the nonce
    to the timestamp would still verify.
    """
    if not re.fullmatch(r"[0-9]{10}", timestamp):
        raise NotGenuine("timestamp is not ten digits")
    apart = abs(now - int(timestamp))
    if apart > freshness:
        raise NotGenuine("timestamp is outside the window")
    return apart


def open_sealed(ciphertext: str, account: Account) -> bytes:
    """The message inside `Encrypt`, by the present key or the previous one. Raises `NotGenuine`."""
    try:
        sealed = base64.b64decode(ciphertext.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise NotGenuine("Encrypt is not base64") from None
    if not sealed or len(sealed) % 16:
        raise NotGenuine("Encrypt is not whole blocks")
    for key in account.aes_keys:
        message = _unpack(_decrypt(sealed, key), account.app_id.encode())
        if message is not None:
            return message
    raise NotGenuine("Encrypt does not open with our key and appid")


def _decrypt(sealed: bytes, key: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    return decryptor.update(sealed) + decryptor.finalize()


def _unpack(plain: bytes, app_id: bytes) -> bytes | None:
    """The message of one decrypted envelope; None when padding, length or appid do not fit."""
    padding = plain[-1]
    if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
        return None
    body = plain[:-padding]
    head = RANDOM + LENGTH
    length = int.from_bytes(body[RANDOM:head], "big")
    if len(body) < head or head + length > len(body):
        return None
    return body[head : head + length] if hmac.compare_digest(body[head + length :], app_id) else None


def seal(message: bytes, account: Account, random: bytes | None = None) -> str:
    """`Encrypt` for `message` under the present key."""
    key = account.aes_keys[0]
    body = (
        (random or os.urandom(RANDOM))
        + len(message).to_bytes(LENGTH, "big")
        + message
        + account.app_id.encode()
    )
    padding = BLOCK - len(body) % BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    sealed = encryptor.update(body + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def envelope(message: str, account: Account, timestamp: str, nonce: str) -> str:
    """The encrypted passive reply around `message`; the nonce is WeChat's own, echoed."""
    encrypted = seal(message.encode(), account)
    signed = signature(account.token, timestamp, nonce, encrypted)
    return (
        f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature><![CDATA[{signed}]]></MsgSignature>"
        f"<TimeStamp>{timestamp}</TimeStamp><Nonce>{escape(nonce)}</Nonce></xml>"
    )


def keys(*encoding_aes_keys: str) -> tuple[bytes, ...]:
    """The AES keys of those EncodingAESKeys that are set, in order."""
    return tuple(aes_key(text) for text in encoding_aes_keys if text)
