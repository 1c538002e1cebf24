"""What speaks for and against a request? The automatic checks in words, for the reviewer's page (A5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from changes.models import ChangeRequest
from changes.rules import FIELDS, INSURANCES, Facts, born_and_sex, changed, is_same
from changes.service.moving import before, wanted
from claims import queries as claims
from core import clock, identifiers, names
from employee import service as employees
from employee.service import applying


class Check(NamedTuple):
    """One finding: `level` ok, look or bad; `text` for people; `code` for programs."""

    level: str
    text: str
    code: str


def run(request: ChangeRequest, photos: int) -> list[Check]:
    """Every check of one request, in the order a reviewer thinks."""
    old, new = before(request), wanted(request)
    after = {**old, **new}
    return [
        *_moved(request, old, new),
        *_certificate(request, new, after),
        *_born(new, after),
        *_phone(request, new),
        *_name(old, new),
        *_claims(request, new),
        *_photos(photos),
    ]


def _moved(request: ChangeRequest, old: Facts, new: Facts) -> Iterator[Check]:
    """Is what it was made from still on file? Once it is done it is not, on purpose."""
    if request.state == "done" or not old:
        return
    now = applying.details(employees.card(request.employee_id))
    moved = "、".join(FIELDS[field] for field in changed(old, now))
    if not moved:
        yield Check("ok", "登记的信息在提交以后没有变过", "unmoved")
        return
    is_in_the_way = any(not is_same(f, old[f], now[f]) for f in {*new, "name", "id_type", "id_number"})
    yield Check("bad" if is_in_the_way else "look", f"登记的{moved}在提交以后已经变过", "moved")


def _certificate(request: ChangeRequest, new: Facts, after: Facts) -> Iterator[Check]:
    if not {"id_type", "id_number"} & set(new):
        if words := identifiers.problem(after["id_type"], after["id_number"], clock.today()):
            yield Check("look", f"登记的证件号码没有通过校验：{words}", "certificate")
        return
    words = identifiers.problem(after["id_type"], after["id_number"], clock.today())
    yield Check("bad", words, "certificate") if words else Check("ok", "新证件号码通过校验", "certificate")
    if applying.others_with_certificate(after["id_number"], request.employee_id):
        yield Check("bad", "新证件号码已经登记在另一位职工名下，请核对是不是同一个人", "same_certificate")
    else:
        yield Check("ok", "没有别的职工登记这个证件号码", "same_certificate")


def _born(new: Facts, after: Facts) -> Iterator[Check]:
    said = born_and_sex(after["id_number"])
    wrong = [FIELDS[field] for field in said if after[field] != said[field]]
    if wrong:
        level = "bad" if {*said} & {*new} else "look"
        yield Check(level, f"{'、'.join(wrong)}与证件号码不一致", "born")
    elif said:
        yield Check("ok", "出生日期、性别与证件号码一致", "born")


def _phone(request: ChangeRequest, new: Facts) -> Iterator[Check]:
    if not new.get("phone"):
        return
    yield Check("ok", "新手机号码已经用短信验证码验证", "phone_proven")
    if others := applying.others_with_phone(new["phone"], request.employee_id):
        yield Check("look", f"新手机号码还登记在另外 {others} 位职工名下", "same_phone")


def _name(old: Facts, new: Facts) -> Iterator[Check]:
    if "name" in new and (words := names.look_alike_problem(old["name"], new["name"])):
        yield Check("look", f"新旧姓名只差一个字：{words}", "look_alike")
    if "insurance_type" in new and new["insurance_type"] not in INSURANCES:
        yield Check("look", "社保类型不是常见的几种", "insurance")


def _claims(request: ChangeRequest, new: Facts) -> Iterator[Check]:
    """A new name makes the account name of claims in progress wrong."""
    count = len(claims.in_progress(request.employee_id))
    if not count or request.state == "done":
        return
    after = "，改名后收款户名要重新核对" if "name" in new else ""
    yield Check("look", f"该职工有 {count} 件补助在办{after}", "claims")


def _photos(count: int) -> Iterator[Check]:
    if count:
        yield Check("ok", f"已上传证件凭证 {count} 张", "photos")
    else:
        yield Check("bad", "没有证件凭证", "photos")
