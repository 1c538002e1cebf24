"""Which statements move a message through the outbox? One plain statement a step, compare-and-set, DB clock.

A row is `sending` only while `attempt` and `lease_until` say whose it is; whoever finishes it names the
attempt, so that nobody finishes what somebody else has taken up meanwhile.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from core import clock, context
from core.db import db, uuid7
from notify.channels.wire import BATCH_DOT, BATCH_SIGN
from notify.models import OutboxMessage
from notify.rules import CODE_MINUTES, DECEASED, NOTICES, Step

READ = (
    "id, kind, lane, channel, address_ct, params_ct, attempt, refusals, provider, provider_reference,"
    " extract(epoch FROM clock_timestamp() - created_at)::float8 AS age,"
    " coalesce(extract(epoch FROM clock_timestamp() - first_sent_at), 0)::float8 AS unsure_for"
)

CLAIM = text(f"""
WITH due AS MATERIALIZED (
  SELECT id, row_number() OVER () AS place FROM (
    SELECT id FROM outbox_message
    WHERE status = 'pending' AND lane = :lane AND not_before <= clock_timestamp()
      AND (lane <> 'codes' OR created_at > clock_timestamp() - make_interval(mins => {CODE_MINUTES}))
    ORDER BY not_before LIMIT :most FOR UPDATE SKIP LOCKED) AS locked),
taken AS (
  UPDATE outbox_message o SET status = 'sending', attempt = attempt + 1,
    provider = (CAST(:providers AS text[]))[due.place],
    provider_reference = CASE WHEN CAST(:batch AS text) = '' THEN ''
      ELSE CAST(:batch AS text) || '.' || encode(substr(o.address_bi, 1, 15), 'hex') END,
    first_sent_at = coalesce(first_sent_at, clock_timestamp()),
    lease_until = clock_timestamp() + make_interval(secs => CAST(:lease AS float8))
  FROM due WHERE o.id = due.id AND o.status = 'pending' RETURNING o.*),
tried AS (
  INSERT INTO outbox_attempt (id, outbox_id, attempt, provider, started_at, outcome, code)
  SELECT gen_random_uuid(), id, attempt, provider, clock_timestamp(), '', '' FROM taken)
SELECT {READ} FROM taken
""")  # noqa: S608 - constants of this module

# A clear outcome may still be written when the lease ran out meanwhile: nobody else has tried since.
FINISH = text("""
WITH told AS (
  SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS int[]), CAST(:outcomes AS text[]),
    CAST(:codes AS text[]), CAST(:refs AS text[]), CAST(:statuses AS text[]), CAST(:whys AS text[]),
    CAST(:waits AS float8[]))
  AS t(id, attempt, outcome, code, reference, status, why, wait)),
noted AS (
  UPDATE outbox_attempt a SET ended_at = clock_timestamp(), outcome = t.outcome, code = t.code
  FROM told t WHERE a.outbox_id = t.id AND a.attempt = t.attempt)
UPDATE outbox_message o SET status = t.status, why = t.why,
  refusals = CASE t.outcome WHEN 'later' THEN o.refusals + 1 ELSE o.refusals END,
  not_before = clock_timestamp() + make_interval(secs => t.wait),
  lease_until = CASE t.status WHEN 'unknown' THEN clock_timestamp() + make_interval(secs => t.wait) END,
  first_sent_at = CASE t.status WHEN 'pending' THEN NULL ELSE o.first_sent_at END,
  provider_reference = coalesce(nullif(t.reference, ''), o.provider_reference),
  final_at = CASE WHEN t.status IN ('sent', 'failed', 'cancelled', 'held') THEN clock_timestamp() END
FROM told t
WHERE o.id = t.id AND o.attempt = t.attempt AND o.status IN ('sending', 'unknown')
""")

EXPIRE = text("""
UPDATE outbox_message SET status = 'unknown', why = 'lease',
  lease_until = clock_timestamp() + make_interval(secs => coalesce(
    (CAST(:settles AS jsonb) ->> provider)::float8, 60))
WHERE status = 'sending' AND lease_until < clock_timestamp()
""")

TAKE_UNKNOWN = text(f"""
WITH due AS MATERIALIZED (
  SELECT id FROM outbox_message WHERE status = 'unknown' AND lease_until < clock_timestamp()
  ORDER BY lease_until LIMIT :most FOR UPDATE SKIP LOCKED)
UPDATE outbox_message o SET lease_until = clock_timestamp() + make_interval(secs => CAST(:lease AS float8))
FROM due WHERE o.id = due.id AND o.status = 'unknown'
RETURNING {READ.replace("id,", "o.id,", 1)}
""")  # noqa: S608 - constants of this module

SETTLE = text("""
UPDATE outbox_message SET status = CAST(:status AS text), why = CAST(:why AS text),
  not_before = clock_timestamp(),
  lease_until = CASE WHEN CAST(:status AS text) = 'unknown'
    THEN clock_timestamp() + make_interval(secs => CAST(:wait AS float8)) END,
  first_sent_at = CASE WHEN CAST(:status AS text) = 'pending' THEN NULL ELSE first_sent_at END,
  provider_reference = coalesce(nullif(CAST(:reference AS text), ''), provider_reference),
  final_at = CASE WHEN CAST(:status AS text) NOT IN ('pending', 'unknown') THEN clock_timestamp() END
WHERE id = :id AND attempt = :attempt AND status = 'unknown'
""")

END_CODES = text(f"""
UPDATE outbox_message SET status = 'cancelled', why = 'code_expired', final_at = clock_timestamp()
WHERE status = 'pending' AND lane = 'codes'
  AND created_at < clock_timestamp() - make_interval(mins => {CODE_MINUTES})
""")  # noqa: S608 - constants of this module
FORGET_CODES = text(
    "DELETE FROM outbox_message WHERE lane = 'codes' AND created_at < clock_timestamp() - interval '1 day'"
)
IS_DUE = text(
    "SELECT EXISTS (SELECT 1 FROM outbox_message"
    " WHERE status = 'pending' AND lane = ANY(:lanes) AND not_before <= clock_timestamp())"
)

# A report may come before our own commit, and twice, and in any order: what is final stays.
KEEP_RECEIPT = text("""
INSERT INTO receipt (id, provider, provider_reference, status, code, reported, at)
VALUES (:id, :provider, :reference, :status, :code, :reported, clock_timestamp())
ON CONFLICT (provider, provider_reference, status, reported) DO NOTHING
""")
_MATCH = """
WITH news AS (
  SELECT DISTINCT ON (o.id) o.id, r.status, r.code FROM receipt r JOIN outbox_message o ON {join}
  WHERE r.matched_at IS NULL AND r.provider = ANY(:providers) AND r.at > clock_timestamp() - interval '3 days'
  ORDER BY o.id, (r.status = 'delivered') DESC),
moved AS (
  UPDATE outbox_message o SET status = n.status, why = n.code, lease_until = NULL,
    final_at = clock_timestamp()
  FROM news n WHERE o.id = n.id AND o.status NOT IN ('delivered', 'failed'))
UPDATE receipt r SET matched_at = clock_timestamp() FROM outbox_message o
WHERE r.matched_at IS NULL AND r.provider = ANY(:providers) AND r.at > clock_timestamp() - interval '3 days'
  AND {join}
"""
MATCHES = tuple(
    text(_MATCH.format(join=join))
    for join in (
        "o.provider = r.provider AND o.provider_reference = r.provider_reference"
        " AND o.provider_reference <> ''",
        "o.id = CASE WHEN r.provider_reference ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'"
        " THEN r.provider_reference::uuid END",
    )
)


@dataclass(frozen=True)
class Row:
    """One message in hand, opened; `unsure_for` seconds since a call was first made for it."""

    id: uuid.UUID
    kind: str
    lane: str
    channel: str
    address: str
    params: str
    attempt: int
    refusals: int
    provider: str
    reference: str
    age: float
    unsure_for: float


def _opened(found: Any) -> Row:
    ring, row_id = context.keyring(), found.id
    address = ring.open(bytes(found.address_ct), f"{OutboxMessage.address.place}|{row_id}".encode())
    params = ring.open(bytes(found.params_ct), f"{OutboxMessage.params.place}|{row_id}".encode())
    return Row(
        row_id,
        found.kind,
        found.lane,
        found.channel,
        address.decode(),
        params.decode(),
        found.attempt,
        found.refusals,
        found.provider,
        found.provider_reference,
        found.age,
        found.unsure_for,
    )


def claim(
    connection: Connection, lane: str, providers: Sequence[str], lease: float, batch: str = ""
) -> list[Row]:
    """Take as many due rows of `lane` as there are `providers` named, one provider for each.

    `batch` names the call that will carry them all: by it, and by their numbers, they are known meanwhile.
    """
    if not providers:
        return []
    given = {"lane": lane, "most": len(providers), "providers": list(providers), "lease": lease}
    return [_opened(found) for found in connection.execute(CLAIM, given | {"batch": batch})]


def new_batch() -> str:
    """A name for one call that carries many messages."""
    return BATCH_SIGN + uuid.uuid4().hex


def batch_reference(batch: str, phone: str) -> str:
    """By what the message to this number is known that went with others; `CLAIM` writes the same."""
    return f"{batch}{BATCH_DOT}{OutboxMessage.address.blind(phone)[:15].hex()}"


@dataclass(frozen=True)
class Finished:
    """What came of one attempt, and the row's next step."""

    row: Row
    outcome: str
    code: str
    reference: str
    step: Step


def finish(connection: Connection, done: Sequence[Finished]) -> None:
    if done:
        connection.execute(
            FINISH,
            {
                "ids": [d.row.id for d in done],
                "attempts": [d.row.attempt for d in done],
                "outcomes": [d.outcome for d in done],
                "codes": [d.code[:60] for d in done],
                "refs": [d.reference[:64] for d in done],
                "statuses": [d.step.status for d in done],
                "whys": [d.step.why[:120] for d in done],
                "waits": [float(d.step.wait) for d in done],
            },
        )


def fall_back(connection: Connection, row: Row) -> None:
    """WeChat will not carry this message to this person: an SMS goes instead, once."""
    instead = json.loads(row.params).get("instead")
    if not instead:
        return
    phone = instead.pop("to")
    table: Any = OutboxMessage.__table__
    is_silent = select(table.c.id).where(table.c.id == row.id, table.c.why == DECEASED)
    if connection.execute(is_silent).first():
        return
    said = (table.c.owner_kind, table.c.owner_id, table.c.about_kind, table.c.about_id)
    found = connection.execute(select(table.c.dedupe_key, *said).where(table.c.id == row.id)).one()
    key = found.dedupe_key.replace(":wechat", ":sms")
    more = dict(zip((c.name for c in said), found[1:], strict=True))
    sms = OutboxMessage(
        dedupe_key=key, lane=NOTICES, channel="sms", kind=row.kind, address=phone,
        params=json.dumps(instead, ensure_ascii=False), **more,
    )  # fmt: skip
    values = {c.name: getattr(sms, c.key) for c in table.c if getattr(sms, c.key) is not None}
    written = insert(table).values(**values, created_at=clock.now())
    connection.execute(written.on_conflict_do_nothing(index_elements=["dedupe_key"]))


def expire_leases(connection: Connection, settles: str) -> int:
    """Rows whose sender is gone become unknown; `settles` is JSON: seconds to wait before asking."""
    return int(connection.execute(EXPIRE, {"settles": settles}).rowcount)


def take_unknown(connection: Connection, most: int, lease: float) -> list[Row]:
    return [_opened(f) for f in connection.execute(TAKE_UNKNOWN, {"most": most, "lease": lease})]


def settle(connection: Connection, row: Row, step: Step, reference: str = "") -> None:
    given = {"id": row.id, "attempt": row.attempt, "status": step.status, "why": step.why[:120]}
    connection.execute(SETTLE, given | {"wait": step.wait, "reference": reference[:64]})


def end_codes(connection: Connection) -> None:
    connection.execute(END_CODES)
    connection.execute(FORGET_CODES)


def is_due(connection: Connection, lanes: Sequence[str]) -> bool:
    return bool(connection.execute(IS_DUE, {"lanes": list(lanes)}).scalar())


def match_receipts(connection: Connection, providers: Sequence[str]) -> None:
    for statement in MATCHES:
        connection.execute(statement, {"providers": list(providers)})


# --- inside the caller's transaction ------------------------------------------------------------------------


def keep_receipt(provider: str, reference: str, status: str, code: str, reported: str) -> None:
    given: Mapping[str, object] = {
        "id": uuid7(),
        "provider": provider,
        "reference": reference[:64],
        "status": status,
        "code": code[:60],
        "reported": reported[:32],
    }
    db.session.execute(KEEP_RECEIPT, given)


def newest_without_reference(provider: str, address_bi: bytes) -> uuid.UUID | None:
    found = db.session.execute(
        text(
            "SELECT id FROM outbox_message WHERE provider = :provider AND address_bi = :address"
            " AND provider_reference = '' AND status IN ('sending', 'unknown', 'sent', 'held')"
            " AND created_at > clock_timestamp() - interval '1 day' ORDER BY first_sent_at DESC LIMIT 1"
        ),
        {"provider": provider, "address": address_bi},
    ).scalar()
    return uuid.UUID(str(found)) if found else None


def set_reference(message_id: uuid.UUID, reference: str) -> None:
    db.session.execute(
        text(
            "UPDATE outbox_message SET provider_reference = :ref WHERE id = :id AND provider_reference = ''"
        ),
        {"id": message_id, "ref": reference[:64]},
    )
