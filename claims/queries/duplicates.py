"""What else looks like this claim? Same receipt, same or similar photo, overlapping stay, one card twice."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, false, or_, select, tuple_
from sqlalchemy.orm import aliased

from claims.models import Claim, ClaimDocument, PairVerdict
from claims.queries.likeness import twins_of
from claims.rules import AGENT_PHOTOS, NOT_COUNTED, STANDING_PHOTOS
from core.db import db
from core.files.models import StoredFile

PICTURE, RECEIPT, STAY, CARD = "picture", "receipt", "stay", "card"
WORDS = {
    PICTURE: "照片相同或很相似",
    RECEIPT: "票据代码和号码相同",
    STAY: "同一个人，住院日期重叠",
    CARD: "同一张银行卡，不同的人",
}
MOST = 20


@dataclass(frozen=True)
class Pair:
    """Two things that look alike: photos for `picture`, else claims. `verdict` is "" until somebody said."""

    kind: str
    mine_id: uuid.UUID
    other_id: uuid.UUID
    other_claim_id: uuid.UUID
    is_exact: bool = True  # False: photos that only look the same
    verdict: str = ""
    by: str = ""
    at: dt.datetime | None = None

    @property
    def key(self) -> tuple[str, uuid.UUID, uuid.UUID]:
        """How the pair is kept: the smaller id first."""
        return (self.kind, *ordered(self.mine_id, self.other_id))


def ordered(one: uuid.UUID, other: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
    return (one, other) if one < other else (other, one)


def pairs_of(claim: Claim) -> list[Pair]:
    """Everything that speaks for a duplicate, with what was said about it before."""
    found: dict[tuple[str, uuid.UUID, uuid.UUID], Pair] = {}
    for pair in (*_claims(claim), *_same_bytes(claim), *_alike(claim)):
        found.setdefault(pair.key, pair)
    return _judged(list(found.values()))


def _claims(claim: Claim) -> list[Pair]:
    others = Claim.employee_id != claim.employee_id
    rules: dict[str, ColumnElement[bool]] = {
        RECEIPT: Claim.receipt_bi == claim.receipt_bi if claim.receipt_bi else false(),
        STAY: _overlaps(claim),
        CARD: and_(Claim.payee_card_bi == claim.payee_card_bi, others) if claim.payee_card_bi else false(),
    }
    query = select(Claim.id, *[rule.label(kind) for kind, rule in rules.items()]).where(
        or_(*rules.values()), Claim.id != claim.id, Claim.state.not_in(NOT_COUNTED)
    )
    rows = db.session.execute(query.order_by(Claim.id.desc()).limit(MOST))
    return [Pair(kind, claim.id, row.id, row.id) for row in rows for kind in rules if row._mapping[kind]]


def _overlaps(claim: Claim) -> ColumnElement[bool]:
    """In two beds at once; out of one and into another on one day is a transfer."""
    if claim.admitted_on is None or claim.discharged_on is None:
        return false()
    same = and_(Claim.admitted_on == claim.admitted_on, Claim.discharged_on == claim.discharged_on)
    crossing = and_(Claim.admitted_on < claim.discharged_on, Claim.discharged_on > claim.admitted_on)
    return and_(Claim.employee_id == claim.employee_id, Claim.kind == claim.kind, or_(same, crossing))


def _same_bytes(claim: Claim) -> list[Pair]:
    mine, my_file, file = aliased(ClaimDocument), aliased(StoredFile), aliased(StoredFile)
    query = (
        select(mine.id, ClaimDocument.id, ClaimDocument.claim_id)
        .select_from(mine)
        .join(my_file, my_file.id == mine.file_id)
        .join(file, and_(file.content_bi == my_file.content_bi, file.id != my_file.id))
        .join(ClaimDocument, ClaimDocument.file_id == file.id)
        .join(Claim, Claim.id == ClaimDocument.claim_id)
        .where(
            mine.claim_id == claim.id,
            mine.removed_at.is_(None),
            mine.kind.not_in(AGENT_PHOTOS),
            ClaimDocument.removed_at.is_(None),
            Claim.id != claim.id,
            Claim.state.not_in(NOT_COUNTED),
            or_(Claim.employee_id != claim.employee_id, mine.kind.not_in(STANDING_PHOTOS)),
        )
        .order_by(ClaimDocument.id.desc())
        .limit(MOST)
    )
    return [Pair(PICTURE, *row) for row in db.session.execute(query)]


def _alike(claim: Claim) -> list[Pair]:
    """Photos that look the same after rotation, cropping, recompression."""
    return [
        Pair(PICTURE, twin.document_id, twin.other_document_id, twin.other_claim_id, is_exact=False)
        for twin in twins_of(claim.id)[:MOST]
    ]


def _judged(pairs: list[Pair]) -> list[Pair]:
    if not pairs:
        return []
    columns = (PairVerdict.kind, PairVerdict.first_id, PairVerdict.second_id)
    query = select(PairVerdict).where(tuple_(*columns).in_([pair.key for pair in pairs]))
    said = {(row.kind, row.first_id, row.second_id): row for row in db.session.scalars(query)}
    return [
        replace(pair, verdict=row.verdict, by=row.by_label, at=row.at)
        if (row := said.get(pair.key))
        else pair
        for pair in pairs
    ]
