"""In which words does an operator read when the identity check answers? (XM-35)"""

from __future__ import annotations

from datetime import time

import pytest

from config.scheme import load_scheme
from roster.rules import hours

WEEK, ALL = frozenset(range(1, 6)), frozenset(range(1, 8))


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (None, ""),
        ((time(9), time(18), WEEK), "工作日 9 点至 18 点"),
        ((time(8, 30), time(17, 45), ALL), "每天 8 点 30 分至 17 点 45 分"),
        ((time(0), time(12), frozenset({1, 3, 7})), "周一、周三、周日 0 点至 12 点"),
    ],
)
def test_a_window_is_said_in_words(window: hours.Window, words: str) -> None:
    """XM-35."""
    assert hours.hours_words(window) == words


def test_the_profiles_say_their_own_hours() -> None:
    """XM-35: 工作日 9 点至 18 点, about 15 minutes, in the profile that has such hours and in no other."""
    said = hours.hint(load_scheme("xiamen").identity_window)
    assert said == "核实姓名与证件号码需要约 15 分钟，请在工作日 9 点至 18 点导入"
    assert load_scheme("guangxi").identity_window is None and "点" not in hours.hint(None)
