"""Which moves does an enrolment allow, by whom, and which of the six steps is it at? (XM-52) Tables only."""

from __future__ import annotations

from core.roles import (
    ADMINISTRATOR,
    AUDITOR,
    CHAIR,
    FINANCE_CHECKER,
    FINANCE_MAKER,
    FIRST_REVIEWER,
    OPERATOR,
    SECOND_REVIEWER,
)
from core.terms import Term
from core.workflow import Move, Workflow

DRAFT, FIRST, SECOND = "draft", "first_review", "second_review"
AWAITING_VOUCHER, CONFIRMING, DONE = "awaiting_voucher", "confirming", "done"
CANCELLED, DELETED = "cancelled", "deleted"

# The profile's own words of the two reviews stand in [review.labels]; these are the manual's.
LABELS = {
    DRAFT: "草稿",
    FIRST: "待初审",
    SECOND: "待复审",
    AWAITING_VOUCHER: "上传缴费凭证",
    CONFIRMING: "待确认",
    DONE: "已办结",
    CANCELLED: "已取消",
    DELETED: "已删除",
}
# XM-52, in their order. A draft is at step one until it is handed in.
STEPS = (
    (DRAFT, "提交申请"),
    (FIRST, LABELS[FIRST]),
    (SECOND, LABELS[SECOND]),
    (AWAITING_VOUCHER, LABELS[AWAITING_VOUCHER]),
    (CONFIRMING, LABELS[CONFIRMING]),
    (DONE, LABELS[DONE]),
)
REVIEWS = (FIRST, SECOND)
OPEN = (DRAFT, FIRST, SECOND, AWAITING_VOUCHER, CONFIRMING)
OVER = (DONE, CANCELLED, DELETED)

# Who keeps a union's enrolments, who decides on them, who confirms the money, and who may look at them.
KEEPERS = (OPERATOR, CHAIR)
LEVEL_ROLES = {FIRST: FIRST_REVIEWER, SECOND: SECOND_REVIEWER}
REVIEWERS = tuple(LEVEL_ROLES.values())
FINANCE = (FINANCE_MAKER, FINANCE_CHECKER)
READERS = (*KEEPERS, *REVIEWERS, *FINANCE, ADMINISTRATOR, AUDITOR)

PASSES = {FIRST: "approve_first", SECOND: "approve_second"}
RETURNS = {FIRST: "return_first", SECOND: "return_second"}

_KEEPERS, _FINANCE = frozenset(KEEPERS), frozenset(FINANCE)
_FIRST, _SECOND = frozenset({FIRST_REVIEWER}), frozenset({SECOND_REVIEWER})

# `deleted` is never listed: a draft that nobody ever saw leaves only its number, and who deleted it when.
WORKFLOW = Workflow(
    "enrolment",
    LABELS,
    (
        Move("submit", (DRAFT,), FIRST, _KEEPERS, "提交", "enrolment_submitted"),
        Move("delete", (DRAFT,), DELETED, _KEEPERS, "删除"),
        Move("cancel", (DRAFT,), CANCELLED, _KEEPERS, "取消"),
        Move("approve_first", (FIRST,), SECOND, _FIRST, "同意"),
        Move("return_first", (FIRST,), DRAFT, _FIRST, "退回", "enrolment_returned", True),
        Move("approve_second", (SECOND,), AWAITING_VOUCHER, _SECOND, "同意", "enrolment_due"),
        Move("return_second", (SECOND,), DRAFT, _SECOND, "退回", "enrolment_returned", True),
        Move("submit_voucher", (AWAITING_VOUCHER,), CONFIRMING, _KEEPERS, "确认"),
        Move(
            "return_voucher",
            (CONFIRMING,),
            AWAITING_VOUCHER,
            _FINANCE,
            "退回",
            "enrolment_voucher_returned",
            True,
        ),
        Move("confirm", (CONFIRMING,), DONE, _FINANCE, "同意确认", "enrolment_done"),
    ),
    final=frozenset(OVER),
)

# How long what a union handed in is kept, from the end of its enrolment on (`service.expiring` does it).
KEEP = {"papers": Term(years=3), "accounts": Term(years=3)}


def step_of(state: str) -> int:
    """1 … 6; an enrolment that was given up stays at the first."""
    return next((n for n, (name, _) in enumerate(STEPS, 1) if name == state), 1)


def number_of(prefix: str, month: str, count: int) -> str:
    """`CBFW2024080003` (XM-60): the month's counter has four digits and widens when they are used up."""
    return f"{prefix}{month}{count:04d}"
