"""Who may come in, and what do all these pages say about an errand? Shared by the pages of this room."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint

from core import roles
from core.clock import shown
from wechat.models import AccountErrand
from wechat.service import errands
from wechat.words import code_words

blueprint = Blueprint("wechat_admin", __name__, url_prefix="/admin/wechat")
KEEPERS = (roles.ADMINISTRATOR,)


@dataclass(frozen=True)
class Told:
    """What became of what somebody asked for; `tone` is the notice's, `waits` while no worker has done it."""

    text: str
    tone: str
    waits: bool = False


def told(doing: str, did: str, *, kind: str, subject: str | None = None) -> Told | None:
    """`doing`: 推送菜单; `did`: 菜单已推送. None when nobody ever asked."""
    row = errands.last(kind, subject)
    return _told(row, doing, did) if row else None


def _told(row: AccountErrand, doing: str, did: str) -> Told:
    if row.done_at is None:
        again = f"（{code_words(row.code)}，正在重试）" if row.code else ""
        return Told(f"正在{doing}……{again}结果几秒后显示在这里。", "info", waits=True)
    when = shown(row.done_at)
    if row.outcome == errands.OK:
        return Told(f"{did}：{when}，{row.asked_by}。", "good")
    return Told(f"{doing}没有成功：{code_words(row.code)}。{when}，{row.asked_by}。", "bad")
