"""工会参保信息, 职工参保信息, 职工补助记录 (XM-120 … XM-122): filters in the address, numbers by POST."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import audit, context
from core.access import allow
from core.db import transaction
from core.errors import Refused
from core.pages import again
from reports.admin.door import WHO, blueprint, given, masks, me, scope, tabs
from reports.queries import listing, narrowing
from reports.queries.finding import found_people
from reports.rules import CLAIMS, COVERAGES, EMPTY, ENROLMENTS, NOT_FOUND, TITLES


def show(kind: str, errors: dict[str, str] | None = None) -> str:
    """One list; a filter that asks for too much is answered with the page and the words."""
    asked, allowed = given(kind), scope(kind)
    errors = dict(errors or {})
    found, total = None, None
    try:
        rows = listing.rows_of(kind, me(), allowed, asked)
        before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
        found = listing.page(kind, rows, masks(kind), before=before, after=after)
        most = None if request.args.get("count") == "all" else listing.MOST_COUNTED
        total = listing.total(kind, rows, most)
    except Refused as refusal:
        if refusal.status != 422:
            raise
        errors.setdefault(refusal.field or "", refusal.text)
    return render_template(
        "reports/list.html",
        kind=kind,
        title=TITLES[kind],
        tabs=tabs(kind),
        errors=errors,
        columns=_columns(kind),
        rows=found.rows if found else [],
        total=total,
        empty=EMPTY,
        items=_items(kind, asked),
        hidden={"under": asked["under"]} if asked.get("under") else {},
        narrowed=narrowing.in_words(kind, {"under": asked["under"]}) if asked.get("under") else "",
        is_of_people=bool(asked.get("person")),
        is_filtered=bool(set(asked) - {"plan"}),
        sum_words=listing.SUMS.get(kind, ("", ""))[0],
        row_path="/admin/enrolments/" if kind == ENROLMENTS else "/admin/claims/",
        search_url="" if kind == ENROLMENTS else url_for(f".{kind}_search"),
        export_url=url_for(f".{kind}_export", **asked),
        count_url=url_for(f".{kind}", **asked, count="all"),
        prev_url=url_for(f".{kind}", **asked, before=found.before) if found and found.before else "",
        next_url=url_for(f".{kind}", **asked, after=found.after) if found and found.after else "",
    )


def search(kind: str) -> ResponseReturnValue:
    """By POST, so that no name and no number stands in an address or a log."""
    again(lambda errors: show(kind, errors))
    allowed = scope(kind)
    with transaction():
        audit.record("report.search", "report", "-", me(), report=kind)
        people = found_people(allowed, request.form.get("q", "")[:60], given(kind))
    asked = narrowing.given_of(kind, {}, [str(one) for one in people])
    if not people or not listing.count_up_to(listing.rows_of(kind, me(), allowed, asked), 1):
        raise Refused(NOT_FOUND, "q")
    return redirect(url_for(f".{kind}", person=asked["person"]), 303)


def _items(kind: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The filter form's questions."""
    union = {"name": "union", "label": "单位名称", "placeholder": "写几个字，含下级工会"}
    plan: dict[str, Any] = {"name": "plan", "label": "保障计划", "options": narrowing.plan_choices(),
                            "value": asked.get("plan", "")}  # fmt: skip
    if kind == COVERAGES:
        return [
            plan | ({"all": "全部期"} if asked.get("person") else {"all": "本期"}),
            {"name": "state", "label": "参保状况", "options": list(narrowing.COVER_STATES.items())},
            union,
            {"name": "since", "label": "保障开始从", "type": "date"},
            {"name": "until", "label": "到", "type": "date"},
        ]
    states = {"name": "state", "label": "状态", "options": narrowing.state_choices(kind)}
    days = [
        {"name": "since", "label": "日期从" if kind == CLAIMS else "提交日期从", "type": "date"},
        {"name": "until", "label": "到", "type": "date"},
    ]
    if kind == ENROLMENTS:
        return [plan, states, union, *days]
    return [
        plan,
        {"name": "kind", "label": "补助类型", "options": list(context.scheme().kinds.items())},
        states,
        {"name": "was", "label": "经过", "options": narrowing.was_choices(), "all": "不限"},
        union,
        {"name": "by", "label": "日期按", "options": list(narrowing.BY.items())[1:], "all": "提交"},
        *days,
    ]


def _columns(kind: str) -> list[dict[str, Any]]:
    """What of a line a screen has room for."""
    own = ("number", "state")
    return [
        {"key": c.key, "label": c.label, "kind": "own" if c.key in own else c.kind, "num": c.kind == "num"}
        for c in listing.COLUMNS[kind]
        if c.key not in listing.ONLY_EXPORTED[kind]
    ]


def _open(kind: str, who: tuple[str, ...]) -> None:
    """The two views of a list, each with its own roles."""

    def look() -> str:
        return show(kind)

    def find() -> ResponseReturnValue:
        return search(kind)

    blueprint.add_url_rule(f"/{kind}", kind, allow(*who)(look))
    if kind != ENROLMENTS:  # it names no person
        blueprint.add_url_rule(f"/{kind}/search", f"{kind}_search", allow(*who)(find), methods=["POST"])


for _kind, _who in WHO.items():
    _open(_kind, _who)
