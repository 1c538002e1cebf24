"""What does a person see of their own applications? Lists by keyset, what needs doing, lines for the chat."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, case, or_, select

from claims.models import Claim, ClaimDocument
from claims.rules import AUTOMATIC, AUTOMATIC_WORDS, BOUNCES, DECIDED, LABELS, OWNER_TODO
from core import clock, context
from core.db import db
from core.errors import Missing
from core.history import Transition

PAGE = 20
NOT_YOURS = "没有找到这份申请。可能已经删除，或者不在您的名下。请从“补助申请”查看。"
_NEEDS = ("returned", "pay_failed", "draft")
_OVER = ("draft", "withdrawn", "refused", "paid")


@dataclass(frozen=True)
class Row:
    """One card of the list (E6)."""

    id: uuid.UUID
    number: str
    title: str
    state: str
    label: str
    step: int
    at: dt.datetime
    submitted_at: dt.datetime | None
    admitted_on: dt.date | None
    award_fen: int | None
    is_automatic: bool = False


@dataclass(frozen=True)
class Todo:
    """Something that waits for the person: why (`reason`), what to press (`action`), where (`path`)."""

    number: str
    state: str
    title: str
    reason: str
    action: str
    path: str


def state_words(state: str) -> str:
    """The state as this scheme's users read it."""
    return context.scheme().review.labels.get(state, LABELS[state])


def owner_words(state: str) -> str:
    """The same for the person whose claim it is: what waits for them says what to do."""
    todo = OWNER_TODO.get(state)
    return f"{state_words(state)} · {todo}" if todo else state_words(state)


def kind_words(kind: str) -> str:
    return AUTOMATIC_WORDS if kind == AUTOMATIC else context.scheme().kinds.get(kind, kind)


def by_themselves() -> ColumnElement[bool]:
    """What the person filed; what the union filed for them waits for the filer, never for them."""
    return Claim.filed_by_kind != "staff"


def shown_to_them() -> ColumnElement[bool]:
    """Their own, and what the union handed in for them: nobody reads another's draft."""
    return or_(by_themselves(), Claim.state != "draft")


def of_employee(key: str, employee_id: uuid.UUID | None) -> Claim:
    """The person's application by number (or by id, as messages link it). Raises `Missing`."""
    query = select(Claim).where(Claim.employee_id == employee_id, shown_to_them())
    claim_id = as_id(key)
    query = query.where(Claim.id == claim_id) if claim_id else query.where(Claim.number == key)
    claim = db.session.scalars(query).first()
    if claim is None:
        raise Missing(NOT_YOURS)
    return claim


def for_employee(employee_id: uuid.UUID, before: str = "") -> tuple[list[Row], str]:
    """The newest applications, or those older than `before`, and where to go on ("" at the end)."""
    query = select(
        Claim.id, Claim.number, Claim.kind, Claim.state, Claim.step, Claim.created_at, Claim.saved_at,
        Claim.submitted_at, Claim.admitted_on, Claim.award_fen,
    ).where(Claim.employee_id == employee_id, shown_to_them())  # fmt: skip
    if (last := as_id(before)) is not None:
        query = query.where(Claim.id < last)
    found = db.session.connection().execute(query.order_by(Claim.id.desc()).limit(PAGE + 1)).all()
    rows = [
        Row(
            row.id, row.number, kind_words(row.kind), row.state, owner_words(row.state), row.step,
            row.submitted_at or row.saved_at, row.submitted_at, row.admitted_on,
            row.award_fen if row.state in DECIDED else None, row.kind == AUTOMATIC,
        )
        for row in found[:PAGE]
    ]  # fmt: skip
    return rows, str(rows[-1].id) if len(found) > PAGE else ""


def open_draft(employee_id: uuid.UUID, kind: str) -> Row | None:
    """The newest application that was begun and not handed in."""
    query = (
        select(Claim)
        .where(Claim.employee_id == employee_id, Claim.kind == kind, Claim.state == "draft", by_themselves())
        .order_by(Claim.id.desc())
        .limit(1)
    )
    claim = db.session.scalars(query).first()
    if claim is None:
        return None
    return Row(
        claim.id, claim.number, kind_words(claim.kind), claim.state, state_words(claim.state), claim.step,
        claim.saved_at, None, claim.admitted_on, None,
    )  # fmt: skip


def need_action(employee_id: uuid.UUID) -> list[Todo]:
    """What the home page's 需要您处理 shows: returned, bounced, unfinished; the most urgent first."""
    newest = (
        select(Transition.id)
        .where(Transition.object_id == Claim.id)
        .order_by(Transition.at.desc(), Transition.id.desc())
        .limit(1)
        .correlate(Claim)
        .scalar_subquery()
    )
    urgency = case({"pay_failed": 0, "returned": 1}, value=Claim.state, else_=2)
    query = (
        select(
            Claim.number,
            Claim.state,
            Claim.step,
            Claim.bounce_code,
            Claim.saved_at,
            Transition.id,
            Transition.note_ct,
        )
        .outerjoin(Transition, Transition.id == newest)
        .where(Claim.employee_id == employee_id, Claim.state.in_(_NEEDS), by_themselves())
        .order_by(urgency, Claim.id.desc())
        .limit(10)
    )
    rows = db.session.connection().execute(query)
    return [
        _todo(row.number, row.state, row.step, row.bounce_code, row.saved_at, Transition.note.of(row) or "")
        for row in rows
    ]


def _todo(number: str, state: str, step: int, bounce_code: str, saved_at: dt.datetime, note: str) -> Todo:
    path = f"/h5/claims/{number}"
    if state == "pay_failed":
        return Todo(
            number, state, "钱没有打进您的账户", bounce_words(bounce_code), "修改收款账户", f"{path}/payee"
        )
    if state == "returned":
        title = f"您的补助申请被{context.scheme().review.sent_back}，{OWNER_TODO[state]}"
        return Todo(number, state, title, note, "去修改", f"{path}/fix")
    when = saved_at.astimezone(clock.SHANGHAI).strftime("%m-%d")
    return Todo(number, state, "您有一份没写完的申请", f"{when} 保存", "继续填写", f"{path}/{step}")


def bounce_words(code: str) -> str:
    """The bank's reason as people read it."""
    return next((bounce.words for bounce in BOUNCES if bounce.code == code), BOUNCES[-1].words)


def status_lines(
    employee_id: uuid.UUID, limit: int = 5, connection: Connection | None = None
) -> list[tuple[str, str, str]]:
    """(number, state in words, when) of the newest applications, for the answer in the chat."""
    query = select(Claim.number, Claim.state, Claim.state_at).where(
        Claim.employee_id == employee_id, shown_to_them()
    )
    rows = (connection or db.session.connection()).execute(query.order_by(Claim.id.desc()).limit(limit))
    return [(number, owner_words(state), clock.shown(at)) for number, state, at in rows]


def in_progress(employee_id: uuid.UUID) -> list[str]:
    """The numbers of the person's applications that are neither begun only nor over."""
    query = select(Claim.number).where(Claim.employee_id == employee_id, Claim.state.not_in(_OVER))
    return list(db.session.scalars(query.order_by(Claim.id)))


def todo_of(person: str) -> str:
    """SQL: how many applications of `person` wait for them (returned or bounced).

    Plain, to stand inside another room's statement: the callback asks once for all it needs.
    """
    return (
        f"SELECT count(*) FROM claim WHERE employee_id = {person} AND state IN ('returned', 'pay_failed')"  # noqa: S608 - a column
        " AND filed_by_kind <> 'staff'"
    )


def document_of(claim: Claim, document_id: uuid.UUID) -> ClaimDocument:
    """One photo of the claim. Raises `Missing`."""
    query = select(ClaimDocument).where(
        ClaimDocument.id == document_id,
        ClaimDocument.claim_id == claim.id,
        ClaimDocument.removed_at.is_(None),
    )
    row = db.session.scalars(query).first()
    if row is None:
        raise Missing
    return row


def as_id(key: str) -> uuid.UUID | None:
    """The id that `key` is, if it is one."""
    try:
        return uuid.UUID(key)
    except ValueError:
        return None
