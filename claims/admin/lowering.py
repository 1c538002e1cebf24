"""调低核定金额: one line of the figure, with the reason the person will read. Never more than computed."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from claims.admin import showing
from claims.admin.door import REVIEWERS, blueprint, claim_of, me, path_of, seen
from claims.models import AwardCut, Claim
from claims.rules import REVIEWS
from claims.service import cuts, figures, holds, lowering, review
from core import money
from core.access import allow
from core.db import transaction
from core.errors import Conflict, Refused
from core.history import who_was_first
from core.pages import again
from plans.service import Line

NO_SUM = "请填写调低后的金额，例如 1082.50"


@blueprint.get("/<number>/lower")
@allow(*REVIEWERS)
def lower(number: str) -> ResponseReturnValue:
    claim = claim_of(number)
    if claim.state not in REVIEWS:
        raise Conflict(who_was_first(claim))
    review.may_take(claim, me())
    if said := holds.words(holds.holder(claim.id), me()):
        return showing.page(claim, {"": said}), 409
    return _page(claim, {})


@blueprint.post("/<number>/lower")
@allow(*REVIEWERS)
def lower_now(number: str) -> ResponseReturnValue:
    again(lambda errors: _again(number, errors))
    given = request.form
    with transaction():
        claim = claim_of(number)
        amount = _fen(given.get("amount", ""))
        lowering.lower(claim, me(), seen(), given.get("benefit", ""), amount, given.get("why", "")[:300])
    flash("已记下调低后的金额和原因，同意后申请人会看到。")
    return redirect(path_of(claim), 303)


def _fen(text: str) -> int:
    try:
        return money.yuan(text)
    except ValueError:
        raise Refused(NO_SUM, "amount") from None


def _again(number: str, errors: dict[str, str]) -> str:
    claim = claim_of(number)
    moved_on = claim.version != seen() or "" in errors
    return showing.page(claim, errors) if moved_on else _page(claim, errors)


def _page(claim: Claim, errors: dict[str, str]) -> str:
    computed = figures.computed(claim).award
    given = {cut.benefit: cut for cut in cuts.of_claim(claim.id)}
    return render_template(
        "claims_admin/lower.html",
        errors=errors,
        values=request.form or {"benefit": computed.lines[0].benefit if len(computed.lines) == 1 else ""},
        **showing.facts(claim),
        lines=[(line.benefit, f"{line.label}　{money.shown_yuan(line.amount_fen)} 元", _was(given, line))
               for line in computed.lines],
        computed=computed,
    )  # fmt: skip


def _was(given: dict[str, AwardCut], line: Line) -> str:
    cut = given.get(line.benefit)
    return f"{cut.by_label} 已调低到 {money.shown_yuan(cut.amount_fen)} 元：{cut.note}" if cut else ""
