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
    CONSENT: ("撤回同意", "停止办理补助，保留微信绑定，可以继续查看参保和已办结的补助"),
    ACCOUNT: ("注销账号", "撤回全部同意，解除微信绑定，删除站内信和微信标识"),
}


class Kept(NamedTuple):
    """One kind of data: why it is needed and when it goes."""

    what: str
    why: str
    until: str


# The published rule; the sweeps and the page of 注销 follow the same table.
KEPT = (
    Kept("姓名、证件号码、手机号码", "确认您是参保职工；由单位工会报送名册", "参保期间及其后 2 年"),
    Kept("微信标识（openid）", "让您的微信能查看自己的信息", "解除绑定后 6 个月；注销账号时立即删除"),
    Kept("没有提交的申请草稿和照片", "方便您接着填写", "您删除、撤回同意或注销时立即删除"),
    Kept("证件、单据、银行卡照片", "审核补助", "办结 6 个月后删除"),
    Kept("医院、诊断、费用", "计算和复核补助", "办结 3 年后删除"),
    Kept("打款凭证：编号、日期、金额、单位、姓名、卡号后四位", "会计档案管理办法要求", "30 年"),
    Kept("银行卡完整号码", "打款", "打款成功 90 天后只留后四位"),
    Kept("谁看过您的资料、操作日志", "防止滥用，供您查看", "6 年"),
    Kept("短信验证码", "确认是您本人", "1 天"),
    Kept("导出的个人信息", "供您本人打开", "7 天，打开后立即删除"),
    Kept("找回绑定时上传的证件照片", "核对身份", "办结 30 天后删除"),
)
STAYS = (
    "已经打款的补助：打款凭证按会计档案管理办法保存 30 年，审核记录保存 3 年，照片办结 6 个月后删除。",
    "参保名册：由单位工会报送和管理，撤回同意或注销账号不影响您参保。需要更正或删除请联系本单位工会。",
    "操作日志：依法保存，只记做了什么，不记您的号码和病情。",
)
