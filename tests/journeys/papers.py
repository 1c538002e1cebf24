"""Which photos does the worker take? Fictional papers, each a picture of its own that says what it is."""

from __future__ import annotations

import io
import itertools
import random

from PIL import Image, ImageDraw

from claims.rules import ITEMS
from demo import _font

_SERIAL = itertools.count(1)
LABELS = ITEMS | {"bank_card": "银行卡照片"}


def paper(kind: str) -> dict[str, str | bytes]:
    """A photo as Playwright's file chooser takes it; no two are alike."""
    n = next(_SERIAL)
    dice = random.Random(n)  # noqa: S311 - wavy lines, not secrets
    tall = not kind.endswith(("id_front", "id_back", "bank_card"))
    sheet = Image.new("RGB", (900, 1200) if tall else (1100, 760), "#6b5d50")
    draw = ImageDraw.Draw(sheet)
    wide, high = sheet.size
    draw.rectangle((50, 50, wide - 50, high - 50), fill="#fdfcf7")
    draw.text((90, 90), LABELS[kind], fill="#222222", font=_font(46))
    draw.text((90, 160), f"样例 {n:04d} · 非真实票据", fill="#444444", font=_font(34))
    for row in range(7 if tall else 4):
        x, y = dice.randrange(90, wide - 360), 260 + row * 110
        draw.rectangle(
            (x, y, x + dice.randrange(100, 300), y + 54), fill=dice.choice(("#888", "#444", "#b99"))
        )
        draw.text((90, y + 62), f"项目 {dice.randrange(10**6):06d}", fill="#333333", font=_font(28))
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=85)
    return {"name": f"{kind}{n}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def note() -> dict[str, str | bytes]:
    """Not a photo at all."""
    return {"name": "发票.txt", "mimeType": "text/plain", "buffer": "这不是照片".encode()}
