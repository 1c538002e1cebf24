"""What goes into an award and what comes out: facts, cover, memory, lines, notes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

HOSPITAL, INJURY, DEATH = "hospital", "injury", "death"


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """A claim as its papers tell it, in fen; 个人自付 is inside the catalogue, 个人自费 outside it."""

    kind: str
    submitted_on: date
    admitted_on: date | None = None
    discharged_on: date | None = None
    event_on: date | None = None  # day of the injury or of the death
    total_fen: int = 0  # 医疗总费用
    pooled_fen: int = 0  # 统筹支付
    self_paid_fen: int = 0  # 个人自付
    own_expense_fen: int = 0  # 个人自费
    bed_excess_fen: int = 0  # 超标床位费
    hospital_grade: str = ""
    is_settled_by_insurance: bool = True
    is_out_of_area: bool = False
    injury_grade: int | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """From when to when one person is covered in the plan's period."""

    starts_on: date
    ends_on: date
    is_first_time: bool = False  # first-timers wait; a renewal without a gap does not


class Used(NamedTuple):
    """What one benefit has given or used up earlier in the period."""

    paid_fen: int = 0
    days: int = 0
    deductible_fen: int = 0
    base_fen: int = 0  # cumulative, after deductions
    events: int = 0

    def plus(self, other: "Used") -> "Used":
        return Used(
            self.paid_fen + other.paid_fen,
            self.days + other.days,
            self.deductible_fen + other.deductible_fen,
            self.base_fen + other.base_fen,
            self.events + other.events,
        )


UNUSED = Used()


@dataclass(frozen=True, slots=True)
class Memory:
    """A person's use of one plan. It adds up: the memory of several claims is the sum of their usage."""

    used: Mapping[str, Used] = field(default_factory=dict)
    total_fen: int = 0  # what counts towards the plan's own cap

    def of(self, benefit_code: str) -> Used:
        return self.used.get(benefit_code, UNUSED)

    def plus(self, other: "Memory") -> "Memory":
        used = dict(self.used)
        for code, more in other.used.items():
            before = used.get(code)
            used[code] = before.plus(more) if before else more
        return Memory(used, self.total_fen + other.total_fen)

    @classmethod
    def sum(cls, usages: Iterable["Memory"]) -> "Memory":
        whole = cls()
        for usage in usages:
            whole = whole.plus(usage)
        return whole

    def to_dict(self) -> dict[str, Any]:
        """Plain content for a JSON column; `from_dict` reads it back."""
        used = {code: used._asdict() for code, used in self.used.items()}
        return {"total_fen": self.total_fen, "used": used}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Memory":
        used = {code: Used(**fields) for code, fields in content.get("used", {}).items()}
        return cls(used, content.get("total_fen", 0))


class Line(NamedTuple):
    """One benefit's part of an award, worked so that the person can follow it."""

    benefit: str
    label: str
    steps: tuple[str, ...]
    amount_fen: int


class Note(NamedTuple):
    """Something the reader must know; when blocking, the claim cannot be awarded as it stands."""

    code: str
    text: str
    blocking: bool = False


class Award(NamedTuple):
    lines: tuple[Line, ...]
    total_fen: int
    notes: tuple[Note, ...]
    usage: Memory  # what this award alone uses: keep it with the claim
    memory_after: Memory

    @property
    def is_refused(self) -> bool:
        return any(note.blocking for note in self.notes)

    def to_dict(self) -> dict[str, Any]:
        """Plain content for a JSON column: exactly what was shown, so that it can be shown again."""
        return {
            "lines": [{**line._asdict(), "steps": list(line.steps)} for line in self.lines],
            "total_fen": self.total_fen,
            "notes": [note._asdict() for note in self.notes],
            "usage": self.usage.to_dict(),
        }


def shown(fen: int) -> str:
    """320630 → 3,206.30"""
    return f"{fen // 100:,}.{fen % 100:02d}" if fen >= 0 else f"-{shown(-fen)}"
