"""What becomes of a person's requests when they take their consent back? `rules.ON_WITHDRAWAL` says."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from sqlalchemy import select

from changes.models import ChangeDocument, ChangeRequest
from changes.rules import ON_WITHDRAWAL
from changes.service import photos
from changes.service.asking import DELETED_VALUES
from changes.service.moving import hold, move
from core import clock
from core.access import Actor
from core.db import db

KEEP = "change_keep"


class Effect(NamedTuple):
    """What happened, or would happen, to one request."""

    number: str
    state: str
    effect: str


def foreseen(employee_id: uuid.UUID) -> list[Effect]:
    """What taking the consent back would do now."""
    return [Effect(one.number, one.state, ON_WITHDRAWAL[one.state]) for one in _all_of(employee_id)]


def withdraw_all(employee_id: uuid.UUID, by: Actor) -> list[Effect]:
    """Do it, each request as it stands once it is locked; photos that wait for a form go too."""
    done = []
    for request in _all_of(employee_id):
        hold(request)
        if request.state == "deleted":
            continue
        effect = ON_WITHDRAWAL[request.state]
        done.append(Effect(request.number, request.state, effect))
        if effect != KEEP:
            _end(request, effect, by.owning())
    waiting = select(ChangeDocument).where(
        ChangeDocument.employee_id == employee_id, ChangeDocument.request_id.is_(None)
    )
    photos.forget(list(db.session.scalars(waiting)))
    return done


def _end(request: ChangeRequest, effect: str, owner: Actor) -> None:
    now = clock.now()
    ended = {"photos_erased_at": now, "contents_erased_at": now, **DELETED_VALUES}
    move(request, effect.removeprefix("change_"), owner, **ended)
    photos.forget_all_of(request)


def _all_of(employee_id: uuid.UUID) -> list[ChangeRequest]:
    query = select(ChangeRequest).where(
        ChangeRequest.employee_id == employee_id, ChangeRequest.state != "deleted"
    )
    return list(db.session.scalars(query.order_by(ChangeRequest.id.desc())))
