"""What did the person type about the account, and what does 情况说明 say of another payee?"""

from __future__ import annotations

import datetime as dt
from typing import Any

from claims.forms.answers import Card, Choice, Digits, Sheet, Words
from claims.rules import RELATIONS
from core import identifiers, names


class PayeeForm(Sheet):
    """Step 3, and the account after a bounce."""

    payee_name = Words("收款户名", "payee_name", "请填写收款户名", longest=50)
    payee_bank = Words("开户行", "payee_bank", "请填写开户行")
    payee_branch = Words("支行", "payee_branch", longest=80)
    payee_card = Card("银行卡号", "payee_card", identifiers.NO_CARD)
    payee_relation = Choice("与被保障人的关系", "payee_relation", RELATIONS)

    def problems(self, is_own: bool) -> dict[str, str]:
        """Question → words for everything that is wrong on this page by itself."""
        found = {}
        name, card = self.payee_name.data or "", self.payee_card.data or ""
        if name and (words := names.problem(name)):
            found["payee_name"] = words.replace("姓名", "户名")
        if card and (words := identifiers.card_problem(card)):
            found["payee_card"] = words
        if not is_own and not self.payee_relation.data:
            found["payee_relation"] = "请选择与被保障人的关系"
        return {**found, **self.wrong()}

    def warning(self) -> dict[str, str]:
        """A failed check digit: some real cards fail it, so the person may go on."""
        words = identifiers.card_warning(self.payee_card.data or "")
        return {"payee_card": words} if words else {}


class OtherPayeeForm(PayeeForm):
    """The account as the union's desk fills it in: with what 情况说明 says of another payee (XM-115)."""

    payee_id_number = Digits("收款人证件号码", "payee_id_number")
    contact_phone = Digits("收款人手机号码", "contact_phone")
    why_other = Words("被保障人无法申领的原因", "why_other", longest=200)

    today = dt.date.max  # certificates are checked against it

    def problems(self, is_own: bool, *, their_phone: str = "", needs_phone: bool = False) -> dict[str, str]:
        """`their_phone`: the insured person's own, which is no way to reach the family after a death."""
        found = super().problems(is_own)
        if not is_own:
            found |= self._other_problems()
        phone = self.contact_phone.data or ""
        if needs_phone and not phone:
            found["contact_phone"] = "请填写家属的手机号码，办理结果会用短信告诉家属"
        elif phone and (words := identifiers.mobile_problem(phone)):
            found["contact_phone"] = words
        elif phone and needs_phone and phone == their_phone:
            found["contact_phone"] = "这是亡故职工本人的手机号码，请填写家属的手机号码"
        return found

    def _other_problems(self) -> dict[str, str]:
        found = {}
        number = self.payee_id_number.data or ""
        if len(number) == 18 and (words := identifiers.problem("resident_id", number, self.today)):
            found["payee_id_number"] = words
        if not self.why_other.data:
            found["why_other"] = "请填写被保障人无法申领的原因，会印在情况说明上"
        return found


def payee_values(claim: Any) -> dict[str, Any]:
    """A stored claim as the questions of step 3 show it."""
    fields = ("payee_name", "payee_bank", "payee_branch", "payee_card", "payee_relation")
    return {name: getattr(claim, name) or "" for name in fields}


def other_payee_values(claim: Any) -> dict[str, Any]:
    """A stored claim as the desk's questions about the account show it."""
    more = ("payee_id_number", "contact_phone", "why_other")
    return {**payee_values(claim), **{name: getattr(claim, name) or "" for name in more}}
