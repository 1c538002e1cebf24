"""Is this the person's password? argon2id, and the same work when there is no such person."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from core import context
from staff.rules import passwords as rules


@lru_cache(1)
def hasher() -> PasswordHasher:
    """OWASP's minimum: 19 MiB, two passes, one lane; about 30 ms."""
    return PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


@lru_cache(1)
def nobodys_hash() -> str:
    return hasher().hash("nobody-has-this-password")


def policy() -> rules.PasswordPolicy:
    """The rules in force (STAFF_PASSWORD_POLICY)."""
    return rules.POLICIES[context.settings().staff_password_policy]


def is_password(stored: str, password: str) -> bool:
    """`stored` may be empty: whoever has not filled in who they are has no password yet."""
    try:
        return hasher().verify(stored or nobodys_hash(), password) and bool(stored)
    except VerificationError:
        return False
