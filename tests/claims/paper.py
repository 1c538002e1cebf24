"""Fictional papers and answers for tests of claims."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

from PIL import Image, ImageDraw

CARD = "6222021234567890128"  # passes Luhn, nobody's
PHOTOS = {1: ("id_front", "id_back"), 2: ("invoice", "settlement", "discharge_record"), 3: ("bank_card",)}
STAY = {
    "hospital": "某某市人民医院",
    "hospital_grade": "三级",
    "diagnosis": "示例诊断",
    "admitted_on": "2026-10-01",
    "discharged_on": "2026-10-08",
    "total": "12000",
    "pooled": "7000",
    "self_paid": "3206.30",
    "own_expense": "1000",
    "receipt_code": "45060126",
    "receipt_number": "0012345678",
}
TODAY = dt.datetime(2026, 11, 21, 4, 0, tzinfo=dt.UTC)


def photo(serial: int = 0, name: str = "paper.jpg") -> tuple[io.BytesIO, str]:
    """A different small photo for each serial."""
    picture = Image.new("RGB", (640, 480), (250, 248, 242 - serial % 40))
    pen = ImageDraw.Draw(picture)
    for line in range(12):
        words = f"paper {serial} line {line * (serial + 1)}"
        pen.text((20, 20 + line * 36), words, fill="#222", font_size=22)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    out.seek(0)
    return out, name


def account(person: Any, **values: str) -> dict[str, str]:
    return {"payee_name": person.name, "payee_bank": "示例银行", "payee_card": CARD, **values}


def hidden(page: str) -> dict[str, str]:
    """The hidden inputs of a page, as a browser sends them back."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


def says(response: Any) -> str:
    """What a page says, without its markup."""
    text = re.sub(r"<(script|style).*?</\1>", "", response.get_data(as_text=True), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
