"""补助审核: the union's own review, by kind, with what waits and what was decided (XM-90 … XM-92)."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from claims.admin.door import blueprint
from claims.queries import union_desk, work
from core.access import allow, current_actor
from core.errors import Missing
from core.roles import OPERATOR

NAMES = ("number", "union")


@blueprint.get("/review")
@allow(OPERATOR)
def union_review() -> str:
    """One tile a kind, with how many wait, and the way of a claim in words."""
    found = union_desk.counts(current_actor())
    return render_template(
        "claims_admin/union_review.html",
        is_there=union_desk.is_there(),
        way=union_desk.way(),
        tiles=[
            {"n": found.get(kind, 0), "words": words, "url": url_for(".union_review_of", kind=kind)}
            for kind, words in union_desk.kinds()
        ],
    )


@blueprint.get("/review/<any(hospital, injury, death):kind>")
@allow(OPERATOR)
def union_review_of(kind: str) -> ResponseReturnValue:
    """待审核 and 已审核 of one kind."""
    words = dict(union_desk.kinds()).get(kind)
    if words is None:
        raise Missing
    is_done = request.args.get("tab") == "done"
    kept: dict[str, Any] = {
        name: request.args[name].strip()[:80] for name in NAMES if request.args.get(name, "").strip()
    }
    listed = union_desk.decided if is_done else union_desk.waiting
    filters = work.Filters(number=kept.get("number", "").upper(), union=kept.get("union", ""))
    cursors = {name: request.args.get(name, "")[:200] for name in ("before", "after")}
    found = listed(current_actor(), kind, filters, **cursors)
    tab: dict[str, Any] = {"kind": kind, "tab": "done"} if is_done else {"kind": kind}

    def link(**cursor: Any) -> str:
        return url_for(".union_review_of", **tab, **kept, **cursor)

    return render_template(
        "claims_admin/union_review_of.html",
        is_there=union_desk.is_there(),
        kind=kind,
        words=words,
        waiting=union_desk.counts(current_actor()).get(kind, 0),
        is_done=is_done,
        is_filtered=bool(kept),
        rows=found.rows,
        here=url_for(".union_review_of", kind=kind),
        done_url=url_for(".union_review_of", kind=kind, tab="done"),
        prev_url=link(before=found.before) if found.before else "",
        next_url=link(after=found.after) if found.after else "",
    )
