"""How does a message leave? `drain` sends what is due, `sweep` finds what was forgotten and clears up doubts.

One claim and one finish serve many rows; the calls in between run in threads, with no database connection
held. A claim is a lease: whoever is frozen for too long between claim and call does not call, and whoever
dies leaves a row that `sweep` will ask the provider about before anything is sent again.
"""

from __future__ import annotations

import contextvars
import json
import logging
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DBAPIError

from core import bell
from core.db import db
from notify import bulk, outbox, providers
from notify.channels import CHANNELS, Channel, Letter, NoAnswer
from notify.outbox import Finished, Row
from notify.rules import (
    CODES,
    LANES,
    MAIL,
    NOTICES,
    PROVIDER_OF,
    SAME_PHONE,
    WECHAT,
    Answer,
    Outcome,
    Step,
    after_asking,
    after_call,
)

log = logging.getLogger(__name__)


@dataclass
class Pace:
    """Times in seconds. A lease outlasts the longest pause we survive plus a call's timeouts."""

    lease: float = 30.0
    settle_factor: float = 1.0  # of each channel's own settle time
    ask_again: float = 60.0
    give_up: float = 3600.0  # still silent: a person must look
    drain: float = 15.0
    finish_tries: int = 20


PACE = Pace()
THREADS = 32  # a provider takes some 20 ms: with 16 the threads wait for the next claim (bench B7)
RESERVED_FOR_CODES = 3
MAILS_AT_ONCE = 4  # a mail server that hangs holds up mail and nothing else
LOOK_AGAIN = 0.25
ASKED_AT_ONCE = 50
SAME_PHONE_SECONDS = 35.0  # clouds refuse the same words to the same number within 30
INLINE = 2.0  # seconds of draining inside the sweeper when nobody can be rung


def drain(seconds: float | None = None, *, may_wait: bool = True) -> int:
    """Send what is due until nothing is, or the time is up; then somebody is rung for the rest.

    `may_wait`: for the moment when the providers take mass messages again.
    """
    with _threads() as submit:
        draining = _Draining(
            submit, time.monotonic() + (PACE.drain if seconds is None else seconds), may_wait
        )
        draining.run()
    if draining.is_cut_short:
        bell.ring("notify.drain")
    return draining.count


def catch_up() -> int:
    """The clock's own drain, in case nobody answers the bell: short, because much waits for the clock."""
    return drain(INLINE, may_wait=False)


class _Draining:
    """One run: rows in flight, results not yet written."""

    def __init__(self, submit: Callable[..., object], until: float, may_wait: bool = True) -> None:
        self.submit = submit
        self.until = until
        self.mass = bulk.Mass(may_wait)
        self.count = 0
        self.flying = 0
        self.notices_flying = 0
        self.mails_flying = 0
        self.is_cut_short = False
        self.done: queue.SimpleQueue[list[_Called]] = queue.SimpleQueue()
        self.health: tuple[providers.Choice, frozenset[str]] | None = None
        self.health_at = 0.0

    def run(self) -> None:
        while True:
            finished = self._landed()
            is_time = time.monotonic() < self.until
            taken = _through_trouble(lambda: self._turn(finished, is_time))  # noqa: B023 - called at once
            for rows, at in taken:
                self._start(rows, at)
            if not self.flying and not (is_time and self.mass.rest(LOOK_AGAIN)):
                self.is_cut_short = not is_time
                _through_trouble(self._release)
                return

    def _release(self) -> list[Any]:
        """The next drain need not wait until this one's part in the mass messages runs out."""
        if self.mass.is_holding:
            with db.engine.begin() as connection:
                self.mass.let_go(connection)
        return []

    def _landed(self) -> list[_Called]:
        """What has come back; waits for the first, but lets no new code wait behind slow calls."""
        found: list[_Called] = []
        while self.flying and (not found or not self.done.empty()):
            try:
                landed = self.done.get(timeout=LOOK_AGAIN)
            except queue.Empty:
                break
            found += landed
            self._fly(landed[0].row.lane, -1)
            self.count += len(landed)
        return found

    def _fly(self, lane: str, calls: int) -> None:
        """So many more calls are under way."""
        self.flying += calls
        self.notices_flying += calls * (lane != CODES)
        self.mails_flying += calls * (lane == MAIL)
        self.mass.note(lane, calls)

    def _turn(self, finished: Sequence[_Called], may_claim: bool) -> list[tuple[list[Row], float]]:
        """One transaction: write what came back, take what is due for the free places, a call each."""
        with db.engine.begin() as connection:
            outbox.finish(connection, [_finished(called) for called in finished])
            for called in finished:
                if called.outcome.verdict == "unreachable":
                    outbox.fall_back(connection, called.row)
            at = time.monotonic()
            calls = self._claim(connection) if may_claim else self.mass.let_go(connection)
            # Last, because every worker writes to these few rows.
            providers.note(connection, [(c.row.provider, c.is_bad) for c in finished if c.was_called])
        return [(rows, at) for rows in calls]

    def _claim(self, connection: Any) -> list[list[Row]]:
        if self.health is None or time.monotonic() > self.health_at + 1:
            self.health, self.health_at = providers.choice(connection), time.monotonic()
        choice, are_open = self.health
        free = THREADS - self.flying
        rows = outbox.claim(connection, CODES, choice.pick(free), PACE.lease)
        lanes = ((NOTICES, choice.pick), *((lane, self._named(lane, are_open)) for lane in (WECHAT, MAIL)))
        for lane, names in lanes:
            others = sum(row.lane != CODES for row in rows)
            free = min(
                THREADS - self.flying - len(rows),
                THREADS - RESERVED_FOR_CODES - self.notices_flying - others,
            )
            rows += outbox.claim(connection, lane, names(max(0, free)), PACE.lease)
        free = THREADS - RESERVED_FOR_CODES - self.notices_flying - sum(row.lane != CODES for row in rows)
        return [[row] for row in rows] + self.mass.take(connection, free, choice, are_open, PACE.lease)

    def _named(self, lane: str, are_open: frozenset[str]) -> Callable[[int], list[str]]:
        """WeChat and mail have one provider each, named like their lane."""
        most = (MAILS_AT_ONCE - self.mails_flying if lane == MAIL else THREADS) if lane in are_open else 0
        return lambda free: [lane] * min(free, most)

    def _start(self, rows: list[Row], at: float) -> None:
        self._fly(rows[0].lane, 1)
        self.submit(lambda: self.done.put(_call_many(rows, at) if len(rows) > 1 else [_call(rows[0], at)]))


@dataclass(frozen=True)
class _Called:
    """What one call came to, and how long it took."""

    row: Row
    outcome: Outcome
    seconds: float
    was_called: bool = True

    @property
    def is_bad(self) -> bool:
        return self.outcome.blames or self.seconds > providers.SLOW_SECONDS


def _call(row: Row, claimed_at: float) -> _Called:
    """Runs in a thread, without a database connection."""
    return _called([row], claimed_at, lambda channel, letters: [channel.send(letters[0])])[0]


def _call_many(rows: Sequence[Row], claimed_at: float) -> list[_Called]:
    """As `_call`, for rows with the same words that one call carries. Their number may be there only once."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.address, row)
    again = [row for row in rows if first[row.address] is not row]
    waits = Outcome("later", code=SAME_PHONE, seconds=SAME_PHONE_SECONDS)
    called = _called([*first.values()], claimed_at, bulk.send_many)
    return called + [_Called(row, waits, 0.0, was_called=False) for row in again]


def _called(
    rows: Sequence[Row], claimed_at: float, send: Callable[[Channel, list[Letter]], list[Outcome]]
) -> list[_Called]:
    started = time.monotonic()
    if started - claimed_at > PACE.lease / 3:
        return [_Called(row, Outcome("uncalled", code="paused"), 0.0, was_called=False) for row in rows]
    channel = CHANNELS.get(rows[0].provider)
    if channel is None:
        return [_Called(row, Outcome("later", code="no such provider"), 0.0) for row in rows]
    try:
        outcomes = send(channel, [_letter(row) for row in rows])
    except NoAnswer as silence:
        outcomes = [silence.outcome] * len(rows)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the message may have left
        log.error("sending failed", exc_info=error, extra={"provider": rows[0].provider})
        outcomes = [Outcome("unknown", code=type(error).__name__)] * len(rows)
    seconds = time.monotonic() - started
    # The provider is judged by calls: one that fails for two hundred numbers is one failure.
    return [
        _Called(row, outcome, seconds, not n and outcome.verdict != "uncalled")
        for n, (row, outcome) in enumerate(zip(rows, outcomes, strict=True))
    ]


def _letter(row: Row) -> Letter:
    params = json.loads(row.params)
    return Letter(str(row.id), row.kind, row.address, params, row.reference, row.unsure_for, row.age)


def _finished(called: _Called) -> Finished:
    row, outcome = called.row, called.outcome
    settle = _settle_seconds(CHANNELS.get(row.provider))
    step = after_call(
        outcome, lane=row.lane, age=row.age + called.seconds, refusals=row.refusals, settle=settle
    )
    return Finished(row, outcome.verdict, outcome.code, outcome.reference, step)


def _settle_seconds(channel: Channel | None) -> float:
    return (channel.settle if channel else 60.0) * PACE.settle_factor


@contextmanager
def _threads() -> Iterator[Callable[[Callable[[], object]], object]]:
    """Threads that see the application; leaving waits for them."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="notify") as pool:
        yield lambda work: pool.submit(contextvars.copy_context().run, work)


def _through_trouble(step: Callable[[], list[Any]]) -> list[Any]:
    """The database may be restarting: what providers have answered is worth waiting for a few seconds."""
    for left in range(PACE.finish_tries, -1, -1):
        try:
            return step()
        except DBAPIError as error:
            if not left or not error.connection_invalidated and not _is_restart(error):
                raise
            time.sleep(0.25)
    return []


def _is_restart(error: DBAPIError) -> bool:
    return type(error).__name__ in {"OperationalError", "InterfaceError"}


# --- the sweeper -------------------------------------------------------------------------------------------


def sweep() -> int:
    """Leases that ran out, doubts, unmatched reports, and messages that nobody was rung for."""
    for tidy in (
        lambda connection: outbox.expire_leases(connection, _settles()),
        lambda connection: outbox.match_receipts(connection, list(CHANNELS)),
        outbox.end_codes,
        providers.judge,
    ):
        with db.engine.begin() as connection:
            tidy(connection)
    asked = _ask_about_unknown()
    _ring_or_drain()
    return asked


def _settles() -> str:
    return json.dumps({name: _settle_seconds(channel) for name, channel in CHANNELS.items()})


def _ask_about_unknown() -> int:
    with db.engine.begin() as connection:
        rows = outbox.take_unknown(connection, ASKED_AT_ONCE, PACE.lease)
    if not rows:
        return 0
    with ThreadPoolExecutor(8, thread_name_prefix="notify") as pool:
        tasks = [(row, pool.submit(contextvars.copy_context().run, _asked, row)) for row in rows]
        answers = [(row, task.result()) for row, task in tasks]
    with db.engine.begin() as connection:
        for row, answer in answers:
            outbox.settle(connection, row, _after_asking(row, answer), answer.reference)
    return len(rows)


def _after_asking(row: Row, answer: Answer) -> Step:
    return after_asking(
        answer, lane=row.lane, unsure_for=row.unsure_for, give_up=PACE.give_up, again=PACE.ask_again
    )


def _asked(row: Row) -> Answer:
    channel = CHANNELS.get(row.provider)
    if channel is None:
        return Answer("silent")
    try:
        return channel.ask(_letter(row))
    except NoAnswer as silence:
        return Answer("silent", code=silence.outcome.code)
    except Exception as error:  # noqa: BLE001 - a provider that cannot be asked has not answered
        log.error("asking failed", exc_info=error, extra={"provider": row.provider})
        return Answer("silent", code=type(error).__name__)


def _ring_or_drain() -> None:
    """A ring may have been lost with Redis; while that is away the sweeper sends some itself."""
    with db.engine.begin() as connection:
        choice, are_open = providers.choice(connection)
        open_lanes = [
            lane for lane in LANES if (PROVIDER_OF[lane] in are_open if lane in PROVIDER_OF else choice)
        ]
        if not outbox.is_due(connection, open_lanes):
            return
    if not bell.ring("notify.drain"):
        drain(INLINE)
