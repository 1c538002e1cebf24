"""Is this the same picture once more, turned, cropped, relit or saved again? The pure sums, no store.

Bills of one form look alike as wholes, so a hash of the whole picture says nothing about them. Instead the
marks of the print (small dark blobs) are found; the pattern around each is its word. The same picture has the
same marks with the same words in the same arrangement: rare words find candidates in an index, the places
of the marks say how one lies over the other, and then the two are compared where other numbers would show.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from PIL import Image, ImageChops, ImageFilter

SIDE = 640  # long side in which marks are found
MARKS, APART, RIM, FAINT = 128, 4, 22, 6
UNIT = 1000  # marks are told in thousandths of the long side
BITS = 32
# Around a mark: six places and their quarter turns; for each bit two of them are compared: (ring, ring,
# quarters further) in its four turns, so that a quarter turn only moves the bits within their four.
RINGS = ((6, 0), (6, 6), (11, 4), (11, -4), (15, 0), (13, 13))
GROUPS = ((0, 2, 1), (1, 3, 2), (2, 4, 1), (3, 5, 3), (4, 1, 2), (5, 0, 1), (2, 3, 0), (4, 5, 2))
PAIRS = tuple(
    (4 * one + q, 4 * other + (q + further) % 4) for one, other, further in GROUPS for q in range(4)
)
ANGLES, SIZES = (-2.4, -1.2, 0.0, 1.2, 2.4), (0.92, 0.96, 1.0, 1.04, 1.08)
NEAR = 6  # bits in which two words may differ and still be taken for the same mark
FIT, TRIED, AGREEING = 9, 36, 9  # thousandths a mark may lie off; matches tried in pairs; how many must agree
BLOCK, TEXTURE, ALIKE = 16, 40, 0.75
SAME_UP_TO = 10  # per cent of the print that may look different in the same picture
UNRELATED = 100
_PRESENT = re.compile(rb"[^\0]")


Marks = Sequence[tuple[int, int, int]]  # x and y of a mark, in thousandths of the long side, and its word


@dataclass(frozen=True, slots=True)
class Likeness:
    """What to know a picture by. `probes`: mark by mark the words it would have a little turned or scaled."""

    page: Image.Image
    marks: Marks
    probes: list[list[int]]


def packed(marks: Marks) -> bytes:
    """For the store; `unpacked` reads it."""
    return b"".join(struct.pack(">HHI", *mark) for mark in marks)


def unpacked(data: bytes) -> Marks:
    return list(struct.iter_unpack(">HHI", data))  # type: ignore[arg-type]


def probes_packed(probes: list[list[int]]) -> bytes:
    return b"".join(struct.pack(f">H{len(some)}I", len(some), *some) for some in probes)


def probes_unpacked(data: bytes) -> list[list[int]]:
    probes, at = [], 0
    while at < len(data):
        (count,) = struct.unpack_from(">H", data, at)
        probes.append(list(struct.unpack_from(f">{count}I", data, at + 2)))
        at += 2 + 4 * count
    return probes


# -- what a picture looks like -------------------------------------------------------------------------


def likeness_of(picture: Image.Image) -> Likeness:
    """What to know this picture by."""
    page = _scaled(picture.convert("L"), SIDE)
    soft = page.filter(ImageFilter.BoxBlur(2))
    places = _places(page, soft)
    unit = UNIT / max(page.size)
    words = _words(soft, places, _steps(soft.width))
    marks = [
        (round((x + 0.5) * unit), round((y + 0.5) * unit), word)
        for (x, y), word in zip(places, words, strict=True)
    ]
    shapes = [_words(soft, places, _steps(soft.width, a, s)) for a in ANGLES for s in SIZES]
    probes = [sorted(set(some)) for some in zip(words, *shapes, strict=True)]
    return Likeness(page, marks, probes)


def _scaled(image: Image.Image, side: int) -> Image.Image:
    long = max(image.size)
    size = max(8, round(image.width * side / long)), max(8, round(image.height * side / long))
    return image if size == image.size else image.resize(size, Image.Resampling.BOX)


def _places(page: Image.Image, near: Image.Image) -> list[tuple[int, int]]:
    """The darkest small blobs, each alone in its neighbourhood, strongest first."""
    depth = ImageChops.subtract(page.filter(ImageFilter.BoxBlur(6)), near, 0.5)
    tops = ImageChops.difference(depth, _highest_around(depth, APART)).point(lambda v: 0 if v else 255)
    data = ImageChops.darker(depth, tops).tobytes()
    wide, high = page.size
    found = [
        (-data[n], n)
        for n in (dot.start() for dot in _PRESENT.finditer(data))
        if data[n] > FAINT and RIM <= n % wide < wide - RIM and RIM <= n // wide < high - RIM
    ]
    return [(n % wide, n // wide) for _, n in sorted(found)[:MARKS]]


def _highest_around(image: Image.Image, reach: int) -> Image.Image:
    """The brightest value within `reach` pixels, by doubling steps (a rank filter takes far longer)."""
    for dx, dy in ((1, 0), (0, 1)):
        covered = 1
        while covered < 2 * reach + 1:
            step = min(covered, 2 * reach + 1 - covered)
            image = ImageChops.lighter(image, ImageChops.offset(image, dx * step, dy * step))
            covered += step
        image = ImageChops.offset(image, -dx * reach, -dy * reach)
    return image


def _steps(wide: int, angle: float = 0.0, size: float = 1.0) -> list[int]:
    """How far in the pixels the places around a mark are, if the picture were turned and scaled so."""
    c, s = math.cos(math.radians(angle)) * size, math.sin(math.radians(angle)) * size
    turns = ((x, y) for ring in RINGS for x, y in _quarters(*ring))
    return [round(y * c + x * s) * wide + round(x * c - y * s) for x, y in turns]


def _quarters(x: int, y: int) -> tuple[tuple[int, int], ...]:
    return (x, y), (-y, x), (-x, -y), (y, -x)


def _words(soft: Image.Image, places: Sequence[tuple[int, int]], steps: list[int]) -> list[int]:
    """One bit for each pair of places: is the second clearly brighter? Blank paper gives no chance bits."""
    wide, data = soft.width, soft.tobytes()
    words = []
    for x, y in places:
        at = y * wide + x
        around = [data[at + step] for step in steps]
        clear = max(3, (max(around) - min(around)) // 6)
        word = 0
        for one, other in PAIRS:
            word = word << 1 | (around[one] + clear < around[other])
        words.append(word)
    return words


def turned(word: int, quarters: int) -> int:
    """The word of the same mark after the picture was turned by so many quarters."""
    out = 0
    for group in range(0, BITS, 4):
        four = word >> group & 15
        out |= ((four << quarters | four >> (4 - quarters)) & 15) << group
    return out


# -- are two the same ----------------------------------------------------------------------------------


def laid_over(one: Marks, other: Marks) -> tuple[complex, complex] | None:
    """Turn, size and shift that take most marks of one to those of the other (p → turn·p + shift)."""
    best: list[tuple[complex, complex]] = []
    for quarters in range(4):
        agreeing = _agreeing(_matches(one, other, quarters))
        if len(agreeing) > len(best):
            best = agreeing
        if len(best) > MARKS // 3:
            break
    if len(best) < AGREEING:
        return None
    turn, shift = _fitted(best)
    for _ in range(2):  # first by all that agree roughly, then only by those that lie well
        turn, shift = _fitted([(a, b) for a, b in best if abs(turn * a + shift - b) < FIT / 2] or best)
    return turn, shift


def _matches(one: Marks, other: Marks, quarters: int) -> list[tuple[complex, complex]]:
    """Marks that may be the same, the surest first."""
    theirs = [(complex(x, y), word) for x, y, word in other]
    found: list[tuple[int, int, complex, complex]] = []
    for x, y, word in one:
        mine = turned(word, quarters)
        for place, their in theirs:
            if (off := (mine ^ their).bit_count()) <= NEAR:
                found.append((off, len(found), complex(x, y), place))
    found.sort()
    return [(place, their) for _, _, place, their in found[: 3 * MARKS]]


def _agreeing(matches: list[tuple[complex, complex]]) -> list[tuple[complex, complex]]:
    """The largest set of matches that one way of laying explains."""
    best: list[tuple[complex, complex]] = []
    for n, (p, p2) in enumerate(matches[:TRIED]):
        for q, q2 in matches[:n]:
            if abs(p - q) < UNIT // 8:
                continue
            turn = (p2 - q2) / (p - q)
            if not 0.85 < abs(turn) < 1.18 or not _is_near_quarter(turn):
                continue
            shift = p2 - turn * p
            agreeing = [(a, b) for a, b in matches if abs(turn * a + shift - b) < FIT]
            if len(agreeing) > len(best):
                best = agreeing
        if len(best) > len(matches) // 2:
            break
    return best


def _is_near_quarter(turn: complex) -> bool:
    """A picture is laid any of four ways, and a few degrees askew."""
    return min(abs(turn.real), abs(turn.imag)) < 0.1 * abs(turn)


def _fitted(pairs: Sequence[tuple[complex, complex]]) -> tuple[complex, complex]:
    """The turn and shift with the least squares over these pairs."""
    middle = sum(a for a, _ in pairs) / len(pairs)
    theirs = sum(b for _, b in pairs) / len(pairs)
    size = sum(abs(a - middle) ** 2 for a, _ in pairs) or 1.0
    turn = sum((a - middle).conjugate() * (b - theirs) for a, b in pairs) / size
    return turn, theirs - turn * middle


def difference(one: Image.Image, other: Image.Image, laid: tuple[complex, complex]) -> int:
    """How much of the print differs when one page is laid over the other: 0 … 99 per cent, else UNRELATED."""
    turn, shift = laid[0] * max(other.size) / max(one.size), laid[1] * max(other.size) / UNIT
    numbers = (turn.real, -turn.imag, shift.real, turn.imag, turn.real, shift.imag)
    affine = Image.Transform.AFFINE
    over = other.transform(one.size, affine, numbers, Image.Resampling.BILINEAR)
    seen = Image.new("L", other.size, 255).transform(one.size, affine, numbers)
    share = _unlike(_print_of(one), _print_of(over), seen.tobytes())
    return UNRELATED if share is None else min(UNRELATED - 1, round(100 * share))


def _print_of(page: Image.Image) -> Image.Image:
    """Without the light: what is printed, around 128."""
    near, far = page.filter(ImageFilter.BoxBlur(1)), page.filter(ImageFilter.BoxBlur(8))
    return ImageChops.subtract(near, far, 1, 128)


def _unlike(one: Image.Image, other: Image.Image, seen: bytes) -> float | None:
    """The share of printed blocks whose pattern is another; None where too little lies over each other."""
    wide, high = one.size
    mine, their = ([v - 128 for v in image.tobytes()] for image in (one, other))
    printed = unlike = 0
    for top in range(BLOCK, high - 2 * BLOCK, BLOCK):
        for left in range(BLOCK, wide - 2 * BLOCK, BLOCK):
            rows = [slice(n, n + BLOCK) for n in range(top * wide + left, (top + BLOCK) * wide + left, wide)]
            if not all(seen[row.start] and seen[row.stop - 1] for row in (rows[0], rows[-1])):
                continue
            a = [v for row in rows for v in mine[row]]
            b = [v for row in rows for v in their[row]]
            ours, theirs = sum(map(mul, a, a)), sum(map(mul, b, b))
            if max(ours, theirs) < TEXTURE * BLOCK * BLOCK:
                continue
            printed += 1
            unlike += sum(map(mul, a, b)) < ALIKE * math.sqrt(ours * theirs)
    return unlike / printed if printed >= 20 else None
