"""How far is an application? Its history and what is still to come, as one list of steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from claims.models import Claim
from claims.queries.own import bounce_words, state_words
from claims.rules import REVIEWS, is_submission, undone_by
from core import context
from core.history import Transition

_PLAIN = {
    "withdraw": "已撤回",
    "appeal": "申请复议",
    "start_paying": "打款中",
    "pay": "办结",
    "grant": "无需申请，系统已核定",
    "fix_payee": "收款账户已改正，交给财务",
}
_PASSED = {"pass_union": "union_review", "pass_first": "first_review", "approve": "second_review"}
_SILENT = ("create", "stop_paying")
_OVER = ("paid", "withdrawn", "refused")


class Step(NamedTuple):
    """One line of 进度: `state` is done, now, bad or todo."""

    label: str
    at: dt.datetime | None
    note: str
    who: str
    state: str


def steps(claim: Claim, history: Iterable[Transition]) -> list[Step]:
    """What happened, oldest first, what it waits for, and what is still to come."""
    done: list[Step] = []
    for change in standing(history):
        if change.action in _SILENT:
            continue
        if change.action == "start_paying" and done and done[-1].label == _PLAIN["start_paying"]:
            continue
        done.append(_past(change, is_again=any(step.label.endswith("提交申请") for step in done)))
    if claim.state in _OVER:
        return done
    return [*done, *_future(claim, bool(done))]


def standing(history: Iterable[Transition]) -> list[Transition]:
    """The history without decisions that were taken back: nobody was told of them."""
    kept: list[Transition] = []
    for change in history:
        if undone_by(change.action):
            kept.pop()
        else:
            kept.append(change)
    return kept


def last_return(history: Iterable[Transition]) -> Transition | None:
    """The last time a reviewer sent it back, with the reason."""
    return next((c for c in reversed(standing(history)) if c.to_state == "returned"), None)


def last_refusal(history: Iterable[Transition]) -> Transition | None:
    return next((c for c in reversed(standing(history)) if c.to_state == "refused"), None)


def _past(change: Transition, is_again: bool) -> Step:
    who = change.actor_label if change.actor_kind == "staff" and change.action in _SHOWS_WHO else ""
    note, state = "", "done"
    label = _PLAIN.get(change.action, "")
    if is_submission(change.action):
        label = "重新提交申请" if is_again else "提交申请"
    elif change.action in _PASSED:
        label = f"{_level(_PASSED[change.action])}通过"
    elif change.to_state in ("returned", "refused"):
        label, note = state_words(change.to_state), change.note or ""
    elif change.to_state == "pay_failed":
        label, note = "打款失败", bounce_words(str(change.meta.get("bounce", "")))
    elif change.action == "appeal":
        note = change.note or ""
    return Step(label or state_words(change.to_state), change.at, note, who, state)


_SHOWS_WHO = ("return_union", "return_first", "return_second")


def _future(claim: Claim, is_submitted: bool) -> list[Step]:
    levels = context.scheme().review.levels
    rest: list[Step] = []
    ahead = list(levels)
    if claim.state == "returned":
        rest.append(_coming(f"等{_whose(claim)}修改后重新提交", "bad"))
    elif claim.state == "draft":
        rest.append(_coming("提交申请", "now"))
    elif claim.state in REVIEWS:
        rest.append(_coming(state_words(claim.state), "now"))
        ahead = list(levels[levels.index(claim.state) + 1 :]) if claim.state in levels else []
    else:
        ahead = []
    rest += [_coming(_level(level), "todo") for level in ahead]
    if claim.state == "pay_failed":
        rest.append(_coming(f"等{_whose(claim)}改正收款账户", "bad"))
    elif claim.state == "approved":
        rest.append(_coming(state_words("approved"), "now"))
    if claim.state not in ("approved", "paying"):
        rest.append(_coming("打款", "todo"))
    return [*rest, _coming(state_words("paid"), "todo")]


def _whose(claim: Claim) -> str:
    return "工会经办人" if claim.filed_by_kind == "staff" else "您"


def _coming(label: str, state: str) -> Step:
    return Step(label, None, "", "", state)


def _level(state: str) -> str:
    """待初核 → 初核: what the level is called once it is done."""
    return state_words(state).removeprefix("待")
