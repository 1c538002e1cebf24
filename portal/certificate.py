"""What does the picture of a 参保凭证 look like? Drawn here, so that it can be saved and shown anywhere."""

from __future__ import annotations

import io
from typing import NamedTuple

from PIL import Image, ImageDraw

from core.lettering import Lettering

WIDTH, EDGE, GAP = 840, 56, 34
INK, QUIET, LINE, SEAL = "#1b1d1c", "#585c5a", "#d9dcd8", "#8a0f1e"


class Certificate(NamedTuple):
    """What is said on it: a heading, facts in order, and the small print."""

    brand: str
    title: str
    rows: tuple[tuple[str, str], ...]
    small: tuple[str, ...]


def drawn(said: Certificate, fonts: tuple[str, ...]) -> bytes:
    """A PNG as tall as its text; every character of it is there, if need be as 〓 with its code point."""
    head, body, small = Lettering(fonts, 62), Lettering(fonts, 40), Lettering(fonts, 34)
    picture = Image.new("RGB", (WIDTH, 3000), "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, WIDTH, 24), fill=SEAL)
    y = _lines(pen, small, said.brand, EDGE, 84, SEAL)
    y = _lines(pen, head, said.title, EDGE, y + 8, INK) + GAP
    for label, value in said.rows:
        pen.line((EDGE, y, WIDTH - EDGE, y), fill=LINE, width=2)
        y += GAP // 2
        small.draw(pen, EDGE, y + 5, label, QUIET)
        y = _lines(pen, body, value, EDGE + 196, y, INK) + GAP // 2
    pen.line((EDGE, y, WIDTH - EDGE, y), fill=LINE, width=2)
    y += GAP
    for line in said.small:
        y = _lines(pen, small, line, EDGE, y, QUIET)
    out = io.BytesIO()
    picture.crop((0, 0, WIDTH, y + EDGE // 2)).quantize(32).save(out, "PNG", optimize=True)
    return out.getvalue()


def _lines(pen: ImageDraw.ImageDraw, letters: Lettering, text: str, x: int, y: int, fill: str) -> int:
    """Write `text` from (x, y) on, broken at the right edge; returns where the next line begins."""
    for line in letters.lines(text, WIDTH - EDGE - x):
        letters.draw(pen, x, y, line, fill)
        y += round(letters.size * 1.5)
    return y
