"""How does a photo get in? Any upload becomes three clean baseline JPEGs, or a refusal in kind words."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from PIL import Image

from core.errors import Refused
from core.files import coach, likeness
from core.files.cage import KNOW, cage
from core.files.decode_words import WORDS

MB = 1_000_000
MAX_BYTES = 10 << 20
CHUNK = 1 << 18
HASH_BITS = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Picture:
    """What is kept of an uploaded photo: pixels only, never a byte of the original file."""

    full: bytes = field(repr=False)  # JPEG, long side ≤ 2000
    preview: bytes = field(repr=False)  # JPEG, long side ≤ 1280, mostly ≤ 60 KB, always ≤ 160 KB
    thumb: bytes = field(repr=False)  # JPEG, long side ≤ 320, ≤ 15 KB
    width: int  # of `full`
    height: int
    sha256: str  # of `full`, hexadecimal
    dhash: int  # perceptual hash, signed 64 bits; compare with `hash_distance`
    measures: dict[str, float] = field(repr=False)  # for the coach: how sharp, how lit, …

    def warnings(self, kind: str = "") -> list[str]:
        """What the coach says about it (codes of `coach.WORDS`); hints only, it is taken all the same."""
        return coach.faults(self.measures, kind)


def take_picture(
    source: bytes | IO[bytes], *, max_bytes: int = MAX_BYTES, field: str | None = None
) -> Picture:
    """The picture in `source`, decoded and made anew in a caged process. Raises `Refused`."""
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    start = stream.tell() if stream.seekable() else None
    if start is not None:
        _check_size(stream.seek(0, io.SEEK_END) - start, max_bytes, field)

    def chunks() -> Iterator[bytes]:
        if start is not None:
            stream.seek(start)
        total = 0
        while piece := stream.read(CHUNK):
            total += len(piece)
            _check_size(total, max_bytes, field)
            yield piece
        _check_size(total, max_bytes, field)

    head, parts = cage().ask(chunks, again=start is not None)
    if "refused" in head:
        raise _refusal(str(head["refused"]), max_bytes, field)
    return _picture(head, parts, field)


def known_by(preview: bytes) -> likeness.Likeness | None:
    """What to know one of our own previews by, from the cage. None when there is nothing to hold on to."""
    head, parts = cage().ask(lambda: [preview], again=True, to=KNOW)
    if len(parts) != 3:
        return None
    page = Image.frombytes("L", (int(str(head["wide"])), int(str(head["high"]))), parts[0])
    return likeness.Likeness(page, likeness.unpacked(parts[1]), likeness.probes_unpacked(parts[2]))


def hash_distance(one: int, other: int) -> int:
    """How many of the 64 bits of two perceptual hashes differ; ≤ 6 is very likely the same photo."""
    return ((one ^ other) & HASH_BITS).bit_count()


def _check_size(size: int, max_bytes: int, field: str | None) -> None:
    if size == 0:
        raise _refusal("empty", max_bytes, field)
    if size > max_bytes:
        raise _refusal("too_large", max_bytes, field)


def _refusal(word: str, max_bytes: int, field: str | None) -> Refused:
    text, status = WORDS.get(word, WORDS["broken"])
    return Refused(text.replace("{n}", str(max_bytes // MB)), field, status)


def _picture(head: dict[str, object], parts: list[bytes], field: str | None) -> Picture:
    full, preview, thumb = parts
    if not all(part.startswith(b"\xff\xd8\xff") for part in parts):
        raise _refusal("broken", MAX_BYTES, field)  # a decoder that was taken over does not reach the store
    return Picture(full, preview, thumb, sha256=hashlib.sha256(full).hexdigest(), **head)  # type: ignore[arg-type]
