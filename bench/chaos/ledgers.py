"""Was every message that was promised taken exactly once? Three ledgers, one comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

# Rows that say the message left, whatever became of it then.
LEFT = frozenset({"sent", "delivered"})


@dataclass(frozen=True)
class Verdict:
    """`lost`: promised, never taken, and nothing waits for a person. `untrue`: we and the provider differ."""

    messages: int
    lost: int
    duplicated: int
    copies: int
    phantom: int
    unknown: int
    held: int
    untrue: int

    @property
    def is_exact(self) -> bool:
        return not (self.lost or self.duplicated or self.phantom or self.unknown or self.untrue)


def compare(promised: Collection[str], stored: Mapping[str, str], taken: Collection[str]) -> Verdict:
    """`promised`: phones a caller got a commit for; `stored`: phone → status; `taken`: phones, each time."""
    times = Counter(taken)
    waiting = {phone for phone, status in stored.items() if status == "held"}
    untrue = sum(
        (status in LEFT) != (times[phone] > 0) for phone, status in stored.items() if status != "held"
    )
    return Verdict(
        messages=len(promised),
        lost=sum(not times[phone] and phone not in waiting for phone in promised),
        duplicated=sum(count > 1 for count in times.values()),
        copies=sum(count - 1 for count in times.values()),
        phantom=sum(phone not in promised for phone in times),
        unknown=sum(status in ("unknown", "sending", "pending") for status in stored.values()),
        held=len(waiting),
        untrue=untrue,
    )
