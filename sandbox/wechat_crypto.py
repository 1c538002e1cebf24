"""How does WeChat sign and seal a push? SHA-1 of sorted parts, AES-256-CBC with padding to 32.

Written on its own, not with wechatpy: the product uses wechatpy, and a copy of its mistakes proves nothing.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class Unsealed(ValueError):
    """The ciphertext cannot be opened, or is meant for another account."""


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - WeChat's protocol


def seal(plaintext: str, aes_key: str, app_id: str, random16: bytes | None = None) -> str:
    text = plaintext.encode()
    start = random16 or secrets.token_hex(8).encode()
    raw = start + struct.pack(">I", len(text)) + text + app_id.encode()
    pad = BLOCK - len(raw) % BLOCK
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(raw + bytes([pad]) * pad) + encryptor.finalize()).decode()


def unseal(sealed: str, aes_key: str, app_id: str) -> str:
    try:
        decryptor = _cipher(aes_key).decryptor()
        raw = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
        raw = raw[: -raw[-1]]
        (length,) = struct.unpack(">I", raw[16:20])
        text, tail = raw[20 : 20 + length].decode(), raw[20 + length :].decode()
    except (ValueError, IndexError, struct.error) as error:
        raise Unsealed(str(error)) from None
    if tail != app_id:
        raise Unsealed("appid mismatch")
    return text


def _cipher(aes_key: str) -> Cipher:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
