"""Which invoices are there, for whom, and which enrolments still wait for theirs? (A10)"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, NamedTuple

from sqlalchemy import Select, or_, select

from core import keyset
from core.access import Actor
from core.db import db
from core.errors import Missing
from enrolment.models import Enrolment, Invoice
from enrolment.rules import DONE
from union import queries as unions

PAGE = 30
_E, _I = Enrolment, Invoice


class InvoiceLine(NamedTuple):
    """One row of the list."""

    id: uuid.UUID
    number: str
    issued_on: dt.date
    amount_fen: int
    has_file: bool
    is_void: bool
    enrolment: str
    union_name: str
    plan_code: str


class Wanting(NamedTuple):
    """A confirmed enrolment without an invoice."""

    id: uuid.UUID
    number: str
    union_name: str
    plan_code: str
    paid_fen: int
    confirmed_at: dt.datetime


def places(actor: Actor, *roles: str) -> Select[uuid.UUID] | None:
    """The unions whose invoices `actor` may see; None means all."""
    return unions.places_of(actor, *roles)


def listed(
    where: Select[uuid.UUID] | None,
    *,
    plan: str = "",
    state: str = "",
    part: str = "",
    before: str = "",
    after: str = "",
) -> keyset.Turn:
    """Invoices, the newest first; `part` is of the union's name, or an invoice's or enrolment's number."""
    query: Any = select(
        _I.id,
        _I.number,
        _I.issued_on,
        _I.amount_fen,
        _I.file_id.is_not(None).label("has_file"),
        _I.voided_at.is_not(None).label("is_void"),
        _E.number.label("enrolment"),
        _E.union_name,
        _E.plan_code,
    ).join(_E, _E.id == _I.enrolment_id)
    if where is not None:
        query = query.where(_I.union_id.in_(where))
    if plan:
        query = query.where(_E.plan_code == plan)
    if state:
        query = query.where(_I.voided_at.is_(None) if state == "issued" else _I.voided_at.is_not(None))
    if part:
        by_name = _E.union_name.icontains(part, autoescape=True)
        query = query.where(or_(by_name, _I.number == part, _E.number == part.upper()))
    found = keyset.turn(query, (_I.issued_on, _I.id), PAGE, before=before, after=after, newest=True)
    return found._replace(rows=[InvoiceLine(*row) for row in found.rows])


def wanting(where: Select[uuid.UUID] | None, *, before: str = "", after: str = "") -> keyset.Turn:
    """Confirmed enrolments that have no invoice yet, the longest waiting first."""
    has_one = select(_I.id).where(_I.enrolment_id == _E.id, _I.voided_at.is_(None)).exists()
    query: Any = select(
        _E.id, _E.number, _E.union_name, _E.plan_code, _E.fee_paid_fen.label("paid_fen"), _E.confirmed_at
    ).where(_E.state == DONE, ~has_one, _E.fee_paid_fen > 0)
    if where is not None:
        query = query.where(_E.union_id.in_(where))
    found = keyset.turn(query, (_E.confirmed_at, _E.id), PAGE, before=before, after=after)
    return found._replace(rows=[Wanting(*row) for row in found.rows])


def find(invoice_id: uuid.UUID, actor: Actor, *roles: str) -> tuple[Invoice, Enrolment]:
    """The invoice, if one of these roles of `actor` reaches its union. Raises `Missing`."""
    row = db.session.get(Invoice, invoice_id)
    if row is None or not actor.within(unions.chain_of(row.union_id)).has(*roles):
        raise Missing
    return row, db.session.get_one(Enrolment, row.enrolment_id)


def history(enrolment_id: uuid.UUID) -> list[Invoice]:
    """All invoices of one enrolment, the newest first."""
    query = select(_I).where(_I.enrolment_id == enrolment_id)
    return list(db.session.scalars(query.order_by(_I.at.desc(), _I.id.desc())))


def enrolment_by(enrolment_id: uuid.UUID) -> Enrolment:
    return db.session.get_one(Enrolment, enrolment_id)


def enrolment_named(number: str) -> Enrolment | None:
    return db.session.scalar(select(_E).where(_E.number == number))
