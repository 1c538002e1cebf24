"""The person's own applications: the list (E6) and one of them with all that happened to it (E11)."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from claims import queries
from claims.models import Claim
from claims.queries.own import bounce_words
from claims.queries.pace import likely_words
from claims.queries.progress import last_refusal, last_return, steps
from claims.rules import DECIDED, ITEMS, OTHERS_PHOTOS, REVIEWS, WORKFLOW
from claims.service import automatic, cuts
from claims.views.door import blueprint, my_id, path_of, shown, spots_of, uploaders
from core.access import allow
from core.context import scheme
from core.history import Transition, timeline
from core.roles import OWNER

# The page on which an owner's move is made, and the words on its button.
_PAGES = {
    "fix_payee": ("payee", "修改收款账户"),
    "resubmit": ("fix", "去修改"),
    "withdraw": ("withdraw", "撤回申请"),  # quiet: nobody should press it for the way on
    "appeal": ("appeal", "申请复议"),
}


@blueprint.get("")
@allow("employee")
def index() -> ResponseReturnValue:
    rows, after = queries.for_employee(my_id(), request.args.get("before", ""))
    return render_template("claims/index.html", rows=rows, after=after, note=scheme().hints.get("note", ""))


@blueprint.get("/<number>")
@allow("employee")
def detail(number: str) -> ResponseReturnValue:
    claim = shown(number)
    is_helped = claim.filed_by_kind == "staff"
    if number != claim.number:  # messages link by id
        return redirect(path_of(claim), 303)
    history = timeline(claim.id)
    returned = last_return(history) if claim.state == "returned" else None
    return render_template(
        "claims/detail.html",
        claim=claim,
        title=queries.kind_words(claim.kind),
        label=queries.owner_words(claim.state),
        steps=steps(claim, history),
        returned=returned,
        spots=spots_of(claim, returned),
        likely=likely_words(claim) if claim.state in REVIEWS else "",
        cut_reasons=cuts.reasons(claim.id) if claim.state in DECIDED else {},
        refused=last_refusal(history) if claim.state == "refused" else None,
        items=[(item, ITEMS.get(item, item)) for item in claim.return_items],
        is_decided=claim.state in DECIDED,
        bounce=bounce_words(claim.bounce_code),
        photos=[
            photo
            for paper in uploaders(claim)
            if not (is_helped and paper["kind"] in OTHERS_PHOTOS)
            for photo in paper["files"]
        ],
        is_helped=is_helped,
        buttons=[] if is_helped else _buttons(claim, history),
        pay_days=scheme().promises["pay_days"],
        base=path_of(claim),
        trigger=automatic.trigger_of(claim),
        gave=automatic.given_by(claim.id) if claim.state == "paid" else "",
    )


def _buttons(claim: Claim, history: list[Transition]) -> list[dict[str, Any]]:
    """What the owner may do now, read from the workflow table."""
    if claim.state == "draft":
        return [
            {"label": "继续填写", "href": path_of(claim, str(claim.step))},
            {"label": "删除草稿", "href": path_of(claim, "delete")},
        ]
    found = []
    has_appealed = claim.photos_erased_at or any(change.action == "appeal" for change in history)
    for action in dict.fromkeys(
        move.action.split("_to_")[0] for move in WORKFLOW.allowed(claim.state, {OWNER})
    ):
        if action not in _PAGES or (action == "appeal" and has_appealed):  # "stop" goes with the consent
            continue
        page, label = _PAGES[action]
        quiet = "plain" if action in ("withdraw", "appeal") else ""
        found.append({"label": label, "href": path_of(claim, page), "kind": quiet})
    return found
