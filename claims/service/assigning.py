"""How does work get to a colleague? Several waiting claims at once, for the rest of the day (批量分派)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select

from claims.models import Claim
from claims.queries import work
from claims.rules import LEVEL_ROLES
from claims.service import holds
from claims.service.review import why_not
from core import audit, clock
from core.access import Actor
from core.db import db
from core.errors import Conflict, Refused
from staff import service as staff
from union import queries as unions

NOBODY = "请选择分派给谁"
NOTHING = "请先勾选要分派的申请"
MOST = 50
NOT_THEIRS = "{who} 不能审核 {number}，请取消勾选或换一位人员"
HELD = "{number} 正由 {who} 处理，请取消勾选"
LONG = dt.timedelta(hours=8)


def picked(claim_ids: list[uuid.UUID], by: Actor) -> list[Claim]:
    """The ticked claims that wait where `by` decides; raises when one does not any more."""
    if not claim_ids:
        raise Refused(NOTHING)
    if len(claim_ids) > MOST:
        raise Refused(f"一次最多分派 {MOST} 件，请少选一些")
    query = select(Claim).where(Claim.id.in_(claim_ids), work.decidable(by)).order_by(Claim.submitted_at)
    found = list(db.session.scalars(query))
    if len(found) != len(set(claim_ids)):
        raise Conflict("勾选的申请里有的刚刚被办理了。已为您显示最新内容，请重新勾选。")
    return found


def colleagues(claims: list[Claim], by: Actor) -> list[Actor]:
    """Who else decides at the level of every one of these claims, in its union."""
    wanted = {LEVEL_ROLES[claim.state] for claim in claims}
    people = [one for one in staff.holders(sorted(wanted)) if one.id != by.id]
    chains = {union_id: unions.chain_of(union_id) for union_id in {claim.union_id for claim in claims}}
    where = {(LEVEL_ROLES[claim.state], chains[claim.union_id]) for claim in claims}
    return [one for one in people if all(one.within(chain).has(role) for role, chain in where)]


def assign(claims: list[Claim], to: uuid.UUID | None, by: Actor) -> Actor:
    """Give the claims into somebody's hands; all or none."""
    who = next((one for one in colleagues(claims, by) if one.id == to), None)
    if who is None:
        raise Refused(NOBODY, "to")
    for claim in claims:
        if why_not(claim, who):
            raise Refused(NOT_THEIRS.format(who=who.label, number=claim.number), "to")
        present = holds.holder(claim.id)
        if present and present.staff_id not in (by.id, who.id):
            raise Conflict(HELD.format(number=claim.number, who=present.staff_label))
        holds.put_back(claim, by)
        held = holds.hold(claim, who)
        held.until = clock.now() + LONG
        audit.record("claim.assign", "claim", claim.id, by, to=who.label)
    return who
