"""How does the whole system start on one machine? `make run`; README's first command."""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from tools import embedded
from tools.supervise import Failed, Stopped, Supervisor, end_with_parent, stop_on_signals
from tools.tether import Tether

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
FLASK = (PYTHON, "-m", "flask", "--app", "app")
LOOPBACK = "127.0.0.1"
ANSWER_WITHIN = 60.0
# Two: while one reads a roster the other sends the verification codes.
WORKERS = ("worker", "worker-2")


def main(arguments: list[str]) -> int:
    stop_on_signals()
    is_orphan = end_with_parent() if "--with-parent" in arguments else lambda: False
    try:
        _run(os.environ, is_orphan)
    except Stopped:
        print("Stopped.", flush=True)
        return 0
    except (Failed, embedded.CannotStart) as refusal:
        print(f"{refusal}", file=sys.stderr, flush=True)
        return 1
    return 0


def _run(given: Mapping[str, str], is_orphan: Callable[[], bool]) -> None:
    data_dir = Path(given.get("DATA_DIR") or ROOT / ".local").resolve()
    ports = {name: _port(given, name, usual) for name, usual in (("PORT", 8000), ("SANDBOX_PORT", 8001))}
    if len(set(ports.values())) < len(ports):
        raise Failed("PORT and SANDBOX_PORT must differ")
    for name, port in ports.items():
        _must_be_free(name, port)
    data_dir.mkdir(parents=True, exist_ok=True)
    with _only_one(data_dir), Tether() as tether:
        supervisor = Supervisor(tether)
        try:
            env = _environment(given, tether, data_dir, ports)
            _start(supervisor, env, ports)
            while not is_orphan():
                supervisor.check()
                time.sleep(0.2)
        finally:
            supervisor.stop()


def _environment(
    given: Mapping[str, str], tether: Tether, data_dir: Path, ports: Mapping[str, int]
) -> dict[str, str]:
    """What each program runs with: what was given, and servers of our own for what was not."""
    env = {
        **given,
        **{name: str(port) for name, port in ports.items()},
        "DATA_DIR": str(data_dir),
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
    }
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # six processes compiling every module: seconds of each start
    if not _is_given("DATABASE_URL", given):
        env["DATABASE_URL"] = embedded.start_postgres(tether, data_dir)
    if not _is_given("REDIS_URL", given):
        env["REDIS_URL"] = embedded.start_redis(tether)
    return env


def _is_given(name: str, given: Mapping[str, str]) -> bool:
    return bool(given.get(name) or given.get(f"{name}_FILE"))


def _start(supervisor: Supervisor, env: Mapping[str, str], ports: Mapping[str, int]) -> None:
    web, sandbox = (f"http://{LOOPBACK}:{ports[name]}" for name in ("PORT", "SANDBOX_PORT"))
    if not (ROOT / "static" / "vendor" / "manifest.json").exists():
        supervisor.run("assets", [PYTHON, "-m", "tools.assets"], env)
    sign_ins = Path(env["DATA_DIR"]) / "sign-ins"
    sign_ins.unlink(missing_ok=True)
    supervisor.start("sandbox", [PYTHON, "-m", "sandbox"], env)
    supervisor.run("prepare", [PYTHON, "-m", "tools.prepare", str(sign_ins)], env)
    supervisor.start("web", _web(env, ports["PORT"]), env)
    supervisor.await_answer(f"{sandbox}/healthz", ANSWER_WITHIN)
    supervisor.await_answer(f"{web}/healthz", ANSWER_WITHIN)
    for name in WORKERS:
        supervisor.start(name, [*FLASK, "worker"], env)
    supervisor.start("clock", [*FLASK, "clock"], env)
    _welcome(supervisor, web, sandbox, sign_ins)


def _web(env: Mapping[str, str], port: int) -> list[str]:
    """The same server as the Procfile's, on loopback only."""
    command = [PYTHON, "-m", "granian", "--interface", "wsgi", "--factory", "--no-ws"]
    command += ["--host", LOOPBACK, "--port", str(port), "--workers", env.get("WEB_WORKERS") or "2"]
    # "error": its warning that eight threads are many; with four, eight uploads held up everybody (bench B4)
    command += ["--blocking-threads", env.get("WEB_THREADS") or "8", "--log-level", "error"]
    return [*command, "--workers-kill-timeout", "3", "app:create_app"]


def _welcome(supervisor: Supervisor, web: str, sandbox: str, sign_ins: Path) -> None:
    lines = (
        "",
        "Huzhu is running; everything outside it is played by the sandbox.",
        f"  Phone (follow, bind, file a claim)   {sandbox}/phone",
        f"  Admin (review, pay)                  {web}/admin/",
        f"  SMS inbox                            {sandbox}/sms",
        f"  Bank's desk                          {sandbox}/bank",
        f"  Fault switchboard                    {sandbox}/faults",
    )
    for line in lines:
        supervisor.say(line)
    if sign_ins.exists():
        supervisor.say(sign_ins.read_text("utf-8").rstrip())
        sign_ins.unlink()
    supervisor.say("\nCtrl-C stops all of it; the data stays.\n")


def _port(given: Mapping[str, str], name: str, usual: int) -> int:
    text = given.get(name) or str(usual)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Failed(f"{name} must be a number from 1 to 65535, not {text!r}")
    return int(text)


def _must_be_free(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise Failed(f"Port {port} is taken; choose another: {name}={port + 10} make run") from None


def _only_one(data_dir: Path) -> IO[bytes]:
    """The lock on the data; the kernel lets go of it however we end."""
    lock = (data_dir / "run.lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Failed(
            f"Another copy runs on {data_dir}; give this one its own: "
            "DATA_DIR=.local-2 PORT=8010 SANDBOX_PORT=8011 make run"
        ) from None
    return lock


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
