"""How has an enrolment gone so far? The lines of 办理记录, and why it was last sent back."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from core.history import Transition
from enrolment.queries.listing import state_words
from enrolment.rules import WORKFLOW

WORDS = {
    "create": "新建申请",
    "submit": "提交申请",
    "delete": "删除",
    "cancel": "取消",
    "submit_voucher": "上传缴费凭证",
    "return_voucher": "退回缴费凭证",
    "confirm": "确认到账",
}


class Event(NamedTuple):
    """One line: `state` is done, now or bad, as the page shows it."""

    label: str
    at: dt.datetime
    who: str
    note: str
    state: str


def events(steps: list[Transition]) -> list[Event]:
    """Every step with who and when; what was sent back stands out."""
    return [Event(_label(step), step.at, step.actor_label, step.note or "", _tone(step)) for step in steps]


def last_return(steps: list[Transition]) -> Transition | None:
    """The return the operator has to answer: of the whole, or of the voucher; None when there is none."""
    last = steps[-1] if steps else None
    return last if last is not None and last.action.startswith("return_") else None


def _label(step: Transition) -> str:
    if step.action in WORDS:
        return WORDS[step.action]
    at = state_words(step.from_state).removeprefix("待")
    move = WORKFLOW.move(step.action, step.from_state)
    return f"{at}{move.label}" if move else at


def _tone(step: Transition) -> str:
    return "bad" if step.action.startswith("return_") else "done"
