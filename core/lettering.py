"""With which fonts can Chinese be drawn on this machine, and which characters does none of them have?

A character without a glyph is never dropped: it is drawn as 〓 with its code point, so that a rare name stays
complete and anybody can look it up.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from PIL import ImageDraw, ImageFont

from core.names import code_point

FOLDERS = (
    "~/.local/share/fonts",
    "~/.fonts",
    "/usr/local/share/fonts",
    "/usr/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
    "C:/Windows/Fonts",
)
# Parts of file names of fonts with Chinese, the widest first; the last ones are there for rare characters.
FAMILIES = (
    "notosanscjk-regular", "notosanssc", "sourcehansans", "pingfang", "msyh", "stheiti", "hiragino sans gb",
    "notoserifcjk-regular", "sourcehanserif", "wqy-microhei", "wqy-zenhei", "droidsansfallback", "simsun",
    "simsunb", "plangothic", "hanamin", "babelstonehan", "uming", "ukai",
)  # fmt: skip
SUFFIXES = {".ttf", ".ttc", ".otf", ".otc"}
NO_GLYPH, PROBE = "〓", "国"
_NOBODYS = "\U0010fffd"  # a character no font has: what it is drawn as is the sign for «missing»
_Font = ImageFont.FreeTypeFont


@lru_cache(maxsize=4)
def font_files(named: str = "") -> tuple[str, ...]:
    """Fonts that have Chinese: the setting's first, then the machine's own; empty when there is none."""
    wanted = [part for part in named.split(os.pathsep) if part]
    return tuple(path for path in (*wanted, *_on_this_machine()) if _has_chinese(path))


def _on_this_machine() -> list[str]:
    found = [
        path
        for folder in FOLDERS
        for path in Path(folder).expanduser().rglob("*")
        if path.suffix.lower() in SUFFIXES and _rank(path) < len(FAMILIES)
    ]
    return [str(path) for path in sorted(found, key=lambda path: (_rank(path), path.name))]


def _rank(path: Path) -> int:
    name = path.name.lower().replace("_", "-")
    return next((n for n, family in enumerate(FAMILIES) if family in name), len(FAMILIES))


def _has_chinese(path: str) -> bool:
    try:
        return _has(_open(path, 16), PROBE)
    except OSError:
        return False


@lru_cache(maxsize=64)
def _open(path: str, size: int) -> _Font:
    """The face for simplified Chinese where one file holds several."""
    first = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    if not path.lower().endswith((".ttc", ".otc")):
        return first
    for index in range(12):
        try:
            face = ImageFont.truetype(path, size, index=index, layout_engine=ImageFont.Layout.BASIC)
        except OSError:
            break
        if "SC" in (face.getname()[0] or "").split():
            return face
    return first


@lru_cache(maxsize=4096)
def _has(font: _Font, char: str) -> bool:
    return char == " " or bytes(font.getmask(char)) != bytes(font.getmask(_NOBODYS))


class Lettering:
    """Text of one size, drawn character by character with the first font that has each."""

    def __init__(self, files: tuple[str, ...], size: int) -> None:
        self.size = size
        self.fonts = [_open(path, size) for path in files]

    def missing(self, text: str) -> list[str]:
        """The characters that no font has."""
        return [char for char in text if self._font_for(char) is None and not _is_mark(char)]

    def width(self, text: str) -> int:
        return sum(round(font.getlength(char)) for font, char in self._pieces(text))

    def draw(self, pen: ImageDraw.ImageDraw, x: int, y: int, text: str, fill: str) -> int:
        """Write `text` with its top left at (x, y); returns where it ends."""
        for font, char in self._pieces(text):
            pen.text((x, y + self.size), char, font=font, fill=fill, anchor="ls")
            x += round(font.getlength(char))
        return x

    def lines(self, text: str, width: int) -> list[str]:
        """The text broken into lines that fit."""
        lines = [""]
        for char in text:
            if lines[-1] and self.width(lines[-1] + char) > width:
                lines.append("")
            lines[-1] += char
        return lines

    def _font_for(self, char: str) -> _Font | None:
        return next((font for font in self.fonts if _has(font, char)), None)

    def _pieces(self, text: str) -> Iterator[tuple[_Font, str]]:
        for char in text:
            font = self._font_for(char)
            if font is not None:
                yield font, char
            elif not _is_mark(char):
                instead = f"{NO_GLYPH}({code_point(char)})"
                yield from ((self._font_for(sign) or self.fonts[0], sign) for sign in instead)


def _is_mark(char: str) -> bool:
    """A variation selector has no shape of its own; the character before it is drawn."""
    return unicodedata.category(char) in ("Mn", "Cf")
