"""What did the person type about the stay and the account? Messy input is understood where it is plain."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from wtforms import Field, Form
from wtforms.validators import StopValidation

from claims.rules import GRADES, RELATIONS
from core import identifiers, money, names
from core.pages import parse_day
from core.pages.words import day

EXPIRED = "证件已过期（有效期至 {day}），请上传新证件。暂时没有新证件的，点“确认无误，继续”，审核人员会看到。"
NO_DAY = "{label}没有看懂，请按 2026-10-01 这样填写"
_STRANGE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


class Answer(Field):
    """One question: `raw` is what was typed, `data` what it means; `column` is where it is kept."""

    def __init__(self, label: str, column: str = "", empty: str = "", **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.column, self.empty = column, empty

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.written(self.data) if self.data is not None else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            self.data = self.read(str(valuelist[0]).strip())

    def pre_validate(self, form: Form) -> None:
        if self.empty and self.data in (None, "") and not self.process_errors:
            raise StopValidation(self.empty)

    def read(self, text: str) -> Any:
        return text

    def written(self, data: Any) -> str:
        return str(data)

    @property
    def was_sent(self) -> bool:
        return bool(self.raw_data)


class Words(Answer):
    """A line of text."""

    def __init__(
        self, label: str, column: str = "", empty: str = "", longest: int = 60, **kwargs: Any
    ) -> None:
        super().__init__(label, column, empty, **kwargs)
        self.longest = longest

    def read(self, text: str) -> str:
        plain = re.sub(r"\s+", " ", _STRANGE.sub("", unicodedata.normalize("NFC", text))).strip()
        if len(plain) > self.longest:
            raise ValueError(f"{self.label.text}最多 {self.longest} 个字，现在是 {len(plain)} 个字")
        return plain


class Day(Answer):
    """A date in any of the ways people write one."""

    def read(self, text: str) -> dt.date | None:
        if not text:
            return None
        found = parse_day(text)
        if found is None or not 1950 <= found.year <= 2100:
            raise ValueError(NO_DAY.format(label=self.label.text))
        return found

    def written(self, data: dt.date) -> str:
        return day(data)


class Yuan(Answer):
    """A sum of money, kept in fen."""

    def read(self, text: str) -> int | None:
        return money.yuan(text) if text else None

    def written(self, data: int) -> str:
        return f"{data // 100}.{data % 100:02d}"


class Digits(Answer):
    """A number of a bill: spaces, hyphens and full-width digits go."""

    def read(self, text: str) -> str:
        return re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", text)).upper()[:40]


class Card(Answer):
    """A bank card number."""

    def read(self, text: str) -> str:
        return identifiers.normalise_card(text)[:40]


class Choice(Answer):
    """One of a few words; anything else counts as not answered."""

    def __init__(self, label: str, column: str, options: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(label, column, **kwargs)
        self.choices = [(option, option) for option in options]

    def read(self, text: str) -> str:
        return text if any(text == key for key, _ in self.choices) else ""


class YesNo(Answer):
    """A question with two answers; one that was not given changes nothing."""

    def __init__(self, label: str, column: str, yes: str, no: str, **kwargs: Any) -> None:
        super().__init__(label, column, **kwargs)
        self.choices = [("y", yes), ("n", no)]

    def read(self, text: str) -> bool:
        if text not in ("y", "n"):
            raise ValueError(f"请选择{self.label.text}")
        return text == "y"

    def written(self, data: bool) -> str:
        return "y" if data else "n"


class _Sheet(Form):
    """Shared reading of a page of questions."""

    def changes(self) -> dict[str, Any]:
        """Column → value of every question that was sent; a draft may have gaps.

        What could not be read leaves its column empty: an older answer must not stand for it (`odd`).
        """
        self.validate()
        sent = [field for field in self if field.column and field.was_sent]
        found = {field.column: field.data for field in sent if not field.process_errors}
        odd = self.odd()
        empty = {field.column: None for field in sent if field.name in odd}
        return {**found, **empty}

    def odd(self) -> dict[str, list[str]]:
        """Question → its label and what was typed, for all that has to be a day or a sum and is none."""
        return {
            field.name: [field.label.text, str(field.raw_data[0]).strip()[:60]]
            for field in self
            if isinstance(field, Day | Yuan) and field.was_sent and field.process_errors
        }

    def kept_as_typed(self, earlier: str | None) -> str | None:
        """`earlier` without the questions that were answered now, with those that cannot be read."""
        old = json.loads(earlier or "{}")
        still = {name: said for name, said in old.items() if name not in self or not self[name].was_sent}
        now = {**still, **self.odd()}
        return json.dumps(now, ensure_ascii=False) if now else None

    def wrong(self) -> dict[str, str]:
        """Question → words, before anything is compared with the rest of the claim."""
        self.validate()
        return {field.name: str(field.errors[0]) for field in self if field.errors}


class StayForm(_Sheet):
    """Step 2: the stay, the sums and the bill."""

    hospital = Words("就诊医院", "hospital", "请填写就诊医院")
    hospital_grade = Choice("医院等级", "hospital_grade", GRADES)
    diagnosis = Words("疾病诊断", "diagnosis", "请填写疾病诊断", longest=100)
    admitted_on = Day("入院日期", "admitted_on", "请选择入院日期")
    discharged_on = Day("出院日期", "discharged_on", "请选择出院日期")
    total = Yuan("医疗总费用", "total_fen", "请填写医疗总费用")
    pooled = Yuan("统筹支付", "pooled_fen")
    self_paid = Yuan("个人自付", "self_paid_fen", "请填写个人自付金额")
    own_expense = Yuan("个人自费", "own_expense_fen")
    bed_excess = Yuan("超标床位费", "bed_excess_fen")
    is_settled = YesNo("医保结算情况", "is_settled", "已经医保结算", "没有经医保结算")
    is_out_of_area = YesNo("就医地点", "is_out_of_area", "异地就医", "本地就医")
    receipt_code = Digits("票据代码")
    receipt_number = Digits("票据号码")
    receipt_check_code = Digits("校验码", "receipt_check_code")

    def changes(self) -> dict[str, Any]:
        found = super().changes()
        if self.receipt_code.was_sent or self.receipt_number.was_sent:
            code, number = self.receipt_code.data or "", self.receipt_number.data or ""
            found["receipt"] = identifiers.receipt_key(code, number) if code or number else None
        if self._leaves_before_entering():
            found["discharged_on"] = None  # kept as typed only
        return found

    def odd(self) -> dict[str, list[str]]:
        found = super().odd()
        if self._leaves_before_entering() and self.discharged_on.was_sent:
            found["discharged_on"] = ["出院日期", str(self.discharged_on.raw_data[0]).strip()[:60]]
        return found

    def _leaves_before_entering(self) -> bool:
        came, left = self.admitted_on.data, self.discharged_on.data
        return bool(came and left and left < came)

    def problems(self, today: dt.date) -> dict[str, str]:
        """Question → words for everything that is wrong on this page by itself."""
        found = {**self._bill_problems(), **self._day_problems(today), **self.wrong()}
        return in_order(found)

    def warning(self) -> dict[str, str]:
        """Sums that do not fit each other: asked about once, the person may go on."""
        parts = {
            "统筹支付": self.pooled.data,
            "个人自付": self.self_paid.data,
            "个人自费": self.own_expense.data,
        }
        given = {label: fen for label, fen in parts.items() if fen}
        whole = sum(given.values())
        if self.total.data is not None and whole > self.total.data:
            said = "{}{}是 {} 元，比医疗总费用 {} 元多，请对照发票核对"
            joined = "加起来" if len(given) > 1 else ""
            shown, total = money.shown_yuan(whole), money.shown_yuan(self.total.data)
            return {"total": said.format("、".join(given), joined, shown, total)}
        return {}

    def _bill_problems(self) -> dict[str, str]:
        found = identifiers.receipt_problems(
            self.receipt_code.data or "",
            self.receipt_number.data or "",
            self.receipt_check_code.data or "",
        )
        return {f"receipt_{name}": words for name, words in found.items()}

    def _day_problems(self, today: dt.date) -> dict[str, str]:
        came, left = self.admitted_on.data, self.discharged_on.data
        found = {}
        if came and came > today:
            found["admitted_on"] = "入院日期不能晚于今天"
        if left and left > today:
            found["discharged_on"] = "出院日期不能晚于今天"
        if self._leaves_before_entering():
            found["discharged_on"] = f"出院日期不能早于入院日期（{came}）"
        return found


class CertificateForm(_Sheet):
    """Step 1: until when the certificate in the photos is valid."""

    id_expires_on = Day("证件有效期至", "id_expires_on")

    def changes(self) -> dict[str, Any]:
        found = super().changes()
        if self.id_expires_on.was_sent:  # a tick that is not sent is no tick
            found["id_is_permanent"] = self.is_permanent
        return found

    is_permanent = False

    def warning(self, today: dt.date) -> dict[str, str]:
        """An expired certificate: the person may have no other one yet, and goes on."""
        until = self.id_expires_on.data
        if until is None or self.is_permanent or until >= today:
            return {}
        return {"id_expires_on": EXPIRED.format(day=until)}


class PayeeForm(_Sheet):
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


def stay_values(claim: Any) -> dict[str, Any]:
    """A stored claim as the questions of step 2 show it."""
    code, _, number = (claim.receipt or "").partition("+")
    values = {name: getattr(claim, column) for name, column in _COLUMNS.items()}
    return {**values, "receipt_code": code, "receipt_number": number, "as_typed": claim.as_typed}


def certificate_values(claim: Any) -> dict[str, Any]:
    """A stored claim as the question of step 1 shows it."""
    return {"id_expires_on": claim.id_expires_on, "as_typed": claim.as_typed}


def read_certificate(sent: Any, claim: Any) -> CertificateForm:
    """The certificate's validity as sent, else as stored."""
    sheet: CertificateForm = read(CertificateForm, sent, certificate_values(claim))
    is_asked = sent is not None and "id_expires_on" in sent
    sheet.is_permanent = sent.get("id_is_permanent") == "y" if is_asked else claim.id_is_permanent
    return sheet


def payee_values(claim: Any) -> dict[str, Any]:
    """A stored claim as the questions of step 3 show it."""
    fields = ("payee_name", "payee_bank", "payee_branch", "payee_card", "payee_relation")
    return {name: getattr(claim, name) or "" for name in fields}


def read(sheet: type[_Sheet], sent: Any, stored: Mapping[str, Any]) -> Any:
    """The sheet as sent; questions that were not on the page keep what is stored."""
    if sent is not None:
        return sheet(sent, data=stored)
    shown = sheet(data=stored)
    for name, (_, text) in json.loads(stored.get("as_typed") or "{}").items():
        if name in shown:
            shown[name].raw_data = [text]  # shown as it was typed
    return shown


def in_order(found: Mapping[str, str]) -> dict[str, str]:
    """The problems of step 2 as its questions follow each other; photos come last."""
    asked = {name: found[name] for name in _ON_PAGE if name in found}
    return {**asked, **found}


# The order of the questions on the page, which the summary of errors follows.
_ON_PAGE = (
    "hospital", "diagnosis", "admitted_on", "discharged_on", "total", "self_paid", "pooled", "own_expense",
    "bed_excess", "is_settled", "is_out_of_area", "receipt_code", "receipt_number",
    "receipt_check_code", "hospital_grade",
)  # fmt: skip
_COLUMNS = {
    "hospital": "hospital",
    "hospital_grade": "hospital_grade",
    "diagnosis": "diagnosis",
    "admitted_on": "admitted_on",
    "discharged_on": "discharged_on",
    "total": "total_fen",
    "pooled": "pooled_fen",
    "self_paid": "self_paid_fen",
    "own_expense": "own_expense_fen",
    "bed_excess": "bed_excess_fen",
    "is_settled": "is_settled",
    "is_out_of_area": "is_out_of_area",
    "receipt_check_code": "receipt_check_code",
}
