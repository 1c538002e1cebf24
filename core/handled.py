"""What does 我的办件 show of a feature's cases? Each feature fills in a `Door`; one list shows them all."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from core.access import Actor
from core.workflow import Workflow

REVIEW = "等您审核"


class Case(NamedTuple):
    """One case as somebody who handled it reads it; names are masked. `to_do` is empty when it is over."""

    number: str
    name: str
    label: str
    to_do: str
    url: str


Look = Callable[[Iterable[uuid.UUID], Actor], Mapping[uuid.UUID, Case]]
Did = Callable[[str, str, str], str]


@dataclass(frozen=True)
class Door:
    """How one workflow's cases are looked up: `look` gives those of the ids that the actor may still see, in
    one statement or two; `did` says (action, from, to) in words."""

    workflow: str
    kind: str
    look: Look
    did: Did


def by_table(workflow: Workflow, created: str) -> Did:
    """The words of the workflow's own table; `created` is what its beginning is called."""

    def did(action: str, from_state: str, _to_state: str) -> str:
        move = workflow.move(action, from_state)
        return move.label if move else created if action == "create" else action

    return did
