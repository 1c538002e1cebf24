"""Which moves does an enrolment allow? Every action in every state by every role, against its own list."""

from __future__ import annotations

import pytest

from core import roles
from enrolment.rules import (
    LABELS,
    LEVEL_ROLES,
    OPEN,
    OVER,
    PASSES,
    RETURNS,
    STEPS,
    WORKFLOW,
    number_of,
    step_of,
)
from notify.messages import MESSAGES

UNION = {roles.OPERATOR, roles.CHAIR}
FINANCE = {roles.FINANCE_MAKER, roles.FINANCE_CHECKER}
# (action, from, to, who, told by, asks for a reason): the decision, written down a second time.
TABLE = [
    ("submit", "draft", "first_review", UNION, "enrolment_submitted", False),
    ("delete", "draft", "deleted", UNION, None, False),
    ("cancel", "draft", "cancelled", UNION, None, False),
    ("approve_first", "first_review", "second_review", {roles.FIRST_REVIEWER}, None, False),
    ("return_first", "first_review", "draft", {roles.FIRST_REVIEWER}, "enrolment_returned", True),
    ("approve_second", "second_review", "awaiting_voucher", {roles.SECOND_REVIEWER}, "enrolment_due", False),
    ("return_second", "second_review", "draft", {roles.SECOND_REVIEWER}, "enrolment_returned", True),
    ("submit_voucher", "awaiting_voucher", "confirming", UNION, None, False),
    ("return_voucher", "confirming", "awaiting_voucher", FINANCE, "enrolment_voucher_returned", True),
    ("confirm", "confirming", "done", FINANCE, "enrolment_done", False),
]
EVERYBODY = (*roles.STAFF_ROLES, roles.EMPLOYEE, roles.OWNER, roles.STAFF, roles.SYSTEM, roles.GUEST)


def test_xm_67_the_table_is_the_decided_one() -> None:
    rows = [
        (m.action, source, m.target, set(m.who), m.tells, m.needs_note)
        for m in WORKFLOW.moves
        for source in m.sources
    ]
    assert rows == TABLE


@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize("state", LABELS)
def test_nobody_may_do_what_the_table_does_not_say(state: str, role: str) -> None:
    allowed = {move.action for move in WORKFLOW.allowed(state, {role})}
    assert allowed == {action for action, source, _, who, *_ in TABLE if source == state and role in who}


def test_xm_53_deleting_and_cancelling_are_for_drafts_only_and_nothing_follows_them() -> None:
    ends = {state for move in WORKFLOW.moves if move.action in ("delete", "cancel") for state in move.sources}
    assert ends == {"draft"}
    assert not [move for move in WORKFLOW.moves if set(move.sources) & set(OVER)]
    assert WORKFLOW.final == set(OVER) == set(LABELS) - set(OPEN)


def test_each_review_has_one_role_one_pass_and_one_return_with_a_reason() -> None:
    for level, role in LEVEL_ROLES.items():
        for action in (PASSES[level], RETURNS[level]):
            move = WORKFLOW.move(action, level)
            assert move and move.who == {role} and move.needs_note is (action == RETURNS[level])


def test_every_message_an_enrolment_can_cause_has_words() -> None:
    assert {move.tells for move in WORKFLOW.moves if move.tells} <= set(MESSAGES)


def test_xm_52_the_six_steps_in_their_order() -> None:
    words = [f"{step_of(state)} {label}" for state, label in STEPS]
    assert words == ["1 提交申请", "2 待初审", "3 待复审", "4 上传缴费凭证", "5 待确认", "6 已办结"]
    assert step_of("cancelled") == step_of("deleted") == 1


@pytest.mark.parametrize(
    "month,count,number",
    [
        ("202408", 3, "CBFW2024080003"),  # the manual's own
        ("202611", 9999, "CBFW2026119999"),
        ("202611", 10000, "CBFW20261110000"),  # widens
    ],
)
def test_xm_60_the_number_is_prefix_month_and_counter(month: str, count: int, number: str) -> None:
    assert number_of("CBFW", month, count) == number
