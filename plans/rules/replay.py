"""What would a person's claims of a period have been worth under another plan, in their own order? Pure.

The claims of one person are gone through as they were decided and paid: each decision remembers those before
it, each payment may give an automatic benefit. What a reviewer lowered stays at most at the lowered sum.
Under the plan they were decided by, this gives the sums of the ledger.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from plans.rules.award import automatic, evaluate
from plans.rules.facts import Award, ClaimFacts, Cover, Line, Memory
from plans.rules.plan import Plan


class Case(NamedTuple):
    """One decided claim: what it said, when it was decided and paid, and which lines were lowered to what."""

    key: Any
    facts: ClaimFacts
    decided_at: datetime
    paid_at: datetime | None = None
    limits: Mapping[str, int] = {}
    version: str = ""


class Outcome(NamedTuple):
    """What one claim is worth; `why` says in words why it is worth nothing at all."""

    key: Any
    total_fen: int
    lines: tuple[Line, ...]
    why: str = ""


class Replayed(NamedTuple):
    """All claims of one person, in the order of their decisions, and what came without being asked for."""

    outcomes: tuple[Outcome, ...]
    automatic_fen: int
    automatic_lines: tuple[Line, ...]

    @property
    def total_fen(self) -> int:
        return sum(outcome.total_fen for outcome in self.outcomes) + self.automatic_fen


PlanOf = Callable[[str], Plan]


def replay(plan_of: PlanOf, cases: Sequence[Case], cover: Cover | None) -> Replayed:
    """Go through one person's claims; `plan_of` gives the plan for the version a claim was decided by."""
    memory, bases, given = Memory(), Memory(), dict[str, int]()
    outcomes: dict[Any, Outcome] = {}
    usages: dict[Any, Memory] = {}
    lines: list[Line] = []
    for case, is_payment in _events(cases):
        plan = plan_of(case.version)
        if not is_payment:
            award = limited(evaluate(plan, case.facts, memory, cover), plan, case.limits)
            why = next((note.text for note in award.notes if note.blocking), "")
            outcomes[case.key] = Outcome(case.key, award.total_fen, award.lines, why)
            usages[case.key] = award.usage
            memory = memory.plus(award.usage)
            continue
        bases = bases.plus(usages[case.key])
        unasked = automatic(plan, _automatic_memory(plan, bases, given, memory.total_fen))
        for line in unasked.lines:
            given[line.benefit] = given.get(line.benefit, 0) + line.amount_fen
        lines += unasked.lines
        memory = memory.plus(unasked.usage)
    return Replayed(tuple(outcomes.values()), sum(given.values()), tuple(lines))


def limited(award: Award, plan: Plan, limits: Mapping[str, int]) -> Award:
    """The award with lines at most at `limits`; caps remember the lower sums."""
    if not any(line.amount_fen > limits.get(line.benefit, line.amount_fen) for line in award.lines):
        return award
    lines = tuple(_at_most(line, limits.get(line.benefit)) for line in award.lines)
    saved = {
        line.benefit: was.amount_fen - line.amount_fen for was, line in zip(award.lines, lines, strict=True)
    }
    used = {
        code: one._replace(paid_fen=one.paid_fen - saved.get(code, 0))
        for code, one in award.usage.used.items()
    }
    under_cap = sum(fen for code, fen in saved.items() if plan.by_code[code].is_in_plan_cap)
    usage = Memory(used, award.usage.total_fen - under_cap)
    return award._replace(lines=lines, total_fen=sum(line.amount_fen for line in lines), usage=usage)


def _events(cases: Iterable[Case]) -> list[tuple[Case, bool]]:
    """Decisions and payments as they happened; of one moment the decision comes first."""
    happened = [(case.decided_at, 0, n, case) for n, case in enumerate(cases)]
    happened += [(case.paid_at, 1, n, case) for _, _, n, case in happened if case.paid_at]
    return [(case, bool(kind)) for _, kind, _, case in sorted(happened, key=lambda one: one[:3])]


def _automatic_memory(plan: Plan, bases: Memory, given: Mapping[str, int], total_fen: int) -> Memory:
    used = {
        benefit.code: bases.of(benefit.code)._replace(paid_fen=given.get(benefit.code, 0))
        for benefit in plan.benefits
        if benefit.is_automatic
    }
    return Memory(used, total_fen)


def _at_most(line: Line, limit: int | None) -> Line:
    return line if limit is None or limit >= line.amount_fen else line._replace(amount_fen=limit)
