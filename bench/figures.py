"""What does a series of rounds say? Ratios of medians with their spread, and a verdict (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

NOISY = 0.40  # a reference that spreads by more than this decides nothing

PASS, FAIL, TOO_NOISY = "pass", "FAIL", "too noisy"


@dataclass(frozen=True)
class Goal:
    """`least` or `most` bounds the ratio to the reference, or our own figure when `is_absolute`."""

    least: float | None = None
    most: float | None = None
    is_absolute: bool = False
    unit: str = "×"

    @property
    def words(self) -> str:
        sign, bound = ("≥", self.least) if self.least is not None else ("≤", self.most)
        return f"{sign} {bound:,g}{self.unit}" if self.unit == "×" else f"{sign} {bound:,g} {self.unit}"

    def holds(self, figure: float) -> bool:
        return (self.least is None or figure >= self.least) and (self.most is None or figure <= self.most)


@dataclass(frozen=True)
class Line:
    """One line of the table. `ours` and `other` are one figure a round, taken side by side."""

    id: str
    what: str
    unit: str
    ours: Sequence[float]
    other: Sequence[float]
    other_name: str
    goal: Goal | None = None
    cpu: tuple[Sequence[float], Sequence[float]] | None = None  # ms a request, ours and the reference's
    needs: int = 1  # rounds below which nothing is held against it

    @property
    def ratio(self) -> float:
        return median(self.ours) / median(self.other) if self.other else 0.0

    @property
    def ratios(self) -> list[float]:
        return [a / b for a, b in zip(self.ours, self.other, strict=True) if b]

    @property
    def spread(self) -> float:
        """How far the reference (ourselves, where there is none) strays: (max − min) ÷ median."""
        values = self.other or self.ours
        middle = median(values)
        return (max(values) - min(values)) / middle if middle else 0.0

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        figure = median(self.ours) if self.goal.is_absolute else self.ratio
        if self.goal.is_absolute and all(self.goal.holds(one) for one in self.ours):
            return PASS  # a busy machine makes figures worse, never better
        if len(self.ours) < self.needs or self.other and self.spread > NOISY:
            return TOO_NOISY
        return PASS if self.goal.holds(figure) else FAIL

    def cells(self) -> list[str]:
        other = f"{self.other_name} {_shown(median(self.other))}" if self.other else self.other_name
        ratio = ""
        if self.other:
            ratio = f"{self.ratio:.2f} ({min(self.ratios):.2f}–{max(self.ratios):.2f})"
        cpu = " : ".join(f"{median(side):.2f}" for side in self.cpu) if self.cpu else ""
        return [
            self.id,
            self.what,
            f"{_shown(median(self.ours))} {self.unit}",
            other,
            ratio,
            f"{self.spread:.0%}",
            cpu,
            self.goal.words if self.goal else "",
            self.verdict,
        ]


HEADS = ("id", "what", "ours", "floor or peer", "ratio (min–max)", "spread", "CPU ms", "goal", "verdict")


def table(lines: Sequence[Line]) -> str:
    """A Markdown table, padded so that it also reads well in a terminal."""
    rows = [list(HEADS), *(line.cells() for line in lines)]
    widths = [max(_width(row[n]) for row in rows) for n in range(len(HEADS))]
    shown = [_row(row, widths) for row in rows]
    return "\n".join([shown[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *shown[1:]])


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of all lie (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"


def _width(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _shown(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
