"""Which ways lead back into an account, and what is said on them? Pure."""

from __future__ import annotations

import string

# Letters and digits that nobody takes for one another.
SIGNS = "".join(ch for ch in string.ascii_uppercase + string.digits if ch not in "0O1IL2Z5S8BUVQ")
SIGNS_IN_PICTURE = 4

ACCOUNT = "用户名（证件号码、手机号码、邮箱地址）"
ACCOUNT_NEEDED = "请输入证件号码、手机号码或邮箱地址"
PICTURE_HINT = "如验证码看不清, 可点击图片刷新"  # XM-17, word for word

# XM-12: (key, title, when it fits). What is on file for an account decides nothing here.
WAYS = (
    ("phone", "手机方式找回", "登记的手机号码还在用，可以收短信验证码。"),
    ("mail", "邮箱方式找回", "以前登记过邮箱，可以收邮件。"),
    ("appeal", "人工申诉方式找回", ""),  # XM-16's own words stand in rules.appeals
)

PICTURE_NEEDED = "请输入图片里的 4 个字符"
PICTURE_WRONG = "图片验证码不对，已为您换了一张，请重新输入"
PICTURE_OVER = "图片验证码已过期，已为您换了一张，请重新输入"
CHECK_TOO_OFTEN = "验证的次数太多，请{wait}后再试"

# The same for every account, known or not (S3).
CODE_SENT = "如果这个账号登记了手机号码，验证码已经发出，5 分钟内有效。"
CODE_SOON = "验证码发送太频繁，请 {n} 秒后再点“获取”。"
CODE_OFTEN = "验证码发送太频繁，请{wait}后再试。"
CODE_NEEDED = "请输入短信里的 6 位验证码"
MAIL_SENT = "如果这个账号登记了邮箱，重置密码的邮件已经发出，请在 30 分钟内打开邮件里的链接。"
MAIL_OFTEN = "邮件发送太频繁，请{wait}后再试。没有收到时，请看看垃圾邮件。"
NO_MAIL = "本平台还没有开通邮件，请用手机方式找回；手机号码用不了的，请用人工申诉方式找回。"
START_OFTEN = "查找的次数太多，请{wait}后再试。"
TRIES = "输错次数太多，请{wait}后再试。"

DONE = "重置密码成功"  # XM-13, XM-14
LINK_DEAD = "这个链接已经不能用了"
LINK_WHY = "链接 30 分钟内有效，只能用一次；密码改过以后，以前的链接也不能再用。需要的话请重新找回。"
STALE = "页面已过期，请从“账号问题”重新开始。"

LINK_MINUTES = 30
START_MINUTES = 30


def same_signs(typed: str) -> str:
    """What was typed from the picture, compared without case, spaces and full width."""
    folded = "".join(chr(ord(ch) - 0xFEE0) if 0xFF01 <= ord(ch) <= 0xFF5E else ch for ch in typed)
    return "".join(folded.split()).upper()
