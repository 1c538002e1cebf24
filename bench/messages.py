"""B7, first half: how fast do thousands of different messages leave, one POST of 20 ms each?

Ours: the outbox, drained by the worker of the Procfile. Beside it stands dramatiq with its usual processes
and threads and no outbox: what is lost or sent twice there, nobody knows. Rates count from the first message
that the gateway took to the last; a message that is missing or came twice ends the benchmark.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from bench.figures import Goal, Line
from bench.stage import ROOT, Size, Stage, cpu_of
from core import bell
from core.db import db, transaction
from notify import service
from notify.recipients import Recipient
from tools.tether import relatives

PATIENCE = 90.0


def run(stage: Stage, size: Size) -> list[Line]:
    gateway = stage.tether.start([sys.executable, "-m", "bench.peers.gateway", str(stage.sandbox_port)])
    _await(stage)
    rates: dict[str, list[float]] = {"ours": [], "dramatiq": []}
    cpu: dict[str, list[float]] = {"ours": [], "dramatiq": []}
    for _ in range(size.rounds):
        for name, prepare, program in (("ours", _say, OURS), ("dramatiq", _enqueue, DRAMATIQ)):
            _ask(stage, "reset", b"{}")
            prepare(stage, size.messages)
            with _working(stage, program) as pid:
                rates[name].append(_sent(stage, size.messages))
                cpu[name].append(sum(map(cpu_of, relatives(pid))) / size.messages * 1000)
    stage.tether.stop(gateway)
    return [
        Line("B7", f"{size.messages:,} different messages, 20 ms each", "messages/s", rates["ours"],
             rates["dramatiq"], "dramatiq, no outbox,", Goal(least=1.2), (cpu["ours"], cpu["dramatiq"]))
    ]  # fmt: skip


OURS = [sys.executable, "-m", "flask", "--app", "app", "worker"]
DRAMATIQ = [sys.executable, "-m", "dramatiq", "bench.peers.actors"]


def _say(stage: Stage, count: int) -> None:
    """So many messages to as many people in the outbox, and one ring of the bell."""
    with stage.app.app_context():
        for start in range(0, count, 500):
            with transaction():
                for n in range(start, min(start + 500, count)):
                    to = Recipient(phone=f"1{3_000_000_000 + n}")
                    about = ("claim", uuid.uuid4(), f"BZ{n}")
                    service.send("claim_submitted", employee=uuid.uuid4(), about=about, to=to,
                                 dedupe=f"bench:{uuid.uuid4()}")  # fmt: skip
        db.session.execute(text("ANALYZE outbox_message"))
        db.session.commit()
        bell.ring("notify.drain")


def _enqueue(stage: Stage, count: int) -> None:
    os.environ.update(REDIS_URL=stage.redis_url, SANDBOX_PORT=str(stage.sandbox_port))
    from bench.peers.actors import send

    for n in range(count):
        send.send(str(uuid.uuid4()), f"1{3_000_000_000 + n}", "您的补助申请已提交，进度可在个人中心查看。")


@contextmanager
def _working(stage: Stage, program: list[str]) -> Iterator[int]:
    process = stage.tether.start(program, env=stage.environ, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        stage.tether.stop(process)


def _sent(stage: Stage, count: int) -> float:
    """Messages a second, once all are there; a message that came twice ends the benchmark."""
    deadline = time.monotonic() + PATIENCE
    while (told := _ask(stage, "ledger"))["taken"] < count and time.monotonic() < deadline:
        time.sleep(0.2)
    if told["taken"] != count or told["different"] != count:
        raise RuntimeError(f"{count} messages were said, {told} is what the gateway has")
    return float(count / told["seconds"])


def _ask(stage: Stage, page: str, body: bytes | None = None) -> dict[str, float]:
    url = f"http://127.0.0.1:{stage.sandbox_port}/{page}"
    with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=20) as answer:
        return dict(json.load(answer))


def _await(stage: Stage, within: float = 20.0) -> None:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            _ask(stage, "ledger")
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the gateway does not answer")
