"""For how long is something kept? A length of time on the calendar, and in words. Pure."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import NamedTuple


class Term(NamedTuple):
    """So many years, months or days; one of them."""

    years: int = 0
    months: int = 0
    days: int = 0

    def before(self, moment: dt.datetime) -> dt.datetime:
        """What ended before this has been kept long enough; a day that the month lacks is its last."""
        months = moment.year * 12 + moment.month - 1 - self.years * 12 - self.months
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return moment.replace(year=year, month=month + 1, day=min(moment.day, last)) - dt.timedelta(self.days)

    @property
    def words(self) -> str:
        """`6 个月`, `3 年`, `90 天`."""
        parts = ((self.years, "年"), (self.months, "个月"), (self.days, "天"))
        return "".join(f"{count} {unit}" for count, unit in parts if count)
