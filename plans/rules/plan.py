"""What is a plan: its period, fee, thresholds, benefits and materials, as immutable values."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

PPM = 1_000_000  # rates are whole millionths: 20% = 200000


class Figure(NamedTuple):
    """One number of a plan with where it comes from (a publication, or 示例 for illustration)."""

    where: str
    value: str
    source: str


class Term(NamedTuple):
    """One part of a benefit's base: a fact of the claim, or another benefit's line of the same claim."""

    sign: int
    label: str
    fact: str  # attribute of ClaimFacts; "" for a line
    benefit: str = ""


class Tiers(NamedTuple):
    starts_at_fen: int  # inclusive; below it nothing is paid
    uppers_fen: tuple[int, ...]  # inclusive upper bounds; the last tier has none
    pays_fen: tuple[int, ...]


class Band(NamedTuple):
    from_fen: int
    up_to_fen: int | None
    rate_ppm: int


@dataclass(frozen=True, slots=True)
class Benefit:
    """One 补助项目. Which fields matter is said by `shape`; the loader refuses the others."""

    code: str
    name: str
    kinds: frozenset[str]
    shape: str
    base: tuple[Term, ...] = ()
    is_cumulative: bool = False
    rate_ppm: int = 0
    bands: tuple[Band, ...] = ()
    tiers: Tiers | None = None
    per_day_fen: int = 0
    free_days: int = 0
    max_days: int | None = None
    same_day_days: int = 0
    amount_fen: int = 0
    max_events: int | None = None
    grades_fen: tuple[int, ...] = ()
    minimum_fen: int = 0
    counts: tuple[str, ...] = ()
    deductible_fen: int = 0
    deductible_per: str = "claim"
    cap_claim_fen: int | None = None
    cap_period_fen: int | None = None
    pays_difference: bool = False
    is_automatic: bool = False  # 免申即享: paid without being asked for
    is_in_plan_cap: bool = True
    needs_settlement: bool = False
    hospital_grades: frozenset[str] | None = None
    out_of_area: bool | None = None
    out_of_area_ppm: int | None = None
    grade_ppm: Mapping[str, int] | None = None


class Exclusive(NamedTuple):
    """Benefits that may not be had together."""

    benefits: tuple[str, ...]
    keep: str  # highest | first
    per: str  # claim | period


class Material(NamedTuple):
    """A paper that a claim needs, with when it is needed."""

    code: str
    label: str
    kinds: frozenset[str]
    when: str  # always | own_account | other_account | by_self | by_agent
    min_count: int
    max_count: int
    hint: str = ""


class Participation(NamedTuple):
    """Which share of its people a union must enrol."""

    natures: frozenset[str]  # empty: any
    min_people: int
    max_people: int | None
    ratio_ppm: int
    blocks: bool


@dataclass(frozen=True)
class Plan:
    """One 保障计划 of one 期. Once a claim or an enrolment has used it, a change means a new version."""

    code: str
    name: str
    version: str
    starts_on: date
    ends_on: date
    fee_fen: int
    kinds: Mapping[str, str]  # claim kind → its name in this scheme
    benefits: tuple[Benefit, ...]
    exclusives: tuple[Exclusive, ...]
    materials: tuple[Material, ...]
    participation: tuple[Participation, ...]
    cap_claim_fen: int | None
    cap_period_fen: int | None
    waiting_days: int
    waiting_kinds: frozenset[str]
    stay_counts_by: str  # admission | discharge
    deadline_on: date | None
    deadline_days: int | None
    figures: tuple[Figure, ...]
    content: Mapping[str, Any]  # as loaded; what the digest covers
    enrol_from: date | None = None
    enrol_until: date | None = None
    supplement_until: date | None = None  # until when later people may be added to a union's enrolment

    @cached_property
    def asked(self) -> Mapping[str, tuple[Benefit, ...]]:
        """Claim kind → the benefits a claim of it asks for."""
        return {kind: self._of(kind, is_automatic=False) for kind in self.kinds}

    @cached_property
    def automatic(self) -> Mapping[str, tuple[Benefit, ...]]:
        """Claim kind → the benefits it counts towards without being asked for."""
        return {kind: self._of(kind, is_automatic=True) for kind in self.kinds}

    @cached_property
    def by_code(self) -> Mapping[str, Benefit]:
        return {benefit.code: benefit for benefit in self.benefits}

    @property
    def period(self) -> str:
        return f"{self.starts_on} 至 {self.ends_on}"

    def canonical(self) -> str:
        """The content as one JSON text; `load_plan` reads it back to the same plan."""
        return json.dumps(self.content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def digest(self) -> str:
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def _of(self, kind: str, is_automatic: bool) -> tuple[Benefit, ...]:
        return tuple(b for b in self.benefits if kind in b.kinds and b.is_automatic is is_automatic)
