"""B4: what does a photo cost from the upload to the sealed store, in time and in memory, and who waits?

Beside it stands Pillow in the web process: decoded whole, three sizes from the full picture, plain files.
"""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from PIL import Image, ImageDraw, ImageFilter

from bench.figures import Goal, Line, percentile
from bench.load import flood, pace, request
from bench.stage import ROOT, Served, Size, Stage, forget_peak, memory_of
from claims.service.pictures import store
from core.db import transaction
from core.files import take_picture
from core.files.cage import cage

SIDES = (4032, 3024)
AT_ONCE = 8
OTHERS_RATE = 20.0


def run(stage: Stage, size: Size) -> list[Line]:
    photo = stage.folder / "photo.jpg"
    photo.write_bytes(made_up(SIDES))
    seconds, naive, memory, naive_memory = [], [], [], []
    for _ in range(size.rounds):
        took, peak = whole(stage.app, photo.read_bytes(), size.photos)
        seconds.append(took)
        memory.append(peak)
        took, peak = _naive(stage, photo, size.photos)
        naive.append(took)
        naive_memory.append(peak)
    lines = [
        Line("B4", "photo intake, 4032×3024, whole", "ms", seconds, naive, "naive Pillow, ms",
             Goal(most=1.0)),
        Line("B4", "memory for a photo, decoder and web process", "MB", memory, naive_memory,
             "naive Pillow, MB", Goal(most=0.65)),
    ]  # fmt: skip
    return [*lines, _others(stage, photo.read_bytes(), size)]


def made_up(sides: tuple[int, int]) -> bytes:
    """A JPEG like a phone's photo of a paper: grain, some print, 3 to 5 MB, lying on its side."""
    dice = random.Random(4)
    grain = Image.frombytes("L", (sides[0] // 4, sides[1] // 4), dice.randbytes(sides[0] * sides[1] // 16))
    page = Image.merge("RGB", [grain.resize(sides).filter(ImageFilter.BoxBlur(1))] * 3)
    page = Image.blend(page, Image.new("RGB", sides, "#e8e4da"), 0.75)
    draw = ImageDraw.Draw(page)
    for n in range(40):
        draw.text((200, 60 + 70 * n), f"{n:04d} " * 60, fill="#333333")
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    page.save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


def whole(app: Flask, photo: bytes, count: int) -> tuple[float, float]:
    """Median milliseconds of a photo, and megabytes that decoder and this process rose to for it."""
    seconds = []
    with app.app_context():
        _keep(photo)
        pids = [os.getpid(), *cage().decoder_ids()]
        for pid in pids:
            forget_peak(pid)
        before = [memory_of(pid) for pid in pids]
        for _ in range(count):
            started = time.perf_counter()
            _keep(photo)
            seconds.append(time.perf_counter() - started)
        rise = sum(memory_of(pid, "VmHWM") - was for pid, was in zip(pids, before, strict=True))
    cage().close()
    return percentile(seconds, 0.5) * 1000, rise


def _keep(photo: bytes) -> None:
    picture = take_picture(photo)
    with transaction():
        store(picture, "claim")


def _naive(stage: Stage, photo: Path, count: int) -> tuple[float, float]:
    folder = stage.folder / "naive"
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "bench.peers.photo_chain", str(photo), str(folder), str(count)]
    done = subprocess.run(command, cwd=ROOT, env=stage.environ, check=True, capture_output=True)
    said = json.loads(done.stdout)
    return percentile(said["seconds"], 0.5) * 1000, said["memory"]


def _others(stage: Stage, photo: bytes, size: Size) -> Line:
    """p95 of a small page while eight photos are on their way in, against nobody uploading."""
    served = stage.granian("bench.peers.intake:create")
    flood(served.port, [request("GET", "/h5/")] * 40)
    busy, idle = [], []
    for _ in range(size.rounds):
        idle.append(_p95(served))
        busy.append(_while_uploading(served, photo, lambda: _p95(served)))
    stage.stop(served)
    return Line("B4", "others' p95 while 8 photos come in", "ms", busy, idle, "nobody uploads, ms",
                Goal(most=2.0))  # fmt: skip


def _p95(served: Served) -> float:
    asked = pace(served.port, [request("GET", "/h5/")] * int(OTHERS_RATE * 2), OTHERS_RATE)
    return percentile(asked.seconds, 0.95) * 1000


def _while_uploading(served: Served, photo: bytes, measure: Callable[[], float]) -> float:
    """Eight people upload one photo after the other until the measurement is done."""
    over = threading.Event()
    upload = request("POST", "/bench/photo", body=photo)

    def keep_uploading() -> None:
        while not over.is_set():
            flood(served.port, [upload], connections=1)

    threads = [threading.Thread(target=keep_uploading) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    try:
        return measure()
    finally:
        over.set()
        for thread in threads:
            thread.join()
