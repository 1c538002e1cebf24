"""Which mass messages may be sent now? One drain at a time is at them, at each provider's own pace.

Behind every other lane, many to a call where the provider takes many, never faster than `BULK_RATES` allows
over all workers. What was taken is leased and finished like every other message (`notify.jobs`).
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, text

from core import context
from notify import outbox
from notify.channels import CHANNELS, Channel, Letter
from notify.outbox import Row
from notify.providers import Choice
from notify.rules import BULK, BULK_WECHAT, PROVIDER_OF, Outcome

CALLS_AT_ONCE = 8  # of each lane: others always find a thread
LOOK_AGAIN = 0.25
HELD_SECONDS = 3.0
EVERYBODY = "*"
USUAL_RATE = 100.0  # numbers a second of a provider that BULK_RATES does not name

HOLD = text("""
INSERT INTO sending_pace (provider, free_at, holder)
VALUES (:everybody, clock_timestamp() + make_interval(secs => :seconds), :holder)
ON CONFLICT (provider) DO UPDATE SET free_at = excluded.free_at, holder = excluded.holder
WHERE sending_pace.holder = excluded.holder OR sending_pace.free_at < clock_timestamp()
RETURNING provider
""")
LET_GO = text(
    "UPDATE sending_pace SET free_at = clock_timestamp() WHERE provider = :everybody AND holder = :holder"
)
WAIT = text(
    "SELECT extract(epoch FROM free_at - clock_timestamp())::float8"
    " FROM sending_pace WHERE provider = :provider"
)
SPEND = text("""
INSERT INTO sending_pace (provider, free_at, holder)
VALUES (:provider, clock_timestamp() + make_interval(secs => :seconds), '')
ON CONFLICT (provider) DO UPDATE
SET free_at = greatest(sending_pace.free_at, clock_timestamp()) + make_interval(secs => :seconds)
""")


class Mass:
    """One drain's part in the mass messages."""

    def __init__(self, may_wait: bool) -> None:
        self.may_wait = may_wait
        self.holder = str(uuid.uuid4())
        self.is_holding = False
        self.flying = {BULK: 0, BULK_WECHAT: 0}
        self.look_at = 0.0
        self.is_due = False

    def note(self, lane: str, calls: int) -> None:
        """So many more calls of this lane are under way."""
        if lane in self.flying:
            self.flying[lane] += calls

    def rest(self, most: float) -> bool:
        """Wait a moment for the providers; False when nothing waits for them, or somebody else does."""
        if not (self.may_wait and self.is_holding and self.is_due):
            return False
        time.sleep(min(most, max(0.0, self.look_at - time.monotonic())))
        return True

    def let_go(self, connection: Connection) -> list[list[Row]]:
        """This drain ends: another may go on at once."""
        if self.is_holding:
            connection.execute(LET_GO, {"everybody": EVERYBODY, "holder": self.holder})
            self.is_holding = False
        return []

    def take(
        self, connection: Connection, free: int, choice: Choice, are_open: Iterable[str], lease: float
    ) -> list[list[Row]]:
        """What may be sent now, a list for each call."""
        if time.monotonic() < self.look_at or free <= 0:
            return []
        ways = {BULK: choice.pick(1), BULK_WECHAT: [PROVIDER_OF[BULK_WECHAT]]}
        lanes = [
            lane
            for lane, names in ways.items()
            if names and (lane == BULK or names[0] in are_open) and outbox.is_due(connection, [lane])
        ]
        self.is_due = bool(lanes)
        self.look_at = time.monotonic() + LOOK_AGAIN
        if not lanes:
            return self.let_go(connection)
        given = {"everybody": EVERYBODY, "holder": self.holder, "seconds": HELD_SECONDS}
        self.is_holding = bool(connection.execute(HOLD, given).first())
        if not self.is_holding:
            return []
        calls: list[list[Row]] = []
        waits = []
        for lane in lanes:
            places = min(free - len(calls), CALLS_AT_ONCE - self.flying[lane])
            found, wait = _taken(connection, lane, ways[lane][0], places, lease)
            calls += found
            waits.append(wait)
        self.look_at = time.monotonic() + min(waits)
        return calls


def _taken(
    connection: Connection, lane: str, provider: str, places: int, lease: float
) -> tuple[list[list[Row]], float]:
    """Calls for the free places, and how many seconds it is not worth looking again."""
    wait = connection.execute(WAIT, {"provider": provider}).scalar() or 0.0
    if wait > 0 or places <= 0:
        return [], min(max(wait, 0.01), LOOK_AGAIN)
    rate = context.settings().bulk_rates_by_provider.get(provider, USUAL_RATE)
    calls: list[list[Row]] = []
    channel, count = CHANNELS.get(provider), 0
    most = channel.most if channel and lane == BULK else 1
    while len(calls) < places and (not count or count + most <= rate * LOOK_AGAIN):
        rows = outbox.claim(
            connection, lane, [provider] * most, lease, outbox.new_batch() if most > 1 else ""
        )
        if not rows:
            break
        calls += _alike(rows)
        count += len(rows)
    if count:
        connection.execute(SPEND, {"provider": provider, "seconds": count / rate})
    return calls, 0.0 if count else LOOK_AGAIN


def _alike(rows: Sequence[Row]) -> list[list[Row]]:
    """A call carries one kind with the same values."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        values: dict[str, Any] = json.loads(row.params)
        key = (row.kind, json.dumps([values.get("text"), values.get("values")], ensure_ascii=False))
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def send_many(channel: Channel, letters: list[Letter]) -> list[Outcome]:
    """One call for all where the provider has such a call."""
    if channel.send_many is None or len(letters) == 1 and not letters[0].batch:
        return [channel.send(letter) for letter in letters]
    return channel.send_many(letters)
