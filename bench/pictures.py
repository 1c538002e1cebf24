"""B14: does the coach see what is wrong with a photo, and does the net find the same picture again?

On papers drawn by `bench.receipts`: bills of one form, half of them scans whose form lies on the same pixels.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image

from bench.figures import Goal, Line
from bench.receipts import (
    CHANGES,
    FAULTS,
    again,
    faulty_photo,
    good_photo,
    jpeg,
    photographed,
    receipt,
    scanned,
)
from bench.stage import Size, Stage
from core.files import coach, likeness

PHOTOS, BILLS = 40, 12
SHARE = "%"


def run(_stage: Stage, _size: Size) -> list[Line]:
    return [*_coach(), *_net()]


def _coach() -> Iterator[Line]:
    for fault in (*FAULTS, "side"):
        seen = [
            any(code.startswith(fault) for code in said_of(*faulty_photo(fault, seed)))
            for seed in range(PHOTOS)
        ]
        yield _line(
            f"photo coach sees: {fault}",
            100 * sum(seen) / PHOTOS,
            Goal(least=90, is_absolute=True, unit=SHARE),
        )
    wrong = sum(bool(said_of(*good_photo(seed))) for seed in range(PHOTOS))
    yield _line(
        "photo coach warns of good photos", 100 * wrong / PHOTOS, Goal(most=5, is_absolute=True, unit=SHARE)
    )


def _net() -> Iterator[Line]:
    bills = [_bill(seed) for seed in range(BILLS)]
    known = [known_by(bill) for bill in bills]
    alike = [known_by(_bill(seed + 1000, seed)) for seed in range(BILLS)]
    found = [
        distance(known_by(again(bills[seed], change, seed)), known[seed]) <= likeness.SAME_UP_TO
        for change in CHANGES
        for seed in range(BILLS)
    ]
    pairs = [(known[a], known[b]) for a in range(BILLS) for b in range(a)] + list(
        zip(known, alike, strict=True)
    )
    wrong = sum(distance(*pair) <= likeness.SAME_UP_TO for pair in pairs)
    what = f"of {len(found)} same pictures, {len(pairs)} other bills of the form"
    yield _line(f"same picture found again, {what}", 100 * sum(found) / len(found),
                Goal(least=95, is_absolute=True, unit=SHARE))  # fmt: skip
    yield _line("other bills taken for the same picture", 100 * wrong / len(pairs),
                Goal(most=1, is_absolute=True, unit=SHARE))  # fmt: skip


def _line(what: str, figure: float, goal: Goal) -> Line:
    return Line("B14", what, SHARE, [figure], [], "drawn papers", goal)


def _bill(seed: int, like: int | None = None) -> Image.Image:
    paper = receipt(seed, like)
    return Image.open(io.BytesIO(jpeg(photographed(paper, seed) if seed % 2 else scanned(paper))))


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
