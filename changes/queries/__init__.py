"""What do pages list about changes of personal data?"""

from changes.queries.own import Row, Todo, need_action, open_of, state_words, status_lines, todo_of, words_of
from changes.queries.work import counts, numbers_of, own_work

__all__ = [
    "Row",
    "Todo",
    "counts",
    "need_action",
    "numbers_of",
    "open_of",
    "own_work",
    "state_words",
    "status_lines",
    "todo_of",
    "words_of",
]
