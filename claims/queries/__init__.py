"""What do pages list about claims?"""

from claims.queries.copying import export_of, people_of
from claims.queries.own import (
    NOT_YOURS,
    Row,
    Todo,
    bounce_words,
    for_employee,
    in_progress,
    kind_words,
    need_action,
    of_employee,
    open_draft,
    owner_words,
    state_words,
    status_lines,
    todo_of,
)

__all__ = [
    "NOT_YOURS",
    "Row",
    "Todo",
    "bounce_words",
    "export_of",
    "for_employee",
    "in_progress",
    "kind_words",
    "need_action",
    "owner_words",
    "of_employee",
    "open_draft",
    "people_of",
    "state_words",
    "status_lines",
    "todo_of",
]
