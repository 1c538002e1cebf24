"""B1: what does WeChat's callback carry, whole: safe mode, freshness, dedupe, who writes, the answer?

Beside it stand the same work as plain SQL and with objects on the same server, and WeRoBot's echo, which
stores nothing, on gunicorn and on our server. Every request is signed and sealed afresh.
"""

from __future__ import annotations

import itertools
import statistics
from pathlib import Path
from urllib.parse import unquote

import psycopg
from sqlalchemy.engine import make_url

from bench.figures import Goal, Line, percentile
from bench.load import Asked, flood, pace, request
from bench.peers import chat
from bench.slowly import SlowLine
from bench.stage import Served, Size, Stage
from tests.wechat import letters

PATH = "/wechat/callback"
PEOPLE = 50
SLOW = 0.2
NAMES = ("ours", "plain SQL", "ORM", "WeRoBot on gunicorn", "WeRoBot on granian")
_message_ids = itertools.count(23_238_423_000_000_000)


def run(stage: Stage, size: Size) -> list[Line]:
    openids = _people(stage)
    servers = {
        "ours": stage.granian("app:create_app"),
        "plain SQL": stage.granian("bench.peers.plain_sql:create"),
        "ORM": stage.granian("bench.peers.orm_twin:create"),
        "WeRoBot on gunicorn": stage.gunicorn("bench.peers.echo:create"),
        "WeRoBot on granian": stage.granian("bench.peers.echo:create"),
    }
    for served in servers.values():
        flood(served.port, posts(openids, 200))
    rates: dict[str, list[float]] = {name: [] for name in servers}
    cpu: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(size.rounds):
        for name, served in servers.items():
            asked, spent = _measured(served, posts(openids, size.requests))
            rates[name].append(asked.rate)
            cpu[name].append(spent)
    lines = [
        Line("B1", "callback, whole", "requests/s", rates["ours"], rates[other], f"{other},",
             Goal(least=least), (cpu["ours"], cpu[other]))
        for other, least in zip(NAMES[1:], (0.9, 1.7, 0.8, 1.0), strict=True)
    ]  # fmt: skip
    lines.append(_at_half(servers, rates, openids, size))
    stage.stop(*servers.values())
    lines.append(_with_slow_database(stage, openids, size))
    return lines


def posts(openids: list[str], count: int) -> list[bytes]:
    """Messages 【我的】 of bound people, never twice the same."""
    found = []
    for n in range(count):
        body = letters.text("我的", openid=openids[n % len(openids)], message_id=str(next(_message_ids)))
        letter = letters.sealed(body)
        found.append(request("POST", PATH, query=letter.query, body=letter.body))
    return found


def _measured(served: Served, requests: list[bytes]) -> tuple[Asked, float]:
    before = served.cpu()
    asked = flood(served.port, requests)
    if asked.wrong:
        raise RuntimeError(f"{asked.wrong} of {len(requests)} callbacks were not answered with 200")
    return asked, (served.cpu() - before) / len(requests) * 1000


def _at_half(
    servers: dict[str, Served], rates: dict[str, list[float]], openids: list[str], size: Size
) -> Line:
    """p99 at half of what each can do."""
    slowest: dict[str, list[float]] = {"ours": [], "plain SQL": []}
    for _ in range(size.rounds):
        for name, found in slowest.items():
            rate = statistics.median(rates[name]) / 2
            asked = pace(servers[name].port, posts(openids, max(20, int(rate * 1.5))), rate)
            found.append(percentile(asked.seconds, 0.99) * 1000)
    return Line("B1", "p99 at half of capacity", "ms", slowest["ours"], slowest["plain SQL"],
                "plain SQL, ms", Goal(most=100, is_absolute=True, unit="ms"))  # fmt: skip


def _with_slow_database(stage: Stage, openids: list[str], size: Size) -> Line:
    """The slowest answer while each of the database's answers comes 200 ms late."""
    url = make_url(stage.database_url)
    slow = SlowLine(str(Path(unquote(str(url.query["host"]))) / ".s.PGSQL.5432"))
    through = url.set(host="127.0.0.1", port=slow.port, query={}).render_as_string(hide_password=False)
    worst: dict[str, list[float]] = {"app:create_app": [], "bench.peers.plain_sql:create": []}
    servers = {name: stage.granian(name, DATABASE_URL=through) for name in worst}
    for served in servers.values():
        flood(served.port, posts(openids, 400))  # opens the connections
    slow.delay = SLOW
    for _ in range(size.rounds):
        for name, served in servers.items():
            worst[name].append(max(pace(served.port, posts(openids, 8), rate=5).seconds))
    stage.stop(*servers.values())
    slow.close()
    ours, plain = worst.values()
    return Line("B1", "slowest answer, database 200 ms slow", "s", ours, plain, "plain SQL, s",
                Goal(most=1, is_absolute=True, unit="s"))  # fmt: skip


def _people(stage: Stage) -> list[str]:
    """Bound people with one returned claim each, in the product's tables and in the references'."""
    from bench.people import insured, with_claims

    with psycopg.connect(stage.plain_url, autocommit=True) as connection:
        connection.execute(chat.TABLES)
        openids = []
        with stage.app.app_context():
            for n in range(PEOPLE):
                person, openid = insured()
                with_claims(person, 1, "returned")
                openids.append(openid)
                row = connection.execute(
                    "INSERT INTO bench.person (openid, name) VALUES (%s, %s) RETURNING id", [openid, "张*国"]
                ).fetchone()
                connection.execute(
                    "INSERT INTO bench.claim (person_id, number, state) VALUES (%s, %s, 'returned')",
                    [row[0], f"BZ{n}"],
                )
    return openids
