"""Do this name and this number belong together? Asked over HTTP, remembered, asked again on silence.

"They do not match" and "nobody could be asked" are different answers: the second is our trouble, is tried
again by itself, and never becomes the first (XM-35, XM-39). Calls are made by workers only.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import requests
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from core import clock, context
from core.clock import SHANGHAI
from core.db import db
from employee import rules
from employee.models import IdentityCheck

log = logging.getLogger(__name__)

TIMEOUT = (2.0, 5.0)
AT_ONCE = 8
# So many silences in a row mean that nobody is there; so long may one round take, well below a lease.
GIVE_UP, PATIENCE = 16, 20.0
ANSWERS = {"match", "mismatch", "unknown"}
# A match stays true for long; a mismatch may be a fresh correction, so the next import asks again (XM-39).
KEPT = {
    "match": dt.timedelta(days=180),
    "mismatch": dt.timedelta(minutes=10),
    "unknown": dt.timedelta(minutes=10),
}


class Ask(NamedTuple):
    """One question; `key` is its blind index."""

    key: bytes
    id_type: str
    id_number: str
    name: str


def is_asked() -> bool:
    """Is there anybody to ask?"""
    return bool(context.settings().identity_check_url)


def is_open(at: dt.datetime | None = None) -> bool:
    """Does the check answer now? Profiles may name working hours (XM-35)."""
    local = (at or clock.now()).astimezone(SHANGHAI)
    return rules.is_in_window(local, context.scheme().identity_window)


def key_of(id_type: str, id_number: str, name: str) -> bytes:
    """The blind index of one question."""
    return context.keyring().blind("identity_check", f"{id_type}|{id_number}|{name}")


def remembered(keys: Iterable[bytes]) -> dict[bytes, str]:
    """The answers that are still fresh, by key."""
    wanted, now = list(keys), clock.now()
    if not wanted:
        return {}
    rows = db.session.execute(
        select(IdentityCheck.key_bi, IdentityCheck.verdict, IdentityCheck.asked_at).where(
            IdentityCheck.key_bi.in_(wanted)
        )
    )
    return {bytes(key): verdict for key, verdict, at in rows if now - at < KEPT[verdict]}


def ask(asks: Iterable[Ask]) -> dict[bytes, str | None]:
    """The answers by key; None where nobody answered. Opens no transaction: it may take a while.

    Whoever was not asked is not in it: it stops after `PATIENCE`, and when several in a row stay silent.
    """
    url = context.settings().identity_check_url
    end, silent, answers = time.monotonic() + PATIENCE, 0, dict[bytes, str | None]()

    def put(one: Ask) -> None:
        nonlocal silent
        if silent >= GIVE_UP or time.monotonic() > end:
            return
        said = answers[one.key] = _ask_one(session, url, one)
        silent = 0 if said else silent + 1

    with requests.Session() as session, ThreadPoolExecutor(AT_ONCE) as pool:
        session.mount(url, requests.adapters.HTTPAdapter(pool_maxsize=AT_ONCE))
        list(pool.map(put, asks))
    return answers


def remember(answers: Mapping[bytes, str | None]) -> None:
    """Keep what was answered; silence is not an answer."""
    now = clock.now()
    rows = [{"key_bi": key, "verdict": said, "asked_at": now} for key, said in answers.items() if said]
    if rows:
        new = insert(IdentityCheck).values(rows)
        changes = {"verdict": new.excluded.verdict, "asked_at": new.excluded.asked_at}
        db.session.execute(new.on_conflict_do_update(index_elements=["key_bi"], set_=changes))


def forget_old() -> None:
    """Remove answers past their age."""
    longest = max(KEPT.values())
    db.session.execute(IdentityCheck.__table__.delete().where(IdentityCheck.asked_at < func.now() - longest))


def _ask_one(session: requests.Session, url: str, one: Ask) -> str | None:
    try:
        answer = session.post(
            url,
            json={"name": one.name, "id_type": one.id_type, "id_number": one.id_number},
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        found = answer.json().get("result") if answer.status_code == 200 else None
    except (requests.RequestException, ValueError, AttributeError) as error:
        log.info("the identity check did not answer", extra={"kind": type(error).__name__})
        return None
    return found if found in ANSWERS else None
