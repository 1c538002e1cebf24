"""What speaks for and against a claim? The automatic checks in words, for filing and for the reviewer's page.

Blocking ones stop the submission in the same words. Those of `CONFIDENTIAL` name other people's claims:
reviewers read them, the applicant never does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased

from claims.models import Claim, ClaimDocument, PictureTwin
from claims.rules import (
    AGENT_PHOTOS,
    AUTOMATIC,
    DEATH,
    DECIDED,
    HOSPITAL,
    INJURY,
    ITEMS,
    NOT_COUNTED,
    STANDING_PHOTOS,
    step_of,
)
from claims.service import figures
from claims.service.figures import Reckoning
from core import clock, names
from core.db import db
from core.files.models import StoredFile
from core.identifiers import card_problem, card_warning
from core.money import shown_yuan
from employee import service as employees
from staff import service as staff

WHEN = {HOSPITAL: "入院时", INJURY: "受伤时", DEATH: "亡故时"}
CONFIDENTIAL = frozenset({"receipt_elsewhere", "picture_elsewhere", "card_elsewhere"})
SAME_STAY = "这次住院已经申请过（申报号 {number}）"
OVERLAP = "入院、出院日期与您另一次住院重叠（申报号 {number}），请核对日期"
SAME_DEATH = "这位职工的亡故慰问金已经申请过（申报号 {number}），不能重复申请"
SAME_INJURY = "这次工伤有一份申请正在办理（申报号 {number}），办完后才能再申请"
SAME_RECEIPT = "这张票据已经申请过（申报号 {number}），不能重复申请"
REPEATED = "“{one}”和“{other}”像是同一张照片，请看看是不是传错了"
OTHER_NAME = "收款户名与本人姓名不同。如果确实要打到他人账户，请选“不是本人的卡”并上传说明"


class Check(NamedTuple):
    """One finding: `level` ok, look or bad; `text` for people; `code` for programs; may it be submitted?"""

    level: str
    text: str
    code: str
    blocking: bool = False


def run(claim: Claim, found: Reckoning | None = None) -> list[Check]:
    """Every check of one claim, in the order a reviewer thinks."""
    found = found or figures.reckon(claim)
    person = employees.card(claim.employee_id)
    return [
        *_as_typed(claim),
        *_engine(claim, found),
        *_papers(claim),
        *_certificate(claim),
        *_other_stays(claim),
        *_other_events(claim),
        *_receipt(claim),
        *_pictures(claim),
        *_repeated(claim),
        *_payee(claim, person.name),
        *_agent(claim),
        *_standing(claim, person),
        *_card(claim),
    ]


def blocking(checks: list[Check]) -> dict[str, str]:
    """What stops a submission: code → words."""
    return {check.code: check.text for check in checks if check.blocking}


def for_applicant(checks: list[Check]) -> list[Check]:
    """What the applicant may read before submitting."""
    return [check for check in checks if check.level != "ok" and check.code not in CONFIDENTIAL]


def stay_problems(claim: Claim, found: Reckoning | None = None) -> dict[str, str]:
    """Field → words for what is wrong with dates and cover, while the person is still on that page."""
    found = found or figures.reckon(claim)
    stops = [note for note in found.award.notes if note.blocking]
    problems = {_question_of(note.code): note.text for note in stops}
    for check in (*_other_stays(claim), *_receipt(claim)):
        if check.blocking:
            problems["receipt_number" if check.code == "receipt_again" else "admitted_on"] = check.text
    return problems


# A finding of the engine that belongs to another question than the admission.
_OF_OTHERS = {"not_settled": "is_settled", "area": "is_out_of_area", "hospital_grade": "hospital_grade"}
_OF_DISCHARGE = ("date_order", "future", "no_discharge", "deadline")


def _question_of(code: str) -> str:
    return "discharged_on" if code in _OF_DISCHARGE else _OF_OTHERS.get(code, "admitted_on")


def _as_typed(claim: Claim) -> Iterator[Check]:
    """Nothing is handed in while an answer of it could not be read."""
    for name, (label, text) in json.loads(claim.as_typed or "{}").items():
        yield Check("bad", f"{label}没有看懂（填的是“{text}”），请改正", f"typed_{name}", True)


def _certificate(claim: Claim) -> Iterator[Check]:
    until = claim.id_expires_on
    handed_in = clock.local_date(claim.submitted_at) if claim.submitted_at else clock.today()
    if until is not None and not claim.id_is_permanent and until < handed_in:
        yield Check("look", f"证件有效期至 {until}，提交时已经过期", "id_expired")


def _engine(claim: Claim, found: Reckoning) -> Iterator[Check]:
    notes = found.award.notes
    for note in notes:
        yield Check("bad" if note.blocking else "look", note.text, note.code, note.blocking)
    if found.plan is None or any(note.blocking for note in notes):
        return
    if found.cover is not None:
        when = WHEN[claim.kind]
        said = f"{when}在保障期内（{found.cover.starts_on} 至 {found.cover.ends_on}）"
        yield Check("ok", said, "covered")
    if found.plan.deadline_on or found.plan.deadline_days:
        yield Check("ok", "在申请期限内提交", "in_time")
    if claim.kind == HOSPITAL and not any(note.code in ("arithmetic", "bed_excess") for note in notes):
        parts = (claim.pooled_fen or 0) + (claim.self_paid_fen or 0) + (claim.own_expense_fen or 0)
        said = f"各项合计 {shown_yuan(parts)}，不超过医疗总费用 {shown_yuan(claim.total_fen or 0)}"
        yield Check("ok", said, "sums")


def missing_papers(claim: Claim, step: int | None = None) -> dict[str, str]:
    """Kind → words for photos that are still to be added (of one step, or of all)."""
    have: dict[str, int] = {}
    for document in documents_of(claim):
        have[document.kind] = have.get(document.kind, 0) + 1
    return {
        paper.code: f"请上传{paper.label}{'照片' if paper.code.startswith('id_') else ''}"
        for paper in figures.papers_of(claim)
        if step in (None, step_of(paper.code, paper.when)) and have.get(paper.code, 0) < paper.min_count
    }


def documents_of(claim: Claim) -> list[ClaimDocument]:
    """The claim's photos, in the order they were added."""
    query = select(ClaimDocument).where(
        ClaimDocument.claim_id == claim.id, ClaimDocument.removed_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(ClaimDocument.kind, ClaimDocument.position)))


def _papers(claim: Claim) -> Iterator[Check]:
    missing = missing_papers(claim)
    for code, words in missing.items():
        yield Check("bad", words, f"paper_{code}", True)
    if not missing:
        yield Check("ok", "材料齐全", "papers")


def _other_stays(claim: Claim) -> Iterator[Check]:
    """A person is in one bed at a time; out of one hospital and into another on one day is a transfer."""
    if claim.admitted_on is None or claim.discharged_on is None:
        return
    query = select(Claim.number, Claim.admitted_on, Claim.discharged_on).where(
        Claim.employee_id == claim.employee_id,
        Claim.id != claim.id,
        Claim.kind == claim.kind,
        Claim.state.not_in(NOT_COUNTED),
        Claim.admitted_on <= claim.discharged_on,
        Claim.discharged_on >= claim.admitted_on,
    )
    stays = db.session.execute(query.order_by(Claim.id)).all()
    for number, admitted_on, discharged_on in stays:
        if admitted_on is None or discharged_on is None:
            continue
        if (admitted_on, discharged_on) == (claim.admitted_on, claim.discharged_on):
            yield Check("bad", SAME_STAY.format(number=number), "same_stay", True)
            return
        if admitted_on < claim.discharged_on and discharged_on > claim.admitted_on:
            yield Check("bad", OVERLAP.format(number=number), "overlap", True)
            return
    yield Check("ok", "与本人其他住院不重叠", "no_overlap")


def _other_events(claim: Claim) -> Iterator[Check]:
    """One person dies once; of one injury one application at a time (a graver grade comes after it)."""
    if claim.kind not in (DEATH, INJURY):
        return
    query = select(Claim.number).where(
        Claim.employee_id == claim.employee_id,
        Claim.id != claim.id,
        Claim.kind == claim.kind,
        Claim.state.not_in(NOT_COUNTED),
    )
    if claim.kind == INJURY:
        query = query.where(Claim.state.not_in(DECIDED), Claim.event_on == claim.event_on)
    if number := db.session.scalar(query.order_by(Claim.id).limit(1)):
        words = SAME_DEATH if claim.kind == DEATH else SAME_INJURY
        yield Check("bad", words.format(number=number), "same_event", True)


def _receipt(claim: Claim) -> Iterator[Check]:
    """One bill, one claim: the person's own second one is refused, somebody else's is flagged."""
    if not claim.receipt:
        return
    query = select(Claim.number, Claim.employee_id).where(
        Claim.receipt_bi == claim.receipt_bi, Claim.id != claim.id, Claim.state.not_in(NOT_COUNTED)
    )
    found = db.session.execute(query.order_by(Claim.id).limit(20)).all()
    for number, employee_id in found:
        if employee_id == claim.employee_id:
            yield Check("bad", SAME_RECEIPT.format(number=number), "receipt_again", True)
            return
    if found:
        yield Check("bad", f"这张票据他人也申请过（申报号 {found[0].number}）", "receipt_elsewhere")
    else:
        yield Check("ok", "票据没有重复申请", "receipt_new")


def _pictures(claim: Claim) -> Iterator[Check]:
    """The same photo in two claims; certificates and cards of the same person are meant to come again."""
    mine = (
        select(StoredFile.content_bi)
        .join(ClaimDocument, ClaimDocument.file_id == StoredFile.id)
        .where(
            ClaimDocument.claim_id == claim.id,
            ClaimDocument.removed_at.is_(None),
            ClaimDocument.kind.not_in(AGENT_PHOTOS),
        )
    )
    query = (
        select(Claim.number, Claim.employee_id, ClaimDocument.kind)
        .join(ClaimDocument, ClaimDocument.claim_id == Claim.id)
        .join(StoredFile, StoredFile.id == ClaimDocument.file_id)
        .where(
            StoredFile.content_bi.in_(mine),
            Claim.id != claim.id,
            Claim.state.not_in(NOT_COUNTED),
            Claim.kind != AUTOMATIC,  # shows the account's photos of the claim that was paid before it
            ClaimDocument.removed_at.is_(None),
            ClaimDocument.kind.not_in(AGENT_PHOTOS),
        )
        .order_by(Claim.id)
        .limit(50)
    )
    for number, employee_id, kind in db.session.execute(query):
        if employee_id != claim.employee_id:
            yield Check("bad", f"有照片与他人的申请相同（申报号 {number}）", "picture_elsewhere")
            return
        if kind not in STANDING_PHOTOS:
            yield Check("look", f"有照片与本人的另一份申请相同（申报号 {number}），请核对", "picture_again")
            return
    yield Check("ok", "照片没有在别的申请里用过", "pictures_new")


def _repeated(claim: Claim) -> Iterator[Check]:
    """One picture under two headings of this very claim, also turned, cropped or compressed anew."""
    one, other = aliased(ClaimDocument), aliased(ClaimDocument)
    file, other_file = aliased(StoredFile), aliased(StoredFile)
    same_bytes = (file.id != other_file.id) & (file.content_bi == other_file.content_bi)
    a, b = PictureTwin.file_id, PictureTwin.other_file_id
    is_twin = exists().where(
        or_((a == file.id) & (b == other_file.id), (a == other_file.id) & (b == file.id))
    )
    query = (
        select(one.kind, other.kind)
        .join(other, (other.claim_id == one.claim_id) & (other.id > one.id))
        .join(file, file.id == one.file_id)
        .join(other_file, other_file.id == other.file_id)
        .where(one.claim_id == claim.id, one.removed_at.is_(None), other.removed_at.is_(None))
        .where(or_(one.file_id == other.file_id, same_bytes, is_twin))
        .order_by(one.id, other.id)
        .limit(3)
    )
    for kind, other_kind in db.session.execute(query):
        yield Check("look", REPEATED.format(one=ITEMS[kind], other=ITEMS[other_kind]), "repeated")


def name_problem(payee_name: str, person_name: str) -> str | None:
    """What is wrong with the name on an own card, in words; look-alike characters are named."""
    if names.is_same(payee_name, person_name):
        return None
    return names.look_alike_problem(payee_name, person_name) or OTHER_NAME


def _payee(claim: Claim, person_name: str) -> Iterator[Check]:
    payee = claim.payee_name or ""
    if not claim.is_own_account:
        who = f"关系：{claim.payee_relation}" if claim.payee_relation else "关系没有填"
        yield Check("look", f"收款人不是本人（{who}），请核对情况说明", "payee_other")
    elif words := name_problem(payee, person_name):
        places = names.differences(payee, person_name)
        codes = "、".join(f"第 {i + 1} 个字 {a or '无'} / {b or '无'}" for i, _, _, a, b in places[:3])
        yield Check("bad", f"{words}（{codes}）" if codes else words, "payee_name", True)
    else:
        yield Check("ok", "收款户名与本人姓名一致", "payee_name")


def _agent(claim: Claim) -> Iterator[Check]:
    """Who filed it at the union's desk, and is it also they who get the money?"""
    if claim.filed_by_kind != "staff":
        return
    label = staff.label(claim.filed_by_id)
    if not claim.is_own_account and names.is_same(claim.payee_name or "", label):
        said = f"收款人与代办人（{label}）同名，请核对关系和情况说明"
        yield Check("bad", said, "payee_is_agent")


def _standing(claim: Claim, person: employees.EmployeeCard) -> Iterator[Check]:
    """What the roster says of the person now, for who decides."""
    if person.is_deceased and claim.kind != DEATH:
        yield Check("look", "名册登记这位职工已经亡故，请核对收款账户", "deceased")
    elif not person.is_active and not person.is_deceased:
        yield Check("look", f"名册登记这位职工已于 {person.left_on or '（没有日期）'} 离职", "left")


def _card(claim: Claim) -> Iterator[Check]:
    card = claim.payee_card or ""
    if words := card_problem(card):
        yield Check("bad", words, "card", True)
        return
    if card_warning(card):
        yield Check("look", "银行卡号没有通过校验，请对照银行卡照片", "card_luhn")
    people = db.session.scalar(
        select(func.count(func.distinct(Claim.employee_id))).where(
            Claim.payee_card_bi == claim.payee_card_bi,
            Claim.employee_id != claim.employee_id,
            Claim.state.not_in(NOT_COUNTED),
        )
    )
    if people:
        yield Check("look", f"这张卡还收过另外 {people} 人的补助", "card_elsewhere")
    else:
        yield Check("ok", "收款卡没有用于别人的申请", "card_own")
