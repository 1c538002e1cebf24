"""参保人员信息: who is in, who may be chosen from the roster, and everybody at once (XM-62 … XM-65)."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import audit, identifiers
from core.access import allow
from core.db import transaction
from core.errors import Refused
from core.identifiers import ID_TYPES
from core.pages import again
from employee import queries as roster
from enrolment.admin import showing
from enrolment.admin.door import KEEPERS, READERS, Errors, blueprint, enrolment_of, ids_of, me, mine, path_of
from enrolment.models import Enrolment
from enrolment.queries import people
from enrolment.rules.words import EMPTY_ROSTER
from enrolment.service import checks
from enrolment.service import people as changing
from union import queries as unions

COVERED = (("no", "未参保"), ("yes", "已参保"))
NOTHING_TYPED = "请写姓名，或完整的证件号码、手机号码"
NOT_FOUND = "没有找到。请核对写的内容，也可能不在本单位的名册里。"
TOO_LARGE = "本单位超过 {most:,} 人，不能按姓名查找，请写完整的证件号码或手机号码"


@blueprint.get("/<number>/people")
@allow(*READERS)
def listed(number: str) -> str:
    return _people_page(enrolment_of(number), {})


@blueprint.post("/<number>/people/remove")
@allow(*KEEPERS)
def remove(number: str) -> ResponseReturnValue:
    """Take out those who were ticked, everybody, or those who have left the roster."""
    again(lambda errors: _people_page(enrolment_of(number), errors))
    with transaction():
        enrolment = mine(number)
        what = request.form.get("do", "")
        if what == "all":
            gone = changing.remove_all(enrolment, me())
        elif what == "unfit":
            gone = changing.remove_unfit(enrolment, me())
        else:
            ids = ids_of(request.form.getlist("ids"), changing.MOST_AT_ONCE)
            gone = changing.remove(enrolment, ids, me())
    flash(f"已移出 {gone:,} 人。", "good")
    return redirect(path_of(enrolment, "people"), 303)


@blueprint.get("/<number>/people/add")
@allow(*KEEPERS)
def choose(number: str) -> str:
    return _choose_page(mine(number), {})


@blueprint.post("/<number>/people/add")
@allow(*KEEPERS)
def add(number: str) -> ResponseReturnValue:
    """增加参保职工: those who were ticked, or the whole page (XM-62)."""
    again(lambda errors: _choose_page(mine(number), errors))
    field = "page_ids" if request.form.get("do") == "page" else "ids"
    ids = ids_of(request.form.getlist(field), changing.MOST_AT_ONCE)
    with transaction():
        enrolment = mine(number)
        added = changing.add(enrolment, ids, me())
    return _said(enrolment, added)


@blueprint.post("/<number>/people/all")
@allow(*KEEPERS)
def add_all(number: str) -> ResponseReturnValue:
    """一键选择全部未参保职工 (XM-63)."""
    again(lambda errors: _people_page(enrolment_of(number), errors))
    with transaction():
        enrolment = mine(number)
        added = changing.add_all(enrolment, me())
    return _said(enrolment, added)


@blueprint.post("/<number>/people/search")
@allow(*READERS)
def search(number: str) -> ResponseReturnValue:
    """By POST, so that no name and no number stands in an address or a log."""
    is_choosing = request.form.get("where") == "add"
    page = _choose_page if is_choosing else _people_page
    again(lambda errors: page(enrolment_of(number), errors))
    enrolment = mine(number) if is_choosing else enrolment_of(number)
    typed = request.form.get("q", "").strip()[:60]
    if not typed:
        raise Refused(NOTHING_TYPED, "q")
    with transaction():
        audit.record("enrolment.search", "enrolment", enrolment.id, me())
        found = _found(enrolment, typed)
    if not is_choosing:
        found = people.among(enrolment, found)
    if not found:
        raise Refused(NOT_FOUND, "q")
    view = ".choose" if is_choosing else ".listed"
    picked = [str(one) for one in found[: roster.MOST_FOUND]]
    return redirect(url_for(view, number=enrolment.number, person=picked), 303)


def _found(enrolment: Enrolment, typed: str) -> list[uuid.UUID]:
    """People of the union's roster by whole number, or by some of the name."""
    if any(char.isdigit() for char in typed):
        plain = "".join(typed.split())
        numbers = {identifiers.normalise(kind, plain) for kind in ID_TYPES}
        places = unions.only(enrolment.union_id)
        return roster.with_number(numbers, identifiers.normalise_mobile(plain), places)
    try:
        return roster.with_name(typed, enrolment.union_id)
    except roster.TooManyToScan:
        raise Refused(TOO_LARGE.format(most=roster.MOST_SCANNED), "q") from None


def _said(enrolment: Enrolment, added: changing.Added) -> ResponseReturnValue:
    """How many came in, what the plan still asks for, and who could not."""
    have = checks.standing(enrolment)
    share = f"，参保比例 {have.share}" if have.share else ""
    lacking = f"，{have.lacking}" if have.lacking else ""
    flash(f"已增加 {added.people:,} 人，现在共 {have.people:,} 人{share}{lacking}。", "good")
    if added.refused:
        flash(added.refused, "warn")
    return redirect(path_of(enrolment, "people"), 303)


def _people_page(enrolment: Enrolment, errors: Errors) -> str:
    picked = ids_of(request.args.getlist("person"), roster.MOST_FOUND)
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    if picked:
        rows, found = roster.people(people.among(enrolment, picked), None), None
    else:
        found = people.listed(enrolment, before=before, after=after)
        rows = list(found.rows)
    unfit = people.unfit(enrolment, 0)[1] if showing.is_open_to_me(enrolment) else 0
    return render_template(
        "enrolment/people.html",
        errors=errors,
        **showing.facts(enrolment),
        rows=rows,
        id_types=ID_TYPES,
        standing=checks.standing(enrolment),
        free=people.free(enrolment) if showing.is_open_to_me(enrolment) else 0,
        unfit=unfit,
        empty_roster=EMPTY_ROSTER,
        is_found=bool(picked),
        **_turns(".listed", enrolment, found, {}),
    )


def _choose_page(enrolment: Enrolment, errors: Errors) -> str:
    picked = ids_of(request.args.getlist("person"), roster.MOST_FOUND)
    covered = request.args.get("covered", "no")
    wanted = {"no": False, "yes": True}.get(covered, False)
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    if picked:
        rows, found = people.some(enrolment, picked), None
    else:
        found = people.choosing(enrolment, wanted, before=before, after=after)
        rows = list(found.rows)
    return render_template(
        "enrolment/choose.html",
        errors=errors,
        **showing.facts(enrolment),
        rows=rows,
        covered=COVERED,
        wanted="yes" if wanted else "no",
        id_types=ID_TYPES,
        standing=checks.standing(enrolment),
        free=people.free(enrolment),
        empty_roster=EMPTY_ROSTER,
        is_found=bool(picked),
        **_turns(".choose", enrolment, found, {"covered": "yes" if wanted else "no"}),
    )


def _turns(view: str, enrolment: Enrolment, found: Any, kept: dict[str, Any]) -> dict[str, str]:
    at = {"number": enrolment.number, **kept}
    return {
        "prev_url": url_for(view, **at, before=found.before) if found and found.before else "",
        "next_url": url_for(view, **at, after=found.after) if found and found.after else "",
    }
