"""What does a reviewer read on a claim's page? Its photos with the missing ones, and what happened to it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from claims.models import Claim, ClaimDocument
from claims.queries.own import state_words
from claims.rules import CARD_PHOTOS, ITEMS, REVIEWS, WORKFLOW, is_submission, undone_by
from claims.service import checks, figures
from core.history import Transition, timeline
from plans.service import Material

# What proves the sums comes first; short words fit under a thumbnail.
SHORT = {
    "invoice": "发票",
    "settlement": "结算单",
    "discharge_record": "出院小结",
    "injury_decision": "工伤认定书",
    "grade_decision": "等级鉴定书",
    "death_certificate": "死亡证明",
    "application_form": "审批表",
    "id_front": "证件正面",
    "id_back": "证件背面",
    "agent_id_front": "代办人证件正面",
    "agent_id_back": "代办人证件背面",
    "bank_card": "银行卡",
    "explanation": "情况说明",
    "payee_id_front": "收款人证件正面",
    "payee_id_back": "收款人证件背面",
    "payee_bank_card": "收款人银行卡",
}
_ORDER = list(SHORT)


class Paper(NamedTuple):
    """One photo and what it proves."""

    document: ClaimDocument
    label: str


class Event(NamedTuple):
    """One line of 办理记录; `state` is done, now or bad, as the steps macro wants it."""

    label: str
    at: dt.datetime
    who: str
    note: str
    state: str


def papers(claim: Claim, only_cards: bool = False) -> tuple[list[Paper], list[str]]:
    """The photos in the order reviewers read them, and the labels of what should be there and is not."""
    wanted = {paper.code: paper for paper in figures.papers_of(claim)}
    found = [d for d in checks.documents_of(claim) if not only_cards or d.kind in CARD_PHOTOS]
    found.sort(key=lambda d: (_ORDER.index(d.kind) if d.kind in SHORT else len(_ORDER), d.kind, d.position))
    totals: dict[str, int] = {}
    for document in found:
        totals[document.kind] = totals.get(document.kind, 0) + 1
    shown, at = [], dict.fromkeys(totals, 0)
    for document in found:
        at[document.kind] += 1
        label = SHORT.get(document.kind) or _label(wanted.get(document.kind))
        several = totals[document.kind] > 1
        shown.append(Paper(document, f"{label} {at[document.kind]}" if several else label))
    missing = [SHORT.get(p.code, p.label) for p in wanted.values() if totals.get(p.code, 0) < p.min_count]
    return shown, [] if only_cards else missing


def _label(paper: Material | None) -> str:
    return paper.label if paper else "照片"


def events(claim: Claim) -> list[Event]:
    """Everything that happened, the newest first, with who and in which words."""
    lines = [_event(step) for step in timeline(claim.id) if step.action != "create"]
    return list(reversed(lines))


def resent(claim: Claim) -> Transition | None:
    """The last resubmission after a return: what was changed since is in its `meta`."""
    steps = [step for step in timeline(claim.id) if is_submission(step.action)]
    return steps[-1] if len(steps) > 1 else None


def label_of(action: str, from_state: str, to_state: str, is_staff: bool = True) -> str:
    """A move as the history names it."""
    if undone := undone_by(action):
        return f"撤销刚才的{label_of(undone, to_state, from_state).replace(' · ', '')}"
    move = WORKFLOW.move(action, from_state)
    label = move.label if move else "新建" if action == "create" else action
    if is_submission(action) and from_state == "returned":
        return "修改后重新提交"
    if is_staff and from_state in REVIEWS:
        return f"{state_words(from_state).removeprefix('待')} · {label}"
    return label


def _event(step: Transition) -> Event:
    label = label_of(step.action, step.from_state, step.to_state, step.actor_kind == "staff")
    items = "、".join(ITEMS[item] for item in step.meta.get("items", []) if item in ITEMS)
    note = (step.note or "") + (f"（涉及：{items}）" if items else "")
    is_bad = step.to_state in ("returned", "refused", "pay_failed")
    return Event(label, step.at, step.actor_label, note, "bad" if is_bad else "done")
