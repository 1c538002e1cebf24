"""People's names: XM-39 (no spaces), XM-40 (rare characters kept), middle dots, look-alikes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import names

SAME = [
    ("张建国", "张建国"),
    ("张建国", " 张建国 "),
    ("张建国", "张建国\u3000"),
    ("张建国", "\ufeff张建国"),
    ("张建国", "张\u200b建国"),
    ("张建国", "张建\u200d国"),
    ("张建国", "\u202a张建国\u202c"),
    ("张建国", "\u2067张建国\u2069"),
    ("张建国", "张建国\r\n"),
    ("张建国", "张建国\t"),
    ("张建国", "张\u00ad建国"),
    ("张建国", "张\u2060建国"),
    ("张建国", "\u0000张建国"),
    ("张三", "张 三"),
    ("张三", "张\u3000三"),
    ("张三", "张\u00a0三"),
    ("高明", "\u2fbc明"),  # Kangxi radical from a PDF
    ("方小文", "\u2f45小\u2f42"),
    ("阿卜杜拉·买买提", "阿卜杜拉•买买提"),
    ("阿卜杜拉·买买提", "阿卜杜拉・买买提"),
    ("阿卜杜拉·买买提", "阿卜杜拉‧买买提"),
    ("阿卜杜拉·买买提", "阿卜杜拉﹒买买提"),
    ("阿卜杜拉·买买提", "阿卜杜拉．买买提"),
    ("阿卜杜拉·买买提", "阿卜杜拉.买买提"),
    ("阿卜杜拉·买买提", "阿卜杜拉･买买提"),
    ("阿卜杜拉·买买提", "阿卜杜拉∙买买提"),
    ("阿卜杜拉·买买提", "阿卜杜拉⋅买买提"),
    ("阿卜杜拉·买买提", "阿卜杜拉 · 买买提"),
    ("阿卜杜拉·买买提", "阿卜杜拉·\u200b买买提"),
    ("迪丽·热巴·某", "迪丽•热巴．某"),
    ("JOHN SMITH", "John Smith"),
    ("JOHN SMITH", "John  Smith"),
    ("JOHN SMITH", "ＪＯＨＮ　ＳＭＩＴＨ"),
    ("J. SMITH", "J.Smith"),
    ("JOSÉ", "Jose\u0301"),
    ("José", "JOSE\u0301"),
    ("㛃某", "㛃某"),
    ("𬭎某", "𬭎某"),
    ("陈磳", "陈磳 "),
    ("葛某", "葛\U000e0100某"),
    ("〇一", "〇一"),
]
DIFFERENT = [
    ("张建囯", "张建国"),
    ("张建国", "张建國"),
    ("张建国", "张国建"),
    ("张建国", "张建"),
    ("张建国", "章建国"),
    ("未某", "末某"),
    ("土某", "士某"),
    ("王己", "王已"),
    ("王已", "王巳"),
    ("李洁", "李㛃"),
    ("李鋐", "李𬭎"),
    ("李宏", "李𬭎"),
    ("陈磳", "陈曾"),
    ("刘戊", "刘戌"),
    ("刘戌", "刘戍"),
    ("陈冶", "陈治"),
    ("吕某", "呂某"),
    ("黄某", "黃某"),
    ("郎某", "朗某"),
    ("淼某", "森某"),
    ("丁末", "丁未"),
    ("赵堃", "赵坤"),
    ("阿卜杜拉·买买提", "阿卜杜拉买买提"),
    ("阿卜杜拉·买买提", "阿不都拉·买买提"),
    ("迪丽·热巴", "迪丽热·巴"),
    ("JOHN SMITH", "JOHNSMITH"),
    ("JOHN SMITH", "SMITH JOHN"),
    ("JOSE", "JOSÉ"),
    ("O'NEIL", "ONEIL"),
    ("日某", "曰某"),
    ("〇一", "零一"),
    ("𠮷某", "吉某"),
]


def test_the_table_is_large_enough() -> None:
    assert len(SAME) + len(DIFFERENT) >= 60


@pytest.mark.parametrize(("a", "b"), SAME)
def test_the_same_name_typed_differently_is_the_same(a: str, b: str) -> None:
    assert names.is_same(a, b)
    assert names.comparison_key(a) == names.comparison_key(b)


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_names_of_two_people_stay_apart(a: str, b: str) -> None:
    assert not names.is_same(a, b)


@pytest.mark.parametrize(
    "name", ["李㛃", "李𬭎", "陈磳", "𠮷某", "〇一", "阿卜杜拉•买买提", "阿卜杜拉．买买提", "葛\U000e0100某"]
)
def test_a_name_is_kept_for_printing_as_it_was_written(name: str) -> None:
    """XM-40: no code point is lost or replaced."""
    assert names.normalise(name) == name
    assert names.problem(name) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "请输入您的姓名"),
        (" \u200b\u3000", "请输入您的姓名"),
        ("张 三", "姓名中间不能有空格或数字"),
        ("张\u3000三", "姓名中间不能有空格或数字"),
        ("张三1", "姓名中间不能有空格或数字"),
        ("张３", "姓名中间不能有空格或数字"),
        ("张①", "姓名中间不能有空格或数字"),
        ("张 San", "姓名中间不能有空格或数字"),
        ("张三", None),
        (" 张三 ", None),
        ("欧阳某某", None),
        ("阿卜杜拉·买买提", None),
        ("John Smith", None),
        ("Anne-Marie O'Neil", None),
        ("J. Smith Jr.", None),
        ("·买买提", "姓名里的“·”应在两个字中间"),
        ("买买提·", "姓名里的“·”应在两个字中间"),
        ("阿卜杜拉··买买提", "姓名里的“·”应在两个字中间"),
        ("张?", "生僻字请直接粘贴汉字，不要用拼音或图片"),
        ("张\ufffd", "生僻字请直接粘贴汉字，不要用拼音或图片"),
        ("张\ue000", "生僻字请直接粘贴汉字，不要用拼音或图片"),
        ("张⿰石曾", "生僻字请直接粘贴汉字，不要用拼音或图片"),
        ("张□", "生僻字请直接粘贴汉字，不要用拼音或图片"),
        ("张三😀", "姓名里有不能用的符号“😀”，请核对"),
        ("=张三", "姓名里有不能用的符号“=”，请核对"),
        ("张<b>", "姓名里有不能用的符号“<”，请核对"),
        ("张三(大)", "姓名里有不能用的符号“(”，请核对"),
        ("张" * 51, "姓名太长，请核对"),
    ],
)
def test_a_wrong_name_is_answered_in_the_pages_words(text: str, words: str | None) -> None:
    assert names.problem(text) == words


@pytest.mark.parametrize(
    ("a", "b", "places"),
    [
        ("张建囯", "张建国", [(2, "囯", "国", "U+56EF", "U+56FD")]),
        ("张建国", "张建国", []),
        ("阿卜·买", "阿卜•买", []),
        ("John", "JOHN", []),
        ("李鋐", "李𬭎", [(1, "鋐", "𬭎", "U+92D0", "U+2CB4E")]),
        ("张国", "张建国", [(1, "", "建", "", "U+5EFA")]),
        ("张建国", "张国", [(1, "建", "", "U+5EFA", "")]),
    ],
)
def test_differences_are_shown_place_by_place(a: str, b: str, places: list) -> None:
    assert names.differences(a, b) == places


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ("张建囯", "张建国", "“囯”和“国”不是同一个字，请核对"),
        ("张建国", "张建国", None),
        ("张建国", "李建明", None),
        ("张建国", "张建", None),
        ("Smith", "Smyth", None),
    ],
)
def test_one_wrong_character_is_named(a: str, b: str, words: str | None) -> None:
    assert names.look_alike_problem(a, b) == words


@given(st.text(max_size=20))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = names.normalise(text)
    assert names.normalise(once) == once
    assert names.is_same(text, once)


@given(st.text(max_size=12), st.text(max_size=12))
def test_equal_keys_and_no_visible_difference_go_together(a: str, b: str) -> None:
    names.problem(a)
    if not names.differences(a, b):
        assert names.is_same(a, b)
