"""What time is it, and how is a moment written? Storage is UTC, people read Asia/Shanghai."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, UTC, aware."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date where the users are."""
    return now().astimezone(SHANGHAI).date()


def local_date(moment: datetime) -> date:
    """The calendar day in Shanghai on which `moment` falls."""
    return moment.astimezone(SHANGHAI).date()


def shown(moment: datetime | None) -> str:
    """`2020-12-30 14:28:18` in Shanghai time (GX-55); empty for None."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def age(moment: datetime, at: datetime | None = None) -> str:
    """How long ago in words: `3 天`, `18 小时`, `5 分钟`, `刚刚`."""
    seconds = int(((at or now()) - moment).total_seconds())
    for size, unit in ((86400, "天"), (3600, "小时"), (60, "分钟")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return "刚刚"
