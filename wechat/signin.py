"""Which sign-ins are under way? A state is used once, within ten minutes, by the browser that began it."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import select, update

from core import clock
from core.db import db
from wechat.models import OAuthState

LIFE = dt.timedelta(minutes=10)
MOST_RESTARTS = 1


@dataclass(frozen=True)
class Pending:
    """A sign-in that this browser began; `is_live` when this is its first and timely return."""

    next_path: str
    restarts: int
    is_live: bool

    @property
    def may_restart(self) -> bool:
        return self.restarts < MOST_RESTARTS


def secret() -> str:
    """128 random bits as letters and digits, which is all a state may hold."""
    return secrets.token_hex(16)


def begin(browser: str, next_path: str, restarts: int = 0) -> str:
    """Note a sign-in of `browser` that will end at `next_path`; answers its state."""
    state = secret()
    row = OAuthState(
        state_hash=_hash(state),
        browser_hash=_hash(browser),
        next_path=next_path,
        restarts=restarts,
        created_at=clock.now(),
    )
    db.session.add(row)
    return state


def use(state: str, browser: str) -> Pending | None:
    """Use up `state`; None when this browser never began it. Of parallel uses one alone is live."""
    mine = (OAuthState.state_hash == _hash(state), OAuthState.browser_hash == _hash(browser))
    timely = (OAuthState.used_at.is_(None), OAuthState.created_at > clock.now() - LIFE)
    used = db.session.execute(update(OAuthState).where(*mine, *timely).values(used_at=clock.now()))
    row = db.session.execute(select(OAuthState.next_path, OAuthState.restarts).where(*mine)).one_or_none()
    is_live = used.rowcount == 1  # type: ignore[attr-defined]
    return Pending(row.next_path, row.restarts, is_live) if row else None


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
