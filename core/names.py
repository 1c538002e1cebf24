"""Is this a person's name, are two names the same, and where exactly do they differ?"""

import re
import unicodedata
from difflib import SequenceMatcher

EMPTY = "请输入您的姓名"
SPACE_OR_DIGIT = "姓名中间不能有空格或数字"
RARE = "生僻字请直接粘贴汉字，不要用拼音或图片"
TOO_LONG = "姓名太长，请核对"
DOT_AT_EDGE = "姓名里的“·”应在两个字中间"
STRANGE = "姓名里有不能用的符号“{char}”，请核对"
LOOK_ALIKE = "“{a}”和“{b}”不是同一个字，请核对"
LONGEST = 50

# The dots people and cards use between the parts of a Uyghur, Tibetan or foreign name.
MIDDLE_DOTS = "·•・‧﹒．.･∙⋅᛫・●⸱"
DOT = "·"

# Invisible in a name, whatever typed it: controls, zero-width, bidi marks, BOM, tags, soft hyphen.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SPACES = re.compile(r"\s+")
# Full-width forms become ASCII, but ．(a middle dot in names) stays as written.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if code != 0xFF0E}
# A PDF or a scan often yields radicals (⾼) in place of the characters they picture (高).
_RADICALS = {
    code: unicodedata.normalize("NFKC", chr(code))
    for code in range(0x2E80, 0x2FE0)
    if unicodedata.normalize("NFKC", chr(code)) != chr(code)
}
_FOLDED = _FULL_WIDTH | _RADICALS
_ONE_DOT = {ord(dot): DOT for dot in MIDDLE_DOTS}
_VARIANTS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_AROUND_DOT = re.compile(r"\s*·\s*")
_AFTER_HAN = re.compile(r"(?<=[^\x00-\u2e7f])\s+|\s+(?=[^\x00-\u2e7f])")
_LOST = set("?？□�■*＊〓")  # what broken encodings and careless typing leave of a rare character
_LATIN_MARKS = set("'’-‐")


def normalise(text: str) -> str:
    """The name as it is kept and printed: every visible character stays, only the way of typing goes."""
    if text.isascii() and text.isalpha():
        return text
    plain = unicodedata.normalize("NFC", text).translate(_FOLDED)
    return _SPACES.sub(" ", _INVISIBLE.sub("", plain)).strip()


def problem(text: str) -> str | None:
    """What is wrong with a typed name, in the words to show; None when it will do."""
    name = normalise(text)
    if not name:
        return EMPTY
    if len(name) > LONGEST:
        return TOO_LONG
    if " " in name and any(_is_han(char) for char in name):  # JOHN SMITH may have one, 张 三 may not
        return SPACE_OR_DIGIT
    for char in name:
        words = _char_problem(char)
        if words:
            return words
    key = name.translate(_ONE_DOT)
    if key[0] == DOT or (key[-1] == DOT and name[-1] != ".") or DOT * 2 in key:
        return DOT_AT_EDGE
    return None


def comparison_key(text: str) -> str:
    """Two names are the same person's name when their keys are equal. Never printed."""
    name = _VARIANTS.sub("", normalise(text).translate(_ONE_DOT))
    return _AROUND_DOT.sub(DOT, _AFTER_HAN.sub("", name)).upper()


def is_same(a: str, b: str) -> bool:
    return comparison_key(a) == comparison_key(b)


def differences(a: str, b: str) -> list[tuple[int, str, str, str, str]]:
    """Each differing place: index in the first name, both characters, both code points ("" for none)."""
    a, b = normalise(a), normalise(b)
    left, right = a.translate(_ONE_DOT).upper(), b.translate(_ONE_DOT).upper()
    if len(left) != len(a) or len(right) != len(b):  # ß and its like grow in capitals
        left, right = a, b
    places: list[tuple[int, str, str, str, str]] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for step in range(max(a2 - a1, b2 - b1)):
            one, other = a[a1 + step : min(a1 + step + 1, a2)], b[b1 + step : min(b1 + step + 1, b2)]
            places.append((a1 + step, one, other, code_point(one), code_point(other)))
    return places


def look_alike_problem(a: str, b: str) -> str | None:
    """The warning for two names of equal length that differ in one Chinese character: 张建囯, 张建国."""
    places = [] if is_same(a, b) else differences(a, b)
    if len(places) != 1 or len(normalise(a)) < 2:
        return None
    _, one, other, _, _ = places[0]
    return LOOK_ALIKE.format(a=one, b=other) if _is_han(one) and _is_han(other) else None


def code_point(char: str) -> str:
    return f"U+{ord(char):04X}" if char else ""


def _char_problem(char: str) -> str | None:
    category = unicodedata.category(char)
    if category in ("Nd", "No"):
        return SPACE_OR_DIGIT
    if category[0] in "LM" or char in MIDDLE_DOTS or char in _LATIN_MARKS or char in " 〇":
        return None
    # Private use, unassigned, ⿰ descriptions and what is left of a lost character: ask for the real one.
    if (
        category in ("Co", "Cn", "Cs")
        or char in _LOST
        or "\u2ff0" <= char <= "\u2fff"
        or "\u2e80" <= char < "\u2fe0"
    ):
        return RARE
    return STRANGE.format(char=char)


def _is_han(char: str) -> bool:
    if not char:
        return False
    code = ord(char)
    return char == "〇" or 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF
