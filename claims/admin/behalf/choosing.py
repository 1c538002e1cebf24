"""补助项目, 经办人信息, 选择人员: for whom is what asked, and who cannot be chosen? (XM-80 … XM-84)"""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from claims.admin.behalf.door import FILERS, blueprint, me, path_of, places
from claims.queries import kind_words
from claims.service import behalf
from core import audit, identifiers
from core.access import allow
from core.context import scheme
from core.db import transaction
from core.errors import Missing, Refused
from core.limits import Limit, take
from core.once import answered, new_op, once
from core.pages import again
from employee import queries as employees

AGENT, SELF = "agent", "self"
WHO = {AGENT: "代他人办理", SELF: "本人办理"}
NOTHING_TYPED = "请写姓名、证件号码或手机号码"
NOT_FOUND = "没有找到这个人。请确认已参保，并且会籍在本单位。"
TOO_LARGE = "名册超过 {most:,} 人，不能按姓名查找，请写完整的证件号码或手机号码"
ELSEWHERE = "{name}的会籍在“{union}”，不在您负责的工会。请先办会籍变更，或请该工会代为申请。"
NOBODY = "请先选择人员"
ELSEWHERE_PER_HOUR = Limit(
    "filing_elsewhere", 30, 3600, "这一小时查找的其他工会职工太多（30 人），请 {m} 分钟后再试。"
)


@blueprint.get("/new")
@allow(*FILERS)
def new() -> str:
    return page({})


@blueprint.post("/new")
@allow(*FILERS)
def search() -> ResponseReturnValue:
    """By POST, so that no name and no number stands in an address or a log."""
    again(page)
    typed = request.form.get("q", "").strip()[:60]
    if not typed:
        raise Refused(NOTHING_TYPED, "q")
    with transaction():
        audit.record("claim.search", "claim", "-", me(), kind="filing")
        found = _found(typed)
    if not found:
        raise Refused(_of_others(typed) or NOT_FOUND, "q")
    picked = [str(one) for one in found[: employees.MOST_FOUND]]
    return redirect(url_for(".new", kind=_kind(), who=_who(), person=picked), 303)


@blueprint.post("/new/start")
@allow(*FILERS)
def start() -> ResponseReturnValue:
    """确定 (XM-83): an empty application for the person that was chosen."""
    again(page)
    given, by = request.form, me()
    op = given.get("op", "")
    with transaction():
        once(op, by, url_for(".listing"))
        person = employees.person(_id(given.get("employee_id", "")), places())
        claim = behalf.start(
            _kind(), person.id, by, is_by_agent=_who() == AGENT, is_informed=given.get("informed") == "y"
        )
        answered(op, path_of(claim, "form"))
    return redirect(path_of(claim, "form"), 303)


def _found(typed: str) -> list[uuid.UUID]:
    if any(char.isdigit() for char in typed):
        plain = "".join(typed.split()[-1:]) if _is_both(typed) else "".join(typed.split())
        numbers = {identifiers.normalise(kind, plain) for kind in identifiers.ID_TYPES}
        return employees.with_number(numbers, identifiers.normalise_mobile(plain), places())
    try:
        return employees.named_within(typed, places())
    except employees.TooManyToScan:
        raise Refused(TOO_LARGE.format(most=employees.MOST_SCANNED), "q") from None


def _is_both(typed: str) -> bool:
    """A name and then a number?"""
    parts = typed.split()
    return len(parts) == 2 and not any(char.isdigit() for char in parts[0])


def _of_others(typed: str) -> str:
    """Where somebody is a member who is not one of ours; said only to who writes name and number."""
    if not _is_both(typed):
        return ""
    name, number = typed.split()
    take(ELSEWHERE_PER_HOUR, me().key)
    union = employees.elsewhere(number.upper(), name)
    return ELSEWHERE.format(name=name, union=union) if union else ""


def page(errors: dict[str, str]) -> str:
    kind, who = _kind(), _who()
    people = _people(kind, who)
    free = [one for one in people if one.why is None]
    return render_template(
        "filings/new.html",
        errors=errors,
        values=request.form,
        kind=kind,
        kinds=[(key, words, _here(kind=key)) for key, words in scheme().kinds.items()],
        kind_title=kind_words(kind),
        who=who,
        whos=[(key, words, url_for(".new", kind=kind, who=key)) for key, words in WHO.items()],
        people=people,
        chosen=request.form.get("employee_id") or (str(free[0].person.id) if len(free) == 1 else ""),
        self_words=behalf.NOT_SELF if who == SELF and not people else "",
        operator=scheme().brand.operator,
        op=new_op(),
    )


def _people(kind: str, who: str) -> list[behalf.Candidate]:
    if who == SELF:
        own = behalf.self_of(me())
        ids = [own] if own else []
    else:
        ids = [_id(text) for text in request.values.getlist("person")[: employees.MOST_FOUND]]
    lines = employees.people(ids, places())
    return behalf.candidates(kind, [line.id for line in lines], me(), who == AGENT)


def _here(**more: Any) -> str:
    return url_for(".new", who=_who(), person=request.values.getlist("person"), **more)


def _kind() -> str:
    kinds = scheme().kinds
    asked = request.values.get("kind", "")
    return asked if asked in kinds else next(iter(kinds))


def _who() -> str:
    return SELF if request.values.get("who") == SELF else AGENT


def _id(text: str) -> uuid.UUID:
    if not text:
        raise Refused(NOBODY, "employee_id")
    try:
        return uuid.UUID(text[:40])
    except ValueError:
        raise Missing from None
