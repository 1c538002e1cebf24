"""B14: does the coach see what is wrong with a photo, and does the net find the same picture again?

Judged on `bench.unseen`, papers and light on which no threshold was chosen; beside it stands the figure on
`bench.receipts`, with which they were chosen. In brackets the interval in which the true share lies (95 %).
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image

from bench import receipts, unseen
from bench.figures import Goal, Line
from bench.receipts import CHANGES, FAULTS, again, jpeg, scanned
from bench.stage import Size, Stage
from core.files import coach, likeness

PHOTOS, GOOD, BILLS = 40, 120, 18
SHARE = "%"


@dataclass(frozen=True)
class World:
    """Where papers and photos come from."""

    first: int  # of its seeds
    good: Callable[[int], tuple[str, Image.Image]]
    faulty: Callable[[str, int], tuple[str, Image.Image]]
    bill: Callable[[int, int | None], Image.Image]
    photographed: Callable[[Image.Image, int], Image.Image]

    def photo(self, seed: int, like: int | None = None) -> Image.Image:
        """Of a bill; half of them are scans, whose forms lie on the same pixels."""
        paper = self.bill(seed, like)
        return Image.open(io.BytesIO(jpeg(self.photographed(paper, seed) if seed % 2 else scanned(paper))))


KNOWN = World(0, receipts.good_photo, receipts.faulty_photo, receipts.receipt, receipts.photographed)
UNSEEN = World(unseen.FIRST, unseen.good_photo, unseen.faulty_photo, unseen.bill, unseen.photographed)
Tally = tuple[int, int]  # how many of how many


def run(_stage: Stage, _size: Size) -> list[Line]:
    return [*_coach(), *_net()]


def _coach() -> Iterator[Line]:
    for fault in (*FAULTS, "side"):
        told = [sees(world, fault, PHOTOS) for world in (UNSEEN, KNOWN)]
        yield _line(f"photo coach sees: {fault}", *told, Goal(least=90, is_absolute=True, unit=SHARE))
    warned = [warns(world, GOOD) for world in (UNSEEN, KNOWN)]
    yield _line("photo coach warns of good photos", *warned, Goal(most=5, is_absolute=True, unit=SHARE))


def _net() -> Iterator[Line]:
    (found, wrong), (known, known_wrong) = (caught(world, BILLS) for world in (UNSEEN, KNOWN))
    yield _line("same picture found again", found, known, Goal(least=95, is_absolute=True, unit=SHARE))
    yield _line("other bills of the form taken for the same picture", wrong, known_wrong,
                Goal(most=1, is_absolute=True, unit=SHARE))  # fmt: skip


def sees(world: World, fault: str, count: int) -> Tally:
    seeds = range(world.first, world.first + count)
    return sum(any(c.startswith(fault) for c in said_of(*world.faulty(fault, s))) for s in seeds), count


def warns(world: World, count: int) -> Tally:
    seeds = range(world.first, world.first + count)
    return sum(bool(said_of(*world.good(seed))) for seed in seeds), count


def caught(world: World, count: int) -> tuple[Tally, Tally]:
    """Of pictures that come again changed; of pairs of other bills, some of the same person and form."""
    seeds = range(world.first, world.first + count)
    bills = [world.photo(seed) for seed in seeds]
    known = [known_by(bill) for bill in bills]
    alike = [known_by(world.photo(seed + 1000, seed)) for seed in seeds]
    found = [
        distance(known_by(again(bill, change, seed)), mine) <= likeness.SAME_UP_TO
        for change in CHANGES
        for bill, mine, seed in zip(bills, known, seeds, strict=True)
    ]
    pairs = [(known[a], known[b]) for a in range(count) for b in range(a)]
    pairs += zip(known, alike, strict=True)
    wrong = [distance(*pair) <= likeness.SAME_UP_TO for pair in pairs]
    return (sum(found), len(found)), (sum(wrong), len(wrong))


def interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson's: where the true share lies with 95 % certainty."""
    z, share = 1.96, hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def _line(what: str, told: Tally, known: Tally, goal: Goal) -> Line:
    low, high = interval(*told)
    of = f"{what}: {told[0]} of {told[1]} ({100 * low:.0f}–{100 * high:.0f} %)"
    return Line("B14", of, SHARE, [100 * told[0] / told[1]], [],
                f"on papers it was made with {known[0]} of {known[1]}", goal)  # fmt: skip


def said_of(kind: str, photo: Image.Image) -> list[str]:
    """As the intake sees it."""
    sent = Image.open(io.BytesIO(jpeg(photo))).convert("RGB")
    wide, high = sent.size
    sent.thumbnail((1280, 1280))
    return coach.faults(coach.measures(sent, wide, high), kind)


def known_by(image: Image.Image) -> likeness.Likeness:
    """As the job sees it: the preview."""
    small = image.convert("RGB")
    small.thumbnail((1280, 1280))
    return likeness.likeness_of(Image.open(io.BytesIO(jpeg(small, 60))))


def distance(one: likeness.Likeness, other: likeness.Likeness) -> int:
    laid = likeness.laid_over(one.marks, other.marks)
    return likeness.UNRELATED if laid is None else likeness.difference(one.page, other.page, laid)
