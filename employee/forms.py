"""What did the person type to bind? Tidied values and kind words; no database."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from werkzeug.datastructures import MultiDict

from core import codes, identifiers, names
from core.errors import Invalid
from employee import rules
from employee.rules import Asked


class BindForm(NamedTuple):
    """A checked binding form."""

    asked: Asked
    code: str


class HelpForm(NamedTuple):
    """A checked 找回绑定 form."""

    asked: Asked
    reason: str
    code: str


def read_bind_form(typed: MultiDict[str, str], today: date) -> BindForm:
    """The typed form. Raises `Invalid` with words for every field that is wrong."""
    asked, code, errors = _read(typed, today)
    if not typed.get("consent"):
        errors["consent"] = rules.NO_CONSENT
    if errors:
        raise Invalid(errors)
    return BindForm(asked, code)


def read_help_form(typed: MultiDict[str, str], today: date, has_photo: bool) -> HelpForm:
    """The typed form of somebody whose phone on file is gone. Raises `Invalid`."""
    asked, code, errors = _read(typed, today)
    reason = typed.get("reason", "")
    if reason not in rules.HELP_REASONS:
        errors["reason"] = rules.NO_REASON
    if not has_photo:
        errors["photo"] = rules.NO_PHOTO
    if not typed.get("consent"):
        errors["consent"] = rules.NO_CONSENT
    if errors:
        raise Invalid(errors)
    return HelpForm(asked, reason, code)


def _read(typed: MultiDict[str, str], today: date) -> tuple[Asked, str, dict[str, str]]:
    """What both forms ask, tidied, with the words for what is wrong."""
    id_type = typed.get("id_type", "")
    number = identifiers.normalise(id_type, typed.get("id_number", ""))
    asked = Asked(
        names.normalise(typed.get("name", "")),
        id_type,
        number,
        identifiers.normalise_mobile(typed.get("phone", "")),
    )
    code = codes.tidy(typed.get("code", ""))
    errors = {
        "name": names.problem(typed.get("name", "")),
        "id_number": identifiers.problem(id_type, number, today),
        "phone": identifiers.mobile_problem(typed.get("phone", "")),
        "code": None if len(code) == codes.DIGITS and code.isdecimal() else _code_words(code),
    }
    return asked, code, {name: words for name, words in errors.items() if words}


def _code_words(code: str) -> str:
    return "请输入短信里的 6 位数字验证码" if code else "请先点“获取”，再输入短信里的验证码"
