"""Which SMS provider carries the next message? By weights that move gradually, and a breaker.

A weight never flips on one error: it loses 10 points for a bad minute (more than 50 errors, or a fifth of at
least 10 calls) and wins them back minute by minute. Ten failures in a row without a success pause a provider
for a while; what could not be taken waits in the outbox or goes to another one.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, text

from core import context

FULL, STEP, LEAST = 100, 10, 5
BAD_ERRORS, BAD_SHARE, ENOUGH_CALLS = 50, 0.2, 10
STREAK, PAUSE_SECONDS = 10, 15
SLOW_SECONDS = 5.0
WECHAT, MAIL = "wechat", "mail"

READ = text(
    "SELECT provider, weight, coalesce(pause_until > clock_timestamp(), false) AS is_paused"
    " FROM provider_health"
)
NOTE = text("""
INSERT INTO provider_health (provider, weight, calls, errors, streak, window_at, pause_until)
VALUES (:provider, :full, :calls, :errors, :streak, clock_timestamp(),
  CASE WHEN :streak >= :most THEN clock_timestamp() + make_interval(secs => :pause) END)
ON CONFLICT (provider) DO UPDATE SET
  calls = provider_health.calls + :calls, errors = provider_health.errors + :errors,
  streak = :streak + CASE WHEN :errors < :calls THEN 0 ELSE provider_health.streak END,
  pause_until = CASE
    WHEN :streak + CASE WHEN :errors < :calls THEN 0 ELSE provider_health.streak END >= :most
    THEN clock_timestamp() + make_interval(secs => :pause) ELSE provider_health.pause_until END
""")
JUDGE = text("""
UPDATE provider_health SET
  weight = CASE WHEN errors > :bad OR (calls >= :enough AND errors >= calls * CAST(:share AS float8))
    THEN greatest(:least, weight - :step) ELSE least(:full, weight + :step) END,
  calls = 0, errors = 0, window_at = clock_timestamp()
WHERE window_at < clock_timestamp() - interval '60 seconds' OR errors > :bad
""")


class Choice:
    """The providers that may be called now; `pick` draws one by weight."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._names = list(weights)
        self._weights = list(weights.values())

    def __bool__(self) -> bool:
        return bool(self._names)

    def pick(self, count: int) -> list[str]:
        if not self._names:
            return []
        return random.choices(self._names, self._weights, k=count)  # noqa: S311 - spreading load


def choice(connection: Connection) -> tuple[Choice, frozenset[str]]:
    """The SMS providers that are not paused, and which of WeChat and mail may be used."""
    health = {row.provider: row for row in connection.execute(READ)}
    configured = context.settings().weighted_sms_providers
    weights = {
        name: share * (health[name].weight if name in health else FULL)
        for name, share in configured.items()
        if share > 0 and not (name in health and health[name].is_paused)
    }
    return Choice(weights), frozenset(
        name for name in (WECHAT, MAIL) if not (name in health and health[name].is_paused)
    )


def note(connection: Connection, calls: Iterable[tuple[str, bool]]) -> None:
    """Count calls: (provider, was it trouble of the provider's), in the order they ended."""
    totals: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    streaks: dict[str, int] = {}
    for provider, is_bad in calls:
        totals[provider] += 1
        errors[provider] += is_bad
        streaks[provider] = streaks.get(provider, 0) + 1 if is_bad else 0
    for provider in sorted(totals):
        given = {"calls": totals[provider], "errors": errors[provider], "streak": streaks[provider]}
        connection.execute(
            NOTE, given | {"provider": provider, "full": FULL, "most": STREAK, "pause": PAUSE_SECONDS}
        )


def judge(connection: Connection) -> None:
    """Move the weights once a minute, or at once after very many errors."""
    connection.execute(
        JUDGE,
        {
            "bad": BAD_ERRORS,
            "enough": ENOUGH_CALLS,
            "share": BAD_SHARE,
            "least": LEAST,
            "step": STEP,
            "full": FULL,
        },
    )
