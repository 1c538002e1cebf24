"""What does a trial of other figures add up to, and how is that said? Pure: sums and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from core.money import shown_yuan
from core.terms import Term

KEEP = Term(years=1)  # of a finished trial, with the people in it
MOST_TRIES = 3
PURPOSE_LONGEST = 60
FAILED = "测算没有完成。请重新发起；再不成功请联系管理员。"
ERASED = "内容已按规定删除，照账上金额计入，没有重算"
LOWERED = "审核时调低过金额"
NOW_STOPPED = "按现在的资料：{why}"
OTHERS_CHANGED = "同一人的其他补助后来有变动（放弃或更正），当时的累计与现在不同"
AUTOMATIC_DIFFERS = "免申即享补助与账上不同：打款当时的累计与现在不同，或打款早于本系统的自动核定"
NO_GRADE = "没有填"
UNASKED = "免申即享（不分医院等级）"


class Line(NamedTuple):
    """One claim: what the ledger says, what today's figures give, what the tried ones would."""

    grade: str
    ledger_fen: int
    was_fen: int
    now_fen: int
    is_stopped: bool  # worth something today, nothing under the tried figures
    is_lowered: bool
    is_erased: bool
    by_benefit: Mapping[str, tuple[int, int]]


class Person(NamedTuple):
    """One person's claims, and what came without being asked for."""

    union: str
    lines: tuple[Line, ...]
    unasked_ledger_fen: int
    unasked_was_fen: int
    unasked_now_fen: int
    unasked_by_benefit: Mapping[str, tuple[int, int]]

    @property
    def was_fen(self) -> int:
        return sum(line.was_fen for line in self.lines) + self.unasked_was_fen

    @property
    def now_fen(self) -> int:
        return sum(line.now_fen for line in self.lines) + self.unasked_now_fen


def nothing() -> dict[str, Any]:
    """The sums before anybody was counted; plain content for a JSON column."""
    sums = ("people", "claims", "ledger", "was", "now", "gainers", "gained", "losers", "lost", "stopped",
            "lowered", "erased", "differs")  # fmt: skip
    return {**dict.fromkeys(sums, 0), "unions": {}, "grades": {}, "benefits": {}}


def add(totals: dict[str, Any], person: Person, differs: int) -> None:
    """Count one person in."""
    was, now = person.was_fen, person.now_fen
    lines = person.lines
    totals["people"] += 1
    totals["claims"] += len(lines)
    totals["ledger"] += sum(line.ledger_fen for line in lines) + person.unasked_ledger_fen
    totals["was"] += was
    totals["now"] += now
    totals["stopped"] += sum(line.is_stopped for line in lines)
    totals["lowered"] += sum(line.is_lowered for line in lines)
    totals["erased"] += sum(line.is_erased for line in lines)
    totals["differs"] += differs
    if now > was:
        totals["gainers"] += 1
        totals["gained"] += now - was
    elif now < was:
        totals["losers"] += 1
        totals["lost"] += was - now
    _add_up(totals["unions"], person.union, 1, was, now, int(now > was), int(now < was))
    for line in lines:
        _add_up(totals["grades"], line.grade or NO_GRADE, 1, line.was_fen, line.now_fen)
        for code, (before, after) in line.by_benefit.items():
            _add_up(totals["benefits"], code, before, after)
    if person.unasked_was_fen or person.unasked_now_fen:
        _add_up(totals["grades"], UNASKED, 0, person.unasked_was_fen, person.unasked_now_fen)
    for code, (before, after) in person.unasked_by_benefit.items():
        _add_up(totals["benefits"], code, before, after)


def _add_up(table: dict[str, list[int]], key: str, *numbers: int) -> None:
    row = table.setdefault(key, [0] * len(numbers))
    for n, number in enumerate(numbers):
        row[n] += number


def why_differs(ledger_fen: int, replayed_fen: int, stopped: str, is_lowered: bool) -> str:
    """Why today's figures do not give what the ledger says; empty when they do."""
    if ledger_fen == replayed_fen:
        return ""
    if stopped:
        return NOW_STOPPED.format(why=stopped)
    return LOWERED if is_lowered else OTHERS_CHANGED


# --- in words ----------------------------------------------------------------------------------------------


def share(part: int, whole: int) -> str:
    """12.3%; a dash when there is nothing to compare with."""
    if not whole:
        return "—"
    tenths = (abs(part) * 2000 + whole) // (2 * whole)
    return f"{'-' if part < 0 else ''}{tenths // 10}.{tenths % 10}%"


def change(was_fen: int, now_fen: int) -> str:
    """增加 1,200.00 元（12.3%）, 减少 …, 不变."""
    if was_fen == now_fen:
        return "不变"
    how = "增加" if now_fen > was_fen else "减少"
    by = abs(now_fen - was_fen)
    more = f"（{share(by, was_fen)}）" if was_fen else ""
    return f"{how} {shown_yuan(by)} 元{more}"


def signed(fen: int) -> str:
    """+1,200.00, -300.00, 0.00: a difference in a table."""
    return f"{'+' if fen > 0 else ''}{shown_yuan(fen)}"


def summary(totals: Mapping[str, Any], fees_was_fen: int, fees_now_fen: int) -> list[str]:
    """What the trial says, a sentence each."""
    was, now = totals["was"], totals["now"]
    said = [
        f"补助支出由 {shown_yuan(was)} 元变为 {shown_yuan(now)} 元，{change(was, now)}。",
        f"赔付率（补助支出 ÷ 参保费）由 {share(was, fees_was_fen)} 变为 {share(now, fees_now_fen)}。",
    ]
    if fees_was_fen != fees_now_fen:
        fees = f"{shown_yuan(fees_was_fen)} 元变为 {shown_yuan(fees_now_fen)} 元"
        said.append(f"参保费由 {fees}，{change(fees_was_fen, fees_now_fen)}。")
    if not totals["gainers"] and not totals["losers"]:
        return [*said, "没有人多得，也没有人少得。"]
    parts = (
        (totals["gainers"], f"{totals['gainers']} 人多得，共 {shown_yuan(totals['gained'])} 元"),
        (totals["losers"], f"{totals['losers']} 人少得，共 {shown_yuan(totals['lost'])} 元"),
        (1, f"{totals['people'] - totals['gainers'] - totals['losers']} 人不变"),
    )
    said.append("；".join(words for count, words in parts if count) + "。")
    if totals["stopped"]:
        said.append(f"{totals['stopped']} 份申请将得不到补助。")
    return said


def check_words(totals: Mapping[str, Any]) -> str:
    """Does the same engine with today's figures give the ledger, to the fen?"""
    if not totals["claims"]:
        return "这一期还没有审核通过的补助，没有可以重算的。"
    lowered = f"，其中 {totals['lowered']} 份按审核调低后的金额计" if totals["lowered"] else ""
    erased = f"，{totals['erased']} 份{ERASED}" if totals["erased"] else ""
    if not totals["differs"]:
        same = f"按现行数字重算 {totals['claims']} 份，合计 {shown_yuan(totals['was'])} 元，与账上一分不差"
        return f"{same}{lowered}{erased}。"
    found = f"按现行数字重算 {totals['claims']} 份，有 {totals['differs']} 处与账上不同"
    sums = f"重算 {shown_yuan(totals['was'])} 元，账上 {shown_yuan(totals['ledger'])} 元"
    return f"{found}（{sums}）{lowered}{erased}。"


def largest(rows: Iterable[tuple[str, list[int]]], most: int) -> list[tuple[str, list[int]]]:
    """Of (name, [count, was, now, …]) those that change most, then the greatest."""
    return sorted(rows, key=lambda row: (-abs(row[1][2] - row[1][1]), -row[1][2], row[0]))[:most]
