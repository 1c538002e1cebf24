"""What may become of a message, when is it tried again, and how is trouble put into words? Tables, pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from core.terms import Term

PENDING, SENDING, UNKNOWN, SENT = "pending", "sending", "unknown", "sent"
DELIVERED, FAILED, CANCELLED, HELD = "delivered", "failed", "cancelled", "held"

STATUS_LABELS = {
    PENDING: "待发送",
    SENDING: "发送中",
    UNKNOWN: "结果待确认",
    SENT: "已发送",
    DELIVERED: "已送达",
    FAILED: "失败",
    CANCELLED: "未发送",
    HELD: "待人工处理",
}
CHANNEL_LABELS = {"inbox": "站内信", "sms": "短信", "wechat": "公众号消息", "mail": "邮件"}
# How long it is known where a message went and what it said; what stands in the person's own inbox.
KEEP = {"outbox": Term(days=30), "inbox": Term(years=3)}
RESENDABLE = frozenset({FAILED, HELD})
# What may still leave, by itself or by somebody's hand.
NOT_OVER = (PENDING, SENDING, UNKNOWN, FAILED, HELD)

CODES, NOTICES, WECHAT, MAIL = "codes", "notices", "wechat", "mail"
BULK, BULK_WECHAT = "bulk", "bulk_wechat"  # what one action says to thousands; behind everything else
LANES = (CODES, NOTICES, WECHAT, MAIL, BULK, BULK_WECHAT)  # codes first
PROVIDER_OF = {WECHAT: "wechat", MAIL: "mail", BULK_WECHAT: "wechat"}  # the lanes with one provider
SAME_PHONE, DECEASED = "same_phone", "deceased"

CODE_MINUTES = 5
BACK_OFF = (2.0, 10.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
CODE_BACK_OFF = (1.0, 3.0, 10.0)
LONGEST_REFUSED = 72 * 3600.0  # after three days of refusals a person must look

Verdict = Literal["sent", "later", "never", "unreachable", "unknown", "uncalled"]


@dataclass(frozen=True)
class Outcome:
    """What one call to a provider came to.

    sent: taken · later: clearly refused, try again (after `seconds` when it said so) · never: clearly refused
    for good · unreachable: this person not by this channel · unknown: it may or may not have been taken ·
    uncalled: we did not call at all. `blames`: the provider, not the message, is what is wrong.
    """

    verdict: Verdict
    reference: str = ""
    code: str = ""
    seconds: float = 0.0
    blames: bool = False


@dataclass(frozen=True)
class Answer:
    """What a provider said when asked: taken, delivered, failed, absent (never arrived) or silent."""

    found: Literal["taken", "delivered", "failed", "absent", "silent"]
    reference: str = ""
    code: str = ""


@dataclass(frozen=True)
class Step:
    """What happens to the row next: `wait` seconds before it is due (pending) or asked about (unknown)."""

    status: str
    why: str = ""
    wait: float = 0.0


def after_call(outcome: Outcome, *, lane: str, age: float, refusals: int, settle: float) -> Step:
    """The row's next step; `age` is in seconds since the message was written."""
    if outcome.verdict == "sent":
        return Step(SENT)
    if outcome.verdict == "unknown":
        return Step(UNKNOWN, outcome.code, settle)
    if outcome.verdict == "uncalled":
        return Step(PENDING)
    if outcome.verdict == "never":
        return Step(FAILED, outcome.code)
    if outcome.verdict == "unreachable":
        return Step(CANCELLED, outcome.code)
    return _later(outcome, lane, age, refusals)


def _later(outcome: Outcome, lane: str, age: float, refusals: int) -> Step:
    table = CODE_BACK_OFF if lane == CODES else BACK_OFF
    wait = max(outcome.seconds, table[min(refusals, len(table) - 1)])
    if lane == CODES and age + wait > CODE_MINUTES * 60:
        return Step(CANCELLED, "code_expired")
    if age > LONGEST_REFUSED:
        return Step(HELD, outcome.code)
    return Step(PENDING, outcome.code, wait)


def after_asking(answer: Answer, *, lane: str, unsure_for: float, give_up: float, again: float) -> Step:
    """The step after the provider was asked what became of a message; a code is never sent twice."""
    if answer.found in ("taken", "delivered", "failed"):
        return Step({"taken": SENT, "delivered": DELIVERED, "failed": FAILED}[answer.found], answer.code)
    if lane == CODES:
        return Step(CANCELLED, "code_not_repeated")
    if answer.found == "absent":
        return Step(PENDING)
    if unsure_for > give_up:
        return Step(HELD, answer.code or "silent")
    return Step(UNKNOWN, answer.code, again)


# --- reasons in words; the first row whose key stands in the provider's code or words -----------------------

REASONS: tuple[tuple[str, str], ...] = (
    ("not_follower", "没有关注公众号或不接收消息，已有短信和站内信"),
    ("code_expired", "验证码已过期，没有再发"),
    ("code_not_repeated", "发送结果不明，验证码不会自动重发"),
    ("no_mapping", "没有配置公众号消息模板，已有短信和站内信"),
    ("no_template", "没有配置模板编号，请在 config/sms_templates.toml 补上"),
    ("silent", "发送结果不明，服务商查不到，请人工确认后再决定是否重发"),
    (DECEASED, "职工已登记亡故，不再发送"),
    (SAME_PHONE, "这个号码刚收到过同样的短信，稍后自动再发"),
    ("forgotten", "已按规定删除内容和号码，不再发送"),
    ("resent", "已重新发送，见新的一条"),
    ("restored", "数据恢复后暂停发送，请人工确认"),
    ("空号", "号码是空号，请在名册核对"),
    ("MK:0001", "号码是空号，请在名册核对"),
    ("DailyLimit", "该号码今天收到的短信已到上限，明天再发"),
    ("BUSINESS_LIMIT", "该号码收到的短信已到上限，稍后再发"),
    ("Limit", "发送太频繁，稍后自动再发"),
    ("Throttling", "发送太频繁，稍后自动再发"),
    ("45009", "公众号今天的消息额度已用完，稍后自动再发"),
    ("43117", "给这位职工发得太多，稍后自动再发"),
    ("47003", "消息内容不符合模板要求"),
    ("40037", "公众号消息模板不存在，请核对配置"),
    ("43116", "公众号消息模板被封禁，请到公众平台处理"),
    ("48001", "公众号没有模板消息权限"),
    ("IncorrectPhoneNumber", "号码不正确，请在名册核对"),
    ("MOBILE_NUMBER", "号码不正确，请在名册核对"),
    ("Blacklist", "号码被服务商列入黑名单"),
    ("BLACK_KEY", "内容含有服务商不允许的词"),
    ("Sensitive", "内容含有服务商不允许的词"),
    ("CONTENT_ILLEGAL", "内容含有服务商不允许的词"),
    ("TemplateIncorrect", "短信模板没有审核通过"),
    ("TEMPLATE", "短信模板没有审核通过"),
    ("Template", "短信模板与内容不符"),
    ("SIGN", "短信签名没有审核通过"),
    ("Signature", "短信签名或密钥不对"),
    ("AuthFailure", "短信服务的密钥不对"),
    ("InvalidAccessKey", "短信服务的密钥不对"),
    ("Arrears", "短信账户欠费，请充值"),
    ("InsufficientBalance", "短信账户余额不足，请充值"),
    ("OUT_OF_SERVICE", "短信账户停机，请充值"),
    ("mail_expired", "邮件里的链接已过期，没有再发"),
    ("mail_refused", "邮件服务器拒收，请核对邮箱地址"),
    ("mail_auth", "邮件服务器的账号或密码不对，请核对 SMTP_URL"),
    ("file_gone", "附件已经删除，没有发送"),
    ("no_mail_server", "没有设置邮件服务器（SMTP_URL）"),
    ("unreachable", "连不上服务商，稍后自动再发"),
    ("lease", "发送的进程中断，正在向服务商确认"),
)


def reason_words(code: str) -> str:
    """Why a message did not go, for staff; the code itself when there are no words for it."""
    if not code:
        return ""
    return next((words for key, words in REASONS if key in code), f"服务商返回 {code}")


# --- WeChat's fields ---------------------------------------------------------------------------------------

_LONGEST = {"thing": 20, "character_string": 32, "phrase": 5, "name": 10, "car_number": 8, "phone_number": 17}


def fitted(field: str, text: str) -> str:
    """`text` as WeChat accepts it in `field`: no line breaks or control characters, cut where it must be."""
    kind = field.rstrip("0123456789")
    plain = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text).strip()
    longest = _LONGEST.get(kind)
    if longest and len(plain) > longest:
        plain = plain[: longest - 1] + "…" if kind in ("thing", "name") else plain[:longest]
    return plain or "-"


def sms_parts(text: str) -> int:
    """For how many SMS a text is billed: one to 70 characters, then 67 a part."""
    return 1 if len(text) <= 70 else -(-len(text) // 67)
