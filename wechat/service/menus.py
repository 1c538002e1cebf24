"""Which menus were saved, and which one should WeChat show? Versions, kept for ever; one lock for all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from core import audit, clock, context
from core.access import Actor
from core.db import db
from core.errors import Conflict, Missing
from wechat.models import MenuVersion

Buttons = list[dict[str, Any]]
CHANGED = "{who} 刚刚保存了第 {number} 版，已为您保留所填内容。请对照最新的一版核对后再保存。"
KEPT_SHOWN = 20


def newest() -> MenuVersion | None:
    return db.session.scalar(select(MenuVersion).order_by(MenuVersion.number.desc()).limit(1))


def version(number: int) -> MenuVersion:
    found = db.session.scalar(select(MenuVersion).where(MenuVersion.number == number))
    if found is None:
        raise Missing
    return found


def versions() -> list[MenuVersion]:
    return list(db.session.scalars(select(MenuVersion).order_by(MenuVersion.number.desc()).limit(KEPT_SHOWN)))


def buttons_of(row: MenuVersion | None) -> Buttons:
    """The buttons of a version; the profile's before anybody has saved one."""
    if row is None:
        return [dict(button) for button in context.scheme().menu]
    found: Buttons = json.loads(row.buttons)
    return found


def pushed() -> MenuVersion | None:
    """The version WeChat was given last."""
    query = select(MenuVersion).where(MenuVersion.pushed_at.is_not(None))
    return db.session.scalar(query.order_by(MenuVersion.pushed_at.desc()).limit(1))


def wanted() -> Buttons:
    """What WeChat should show: the version pushed last, else the profile's menu."""
    return buttons_of(pushed())


def save(buttons: Sequence[dict[str, Any]], *, seen: int, by: Actor, restored: int | None = None) -> int:
    """Keep `buttons` as the next version; `seen` is the newest the caller knew. Raises `Conflict`."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext("wechat_menu"))))
    last = newest()
    number = last.number if last else 0
    if number != seen:
        raise Conflict(CHANGED.format(who=last.made_by if last else "别人", number=number))
    words = json.dumps(list(buttons), ensure_ascii=False)
    row = MenuVersion(number=number + 1, buttons=words, restored_from=restored, made_by=by.label)
    db.session.add(row)
    audit.record("save_menu", "wechat_menu", number + 1, by, restored=restored or 0)
    return number + 1


def was_pushed(number: int, by: str) -> None:
    """WeChat took version `number`."""
    row = version(number)
    row.pushed_at, row.pushed_by = clock.now(), by
