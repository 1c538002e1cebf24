"""What could be better about a photo, in plain words? Measures of a small copy; hints only, never a refusal.

static/coach.js measures the same in the browser before anything is sent: change both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PIL import Image, ImageFilter

SHARP_SIDE = 800  # long side in which sharpness is judged
GRID = 64  # long side of the grid in which light, edges and colours are judged
BLUR, DARK, GLARE = 0.46, 105, 0.012
SHORT, LONG, FILLED = 600, 900, 0.16  # pixels of the sides; share of the photo that the paper fills
ACROSS = ImageFilter.Kernel((3, 3), [0, 0, 0, 1, -2, 1, 0, 0, 0], scale=1, offset=128)
DOWN = ImageFilter.Kernel((3, 3), [0, 1, 0, 0, -2, 0, 0, 1, 0], scale=1, offset=128)
EMBLEM, PORTRAIT = 0.004, 0.02
TWICE = "twice"  # not of the photo itself: it stands in the same application under another heading

WORDS = {
    "blur": "照片有点糊，字看不清。请拿稳手机，再拍一张。",
    "glare": "照片上有一块反光，挡住了字。请换个角度避开灯光，再拍一张。",
    "cut": "纸的边角没有拍全。请退后一点，四个角都拍进来。",
    "dark": "照片太暗，字看不清。请到亮一点的地方再拍一张。",
    "small": "照片里的字太小。请拿近一点，让纸占满画面再拍。",
    "side_front": "这张像是身份证背面（国徽面），这里要正面（头像面）。拍对了吗？",
    "side_back": "这张像是身份证正面（头像面），这里要背面（国徽面）。拍对了吗？",
    TWICE: "这张照片在这份申请里已经传过一次。同一张纸上印了两种单据的，不用换；否则请换一张。",
}


# -- measuring -----------------------------------------------------------------------------------------


def measures(image: Image.Image, wide: int, high: int) -> dict[str, float]:
    """Numbers about an RGB photo that was `wide` × `high` when it came."""
    grid = image.resize(_within(image.size, GRID), Image.Resampling.BOX)
    dots = list(zip(*[iter(grid.tobytes())] * 3, strict=True))
    grey = [(r * 77 + g * 150 + b * 29) >> 8 for r, g, b in dots]
    ranked = sorted(grey)
    low, top = ranked[len(ranked) // 10], ranked[len(ranked) * 97 // 100]
    middle = (low + top) // 2
    has_ground = top - low > 55
    paper = _largest([not has_ground or value > middle for value in grey], grid.width)
    red = _largest([r - g > 60 and r - b > 60 for r, g, b in dots], grid.width)
    hull = paper.hull()
    dark = _largest([value < 0.45 * top and n in hull for n, value in enumerate(grey)], grid.width)
    return {
        "sharp": round(_sharpness(image.convert("L")), 3),
        "light": top,
        "glare": round(_glare(dots, grey, grid.width, low if has_ground else 0), 4),
        "sides": _cut_sides(paper, grey, grid.width, top) if has_ground else 0,
        "filled": round(len(paper.cells) / len(grey), 3) if has_ground else 1,
        "red": round(red.compact / max(1, len(paper.cells)), 4),
        "figure": round(dark.compact / max(1, len(paper.cells)), 4) if has_ground else 0,
        "short": min(wide, high),
        "long": max(wide, high),
    }


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    share = min(1.0, side / max(size))
    return max(2, round(size[0] * share)), max(2, round(size[1] * share))


def _sharpness(grey: Image.Image) -> float:
    """How abrupt the sharpest edges are, beside the contrast of the photo: blur makes every edge a slope.

    Across and down by themselves, and the worse counts: a hand that shook smears in one direction only.
    """
    fine = grey.resize(_within(grey.size, SHARP_SIDE), Image.Resampling.BOX)
    shades = fine.histogram()
    contrast = _share_below(shades, 0.97) - _share_below(shades, 0.01)
    return min(_abruptness(fine, kernel) for kernel in (ACROSS, DOWN)) / max(24, contrast)


def _abruptness(fine: Image.Image, kernel: ImageFilter.Kernel) -> int:
    edges = [0] * 256
    for value, count in enumerate(fine.filter(kernel).histogram()):
        edges[abs(value - 128)] += count
    return _share_below(edges, 0.995)


def _share_below(counts: Sequence[int], share: float) -> int:
    """The value below which this share of all lies."""
    wanted = share * sum(counts)
    for value, count in enumerate(counts):
        wanted -= count
        if wanted < 0:
            return value
    return len(counts) - 1


class _Blob:
    """Cells that hang together, the box around them, and whether they are a compact thing or a line."""

    def __init__(self, cells: list[int], wide: int) -> None:
        self.cells, self.wide = set(cells), wide
        columns, rows = [n % wide for n in cells] or [0], [n // wide for n in cells] or [0]
        self.box = min(columns), min(rows), max(columns), max(rows)

    def hull(self) -> set[int]:
        left, top, right, bottom = self.box
        return {y * self.wide + x for y in range(top, bottom + 1) for x in range(left, right + 1)}

    @property
    def compact(self) -> int:
        left, top, right, bottom = self.box
        across, down = right - left + 1, bottom - top + 1
        is_compact = max(across, down) < 2.2 * min(across, down) and len(self.cells) > 0.4 * across * down
        return len(self.cells) if is_compact else 0


def _largest(cells: Sequence[bool], wide: int) -> _Blob:
    """The largest group of true cells that touch each other."""
    left, best = list(cells), list[int]()
    for start, value in enumerate(left):
        if not value or not left[start]:
            continue
        left[start], group, at = False, [start], 0
        while at < len(group):
            n = group[at]
            at += 1
            for near in (n - wide, n + wide, n - 1 if n % wide else -1, n + 1 if (n + 1) % wide else -1):
                if 0 <= near < len(left) and left[near]:
                    left[near] = False
                    group.append(near)
        if len(group) > len(best):
            best = group
    return _Blob(best, wide)


def _glare(dots: Sequence[tuple[int, ...]], grey: Sequence[int], wide: int, ground: int) -> float:
    """The share of a burnt-out spot on paper that is itself not that white; a white scan has none."""
    burnt = [min(dot) >= 248 for dot in dots]
    rest = sorted(
        value for value, is_burnt in zip(grey, burnt, strict=True) if not is_burnt and value > ground
    )
    spot = len(_largest(burnt, wide).cells) / len(grey)
    return spot if rest and rest[len(rest) * 9 // 10] <= 240 else 0.0


def _cut_sides(paper: _Blob, grey: Sequence[int], wide: int, top: int) -> int:
    """On how many sides the paper runs out of the picture. On all four: only if print runs out, too."""
    high = len(grey) // wide
    sides = (
        range(wide), range((high - 1) * wide, high * wide), range(0, high * wide, wide),
        range(wide - 1, high * wide, wide),
    )  # fmt: skip
    touched = sum(sum(n in paper.cells for n in side) > 0.12 * len(side) for side in sides)
    if touched < 4:
        return touched
    rim = [n for side in sides for n in side]
    return 4 if sum(grey[n] < top - 30 for n in rim) > 0.25 * len(rim) else 0


# -- saying --------------------------------------------------------------------------------------------


def faults(found: Mapping[str, float], kind: str = "") -> list[str]:
    """Codes of what could be better, the most helpful first; `kind` of document for the side of a card."""
    small = found["short"] < SHORT or found["long"] < LONG or found["filled"] < FILLED
    codes = {
        "dark": found["light"] < DARK,
        "small": small,
        "blur": found["sharp"] < BLUR and not small,
        "glare": found["glare"] > GLARE,
        "cut": found["sides"] > 0,
    }
    said = [code for code, is_so in codes.items() if is_so]
    if not said and kind.endswith("id_front") and found["red"] > EMBLEM:
        said.append("side_front")
    if not said and kind.endswith("id_back") and found["red"] <= EMBLEM and found["figure"] >= PORTRAIT:
        said.append("side_back")
    return said


def words(codes: Sequence[str]) -> list[str]:
    """What the person reads."""
    return [WORDS[code] for code in codes if code in WORDS]
