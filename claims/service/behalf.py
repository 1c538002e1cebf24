"""May the union file this claim for that person, and what then? (XM-80 … XM-85)"""

from __future__ import annotations

import uuid
from typing import NamedTuple

from sqlalchemy import select

from claims.models import Claim, ClaimDocument
from claims.queries.filings import NEEDS_FILER
from claims.queries.own import kind_words, state_words
from claims.rules import AGENT_PHOTOS, DEATH, HOSPITAL, NOT_COUNTED, WORKFLOW
from claims.service import checks, filing
from claims.service.moving import hold, owning
from core import audit, clock, context
from core.access import Actor
from core.db import db
from core.errors import Conflict, Missing, Refused
from core.files.models import StoredFile
from core.history import STALE, begin
from core.limits import Limit, take
from core.numbers import numbered
from core.roles import CHAIR, OPERATOR
from employee import service as employees
from plans import queries as coverages
from plans import service as plans
from staff import service as staff
from union import queries as unions

FILERS = (OPERATOR, CHAIR)
DRAFTS = Limit("claim_filing", 300, 24 * 3600, "今天新建的代办申请太多了，请先办完已有的，或明天再来。")
NOT_COVERED = "没有参保记录，不能申请。参保由单位工会统一办理，请先核对这位职工是否参加了保障"
NO_SUCH_KIND = "参加的保障里没有这项补助"
TOO_LATE = "最近一期保障（到 {ends} 止）的申请截止日 {last} 已过，不能再申请"
LEFT = (
    "已于 {on} 离职，会籍不在本单位了。保障期内发生的，可由本人在微信里申请；"
    "登记错了，请先到职工名册“恢复在职”"
)
HAS_DEATH = "亡故慰问金已经申请过（申报号 {number}，{state}），不能重复申请"
HAS_DRAFT = "您有一份没写完的申请（申报号 {number}），请继续填写"
IS_SELF = "这是您本人，请在上面改选“本人办理”"
NOT_SELF = (
    "没有在名册里找到您本人：您的证件号码或手机号码与名册不一致，或会籍不在您负责的工会。请选“代他人办理”。"
)
NOT_INFORMED = "请先确认已经说明并取得同意，再开始填写"
DECEASED = "名册已登记亡故，收款请用家属的账户"
LEFT_NOTE = "名册登记已于 {on} 离职"
OPEN = "另有 {n} 份申请在办（{number} 等）"


class Why(NamedTuple):
    """Why somebody cannot be chosen, and what to do; `number` is the claim that the words name."""

    code: str
    words: str
    number: str = ""


class Candidate(NamedTuple):
    """One person of the list: with a reason they cannot be chosen; notes only tell."""

    person: employees.EmployeeCard
    why: Why | None
    notes: list[str]


def candidates(kind: str, ids: list[uuid.UUID], by: Actor, is_by_agent: bool) -> list[Candidate]:
    """These people as the list of 选择人员 shows them."""
    people = employees.cards(ids)
    return [_candidate(kind, people[one], by, is_by_agent) for one in ids if one in people]


def _candidate(kind: str, person: employees.EmployeeCard, by: Actor, is_by_agent: bool) -> Candidate:
    why = _why_not(kind, person, by, is_by_agent)
    return Candidate(person, why, [] if why else _notes(kind, person))


def _why_not(kind: str, person: employees.EmployeeCard, by: Actor, is_by_agent: bool) -> Why | None:
    if is_by_agent and self_of(by) == person.id:
        return Why("self", IS_SELF)
    if not person.is_active and not person.is_deceased and kind != DEATH:
        return Why("left", LEFT.format(on=person.left_on or "（没有日期）"))
    if kind == DEATH and (other := _counted(person.id, DEATH)):
        words = HAS_DEATH.format(number=other.number, state=state_words(other.state))
        return Why("open", words, other.number)
    if draft := _draft(person.id, kind, by):
        return Why("draft", HAS_DRAFT.format(number=draft.number), draft.number)
    return _not_covered(kind, person.id)


def _not_covered(kind: str, employee_id: uuid.UUID) -> Why | None:
    """Covered in some period whose claims may still be made? The day of the event is asked for later."""
    lines = coverages.coverages_of(employee_id)
    known = [(line, plans.plan_or_none(line.plan_code)) for line in lines]
    fitting = [(line, plan) for line, plan in known if plan is not None and kind in plan.kinds]
    if not lines:
        return Why("not_covered", NOT_COVERED)
    if not fitting:
        return Why("not_covered", NO_SUCH_KIND)
    line, plan = fitting[0]
    if all(plan.deadline_on and plan.deadline_on < clock.today() for _, plan in fitting):
        return Why("too_late", TOO_LATE.format(ends=line.ends_on, last=plan.deadline_on))
    return None


def _notes(kind: str, person: employees.EmployeeCard) -> list[str]:
    notes = []
    if person.is_deceased and kind != DEATH:
        notes.append(DECEASED)
    if not person.is_active and not person.is_deceased:
        notes.append(LEFT_NOTE.format(on=person.left_on or "（没有日期）"))
    rows = select(Claim.number).where(
        Claim.employee_id == person.id, Claim.kind == kind, Claim.state.not_in((*NOT_COUNTED, "paid"))
    )
    numbers = list(db.session.scalars(rows.order_by(Claim.id.desc()).limit(20)))
    if numbers:
        notes.append(OPEN.format(n=len(numbers), number=numbers[0]))
    return notes


def _counted(employee_id: uuid.UUID, kind: str) -> Claim | None:
    query = select(Claim).where(
        Claim.employee_id == employee_id, Claim.kind == kind, Claim.state.not_in(NOT_COUNTED)
    )
    return db.session.scalars(query.order_by(Claim.id).limit(1)).first()


def _draft(employee_id: uuid.UUID, kind: str, by: Actor) -> Claim | None:
    """A draft of one's own for the same; of a stay there may be several."""
    query = select(Claim).where(
        Claim.employee_id == employee_id,
        Claim.kind == kind,
        Claim.state == "draft",
        Claim.filed_by_kind == "staff",
        Claim.filed_by_id == by.id,
    )
    return None if kind == HOSPITAL else db.session.scalars(query.limit(1)).first()


def self_of(by: Actor) -> uuid.UUID | None:
    """The person of the roster that the operator is themselves (本人办理)."""
    if by.id is None:
        return None
    number, phone = staff.identity(by.id)
    # A phone may be a family's: it only counts for an account that has no certificate number.
    found = db.session.scalars(employees.same_person(number, "" if number else phone).limit(2)).all()
    return found[0] if len(found) == 1 else None


def start(kind: str, employee_id: uuid.UUID, by: Actor, *, is_by_agent: bool, is_informed: bool) -> Claim:
    """An empty application at the union's desk. Raises `Refused` with why not."""
    if kind not in context.scheme().kinds:
        raise Missing
    person = employees.card(employee_id)
    if why := _why_not(kind, person, by, is_by_agent):
        raise Refused(why.words, "employee_id")
    if not is_by_agent and self_of(by) != employee_id:
        raise Refused(NOT_SELF, "employee_id")
    if not is_informed:
        raise Refused(NOT_INFORMED, "informed")
    take(DRAFTS, by.key)
    claim = Claim(
        number=numbered(context.scheme().prefixes["claim"]),
        kind=kind,
        employee_id=employee_id,
        union_id=person.union_id,
        filed_by_kind=by.kind,
        filed_by_id=by.id,
        is_by_agent=is_by_agent,
        state="draft",
        version=0,
        is_own_account=not (kind == DEATH or person.is_deceased),
    )
    claim.payee_name = person.name if claim.is_own_account else None
    db.session.add(claim)
    db.session.flush()
    begin(WORKFLOW, claim, by)
    audit.record("claim.informed", "claim", claim.id, by, agent=is_by_agent)
    return claim


def submit(claim: Claim, by: Actor, *, seen: str = "") -> bool:
    """Hand it in at the profile's first level; after a death nothing is sent to the person any more."""
    is_new = filing.submit(claim, by, seen=seen)
    if is_new and claim.kind == DEATH and claim.event_on:
        employees.report_death(claim.employee_id, claim.event_on, by)
    return is_new


def is_orphaned(claim: Claim) -> bool:
    """Came it back, and is nobody there to go on with it? The filer lost the right, or the person died."""
    if claim.state not in NEEDS_FILER:
        return False
    if claim.filed_by_kind != "staff":
        return employees.card(claim.employee_id).is_deceased
    filer = staff.actor_at_work(claim.filed_by_id)
    return filer is None or not filer.within(unions.chain_of(claim.union_id)).has(*FILERS)


def take_over(claim: Claim, by: Actor) -> None:
    """接着办理: another operator of the union becomes the filer. Raises `Conflict` when somebody is there."""
    hold(claim)
    if not is_orphaned(claim) or by.id is None:
        raise Conflict(STALE)
    claim.filed_by_kind, claim.filed_by_id, claim.is_by_agent = by.kind, by.id, True
    db.session.flush()
    audit.record("claim.take_filing", "claim", claim.id, by)


def reuse_agent_photos(claim: Claim, by: Actor) -> int:
    """The agent's own certificate from the last application they filed; returns how many photos."""
    owning(claim, by)
    hold(claim)
    have = {document.kind for document in checks.documents_of(claim)}
    added = 0
    for kind in AGENT_PHOTOS:
        earlier = agent_photo(claim, kind)
        if kind not in have and earlier is not None:
            position = filing.room_for(claim, kind)
            db.session.add(
                ClaimDocument(claim_id=claim.id, file_id=earlier.file_id, kind=kind, position=position)
            )
            added += 1
    db.session.flush()
    return added


def agent_photo(claim: Claim, kind: str) -> ClaimDocument | None:
    """The newest photo of this kind in another application by the same member of staff."""
    query = (
        select(ClaimDocument)
        .join(Claim, Claim.id == ClaimDocument.claim_id)
        .join(StoredFile, StoredFile.id == ClaimDocument.file_id)
        .where(
            Claim.filed_by_kind == "staff",
            Claim.filed_by_id == claim.filed_by_id,
            Claim.id != claim.id,
            ClaimDocument.kind == kind,
            ClaimDocument.removed_at.is_(None),
            StoredFile.erased_at.is_(None),
        )
        .order_by(ClaimDocument.added_at.desc())
        .limit(1)
    )
    return db.session.scalars(query).first()


def title_of(claim: Claim) -> str:
    """住院补助及住院天数补助: what the claim is for."""
    return kind_words(claim.kind)
