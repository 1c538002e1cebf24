"""What stands on the forms that are signed and stamped? 申请审批表 (XM-100, XM-110) and 情况说明 (XM-115)."""

from __future__ import annotations

from typing import NamedTuple

from claims.models import Claim
from claims.queries.own import kind_words, state_words
from claims.rules import DEATH, HOSPITAL, INJURY
from claims.service import figures
from core import context
from core.fields import in_groups
from core.identifiers import ID_TYPES
from core.lettering import Lettering, font_files
from core.money import shown_yuan, upper_yuan
from employee import service as employees
from plans.service import stay_days
from staff import service as staff

TITLES = {"form": "申请审批表", "statement": "情况说明"}
BLANK = "＿＿＿＿＿＿＿＿"  # to be filled in by hand
Facts = list[tuple[str, str]]


class Printed(NamedTuple):
    """One form as PDF; `missing` are characters that no font has."""

    content: bytes
    missing: list[str]


def can_print() -> bool:
    """Is there a font with Chinese on this machine?"""
    return bool(_fonts())


def printed(claim: Claim, what: str) -> Printed:
    """The form `what` (a key of `TITLES`), filled in."""
    return _statement(claim) if what == "statement" else _application(claim)


def missing(claim: Claim) -> list[str]:
    """Characters of the names on the forms that would be printed as 〓 with their code point."""
    person = employees.card(claim.employee_id)
    names = f"{person.name}{claim.payee_name or ''}{person.union_name}"
    found = Lettering(_fonts(), 12).missing(names)
    return list(dict.fromkeys(found))


def _fonts() -> tuple[str, ...]:
    return font_files(context.settings().font_files)


def _application(claim: Claim) -> Printed:
    from core.printing import Form  # the PDF library is only loaded where somebody prints

    label = next((p.label for p in figures.papers_of(claim) if p.code == "application_form"), "")
    title = label or f"{context.scheme().brand.plan}补助（慰问）金申请审批表"
    person = employees.card(claim.employee_id)
    form = Form(title, _fonts(), footer=claim.number)
    form.facts([("申报号", claim.number), ("补助项目", kind_words(claim.kind))])
    form.heading("被保障人")
    form.facts(_person(claim, person))
    form.heading("申请内容")
    form.facts(_event(claim))
    form.heading("收款账户")
    form.facts(_account(claim))
    form.heading("经办")
    form.facts([("办理方式", "代他人办理" if claim.is_by_agent else "本人办理"), ("经办人", _filer(claim))])
    form.small("以上内容和单据真实，如有虚假愿承担责任。")
    form.signatures(("申请人或代办人（签字）", "工会主席（本人签名）", "单位工会（盖公章）"))
    levels = [state_words(level).removeprefix("待") for level in context.scheme().review.levels]
    form.signatures(tuple(f"{level}意见" for level in levels), height=26)
    return Printed(form.content, form.missing)


def _statement(claim: Claim) -> Printed:
    from core.printing import Form

    person = employees.card(claim.employee_id)
    kind, plan = kind_words(claim.kind), context.scheme().brand.plan
    form = Form(TITLES["statement"], _fonts(), footer=claim.number)
    form.paragraph(
        f"被保障人{person.name}（{ID_TYPES.get(person.id_type, '证件')}号码 {person.id_number}），"
        f"系{person.union_name}职工，参加{plan}，现申请{kind}（申报号 {claim.number}）。"
    )
    form.heading("被保障人无法申领的原因")
    form.paragraph(claim.why_other or BLANK)
    form.heading("收款人信息")
    form.facts(
        [
            ("收款人姓名", claim.payee_name or BLANK),
            ("与被保障人的关系", claim.payee_relation or BLANK),
            ("收款人证件号码", claim.payee_id_number or BLANK),
            ("收款人手机号码", claim.contact_phone or BLANK),
            ("开户行", f"{claim.payee_bank}{claim.payee_branch}" or BLANK),
            ("银行卡号", in_groups(claim.payee_card) or BLANK),
        ]
    )
    form.paragraph(f"现申请将{kind}转入上述收款人账户。以上情况属实，如有虚假愿承担责任。")
    form.signatures(("收款人（签字）", "经办人（签字）", "被保障人所在工会（盖章）"), height=44)
    return Printed(form.content, form.missing)


def _person(claim: Claim, person: employees.EmployeeCard) -> Facts:
    plan = figures.plan_of(claim)
    return [
        ("姓名", person.name),
        ("性别", person.sex),
        ("证件类型", ID_TYPES.get(person.id_type, "")),
        ("证件号码", person.id_number),
        ("参保单位", person.union_name),
        ("手机号码", "" if claim.kind == DEATH else person.phone),
        ("保障计划", plan.name if plan else ""),
        ("保障期", plan.period if plan else ""),
    ]


def _event(claim: Claim) -> Facts:
    award = figures.estimate(claim)
    due = "" if award.is_refused else f"{shown_yuan(award.total_fen)} 元（{upper_yuan(award.total_fen)}）"
    facts = {HOSPITAL: _stay, INJURY: _injury, DEATH: _death}[claim.kind](claim)
    return [*facts, ("预计补助金额", due), ("核定金额", "")]


def _stay(claim: Claim) -> Facts:
    days = stay_days(claim.admitted_on, claim.discharged_on)
    return [
        ("就诊医院", claim.hospital or ""),
        ("医院等级", claim.hospital_grade),
        ("疾病诊断", claim.diagnosis or ""),
        ("住院天数", f"{days} 天" if days else ""),
        ("入院日期", str(claim.admitted_on or "")),
        ("出院日期", str(claim.discharged_on or "")),
        ("医疗总费用", _yuan(claim.total_fen)),
        ("统筹支付", _yuan(claim.pooled_fen)),
        ("个人自付", _yuan(claim.self_paid_fen)),
        ("个人自费", _yuan(claim.own_expense_fen)),
        ("超标床位费", _yuan(claim.bed_excess_fen)),
        ("票据号码", (claim.receipt or "").replace("+", " ").strip()),
    ]


def _injury(claim: Claim) -> Facts:
    return [
        ("受伤日期", str(claim.event_on or "")),
        ("工伤认定日期", str(claim.recognised_on or "")),
        ("伤残等级", f"{claim.injury_grade} 级" if claim.injury_grade else ""),
    ]


def _death(claim: Claim) -> Facts:
    return [("亡故日期", str(claim.event_on or "")), ("死亡原因", claim.cause or "")]


def _account(claim: Claim) -> Facts:
    whose = "本人的卡" if claim.is_own_account else f"他人的卡（{claim.payee_relation or '关系没有填'}）"
    return [
        ("收款户名", claim.payee_name or ""),
        ("谁的卡", whose),
        ("开户行", f"{claim.payee_bank}{claim.payee_branch}"),
        ("银行卡号", in_groups(claim.payee_card)),
    ]


def _filer(claim: Claim) -> str:
    return staff.label(claim.filed_by_id) if claim.filed_by_kind == "staff" else ""


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"{shown_yuan(fen)} 元"
