"""Which moves does a workflow allow, from where to where, by whom, and who is told? Pure data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Move:
    """One row of a workflow table.

    `who` holds role names; `tells` the kind of message sent with it; `needs_note` asks for a reason.
    """

    action: str
    sources: tuple[str, ...]
    target: str
    who: frozenset[str]
    label: str
    tells: str | None = None
    needs_note: bool = False


@dataclass(frozen=True)
class Workflow:
    """A named table of moves. `labels` gives each state the Chinese word users read."""

    name: str
    labels: Mapping[str, str]
    moves: tuple[Move, ...]
    final: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        for move in self.moves:
            unknown = {*move.sources, move.target} - set(self.labels)
            if unknown:
                raise ValueError(f"{self.name}.{move.action} names unknown states {sorted(unknown)}")

    def move(self, action: str, state: str) -> Move | None:
        """The row for `action` in `state`, or None if the table has none."""
        return next((m for m in self.moves if m.action == action and state in m.sources), None)

    def allowed(self, state: str, roles: Iterable[str]) -> tuple[Move, ...]:
        """The moves that somebody with `roles` may make in `state`, in the table's order."""
        mine = frozenset(roles)
        return tuple(m for m in self.moves if state in m.sources and m.who & mine)

    def label(self, state: str) -> str:
        return self.labels[state]
