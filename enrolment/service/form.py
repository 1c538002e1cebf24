"""What stands on 申请单? The four parts on A4, every name by its own characters, boxes for seals (XM-70)."""

from __future__ import annotations

from itertools import islice

from core import clock
from core.fields import in_groups
from core.money import shown_yuan, upper_yuan
from core.printing import Form, not_printable
from enrolment.models import Enrolment
from enrolment.queries import listing, people
from enrolment.service import accounts, checks, review
from enrolment.service.moving import plan_of

# A list that is longer is kept as a table; a form of forty pages is what can still be stamped.
MOST_NAMES = 5000


def printed(enrolment: Enrolment, files: tuple[str, ...]) -> bytes:
    """The form as PDF."""
    form = Form("工会参保申请单", files, footer=f"申报编号 {enrolment.number}")
    form.small(f"申报编号 {enrolment.number}    申报时间 {_filed(enrolment)}", align="C")
    form.facts(_application(enrolment))
    form.heading("缴费账号")
    rows = [(str(n), row.account_name or "", in_groups(row.card)) for n, row in _accounts(enrolment)]
    form.rows(("序号", "账户名称", "卡号"), rows or [("", "暂无数据", "")], (1, 5, 5))
    form.heading("经办人")
    form.facts([("经办人", enrolment.filed_by_label), ("打印时间", clock.shown(clock.now()))])
    form.signatures(("工会主席（签字）", "参保工会（盖章）", "审核单位（盖章）"))
    form.heading(f"参保人员名单（共 {enrolment.participant_count:,} 人）")
    form.names(f"{n}. {name}" for n, name in enumerate(islice(people.names(enrolment), MOST_NAMES), 1))
    if enrolment.participant_count > MOST_NAMES:
        form.small(f"名单只印前 {MOST_NAMES:,} 人，其余以系统内的名单为准。")
    return form.content


def missing(enrolment: Enrolment, files: tuple[str, ...]) -> list[str]:
    """The characters that would be printed as 〓 with their code point."""
    said = [value for _, value in _application(enrolment)]
    said += [row.account_name or "" for _, row in _accounts(enrolment)]
    said += islice(people.names(enrolment), MOST_NAMES)
    return not_printable("".join(said) + enrolment.filed_by_label, files)


def _application(enrolment: Enrolment) -> list[tuple[str, str]]:
    plan, have = plan_of(enrolment), checks.standing(enrolment)
    fee = enrolment.fee_due_fen if enrolment.fee_due_fen is not None else review.fee_of(enrolment)
    facts = [
        ("保障计划名称", plan.name),
        ("保障期", plan.period),
        ("参保工会", enrolment.union_name),
        ("所属区或产业工会", enrolment.industry),
        ("隶属工会", enrolment.chain),
        ("单位性质", enrolment.nature),
        ("工会主席", enrolment.chair_name or ""),
        ("工会联系人", enrolment.contact_name or ""),
        ("联系人手机", enrolment.contact_phone or ""),
        ("单位从业人数", f"{enrolment.headcount:,} 人"),
        ("参加人数", f"{have.people:,} 人"),
        ("参保比例", have.share),
        ("应缴金额", f"{shown_yuan(fee)} 元"),
        ("大写", upper_yuan(fee)),
        ("状态", listing.state_words(enrolment.state)),
        ("缴费附言", enrolment.reference),
    ]
    if enrolment.supplement_of_id:
        facts.append(("补充参保，原申报编号", listing.number_of(enrolment.supplement_of_id)))
    return facts


def _accounts(enrolment: Enrolment) -> list[tuple[int, accounts.FeeAccount]]:
    return list(enumerate(accounts.listed(enrolment), 1))


def _filed(enrolment: Enrolment) -> str:
    return clock.shown(enrolment.submitted_at) if enrolment.submitted_at else "（未提交）"
