"""What does a stranger's picture hold, and what do we keep of it? Runs alone, as a caged process.

Started by `core.files.cage` by path with an empty environment, so nothing of the product (settings, keys,
connections) is ever in this process. It imports the standard library and the picture decoders, then gives
away files, sockets and most memory, and answers pictures over stdin/stdout until it is told to stop.

Request:  chunks of `length(4, big endian) | bytes`; length 0 ends the picture, DROP abandons it.
          KNOW in front asks what to know one of our own previews by instead.
Answer:   `length(4) | JSON head | full | preview | thumb`; the head is `{"refused": word}` or the sizes.
          To KNOW: a head with the grey page's sides, then `page | marks | probes`; no parts without marks.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import pillow_heif
from PIL import (  # every decoder is loaded here, before the cage closes
    BmpImagePlugin,  # noqa: F401
    Image,
    ImageOps,
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

if __package__:
    from core.files import coach, likeness
else:  # started by path, without the product around it
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))
    import coach  # type: ignore[import-not-found, no-redef]
    import likeness  # type: ignore[import-not-found, no-redef]

DROP = 0xFFFFFFFF
KNOW = 0xFFFFFFFE
MAX_PIXELS = 40_000_000
MAX_SIDE = 20_000
MIN_SIDE = 32
MAX_SHAPE = 20  # long side : short side; a till receipt is about 10
FULL_SIDE, PREVIEW_SIDE, THUMB_SIDE = 2000, 1280, 320
PREVIEW_GOOD, PREVIEW_LIMIT = 60_000, 160_000
THUMB_LIMIT = 15_000
MEMORY = 1 << 30
CPU_SECONDS = 10
CPU_LIFETIME = 1800
IDLE_SECONDS = 300
NICENESS = 10  # pages of other people go first
PLAIN_FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")


class Unfit(Exception):
    """The picture is refused; the argument is a word of `core.files.pictures.WORDS`."""


# -- the picture ---------------------------------------------------------------------------------------


def digest(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The head and the three JPEGs made of one uploaded file. Raises `Unfit`."""
    image = _upright(_reduced(_opened(data)))
    full = _jpeg(image, 85)
    preview_image = _fitted(image, PREVIEW_SIDE)
    preview = _jpeg_within(preview_image, PREVIEW_LIMIT, good=PREVIEW_GOOD)
    thumb = _jpeg_within(_fitted(preview_image, THUMB_SIDE), THUMB_LIMIT, good=THUMB_LIMIT)
    grey = preview_image.convert("L")
    head = {
        "width": image.width,
        "height": image.height,
        "dhash": _dhash(grey),
        "measures": coach.measures(preview_image, image.width, image.height),
    }
    return head, [full, preview, thumb]


def known(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """What to know a preview by, for comparing it with others. Raises `Unfit`."""
    it = likeness.likeness_of(_reduced(_opened(data)))
    head = {"wide": it.page.width, "high": it.page.height}
    parts = [it.page.tobytes(), likeness.packed(it.marks), likeness.probes_packed(it.probes)]
    return head, parts if it.marks else []


def _opened(data: bytes) -> Image.Image:
    """The picture's header, checked; no pixel is decoded yet."""
    is_heif = data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS
    try:
        image = Image.open(io.BytesIO(data), formats=("HEIF",) if is_heif else PLAIN_FORMATS)
    except MemoryError:
        raise
    except Image.DecompressionBombError:
        raise Unfit("too_many_pixels") from None
    except Exception:  # noqa: BLE001  decoders raise anything on hostile headers
        raise Unfit("unreadable_heif" if is_heif else "not_a_picture") from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Unfit("too_many_pixels")
    short, long = sorted(image.size)
    if short < MIN_SIDE or long > MAX_SIDE or long > short * MAX_SHAPE:
        raise Unfit("odd_shape")
    if image.format in ("PNG", "WEBP") and getattr(image, "n_frames", 1) > 1:
        raise Unfit("moving")
    return image


def _reduced(image: Image.Image) -> Image.Image:
    """Decoded, at most FULL_SIDE long. JPEG is decoded at a fraction, which needs the photo's own aspect."""
    is_heif = image.format == "HEIF"
    size = _fit(image.size, FULL_SIDE)
    try:
        image.draft("RGB", size)
        image.load()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001
        raise Unfit("unreadable_heif" if is_heif else "broken") from None
    if image.mode not in ("RGB", "L", "RGBA"):
        image = image.convert("RGBA" if _is_transparent(image) else "RGB")
    if image.size != size:
        image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    return image


def _is_transparent(image: Image.Image) -> bool:
    return image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera was held, on white, in RGB, with no metadata left to be written."""
    try:
        turned = ImageOps.exif_transpose(image)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  a broken EXIF block only loses the turning
        turned = image
    if turned.mode == "RGBA":
        ground = Image.new("RGB", turned.size, "white")
        ground.paste(turned, mask=turned.getchannel("A"))
        turned = ground
    turned = turned.convert("RGB")
    turned.info = {}
    return turned


def _fit(size: tuple[int, int], side: int) -> tuple[int, int]:
    long = max(size)
    if long <= side:
        return size
    return max(1, round(size[0] * side / long)), max(1, round(size[1] * side / long))


def _fitted(image: Image.Image, side: int) -> Image.Image:
    size = _fit(image.size, side)
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _jpeg_within(image: Image.Image, limit: int, *, good: int) -> bytes:
    """A JPEG under `good` bytes if that costs little quality, else under `limit` whatever it costs."""
    for quality in (72, 60, 50):
        data = _jpeg(image, quality)
        if len(data) <= good:
            return data
    while len(data) > limit:
        quality -= 12
        if quality < 20:
            image, quality = _fitted(image, max(image.size) * 3 // 4), 50
        data = _jpeg(image, quality)
    return data


def _dhash(grey: Image.Image) -> int:
    """64 bits, one for each neighbour that is brighter, as a signed number a BIGINT column holds."""
    dots = grey.resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(0, 72, 9):
        for column in range(row, row + 8):
            bits = bits << 1 | (dots[column] < dots[column + 1])
    return bits - (1 << 64) if bits >> 63 else bits


# -- the cage ------------------------------------------------------------------------------------------


def enter_cage(parent: int) -> None:
    """Give up everything a decoder does not need; die with the parent."""
    _die_with(parent)
    os.nice(NICENESS)
    for name, limit in (("RLIMIT_AS", MEMORY), ("RLIMIT_CORE", 0), ("RLIMIT_FSIZE", 0)):
        _limit(name, limit, limit)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)
    Image.preinit()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the group; the parent's end ends us
    _warm_up()
    _limit("RLIMIT_NOFILE", 0, 0)  # from here on no file and no socket can be opened


def _limit(name: str, soft: int, hard: int) -> None:
    kind = getattr(resource, name, None)
    if kind is not None:
        try:
            resource.setrlimit(kind, (soft, hard))
        except (ValueError, OSError):
            if sys.platform == "linux":
                raise  # macOS knows no limit on address space; the other limits hold there


def _die_with(parent: int) -> None:
    if sys.platform != "linux":
        return  # end of stdin ends us there
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    if os.getppid() != parent:
        os._exit(0)


def _warm_up() -> None:
    """Run every path once, so that nothing is imported lazily after the doors are shut."""
    for kind in PLAIN_FORMATS:
        out = io.BytesIO()
        Image.new("RGB", (64, 64), "gray").save(out, kind)
        digest(out.getvalue())
        known(out.getvalue())


def _allow_cpu() -> None:
    """CPU_SECONDS more from now on; the hard limit bounds the whole life."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    _limit("RLIMIT_CPU", min(spent + CPU_SECONDS, CPU_LIFETIME), CPU_LIFETIME)


# -- the conversation ----------------------------------------------------------------------------------


Made = tuple[dict[str, Any], list[bytes]]


def _received(source: BinaryIO) -> tuple[bytes, Callable[[bytes], Made]] | None:
    """One picture and what is wanted of it; None when it was dropped. Raises EOFError at the end of all."""
    data = bytearray()
    make = digest
    while True:
        head = source.read(4)
        if len(head) < 4:
            raise EOFError
        (length,) = struct.unpack(">I", head)
        if length == DROP:
            return None
        if length == KNOW:
            make = known
            continue
        if length == 0:
            return bytes(data), make
        data += source.read(length)


def answer(data: bytes, make: Callable[[bytes], Made] = digest) -> bytes:
    """The bytes sent back for one picture."""
    parts: list[bytes] = []
    try:
        head, parts = make(data)
    except Unfit as refusal:
        head = {"refused": str(refusal)}
    except MemoryError:
        head = {"refused": "too_many_pixels", "spent": True}
    except Exception:  # noqa: BLE001  whatever a decoder invents, the file is not fit
        head = {"refused": "broken", "spent": True}
    head["sizes"] = [len(part) for part in parts]
    text = json.dumps(head).encode()
    return b"".join((struct.pack(">I", len(text)), text, *parts))


def main() -> None:
    enter_cage(int(sys.argv[1]))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while True:
        signal.alarm(IDLE_SECONDS)  # nobody asked for long: give the memory back
        try:
            wanted = _received(source)
        except EOFError:
            return
        signal.alarm(0)
        if wanted is not None:
            _allow_cpu()
            sink.write(answer(*wanted))
            sink.flush()


if __name__ == "__main__":
    main()
