"""How is a child process started so that it cannot outlive us, not even after our kill -9?

Two ropes, since neither holds everywhere: on Linux the kernel signals each direct child when we die; on
every system a small watchdog process waits on a pipe that only we hold open and, when it breaks, ends the
children, their whole sessions and their descendants.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess  # nosec: this module's purpose
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

IS_LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1
PATIENCE = 8.0  # seconds a child gets between the polite signal and SIGKILL
_libc = ctypes.CDLL(None, use_errno=True) if IS_LINUX else None


def die_with_parent(sig: int, parent: int) -> None:
    """Ask the kernel for `sig` when `parent` is gone; end at once when it went before we could ask."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(sig))
    if os.getppid() != parent:
        os.kill(os.getpid(), sig)


class Tether:
    """Starts children and, as a context manager, stops them all in reverse order."""

    def __init__(self) -> None:
        self.children: list[tuple[subprocess.Popen[bytes], int]] = []
        held_by_watchdog, self._ours = os.pipe()
        with _own_reader(held_by_watchdog):
            self._watchdog = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-S", str(Path(__file__)), str(held_by_watchdog)],
                pass_fds=[held_by_watchdog],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def __enter__(self) -> Tether:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(
        self,
        command: Sequence[str],
        *,
        stop: int = signal.SIGTERM,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: int | None = None,
        stdin: int | IO[Any] = subprocess.DEVNULL,
        stdout: int | IO[Any] | None = None,
        stderr: int | IO[Any] | None = None,
    ) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(  # noqa: S603
            list(command),
            env=env,
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            preexec_fn=_rope(stop),
            **credentials(user),
        )
        os.write(self._ours, f"+{child.pid} {int(stop)}\n".encode())
        self.children.append((child, stop))
        return child

    def stop(self, child: subprocess.Popen[bytes], within: float = PATIENCE) -> None:
        """End one child and everything it started; returns when it is gone."""
        sig = next(sig for known, sig in self.children if known is child)
        family = relatives(child.pid)
        _signal(child.pid, sig) if child.poll() is None else None
        try:
            child.wait(within)
        except subprocess.TimeoutExpired:
            family |= relatives(child.pid)
        for pid in family | relatives(child.pid):
            _signal(pid, signal.SIGKILL)
        child.wait()
        self.children = [(known, sig) for known, sig in self.children if known is not child]
        os.write(self._ours, f"-{child.pid}\n".encode())

    def close(self) -> None:
        for child, _ in reversed(self.children):
            self.stop(child)
        os.close(self._ours)
        self._watchdog.wait()


class _own_reader:  # noqa: N801  (reads like a function where it is used)
    """The pipe's reading end belongs to the watchdog alone; ours is closed once it has been started."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)


def credentials(user: int | None) -> dict[str, Any]:
    """Popen's arguments to run as another user; PostgreSQL refuses to run as root."""
    if user is None or user == os.geteuid():
        return {}
    import pwd

    return {"user": user, "group": pwd.getpwuid(user).pw_gid, "extra_groups": []}


def _rope(stop: int) -> Callable[[], None]:
    parent = os.getpid()
    return lambda: die_with_parent(stop, parent)


def relatives(pid: int) -> set[int]:
    """Every living process of that session and every descendant, the process itself included."""
    table = list(_processes())
    found = {pid}
    while True:
        more = {p for p, parent, session in table if parent in found or session in found} - found
        if not more:
            return {p for p, _, _ in table if p in found}
        found |= more


def _processes() -> Iterable[tuple[int, int, int]]:
    """(pid, parent, session) of all living processes; the session is 0 where it cannot be learnt."""
    if not IS_LINUX:
        table = subprocess.run(["/bin/ps", "-axo", "pid=,ppid=,stat="], capture_output=True, text=True)  # noqa: S603
        rows = (line.split() for line in table.stdout.splitlines())
        yield from ((int(pid), int(parent), 0) for pid, parent, state in rows if not state.startswith("Z"))
        return
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            state, parent, _, session, *_ = (
                Path("/proc", entry, "stat").read_text(errors="replace").rpartition(")")[2].split()
            )
        except (OSError, ValueError):  # it ended while we looked
            continue
        if state not in "ZX":
            yield int(entry), int(parent), int(session)


def is_alive(pid: int) -> bool:
    return any(pid == known for known, _, _ in _processes())


def _signal(pid: int, sig: int) -> None:
    try:
        os.kill(pid, sig)
    except (ProcessLookupError, PermissionError):
        return


def watch(fd: int) -> None:
    """The watchdog's whole life: note what was started and stopped; when the pipe breaks, end the rest."""
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, signal.SIG_IGN)
    children: dict[int, int] = {}
    with os.fdopen(fd) as pipe:
        for line in pipe:
            if line.startswith("+"):
                pid, stop = line[1:].split()
                children[int(pid)] = int(stop)
            elif line.startswith("-"):
                children.pop(int(line[1:]), None)
    for child, its_stop in reversed(children.items()):
        _end(child, its_stop)


def _end(pid: int, stop: int) -> None:
    family = relatives(pid)
    _signal(pid, stop)
    for patience, sig in ((PATIENCE / 2, signal.SIGTERM), (1.0, signal.SIGKILL)):
        deadline = time.monotonic() + patience
        while (family := {p for p in family if is_alive(p)}) and time.monotonic() < deadline:
            time.sleep(0.05)
        for left in family:
            _signal(left, sig)


if __name__ == "__main__":
    watch(int(sys.argv[1]))
