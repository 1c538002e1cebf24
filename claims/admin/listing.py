"""Where is that claim? The register of all claims, filters in the address, and search by exact number."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from claims.admin.door import READERS, blueprint, me, scope
from claims.queries import state_words, work
from claims.rules import LABELS
from core import audit, context, identifiers
from core.access import allow
from core.db import transaction
from core.pages import parse_day

NAMES = ("number", "state", "union", "since", "until", "decided")
NOT_FOUND = "没有找到。请核对号码；不在您负责范围内的申请也查不到。"


@blueprint.get("")
@allow(*READERS)
def index() -> str:
    return page()


@blueprint.post("/search")
@allow(*READERS)
def search() -> ResponseReturnValue:
    """By POST, so that no certificate or phone number stands in an address or a log."""
    typed = "".join(request.form.get("q", "").split())[:40]
    if typed.upper().startswith(context.scheme().prefixes["claim"]):
        return _by_number(typed.upper())
    plain = identifiers.normalise_mobile(typed)
    with transaction():
        audit.record("claim.search", "claim", "-", me(), kind="person")
        people = work.people_like(plain, me()) if plain else []
    if not people:
        return page({"q": NOT_FOUND}), 404
    return redirect(url_for(".index", person=[str(person) for person in people]), 303)


def _by_number(number: str) -> ResponseReturnValue:
    found = work.register(me(), work.Filters(number=number))
    if not found.rows:
        return page({"q": NOT_FOUND}), 404
    return redirect(url_for(".show", number=number), 303)


def page(errors: dict[str, str] | None = None) -> str:
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    found = work.register(me(), _filters(), before=before, after=after, seen=scope())
    kept: dict[str, Any] = {name: request.args[name] for name in NAMES if request.args.get(name)}
    if people := request.args.getlist("person"):
        kept["person"] = people
    return render_template(
        "claims_admin/index.html",
        errors=errors,
        rows=found.rows,
        prev_url=url_for(".index", **kept, before=found.before) if found.before else "",
        next_url=url_for(".index", **kept, after=found.after) if found.after else "",
        states=[(state, state_words(state)) for state in LABELS if state != "draft"],
        is_of_person=bool(people),
        is_filtered=bool(kept),
    )


def _filters() -> work.Filters:
    given = {name: request.args.get(name, "").strip()[:80] for name in NAMES}
    return work.Filters(
        states=(given["state"],) if given["state"] in LABELS else (),
        union=given["union"],
        number=given["number"].upper(),
        since=parse_day(given["since"]) if given["since"] else None,
        until=parse_day(given["until"]) if given["until"] else None,
        decided=parse_day(given["decided"]) if given["decided"] else None,
        people=work.ids(request.args.getlist("person")[:5]),
    )
