"""When does the identity check answer, in the words an operator reads? (XM-35) Pure."""

from __future__ import annotations

from datetime import time

Window = tuple[time, time, frozenset[int]] | None
WEEKDAYS = "一二三四五六日"
HINT = "核实姓名与证件号码需要约 15 分钟，请在{hours}导入"
ANY_TIME = "核实姓名与证件号码需要几分钟，核实后自动更新名册"


def hours_words(window: Window) -> str:
    """`工作日 9 点至 18 点`; "" when it always answers."""
    if window is None:
        return ""
    start, end, days = window
    return f"{_days(days)} {_clock(start)}至 {_clock(end)}"


def hint(window: Window) -> str:
    """The line on the import's page."""
    return HINT.format(hours=hours_words(window)) if window else ANY_TIME


def _days(days: frozenset[int]) -> str:
    if days == frozenset(range(1, 6)):
        return "工作日"
    if days == frozenset(range(1, 8)):
        return "每天"
    return "、".join(f"周{WEEKDAYS[day - 1]}" for day in sorted(days))


def _clock(at: time) -> str:
    return f"{at.hour} 点" + (f" {at.minute} 分" if at.minute else "")
