"""What does a person see of their own requests? The list, what needs doing, how far each is."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import select

from changes.models import ChangeRequest
from changes.rules import FIELDS, LABELS, OPEN, REVIEWS, Facts, is_same
from changes.service.moving import before, wanted
from core import clock, context
from core.db import db
from core.errors import Missing
from core.history import Transition
from core.identifiers import ID_TYPES

PAGE = 20
NOT_YOURS = "没有找到这条变更申请。可能已经删除，或者不在您的名下。请从“个人信息变更”查看。"
RETURNED = "个人信息变更{level}被{sent_back}，请修改后重新提交"
RETURNED_STATE = "{draft}（{level}被{sent_back}，{who}修改后重新提交）"
TO_CORRECT = "等您修改后重新提交，或者删除"


class Row(NamedTuple):
    """One card of the list (GX-50)."""

    id: uuid.UUID
    number: str
    state: str
    label: str
    created_at: dt.datetime
    note: str


class Todo(NamedTuple):
    """Something that waits for the person: why (`reason`), what to press (`action`), where (`path`)."""

    number: str
    state: str
    title: str
    reason: str
    action: str
    path: str


class Line(NamedTuple):
    """One detail in the two-column table; dates and certificate kinds in words."""

    field: str
    label: str
    old: str
    new: str
    is_changed: bool


class Step(NamedTuple):
    """One line of 审核进度: `state` is done, now, bad or todo, as the steps macro wants it."""

    label: str
    at: dt.datetime | None
    note: str
    who: str
    state: str


def state_words(state: str) -> str:
    """The state as this scheme's users read it (GX-48)."""
    return context.scheme().review.labels.get(state, LABELS[state])


def request_words(state: str, passed_first: bool, who: str = "请") -> str:
    """The state of one request: 草稿 (GX-48) is only ever one that came back, and says from where.

    `passed_first`: somebody had agreed at the first level, so that the second one sent it back.
    """
    if state != "draft":
        return state_words(state)
    return RETURNED_STATE.format(draft=state_words(state), who=who, **_return(passed_first))


def words_of(request: ChangeRequest, who: str = "请") -> str:
    """`request_words` of a whole request."""
    return request_words(request.state, request.first_reviewer_id is not None, who)


def _return(passed_first: bool) -> dict[str, str]:
    level = REVIEWS[1] if passed_first else REVIEWS[0]
    return {"level": _level(level), "sent_back": context.scheme().review.sent_back}


def of_employee(key: str, employee_id: uuid.UUID | None) -> ChangeRequest:
    """The person's own request by number (or id). Raises `Missing`, also for one that was deleted."""
    query = select(ChangeRequest).where(
        ChangeRequest.employee_id == employee_id, ChangeRequest.state != "deleted"
    )
    request_id = _as_id(key)
    query = query.where(ChangeRequest.id == request_id if request_id else ChangeRequest.number == key)
    row = db.session.scalars(query).first()
    if row is None:
        raise Missing(NOT_YOURS)
    return row


def for_employee(employee_id: uuid.UUID, before: str = "") -> tuple[list[Row], str]:
    """The newest requests, or those older than `before`, and where to go on ("" at the end)."""
    query = select(
        ChangeRequest.id, ChangeRequest.number, ChangeRequest.state, ChangeRequest.created_at,
        ChangeRequest.first_reviewer_id, ChangeRequest.note_ct,  # type: ignore[attr-defined]
    ).where(ChangeRequest.employee_id == employee_id, ChangeRequest.state != "deleted")  # fmt: skip
    if (last := _as_id(before)) is not None:
        query = query.where(ChangeRequest.id < last)
    found = db.session.connection().execute(query.order_by(ChangeRequest.id.desc()).limit(PAGE + 1)).all()
    rows = [
        Row(row.id, row.number, row.state, _words(row), row.created_at, _note(row)) for row in found[:PAGE]
    ]
    return rows, str(rows[-1].id) if len(found) > PAGE else ""


def open_of(employee_id: uuid.UUID) -> Row | None:
    """The request that is not finished, if there is one: for the badge of 个人中心."""
    query = select(ChangeRequest).where(
        ChangeRequest.employee_id == employee_id, ChangeRequest.state.in_(OPEN)
    )
    row = db.session.scalars(query).first()
    return Row(row.id, row.number, row.state, words_of(row), row.created_at, "") if row else None


def need_action(employee_id: uuid.UUID) -> list[Todo]:
    """What the home page's 需要您处理 shows: a request that came back, with the reason (GX-47)."""
    query = select(
        ChangeRequest.id,
        ChangeRequest.number,
        ChangeRequest.state,
        ChangeRequest.first_reviewer_id,
        ChangeRequest.note_ct,  # type: ignore[attr-defined]
    ).where(ChangeRequest.employee_id == employee_id, ChangeRequest.state == "draft")
    return [
        Todo(
            row.number,
            row.state,
            RETURNED.format(**_return(row.first_reviewer_id is not None)),
            _note(row),
            "去修改",
            f"/h5/changes/{row.number}/edit",
        )
        for row in db.session.connection().execute(query)
    ]


def todo_of(person: str) -> str:
    """SQL: how many requests of `person` came back; plain, to stand inside another room's statement."""
    return f"SELECT count(*) FROM change_request WHERE employee_id = {person} AND state = 'draft'"  # noqa: S608 - a column


def status_lines(employee_id: uuid.UUID, limit: int = 5) -> list[tuple[str, str, str]]:
    """(number, state in words, when) of the newest requests."""
    query = select(
        ChangeRequest.number, ChangeRequest.state, ChangeRequest.state_at, ChangeRequest.first_reviewer_id
    ).where(ChangeRequest.employee_id == employee_id, ChangeRequest.state != "deleted")
    rows = db.session.connection().execute(query.order_by(ChangeRequest.id.desc()).limit(limit))
    return [(row.number, _words(row), clock.shown(row.state_at)) for row in rows]


def lines(request: ChangeRequest) -> list[Line]:
    """Every detail with its old and new content, what changes first."""
    old, new = before(request), wanted(request)
    found = [_line(field, old, {**old, **new}) for field in FIELDS] if old else []
    return sorted(found, key=lambda line: not line.is_changed)


def shown(field: str, text: str) -> str:
    """A detail as people read it."""
    return ID_TYPES.get(text, text) if field == "id_type" else text


def _line(field: str, old: Facts, after: Facts) -> Line:
    is_changed = not is_same(field, old[field], after[field])
    return Line(field, FIELDS[field], shown(field, old[field]), shown(field, after[field]), is_changed)


def steps(request: ChangeRequest, history: Iterable[Transition], *, for_staff: bool = False) -> list[Step]:
    """What happened, oldest first, and what is still to come (GX-54); staff also read who and why."""
    done = [_past(step, for_staff) for step in history if step.action != "create"]
    if request.state == "done":
        return [*done, Step(state_words("done"), request.decided_at, "", "", "done")]
    return [*done, *_future(request.state)]


def _past(step: Transition, for_staff: bool) -> Step:
    is_return = step.to_state == "draft"
    who = step.actor_label if for_staff or is_return else ""
    note = (step.note or "") if for_staff or is_return else ""
    return Step(_said(step), step.at, note, who, "done")


def _said(step: Transition) -> str:
    if step.action in ("submit", "resubmit"):
        return "提交申请" if step.action == "submit" else "重新提交申请"
    if step.to_state == "draft":
        return "{level}被{sent_back}".format(**_return(step.from_state == REVIEWS[1]))
    return f"{_level(step.from_state)}通过" if step.from_state in REVIEWS else state_words(step.to_state)


def _future(state: str) -> list[Step]:
    if state == "draft":
        passed, waiting = 0, _coming(TO_CORRECT, "bad")
    else:
        passed, waiting = REVIEWS.index(state) + 1, _coming(state_words(state), "now")
    later = [_coming(_level(level), "todo") for level in REVIEWS[passed:]]
    return [waiting, *later, _coming(state_words("done"), "todo")]


def _coming(label: str, state: str) -> Step:
    return Step(label, None, "", "", state)


def _level(state: str) -> str:
    """待初核 → 初核: what the level is called once it is done."""
    return state_words(state).removeprefix("待")


def _words(row: Any) -> str:
    return request_words(row.state, row.first_reviewer_id is not None)


def _note(row: object) -> str:
    return ChangeRequest.note.of(row) or ""  # type: ignore[attr-defined]


def _as_id(key: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(key)
    except ValueError:
        return None
