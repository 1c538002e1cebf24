"""What makes a good password, and when is somebody slowed down? Policy tables, no framework."""

from __future__ import annotations

from typing import NamedTuple


class PasswordPolicy(NamedTuple):
    """ASVS 5.0 and MLPS (等保) contradict each other; one is picked (docs/decisions/passwords.md).

    `remembers`: how many passwords, the present one included, may not come back; `tries` wrong ones within
    `pause_seconds` make an account wait that long.
    """

    name: str
    shortest: int
    classes: int
    max_age_days: int | None
    remembers: int
    tries: int
    pause_seconds: int


POLICIES = {
    "mlps3": PasswordPolicy("mlps3", 12, 3, 90, 5, 5, 900),
    "asvs": PasswordPolicy("asvs", 15, 1, None, 1, 10, 300),
}
LONGEST = 128
CONTEXT_WORDS = (
    "huzhu",
    "gonghui",
    "password",
    "admin",
    "12345",
    "qwerty",
    "互助",
    "工会",
    "abc123",
    "111111",
)

REUSED = {1: "新密码不能和现在的一样", 5: "最近 5 个用过的密码不能再用，请换一个"}
DIFFERENT = "两次输入的密码不一致"
WRONG_OLD = "原密码不对，请核对后再试"
WRONG = "账号、密码或动态码不对，请核对后再试"
SLOW_DOWN = "输错次数太多，请 {m} 分钟后再试，或联系管理员"


def reused(policy: PasswordPolicy) -> str:
    """Words for a password that was used before."""
    return REUSED[policy.remembers]


def in_words(policy: PasswordPolicy) -> str:
    """The rules for somebody who has to think of a password."""
    kinds = f"，包含大写字母、小写字母、数字、符号中的 {policy.classes} 种" if policy.classes > 1 else ""
    return f"至少 {policy.shortest} 位{kinds}；不要有姓名、手机号、“工会”"


def password_problem(password: str, policy: PasswordPolicy, names: tuple[str, ...] = ()) -> str | None:
    """Words for what is wrong with a new password, or None."""
    if len(password) < policy.shortest:
        return f"密码至少 {policy.shortest} 位，现在是 {len(password)} 位"
    if len(password) > LONGEST:
        return f"密码最多 {LONGEST} 位"
    kinds = (str.islower, str.isupper, str.isdigit, lambda ch: not ch.isalnum())
    found = sum(any(kind(ch) for ch in password) for kind in kinds)
    if found < policy.classes:
        return f"密码要有大写字母、小写字母、数字、符号中的 {policy.classes} 种"
    plain = password.casefold()
    weak = next((word for word in (*CONTEXT_WORDS, *names) if word and word.casefold() in plain), None)
    return "密码里不要有姓名、手机号、“工会”、连续数字这类容易猜到的内容" if weak else None
