"""What of a finished change is erased when its time is over? `rules.KEEP` says when."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select, select, update

from changes.models import ChangeDocument, ChangeRequest
from changes.rules import KEEP
from changes.service import photos
from changes.service.asking import DELETED_VALUES
from core import clock
from core.db import db
from core.history import Transition
from core.retention import Ids, Rule


def _photos_due(until: dt.datetime) -> Select[Any]:
    due = select(ChangeRequest.id).where(
        ChangeRequest.photos_erased_at.is_(None), ChangeRequest.state == "done"
    )
    return due.where(ChangeRequest.state_at < until).order_by(ChangeRequest.state_at)


def _erase_photos(ids: Ids) -> None:
    photos.forget(list(db.session.scalars(select(ChangeDocument).where(ChangeDocument.request_id.in_(ids)))))
    _note(ids, photos_erased_at=clock.now())


def _contents_due(until: dt.datetime) -> Select[Any]:
    due = select(ChangeRequest.id).where(
        ChangeRequest.contents_erased_at.is_(None), ChangeRequest.state == "done"
    )
    return due.where(ChangeRequest.state_at < until).order_by(ChangeRequest.state_at)


def _erase_contents(ids: Ids) -> None:
    _note(ids, contents_erased_at=clock.now(), **DELETED_VALUES)
    db.session.execute(update(Transition).where(Transition.object_id.in_(ids)).values(note_ct=None))


def _note(ids: Ids, **values: Any) -> None:
    db.session.execute(update(ChangeRequest).where(ChangeRequest.id.in_(ids)).values(**values))


RULES = (
    Rule("changes.photos", KEEP["photos"], _photos_due, _erase_photos),
    Rule("changes.contents", KEEP["contents"], _contents_due, _erase_contents),
)
