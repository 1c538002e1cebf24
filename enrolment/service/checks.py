"""Is an enrolment in order? The same findings for whoever hands it in and for whoever decides on it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from sqlalchemy import func, select

from config.scheme import Paper
from core import clock, context
from core.db import db
from core.fields import mask_name
from employee import service as employees
from enrolment.models import Enrolment, EnrolmentMaterial, FeeAccount
from enrolment.queries import people
from enrolment.rules import words
from enrolment.service.moving import plan_of
from plans import queries as coverages
from plans import service as plans
from union import queries as unions

PARTS = {"application": "申请信息", "agent": "经办人信息", "people": "参保人员信息", "materials": "申请材料"}
Level = Literal["ok", "look", "bad"]


class Finding(NamedTuple):
    """One thing that was looked at: `part` of the four, `field` for the error summary."""

    level: Level
    part: str
    field: str
    text: str


class Standing(NamedTuple):
    """参加人数 and 参保比例, derived (XM-59): this enrolment's people and those enrolled before."""

    people: int
    before: int
    headcount: int
    threshold: plans.Threshold | None

    @property
    def joining(self) -> int:
        return self.people + self.before

    @property
    def share(self) -> str:
        return words.share(self.joining, self.headcount)

    @property
    def lacking(self) -> str:
        """`还差 3 人达到 80%`; empty when the plan asks for nothing."""
        rule = self.threshold
        return words.lacking(rule.needed, rule.shown, self.joining) if rule and self.headcount else ""

    @property
    def is_short(self) -> bool:
        return bool(self.threshold and self.headcount and self.joining < self.threshold.needed)


def standing(enrolment: Enrolment) -> Standing:
    """How many join, of how many, and what the plan asks for."""
    rule = plans.threshold(plan_of(enrolment), enrolment.nature, enrolment.headcount)
    before = coverages.heads_in(enrolment.union_id, enrolment.plan_code) if enrolment.supplement_of_id else 0
    return Standing(enrolment.participant_count, before, enrolment.headcount, rule)


def against(enrolment: Enrolment) -> dict[str, str]:
    """Everything that stops it from being handed in: field → words. Empty when it may go."""
    return {one.field: one.text for one in run(enrolment, is_filing=True) if one.level == "bad"}


def run(enrolment: Enrolment, *, is_filing: bool = False) -> list[Finding]:
    """Every finding in the order of the parts; `is_filing` adds what only matters before handing in."""
    found = [*_record(enrolment), *_accounts(enrolment), *_people(enrolment), *_papers(enrolment)]
    return [*_period(enrolment), *found] if is_filing else found


def done_parts(found: list[Finding]) -> dict[str, bool]:
    """Which of the four parts (XM-51) are complete: 已完成 or 未完成."""
    return {part: not any(one.level == "bad" and one.part == part for one in found) for part in PARTS}


def papers_of(enrolment: Enrolment) -> list[tuple[Paper, int]]:
    """The named list of 申请材料 with how many files each has."""
    query = select(EnrolmentMaterial.kind, func.count()).where(
        EnrolmentMaterial.enrolment_id == enrolment.id, EnrolmentMaterial.removed_at.is_(None)
    )
    counts = {row[0]: row[1] for row in db.session.execute(query.group_by(EnrolmentMaterial.kind))}
    return [(paper, counts.get(paper.code, 0)) for paper in context.scheme().enrolment_papers]


def _period(enrolment: Enrolment) -> list[Finding]:
    plan = plans.plan_or_none(enrolment.plan_code)
    if plan is None:
        return [Finding("bad", "application", "plan", words.NO_PLAN)]
    late = plans.opening(plan, clock.today(), is_supplement=bool(enrolment.supplement_of_id))
    if late:
        return [Finding("bad", "application", "plan", late)]
    if plan.version != enrolment.plan_version:
        return [Finding("bad", "application", "plan", words.PLAN_NEWER.format(plan=plan.name))]
    if not plans.is_unchanged(plan):
        return [Finding("bad", "application", "plan", words.PLAN_CHANGED.format(plan=plan.name))]
    return []


def _record(enrolment: Enrolment) -> list[Finding]:
    missing = words.missing_of({name: getattr(enrolment, name) or "" for name in words.NEEDED})
    found = []
    if missing:
        names = "、".join(words.NEEDED[name] for name in missing)
        found.append(Finding("bad", "application", missing[0], words.MISSING.format(names=names)))
    if not enrolment.nature:
        found.append(Finding("bad", "application", "nature", words.NO_NATURE))
    if enrolment.headcount <= 0:
        found.append(Finding("bad", "application", "headcount", words.NO_HEADCOUNT))
    if unions.version_of(enrolment.union_id) != enrolment.union_version:
        text = "工会资料在填写以后改过，请点“更新”后核对"
        found.append(Finding("look", "application", "record", text))
    return found or [Finding("ok", "application", "record", "工会资料齐全")]


def _accounts(enrolment: Enrolment) -> list[Finding]:
    query = select(func.count()).where(FeeAccount.enrolment_id == enrolment.id)
    if db.session.scalar(query):
        return []
    return [Finding("bad", "application", "accounts", words.NO_ACCOUNT)]


def _people(enrolment: Enrolment) -> list[Finding]:
    have = standing(enrolment)
    if not have.people:
        return [Finding("bad", "people", "people", words.NO_PEOPLE)]
    found = []
    if have.joining > have.headcount > 0:
        text = words.TOO_MANY_PEOPLE.format(joining=have.joining, headcount=have.headcount)
        found.append(Finding("bad", "people", "people", text))
    found += _unfit(enrolment)
    if have.threshold and have.is_short:
        level: Level = "bad" if have.threshold.blocks else "look"
        text = f"参保比例 {have.share}，{have.lacking}"
        found.append(Finding(level, "people", "share", text))
    return found or [Finding("ok", "people", "people", f"{have.people:,} 人，参保比例 {have.share}")]


def _unfit(enrolment: Enrolment) -> list[Finding]:
    """People who left or belong elsewhere by now."""
    ids, total = people.unfit(enrolment, most=words.MOST_NAMED)
    if not total:
        return []
    cards = employees.cards(ids)
    names = words.some_names([mask_name(cards[one].name) for one in ids if one in cards], total)
    return [Finding("bad", "people", "unfit", words.UNFIT.format(n=total, names=names))]


def _papers(enrolment: Enrolment) -> list[Finding]:
    lacking = [paper.label for paper, count in papers_of(enrolment) if count < paper.min]
    if lacking:
        text = words.NO_PAPER.format(label="、".join(lacking))
        return [Finding("bad", "materials", "materials", text)]
    return [Finding("ok", "materials", "materials", "申请材料齐全")]
