"""Which words does somebody read who signs in, sets up a second factor or fills in who they are? Pure."""

from __future__ import annotations

from typing import NamedTuple

CODE_SOON = "验证码发送太频繁，请 {n} 秒后再点“发送验证码”。"
CODE_HOUR = "验证码发送太频繁，请{wait}后再试。"
CODE_DAY = "今天获取验证码的次数已用完，请明天再试，或联系本单位工会。"
CODE_CROWD = "现在获取验证码的人太多，请 {n} 秒后再点“发送验证码”。"
RESEND_SECONDS = 60
# The same whether the phone is known or not (S3).
CODE_SENT = "如果这个手机号码可以登录，验证码已经发出，5 分钟内有效。"
CODE_SENT_TO = "验证码已发到 {phone}，5 分钟内有效。"
WRONG_PHONE_OR_CODE = "手机号或验证码不对"
NO_ACCOUNT = "还没有为您开通账号，请联系本单位工会主席或上级工会开通。"
CODE_NEEDED = "请输入短信里的 6 位验证码"

# XM-08, word for word
COMPLETE = (
    "为了让您更方便的使用本平台，请您设置登录本平台的手机号、邮箱、密码，"
    "设置完后下次您可以使用该手机号、邮箱和密码进行本地登录。"
)
ID_HINT = "最后一位是字母的请用大写字母"
NAME_NEEDED = "请填写真实姓名"
NAME_INNER_SPACE = "姓名中间不能有空格"
NOT_AS_REGISTERED = "姓名或身份证号与开通账号时登记的不一致，请核对；登记有误请联系为您开通账号的人"
ID_TAKEN = "这个证件号码已有账号，请用证件号码和密码登录，或点“账号问题”找回"
PHONE_TAKEN = "这个手机号码已有账号，请换一个，或点“账号问题”找回原来的账号"
EMAIL_TAKEN = "这个邮箱已有别的账号在用，请换一个"
WRONG_EMAIL = "邮箱格式不对，例如 name@example.org"
TOO_LATE = "页面已过期，请重新登录后再填写。"
TRIES_USED = "填写次数太多，请{wait}后再试，或联系本单位工会。"
SAME_PHONE = "新手机号码和现在的一样"

RECOVERY_COUNT = 10
RECOVERY_LENGTH = 10
FACTOR_WRONG = "动态码不对，请输入身份验证器上最新的 6 位数字，或一个没用过的恢复码"
FACTOR_SETUP_WRONG = "动态码不对，请核对手机时间是否准确，再输入最新的 6 位数字"
FACTOR_TRIES = "输错次数太多，请 {m} 分钟后再试"
NO_SETUP = "设置已过期，请重新开始设置"

PROVIDER_DOWN = "现在连不上“{provider}”，请过几分钟再试，或用手机验证码登录。"
PROVIDER_CANCELLED = "您在“{provider}”取消了登录，没有登录成功。"
PROVIDER_STALE = "登录没有完成：页面已过期，或换了浏览器。请重新点“{provider}登录”。"
PROVIDER_WRONG = "“{provider}”的回答与这次登录对不上，为了安全没有让您进入。请重新登录一次。"
PROVIDER_FOREIGN = (
    "收到的回答不是“{provider}”发出的，为了安全没有让您进入。请重新登录一次，仍不行请联系管理员。"
)
PROVIDER_EXPIRED = "“{provider}”的登录凭据已过期，请重新登录一次。"
PROVIDER_NO_EMAIL = "“{provider}”没有给出邮箱，您可以在下面自己填写（选填）。"


class Changed(NamedTuple):
    """What changed on an account, for the notice to its owner."""

    password: str = "登录密码已修改"  # noqa: S105 - words
    phone: str = "登录手机号码已修改"
    factor: str = "身份验证器已重新设置"
    codes: str = "用掉了一个恢复码"


CHANGED = Changed()


def tidy_recovery(text: str) -> str:
    """A recovery code as typed: without dashes and spaces, in capitals."""
    return "".join(ch for ch in text.upper() if ch.isalnum())
