"""What did somebody type about a union? Tidied, with words for what is wrong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from core import identifiers, names
from core.errors import Invalid
from union.rules import LEVELS, NATURES

PHONE = re.compile(r"[0-9][0-9 \-转()（）]{4,29}")
MOST_WORKERS = 9_999_999
LONGEST_PROGRESS = 2000


def record_of(form: Mapping[str, str], with_chair: bool) -> dict[str, str]:
    """The record's fields as text. Raises `Invalid` with words for each field."""
    wanted = ["name", "nature", "industry", "headcount", "legal_representative", "contact_name",
              "contact_phone", "progress"]  # fmt: skip
    typed = part_of(form, wanted + ["chair_name", "chair_phone"] * with_chair)
    if with_chair and bool(typed["chair_name"]) and not typed["chair_phone"]:
        raise Invalid({"chair_phone": "请填写主席的手机号码，系统用它找到主席的账号"})
    return typed


def part_of(form: Mapping[str, str], wanted: Iterable[str]) -> dict[str, str]:
    """Some of the record's fields as text. Raises `Invalid` with words for each field."""
    typed = {name: form.get(name, "").strip() for name in wanted}
    for name in ("legal_representative", "contact_name", "chair_name"):
        if name in typed:
            typed[name] = names.normalise(typed[name])
    if "headcount" in typed:
        typed["headcount"] = "".join(unicodedata.normalize("NFKC", typed["headcount"]).split()) or "0"
    if "chair_phone" in typed:
        typed["chair_phone"] = identifiers.normalise_mobile(typed["chair_phone"])
    if found := {name: words for name, text in typed.items() if (words := _problem(name, text))}:
        raise Invalid(found)
    return typed


def new_union_of(form: Mapping[str, str]) -> tuple[str, str]:
    """Name and level of a new union. Raises `Invalid`."""
    name, level = form.get("name", "").strip(), form.get("level", "")
    errors = {"name": _problem("name", name)} if _problem("name", name) else {}
    if level not in LEVELS:
        errors["level"] = "请选择工会层级"
    if errors:
        raise Invalid({key: words or "" for key, words in errors.items()})
    return name, level


def person_of(form: Mapping[str, str]) -> tuple[str, str]:
    """Name and phone of a new member of staff. Raises `Invalid`."""
    name = names.normalise(form.get("name", ""))
    phone = identifiers.normalise_mobile(form.get("phone", ""))
    found = {"name": names.problem(name) if name else "请填写姓名", "phone": _mobile(phone, "请填写手机号码")}
    if errors := {key: words for key, words in found.items() if words}:
        raise Invalid(errors)
    return name, phone


def _problem(name: str, text: str) -> str | None:
    if name == "name":
        if not text:
            return "请填写工会名称"
        return "工会名称太长，最多 80 个字" if len(text) > 80 else None
    if name == "nature":
        return None if text in NATURES or not text else "请从列表里选单位性质"
    if name == "headcount":
        fits = text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= MOST_WORKERS
        return None if fits else "单位从业人数请填数字"
    if name == "chair_phone":
        return _mobile(text, "") if text else None
    if name == "contact_phone":
        return (
            None if not text or PHONE.fullmatch(text) else "联系电话请填手机或带区号的座机，如 0771-0000000"
        )
    if name == "industry":
        return "最多 80 个字" if len(text) > 80 else None
    if name == "progress":
        return f"最多 {LONGEST_PROGRESS} 个字" if len(text) > LONGEST_PROGRESS else None
    return names.problem(text) if text else None


def _mobile(phone: str, empty: str) -> str | None:
    return identifiers.mobile_problem(phone) if phone else empty
