"""What do pages list of 会籍变更?"""

from membership.queries.listing import (
    Home,
    TransferLine,
    count_waiting,
    find,
    home_of,
    listed,
    open_of_employee,
)

__all__ = ["Home", "TransferLine", "count_waiting", "find", "home_of", "listed", "open_of_employee"]
