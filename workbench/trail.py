"""Who did what, to which object, when (A15)? The audit chain as a list, and whether it is whole."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import func, select

from changes.queries import work as change_work
from claims.queries import narrowing, work
from core import audit, keyset
from core.access import Actor
from core.audit import AuditEntry
from core.db import db
from core.pages import parse_day
from core.roles import STAFF_ROLES

NAMES = ("who", "action", "object", "since", "until")
PAGE = 50
ACTIONS = {
    "claim.submit_to_first_review": "提交申请",
    "claim.submit_to_union_review": "提交申请",
    "claim.resubmit_to_first_review": "重新提交审核",
    "claim.resubmit_to_union_review": "重新提交审核",
    "claim.withdraw": "撤回申请",
    "claim.pass_union": "基层审核同意",
    "claim.return_union": "基层审核退回",
    "claim.pass_first": "初核同意",
    "claim.return_first": "初核退回",
    "claim.refuse_first": "初核不予补助",
    "claim.approve": "复核同意",
    "claim.return_second": "复核退回",
    "claim.refuse_second": "复核不予补助",
    "claim.appeal": "申请复议",
    "claim.undo_pass_union": "撤销基层审核同意",
    "claim.undo_return_union": "撤销基层审核退回",
    "claim.undo_pass_first": "撤销初核同意",
    "claim.undo_return_first": "撤销初核退回",
    "claim.undo_refuse_first": "撤销初核不予补助",
    "claim.undo_approve": "撤销复核同意",
    "claim.undo_return_second": "撤销复核退回",
    "claim.undo_refuse_second": "撤销复核不予补助",
    "claim.lower": "调低核定金额",
    "claim.compare": "并排核对",
    "claim.assign": "分派",
    "claim.fix_payee": "改正收款账户",
    "claim.take_over": "接手审核",
    "claim.reveal": "查看完整号码",
    "claim.search": "按号码查找",
    "claim.start_paying": "生成打款批次",
    "claim.stop_paying": "撤出批次",
    "claim.bounce": "打款失败",
    "claim.grant": "无需申请，自动核定",
    "what_if.start": "发起方案测算",
    "what_if.export": "导出方案测算",
    "claim.pay": "打款成功",
    "claim.create": "新建申请",
    "claim.delete": "删除草稿",
    "change.create": "新建变更申请",
    "change.submit": "提交变更申请",
    "change.resubmit": "重新提交变更申请",
    "change.delete": "删除变更申请",
    "change.stop": "撤回同意，停止办理变更",
    "change.approve_first": "变更初核同意",
    "change.return_first": "变更初核退回",
    "change.approve_second": "变更复核同意",
    "change.return_second": "变更复核退回",
    "change.reveal": "查看变更的完整号码",
    "change.own_numbers": "本人查看自己的完整号码",
    "employee.change": "更新登记信息",
    "payout.create": "新建批次",
    "payout.check": "复核批次",
    "payout.drop": "作废批次",
    "payout.export": "导出银行文件",
    "payout.export_again": "再次导出银行文件",
    "payout.file": "下载银行文件",
    "payout.settle": "确认回盘结果",
    "reason.save": "添加常用意见",
    "reason.retire": "停用常用意见",
    "staff.sign_in": "登录",
    "staff.sign_out": "退出登录",
    "staff.end_sessions": "退出其他登录",
    "staff.create": "新增工作人员",
    "staff.grant": "授权",
    "staff.end_grant": "收回权限",
    "staff.set_password": "修改密码",
    "staff.disable": "停用账号",
    "staff.enable": "恢复账号",
    "staff.seat": "登记为工会主席",
    "staff.unseat": "不再是工会主席",
    "staff.join_union": "会籍转入",
    "union.create": "新建工会",
    "union.edit": "修改工会资料",
    "union.move": "改变工会隶属",
    "membership.create": "提出会籍变更",
    "membership.approve": "会籍变更通过",
    "membership.refuse": "会籍变更不通过",
    "membership.withdraw": "撤回会籍变更",
    "enrolment.create": "新建参保申请",
    "enrolment.submit": "提交参保申请",
    "enrolment.delete": "删除参保申请",
    "enrolment.cancel": "取消参保申请",
    "enrolment.approve_first": "参保初审同意",
    "enrolment.return_first": "参保初审退回",
    "enrolment.approve_second": "参保复审同意",
    "enrolment.return_second": "参保复审退回",
    "enrolment.take_over": "参保申请改由本人经办",
    "enrolment.add": "增加参保职工",
    "enrolment.remove": "移出参保职工",
    "enrolment.search": "在参保名单里查找",
    "enrolment.open_paper": "查看参保材料",
    "enrolment.print": "导出参保申请单",
    "enrolment.submit_voucher": "提交缴费凭证",
    "enrolment.return_voucher": "退回缴费凭证",
    "enrolment.confirm": "确认缴费，参保成功",
    "enrolment.add_voucher": "上传缴费凭证",
    "enrolment.remove_voucher": "删除缴费凭证",
    "receipt.import": "导入银行到账",
    "receipt.share": "对上银行到账",
    "receipt.take_back": "取消对上的到账",
    "invoice.record": "登记发票",
    "invoice.replace": "更换发票",
    "invoice.attach": "补上发票文件",
    "invoice.download": "下载发票",
    "invoice.mail": "发票发到邮箱",
    "employee.move": "职工转入工会",
    "rebind.create": "申请找回绑定",
    "rebind.approve": "同意更换手机号码",
    "rebind.refuse": "找回绑定不通过",
    "rebind.replace": "重新申请找回绑定",
    "employee.phone": "更换登记手机号码",
    "employee.sms": "短信通知开关",
    "employee.close": "注销账号",
    "export.create": "申请导出个人信息",
    "export.prepare": "个人信息导出好了",
    "export.fetch": "打开导出的个人信息",
    "export.expire": "导出的个人信息过期",
    "claim.stop": "撤回同意，申请停止",
    "claim.waive": "撤回同意，放弃补助",
    "binding.made": "绑定微信",
    "binding.ended": "解绑微信",
    "consent.given": "同意授权",
    "consent.withdrawn": "撤回同意",
    "finder.create": "上传结算数据",
    "finder.read": "核对结算数据",
    "finder.find": "结算数据核对完",
    "finder.refuse": "结算数据不能处理",
    "finder.tell": "发出补助提醒",
    "finder.close": "关闭，不提醒",
    "finder.finish": "补助提醒发完",
    "employee.hints": "补助提醒开关",
    "report.create": "新建导出",
    "report.ask": "导出报表",
    "report.prepare": "报表准备好了",
    "report.stop": "导出取消",
    "report.fetch": "下载报表",
    "report.download": "下载报表内容",
    "report.expire": "报表过期",
    "report.search": "按姓名或号码查询",
    "resend_message": "重发通知",
    "test_message": "测试发送",
    "retention.run": "到期信息删除",
    "audit.verify": "校验日志",
}
OBJECTS = {
    "claim": "补助申请",
    "payout": "打款批次",
    "change": "信息变更",
    "staff": "工作人员",
    "employee": "职工",
    "rebind": "找回绑定",
    "retention": "到期信息",
    "union": "工会",
    "membership": "会籍变更",
    "enrolment": "工会参保",
    "receipt": "银行到账",
    "invoice": "发票",
    "export": "信息导出",
    "report": "报表",
    "finder": "回头望",
    "return_reason": "常用意见",
    "message": "通知",
    "audit": "操作日志",
}
KEYS = {"purpose": "用途", "role": "角色", "reason": "原因", "kind": "方式", "ended": "结束", "union": "工会"}
VALUES = {
    "same": "相同单据",
    "different": "不是同一份",
    "picture": "照片",
    "receipt": "票据",
    "stay": "住院日期",
    "identity": "身份核验",
    "health": "医疗健康信息",
    "account": "收款账户",
    "certificates": "证件照片",
    "papers": "核对证件或卡片照片",
    "call": "联系申请人",
    "person": "证件或手机号码",
    **STAFF_ROLES,
}
FIELDS = {
    "id_number": "证件号码",
    "phone": "手机号码",
    "insurance_card": "社保卡号",
    "payee_card": "银行卡号",
    "name": "姓名",
    "id_type": "证件类型",
    "born_on": "出生日期",
    "sex": "性别",
    "insurance_type": "社保类型",
    "old-id_number": "原证件号码",
    "new-id_number": "新证件号码",
    "old-phone": "原手机号码",
    "new-phone": "新手机号码",
    "old-insurance_card": "原社保卡号",
    "new-insurance_card": "新社保卡号",
    "password": "密码",
}
MOVED = {"done": "办结", "deleted": "已删除"}
KINDS = {"employee": "职工", "staff": "工作人员", "system": "系统", "guest": "访客", "follower": "关注者"}


class Entry(NamedTuple):
    """One line of the list."""

    at: Any
    who: str
    action: str
    object: str
    detail: str
    ip: str
    url: str


def page(given: dict[str, str], *, before: str = "", after: str = "") -> keyset.Turn:
    """One page, the newest first."""
    columns = (
        AuditEntry.seq, AuditEntry.at, AuditEntry.actor_kind, AuditEntry.actor_label, AuditEntry.action,
        AuditEntry.object_kind, AuditEntry.object_id, AuditEntry.detail, AuditEntry.ip,
    )  # fmt: skip
    query = select(*columns).where(*_rules(given))
    found = keyset.turn(query, (AuditEntry.seq,), PAGE, before=before[:200], after=after[:200], newest=True)
    numbers = work.numbers_of([row.object_id for row in found.rows if row.object_kind == "claim"])
    numbers |= change_work.numbers_of([row.object_id for row in found.rows if row.object_kind == "change"])
    return found._replace(rows=[_entry(row, numbers) for row in found.rows])


def choices() -> list[tuple[str, str]]:
    """The actions to filter by, in words; two codes with one name are one choice."""
    first: dict[str, str] = {}
    for code, words in ACTIONS.items():
        first.setdefault(words, code)
    return [(code, words) for words, code in first.items()]


def verify(by: Actor) -> tuple[bool, str]:
    """(whole?, what to say)."""
    count = db.session.scalar(select(func.count()).select_from(AuditEntry))
    broken = audit.verify()
    audit.record("audit.verify", "audit", broken or "whole", by)
    if broken is None:
        return True, f"操作日志完整：{count} 条记录首尾相接，没有被改动过。"
    return False, f"操作日志从第 {broken} 条起对不上，可能被改动过。请马上联系系统管理员，并保留现场。"


def _rules(given: dict[str, str]) -> list[Any]:
    rules: list[Any] = []
    if given["who"]:
        rules.append(AuditEntry.actor_label == given["who"])
    if given["action"]:
        words = ACTIONS.get(given["action"], "")
        same = [code for code, said in ACTIONS.items() if words and said == words]
        rules.append(AuditEntry.action.in_(same or [given["action"]]))
    if given["object"]:
        claim_id = work.id_of(given["object"].upper())
        rules.append(AuditEntry.object_id == (str(claim_id) if claim_id else given["object"]))
    since, until = narrowing.moments(parse_day(given["since"]), parse_day(given["until"]))
    if since:
        rules.append(AuditEntry.at >= since)
    if until:
        rules.append(AuditEntry.at < until)
    return rules


def _entry(row: Any, numbers: dict[str, str]) -> Entry:
    number = numbers.get(row.object_id, "")
    kind = OBJECTS.get(row.object_kind, row.object_kind)
    return Entry(
        at=row.at,
        who=f"{row.actor_label}（{KINDS.get(row.actor_kind, row.actor_kind)}）",
        action=ACTIONS.get(row.action, row.action),
        object=f"{kind} {number or row.object_id[-12:]}",
        detail=_words(row.detail),
        ip=row.ip,
        url=f"/admin/{row.object_kind}s/{number}" if number else "",
    )


def _words(detail: dict[str, Any]) -> str:
    """States moved, fields touched: never values."""
    said = []
    if moved := detail.get("moved"):
        said.append(" → ".join(MOVED.get(code) or work.any_state(code) for code in str(moved).split(">")))
    if fields := detail.get("fields"):
        said.append("、".join(FIELDS.get(str(name), str(name)) for name in fields))
    rest = [(key, value) for key, value in detail.items() if key not in ("moved", "fields")]
    said += [f"{KEYS.get(key, key)}：{VALUES.get(str(value), value)}" for key, value in rest if value != ""]
    return "；".join(said)
