"""Which photos of other claims are the same picture as one of this claim, and which could be?"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, or_, select, text, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlalchemy.types import Integer

from claims.models import Claim, ClaimDocument, PictureTwin
from claims.rules import AGENT_PHOTOS, NOT_COUNTED, STANDING_PHOTOS
from core.db import db
from core.files.likeness import turned

COMMON = 200  # a word in more pictures than this belongs to the form, not to the bill
CANDIDATES = 16
VOTES = 3


@dataclass(frozen=True)
class Twin:
    """Two photos that are the same picture; `distance`: how many per cent of the print differ."""

    document_id: uuid.UUID
    other_document_id: uuid.UUID
    other_claim_id: uuid.UUID
    distance: int


def twins_of(claim_id: uuid.UUID) -> list[Twin]:
    """The same pictures in other claims that count, nearest first.

    The person's own certificates and cards are meant to come again and are left out.
    """
    pairs = union_all(
        select(
            PictureTwin.file_id.label("mine"), PictureTwin.other_file_id.label("theirs"), PictureTwin.distance
        ),
        select(PictureTwin.other_file_id, PictureTwin.file_id, PictureTwin.distance),
    ).subquery()
    here, there = aliased(ClaimDocument), aliased(ClaimDocument)
    mine, theirs = aliased(Claim), aliased(Claim)
    query = (
        select(here.id, there.id, there.claim_id, pairs.c.distance)
        .join(pairs, pairs.c.mine == here.file_id)
        .join(there, there.file_id == pairs.c.theirs)
        .join(mine, mine.id == here.claim_id)
        .join(theirs, theirs.id == there.claim_id)
        .where(
            here.claim_id == claim_id,
            here.kind.not_in(AGENT_PHOTOS),
            there.claim_id != claim_id,
            here.removed_at.is_(None),
            there.removed_at.is_(None),
            theirs.state.not_in(NOT_COUNTED),
            or_(mine.employee_id != theirs.employee_id, here.kind.not_in(STANDING_PHOTOS)),
        )
        .order_by(pairs.c.distance, there.id)
    )
    return [Twin(*row) for row in db.session.execute(query)]


_ARRAYS = [bindparam(name, type_=ARRAY(Integer)) for name in ("words", "marks", "quarters")]
# Only words that few pictures have are counted, the rarer the more; each list is read up to a bound.
_CANDIDATES = text("""
    WITH probe AS (
        SELECT * FROM unnest(:words, :marks, :quarters) AS p(word, mark, quarters)
    ), hit AS (
        SELECT known.word, found.look, count(*) OVER (PARTITION BY known.word) AS holders
        FROM (SELECT DISTINCT word FROM probe) AS known
        CROSS JOIN LATERAL (SELECT look FROM picture_word WHERE word = known.word LIMIT :common + 1) AS found
    ), vote AS (
        SELECT hit.look, probe.quarters, probe.mark, max(1.0 / hit.holders) AS weight
        FROM hit JOIN probe USING (word) WHERE hit.holders <= :common AND hit.look <> :own
        GROUP BY hit.look, probe.quarters, probe.mark
    )
    SELECT look, max(weight) AS weight FROM (
        SELECT look, quarters, sum(weight) AS weight FROM vote
        GROUP BY look, quarters HAVING count(*) >= :votes
    ) AS laid GROUP BY look ORDER BY weight DESC LIMIT :most
""").bindparams(*_ARRAYS)


def candidates(own: int, probes: Sequence[Sequence[int]]) -> list[int]:
    """Numbers of the looks that share rare words with these marks, the likeliest first."""
    return [row.look for row in db.session.execute(_CANDIDATES, _given(own, probes))] if probes else []


def plan_of_candidates(probes: Sequence[Sequence[int]]) -> list[str]:
    """How the database goes about it."""
    explained = text(f"EXPLAIN {_CANDIDATES.text}").bindparams(*_ARRAYS)
    return list(db.session.scalars(explained, _given(0, probes)))


def _given(own: int, probes: Sequence[Sequence[int]]) -> dict[str, object]:
    rows = [
        (signed(turned(word, quarters)), mark, quarters)
        for mark, some in enumerate(probes)
        for word in some
        for quarters in range(4)
    ]
    words, marks, quarters = ([row[n] for row in rows] for n in range(3))
    bounds = {"common": COMMON, "own": own, "votes": VOTES, "most": CANDIDATES}
    return {"words": words, "marks": marks, "quarters": quarters, **bounds}


def signed(word: int) -> int:
    """As a column of 32 bits holds it."""
    return word - (1 << 32) if word >> 31 else word
