"""What is kept and for how long, how an export goes on, and which words do people read? Tables only."""

from __future__ import annotations

from typing import NamedTuple

from core.roles import OWNER, SYSTEM
from core.workflow import Move, Workflow

EXPORT_DAYS = 7
READ_MINUTES = 15
EXPORT_SENT = "正在准备，好了会在消息里通知您。一般几分钟就好。"
EXPORT_OPEN = "您有一份导出还没有打开，请先打开它，或等它过期后再申请。"
EXPORT_OVER = "这份导出已经打开过或已过期，请重新申请。"
READ_OVER = "查看时间已过（15 分钟）。需要时请重新申请导出。"
NO_CHOICE = "请选择要办理哪一项"

EXPORT = Workflow(
    "export",
    {"asked": "准备中", "ready": "可打开", "fetched": "已打开", "expired": "已过期"},
    (
        Move("prepare", ("asked",), "ready", frozenset({SYSTEM}), "准备好", "export_ready"),
        Move("fetch", ("ready",), "fetched", frozenset({OWNER}), "打开"),
        Move("expire", ("ready",), "expired", frozenset({SYSTEM}), "过期"),
    ),
    final=frozenset({"fetched", "expired"}),
)

CONSENT, ACCOUNT = "consent", "account"
CHOICES = {
    CONSENT: ("撤回同意", "停止办理补助和信息变更，保留微信绑定，可以继续查看参保和已办结的补助"),
    ACCOUNT: ("注销账号", "撤回全部同意，解除微信绑定，删除站内信和微信标识"),
}


class Kept(NamedTuple):
    """One kind of data: why it is needed, when it goes, and which rules do it (`portal.rights.retention`).

    What no rule does says in `by_hand` who does it instead, or why nothing has to be done.
    """

    what: str
    why: str
    until: str
    rules: tuple[str, ...] = ()
    by_hand: str = ""


# The published rule; the nightly job and the page of 注销 follow the same table.
KEPT = (
    Kept(
        "姓名、证件号码、手机号码",
        "确认您是参保职工；由单位工会报送名册",
        "参保期间由单位工会管理；停保 2 年后可以请单位工会删除",
        by_hand="the union that reported a person takes them off its roster",
    ),
    Kept(
        "微信标识（openid）",
        "让您的微信能查看自己的信息",
        "解除绑定 6 个月后删除；注销账号时立即删除",
        ("employee.openid",),
    ),
    Kept(
        "没有提交的申请草稿和照片",
        "方便您接着填写",
        "您删除、撤回同意或注销时立即删除",
        by_hand="at once, in the action itself: claims.service.leaving, changes.service.leaving",
    ),
    Kept(
        "证件、单据、银行卡照片",
        "审核补助和信息变更",
        "办结 6 个月后删除",
        ("claims.photos", "changes.photos"),
    ),
    Kept(
        "医院、诊断、费用，信息变更前后的内容，审核时写的话",
        "计算和复核补助、核对变更",
        "办结 3 年后删除",
        ("claims.contents", "changes.contents"),
    ),
    Kept(
        "打款凭证：编号、日期、金额、单位、姓名、卡号后四位",
        "会计档案管理办法要求",
        "30 年",
        by_hand="no rule touches them: payout and claims leave exactly these",
    ),
    Kept(
        "银行卡完整号码",
        "打款",
        "打款成功 90 天后只留后四位；没有打款的，办结 3 年后删除",
        ("claims.card", "payout.card", "payout.unpaid_card", "claims.contents"),
    ),
    Kept(
        "单位参保时上传的材料（可能有您的姓名和签名）和单位的缴费账号",
        "审核单位参保、核对缴费",
        "办结 3 年后删除",
        ("enrolment.papers", "enrolment.accounts"),
    ),
    Kept("短信、微信消息的内容和收件号码", "把结果发给您", "30 天；注销账号时立即删除", ("notify.outbox",)),
    Kept("方案测算：换一组数字，您的补助会多多少、少多少", "试算保障计划的支出", "1 年", ("whatif.runs",)),
    Kept("站内消息", "供您查看办理结果", "3 年；注销账号时立即删除", ("notify.inbox",)),
    Kept(
        "医保结算数据里您的住院日期、医院和个人自付",
        "提醒您可能漏申请的补助；可以在“设置”里关闭提醒",
        "最晚申请日期过后 30 天删除；注销账号时立即删除",
        ("finder.stays",),
    ),
    Kept("谁看过您的资料", "防止滥用，供您查看", "6 年", ("employee.looks",)),
    Kept(
        "操作日志",
        "防止滥用，依法留存",
        "长期保存，只记谁在何时做了什么，不记您的号码和病情",
        by_hand="the log is a chain: a line taken out would break the proof for all the others",
    ),
    Kept(
        "短信验证码",
        "确认是您本人",
        "1 天",
        by_hand="hourly: core.commands.sweep and notify.outbox.end_codes",
    ),
    Kept(
        "导出的个人信息",
        "供您本人打开",
        "7 天，打开后立即删除",
        by_hand="every ten minutes: service.sweep_exports",
    ),
    Kept(
        "找回绑定时上传的证件照片",
        "核对身份",
        "办结 30 天后删除；申请内容 6 个月后删除",
        ("employee.rebind",),
        by_hand="the photos every ten minutes: employee.service.sweep_rebinds",
    ),
)
STAYS = (
    "已经打款的补助：打款凭证按会计档案管理办法保存 30 年，医院、诊断、费用和审核意见保存 3 年，"
    "照片办结 6 个月后删除。",
    "已经办结的信息变更：前后的内容保存 3 年，照片办结 6 个月后删除。",
    "参保名册：由单位工会报送和管理，撤回同意或注销账号不影响您参保。需要更正或删除请联系本单位工会。",
    "操作日志：依法保存，只记做了什么，不记您的号码和病情。",
)
