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


def read_bind_form(typed: MultiDict[str, str], today: date) -> BindForm:
    """The typed form. Raises `Invalid` with words for every field that is wrong."""
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
        "consent": None if typed.get("consent") else rules.NO_CONSENT,
    }
    if found := {name: words for name, words in errors.items() if words}:
        raise Invalid(found)
    return BindForm(asked, code)


def _code_words(code: str) -> str:
    return "请输入短信里的 6 位数字验证码" if code else "请先点“获取”，再输入短信里的验证码"
