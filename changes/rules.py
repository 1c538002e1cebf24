"""What may happen to a change of personal data, who may do it, and which new details will do? Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from core import identifiers, names
from core.days import parse_day
from core.identifiers import ID_TYPES
from core.roles import FIRST_REVIEWER, OWNER, SECOND_REVIEWER
from core.terms import Term
from core.workflow import Move, Workflow

LABELS = {
    "draft": "草稿",
    "first_review": "待初核",
    "second_review": "待复核",
    "done": "办结",
    "deleted": "已删除",
}
REVIEWS = ("first_review", "second_review")
OPEN = ("draft", *REVIEWS)
LEVEL_ROLES = {"first_review": FIRST_REVIEWER, "second_review": SECOND_REVIEWER}
PASSES = {"first_review": "approve_first", "second_review": "approve_second"}
RETURNS = {"first_review": "return_first", "second_review": "return_second"}

_OWNER, _FIRST, _SECOND = frozenset({OWNER}), frozenset({FIRST_REVIEWER}), frozenset({SECOND_REVIEWER})

# `deleted` is never shown: the row stays without its contents, so that it can be said who deleted it when.
WORKFLOW = Workflow(
    "change",
    LABELS,
    (
        Move("submit", ("draft",), "first_review", _OWNER, "确认提交", "change_submitted"),
        Move("resubmit", ("draft",), "first_review", _OWNER, "重新提交", "change_submitted"),
        Move("delete", ("draft",), "deleted", _OWNER, "删除"),
        Move("stop", REVIEWS, "deleted", _OWNER, "撤回同意，停止办理"),
        Move("approve_first", ("first_review",), "second_review", _FIRST, "同意"),
        Move("return_first", ("first_review",), "draft", _FIRST, "退回", "change_returned", True),
        Move("approve_second", ("second_review",), "done", _SECOND, "同意", "change_done"),
        Move("return_second", ("second_review",), "draft", _SECOND, "退回", "change_returned", True),
    ),
    final=frozenset({"done", "deleted"}),
)

# What taking the consent back does to a request: what nobody finished stops and what it said is forgotten.
ON_WITHDRAWAL = {
    "draft": "change_delete",
    "first_review": "change_stop",
    "second_review": "change_stop",
    "done": "change_keep",
}
WITHDRAWAL_WORDS = {
    "change_delete": "变更申请和照片会删除",
    "change_stop": "停止审核，变更申请和照片会删除，资料不变",
    "change_keep": "已经办完，按规定保存到期后删除",
}

# How long what is kept of a change that is done (`service.expiring` does it).
KEEP = {"photos": Term(months=6), "contents": Term(years=3)}

# Everything a request may change (GX-42), in the order of the form; 参保单位 stands there to be read only.
FIELDS = {
    "name": "姓名",
    "id_type": "证件类型",
    "id_number": "证件号码",
    "born_on": "出生日期",
    "sex": "性别",
    "insurance_type": "社保类型",
    "insurance_card": "社保卡号",
    "phone": "手机号码",
}
CERTIFICATE = ("id_type", "id_number")
SEXES = ("男", "女")
INSURANCES = ("城镇职工基本医疗保险", "城乡居民基本医疗保险", "公费医疗", "其他")
MOST_PHOTOS = 6

BOTH = "不能同时修改姓名和证件号码，请分两次申请"
NOTHING = "没有任何改动，不用提交"
NO_PHOTO = "请上传证件凭证"
OPEN_ALREADY = "您有一条没办完的变更申请，办完后才能再申请。"
BIRTH_DIFFERS = "出生日期与证件号码不一致（证件号码里是 {born}）"
SEX_DIFFERS = "性别与证件号码不一致（证件号码里是{sex}）"
COVERED = "号码里有星号，看不出是哪几位。请填写完整的号码，或点“显示完整号码”再改"
NO_BIRTH = "请选择出生日期"
STRANGE_BIRTH = "出生日期没有看懂，请按 1990-01-01 这样填写"
FUTURE_BIRTH = "出生日期不能晚于今天"
EARLY_BIRTH = "出生日期有误，请核对年份"
NO_SEX = "请选择性别"
NO_INSURANCE = "请选择社保类型"
WRONG_CARD = "社保卡号请填卡面上的数字和字母"

# What a reviewer often writes; the first one is the manual's (GX-50).
RETURN_REASONS = (
    "信息不正确",
    "证件凭证照片不清楚，请重新拍照上传",
    "填写的内容与证件凭证不一致，请核对后修改",
    "缺少变更证明（如户口簿、公安机关的证明），请补传",
    "证件已过期，请上传有效的证件",
)

Facts = dict[str, str]
_CARD = re.compile(r"[0-9A-Z]{4,30}")


def is_same(field: str, old: str, new: str) -> bool:
    """Names are compared after all middle dots became one; everything else as it stands."""
    return names.is_same(old, new) if field == "name" else old == new


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The fields that differ, in the form's order."""
    return tuple(field for field in FIELDS if not is_same(field, before[field], after[field]))


def changes_name(fields: tuple[str, ...]) -> bool:
    return "name" in fields


def changes_certificate(fields: tuple[str, ...]) -> bool:
    """Another kind of certificate is another certificate, even with the same number."""
    return any(field in fields for field in CERTIFICATE)


def born_and_sex(number: str) -> Facts:
    """What an 18-digit number says about its holder; nothing for other numbers."""
    born, is_male = identifiers.birth_on(number), identifiers.is_male(number)
    if born is None or is_male is None:
        return {}
    return {"born_on": born.isoformat(), "sex": SEXES[0] if is_male else SEXES[1]}


def completed(before: Mapping[str, str], typed: Mapping[str, str]) -> Facts:
    """What was typed, with birth date and sex from a new number where the person left them as they were."""
    after = dict(typed)
    if before["id_number"] != typed["id_number"]:
        for field, said in born_and_sex(typed["id_number"]).items():
            if typed[field] in (before[field], ""):
                after[field] = said
    return after


def problems(before: Mapping[str, str], after: Mapping[str, str], photos: int, today: date) -> dict[str, str]:
    """Field → words for all that is wrong ("" is the whole form); what was not changed is not judged."""
    fields = changed(before, after)
    if not fields:
        return {"": NOTHING}
    found = {field: words for field in fields if (words := _problem(field, before, after, today))}
    if changes_certificate(fields):
        place = "id_number" if after["id_type"] in ID_TYPES else "id_type"
        if wrong := identifiers.problem(after["id_type"], after["id_number"], today):
            found.setdefault(place, wrong)
    if changes_name(fields) and changes_certificate(fields):
        found["name"] = BOTH
    if "id_number" not in found and {"id_number", "born_on", "sex"} & set(fields):
        found = {**_against_number(after), **found}
    if not photos:
        found["evidence"] = NO_PHOTO
    return found


def _problem(field: str, before: Mapping[str, str], after: Mapping[str, str], today: date) -> str:
    """What is wrong with one changed field by itself."""
    text = after[field]
    if field in ("id_number", "insurance_card", "phone") and "*" in text:
        return COVERED
    if field == "name":
        return names.problem(text) or ""
    if field == "born_on":
        return _birth_problem(text, today)
    if field == "sex":
        return "" if text in SEXES else NO_SEX
    if field == "insurance_type":
        return "" if text in INSURANCES else NO_INSURANCE
    if field == "insurance_card":
        return "" if not text or _CARD.fullmatch(text) else WRONG_CARD
    if field == "phone":
        return identifiers.mobile_problem(text) or ""
    return ""


def _birth_problem(text: str, today: date) -> str:
    if not text:
        return NO_BIRTH
    born = parse_day(text)
    if born is None:
        return STRANGE_BIRTH
    if born > today:
        return FUTURE_BIRTH
    return EARLY_BIRTH if born.year < 1900 else ""


def _against_number(after: Mapping[str, str]) -> dict[str, str]:
    """Birth date and sex must be those of the number."""
    said = born_and_sex(after["id_number"])
    found = {}
    if said and after["born_on"] != said["born_on"]:
        found["born_on"] = BIRTH_DIFFERS.format(born=said["born_on"])
    if said and after["sex"] != said["sex"]:
        found["sex"] = SEX_DIFFERS.format(sex=said["sex"])
    return found


def tidy_card(text: str) -> str:
    """A social insurance card number as it is kept: half width, capitals, no spaces or hyphens."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return re.sub(r"[\s\-]+", "", plain)[:40]
