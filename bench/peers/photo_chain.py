"""What would a first version do with a photo? Pillow in the web process, every size from the full picture.

`python -m bench.peers.photo_chain PHOTO FOLDER COUNT` prints seconds of each photo and the memory they took.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from pathlib import Path

from PIL import Image, ImageOps

from bench.stage import forget_peak, memory_of

SIZES = {"full": (2000, 85), "preview": (1280, 75), "thumb": (320, 70)}


def chain(photo: bytes, folder: Path, name: str) -> None:
    """Decoded whole, turned upright, three sizes, no EXIF, three plain files."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(photo))).convert("RGB")
    for size, (side, quality) in SIZES.items():
        smaller = picture.copy()
        smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
        smaller.save(folder / f"{name}-{size}.jpg", "JPEG", quality=quality)


def main(photo: Path, folder: Path, count: int) -> None:
    content = photo.read_bytes()
    chain(content, folder, "first")
    seconds = []
    Image.new("RGB", (8, 8)).save(io.BytesIO(), "JPEG")
    forget_peak(os.getpid())
    before = memory_of(os.getpid())
    for n in range(count):
        started = time.perf_counter()
        chain(content, folder, str(n))
        seconds.append(time.perf_counter() - started)
    print(json.dumps({"seconds": seconds, "memory": memory_of(os.getpid(), "VmHWM") - before}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
