"""Whose copy is this? The full-size picture carries its claim, its reader and the moment it was opened."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

INK = (150, 0, 0, 84)


def watermarked(jpeg: bytes, words: str) -> bytes:
    """The picture with `words` (plain ASCII: no font is needed) in slanting lines all over it."""
    with Image.open(io.BytesIO(jpeg)) as opened:
        picture = opened.convert("RGB")
    size = max(16, min(picture.size) // 36)
    tile = _tile(words, size)
    for top in range(0, picture.height, tile.height + size * 5):
        for left in range(-(top // 3) % tile.width - tile.width, picture.width, tile.width + size * 4):
            picture.paste(tile, (left, top), tile)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


def _tile(words: str, size: int) -> Image.Image:
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(words)
    line = Image.new("RGBA", (int(right - left) + 4, int(bottom - top) + 8), (0, 0, 0, 0))
    ImageDraw.Draw(line).text((2 - left, 4 - top), words, font=font, fill=INK)
    return line.rotate(12, expand=True)
