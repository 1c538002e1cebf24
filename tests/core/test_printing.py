"""Does a printed form hold every character of every name? (XM-40, XM-70)"""

from __future__ import annotations

import re
import zlib

import pytest

from core.lettering import font_files
from core.printing import Form

FONTS = font_files()[:1]
pytestmark = pytest.mark.skipif(not FONTS, reason="this machine has no font with Chinese")
NOBODYS = "\U0010fffd"  # no font has it


def _streams(pdf: bytes) -> list[bytes]:
    found = []
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        try:
            found.append(zlib.decompress(match.group(1)))
        except zlib.error:
            found.append(match.group(1))
    return found


def printed_characters(pdf: bytes) -> set[str]:
    """What somebody who copies the text out of the PDF can get: the targets of its ToUnicode tables."""
    found: set[str] = set()
    for stream in _streams(pdf):
        for target in re.findall(rb"^<[0-9A-F]{4}> <([0-9A-F]+)>", stream, re.M):
            found |= set(bytes.fromhex(target.decode()).decode("utf-16-be", "ignore"))
    return found


def test_xm_40_rare_characters_are_printed_by_code_point() -> None:
    form = Form("申请单", FONTS, footer="CBFW2026110001")
    form.names(["磳石爨", "𠮷野", "囯国", "买买提·吐尔逊"])
    assert form.missing == []
    assert set("磳石爨𠮷野囯国买提·吐尔逊") <= printed_characters(form.content)


def test_a_character_no_font_has_is_named_and_the_printer_is_warned() -> None:
    form = Form("申请单", FONTS)
    form.facts([("姓名", f"张{NOBODYS}"), ("再次", NOBODYS)])
    form.signatures(("签字",))
    assert form.missing == [NOBODYS]
    assert set("〓(U+10FFFD)") <= printed_characters(form.content)


def test_a_long_list_turns_pages_and_says_how_many() -> None:
    form = Form("申请单", FONTS, footer="CBFW2026110001")
    form.rows(("序号", "姓名"), [(str(n), "示例") for n in range(90)], (1, 5))
    form.names(f"{n} 示例" for n in range(500))
    content = form.content
    assert content.startswith(b"%PDF-") and len(re.findall(rb"/Type\s*/Page\b", content)) >= 6
