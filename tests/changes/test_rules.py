"""Which new details will do (GX-42, GX-43), and which moves are there (GX-48, GX-49)? Tables, no database."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from werkzeug.datastructures import MultiDict

from changes import rules
from changes.forms import read_change_form
from core.roles import FIRST_REVIEWER, OWNER, SECOND_REVIEWER, STAFF_ROLES
from tests.world import id_number

TODAY = dt.date(2026, 11, 21)
OLD_ID, NEW_ID = id_number(1), id_number(2, dt.date(1960, 1, 1))
OLD = {
    "name": "张测试",
    "id_type": "resident_id",
    "id_number": OLD_ID,
    "born_on": "1968-01-01",
    "sex": "男",
    "insurance_type": "城镇职工基本医疗保险",
    "insurance_card": "450100000001",
    "phone": "13800000001",
}


def wrong(photos: int = 1, before: dict[str, str] = OLD, **changes: str) -> dict[str, str]:
    after = rules.completed(before, {**before, **changes})
    return rules.problems(before, after, photos, TODAY)


CASES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "nothing changed": ({}, {"": rules.NOTHING}),
    "a name alone": ({"name": "张改名"}, {}),
    "a certificate alone": ({"id_number": NEW_ID, "sex": "女"}, {}),
    "name and number GX-43": ({"name": "张改名", "id_number": NEW_ID, "sex": "女"}, {"name": rules.BOTH}),
    "name and kind of certificate GX-43": (
        {"name": "张改名", "id_type": "passport", "id_number": "E12345678"},
        {"name": rules.BOTH},
    ),
    "name and everything but the certificate": (
        {"name": "张改名", "phone": "13900000002", "insurance_card": "4501X", "insurance_type": "其他"},
        {},
    ),
    "a digit missing": ({"id_number": OLD_ID[:-1]}, {"id_number": "证件号码应为 18 位，现在是 17 位"}),
    "a wrong check digit": (
        {"id_number": OLD_ID[:-1] + ("0" if OLD_ID[-1] != "0" else "1")},
        {"id_number": "证件号码有误，请对照证件逐位核对"},
    ),
    "no number": ({"id_number": ""}, {"id_number": "请输入您的证件号码"}),
    "an unknown kind": ({"id_type": "licence"}, {"id_type": "请选择证件类型"}),
    "a passport": ({"id_type": "passport", "id_number": "E12345678"}, {}),
    "born on another day": (
        {"born_on": "1990-01-01"},
        {"born_on": "出生日期与证件号码不一致（证件号码里是 1968-01-01）"},
    ),
    "a new number and another birthday": (
        {"id_number": NEW_ID, "sex": "女", "born_on": "1990-01-01"},
        {"born_on": "出生日期与证件号码不一致（证件号码里是 1960-01-01）"},
    ),
    "another sex": ({"sex": "女"}, {"sex": "性别与证件号码不一致（证件号码里是男）"}),
    "no such sex": ({"sex": "某"}, {"sex": rules.NO_SEX}),
    "no name": ({"name": ""}, {"name": "请输入您的姓名"}),
    "a name with a digit": ({"name": "张3"}, {"name": "姓名中间不能有空格或数字"}),
    "㛃": ({"name": "张㛃"}, {}),
    "𬭎": ({"name": "李𬭎"}, {}),
    "a lost character": ({"name": "张？"}, {"name": "生僻字请直接粘贴汉字，不要用拼音或图片"}),
    "a short phone": ({"phone": "1380000"}, {"phone": "手机号码应为 11 位数字"}),
    "no phone": ({"phone": ""}, {"phone": "请输入您的手机号码"}),
    "an unknown insurance": ({"insurance_type": "没有的"}, {"insurance_type": rules.NO_INSURANCE}),
    "no insurance card any more": ({"insurance_card": ""}, {}),
    "words as a card": ({"insurance_card": "我的卡"}, {"insurance_card": rules.WRONG_CARD}),
}


@pytest.mark.parametrize(("changes", "expected"), CASES.values(), ids=CASES.keys())
def test_what_is_wrong_with_a_change(changes: dict[str, str], expected: dict[str, str]) -> None:
    """GX-42, GX-43."""
    assert wrong(**changes) == expected


def test_a_photo_is_needed_gx_41() -> None:
    """GX-41: 上传证件凭证."""
    assert wrong(photos=0, name="张改名") == {"evidence": rules.NO_PHOTO}


NOT_RESIDENT = {**OLD, "id_type": "passport", "id_number": "E12345678"}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("1990-01-01", ""), ("", rules.NO_BIRTH), ("昨天", rules.STRANGE_BIRTH)]
    + [("2026-11-22", rules.FUTURE_BIRTH), ("1899-12-31", rules.EARLY_BIRTH)],
)
def test_birthdays_that_no_number_tells(typed: str, expected: str) -> None:
    assert wrong(before=NOT_RESIDENT, born_on=typed).get("born_on", "") == expected


@pytest.mark.parametrize("dot", "·•・‧．")
def test_middle_dots_are_one_and_kept_as_typed(dot: str) -> None:
    before = {**OLD, "name": "阿依·买买提"}
    assert rules.changed(before, {**before, "name": f"阿依{dot}买买提"}) == ()
    other = {**before, "name": f"阿依{dot}买买江"}
    assert rules.changed(before, other) == ("name",)
    assert rules.completed(before, other)["name"] == f"阿依{dot}买买江"


def test_a_new_resident_number_brings_birthday_and_sex() -> None:
    after = rules.completed(OLD, {**OLD, "id_number": NEW_ID})
    assert (after["born_on"], after["sex"]) == ("1960-01-01", rules.born_and_sex(NEW_ID)["sex"])
    assert (
        rules.completed(OLD, {**OLD, "id_type": "passport", "id_number": "E12345678"})["born_on"]
        == OLD["born_on"]
    )
    typed = rules.completed(OLD, {**OLD, "id_number": NEW_ID, "born_on": "1990-01-01"})
    assert typed["born_on"] == "1990-01-01", "what the person typed is judged, not overwritten"


def test_a_faulty_roster_stops_nobody_from_changing_something_else() -> None:
    faulty = {**OLD, "id_number": "123", "phone": "", "born_on": ""}
    assert wrong(before=faulty, name="张改名") == {}


FORMS = {
    "id_number": ("４５０１００ 19680101 001x", "450100" + "19680101" + "001X"),
    "phone": ("138 0000 0009", "13800000009"),
    "born_on": ("1990年1月5日", "1990-01-05"),
    "insurance_card": (" ab-12 34 ", "AB1234"),
    "name": ("  张\u200b改名 ", "张改名"),
}


@pytest.mark.parametrize(("field", "typed", "kept"), [(f, *pair) for f, pair in FORMS.items()], ids=FORMS)
def test_what_is_typed_is_tidied(field: str, typed: str, kept: str) -> None:
    assert read_change_form(MultiDict({field: typed}), OLD) == {**OLD, field: kept}


def test_what_was_left_alone_stays_however_it_is_written() -> None:
    odd = {**OLD, "id_number": "abc 1", "insurance_card": "旧-1"}
    assert rules.changed(odd, read_change_form(MultiDict(odd), odd)) == ()


MOVES = {
    ("submit", "draft", OWNER): "first_review",
    ("resubmit", "draft", OWNER): "first_review",
    ("delete", "draft", OWNER): "deleted",
    ("stop", "first_review", OWNER): "deleted",  # with the consent
    ("stop", "second_review", OWNER): "deleted",
    ("approve_first", "first_review", FIRST_REVIEWER): "second_review",
    ("return_first", "first_review", FIRST_REVIEWER): "draft",
    ("approve_second", "second_review", SECOND_REVIEWER): "done",
    ("return_second", "second_review", SECOND_REVIEWER): "draft",
}


def test_there_are_these_moves_and_no_others_gx_48_gx_49() -> None:
    """GX-48, GX-49: every action × state × role."""
    actions = {move.action for move in rules.WORKFLOW.moves}
    found = {
        (action, state, role): move.target
        for action, state, role in itertools.product(actions, rules.LABELS, (OWNER, *STAFF_ROLES))
        if (move := rules.WORKFLOW.move(action, state)) and role in move.who
    }
    assert found == MOVES


def test_the_words_of_the_states_are_the_manuals_gx_48() -> None:
    """GX-48: 待初核 · 草稿 · 待复核 · 办结."""
    shown = {state: words for state, words in rules.LABELS.items() if state != "deleted"}
    assert set(shown.values()) == {"待初核", "草稿", "待复核", "办结"}
