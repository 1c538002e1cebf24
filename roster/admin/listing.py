"""Who is on the roster? One union's people, filters in the address, the searches, and the template."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import audit, identifiers
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Refused
from core.pages import again
from employee import queries as employees
from roster import queries
from roster.admin.door import (
    READERS,
    SEES_NAMES,
    WRITERS,
    blueprint,
    chosen_union,
    me,
    places,
)
from roster.service import template as template_file
from roster.service import vouching
from union import queries as unions
from union.queries import Union

COVERED = {"yes": "已参保", "no": "未参保"}
LEFT = {"left": "已离职"}
NOTHING_TYPED = "请写姓名、证件号码或手机号码"
NOT_FOUND = "没有找到。请核对写的内容；不在您负责范围内的职工也查不到。"
CHOOSE_FIRST = "按姓名查找请先选择工会；也可以写完整的证件号码或手机号码"
TOO_LARGE = "这个工会超过 {most:,} 人，不能按姓名查找，请写完整的证件号码或手机号码"
TOO_MANY = "找到的人太多，只显示前 {most} 位，请多写几个字"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("")
@allow(*READERS)
def index() -> str:
    return page()


@blueprint.get("/template")
@allow(*READERS)
def template() -> Response:
    """职工模板下载 (XM-31)."""
    return as_download(template_file(), "职工名册导入模板.xlsx")


def as_download(content: bytes, name: str) -> Response:
    """A workbook under a name people can read; never kept by the browser."""
    response = Response(content, mimetype=XLSX)
    called = f"attachment; filename=roster.xlsx; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Disposition"] = called
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/search")
@allow(*READERS)
def search() -> ResponseReturnValue:
    """By POST, so that no name and no number stands in an address or a log."""
    again(lambda errors: page(errors))
    typed = request.form.get("q", "").strip()[:60]
    if not typed:
        raise Refused(NOTHING_TYPED, "q")
    union = chosen_union()
    with transaction():
        found = _found(typed, union)
    if not found:
        raise Refused(NOT_FOUND, "q")
    picked = [str(one) for one in found[: employees.MOST_FOUND]]
    many = 1 if len(found) > employees.MOST_FOUND else None
    return redirect(url_for(".index", union=union.id if union else None, person=picked, many=many), 303)


def _found(typed: str, union: Union | None) -> list[uuid.UUID]:
    is_number = any(char.isdigit() for char in typed)
    kind = "number" if is_number else "name"
    audit.record("roster.search", "union", union.id if union else "-", current_actor(), kind=kind)
    if is_number:
        plain = "".join(typed.split())
        numbers = {identifiers.normalise(kind, plain) for kind in identifiers.ID_TYPES}
        return employees.with_number(numbers, identifiers.normalise_mobile(plain), places())
    if union is None:
        raise Refused(CHOOSE_FIRST, "q")
    try:
        return employees.with_name(typed, union.id)
    except employees.TooManyToScan:
        raise Refused(TOO_LARGE.format(most=employees.MOST_SCANNED), "q") from None


def page(errors: dict[str, str] | None = None) -> str:
    union, picked = chosen_union(), request.args.getlist("person")[: employees.MOST_FOUND]
    if union is None and not picked:
        return _picker(errors)
    covered, left = request.args.get("covered", ""), request.args.get("state", "")
    rows, pages = _rows(union, picked, covered, left)
    active, insured = employees.heads(union.id) if union else (0, 0)
    return render_template(
        "roster/index.html",
        errors=errors,
        union=union,
        union_words=unions.full_name(union.id) if union else "",
        rows=rows,
        heads=active,
        insured=insured,
        id_types=identifiers.ID_TYPES,
        verdicts=vouching.answers(rows),
        sees_name=current_actor().has(*SEES_NAMES),
        may_write=union is not None and me(union.id).has(*WRITERS),
        is_of_people=bool(picked),
        too_many=TOO_MANY.format(most=employees.MOST_FOUND) if request.args.get("many") else "",
        has_others=len(unions.choices(places(), "", 2)) > 1,
        covered=list(COVERED.items()),
        left=list(LEFT.items()),
        open_import=queries.open_import(union.id) if union else None,
        **pages,
    )


def _rows(
    union: Union | None, picked: list[str], covered: str, left: str
) -> tuple[list[employees.Line], dict[str, str]]:
    if picked or union is None:
        return employees.people(_ids(picked), places()), {"prev_url": "", "next_url": ""}
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    found = employees.roster(
        union.id,
        is_active=left != "left",
        is_covered={"yes": True, "no": False}.get(covered),
        before=before,
        after=after,
    )
    kept: dict[str, Any] = {"union": union.id, "covered": covered or None, "state": left or None}
    return list(found.rows), {
        "prev_url": url_for(".index", **kept, before=found.before) if found.before else "",
        "next_url": url_for(".index", **kept, after=found.after) if found.after else "",
    }


def _picker(errors: dict[str, str] | None) -> str:
    """Which union? By name, for those who keep several."""
    part = request.args.get("part", "").strip()[:40]
    before, after = (request.args.get(name, "")[:400] for name in ("before", "after"))
    found = unions.page_of(places(), part=part, before=before, after=after)
    kept: dict[str, Any] = {"part": part or None, "choose": 1}
    return render_template(
        "roster/unions.html",
        errors=errors,
        rows=found.rows,
        part=part,
        prev_url=url_for(".index", **kept, before=found.before) if found.before else "",
        next_url=url_for(".index", **kept, after=found.after) if found.after else "",
    )


def _ids(texts: list[str]) -> list[uuid.UUID]:
    found = []
    for text in texts:
        try:
            found.append(uuid.UUID(text[:40]))
        except ValueError:
            continue
    return found
