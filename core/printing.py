"""How does a form get onto paper? A4 as PDF, with every character of every name.

    form = Form("工会参保申请单", files, footer="CBFW2026110001")
    form.facts([("参保工会", "…"), ("参加人数", "79 人")])
    form.signatures(("工会主席（签字）", "工会（盖章）"))
    form.content, form.missing

The fonts are those of `core.lettering`: the first that has a character prints it, and one that none has is
printed as 〓 with its code point and stands in `missing`, so that whoever prints can be warned. Pure Python:
nothing of the system is needed but a font with Chinese.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from fontTools.ttLib import TTCollection, TTFont
from fpdf import FPDF
from fpdf.fonts import FontFace

from core.lettering import NO_GLYPH
from core.names import code_point

# They tell every glyph they keep: too much, and it spells people's names.
logging.getLogger("fontTools").setLevel(logging.WARNING)

MARGIN, FOOT = 18.0, 16.0  # millimetres
WIDTH = 210 - 2 * MARGIN
LABEL_SHADE = (240, 240, 240)
COLLECTIONS = (".ttc", ".otc")
MAIN = "main"
SHAPELESS = ("Mn", "Cf", "Cc")
Facts = Sequence[tuple[str, str]]


class Form:
    """One document, written from top to bottom; pages turn by themselves."""

    def __init__(self, title: str, files: Sequence[str], footer: str = "") -> None:
        self.missing: list[str] = []
        self._sheet = _Sheet(footer)
        self._files, self._names = tuple(files), [MAIN]
        self._sheet.add_font(MAIN, fname=files[0], collection_font_number=_face(files[0]))
        self._sheet.set_font(MAIN, size=11)
        self._sheet.footer_text = self._printable(footer)
        self._sheet.set_title(title)
        self._sheet.add_page()
        self._write(title, size=20, align="C", after=4)

    def small(self, text: str, align: str = "L") -> None:
        """A line below a title or a table."""
        self._write(text, size=10, align=align, after=2)

    def heading(self, text: str) -> None:
        self._sheet.ln(2)
        self._write(text, size=13, after=1.5)

    def paragraph(self, text: str) -> None:
        self._write(text, size=11, after=2)

    def facts(self, rows: Facts, across: int = 2) -> None:
        """Label and value beside each other, `across` pairs a line; long values take what they need."""
        label = WIDTH * 0.36 / across
        widths = (label, WIDTH / across - label) * across
        lines = [list(rows[n : n + across]) for n in range(0, len(rows), across)]
        with self._table(widths) as table:
            for line in lines:
                line += [("", "")] * (across - len(line))
                row = table.row()
                for name, value in line:
                    row.cell(self._printable(name), style=FontFace(fill_color=LABEL_SHADE if name else None))
                    row.cell(self._printable(value))
        self._sheet.ln(2)

    def rows(self, heads: Sequence[str], rows: Iterable[Sequence[str]], shares: Sequence[float]) -> None:
        """A table with a head that stands on every page; `shares` of the width for each column."""
        widths = [WIDTH * share / sum(shares) for share in shares]
        with self._table(widths, heads=1) as table:
            for line in (heads, *rows):
                row = table.row()
                for text in line:
                    row.cell(self._printable(text))
        self._sheet.ln(2)

    def names(self, texts: Iterable[str], across: int = 4) -> None:
        """Many short entries in columns, read from left to right; as fast for thousands as for ten."""
        sheet, width, height = self._sheet, WIDTH / across, 7.0
        sheet.set_font(MAIN, size=10.5)
        for n, text in enumerate(texts):
            if n and n % across == 0:
                sheet.ln(height)
            if sheet.will_page_break(height):
                sheet.add_page()
            sheet.cell(width, height, self._fitted(self._printable(text), width), border=1)
        sheet.ln(height + 2)

    def signatures(self, labels: Sequence[str], height: float = 34.0) -> None:
        """Boxes of the same width with room for a name and a seal; never split over two pages."""
        sheet, width = self._sheet, WIDTH / len(labels)
        sheet.set_font(MAIN, size=11)
        if sheet.will_page_break(height + 2):
            sheet.add_page()
        top = sheet.get_y() + 2
        for n, label in enumerate(labels):
            left = MARGIN + n * width
            sheet.rect(left, top, width, height)
            sheet.set_xy(left + 2, top + 2)
            sheet.cell(width - 4, 6, self._printable(label))
            sheet.set_xy(left + 2, top + height - 8)
            sheet.cell(width - 4, 6, "年    月    日", align="R")
        sheet.set_xy(MARGIN, top + height + 2)

    @property
    def content(self) -> bytes:
        return bytes(self._sheet.output())

    def _table(self, widths: Sequence[float], heads: int = 0):  # type: ignore[no-untyped-def]
        self._sheet.set_font(MAIN, size=10.5)
        return self._sheet.table(
            col_widths=tuple(widths),
            width=WIDTH,
            line_height=6.5,
            padding=(0.8, 1.5),
            text_align="LEFT",
            wrapmode="CHAR",
            first_row_as_headings=bool(heads),
            headings_style=FontFace(fill_color=LABEL_SHADE),
        )

    def _write(self, text: str, *, size: float, align: str = "L", after: float = 0) -> None:
        self._sheet.set_font(MAIN, size=size)
        self._sheet.multi_cell(
            WIDTH, size * 0.55, self._printable(text), align=align, new_x="LMARGIN", new_y="NEXT"
        )
        self._sheet.ln(after)

    def _fitted(self, text: str, width: float) -> str:
        """An entry that is too long for its column loses its end, and says so."""
        room = width - 3
        if self._sheet.get_string_width(text) <= room:
            return text
        while text and self._sheet.get_string_width(text + "…") > room:
            text = text[:-1]
        return text + "…"

    def _printable(self, text: str) -> str:
        """Marks without a shape of their own go; a character no font has becomes 〓 and its name."""
        kept = []
        for char in text:
            if char in " \n" or self._has(char):
                kept.append(char)
            elif unicodedata.category(char) not in SHAPELESS:
                kept.append(f"{NO_GLYPH}({code_point(char)})")
                self.missing += [char] if char not in self.missing else []
        return "".join(kept)

    def _has(self, char: str) -> bool:
        """Does one of the fonts have it? A further font costs a second, so it is opened when it is needed."""
        for n, path in enumerate(self._files):
            if ord(char) in _characters(path):
                if (name := f"{MAIN}{n}" if n else MAIN) not in self._names:
                    self._sheet.add_font(name, fname=path, collection_font_number=_face(path))
                    self._names.append(name)
                    self._sheet.set_fallback_fonts(self._names[1:], exact_match=False)
                return True
        return False


class _Sheet(FPDF):
    """A4 upright; every page ends with what it belongs to and which of how many it is."""

    def __init__(self, footer: str) -> None:
        super().__init__(format="A4", unit="mm")
        self.footer_text = footer
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, margin=FOOT + 4)

    def footer(self) -> None:
        family, size = self.font_family, self.font_size_pt
        self.set_y(-FOOT)
        self.set_font(family, size=9)
        self.cell(WIDTH, 6, f"{self.footer_text}    第 {self.page_no()} 页，共 {{nb}} 页", align="R")
        self.set_font(family, size=size)


def not_printable(text: str, files: Sequence[str]) -> list[str]:
    """The different characters of `text` that none of the fonts has, in their order."""
    known = [_characters(path) for path in files]
    return [
        char
        for char in dict.fromkeys(text)
        if char not in " \n"
        and unicodedata.category(char) not in SHAPELESS
        and not any(ord(char) in one for one in known)
    ]


@lru_cache(maxsize=16)
def _characters(path: str) -> frozenset[int]:
    """The code points a font has."""
    with TTFont(path, fontNumber=_face(path), lazy=True) as font:
        return frozenset(font.getBestCmap())


@lru_cache(maxsize=16)
def _face(path: str) -> int:
    """Which face of a collection is the one for simplified Chinese; 0 for a file with one face."""
    if not path.lower().endswith(COLLECTIONS):
        return 0
    with TTCollection(path, lazy=True) as faces:
        for n, face in enumerate(faces.fonts):
            if "SC" in str(face["name"].getDebugName(1) or "").split():
                return n
    return 0
