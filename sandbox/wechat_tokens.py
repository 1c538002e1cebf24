"""Which access tokens, tickets and OAuth codes are valid now? Two isolated token families."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sandbox.clock import Clock

LIFE = 7200
OVERLAP = 300
CODE_LIFE = 300
REFRESH_LIFE = 30 * 86400


@dataclass
class Token:
    value: str
    family: str  # plain | stable
    expires_at: float
    replaced_at: float | None = None


@dataclass
class Code:
    value: str
    openid: str
    scope: str
    expires_at: float
    is_snapshot: bool = False
    is_used: bool = False


@dataclass
class UserToken:
    value: str
    refresh: str
    openid: str
    scope: str
    expires_at: float
    refresh_expires_at: float
    is_snapshot: bool


class Tokens:
    """Not persisted on purpose: after a restart every client has to fetch a new token."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.tokens: dict[str, Token] = {}
        self.latest: dict[str, Token] = {}
        self.ticket: Token | None = None
        self.codes: dict[str, Code] = {}
        self.user_tokens: dict[str, UserToken] = {}
        self.forced_at: list[float] = []

    # -- access tokens ---------------------------------------------------------
    def issue(self, family: str) -> Token:
        """A new token; the one before stays usable for five minutes."""
        now = self.clock.now()
        if old := self.latest.get(family):
            old.expires_at = min(old.expires_at, now + OVERLAP)
            old.replaced_at = now
        token = Token(f"SBX_{family[0]}_{secrets.token_urlsafe(96)}", family, now + LIFE)
        self.tokens[token.value] = self.latest[family] = token
        return token

    def stable(self) -> Token:
        token = self.latest.get("stable")
        if token is None or token.expires_at - self.clock.now() <= OVERLAP:
            return self.issue("stable")
        return token

    def forced(self) -> Token | int:
        """force_refresh: at most 20 a day and one in 30 seconds; the old token dies at once."""
        now = self.clock.now()
        self.forced_at = [at for at in self.forced_at if at > now - 86400]
        if self.forced_at and now - self.forced_at[-1] < 30:
            return 45011
        if len(self.forced_at) >= 20:
            return 45009
        self.forced_at.append(now)
        if old := self.latest.pop("stable", None):
            self.tokens.pop(old.value, None)
        return self.issue("stable")

    def left(self, token: Token) -> int:
        return round(token.expires_at - self.clock.now())

    def complaint(self, value: str) -> int:
        """0 when the token opens the door, else 41001, 40014, 40001 or 42001."""
        if not value:
            return 41001
        if len(value) < 20:
            return 40014
        token = self.tokens.get(value)
        if token is None:
            return 40001
        if self.clock.now() < token.expires_at:
            return 0
        return 40001 if token.replaced_at else 42001

    def revoke_all(self) -> None:
        self.tokens.clear()
        self.latest.clear()

    # -- jsapi ticket ------------------------------------------------------------
    def jsapi_ticket(self) -> Token:
        if self.ticket is None or self.left(self.ticket) <= 0:
            value = f"SBXTICKET-{secrets.token_urlsafe(48)}"
            self.ticket = Token(value, "ticket", self.clock.now() + LIFE)
        return self.ticket

    # -- OAuth -------------------------------------------------------------------
    def new_code(self, openid: str, scope: str, is_snapshot: bool) -> Code:
        code = Code(secrets.token_urlsafe(24), openid, scope, self.clock.now() + CODE_LIFE, is_snapshot)
        self.codes[code.value] = code
        return code

    def spend(self, value: str) -> Code | int:
        if not value:
            return 41008
        code = self.codes.get(value)
        if code is None:
            return 40029
        if code.is_used:
            return 40163
        if self.clock.now() >= code.expires_at:
            return 42003
        code.is_used = True
        return code

    def user_token(self, code: Code) -> UserToken:
        now = self.clock.now()
        token = UserToken(
            secrets.token_urlsafe(64),
            secrets.token_urlsafe(64),
            code.openid,
            code.scope,
            now + LIFE,
            now + REFRESH_LIFE,
            code.is_snapshot,
        )
        self.user_tokens[token.value] = token
        return token

    def refreshed(self, refresh: str) -> UserToken | int:
        old = next((t for t in self.user_tokens.values() if t.refresh == refresh), None)
        if old is None:
            return 40030
        if self.clock.now() >= old.refresh_expires_at:
            return 42002
        old.value, old.expires_at = secrets.token_urlsafe(64), self.clock.now() + LIFE
        self.user_tokens[old.value] = old
        return old
