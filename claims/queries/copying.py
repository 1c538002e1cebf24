"""What do we hold about a person's applications? For the copy they may ask for."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from claims.models import Claim, ClaimDocument
from claims.queries.own import kind_words, state_words
from claims.rules import ITEMS, OTHERS_PHOTOS, WORKFLOW
from core import clock
from core.copies import Copy, Facts, facts
from core.db import db
from core.fields import mask_card, mask_id, mask_name, mask_phone
from core.files.models import StoredFile
from core.history import Transition, timeline

CLAIM = {
    "number": "申报号",
    "kind": "补助类型",
    "state": "状态",
    "created_at": "新建时间",
    "submitted_at": "提交时间",
    "decided_at": "审核时间",
    "paid_at": "打款时间",
    "hospital": "医院名称",
    "hospital_grade": "医院等级",
    "diagnosis": "疾病诊断",
    "admitted_on": "入院日期",
    "discharged_on": "出院日期",
    "total_fen": "医疗总费用",
    "pooled_fen": "统筹支付",
    "self_paid_fen": "个人自付",
    "own_expense_fen": "个人自费",
    "bed_excess_fen": "超标床位费",
    "is_settled": "已经医保结算",
    "is_out_of_area": "异地就医",
    "receipt": "票据代码和号码",
    "receipt_check_code": "校验码",
    "event_on": "受伤或亡故日期",
    "recognised_on": "工伤认定日期",
    "injury_grade": "伤残等级",
    "cause": "死亡原因",
    "is_by_agent": "工会代办",
    "id_expires_on": "证件有效期至",
    "id_is_permanent": "证件长期有效",
    "as_typed": "没有读懂的填写内容",
    "is_own_account": "本人的卡",
    "payee_name": "收款户名",
    "payee_bank": "开户行",
    "payee_branch": "支行",
    "payee_card": "银行卡号",
    "payee_relation": "收款人与本人的关系",
    "payee_id_number": "收款人证件号码",
    "why_other": "本人无法申领的原因",
    "contact_phone": "家属手机号码",
    "award_fen": "核定金额",
}


def export_of(employee_id: uuid.UUID) -> list[Copy]:
    """A chapter for each application, with what was typed, what happened, and its photos."""
    query = select(Claim).where(Claim.employee_id == employee_id).order_by(Claim.id)
    return [_chapter(claim) for claim in db.session.scalars(query)]


def people_of(claim_ids: list[uuid.UUID]) -> list[uuid.UUID]:
    """Whose applications these are."""
    return list(db.session.scalars(select(Claim.employee_id).where(Claim.id.in_(claim_ids)).distinct()))


def _chapter(claim: Claim) -> Copy:
    steps = [_step(step) for step in timeline(claim.id)]
    return Copy(f"补助申请 {claim.number}", [_typed(claim), _lines(claim), *steps], _photos(claim))


def _typed(claim: Claim) -> Facts:
    words = {"kind": {claim.kind: kind_words(claim.kind)}, "state": {claim.state: state_words(claim.state)}}
    said = facts(claim, CLAIM, words)
    if claim.is_own_account:
        return said
    # Somebody else's account is somebody else's data: masked.
    hidden = {
        "收款户名": mask_name(claim.payee_name),
        "银行卡号": mask_card(claim.payee_card),
        "收款人证件号码": mask_id(claim.payee_id_number),
        "家属手机号码": mask_phone(claim.contact_phone),
    }
    return [(label, hidden.get(label, value)) for label, value in said]


def _lines(claim: Claim) -> Facts:
    """How the figure was worked out, as it was shown."""
    lines = (claim.award or {}).get("lines", [])
    return [(f"计算 {n}", "，".join(str(part) for part in _flat(line))) for n, line in enumerate(lines, 1)]


def _flat(line: object) -> list[object]:
    return list(line.values()) if isinstance(line, dict) else [line]


def _step(step: Transition) -> Facts:
    move = WORKFLOW.move(step.action, step.from_state)
    label = move.label if move else {"create": "新建"}.get(step.action, step.action)
    who = "" if step.actor_kind == "staff" else step.actor_label
    said = [("时间", clock.shown(step.at)), ("办理", label), ("办理人", who or "审核人员")]
    return [*said, ("意见", step.note)] if step.note else said


def _photos(claim: Claim) -> list[tuple[str, uuid.UUID]]:
    query = (
        select(ClaimDocument.kind, ClaimDocument.file_id)
        .join(StoredFile, StoredFile.id == ClaimDocument.file_id)
        .where(
            ClaimDocument.claim_id == claim.id,
            ClaimDocument.removed_at.is_(None),
            StoredFile.erased_at.is_(None),
            # other people's certificates and cards are theirs
            ClaimDocument.kind.not_in(OTHERS_PHOTOS),
        )
        .order_by(ClaimDocument.kind, ClaimDocument.position)
    )
    return [(ITEMS.get(kind, "照片"), file_id) for kind, file_id in db.session.execute(query)]
