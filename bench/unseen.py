"""Papers, desks and light on which no threshold was chosen: other forms, other cameras, other seeds.

`bench.receipts` is what the coach and the net were made with. This is what they are judged by: upright bills
of two other forms, a coarser sensor, a lamp at one side, a tinted light. Choose nothing on it.
"""

from __future__ import annotations

import random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance

from bench.receipts import FAULTS, FRAME, HOSPITALS, ITEMS, font, id_card, laid, scanned

FIRST = 700_000  # its seeds begin where nobody has looked
UPRIGHT = 1080, 1480


def bill(seed: int, like: int | None = None) -> Image.Image:
    """A bill of one of two forms; with `like` of the same form, hospital and items as that other one."""
    same = random.Random(f"unseen who {seed if like is None else like}")
    form = (_listed, _lettered)[(seed if like is None else like) % 2]
    return form(random.Random(f"unseen {seed}"), same)


def _listed(dice: random.Random, same: random.Random) -> Image.Image:
    """Upright, black on white, a long list without rules, as an electronic bill is printed out."""
    page = Image.new("RGB", UPRIGHT, "#ffffff")
    draw = ImageDraw.Draw(page)
    draw.text((300, 60), same.choice(HOSPITALS), fill="#111", font=font(46))
    draw.text((250, 130), "住院费用结算（样例 · 非真实票据）", fill="#111", font=font(34))
    for row, words in enumerate(("票据号码", "住院号", "结算日期", "姓名代号")):
        figure = f"{dice.randrange(10**10):010d}"
        draw.text(
            (90 + 480 * (row % 2), 210 + 50 * (row // 2)), f"{words} {figure}", fill="#222", font=font(28)
        )
    for row, item in enumerate(same.sample(ITEMS, same.randrange(10, 15))):
        y = 350 + row * 58
        draw.text((90, y), item, fill="#222", font=font(30))
        for x, most in ((420, 99), (600, 10**6), (830, 10**5)):
            draw.text((x, y), f"{dice.randrange(most) / 100:.2f}", fill="#222", font=font(30))
    draw.line((80, 1230, 1000, 1230), fill="#222", width=3)
    for n, words in enumerate(("合计", "统筹", "自付")):
        draw.text(
            (90 + 310 * n, 1260), f"{words} {dice.randrange(10**7) / 100:.2f}", fill="#111", font=font(34)
        )
    return page


def _lettered(dice: random.Random, same: random.Random) -> Image.Image:
    """Upright, blue on pale green, words and sums in boxes of their own, as on a pre-printed form."""
    page = Image.new("RGB", UPRIGHT, "#f1f6ee")
    draw = ImageDraw.Draw(page)
    draw.text((190, 70), "医疗门诊住院票据（样例非真）", fill="#1c4f86", font=font(52))
    names = [same.choice(HOSPITALS), *same.sample(ITEMS, 9)]
    for n, words in enumerate(names):
        left, top = 80 + 470 * (n % 2), 200 + 210 * (n // 2)
        draw.rectangle((left, top, left + 440, top + 180), outline="#1c4f86", width=3)
        draw.text((left + 16, top + 12), words, fill="#1c4f86", font=font(32))
        draw.text((left + 16, top + 66), f"{dice.randrange(10**8) / 100:.2f}", fill="#333", font=font(40))
        draw.text((left + 16, top + 122), f"{dice.randrange(10**9):09d}", fill="#333", font=font(30))
    draw.text((90, 1290), f"开票 2026-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}", fill="#333",
              font=font(34))  # fmt: skip
    draw.ellipse((720, 1230, 960, 1420), outline="#cc3333", width=6)
    return page


def photographed(paper: Image.Image, seed: int) -> Image.Image:
    """Another camera and another room: coarser grain, a lamp at one side, warm or cold light."""
    dice = random.Random(f"unseen camera {seed}")
    wide, high = FRAME if paper.width > paper.height else FRAME[::-1]
    tone = dice.choice(("#5c4a3d", "#39424a", "#70685c", "#2f3b33", "#80603f"))
    stripes = Image.linear_gradient("L").resize((wide, 40)).rotate(dice.choice((0, 180))).resize((wide, high))
    desk = Image.blend(Image.new("RGB", (wide, high), tone), Image.merge("RGB", [stripes] * 3), 0.10)
    scale = min(wide / paper.width, high / paper.height) * dice.uniform(0.78, 0.9)
    size = paper.width * scale, paper.height * scale
    left, top = (wide - size[0]) * dice.uniform(0.4, 0.6), (high - size[1]) * dice.uniform(0.4, 0.6)
    corners = [
        (left + x * size[0] + dice.uniform(-14, 14), top + y * size[1] + dice.uniform(-14, 14))
        for x, y in ((0, 0), (0, 1), (1, 1), (1, 0))
    ]
    return _in_light(laid(desk, paper, corners), dice)


def _in_light(image: Image.Image, dice: random.Random) -> Image.Image:
    lamp = Image.radial_gradient("L").resize((image.width * 2, image.height * 2))
    x, y = dice.randrange(image.width), dice.randrange(image.height)
    lamp = lamp.crop((x, y, x + image.width, y + image.height)).point(lambda v: 255 - v // 5)
    tint = dice.choice(((255, 246, 228), (236, 244, 255), (255, 255, 255)))
    light = Image.merge("RGB", [lamp.point(lambda v, t=t: v * t // 255) for t in tint])
    image = ImageEnhance.Brightness(ImageChops.multiply(image, light)).enhance(dice.uniform(0.85, 1.05))
    size = image.width // 2, image.height // 2
    grain = Image.frombytes("L", size, dice.randbytes(size[0] * size[1])).point(lambda v: 112 + v // 8)
    return ImageChops.add(image, Image.merge("RGB", [grain.resize(image.size)] * 3), 1, -128)


def good_photo(seed: int) -> tuple[str, Image.Image]:
    """A kind of paper and a photo of it with nothing wrong."""
    kind = ("invoice", "id_front", "id_back", "settlement", "invoice")[seed % 5]
    if kind == "settlement":
        return kind, scanned(bill(seed))
    return kind, photographed(_paper(kind, seed), seed)


def faulty_photo(fault: str, seed: int) -> tuple[str, Image.Image]:
    """The same with one thing wrong."""
    dice = random.Random(f"unseen {fault} {seed}")
    if fault == "side":
        kind = ("id_front", "id_back")[seed % 2]
        return kind, photographed(_paper({"id_front": "id_back", "id_back": "id_front"}[kind], seed), seed)
    kind = ("invoice", "id_front", "id_back")[seed % 3]
    make = FAULTS[fault]
    return kind, make[seed % len(make)](photographed(_paper(kind, seed), seed), dice)


def _paper(kind: str, seed: int) -> Image.Image:
    return bill(seed) if kind == "invoice" else id_card(seed, kind == "id_back")
