"""What do pages list of 会籍变更?"""

from membership.queries.listing import (
    DECIDES,
    Home,
    TransferLine,
    count_waiting,
    find,
    home_of,
    listed,
    open_of_employee,
    waiting_count,
)

__all__ = [
    "DECIDES",
    "Home",
    "TransferLine",
    "count_waiting",
    "find",
    "home_of",
    "listed",
    "open_of_employee",
    "waiting_count",
]
