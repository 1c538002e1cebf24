"""What did the editor type? One page of content, from a plain form."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator

from werkzeug.datastructures import MultiDict

from content.rules import MOST_PLACE, Page
from core.clock import SHANGHAI
from core.errors import Refused
from core.pages import parse_day

NO_MOMENT = "{label}没有看懂，请按 2026-12-01 08:00 这样填写"
_STRANGE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_MOMENT = re.compile(r"(.+?)[\sT日]+(\d{1,2})[:：](\d{2})(?::\d{2})?")
_DIGEST = re.compile(r"[0-9a-f]{32}")


def page_from(form: MultiDict[str, str]) -> Page:
    """What was typed, tidied. Raises `Refused` for a time that cannot be read."""
    cover = form.get("cover", "")
    return Page(
        kind=form.get("kind", ""),
        title=_one_line(form.get("title", "")),
        summary=_one_line(form.get("summary", "")),
        source=_one_line(form.get("source", "")),
        body=_tidy(form.get("body", "").replace("\r\n", "\n").replace("\r", "\n")).rstrip(),
        cover=cover if _DIGEST.fullmatch(cover) and not form.get("no_cover") else "",
        cover_alt=_one_line(form.get("cover_alt", "")),
        place=_place(form.get("place", "")),
        pages=tuple(_attachments(form)),
        publish_at=moment(form.get("publish_at", ""), "publish_at", "发布时间"),
        take_down_at=moment(form.get("take_down_at", ""), "take_down_at", "下架时间"),
    )


def moment(text: str, field: str, label: str) -> dt.datetime | None:
    """A time in Shanghai, as the browser writes it or a person does; None for nothing. Raises `Refused`."""
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed:
        return None
    found = _MOMENT.fullmatch(typed)
    on = parse_day(found[1]) if found else None
    try:
        if not found or on is None:
            raise ValueError
        return dt.datetime.combine(on, dt.time(int(found[2]), int(found[3])), SHANGHAI)
    except ValueError:
        raise Refused(NO_MOMENT.format(label=label), field) from None


def written(value: dt.datetime | None) -> str:
    """A time as the browser's own field wants it."""
    return value.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M") if value else ""


def version(form: MultiDict[str, str]) -> int:
    """The version of the page that the editor's form showed."""
    text = form.get("seen", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise Refused("页面已过期，请返回上一页重新打开后再提交。")
    return int(text)


def _attachments(form: MultiDict[str, str]) -> Iterator[tuple[str, str]]:
    """Those that are on the form and not ticked to go."""
    gone = set(form.getlist("attachment_gone"))
    names = form.getlist("attachment_name")
    for n, digest in enumerate(form.getlist("attachment")):
        if _DIGEST.fullmatch(digest) and digest not in gone:
            yield digest, _one_line(names[n] if n < len(names) else "")[:60]


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", _tidy(text)).strip()


def _tidy(text: str) -> str:
    return unicodedata.normalize("NFC", _STRANGE.sub("", text))


def _place(text: str) -> int:
    plain = unicodedata.normalize("NFKC", text).strip()
    return min(int(plain), MOST_PLACE) if plain.isdecimal() and len(plain) < 4 else 0
