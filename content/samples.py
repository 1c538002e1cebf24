"""Which pages of content does a newcomer's system hold? Texts of config/articles; pictures drawn here."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

from PIL import Image, ImageDraw

from config.settings import ROOT
from content import service
from content.rules import Page
from content.service import pictures
from core import clock, context
from core.access import Actor
from core.files import take_picture

FOLDER = ROOT / "config" / "articles"
RED, GREEN, BLUE, BROWN, PAPER, LINE = "#b80f2a", "#00693e", "#1a4fa0", "#8a4b00", "#f6f4ee", "#c9c5ba"


def load(by: Actor) -> None:
    """Every text as its first lines say: published some days ago, scheduled, or still a draft."""
    for path in sorted(FOLDER.glob("*.md")):
        _load(path, by)


def _load(path: Path, by: Actor) -> None:
    head, _, body = path.read_text("utf-8").partition("\n\n")
    told = dict(line.split(": ", 1) for line in head.splitlines())
    cover, cover_alt = _picture(told.get("cover", ""), by)
    inside, inside_alt = _picture(told.get("picture", ""), by)
    words = {name: getattr(context.scheme().brand, name) for name in ("account", "operator", "hotline")}
    page = Page(
        kind=told["kind"],
        title=told["title"],
        summary=told["summary"],
        body=body.strip().format(**words, picture=f"![{inside_alt}](/h5/pictures/{inside})"),
        cover=cover,
        cover_alt=cover_alt,
        place=int(told.get("place", "0")),
        publish_at=clock.now() + dt.timedelta(days=20) if told.get("state") == "scheduled" else None,
    )
    row = service.create(page, by)
    if told.get("state") == "scheduled":
        service.schedule(row, by, row.version)
    elif told.get("state") != "draft":
        service.publish(row, by, row.version)
        row.published_at = clock.now() - dt.timedelta(days=int(told.get("days", "30")), hours=2)
        if "pinned" in told:
            service.pin(row, True, by, row.version)


def _picture(told: str, by: Actor) -> tuple[str, str]:
    """`steps 三步示意图…` → the digest of that picture, and its words."""
    name, _, alt = told.partition(" ")
    return (pictures.keep(take_picture(DRAWN[name]()), by), alt) if name else ("", "")


def _steps() -> bytes:
    """Three cards with what to take a picture of; no letters, so that no font is needed."""
    page = Image.new("RGB", (1200, 675), "#e6f1eb")
    draw = ImageDraw.Draw(page)
    for n, colour in enumerate((RED, GREEN, BLUE)):
        left = 60 + 375 * n
        draw.rounded_rectangle((left, 90, left + 330, 585), 28, fill="white")
        for dot in range(n + 1):
            middle = left + 165 + 44 * (dot - n / 2)
            draw.ellipse((middle - 15, 128, middle + 15, 158), fill=colour)
    draw.rounded_rectangle((105, 260, 345, 430), 16, outline=RED, width=8)
    draw.ellipse((130, 295, 190, 355), fill=RED)
    draw.pieslice((115, 360, 205, 450), 180, 360, fill=RED)
    for y in (300, 340, 380):
        draw.line((225, y, 320, y), fill=LINE, width=12)
    _sheet(draw, 510, 215, GREEN)
    draw.rounded_rectangle((855, 270, 1095, 420), 16, fill=BLUE)
    draw.rectangle((855, 305, 1095, 335), fill="#0f3370")
    draw.rounded_rectangle((885, 365, 945, 395), 6, fill="#ffd98a")
    for n in (0, 1):
        x = 408 + 375 * n
        draw.polygon(((x - 12, 318), (x + 20, 338), (x - 12, 358)), fill=BROWN)
    return _jpeg(page)


def _sheet(draw: ImageDraw.ImageDraw, x: int, y: int, colour: str) -> None:
    draw.rectangle((x, y, x + 180, y + 250), fill=PAPER, outline=colour, width=8)
    for row in range(4):
        draw.line(
            (x + 28, y + 45 + 42 * row, x + 152 - 30 * (row % 2), y + 45 + 42 * row), fill=LINE, width=12
        )
    draw.ellipse((x + 104, y + 176, x + 164, y + 236), outline=RED, width=8)


def _paper() -> bytes:
    """A sheet that lies flat, and a phone right above it."""
    page = Image.new("RGB", (1200, 675), "#eaf0f9")
    draw = ImageDraw.Draw(page)
    draw.rounded_rectangle((110, 70, 1090, 605), 30, fill="#d9cbb6")
    draw.rectangle((250, 120, 640, 555), fill=PAPER, outline=LINE, width=5)
    for row in range(6):
        draw.line((295, 190 + 52 * row, 590 - 70 * (row % 3), 190 + 52 * row), fill=LINE, width=13)
    draw.ellipse((500, 430, 600, 530), outline=RED, width=10)
    draw.rounded_rectangle((730, 110, 970, 565), 34, fill="#22262a")
    draw.rounded_rectangle((750, 150, 950, 500), 12, fill="#d9cbb6")
    draw.rectangle((785, 190, 915, 455), fill=PAPER)
    for row in range(5):
        draw.line((805, 225 + 36 * row, 895 - 24 * (row % 2), 225 + 36 * row), fill=LINE, width=8)
    for x, y, dx, dy in ((770, 172, 1, 1), (930, 172, -1, 1), (770, 476, 1, -1), (930, 476, -1, -1)):
        draw.line((x, y + 34 * dy, x, y, x + 34 * dx, y), fill=GREEN, width=8, joint="curve")
    draw.ellipse((828, 512, 872, 556), fill="white")
    return _jpeg(page)


def _jpeg(page: Image.Image) -> bytes:
    out = io.BytesIO()
    page.save(out, "JPEG", quality=88)
    return out.getvalue()


DRAWN = {"steps": _steps, "paper": _paper}
