"""Which QR code belongs to which union, and who came by it?"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, Select, func, select

from core import audit, clock
from core.access import Actor
from core.db import db
from core.errors import Missing
from wechat.models import Follower, UnionScene
from wechat.service import errands

PREFIX = "union_"
DESK = "desk_"  # a code on a member of staff's own page: whoever scans it gets their reminders


@dataclass(frozen=True)
class Count:
    """People who came by one code: ever, still following, bound."""

    all: int = 0
    following: int = 0
    bound: int = 0


def want(union_ids: Collection[uuid.UUID], by: Actor) -> int:
    """Have a code made for each union that has none yet; returns how many were asked for."""
    known = {row.union_id: row for row in of_unions(union_ids)}
    asked = 0
    for union_id in union_ids:
        row = known.get(union_id)
        if row is None:
            # Nothing about the union can be read out of it, nor guessed.
            row = UnionScene(union_id=union_id, code=PREFIX + secrets.token_hex(8))
            db.session.add(row)
            audit.record("make_scene", "union", union_id, by)
        if not row.url:
            errands.ask("make_scene", str(row.id), by)
            asked += 1
    db.session.flush()
    return asked


def of_unions(union_ids: Collection[uuid.UUID]) -> list[UnionScene]:
    return list(db.session.scalars(select(UnionScene).where(UnionScene.union_id.in_(union_ids))))


def scene(scene_id: uuid.UUID) -> UnionScene:
    """A code that can be shown. Raises `Missing`."""
    row = db.session.get(UnionScene, scene_id)
    if row is None or not row.url:
        raise Missing
    return row


def was_made(scene_id: uuid.UUID, url: str) -> None:
    row = db.session.get(UnionScene, scene_id)
    if row is not None:
        row.url, row.made_at = url, clock.now()


def union_of(connection: Connection, code: str) -> uuid.UUID | None:
    """The union a scanned code belongs to."""
    if not code.startswith(PREFIX):
        return None
    return connection.execute(select(UnionScene.union_id).where(UnionScene.code == code)).scalar()


def counts(codes: Collection[str], bound: Select[str]) -> dict[str, Count]:
    """How many came by each code; `bound` selects the openids that are bound now."""
    query = (
        select(
            Follower.scene,
            func.count(),
            func.count().filter(Follower.is_subscribed),
            func.count().filter(Follower.openid.in_(bound)),
        )
        .where(Follower.scene.in_(codes))
        .group_by(Follower.scene)
    )
    return {row[0]: Count(row[1], row[2], row[3]) for row in db.session.execute(query)}
