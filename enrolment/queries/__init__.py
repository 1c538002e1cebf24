"""Which enrolments are there, and what do their pages show?"""

from enrolment.queries.listing import (
    READERS,
    Line,
    counts,
    find,
    levels_of,
    numbers_of,
    own_work,
    scope,
    state_words,
    tiles_of,
    waiting_at,
    waiting_states,
)

__all__ = [
    "READERS",
    "Line",
    "counts",
    "find",
    "levels_of",
    "numbers_of",
    "own_work",
    "scope",
    "state_words",
    "tiles_of",
    "waiting_at",
    "waiting_states",
]
