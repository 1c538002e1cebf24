"""Who has a claim open to decide on it? Take, take the next, take over, put back; it lapses by itself."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import and_, case, or_, select
from sqlalchemy.dialects.postgresql import insert

from claims.models import Claim, ReviewHold
from claims.queries import work
from core import audit, clock
from core.access import Actor
from core.db import db
from core.errors import Conflict

HOLD = dt.timedelta(minutes=20)
TRIES = 50
HELD = "{who} {since} 起正在处理，您可以查看，不能操作。"


def hold(claim: Claim, by: Actor, take_over: bool = False) -> ReviewHold:
    """Say that `by` has the claim open; returns whose hold it is (somebody else's when they were first)."""
    assert by.id  # noqa: S101 - staff always have an id
    table = ReviewHold.__table__
    now = clock.now()
    mine = {"staff_id": by.id, "staff_label": by.label, "since": now, "until": now + HOLD}
    is_mine = and_(table.c.staff_id == by.id, table.c.until >= now)
    keep_since = {**mine, "since": case((is_mine, table.c.since), else_=now)}
    statement = insert(table).values(claim_id=claim.id, **mine)
    statement = statement.on_conflict_do_update(
        index_elements=["claim_id"],
        set_=mine if take_over else keep_since,
        where=None if take_over else or_(table.c.until < now, table.c.staff_id == by.id),
    )
    db.session.execute(statement)
    if take_over:
        audit.record("claim.take_over", "claim", claim.id, by)
    db.session.flush()
    query = select(ReviewHold).where(ReviewHold.claim_id == claim.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def holder(claim_id: uuid.UUID) -> ReviewHold | None:
    """The live hold on a claim, whoever has it."""
    query = select(ReviewHold).where(ReviewHold.claim_id == claim_id, ReviewHold.until >= clock.now())
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def words(found: ReviewHold | None, by: Actor) -> str:
    """`王审核 10:32 起正在处理，您可以查看，不能操作。`; empty when nobody else has it."""
    if found is None or found.staff_id == by.id:
        return ""
    since = found.since.astimezone(clock.SHANGHAI).strftime("%H:%M")
    return HELD.format(who=found.staff_label, since=since)


def must_be_free(claim: Claim, by: Actor) -> None:
    """Raises `Conflict` while somebody else has the claim open."""
    if said := words(holder(claim.id), by):
        raise Conflict(said)


def take_next(by: Actor) -> Claim | None:
    """领取下一件: the longest waiting claim that is free and that `by` may decide; None when there is none.

    Rows somebody takes at this very moment are skipped, so two reviewers never wait for each other.
    """
    free = (
        select(Claim)
        .outerjoin(ReviewHold, and_(ReviewHold.claim_id == Claim.id, ReviewHold.until >= clock.now()))
        .where(work.decidable(by), ReviewHold.claim_id.is_(None))
        .order_by(Claim.submitted_at, Claim.id)
        .limit(1)
        .with_for_update(of=Claim, skip_locked=True)
    )
    for _ in range(TRIES):
        claim = db.session.scalars(free).first()
        if claim is None:
            return None
        # A hold committed between our look and our lock is somebody else's: look again.
        if hold(claim, by).staff_id == by.id:
            return claim
    return None


def in_hand(by: Actor) -> Claim | None:
    """The longest waiting claim that `by` has taken already."""
    mine = and_(ReviewHold.staff_id == by.id, ReviewHold.until >= clock.now())
    query = select(Claim).join(ReviewHold, ReviewHold.claim_id == Claim.id).where(mine, work.decidable(by))
    return db.session.scalars(query.order_by(Claim.submitted_at, Claim.id).limit(1)).first()


def put_back(claim: Claim, by: Actor) -> None:
    """放回待办: give up one's own hold."""
    db.session.execute(
        ReviewHold.__table__.delete().where(ReviewHold.claim_id == claim.id, ReviewHold.staff_id == by.id)
    )


def release(claim_id: uuid.UUID) -> None:
    """Nobody has the claim open any more."""
    db.session.execute(ReviewHold.__table__.delete().where(ReviewHold.claim_id == claim_id))


def release_lapsed() -> None:
    """Remove holds that lapsed."""
    db.session.execute(ReviewHold.__table__.delete().where(ReviewHold.until < clock.now()))
