"""Which figures of a plan can be tried otherwise, and which plan do other figures make? Nothing is changed.

A figure is named by where it stands: `fee`, `waiting.days`, `ZYYL.rate`, `ZYYL.bands.0.up_to`. `tuned` makes
another plan of the same content; the file and the plan that was read from it stay as they are.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from core.money import yuan
from plans.rules.load import plan_from
from plans.rules.plan import Plan
from plans.rules.reading import PlanError

MONEY, RATE, COUNT = "money", "rate", "count"
UNITS = {MONEY: "元", RATE: "%", COUNT: ""}
GENERAL = ""  # the group of what belongs to the plan as a whole
UNSET = "本期没有设"

# key: (words, kind of figure, may it be left out)
_PLAN = {
    "fee": ("每人参保费", MONEY, False),
    "cap_claim": ("每次各项合计上限", MONEY, True),
    "cap_period": ("本期各项合计上限", MONEY, True),
}
_BENEFIT = {
    "rate": ("补助比例", RATE, False),
    "deductible": ("起付", MONEY, True),
    "amount": ("补助金额", MONEY, False),
    "free_days": ("免计天数", COUNT, True),
    "max_days": ("本期最多天数", COUNT, True),
    "same_day_days": ("当天出入院算几天", COUNT, True),
    "max_events": ("本期最多次数", COUNT, True),
    "minimum": ("补足到", MONEY, False),
    "starts_at": ("从多少起补", MONEY, False),
    "out_of_area_factor": ("异地就医系数", RATE, True),
    "cap_claim": ("每次上限", MONEY, True),
    "cap_period": ("本期上限", MONEY, True),
}
# Which of them a shape has, besides its caps.
_SHAPE = {
    "percent": ("rate", "deductible"),
    "bands": ("deductible",),
    "tiers": ("deductible", "starts_at"),
    "per_day": ("amount", "free_days", "max_days", "same_day_days"),
    "fixed": ("amount", "max_events"),
    "grades": (),
    "top_up": ("minimum",),
}
_CAPS = ("cap_claim", "cap_period")
_ROWS = {
    "bands": (("up_to", "第 {n} 段，到", MONEY), ("rate", "第 {n} 段，比例", RATE)),
    "tiers": (("up_to", "第 {n} 档，到", MONEY), ("pays", "第 {n} 档，补助", MONEY)),
    "grades": (("pays", "伤残 {n} 级，补助", MONEY),),
    "hospital_grade_factors": (("factor", "{grade}医院系数", RATE),),
}

NOT_A_RATE = "请填 0 到 100 的百分数，最多四位小数，例如 20 或 12.5"
NOT_A_COUNT = "请填 0 到 9999 的整数"
NEEDED = "这一项不能空着"
NOT_TOGETHER = "这些数字放在一起不成立，请核对"
_PERCENT = re.compile(r"(?P<whole>[0-9]{1,3})(?:\.(?P<rest>[0-9]{1,4}))?")


class Tunable(NamedTuple):
    """One figure that may be tried otherwise, as it stands today."""

    name: str
    label: str
    kind: str  # money | rate | count
    value: str  # as a person types it; "" for one that is not set
    source: str
    is_optional: bool

    @property
    def unit(self) -> str:
        return UNITS[self.kind]


class Group(NamedTuple):
    """The figures of one benefit, or of the plan as a whole (`code` is empty)."""

    code: str
    title: str
    figures: tuple[Tunable, ...]


class TuningError(ValueError):
    """Figures that make no plan: name → words; "" names no figure."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


def tunable(plan: Plan) -> tuple[Group, ...]:
    """Every figure that an award or the fees hang on, grouped by benefit, in the plan's order."""
    content = plan.content
    general = [_figure(content, key, key, *said) for key, said in _PLAN.items()]
    waiting = content.get("waiting", {})
    if "days" in waiting:
        general.append(_figure(waiting, "days", "waiting.days", "首次参保等待期（天）", COUNT, False))
    groups = [Group(GENERAL, "整个计划", tuple(general))]
    for row in content["benefits"]:
        groups.append(Group(row["code"], row["name"], tuple(_of_benefit(row))))
    return tuple(groups)


def changed(plan: Plan, typed: Mapping[str, str]) -> dict[str, str]:
    """What of `typed` differs from today, as the plan's file would write it. Raises `TuningError`."""
    found, problems = {}, {}
    for group in tunable(plan):
        for figure in group.figures:
            if figure.name not in typed:
                continue
            try:
                text = _canonical(figure, typed[figure.name])
            except ValueError as problem:
                problems[figure.name] = str(problem)
                continue
            if text != _canonical(figure, figure.value):
                found[figure.name] = text
    if problems:
        raise TuningError(problems)
    return found


def tuned(plan: Plan, changes: Mapping[str, str]) -> Plan:
    """Another plan with these figures; `changes` as `changed` gives them. Raises `TuningError`."""
    content: dict[str, Any] = json.loads(plan.canonical())
    for name, text in changes.items():
        _set(content, name.split("."), text)
    problems: dict[str, str] = {}
    for row in content["benefits"]:
        problems |= _rising(row)
    if problems:
        raise TuningError(problems)
    try:
        return plan_from(content)
    except PlanError:
        raise TuningError({"": NOT_TOGETHER}) from None


def said(plan: Plan, changes: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    """(benefit, figure, today, tried) of every change, in words."""
    return [
        (group.title, one.label, _words(one, one.value), _words(one, _typed(changes[one.name])))
        for group in tunable(plan)
        for one in group.figures
        if one.name in changes
    ]


def _words(figure: Tunable, value: str) -> str:
    return f"{value} {figure.unit}".strip() if value else "不设"


def _figure(
    table: Mapping[str, Any], key: str, name: str, label: str, kind: str, is_optional: bool
) -> Tunable:
    given = table.get(key)
    if given is None:
        return Tunable(name, label, kind, "", UNSET, is_optional)
    return Tunable(name, label, kind, _typed(given["value"]), given["source"], is_optional)


def _typed(value: Any) -> str:
    """As a person would type it: 20%, "20.00" → 20."""
    text = str(value).removesuffix("%")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _of_benefit(row: Mapping[str, Any]) -> Iterator[Tunable]:
    code, shape = row["code"], row["shape"]
    words = {"amount": "每天补助" if shape == "per_day" else "每次补助"}
    keys = [*_SHAPE[shape], *(["out_of_area_factor"] if "out_of_area_factor" in row else []), *_CAPS]
    for key in keys:
        label, kind, is_optional = _BENEFIT[key]
        yield _figure(row, key, f"{code}.{key}", words.get(key, label), kind, is_optional)
    for key, columns in _ROWS.items():
        if key in row:
            yield from _of_rows(f"{code}.{key}", row[key], columns)


def _of_rows(
    name: str, table: Mapping[str, Any], columns: tuple[tuple[str, str, str], ...]
) -> Iterator[Tunable]:
    for n, line in enumerate(table["rows"]):
        for key, label, kind in columns:
            if key in line:  # the last tier goes on without an end
                words = label.format(n=n + 1, grade=line.get("grade", ""))
                yield Tunable(f"{name}.{n}.{key}", words, kind, _typed(line[key]), table["source"], False)


def _canonical(figure: Tunable, text: str) -> str:
    """As the plan's file writes it; "" for one that is left out. Raises `ValueError` with words."""
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        if figure.is_optional:
            return ""
        raise ValueError(NEEDED)
    if figure.kind == MONEY:
        fen = yuan(text)
        return f"{fen // 100}.{fen % 100:02d}"
    if figure.kind == RATE:
        return _rate(text.removesuffix("%").strip())
    if not (text.isascii() and text.isdecimal() and len(text) < 5):
        raise ValueError(NOT_A_COUNT)
    return str(int(text))


def _rate(text: str) -> str:
    found = _PERCENT.fullmatch(text)
    rest = (found["rest"] or "").rstrip("0") if found else ""
    if not found or int(found["whole"]) + bool(rest) > 100:
        raise ValueError(NOT_A_RATE)
    return f"{int(found['whole'])}{f'.{rest}' if rest else ''}%"


def _set(content: dict[str, Any], path: list[str], text: str) -> None:
    table = content
    if path[0] == "waiting":
        table, path = content["waiting"], path[1:]
    elif len(path) > 1:
        table = next(row for row in content["benefits"] if row["code"] == path[0])
        path = path[1:]
    if len(path) == 3:
        key, row, column = path
        table[key]["rows"][int(row)][column] = text
    elif not text:
        table.pop(path[0], None)
    else:
        value: Any = int(text) if text.isdecimal() else text
        source = table[path[0]]["source"] if path[0] in table else "测算"
        table[path[0]] = {"value": value, "source": source}


def _rising(row: Mapping[str, Any]) -> dict[str, str]:
    """What must rise or fall from row to row, and does not: figure → words."""
    code, found = row["code"], dict[str, str]()
    for key in ("bands", "tiers"):
        if key in row:
            found |= _not_rising(f"{code}.{key}", row[key]["rows"])
    if "grades" in row:
        pays = [_fen(line["pays"]) for line in row["grades"]["rows"]]
        for n, (heavier, lighter) in enumerate(pairwise(pays), 1):
            if lighter > heavier:
                found[f"{code}.grades.{n}.pays"] = f"不能高于伤残 {n} 级的补助"
    if "starts_at" in row and _fen(row["starts_at"]["value"]) >= _first_end(row):
        found[f"{code}.starts_at"] = "要小于第 1 档的上限"
    return found


def _not_rising(name: str, rows: list[Mapping[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    before = 0
    for n, line in enumerate(rows):
        if "up_to" in line:
            if _fen(line["up_to"]) <= before:
                found[f"{name}.{n}.up_to"] = f"要大于第 {n} 段（档）的上限" if n else "要大于 0"
            before = _fen(line["up_to"])
    pays = [_fen(line["pays"]) for line in rows if "pays" in line]
    for n, (lower, upper) in enumerate(pairwise(pays), 1):
        if upper < lower:
            found[f"{name}.{n}.pays"] = f"不能低于第 {n} 档的补助"
    return found


def _first_end(row: Mapping[str, Any]) -> int:
    ends = [_fen(line["up_to"]) for line in row["tiers"]["rows"] if "up_to" in line]
    return ends[0] if ends else 1 << 62


def _fen(text: str) -> int:
    return yuan(text)
