"""What may a person do with their binding, and which words do they read? Constants and pure checks."""

from __future__ import annotations

from datetime import datetime, time
from typing import NamedTuple

from core.roles import ADMINISTRATOR, CHAIR, FIRST_REVIEWER, FOLLOWER, OPERATOR
from core.workflow import Move, Workflow

# GX-17, exactly.
NOT_FOUND = "未查询到该职工信息，请确认所填内容再重试"
NOT_FOUND_HINT = "若信息无误，可能是单位还没有把您的名单报上来，或登记的手机号码已更换，请联系本单位工会。"
BOUND_ELSEWHERE = "该职工已绑定另一个微信。如不是您本人操作，请联系本单位工会。"
NO_CONSENT = "请先阅读并勾选同意"
LOCKED = "输错次数太多，请{wait}后再试"
CODE_SOON = "验证码发送太频繁，请 {n} 秒后再点“获取”。"
CODE_DAY = "今天获取验证码的次数已用完，请明天再试，或联系本单位工会。"
CODE_SENT = "验证码已发到 {phone}，5 分钟内有效。"
UNBIND_WARNING = "解绑后要重新输入验证码才能绑定，申请记录不会丢失。"
VISIT_CODE_SENT = "如果这个号码登记过，验证码已经发出，5 分钟内有效。"
SHARED_PHONE = "这个手机号码登记了不止一位职工，请在微信里查看。"
RESEND_SECONDS = 60


class Purpose(NamedTuple):
    """One separate consent (PIPL art. 29): what for, and the sentence the person ticks."""

    key: str
    title: str
    text: str


CONSENTS = (
    Purpose(
        "identity",
        "身份信息",
        "为确认您是参保职工，{operator}处理您的姓名、证件号码和手机号码，并与您的微信关联。不提供将不能绑定。",
    ),
    Purpose(
        "health",
        "医疗健康信息",
        "为审核补助，{operator}处理您的住院日期、费用、诊断和单据照片。这些是敏感个人信息，只有办理您申请的审核人员能看到，"
        "照片办结 6 个月后删除，其他内容 3 年后删除。",
    ),
    Purpose(
        "account",
        "银行账户信息",
        "为把补助打给您，{operator}处理您的银行卡号和银行卡照片。这些是敏感个人信息，只用于打款，打款成功 "
        "90 天后只留后四位。",
    ),
    Purpose(
        "certificates",
        "证件照片",
        "为核对身份，{operator}处理您的身份证正反面照片。这些是敏感个人信息，办结 6 个月后删除。",
    ),
)
CONSENT_KEYS = tuple(purpose.key for purpose in CONSENTS)


def consent(key: str) -> Purpose:
    """The purpose named `key`."""
    return next(purpose for purpose in CONSENTS if purpose.key == key)


class Asked(NamedTuple):
    """What a person typed to bind, tidied."""

    name: str
    id_type: str
    id_number: str
    phone: str


# --- 找回绑定: the phone on file is lost

HELP_SENT = (
    "找回绑定申请已提交。填写的信息与名册一致的，单位工会会在几个工作日内审核，结果用短信发到您的新手机号码。"
)
HELP_LATER = "超过 5 个工作日没有收到短信，请联系本单位工会。"
HELP_REASONS = {
    "lost": "手机丢了，号码没有补办",
    "changed": "换了手机号码，没有告诉工会",
    "wrong": "名册里登记的手机号码不是我的",
    "other": "其他原因",
}
NO_REASON = "请选择为什么收不到验证码"
NO_PHOTO = "请选择身份证正面照片"
PHOTO_AGAIN = "请重新选择照片，其他内容已为您保留"
REFUSE_NOTE = "请填写不通过的原因，申请人要看到"
REBIND_OWN = "这是您本人的申请，请交给其他人员办理。"
DECIDES_REBINDS = (OPERATOR, CHAIR, FIRST_REVIEWER)

_UNION = frozenset(DECIDES_REBINDS)
REBIND = Workflow(
    "rebind",
    {"submitted": "待审核", "approved": "通过", "refused": "不通过", "replaced": "已重新提交"},
    (
        Move("approve", ("submitted",), "approved", _UNION, "同意更换", "rebind_approved"),
        Move("refuse", ("submitted",), "refused", _UNION, "不通过", "rebind_refused", True),
        Move("replace", ("submitted",), "replaced", frozenset({FOLLOWER}), "重新提交"),
    ),
    final=frozenset({"approved", "refused", "replaced"}),
)

# --- 亡故

DEATH = Workflow(
    "death",
    {"noted": "已登记亡故", "corrected": "登记有误，已更正"},
    (Move("correct", ("noted",), "corrected", frozenset({ADMINISTRATOR}), "更正亡故登记", needs_note=True),),
    final=frozenset({"corrected"}),
)

# --- 谁看过我的资料

# What a look showed, as the person reads it.
LOOKS = {
    "id_number": "查看了您的完整证件号码",
    "phone": "查看了您的完整手机号码",
    "insurance_card": "查看了您的完整社保卡号",
    "payee_card": "查看了您的完整银行卡号",
    "certificates": "查看了您的证件照片",
    "papers": "查看了您的住院单据照片",
    "cards": "查看了您的银行卡照片",
    "bank_file": "导出了打款文件，里面有您的姓名、银行卡号和金额",
    "own_export": "导出了您的全部信息",
    "report": "导出了表格，里面有您的完整姓名和证件号码",
}


def is_in_window(local: datetime, window: tuple[time, time, frozenset[int]] | None) -> bool:
    """Is `local` (Asia/Shanghai) within from, to and ISO weekdays? No window means always (XM-35)."""
    if window is None:
        return True
    start, end, days = window
    return local.isoweekday() in days and start <= local.time() < end
