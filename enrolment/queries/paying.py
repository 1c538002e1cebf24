"""Which enrolments wait for their money, and which transfers fit them? For operators and finance (A9)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import String

from core import keyset
from core.access import Actor
from core.db import db
from core.errors import Missing
from enrolment.models import BankReceipt, Enrolment, FeeAccount, ReceiptShare, Voucher
from enrolment.rules import AWAITING_VOUCHER, CONFIRMING, DONE
from enrolment.rules import paying as rules
from union import queries as unions

PAGE = 30
STATES = (CONFIRMING, AWAITING_VOUCHER, DONE)
MOST_CANDIDATES = 20
_E, _R = Enrolment, BankReceipt


class DueLine(NamedTuple):
    """One enrolment in finance's list."""

    number: str
    union_name: str
    plan_code: str
    state: str
    due_fen: int
    voucher_fen: int
    arrived_fen: int
    state_at: dt.datetime
    id: uuid.UUID


def find(number: str, actor: Actor, *roles: str) -> Enrolment:
    """The enrolment, if one of these roles of `actor` reaches its union. Raises `Missing`."""
    row = db.session.scalar(select(_E).where(_E.number == number))
    if row is None or not actor.within(unions.chain_of(row.union_id)).has(*roles):
        raise Missing
    return row


def listed(state: str, part: str = "", *, before: str = "", after: str = "") -> keyset.Turn:
    """One state's enrolments, what waits longest first; `part` is of the union's name or the number."""
    query: Any = select(
        _E.number,
        _E.union_name,
        _E.plan_code,
        _E.state,
        func.coalesce(_E.fee_due_fen, 0).label("due_fen"),
        _sum(Voucher.amount_fen, Voucher.enrolment_id, Voucher.removed_at.is_(None)).label("voucher_fen"),
        _sum(ReceiptShare.amount_fen, ReceiptShare.enrolment_id).label("arrived_fen"),
        _E.state_at,
        _E.id,
    ).where(_E.state == state)
    if part:
        query = query.where(or_(_E.union_name.icontains(part, autoescape=True), _E.number == part.upper()))
    keys = (_E.state_at, _E.id)
    found = keyset.turn(query, keys, PAGE, before=before, after=after, newest=state == DONE)
    return found._replace(rows=[DueLine(*row) for row in found.rows])


def _sum(amount: Any, of: Any, *also: ColumnElement[bool]) -> Any:
    total = cast(func.coalesce(func.sum(amount), 0), BigInteger)
    return select(total).where(of == _E.id, *also).scalar_subquery()


def counts() -> dict[str, int]:
    """How many are in each state that finance looks at; the finished ones are not counted."""
    query = select(_E.state, func.count()).where(_E.state.in_((CONFIRMING, AWAITING_VOUCHER)))
    return {row[0]: int(row[1]) for row in db.session.execute(query.group_by(_E.state))}


# --- which transfer is it? ----------------------------------------------------------------------------------


class Candidate(NamedTuple):
    """A transfer that may be meant, and how well it fits."""

    id: uuid.UUID
    reference: str
    on: dt.date
    amount_fen: int
    left_fen: int
    payer: str
    memo: str
    is_for_several: bool
    match: rules.Match


def candidates(enrolment: Enrolment) -> list[Candidate]:
    """Transfers with something left that may be for this enrolment, the best first."""
    owed = owed_of([enrolment])[enrolment.id]
    return _fitting(enrolment, owed, _open(_may_be(owed)))


def owed_of(enrolments: Sequence[Any]) -> dict[uuid.UUID, rules.Owed]:
    """What each still waits for, with whatever may tell its transfer; a statement for each kind of row."""
    ids = [one.id for one in enrolments]
    rows = db.session.scalars(
        select(Voucher).where(Voucher.enrolment_id.in_(ids), Voucher.removed_at.is_(None))
    )
    vouchers: dict[uuid.UUID, list[Voucher]] = {}
    for row in rows:
        vouchers.setdefault(row.enrolment_id, []).append(row)
    payers: dict[uuid.UUID, set[str]] = {one.id: {one.union_name} for one in enrolments}
    for account in db.session.scalars(select(FeeAccount).where(FeeAccount.enrolment_id.in_(ids))):
        payers[account.enrolment_id].add(account.account_name or "")
    arrived = dict(
        db.session.execute(
            select(ReceiptShare.enrolment_id, func.sum(ReceiptShare.amount_fen))
            .where(ReceiptShare.enrolment_id.in_(ids))
            .group_by(ReceiptShare.enrolment_id)
        ).all()
    )  # type: ignore[arg-type]
    return {
        one.id: rules.Owed(
            one.number,
            (one.fee_due_fen or 0) - int(arrived.get(one.id, 0)),
            _plain([*payers[one.id], *(row.payer or "" for row in vouchers.get(one.id, []))]),
            [row.paid_on for row in vouchers.get(one.id, [])],
            [row.amount_fen for row in vouchers.get(one.id, [])],
        )
        for one in enrolments
    }


def _plain(names: Iterable[str]) -> frozenset[str]:
    return frozenset(rules.plain_name(name) for name in names if name)


def _may_be(owed: rules.Owed) -> ColumnElement[bool]:
    """By number, by sum, by payer: each has its index."""
    payers = [_R.payer.blind(name) for name in owed.payers]  # type: ignore[union-attr]
    left = _R.amount_fen - _R.shared_fen
    sums = [*owed.voucher_fens, owed.left_fen]
    return or_(
        _R.named.contains(literal([owed.number], ARRAY(String(32)))),
        left.in_(sums),
        _R.__table__.c.payer_bi.in_(payers),
    )


def _open(which: ColumnElement[bool]) -> list[BankReceipt]:
    query = select(_R).where(_R.shared_fen < _R.amount_fen, which)
    return list(db.session.scalars(query.order_by(_R.received_on.desc(), _R.id.desc()).limit(200)))


def _fitting(enrolment: Enrolment, owed: rules.Owed, rows: Sequence[BankReceipt]) -> list[Candidate]:
    found = []
    for row in rows:
        left = row.amount_fen - row.shared_fen
        came = rules.Came(row.named, left, row.payer or "", row.received_on)
        if fits := rules.match(owed, came):
            found.append(
                Candidate(
                    row.id, row.reference, row.received_on, row.amount_fen, left, row.payer or "",
                    row.memo or "", len(row.named) > 1, fits,
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: (-one.match.points, one.on))[:MOST_CANDIDATES]


def best_of(lines: Sequence[DueLine]) -> dict[uuid.UUID, rules.Match]:
    """For each line of a page the best transfer that is left, in a handful of statements for the page."""
    if not lines:
        return {}
    rows = db.session.scalars(select(_E).where(_E.id.in_([line.id for line in lines]))).all()
    owed = {key: one for key, one in owed_of(rows).items() if one.left_fen > 0}
    if not owed:
        return {}
    came = [
        rules.Came(row.named, row.amount_fen - row.shared_fen, row.payer or "", row.received_on)
        for row in _open(or_(*(_may_be(one) for one in owed.values())))
    ]
    return {key: found for key, one in owed.items() if (found := rules.best(one, came))}


# --- all transfers ------------------------------------------------------------------------------------------


class ReceiptLine(NamedTuple):
    """One transfer in the list."""

    id: uuid.UUID
    received_on: dt.date
    reference: str
    payer: str
    memo: str
    amount_fen: int
    left_fen: int
    named: list[str]
    entered_by_label: str


def receipts(*, is_open: bool = True, reference: str = "", before: str = "", after: str = "") -> keyset.Turn:
    """Transfers, the newest first; `is_open` are those with something left to give."""
    query: Any = select(
        _R.id, _R.received_on, _R.reference, _R.payer_ct, _R.memo_ct, _R.amount_fen, _R.shared_fen, _R.named,
        _R.entered_by_label,
    )  # type: ignore[attr-defined] # fmt: skip
    if is_open:
        query = query.where(_R.shared_fen < _R.amount_fen)
    if reference:
        query = query.where(_R.reference == reference)
    found = keyset.turn(query, (_R.received_on, _R.id), PAGE, before=before, after=after, newest=True)
    return found._replace(rows=[_receipt(row) for row in found.rows])


def _receipt(row: Any) -> ReceiptLine:
    return ReceiptLine(
        row.id,
        row.received_on,
        row.reference,
        _R.payer.of(row) or "",  # type: ignore[union-attr]
        _R.memo.of(row) or "",  # type: ignore[union-attr]
        row.amount_fen,
        row.amount_fen - row.shared_fen,
        row.named,
        row.entered_by_label,
    )


def numbers_of_shares(receipt_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[tuple[str, int]]]:
    """For each transfer: the enrolments that got something of it, and how much."""
    query = (
        select(ReceiptShare.receipt_id, _E.number, ReceiptShare.amount_fen)
        .join(_E, _E.id == ReceiptShare.enrolment_id)
        .where(ReceiptShare.receipt_id.in_(receipt_ids))
        .order_by(_E.number)
    )
    found: dict[uuid.UUID, list[tuple[str, int]]] = {}
    for receipt_id, number, amount_fen in db.session.execute(query):
        found.setdefault(receipt_id, []).append((number, amount_fen))
    return found
