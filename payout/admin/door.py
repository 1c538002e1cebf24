"""Which batch is meant, and what may this person do with it? Shared by all pages of payout."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from core.access import current_actor
from core.errors import Conflict, NotAllowed, Refused
from core.history import who_was_first
from core.workflow import Move
from payout import service
from payout.models import PayoutBatch
from payout.rules import NOT_BY_MAKER, OWN_RESULT, SAME_PERSON, WORKFLOW

blueprint = Blueprint("payout", __name__, url_prefix="/admin/payouts")

PAGES = {
    "check": "payout.check",
    "drop": "payout.drop",
    "export": "payout.export",
    "export_again": "payout.export",
    "settle": "payout.settle",
}


def moves(batch: PayoutBatch) -> tuple[Move, ...]:
    """What this person may do with the batch now; a maker neither checks nor settles."""
    mine = WORKFLOW.allowed(batch.state, current_actor().roles)
    return tuple(move for move in mine if not (move.action in NOT_BY_MAKER and is_maker(batch)))


def is_maker(batch: PayoutBatch) -> bool:
    return batch.maker_id == current_actor().id


def open_for(number: str, *actions: str) -> PayoutBatch:
    """The batch, for a page of one of `actions`. Raises `Missing`, `NotAllowed`, `Conflict`."""
    batch = service.get(number)
    actor = current_actor()
    if is_maker(batch) and set(actions) & set(NOT_BY_MAKER):
        raise NotAllowed(SAME_PERSON if "check" in actions else OWN_RESULT)
    if not any(WORKFLOW.move(action, batch.state) for action in actions):
        raise Conflict(who_was_first(batch))
    if not {move.action for move in WORKFLOW.allowed(batch.state, actor.roles)} & set(actions):
        raise NotAllowed
    return batch


def seen() -> int:
    """The version of the batch that the person's page showed."""
    text = request.form.get("seen", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise Refused("页面已过期，请返回上一页重新打开后再提交。")
    return int(text)


def url_of(batch: PayoutBatch) -> str:
    return url_for("payout.show", number=batch.number)
