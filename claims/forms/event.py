"""What did the person type about what happened: a stay with its bill, an injury, a death, the certificate?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from claims.forms.answers import Choice, Day, Degree, Digits, Sheet, Words, YesNo, Yuan, read
from claims.rules import CAUSES, DEATH, GRADES, HOSPITAL, INJURY
from core import identifiers, money

EXPIRED = "证件已过期（有效期至 {day}），请上传新证件。暂时没有新证件的，点“确认无误，继续”，审核人员会看到。"


class StayForm(Sheet):
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


class InjuryForm(Sheet):
    """工伤致残: when it happened, when it was recognised, which grade (XM-104)."""

    event_on = Day("受伤日期", "event_on", "请选择受伤日期")
    recognised_on = Day("工伤认定日期", "recognised_on", "请选择工伤认定日期")
    injury_grade = Degree("伤残等级", "injury_grade", "请选择伤残等级")

    def problems(self, today: dt.date) -> dict[str, str]:
        """Question → words for everything that is wrong on this page by itself."""
        found = {}
        hurt, recognised = self.event_on.data, self.recognised_on.data
        if hurt and hurt > today:
            found["event_on"] = "受伤日期不能晚于今天"
        if recognised and recognised > today:
            found["recognised_on"] = "工伤认定日期不能晚于今天"
        if hurt and recognised and recognised < hurt:
            found["recognised_on"] = f"工伤认定日期不能早于受伤日期（{hurt}）"
        return {**found, **self.wrong()}

    def warning(self) -> dict[str, str]:
        return {}


class DeathForm(Sheet):
    """职工亡故: the day, and the cause in one neutral word (XM-103)."""

    event_on = Day("亡故日期", "event_on", "请选择亡故日期")
    cause = Choice("死亡原因", "cause", CAUSES, empty="请选择死亡原因")

    def problems(self, today: dt.date) -> dict[str, str]:
        """Question → words for everything that is wrong on this page by itself."""
        late = self.event_on.data and self.event_on.data > today
        return {**({"event_on": "亡故日期不能晚于今天"} if late else {}), **self.wrong()}

    def warning(self) -> dict[str, str]:
        return {}


class CertificateForm(Sheet):
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


# The questions about what happened, by the kind of claim.
EVENT_FORMS: dict[str, type[Sheet]] = {HOSPITAL: StayForm, INJURY: InjuryForm, DEATH: DeathForm}


def event_values(claim: Any) -> dict[str, Any]:
    """A stored claim as the questions about what happened show it, whatever its kind."""
    if claim.kind == HOSPITAL:
        return stay_values(claim)
    names = ("event_on", "recognised_on", "injury_grade", "cause", "as_typed")
    return {name: getattr(claim, name) for name in names}


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
