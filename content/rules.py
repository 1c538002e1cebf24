"""What may happen to a page of content, and what must it have before people read it? Pure."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

from core.roles import ADMINISTRATOR, EDITOR, SYSTEM
from core.workflow import Move, Workflow

KINDS = {"notice": "公告通知", "article": "文章资讯", "brochure": "宣传手册"}
LABELS = {"draft": "草稿", "scheduled": "待发布", "published": "已发布", "taken_down": "已下架"}
EDITORS = (EDITOR, ADMINISTRATOR)
_EDITORS, _CLOCK = frozenset(EDITORS), frozenset({SYSTEM})

# `save` stays where it is: what is typed on a published page waits in `working` until somebody publishes it.
WORKFLOW = Workflow(
    "content",
    LABELS,
    (
        *(Move("save", (state,), state, _EDITORS, "保存") for state in LABELS),
        Move("publish", ("draft", "scheduled", "taken_down"), "published", _EDITORS, "发布"),
        Move("revise", ("published",), "published", _EDITORS, "发布更新"),
        Move("schedule", ("draft", "scheduled", "taken_down"), "scheduled", _EDITORS, "定时发布"),
        Move("unschedule", ("scheduled",), "draft", _EDITORS, "取消定时"),
        Move("release", ("scheduled",), "published", _CLOCK, "到时发布"),
        Move("pin", ("published",), "published", _EDITORS, "置顶"),
        Move("unpin", ("published",), "published", _EDITORS, "取消置顶"),
        Move("take_down", ("published",), "taken_down", _EDITORS, "下架"),
        Move("expire", ("published",), "taken_down", _CLOCK, "到时下架"),
    ),
)

MOST_TITLE, MOST_SUMMARY, MOST_SOURCE, MOST_BODY = 30, 60, 20, 20_000
MOST_PAGES, MOST_PLACE = 20, 99
ALT_NEEDED = "请填写图片说明，给看不见图的人听"
PAST = "发布时间早于现在，将立即发布，确定吗？"
EXPIRED = "这个预览链接已过期，请在电脑上重新点“预览”。"
# Pictures are ours or they are not shown; the address carries the picture's own digest.
PICTURE = re.compile(r"/h5/pictures/([0-9a-f]{32})")
_ALT_MISSING = re.compile(r"!\[\s*\]\(\s*<?" + PICTURE.pattern)


@dataclass(frozen=True)
class Page:
    """One page as typed. `cover` is a picture's digest; `pages` are (digest, name) of attachments."""

    kind: str = "notice"
    title: str = ""
    summary: str = ""
    source: str = ""
    body: str = ""
    cover: str = ""
    cover_alt: str = ""
    place: int = 0
    pages: tuple[tuple[str, str], ...] = field(default=())
    publish_at: dt.datetime | None = None
    take_down_at: dt.datetime | None = None


def faults(page: Page, *, to_publish: bool) -> dict[str, str]:
    """{field: words} of what is wrong; a draft may still lack its body."""
    found = {
        "title": _words(page.title, MOST_TITLE, "标题"),
        "summary": _too_long(page.summary, MOST_SUMMARY, "摘要"),
        "source": _too_long(page.source, MOST_SOURCE, "来源"),
        "body": _body_fault(page.body, to_publish),
        "cover_alt": ALT_NEEDED if page.cover and not page.cover_alt else "",
        "attachment": ALT_NEEDED if any(not name for _, name in page.pages) else _too_many(page),
        "kind": "" if page.kind in KINDS else "请选择栏目",
        "take_down_at": _order_fault(page),
    }
    return {name: words for name, words in found.items() if words}


def _words(text: str, most: int, label: str) -> str:
    return _too_long(text, most, label) if text else f"请填写{label}"


def _too_long(text: str, most: int, label: str) -> str:
    return f"{label}最多 {most} 个字，现在是 {len(text)} 个字，请缩短" if len(text) > most else ""


def _body_fault(body: str, to_publish: bool) -> str:
    if _ALT_MISSING.search(body):
        return ALT_NEEDED
    if to_publish and not body.strip():
        return "请填写正文"
    return _too_long(body, MOST_BODY, "正文")


def _too_many(page: Page) -> str:
    return f"附件最多 {MOST_PAGES} 张，请先删掉不需要的" if len(page.pages) > MOST_PAGES else ""


def _order_fault(page: Page) -> str:
    if page.take_down_at and page.publish_at and page.take_down_at <= page.publish_at:
        return "下架时间要晚于发布时间，请改正"
    return ""


def in_use(body: str) -> list[str]:
    """Digests of our pictures that the body names, in order, each once."""
    return list(dict.fromkeys(PICTURE.findall(body)))
