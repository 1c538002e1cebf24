"""Which enrolments are there, and what do their pages show?"""

from enrolment.queries.listing import (
    Line,
    counts,
    find,
    levels_of,
    mine,
    numbers_of,
    own_work,
    scope,
    state_words,
)

__all__ = [
    "Line",
    "counts",
    "find",
    "levels_of",
    "mine",
    "numbers_of",
    "own_work",
    "scope",
    "state_words",
]
