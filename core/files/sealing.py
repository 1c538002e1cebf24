"""How is a stored file kept secret? A random AES-256-GCM key per file, wrapped by the key ring.

Sealed file: `MAGIC(4) | length of the wrapped key(2) | wrapped key | nonce(12) | ciphertext | tag(16)`.
The key and the content are both bound to `aad` (file id|kind), so a sealed file put in another one's
place, or a key moved between files, does not open. Rotation re-wraps 60 bytes and leaves the content.
"""

from __future__ import annotations

import os
import struct
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.keys import SealBroken

MAGIC = b"HZF1"
NONCE = 12
TAG = 16


class Ring(Protocol):
    """What sealing needs of `core.keys.KeyRing`."""

    def seal(self, plain: bytes, aad: bytes) -> bytes: ...

    def open(self, sealed: bytes, aad: bytes) -> bytes: ...


def seal_file(data: bytes, *, keyring: Ring, aad: str) -> bytes:
    """`data` under a fresh key of its own."""
    key, nonce = AESGCM.generate_key(256), os.urandom(NONCE)
    body = AESGCM(key).encrypt(nonce, data, MAGIC + aad.encode())
    return _packed(keyring.seal(key, _key_place(aad)), nonce + body)


def open_file(sealed: bytes, *, keyring: Ring, aad: str) -> bytes:
    """What `seal_file` was given. Raises `core.keys.SealBroken`."""
    wrapped, body = _unpacked(sealed)
    key = keyring.open(wrapped, _key_place(aad))
    try:
        return AESGCM(key).decrypt(body[:NONCE], body[NONCE:], MAGIC + aad.encode())
    except (InvalidTag, ValueError):
        raise SealBroken("the file was changed or moved") from None


def rewrap_file(sealed: bytes, *, keyring: Ring, aad: str) -> bytes:
    """The same file with its key wrapped by the ring's newest key (key rotation)."""
    wrapped, body = _unpacked(sealed)
    place = _key_place(aad)
    return _packed(keyring.seal(keyring.open(wrapped, place), place), body)


def _key_place(aad: str) -> bytes:
    return b"file-key|" + aad.encode()


def _packed(wrapped: bytes, body: bytes) -> bytes:
    return MAGIC + struct.pack(">H", len(wrapped)) + wrapped + body


def _unpacked(sealed: bytes) -> tuple[bytes, bytes]:
    if sealed[:4] != MAGIC or len(sealed) < 6:
        raise SealBroken("not a sealed file")
    end = 6 + struct.unpack(">H", sealed[4:6])[0]
    if len(sealed) < end + NONCE + TAG:
        raise SealBroken("the sealed file is cut short")
    return sealed[6:end], sealed[end:]
