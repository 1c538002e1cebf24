"""What did the operator type about an enrolment? Tidied, with words for what is wrong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from core.errors import Invalid

LONGEST_NAME = 60
NO_NAME = "请填写账户名称"
LONG_NAME = f"账户名称最多 {LONGEST_NAME} 个字"
NO_CARD = "请填写卡号"
WRONG_CARD = "卡号应为 8 至 30 位数字，现在是 {n} 位，请对照开户资料核对"
NOT_DIGITS = "卡号里只能有数字，请对照开户资料核对"
LONGEST_TYPED = 80


def account_of(form: Mapping[str, str]) -> tuple[str, str]:
    """Account name and number; spaces, hyphens and full-width digits are tidied. Raises `Invalid`."""
    name = " ".join(form.get("account_name", "").split())
    card = re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", form.get("card", ""))[:LONGEST_TYPED])
    errors = {"account_name": _name_problem(name), "card": _card_problem(card)}
    if found := {field: words for field, words in errors.items() if words}:
        raise Invalid(found)
    return name, card


def _name_problem(name: str) -> str:
    if not name:
        return NO_NAME
    return LONG_NAME if len(name) > LONGEST_NAME else ""


def _card_problem(card: str) -> str:
    if not card:
        return NO_CARD
    if not (card.isascii() and card.isdigit()):
        return NOT_DIGITS
    return "" if 8 <= len(card) <= 30 else WRONG_CARD.format(n=len(card))
