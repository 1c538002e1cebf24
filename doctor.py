"""What is wrong with this deployment, and how is it mended? `flask doctor`: one line a check.

Each check is a plain function that returns nothing when all is well and raises `Wrong(what, cure)` when not.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import click
import requests
from flask.cli import with_appcontext
from sqlalchemy import text

from config.settings import ROOT
from core import context
from core.bell import queue
from core.db import db
from notify import queries as messages
from plans import service as plans
from wechat import client
from wechat.menu import menu_of, plain
from wechat.service import errands, mappings, menus

CLOCK_TOLERANCE = 5.0
TIMEOUT = (3, 10)


class Wrong(Exception):
    """Something is wrong: what, and what to do about it."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(what)
        self.what, self.cure = what, cure


@click.command("doctor")
@with_appcontext
def command() -> None:
    """Check settings, database, queue, storage, clock, keys, WeChat, messages; exit 1 when one is wrong."""
    is_sick = False
    for name, check in CHECKS:
        trouble = _look(check)
        is_sick = is_sick or trouble is not None
        click.echo(f"{'ok   ' if trouble is None else 'WRONG'} {name}")
        if trouble:
            click.echo(f"      {trouble.what}\n      → {trouble.cure}")
    raise SystemExit(1 if is_sick else 0)


def _look(check: Callable[[], None]) -> Wrong | None:
    try:
        check()
    except Wrong as wrong:
        return wrong
    except Exception as error:  # noqa: BLE001 - an unforeseen fault is a finding too, told without its values
        return Wrong(
            type(error).__name__, "See the log of this command and the setting the check is named after."
        )
    return None


def _settings() -> None:
    settings = context.settings()
    if not settings.is_production:
        raise Wrong(f"APP_ENV is {settings.app_env}", "Set APP_ENV=production on a real deployment.")


def _database() -> None:
    with db.engine.connect() as connection:
        version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if version < 140000:
        raise Wrong(f"PostgreSQL is version {version // 10000}", "Use PostgreSQL 14 or newer.")
    if encoding != "UTF8":
        raise Wrong(
            f"the database's encoding is {encoding}",
            "Create it with ENCODING 'UTF8': names have rare characters.",
        )


def _schema() -> None:
    from alembic.config import Config  # here only: 9 MB that no web process needs to keep
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    with db.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present != newest:
        raise Wrong(
            f"the schema is at {present}, the code needs {newest}", "Run `flask --app app migrate` (release)."
        )


def _queue() -> None:
    connection = context.queue_connection()
    try:
        waiting = queue(connection).count
    except Exception:  # noqa: BLE001
        raise Wrong(
            "Redis does not answer", "Check REDIS_URL. Messages still leave, only some seconds later."
        ) from None
    if waiting > 100:
        raise Wrong(f"{waiting} rings wait", "Start the worker process: `flask --app app worker`.")


def _storage() -> None:
    try:
        context.storage().check()
    except Exception:  # noqa: BLE001
        raise Wrong(
            "the file store does not answer", "Check STORAGE_URL, its rights and its free space."
        ) from None


def _clock() -> None:
    before = time.time()
    with db.engine.connect() as connection:
        there = connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
    apart = abs(float(there) - (before + time.time()) / 2)
    if apart > CLOCK_TOLERANCE:
        raise Wrong(f"this machine and the database are {apart:.0f} s apart", "Run an NTP client on both.")


def _keys() -> None:
    sealed = context.keyring().seal(b"doctor", b"doctor")
    if context.keyring().open(sealed, b"doctor") != b"doctor":
        raise Wrong("the key ring does not open what it seals", "Check FIELD_KEYS.")


def _plans() -> None:
    if not plans.all_plans():
        raise Wrong("the scheme profile names no plan", "Add a file to [plans] of the profile.")


def _wechat_token() -> None:
    try:
        client.template_ids()
    except Exception as error:  # noqa: BLE001
        raise Wrong(
            f"WeChat gives no token ({error})", "Check WECHAT_APP_ID, WECHAT_APP_SECRET, the IP allow-list."
        ) from None


def _wechat_menu() -> None:
    """The version pushed last counts; before anything was pushed, the profile's menu."""
    wanted = menu_of(menus.wanted(), context.settings().public_url, context.scheme().link_hosts)
    if plain(client.current_menu()) != plain(wanted["button"]):
        raise Wrong(
            "WeChat shows another menu than was pushed",
            "Compare and push again at /admin/wechat/menu, or run `flask --app app wechat menu push`.",
        )


def _wechat_templates() -> None:
    missing = {mapped.template_id for mapped in mappings.in_use()} - client.template_ids()
    if missing:
        raise Wrong(
            f"WeChat has no template {', '.join(sorted(missing))}",
            "Choose another at /admin/wechat/templates, or put the account's ids into the scheme profile.",
        )


def _wechat_mappings() -> None:
    """A message without a template goes by SMS only; that may be wanted, but nobody should be surprised."""
    silent = [one.label for one in messages.by_wechat() if mappings.carrier(one.kind, one.group) is None]
    if silent:
        raise Wrong(
            f"no template carries {', '.join(silent)}: these go by SMS only",
            "Choose templates at /admin/wechat/templates.",
        )


def _wechat_errands() -> None:
    if failed := errands.newest_failures():
        raise Wrong(
            f"what was asked of WeChat last did not work: {', '.join(failed)}",
            "Open /admin/wechat: the page says why.",
        )


def _callback() -> None:
    url = f"{context.settings().public_url}/wechat/callback"
    try:
        answer = requests.get(url, timeout=TIMEOUT)
    except requests.RequestException:
        raise Wrong(f"{url} cannot be reached from here", "Check PUBLIC_URL, DNS and the proxy.") from None
    if answer.status_code >= 500:
        raise Wrong(f"{url} answers {answer.status_code}", "Look into the web process's log.")


def _held() -> None:
    if held := messages.trouble()["held"]:
        raise Wrong(
            f"{held} messages are held: the provider did not say what became of them", "Decide in 通知记录."
        )


CHECKS: tuple[tuple[str, Callable[[], None]], ...] = (
    ("settings are for production", _settings),
    ("database answers and keeps rare characters", _database),
    ("schema is the newest", _schema),
    ("queue answers and is worked on", _queue),
    ("storage takes and gives files", _storage),
    ("clocks agree", _clock),
    ("keys seal and open", _keys),
    ("plans load", _plans),
    ("WeChat gives a token", _wechat_token),
    ("WeChat shows our menu", _wechat_menu),
    ("WeChat has our templates", _wechat_templates),
    ("every message has a template", _wechat_mappings),
    ("what staff asked of WeChat was done", _wechat_errands),
    ("callback can be reached", _callback),
    ("no message is held", _held),
)
