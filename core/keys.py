"""With which keys are personal data sealed and found again? A ring of keys, two cipher suites.

`FIELD_KEYS` is a comma list of `suite:number:base64(32 bytes)`; suites are `aes` (AES-256-GCM) and `gm`
(SM4-GCM), and `index` / `gmindex` for blind indexes (HMAC-SHA256 / HMAC-SM3). The last cipher key seals
new values, all of them open old ones; exactly one index key is in force. A sealed value is
`version(1) | suite(1) | key number(2) | nonce(12) | ciphertext | tag(16)`, authenticated together with the
place it belongs to, so that a ciphertext moved to another row or column does not open.
"""

from __future__ import annotations

import base64
import binascii
import hmac as plain_hmac
import os
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = 1
SUITES = {"aes": 1, "gm": 2}
HEADER = 4
NONCE = 12
TAG = 16
INDEX_BYTES = 16


class KeysError(ValueError):
    """The key ring cannot be read."""


class SealBroken(Exception):
    """A sealed value does not open: wrong key, changed bytes, or moved from where it was written."""


@dataclass(frozen=True)
class SealKey:
    suite: str
    number: int
    secret: bytes = field(repr=False)

    @cached_property
    def _aes(self) -> AESGCM:
        """Made once: each use works on a copy of its own, so threads may share it."""
        return AESGCM(self.secret)

    def encrypt(self, nonce: bytes, plain: bytes, aad: bytes) -> bytes:
        if self.suite == "aes":
            return self._aes.encrypt(nonce, plain, aad)
        encryptor = Cipher(algorithms.SM4(self.secret[:16]), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(aad)
        return encryptor.update(plain) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
        if self.suite == "aes":
            return self._aes.decrypt(nonce, sealed, aad)
        body, tag = sealed[:-TAG], sealed[-TAG:]
        decryptor = Cipher(algorithms.SM4(self.secret[:16]), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(aad)
        return decryptor.update(body) + decryptor.finalize()


class KeyRing:
    """Seals, opens, and computes blind indexes. Build it with `KeyRing.parse(settings.field_keys)`."""

    def __init__(self, keys: list[SealKey], index_key: bytes, index_suite: str) -> None:
        self._keys = {(SUITES[key.suite], key.number): key for key in keys}
        self._current = keys[-1]
        self._header = bytes((VERSION, SUITES[keys[-1].suite])) + keys[-1].number.to_bytes(2, "big")
        self._is_sha = index_suite != "gmindex"
        self._index_key = index_key

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """The ring written in `text`. Raises `ValueError` with one line that never shows a key."""
        keys: list[SealKey] = []
        index: tuple[str, bytes] | None = None
        for item in filter(None, (part.strip() for part in text.split(","))):
            suite, number, secret = _read_key(item)
            if suite in SUITES:
                keys.append(SealKey(suite, number, _derive(secret, b"fields")))
            else:
                index = (suite, _derive(secret, b"index"))
        if not keys:
            raise KeysError("FIELD_KEYS: holds no key of suite aes or gm")
        if index is None:
            raise KeysError("FIELD_KEYS: holds no index key")
        return cls(keys, index[1], index[0])

    @property
    def current_number(self) -> int:
        return self._current.number

    def seal(self, plain: bytes, aad: bytes) -> bytes:
        """`plain` encrypted under the newest key and bound to `aad`; 32 bytes longer than `plain`."""
        header, nonce = self._header, os.urandom(NONCE)
        return header + nonce + self._current.encrypt(nonce, plain, header + aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """What `seal` was given. Raises `SealBroken`."""
        header, nonce, body = sealed[:HEADER], sealed[HEADER : HEADER + NONCE], sealed[HEADER + NONCE :]
        key = self._keys.get((header[1], int.from_bytes(header[2:4], "big"))) if len(body) >= TAG else None
        if key is None or header[0] != VERSION:
            raise SealBroken("no key of the ring opens this value")
        try:
            return key.decrypt(nonce, body, header + aad)
        except InvalidTag:
            raise SealBroken("the value was changed or moved") from None

    def blind(self, place: str, value: str) -> bytes:
        """16 bytes that are equal for equal values in one `place` (table.column) and tell nothing else."""
        text = place.encode() + b"\0" + value.encode()
        if self._is_sha:
            return plain_hmac.digest(self._index_key, text, "sha256")[:INDEX_BYTES]
        mac = hmac.HMAC(self._index_key, hashes.SM3())
        mac.update(text)
        return mac.finalize()[:INDEX_BYTES]


def _read_key(item: str) -> tuple[str, int, bytes]:
    suite, _, rest = item.partition(":")
    number, _, encoded = rest.partition(":")
    if suite not in {*SUITES, "index", "gmindex"}:
        raise KeysError("FIELD_KEYS: each part is aes|gm|index|gmindex:number:base64")
    try:
        secret = base64.b64decode(encoded, validate=True)
        if not 0 < int(number) < 65536 or len(secret) != 32:
            raise ValueError
    except (ValueError, binascii.Error):
        raise KeysError(f"FIELD_KEYS: part {suite}:{number} needs a number and 32 bytes in base64") from None
    return suite, int(number), secret


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"huzhu/" + purpose).derive(secret)
