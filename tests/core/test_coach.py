"""Does the coach see each fault, and leave good photos alone? On drawn papers (bench/receipts.py)."""

from __future__ import annotations

import io
import re
from functools import lru_cache
from pathlib import Path

import pytest
from PIL import Image

from bench.receipts import FAULTS, faulty_photo, good_photo, jpeg
from core.files import coach

COUNT = 20
CAUGHT, FALSE_ALARMS = 0.9, 0.05
SCRIPT = Path(__file__).resolve().parents[2] / "static" / "coach.js"


def said_of(kind: str, photo: Image.Image) -> list[str]:
    """As the intake sees it: saved by the browser, then the preview's size."""
    sent = Image.open(io.BytesIO(jpeg(photo))).convert("RGB")
    wide, high = sent.size
    sent.thumbnail((1280, 1280))
    return coach.faults(coach.measures(sent, wide, high), kind)


@lru_cache
def share_caught(fault: str) -> float:
    found = (said_of(*faulty_photo(fault, seed)) for seed in range(COUNT))
    return sum(any(code.startswith(fault) for code in said) for said in found) / COUNT


@pytest.mark.parametrize("fault", [*FAULTS, "side"])
def test_each_fault_is_seen_GX_23(fault: str) -> None:
    """GX-23, XM-18: 照片清晰, 四角完整."""
    assert share_caught(fault) >= CAUGHT


def test_good_photos_are_left_alone_GX_23() -> None:
    """GX-23: who is warned for nothing stops reading warnings."""
    said = {seed: said_of(*good_photo(seed)) for seed in range(2 * COUNT)}
    wrong = {seed: codes for seed, codes in said.items() if codes}
    assert len(wrong) <= FALSE_ALARMS * len(said), wrong


def test_the_side_of_a_card_is_only_asked_about_cards() -> None:
    _, photo = faulty_photo("side", 2)  # an emblem
    assert said_of("id_front", photo) == ["side_front"]
    assert said_of("invoice", photo) == said_of("id_back", photo) == []


def test_browser_and_server_say_the_same_words() -> None:
    script = SCRIPT.read_text("utf-8")
    assert dict(re.findall(r"^ {4}(\w+): '([^']+)',?$", script, re.M)) == {
        code: words
        for code, words in coach.WORDS.items()
        if code != "twice"  # only the store knows that
    }
    numbers = dict(
        re.findall(r"(BLUR|DARK|GLARE|SHORT_SIDE|LONG_SIDE|FILLED|EMBLEM|PORTRAIT) = ([\d.]+)", script)
    )
    ours = {"SHORT_SIDE": coach.SHORT, "LONG_SIDE": coach.LONG}
    assert {name: float(value) for name, value in numbers.items()} == {
        name: ours.get(name, getattr(coach, name, None)) for name in numbers
    }
    assert len(numbers) == 8


def test_odd_pictures_break_nothing() -> None:
    for size in ((32, 32), (640, 32), (33, 640)):
        for tone in ("white", "black", "#888"):
            assert coach.words(coach.faults(coach.measures(Image.new("RGB", size, tone), *size)))
