"""How are dates, card numbers, states and look-alike names written on a page?"""

from __future__ import annotations

import re
from datetime import date, datetime
from difflib import SequenceMatcher
from typing import Any

from core.clock import SHANGHAI, local_date
from core.days import parse_day


def minute(moment: datetime | None) -> str:
    """10:32 in Shanghai, for 草稿已保存 and the like."""
    return moment.astimezone(SHANGHAI).strftime("%H:%M") if moment else ""


def day(value: date | datetime | None) -> str:
    """2026-10-01"""
    if isinstance(value, datetime):
        value = local_date(value)
    return value.isoformat() if value else ""


def day_words(value: date | datetime | str | None) -> str:
    """2026年10月1日, also from what a person typed; "" when it is no date."""
    if isinstance(value, datetime):
        value = local_date(value)
    found = parse_day(value) if isinstance(value, str) else value
    return f"{found.year}年{found.month}月{found.day}日" if found else ""


def card4(number: str | None) -> str:
    """6222000000000000 → 6222 0000 0000 0000, so that a person can compare it with the card."""
    plain = re.sub(r"\s", "", number or "")
    return " ".join(plain[i : i + 4] for i in range(0, len(plain), 4))


# The first row with a word that stands in the label wins; the order settles 打款失败, 已退回, 未参保, 待复核.
_TONES = (
    ("bad", ("失败", "退回", "驳回", "不予", "不符", "超时", "停用", "拒绝", "作废", "有错")),
    ("idle", ("草稿", "撤回", "撤销", "未", "下架", "取消", "关闭", "过期", "空")),
    ("wait", ("待", "中", "审")),
    ("good", ("办结", "完成", "已", "通过", "成功", "有效")),
)


def state_tag(label: str) -> str:
    """Tone of a state label: bad, wait, good or idle. The word is always shown; the tone only tints it."""
    return next((tone for tone, words in _TONES if any(word in str(label) for word in words)), "idle")


def char_diff(left: str, right: str) -> dict[str, Any]:
    """Where two names differ, sign by sign: 张建囯 and 张建国 look alike on any screen."""
    found: dict[str, Any] = {"same": left == right, "left": [], "right": [], "place": 0, "codes": ""}
    for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for side, part in (("left", left[a:b]), ("right", right[c:d])):
            if part:
                found[side].append((part, tag != "equal"))
        if tag == "replace" and b - a == d - c == 1 and not found["place"]:
            found["place"] = a + 1
            found["codes"] = f"U+{ord(left[a]):04X} / U+{ord(right[c]):04X}"
    return found
