"""`python -m bench.chaos.roster`: a roster is read, vouched for and applied while everything is killed.

Two workers and a clock have it in hand; all of them at once, or one, are struck down by SIGKILL whenever
somebody holds the import, Redis is emptied and killed, PostgreSQL crashes, and the identity check keeps three
of ten questions unanswered until the caller gives up. In the end ledgers are compared: the file, the roster,
every committed write, the result file. Then the naive pattern, on a smaller file.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import requests
from sqlalchemy import text

from bench.chaos import naive_roster
from bench.chaos.__main__ import _application, app_free
from bench.chaos.cast import ENDS, REFUSED, Cast, judged
from bench.chaos.stage import Stage, set_up
from core.access import Actor

DRAIN_WITHIN = 120.0
# What strikes while what is done; "fell" ends all workers at once, so that it never misses.
BAGS = {
    "reading": ("fell", "kill", "postgres", "fell", "redis", "kill"),
    "applying": ("fell", "kill", "flush", "fell", "postgres", "kill"),
    "vouching": ("fell", "redis", "kill", "fell", "flush", "kill"),
}
TIMEOUTS = {"service": "identity", "kind": "hang", "seconds": 1.2, "percent": 30.0}
BY = Actor("staff", uuid.UUID(int=7), "王经办", frozenset({"operator"}))
WRONG = ("lost", "phantom", "twice", "needless", "half", "open", "untrue", "blamed", "again")
PHASE = text(
    "SELECT state, lease_until > now(), EXISTS (SELECT FROM roster_import_row r WHERE r.import_id = i.id"
    " AND NOT is_applied AND verdict IN ('new', 'changed') AND identity IN ('', 'match'))"
    " FROM roster_import i ORDER BY uploaded_at DESC LIMIT 1"
)
# In one snapshot: what the import says it wrote, and what the ledger says was written.
HALF = text(
    "SELECT (SELECT count(*) FROM roster_import_row WHERE is_applied AND verdict IN ('new', 'changed')) <>"
    " (SELECT count(*) FROM chaos_write)"
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos.roster")
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--strikes", type=int, default=5, help="while it is read, applied, vouched for: each")
    parser.add_argument("--control-rows", type=int, default=120, help="0: no control")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10_000))
    given = parser.parse_args(arguments)
    ours = _ours(given.rows, given.strikes, given.seed)
    print(_line("roster", ours), flush=True)
    passed = [not any(ours[name] for name in WRONG)]
    if given.control_rows:
        control = _naive(given.control_rows, given.seed)
        print(_line("control (naive roster)", control), flush=True)
        passed.append(any(control[name] for name in ("lost", "twice", "half")))
        if not passed[1]:
            print("the control lost nothing: the faults do not bite, so the figures above prove nothing")
    print(f"{sum(passed)} passed, {len(passed) - sum(passed)} failed")
    return 0 if all(passed) else 1


def _line(name: str, found: dict[str, Any]) -> str:
    return f"{name} " + " ".join(f"{key}={value}" for key, value in found.items())


def _ours(rows: int, strikes: int, seed: int) -> dict[str, Any]:
    with set_up(seed, outside="sandbox") as stage:
        app = _application(stage)
        _turn(stage, TIMEOUTS | {"seed": seed})
        with app.app_context():
            cast = Cast(rows)
            work_id = _insist(lambda: _uploaded(cast))
            app_free()
            stage.start_workers("roster")
            storm = Storm(stage, seed)
            storm.rage("reading", strikes)
            _await("preview")
            _insist(lambda: _confirmed(work_id))
            storm.rage("applying", strikes)
            storm.rage("vouching", strikes)
            started = time.monotonic()
            _await("done")
            drain_s = time.monotonic() - started
            found = {"rows": rows, **storm.told(), **judged(cast), **_resolved(cast, work_id)}
            found |= {"half": storm.half + _is_half(), "again": _again(cast, stage)}
            app_free()
            return found | {"drain_s": round(drain_s, 1), "seed": seed}


class Storm:
    """Strikes whenever somebody holds the import, at a random moment after that."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.dice, self.half = random.Random(seed), 0
        self.counts: Counter[str] = Counter()
        self.during: Counter[str] = Counter()
        self.strikes: dict[str, Callable[[], None]] = {
            "kill": lambda: stage.tell_workers("kill"),
            "fell": lambda: stage.tell_workers("fell"),
            "flush": stage.flush_redis,
            "redis": stage.restart_redis,
            "postgres": stage.restart_postgres,
        }

    def rage(self, doing: str, strikes: int) -> None:
        for name in BAGS[doing][:strikes]:
            if not self._somebody_is(doing):
                return
            time.sleep(self.dice.uniform(0.0, 0.4))
            _, is_held, now = _phase()
            self.half += _is_half()
            self.strikes[name]()
            self.counts[name] += 1
            self.during[now] += bool(is_held)

    def _somebody_is(self, doing: str) -> bool:
        """Wait for somebody to be at it; False when that is over."""
        until = time.monotonic() + DRAIN_WITHIN
        while time.monotonic() < until:
            state, is_held, now = _phase()
            if state in ("preview", "done") or (doing, now) == ("applying", "vouching"):
                return False
            if is_held and now == doing:
                return True
            time.sleep(0.02)
        return False

    def told(self) -> dict[str, Any]:
        during = "/".join(str(self.during[name]) for name in ("reading", "vouching", "applying"))
        kinds = "/".join(str(self.counts[name]) for name in ("fell", "kill", "flush", "redis", "postgres"))
        return {
            "faults": sum(self.counts.values()),
            "during_reading/vouching/applying": during,
            "all/one/FLUSHALL/redis/postgres": kinds,
        }


def _phase() -> tuple[str, bool, str]:
    """The import's state, whether somebody holds it, and what is done with it just now."""
    state, is_held, is_ready = _asked(PHASE)
    doing = "reading" if state in ("uploaded", "reading") else "applying" if is_ready else "vouching"
    return state, bool(is_held), doing


def _is_half() -> int:
    return int(_asked(HALF)[0])


def _asked(query: Any) -> Any:
    from core.db import db

    def ask() -> Any:
        row = db.session.execute(query).one()
        db.session.remove()
        return row

    return _insist(ask)


def _insist(act: Callable[[], Any]) -> Any:
    """Like a person who presses the button again: the database may be away for a moment."""
    from sqlalchemy.exc import SQLAlchemyError

    from core.db import db

    for _ in range(200):
        try:
            return act()
        except SQLAlchemyError:
            db.session.remove()
            time.sleep(0.1)
    raise TimeoutError("the database did not come back")


def _await(state: str) -> None:
    until = time.monotonic() + DRAIN_WITHIN
    while time.monotonic() < until and _phase()[0] not in (state, "refused"):
        time.sleep(0.1)


def _turn(stage: Stage, fault: dict[str, Any]) -> None:
    url = f"http://127.0.0.1:{stage.provider_port}/faults.json"
    requests.post(url, json=fault, timeout=10).raise_for_status()


def _uploaded(cast: Cast) -> Any:
    from core.db import transaction
    from roster import service

    with transaction():
        return service.upload(cast.union, cast.file(), "名册.xlsx", BY).id


def _confirmed(work_id: Any) -> None:
    from core.db import db, transaction
    from roster import service
    from roster.models import RosterImport

    with transaction():
        work = db.session.get(RosterImport, work_id)
        if work is not None and work.state == "preview":
            service.confirm(work, BY, work.version, [])


def _resolved(cast: Cast, work_id: Any) -> dict[str, int]:
    """Does the result file say of every row what became of it, and of none that nobody was asked?"""
    from core.db import db
    from roster.models import RosterImport
    from roster.rules import states
    from tests.roster import desk

    work = db.session.get(RosterImport, work_id)
    if work is None or work.state != states.DONE:
        return {"open": len(cast.parts), "untrue": 0, "blamed": 0}
    said = desk.result_of(work)
    ends = [ENDS[part.kind] for part in cast.parts]
    written = sum(end not in (REFUSED, "没有变化") for end in ends)
    blamed = sum("暂时没有答复" in str(line["原因"]) for line in said)
    untrue = sum(line["处理结果"] != end for line, end in zip(said, ends, strict=False))
    open_ones = abs(len(said) - len(ends)) + abs(work.applied_count - written)
    return {"open": open_ones, "untrue": untrue, "blamed": blamed}


def _again(cast: Cast, stage: Stage) -> int:
    """Writes that the same file causes when it comes a second time, in peace."""
    from core.db import db

    count = text("SELECT count(*) FROM chaos_write")
    before = _asked(count)[0]
    _turn(stage, {"clear": "identity"})
    db.session.remove()
    work_id = _insist(lambda: _uploaded(cast))
    _await("preview")
    _insist(lambda: _confirmed(work_id))
    _await("done")
    return int(_asked(count)[0]) - before + (_phase()[0] != "done")


def _naive(rows: int, seed: int) -> dict[str, Any]:
    """The same people and faults, the way it is written first."""
    with set_up(seed, outside="sandbox") as stage:
        app = _application(stage)
        _turn(stage, TIMEOUTS | {"seed": seed})
        with app.app_context():
            cast = Cast(rows)
            naive_roster.prepare(cast.union, cast.file())
            app_free()
            stage.start_workers("naive_roster")
            counts, dice = Counter[str](), random.Random(seed)
            for name in ("kill", "fell", "kill", "flush"):
                time.sleep(dice.uniform(1.5, 3.0))
                stage.flush_redis() if name == "flush" else stage.tell_workers(name)
                counts[name] += 1
            until = time.monotonic() + 12.0
            while time.monotonic() < until and not _asked(naive_roster.STATE)[0]:
                time.sleep(0.2)
            is_done, told, blamed = _asked(naive_roster.STATE)
            found: dict[str, Any] = {"rows": rows, "faults": sum(counts.values()), **judged(cast)}
            written = _asked(text("SELECT count(*) FROM chaos_write"))[0]
            app_free()
            return found | {"half": abs(written - told), "open": int(not is_done), "blamed": blamed}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
