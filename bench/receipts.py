"""Which pictures are the coach and the duplicate net measured on? Fictional papers, drawn from a seed.

No picture is kept in the repository: every paper, every fault and every change is made again from numbers.
Nothing here is a real form, and every paper says that it is none.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont

PAPER = (1560, 1080)
FRAME = (1920, 1440)
CARD = (1180, 744)
FONTS = ("NotoSansCJK-Regular.ttc", "PingFang.ttc", "wqy-microhei.ttc", "DejaVuSans.ttf")
ITEMS = ("西药费", "中成药费", "检查费", "化验费", "治疗费", "手术费", "护理费", "床位费", "材料费", "诊察费",
         "麻醉费",
         "输血费", "氧气费", "放射费", "康复费", "监护费")  # fmt: skip
HOSPITALS = ("某某市人民医院", "示例县中医医院", "样例市第二医院", "虚构区妇幼保健院")
SURNAMES, GIVEN = "甲乙丙丁戊己庚辛", "一二三四五六七八九十"
_fonts: dict[int, ImageFont.FreeTypeFont | ImageFont.ImageFont] = {}


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """One with Chinese signs when the machine has one; digits are there in any case."""
    if size not in _fonts:
        for name in FONTS:
            try:
                _fonts[size] = ImageFont.truetype(name, size)
                break
            except OSError:
                continue
        else:
            _fonts[size] = ImageFont.load_default(size)
    return _fonts[size]


# -- papers --------------------------------------------------------------------------------------------


def receipt(seed: int, like: int | None = None) -> Image.Image:
    """A hospital's bill. All share one form; with `like` also hospital, person and items of that other one,
    so that only numbers, dates and sums differ."""
    dice, same = random.Random(seed), random.Random(f"who {seed if like is None else like}")
    page = Image.new("RGB", PAPER, "#fdfcf7")
    draw = ImageDraw.Draw(page)
    _form(draw)
    number = f"{dice.randrange(10**10):010d}"
    day = f"2026-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}"
    left = (
        "450601" + str(dice.randrange(10, 99)),
        same.choice(HOSPITALS),
        same.choice(SURNAMES) + same.choice(GIVEN) + same.choice(GIVEN),
        f"{dice.randrange(10**8):08d}",
    )
    right = (number, f"{dice.randrange(16**6):06x}", day, str(dice.randrange(1, 40)))
    for row in range(4):
        draw.text((330, 150 + row * 52), left[row], fill="#222233", font=font(32))
        draw.text((1090, 150 + row * 52), right[row], fill="#222233", font=font(32))
    for row, item in enumerate(same.sample(ITEMS, same.randrange(7, 10))):
        for x, words in (
            (80, item),
            (430, str(dice.randrange(1, 60))),
            (700, f"{dice.randrange(10**6) / 100:.2f}"),
            (980, f"{dice.randrange(10**6) / 100:.2f}"),
            (1270, f"{dice.randrange(10**5) / 100:.2f}"),
        ):
            draw.text((x, 440 + row * 48), words, fill="#222233", font=font(30))
    for n, x in enumerate((330, 830, 1290)):
        draw.text((x, 905), f"{dice.randrange(10**7) / 100:.2f}", fill="#222233", font=font(32))
        draw.text(
            (x, 965),
            f"{dice.randrange(10**6) / 100:.2f}" if n else f"{dice.randrange(10**5):05d}",
            fill="#222233",
            font=font(32),
        )
    return page


def _form(draw: ImageDraw.ImageDraw) -> None:
    """What is printed alike on every bill."""
    draw.text((470, 50), "医疗收费票据（样例 · 非真实票据）", fill="#993322", font=font(44))
    for row, (left, right) in enumerate(
        (("票据代码", "票据号码"), ("收款单位", "校验码"), ("交款人", "开票日期"), ("病历号", "住院天数"))
    ):
        draw.text((80, 150 + row * 52), left + "：", fill="#774433", font=font(32))
        draw.text((840, 150 + row * 52), right + "：", fill="#774433", font=font(32))
    draw.rectangle((60, 370, 1500, 1020), outline="#774433", width=3)
    for y in (430, 890, 955):
        draw.line((60, y, 1500, y), fill="#774433", width=2)
    for x, words in (
        (80, "项目名称"),
        (430, "数量"),
        (700, "金额（元）"),
        (980, "统筹（元）"),
        (1270, "自付（元）"),
    ):
        draw.text((x, 382), words, fill="#774433", font=font(32))
    for x, words in ((80, "金额合计"), (640, "统筹支付"), (1130, "个人自付")):
        draw.text((x, 905), words, fill="#774433", font=font(32))
    for x, words in ((80, "流水号"), (640, "个人账户"), (1130, "个人现金")):
        draw.text((x, 965), words, fill="#774433", font=font(32))
    draw.ellipse((1180, 60, 1420, 220), outline="#cc3333", width=5)
    draw.text((1225, 118), "样例专用章", fill="#cc3333", font=font(30))


def id_card(seed: int, is_back: bool = False) -> Image.Image:
    """The two sides of a made-up card: a portrait on the front, a red emblem on the back."""
    dice = random.Random(f"card {seed}")
    tone = dice.choice(("#e9f1f6", "#eef3ea", "#f3efe6"))
    page = Image.new("RGB", CARD, tone)
    draw = ImageDraw.Draw(page)
    for n in range(0, 1180, 26):
        draw.arc((n - 300, 80, n + 300, 700), 200, 340, fill="#d5e2e4", width=2)
    if is_back:
        draw.ellipse((80, 70, 290, 280), fill="#c8222b")
        draw.ellipse((130, 110, 240, 220), fill="#e9b64c")
        draw.text((380, 80), "样例共和国", fill="#222222", font=font(72))
        draw.text((380, 190), "非真实证件", fill="#222222", font=font(84))
        draw.text((300, 500), "签发机关   示例市公安局", fill="#222222", font=font(40))
        draw.text(
            (300, 600), f"有效期限   20{dice.randrange(10, 25)}.01.01-长期", fill="#222222", font=font(40)
        )
        return page
    skin, hair, coat = (
        dice.choice(("#e3b796", "#d9a883")),
        dice.choice(("#1d1a19", "#2e2622")),
        dice.choice(("#20242c", "#26313f", "#3b2c2c")),
    )
    draw.rectangle((780, 110, 1090, 520), fill="#f2f4f5")
    draw.ellipse((855, 150, 1015, 350), fill=hair)
    draw.ellipse((872, 200, 998, 385), fill=skin)
    draw.pieslice((800, 390, 1070, 660), 180, 360, fill=coat)
    for row, words in enumerate(
        (
            f"姓名  {dice.choice(SURNAMES)}{dice.choice(GIVEN)}",
            "性别  示    民族  样",
            f"出生  19{dice.randrange(50, 99)} 年 1 月 1 日",
            "住址  示例省虚构市样例路",
            f"            {dice.randrange(1, 999)} 号",
        )
    ):
        draw.text((80, 90 + row * 88), words, fill="#26486b" if row == 9 else "#222222", font=font(44))
    draw.text((80, 620), f"公民身份号码   99{dice.randrange(10**15):015d}X", fill="#222222", font=font(46))
    return page


# -- how they are photographed -------------------------------------------------------------------------


def photographed(paper: Image.Image, seed: int) -> Image.Image:
    """On a desk: a little askew and in perspective, unevenly lit, with grain; all four corners on it."""
    dice = random.Random(f"camera {seed}")
    desk = _desk(dice)
    share = dice.uniform(0.80, 0.90)
    scale = min(FRAME[0] * share / paper.width, FRAME[1] * share / paper.height)
    wide, high = paper.width * scale, paper.height * scale
    left, top = (FRAME[0] - wide) * dice.uniform(0.4, 0.6), (FRAME[1] - high) * dice.uniform(0.4, 0.6)
    tilt = math.radians(dice.uniform(-1.5, 1.5))
    corners = []
    for x, y in ((0, 0), (0, high), (wide, high), (wide, 0)):
        dx, dy = x - wide / 2, y - high / 2
        corners.append(
            (
                left + wide / 2 + dx * math.cos(tilt) - dy * math.sin(tilt) + dice.uniform(-9, 9),
                top + high / 2 + dx * math.sin(tilt) + dy * math.cos(tilt) + dice.uniform(-9, 9),
            )
        )
    return _lit(laid(desk, paper, corners), dice)


def scanned(paper: Image.Image) -> Image.Image:
    """As a scanner or an electronic bill gives it: every pixel of the form in the same place each time."""
    return ImageChops.add(paper, Image.new("RGB", paper.size, "#080808"))


def _desk(dice: random.Random) -> Image.Image:
    tone = dice.choice(("#6b5d50", "#4d5a63", "#7a6a52", "#3f4a3f", "#8a7560"))
    grain = Image.frombytes("L", (240, 180), dice.randbytes(240 * 180)).resize(FRAME)
    return Image.blend(Image.new("RGB", FRAME, tone), Image.merge("RGB", [grain] * 3), 0.12)


def laid(desk: Image.Image, paper: Image.Image, corners: list[tuple[float, float]]) -> Image.Image:
    """The paper on the desk, its corners (from the left top one down and around) at these places."""
    wide, high = paper.size
    numbers = _perspective(corners, [(0, 0), (0, high), (wide, high), (wide, 0)])
    sheet = paper.transform(desk.size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BICUBIC)
    mask = Image.new("L", paper.size, 255).transform(
        desk.size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BICUBIC
    )
    out = desk.copy()
    out.paste(sheet, mask=mask)
    return out


def _lit(image: Image.Image, dice: random.Random) -> Image.Image:
    slope = Image.linear_gradient("L").rotate(dice.choice((0, 90, 180, 270))).resize(image.size)
    shade = slope.point(lambda v: int(210 + v * 0.14))
    image = ImageChops.multiply(image, Image.merge("RGB", [shade] * 3))
    image = ImageEnhance.Brightness(image).enhance(dice.uniform(0.88, 1.0))
    size = image.width // 2, image.height // 2
    noise = Image.frombytes("L", size, dice.randbytes(size[0] * size[1])).point(lambda v: 116 + v * 3 // 32)
    noise = noise.resize(image.size)
    return ImageChops.add(image, Image.merge("RGB", [noise] * 3), 1, -128)


def _perspective(out: list[tuple[float, float]], source: list[tuple[float, float]]) -> list[float]:
    """The eight numbers Pillow wants: from places in the frame back to places on the paper."""
    rows = []
    for (x, y), (u, v) in zip(out, source, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for n in range(8):
        best = max(range(n, 8), key=lambda r: abs(rows[r][n]))
        rows[n], rows[best] = rows[best], rows[n]
        rows[n] = [value / rows[n][n] for value in rows[n]]
        for r in range(8):
            if r != n and (by := rows[r][n]):
                rows[r] = [a - by * b for a, b in zip(rows[r], rows[n], strict=True)]
    return [row[8] for row in rows]


# -- what is changed about a picture that comes a second time -------------------------------------------


def _turned(degrees: float) -> Callable[[Image.Image, random.Random], Image.Image]:
    return lambda image, _dice: image.rotate(degrees, expand=True)


def _skewed(image: Image.Image, dice: random.Random) -> Image.Image:
    return image.rotate(
        dice.choice((-1, 1)) * dice.uniform(1, 3), Image.Resampling.BICUBIC, expand=True, fillcolor="#555"
    )


def _cropped(image: Image.Image, dice: random.Random) -> Image.Image:
    wide, high = image.size
    cut = [dice.uniform(0, 0.10) for _ in range(2)]
    left, top = wide * cut[0] * dice.random(), high * cut[1] * dice.random()
    return image.crop((int(left), int(top), int(left + wide * (1 - cut[0])), int(top + high * (1 - cut[1]))))


def _recompressed(image: Image.Image, dice: random.Random) -> Image.Image:
    size = dice.uniform(0.6, 0.9)
    small = image.resize((int(image.width * size), int(image.height * size)), Image.Resampling.BICUBIC)
    return Image.open(io.BytesIO(jpeg(small, dice.randrange(25, 50))))


def _relit(image: Image.Image, dice: random.Random) -> Image.Image:
    image = ImageEnhance.Brightness(image).enhance(
        dice.choice((dice.uniform(0.6, 0.8), dice.uniform(1.1, 1.25)))
    )
    return ImageEnhance.Contrast(image).enhance(dice.uniform(0.85, 1.2))


def _everything(image: Image.Image, dice: random.Random) -> Image.Image:
    image = _skewed(_cropped(image, dice), dice).rotate(dice.choice((90, 180, 270)), expand=True)
    return _recompressed(_relit(image, dice), dice)


CHANGES: dict[str, Callable[[Image.Image, random.Random], Image.Image]] = {
    "turned 90°": _turned(90),
    "turned 180°": _turned(180),
    "turned 270°": _turned(270),
    "skewed ≤ 3°": _skewed,
    "cropped ≤ 10 %": _cropped,
    "recompressed": _recompressed,
    "brightness": _relit,
    "all together": _everything,
}


# -- what can be wrong with a photo ---------------------------------------------------------------------


def _blurred(photo: Image.Image, dice: random.Random) -> Image.Image:
    return photo.filter(ImageFilter.GaussianBlur(dice.uniform(5.5, 10)))


def _shaken(photo: Image.Image, dice: random.Random) -> Image.Image:
    """The hand moved: smeared along one direction."""
    far, out = dice.randrange(18, 30), photo
    for n in range(1, 9):
        moved = ImageChops.offset(photo, far * n // 8, far * n // 16 if dice.random() < 0.5 else 0)
        out = Image.blend(out, moved, 1 / (n + 1))
    return out


def _glaring(photo: Image.Image, dice: random.Random) -> Image.Image:
    wide, high = photo.size
    across = dice.uniform(0.28, 0.45) * high
    x, y = dice.uniform(0.3, 0.7) * wide, dice.uniform(0.3, 0.7) * high
    spot = Image.new("L", photo.size)
    ImageDraw.Draw(spot).ellipse(
        (x - across * 0.7, y - across / 2, x + across * 0.7, y + across / 2), fill=255
    )
    spot = spot.filter(ImageFilter.GaussianBlur(across / 12))
    return Image.composite(Image.new("RGB", photo.size, "white"), photo, spot)


def _cut(photo: Image.Image, dice: random.Random) -> Image.Image:
    """Held so that one side or one corner of the paper lies outside."""
    wide, high = photo.size
    sides = dice.choice(("left", "right", "top", "bottom", "left top", "right bottom"))
    x, y = dice.uniform(0.17, 0.3) * wide, dice.uniform(0.17, 0.3) * high
    box = (
        x if "left" in sides else 0,
        y if "top" in sides else 0,
        wide - (x if "right" in sides else 0),
        high - (y if "bottom" in sides else 0),
    )
    return photo.crop(tuple(int(v) for v in box))


def _dark(photo: Image.Image, dice: random.Random) -> Image.Image:
    return ImageEnhance.Brightness(photo).enhance(dice.uniform(0.14, 0.30))


def _small(photo: Image.Image, dice: random.Random) -> Image.Image:
    """A thumbnail out of a chat, or taken from across the room."""
    if dice.random() < 0.5:
        side = dice.randrange(320, 640)
        return photo.resize((side, side * photo.height // photo.width), Image.Resampling.BICUBIC)
    side = dice.uniform(0.25, 0.38)
    desk = _desk(dice)
    far = photo.crop((90, 60, photo.width - 90, photo.height - 60)).resize(
        (int(FRAME[0] * side), int(FRAME[1] * side)), Image.Resampling.BICUBIC
    )
    desk.paste(far, (int(dice.uniform(0.2, 0.4) * FRAME[0]), int(dice.uniform(0.2, 0.4) * FRAME[1])))
    return desk


FAULTS: dict[str, tuple[Callable[[Image.Image, random.Random], Image.Image], ...]] = {
    "blur": (_blurred, _shaken),
    "glare": (_glaring,),
    "cut": (_cut,),
    "dark": (_dark,),
    "small": (_small,),
}


def good_photo(seed: int) -> tuple[str, Image.Image]:
    """A kind of paper and a photo of it with nothing wrong: bills, scans, both sides of cards."""
    kind = ("invoice", "id_front", "id_back", "invoice", "settlement")[seed % 5]
    if kind == "settlement":
        return kind, scanned(receipt(seed))
    paper = receipt(seed) if kind == "invoice" else id_card(seed, kind == "id_back")
    return kind, photographed(paper, seed)


def faulty_photo(fault: str, seed: int) -> tuple[str, Image.Image]:
    """The same with one thing wrong."""
    dice = random.Random(f"{fault} {seed}")
    if fault == "side":
        kind = ("id_front", "id_back")[seed % 2]
        return kind, photographed(id_card(seed, is_back=kind == "id_front"), seed)
    kind = ("invoice", "id_front", "id_back")[seed % 3]
    paper = receipt(seed) if kind == "invoice" else id_card(seed, kind == "id_back")
    make = FAULTS[fault]
    return kind, make[seed % len(make)](photographed(paper, seed), dice)


def again(image: Image.Image, change: str, seed: int) -> Image.Image:
    """The very same picture, sent in once more after one of the CHANGES."""
    return CHANGES[change](image, random.Random(f"{change} {seed}")).convert("RGB")


def jpeg(image: Image.Image, quality: int = 75) -> bytes:
    """As the browser sends it."""
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()
