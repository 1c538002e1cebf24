"""What became of a filing? The filer's list, one of them, and what they may still do about it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from claims.admin.behalf import printing
from claims.admin.behalf.door import FILERS, blueprint, by_of, filing_of, me, path_of, places, uploaders
from claims.models import Claim
from claims.queries import filings, kind_words, state_words
from claims.queries.own import bounce_words
from claims.queries.pace import likely_words
from claims.queries.progress import last_refusal, last_return, steps
from claims.rules import DEATH, DECIDED, EDITABLE, ITEMS, REVIEWS, said_of_other
from claims.service import behalf, cuts, figures, filing
from core.access import allow
from core.db import transaction
from core.history import timeline
from core.once import new_op, once
from core.pages import again, error_page
from employee import service as employees


@blueprint.get("/filings")
@allow(*FILERS)
def listing() -> str:
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    found = filings.listed(me(), places(), before=before, after=after)
    return render_template(
        "filings/index.html",
        rows=found.rows,
        prev_url=url_for(".listing", before=found.before) if found.before else "",
        next_url=url_for(".listing", after=found.after) if found.after else "",
    )


@blueprint.post("/filings/<number>/take-over")
@allow(*FILERS)
def take_over(number: str) -> ResponseReturnValue:
    """接着办理 what came back and has nobody any more (the filer left, or the person died)."""
    claim = filings.any_of(number[:32], places())
    with transaction():
        behalf.take_over(claim, by_of(claim))
    flash("已由您接着办理，改好后请重新提交。", "info")
    return redirect(path_of(claim), 303)


@blueprint.get("/filings/<number>")
@allow(*FILERS)
def show(number: str) -> str:
    claim = filing_of(number)
    history = timeline(claim.id)
    return render_template(
        "filings/show.html",
        claim=claim,
        title=kind_words(claim.kind),
        label=state_words(claim.state),
        person=employees.card(claim.employee_id),
        is_quiet=claim.kind == DEATH,
        steps=steps(claim, history),
        returned=last_return(history) if claim.state == "returned" else None,
        refused=last_refusal(history) if claim.state == "refused" else None,
        items=[ITEMS.get(item, item) for item in claim.return_items],
        bounce=bounce_words(claim.bounce_code),
        likely=likely_words(claim) if claim.state in REVIEWS else "",
        award=_award(claim),
        cut_reasons=cuts.reasons(claim.id) if claim.state in DECIDED else {},
        photos=[photo for paper in uploaders(claim) for photo in paper["files"]],
        forms_to_print=printing.offered(claim),
        missing=printing.missing_characters(claim),
        may=[action for action in _CONFIRM if _may(claim, action)],
        titles={action: words[0] for action, words in _CONFIRM.items()},
        is_editable=claim.state in EDITABLE,
        base=path_of(claim),
    )


def _award(claim: Claim) -> dict[str, Any] | None:
    """As decided, else as it would be now; none while something stands against it."""
    if claim.contents_erased_at:
        return None
    if claim.award and claim.state not in EDITABLE:
        return claim.award
    found = figures.estimate(claim)
    return None if found.is_refused else found.to_dict()


_CONFIRM = {
    "withdraw": (
        "撤回申请",
        "撤回后这份申请不再审核。需要时可以重新申请，之前填的内容仍能查看。确定撤回吗？",
        "撤回",
    ),
    "delete": ("删除草稿", "删除后不能恢复，照片也一起删除。确定删除吗？", "删除"),
    "appeal": ("申请复议", "复议只能申请一次，会由复核人员重新审核。", "提交复议"),
}


@blueprint.get("/filings/<number>/<any(withdraw, delete, appeal):action>")
@allow(*FILERS)
def confirm(number: str, action: str) -> ResponseReturnValue:
    claim = filing_of(number)
    if not _may(claim, action):
        return redirect(path_of(claim), 303)
    return _confirm_page(claim, action, {})


@blueprint.post("/filings/<number>/<any(withdraw, delete, appeal):action>")
@allow(*FILERS)
def confirmed(number: str, action: str) -> ResponseReturnValue:
    claim = filing_of(number)
    by = by_of(claim)
    again(lambda errors: _asked_again(number, action, errors))
    seen = request.form.get("seen", type=int)
    location = url_for(".listing") if action == "delete" else path_of(claim)
    with transaction():
        once(request.form.get("op", ""), by, location)
        if action == "delete":
            filing.delete_draft(claim, by)
        elif action == "appeal":
            filing.appeal(claim, by, request.form.get("note", ""), seen=seen)
        else:
            filing.withdraw(claim, by, seen=seen)
    if action == "delete":
        flash("草稿已删除。", "info")
    return redirect(location, 303)


def _may(claim: Claim, action: str) -> bool:
    if action == "delete":
        return claim.state == "draft"
    if action == "appeal":
        return claim.state == "refused" and not claim.photos_erased_at and not filing.has_appealed(claim)
    return claim.state in REVIEWS


def _asked_again(number: str, action: str, errors: dict[str, str]) -> str:
    """The same question; when the application has moved on there is nothing left to ask."""
    claim = filing_of(number)
    if _may(claim, action):
        return _confirm_page(claim, action, errors)
    return error_page(409, "；".join(errors.values()), action_url=path_of(claim))


def _confirm_page(claim: Claim, action: str, errors: dict[str, str]) -> str:
    title, text, button = _CONFIRM[action]
    return render_template(
        "filings/confirm.html",
        claim=claim,
        action=action,
        title=title,
        text=said_of_other(text),
        button=button,
        errors=errors,
        values=request.form,
        tells_of_mistakes=action == "withdraw" and claim.kind == DEATH,
        op=new_op(),
        url=path_of(claim, action),
        back=path_of(claim),
    )
