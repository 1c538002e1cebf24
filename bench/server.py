"""B12: what does the web server of `make run` and the Procfile give, against gunicorn's threads?

The same application behind both, 32 connections: ours as shipped (two processes of eight threads), gunicorn's
two of four.
"""

from __future__ import annotations

from bench.figures import Goal, Line, percentile
from bench.load import flood, request
from bench.stage import Size, Stage

PAGE = "/h5/articles"  # one query, a short list


def run(stage: Stage, size: Size) -> list[Line]:
    _ = stage.app  # the tables are there
    return _compared(
        stage, size, "a page with a query", "app:create_app", PAGE, size.requests // 2
    ) + _compared(
        stage, size, "hello", "bench.peers.hello:create", "/healthz", size.requests * 2, is_floor=True
    )


def _compared(
    stage: Stage, size: Size, what: str, target: str, path: str, count: int, *, is_floor: bool = False
) -> list[Line]:
    servers = {"granian": stage.granian(target), "gunicorn": stage.gunicorn(target)}
    rates: dict[str, list[float]] = {name: [] for name in servers}
    waits: dict[str, list[float]] = {name: [] for name in servers}
    cpu: dict[str, list[float]] = {name: [] for name in servers}
    requests = [request("GET", path)] * count
    for served in servers.values():
        flood(served.port, requests[: count // 3])
    for _ in range(size.rounds):
        for name, served in servers.items():
            before = served.cpu()
            asked = flood(served.port, requests)
            if asked.wrong:
                raise RuntimeError(f"{asked.wrong} answers of {path} are not 200")
            rates[name].append(asked.rate)
            waits[name].append(percentile(asked.seconds, 0.99) * 1000)
            cpu[name].append((served.cpu() - before) / count * 1000)
    stage.stop(*servers.values())
    goals = (None, None) if is_floor else (Goal(least=1.6), Goal(most=0.6))
    return [
        Line("B12", f"{what}, on granian", "requests/s", rates["granian"], rates["gunicorn"],
             "gunicorn gthread 2×4,", goals[0], (cpu["granian"], cpu["gunicorn"])),
        Line("B12", f"{what}, p99 of 32 at once", "ms", waits["granian"], waits["gunicorn"],
             "gunicorn, ms", goals[1]),
    ]  # fmt: skip
