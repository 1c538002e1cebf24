"""How are thousands told the same thing? A chunk a transaction: read in bulk, each sealed, written at once.

`send_many` is `notify.service.send` for a crowd. What it says differs from person to person only in whom it
reaches, so the words are made once; each row is still sealed for itself. Who was told already (the inbox row
is there) is passed over, so a job may be killed anywhere and begin again.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select, text

from core import bell, context
from core.db import after_commit, db, new_ids
from notify.messages import Notice, needed, notice
from notify.models import InboxMessage, OutboxMessage
from notify.recipients import Recipient, find_many
from notify.rules import BULK, BULK_WECHAT
from notify.wording import DRAIN, NOTHING, About, filled, sms_params, wechat_params
from wechat.service import consents

CHUNK = 2000
OWNER = "employee"

INBOX = text("""
INSERT INTO inbox_message (id, dedupe_key, owner_kind, owner_id, kind, title, text_ct, link, created_at)
SELECT t.id, :dedupe || ':' || t.owner_id, :owner_kind, t.owner_id, :kind, :title, t.content, :link,
  clock_timestamp()
FROM unnest(CAST(:ids AS uuid[]), CAST(:owners AS uuid[]), CAST(:texts AS bytea[]))
  AS t(id, owner_id, content)
ON CONFLICT (dedupe_key) DO NOTHING RETURNING owner_id
""")
OUTBOX = text("""
INSERT INTO outbox_message (id, dedupe_key, lane, channel, kind, owner_kind, owner_id, about_kind, about_id,
  address_ct, address_bi, params_ct, status, why, attempt, refusals, provider, provider_reference, created_at)
SELECT t.id, :dedupe || ':' || t.owner_id || ':' || :channel, :lane, :channel, :kind, :owner_kind, t.owner_id,
  :about_kind, CAST(:about_id AS uuid), t.address, t.found_by, t.params, 'pending', '', 0, 0, '', '',
  clock_timestamp()
FROM unnest(CAST(:ids AS uuid[]), CAST(:owners AS uuid[]), CAST(:addresses AS bytea[]),
  CAST(:indexes AS bytea[]), CAST(:params AS bytea[])) AS t(id, owner_id, address, found_by, params)
ON CONFLICT (dedupe_key) DO NOTHING
""")


def send_many(
    kind: str,
    employees: Select[Any],
    *,
    about: About = NOTHING,
    values: Mapping[str, str] | None = None,
    dedupe: str,
    after: uuid.UUID | None = None,
    most: int = CHUNK,
) -> uuid.UUID | None:
    """Tell the next `most` of `employees` (a query for ids) after `after`; the last one, or None at the end.

    Everybody gets an inbox row, and SMS and WeChat rows in lanes behind every other message; the dead get
    nothing. Keep the answer in the same transaction as the cursor of the next call. `dedupe` is one for all.
    """
    if missing := needed(kind) - set(values or {}):
        raise ValueError(f"{kind} needs {', '.join(sorted(missing))}")
    ids = _next(employees, after, most)
    if not ids:
        return None
    reached = find_many(OWNER, ids)
    living = [one for one in ids if one not in reached or not reached[one].is_deceased]
    telling = _Telling(kind, about, filled(about, values or {}), dedupe)
    fresh = telling.inbox(living)
    telling.outbox({one: reached[one] for one in living if one in fresh and one in reached})
    after_commit(lambda: bell.ring(DRAIN))
    return ids[-1] if len(ids) == most else None


def _next(employees: Select[Any], after: uuid.UUID | None, most: int) -> list[uuid.UUID]:
    found = employees.subquery()
    key = found.c[0]
    query = select(key).order_by(key).limit(most)
    return list(db.session.scalars(query.where(key > after) if after else query))


class _Telling:
    """One thing that is said, and to whom it is written."""

    def __init__(self, kind: str, about: About, filling: Mapping[str, str], dedupe: str) -> None:
        self.words: Notice = notice(kind)
        self.filling, self.ring = filling, context.keyring()
        self.same = {"dedupe": dedupe, "kind": kind, "owner_kind": OWNER}
        self.about = {"about_kind": about[0], "about_id": about[1]}

    def inbox(self, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        """Whose inbox this came to now."""
        words, place = self.words, f"{InboxMessage.text.place}|"  # type: ignore[attr-defined]
        content, seal = words.text.format(**self.filling).encode(), self.ring.seal
        rows = new_ids(len(ids))
        given = {
            "ids": rows,
            "owners": list(ids),
            "texts": [seal(content, f"{place}{row}".encode()) for row in rows],
            "title": words.title.format(**self.filling),
            "link": words.link.format(**self.filling),
        }
        return set(db.session.scalars(INBOX, self.same | given)) if ids else set()

    def outbox(self, people: Mapping[uuid.UUID, Recipient]) -> None:
        """SMS and WeChat as `send` would choose them, for each by what they want and can get."""
        by_wechat = self._carried(people)
        sms = json.dumps(sms_params(self.words, self.filling), ensure_ascii=False)
        is_legal = self.words.is_legal
        texted = {
            one: (to.phone, sms)
            for one, to in people.items()
            if to.phone and (to.wants_sms or is_legal or (to.openid and one not in by_wechat))
        }
        self._write("sms", BULK, texted)
        said = {one: (people[one].openid, self._by_wechat(people[one], one in texted)) for one in by_wechat}
        self._write("wechat", BULK_WECHAT, said)

    def _carried(self, people: Mapping[uuid.UUID, Recipient]) -> set[uuid.UUID]:
        openids = {to.openid: one for one, to in people.items() if to.openid}
        able = consents.carries_many(self.same["kind"], self.words.wechat.template, list(openids))
        return {openids[openid] for openid in able}

    def _by_wechat(self, to: Recipient, is_texted: bool) -> str:
        params = wechat_params(self.words, self.filling)
        if to.phone and not is_texted:  # should WeChat refuse this person after all (43101)
            params["instead"] = {"to": to.phone, **sms_params(self.words, self.filling)}
        return json.dumps(params, ensure_ascii=False)

    def _write(self, channel: str, lane: str, said: Mapping[uuid.UUID, tuple[str, str]]) -> None:
        if not said:
            return
        seal, blind = self.ring.seal, self.ring.blind
        address, params = OutboxMessage.address.place, f"{OutboxMessage.params.place}|"  # type: ignore[attr-defined]
        rows = list(zip(new_ids(len(said)), said.values(), strict=True))
        given = {
            "ids": [row for row, _ in rows],
            "owners": list(said),
            "addresses": [seal(to.encode(), f"{address}|{row}".encode()) for row, (to, _) in rows],
            "indexes": [blind(address, to) for _, (to, _) in rows],
            "params": [seal(words.encode(), f"{params}{row}".encode()) for row, (_, words) in rows],
        }
        db.session.execute(OUTBOX, self.same | self.about | given | {"channel": channel, "lane": lane})
