"""Is it the same once more? What the checks found, with what people said when they compared the two."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlalchemy.dialects.postgresql import insert

from claims.models import Claim, PairVerdict
from claims.queries import duplicates
from claims.queries.duplicates import CARD, PICTURE, RECEIPT, STAY, Pair
from claims.service import checks
from claims.service.checks import Check
from claims.service.figures import Reckoning
from core import audit, clock
from core.access import Actor
from core.db import db, uuid7
from core.errors import Refused

SAME, DIFFERENT = "same", "different"
KIND_OF = {
    "receipt_elsewhere": RECEIPT,
    "receipt_again": RECEIPT,
    "picture_elsewhere": PICTURE,
    "picture_again": PICTURE,
    "card_elsewhere": CARD,
    "same_stay": STAY,
    "overlap": STAY,
}
COMPARED = "{what}，已核对不是同一份（{by}）"
IS_SAME = "{what}，{by} {on} 认定是相同单据"
ALIKE = "有 {n} 处照片与别的申请很相似，请并排核对"
GONE = "这一对已经没有了，请刷新后再看"


def for_reviewer(
    claim: Claim, found: Reckoning | None = None, pairs: list[Pair] | None = None
) -> list[Check]:
    """The automatic checks; a likeness that somebody judged says so instead of asking again."""
    pairs = duplicates.pairs_of(claim) if pairs is None else pairs
    cleared = {kind for kind in duplicates.WORDS if _is_cleared(pairs, kind)}
    shown = []
    for check in checks.run(claim, found):
        kind = KIND_OF.get(check.code, "")
        if kind in cleared:
            by = next(pair.by for pair in pairs if pair.kind == kind)
            said = COMPARED.format(what=duplicates.WORDS[kind], by=by)
            shown.append(Check("ok", said, check.code))
        elif not (check.code == "pictures_new" and any(pair.kind == PICTURE for pair in pairs)):
            shown.append(check)
    return [*shown, *_judged(pairs), *_alike(pairs)]


def judge(claim: Claim, kind: str, other_id: uuid.UUID, mine_id: uuid.UUID, verdict: str, by: Actor) -> None:
    """Say that a pair is the same or is not; the last word holds, and every word is on record."""
    if verdict not in (SAME, DIFFERENT):
        raise Refused("请选“相同单据”或“不是同一份”")
    pairs = duplicates.pairs_of(claim)
    pair = next((p for p in pairs if (p.kind, p.mine_id, p.other_id) == (kind, mine_id, other_id)), None)
    if pair is None:
        raise Refused(GONE, status=409)
    said = {"verdict": verdict, "by_id": by.id, "by_label": by.label, "at": clock.now()}
    key = dict(zip(("kind", "first_id", "second_id"), pair.key, strict=True))
    statement = insert(PairVerdict.__table__).values(id=uuid7(), **key, **said)
    db.session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=said))
    audit.record("claim.compare", "claim", claim.id, by, kind=kind, verdict=verdict)


def _is_cleared(pairs: list[Pair], kind: str) -> bool:
    verdicts = [pair.verdict for pair in pairs if pair.kind == kind]
    return bool(verdicts) and all(verdict == DIFFERENT for verdict in verdicts)


def _judged(pairs: list[Pair]) -> Iterator[Check]:
    for pair in pairs:
        if pair.verdict == SAME and pair.at:
            on = clock.local_date(pair.at).isoformat()
            text = IS_SAME.format(what=duplicates.WORDS[pair.kind], by=pair.by, on=on)
            yield Check("bad", text, "pair_same")


def _alike(pairs: list[Pair]) -> Iterator[Check]:
    """Likeness by a ratio never blocks by itself."""
    open_ = sum(pair.kind == PICTURE and not pair.is_exact and not pair.verdict for pair in pairs)
    if open_:
        yield Check("look", ALIKE.format(n=open_), "picture_alike")
