"""Putting right what came back: a returned application (E12), an account that the bank did not know (E13)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from claims import service
from claims.forms import PayeeForm, StayForm, in_order, payee_values, read, read_certificate, stay_values
from claims.models import Claim
from claims.queries.own import bounce_words
from claims.queries.progress import last_return
from claims.rules import HOSPITAL, ITEMS, PARTS_OF
from claims.service import checks, figures
from claims.views.door import (
    blueprint,
    home_of,
    keep_photos,
    me,
    own,
    path_of,
    spots_of,
    tab_name,
    uploaders,
)
from claims.views.steps import (
    ACCOUNTS,
    EVERYTHING,
    Errors,
    changes_of,
    check_payee,
    check_stay,
    common,
    step_sure,
)
from core import clock
from core.access import allow
from core.context import scheme
from core.db import transaction
from core.errors import Invalid
from core.history import timeline
from core.once import new_op, once
from core.pages import again, error_page

SENT_TO_FINANCE = "已交给财务，预计 {n} 个工作日内重新打款"


@blueprint.get("/<number>/fix")
@allow("employee")
def fix(number: str) -> ResponseReturnValue:
    claim = own(number)
    if claim.state != "returned":
        return redirect(path_of(claim), 303)
    return _fix_page(claim, {}, None)


@blueprint.post("/<number>/fix")
@allow("employee")
def resubmit(number: str) -> ResponseReturnValue:
    """保存 keeps; 重新提交审核 keeps, checks and goes to the first level again (GX-26)."""
    claim = own(number)
    if claim.state != "returned":
        return redirect(path_of(claim), 303)
    again(lambda errors: _fix_page(claim, errors, None if "" in errors else request.form))
    do, seen = request.form.get("do", "submit"), request.form.get("seen", "")
    with transaction():
        service.save_step(claim, changes_of(claim, EVERYTHING), me(), tab=tab_name(), seen=seen)
    spoiled = keep_photos(claim, [paper["kind"] for paper in uploaders(claim)])
    if spoiled and do != "submit":
        raise Invalid(spoiled)
    if do in ACCOUNTS:
        return redirect(path_of(claim, "fix") + "#account", 303)
    if do != "submit":
        flash("已保存。改好后请点“重新提交审核”。")
        return redirect(path_of(claim, "fix"), 303)
    _must_be_complete(claim, spoiled)
    left = service.unchanged_items(claim)
    if left and request.form.get("unchanged") != "y":
        return _ask_page(claim, left)
    return _hand_in(claim)


@blueprint.post("/<number>/fix/unchanged")
@allow("employee")
def resubmit_unchanged(number: str) -> ResponseReturnValue:
    """确定直接重新提交: the person was asked, and knows that the item is as it was (E12)."""
    claim = own(number)
    if claim.state != "returned":
        return redirect(path_of(claim), 303)
    again(lambda errors: _fix_page(claim, errors, None))
    return _hand_in(claim)


def _hand_in(claim: Claim) -> ResponseReturnValue:
    location = path_of(claim, "submitted")
    seen = request.form.get("version", type=int)
    with transaction():
        once(request.form.get("op", ""), me(), location)
        service.resubmit(claim, me(), seen=seen)
    return redirect(location, 303)


def _must_be_complete(claim: Claim, spoiled: Errors) -> None:
    problems: Errors = {}
    warnings: Errors = {}
    for look in (check_stay, check_payee):
        found, warned = look(claim)
        problems |= found
        warnings |= warned
    problems = {**checks.stay_problems(claim), **problems, **checks.missing_papers(claim), **spoiled}
    if problems:
        raise Invalid({**warnings, **in_order(problems)})
    if warnings and request.form.get("sure") != _sure(claim):
        raise Invalid(warnings)


def _sure(claim: Claim) -> str:
    return f"{step_sure(claim, 2)}|{step_sure(claim, 3)}"


def _fix_page(claim: Claim, errors: Errors, sent: Any) -> str:
    stay, payee = read(StayForm, sent, stay_values(claim)), read(PayeeForm, sent, payee_values(claim))
    warned = {**stay.warning(), **payee.warning()}
    papers = uploaders(claim)
    parts = PARTS_OF[HOSPITAL]
    flagged = set(claim.return_items) or {*parts, *(paper["kind"] for paper in papers)}
    returned = last_return(timeline(claim.id))
    return render_template(
        "claims/fix.html",
        **common(claim, EVERYTHING, errors, papers),
        stay=stay,
        payee=payee,
        until=read_certificate(sent, claim),
        returned=returned,
        spots=spots_of(claim, returned),
        items=[(item, ITEMS.get(item, item)) for item in claim.return_items],
        flagged=flagged,
        parts=list(parts),
        sure=_sure(claim) if errors and errors == warned else "",
        op=new_op(),
        today=clock.today(),
    )


def _ask_page(claim: Claim, left: list[str]) -> str:
    said = "、".join(f"“{item}”" for item in left)
    return render_template(
        "claims/unchanged.html",
        claim=claim,
        text=f"{scheme().review.sent_back}原因里提到的{said}还没有改动，确定要直接重新提交吗？",
        base=path_of(claim),
        op=new_op(),
    )


@blueprint.get("/<number>/payee")
@allow("employee", "visitor")
def payee(number: str) -> ResponseReturnValue:
    claim = own(number)
    if claim.state != "pay_failed":
        return redirect(home_of(claim), 303)
    return _account_page(claim, {}, None)


@blueprint.post("/<number>/payee")
@allow("employee", "visitor")
def fix_payee(number: str) -> ResponseReturnValue:
    """提交给财务: only the account, and back to finance (GX-29)."""
    claim = own(number)
    if claim.state != "pay_failed":
        return redirect(home_of(claim), 303)
    again(lambda errors: _account_again(claim, errors))
    spoiled = keep_photos(claim, [paper["kind"] for paper in uploaders(claim, 3)])
    changes = changes_of(claim, 3)
    if request.form.get("do") in ACCOUNTS:
        with transaction():
            service.save_step(claim, changes, me())
        return redirect(path_of(claim, "payee"), 303)
    location = home_of(claim)
    has_looked = _check_account(claim, spoiled)
    with transaction():
        once(request.form.get("op", ""), me(), location)
        seen = request.form.get("version", type=int)
        service.fix_payee(claim, changes, me(), seen=seen, has_looked=has_looked)
    flash(SENT_TO_FINANCE.format(n=scheme().promises["pay_days"]))
    return redirect(location, 303)


def _account_again(claim: Claim, errors: Errors) -> str:
    """The same form; when another tab handed the account in already there is nothing left to fix."""
    if claim.state != "pay_failed":
        return error_page(409, "；".join(errors.values()), action_url=home_of(claim))
    return _account_page(claim, errors, None if "" in errors else request.form)


def _check_account(claim: Claim, spoiled: Errors) -> bool:
    """Nothing wrong with the account? Says whether something odd was looked at and confirmed."""
    problems, _ = check_payee(claim)
    if problems or spoiled:
        raise Invalid({**problems, **spoiled})
    form = read(PayeeForm, request.form, payee_values(claim))
    warnings = _account_warnings(claim, form)
    if warnings and request.form.get("sure") != _account_sure(form, warnings):
        raise Invalid(warnings)
    return bool(warnings)


def _account_warnings(claim: Claim, form: PayeeForm) -> Errors:
    """What is asked about once; the person may go on."""
    name, card = form.payee_name.data, form.payee_card.data
    same = service.is_same_account(claim, name, card)
    return {**form.warning(), **same, **service.lacks_new_photo(claim, card)}


def _account_sure(form: PayeeForm, warnings: Errors) -> str:
    """What 确认无误，继续 stands for: these questions about this very number."""
    return f"card-{(form.payee_card.data or '')[-4:]}-{'-'.join(sorted(warnings))}"


def _held_account(claim: Claim) -> dict[str, Any]:
    """The account on file to start from; outside WeChat without the card's number, which must be typed."""
    values = payee_values(claim)
    return {**values, "payee_card": ""} if me().kind == "visitor" else values


def _account_page(claim: Claim, errors: Errors, sent: Any) -> str:
    form = read(PayeeForm, sent, _held_account(claim))
    warnings = _account_warnings(claim, form)
    is_warned = bool(errors) and errors == warnings
    return render_template(
        "claims/payee.html",
        **common(claim, 3, errors),
        form=form,
        bounce=bounce_words(claim.bounce_code),
        amount_fen=claim.award_fen if claim.award_fen is not None else figures.estimate(claim).total_fen,
        sure=_account_sure(form, warnings) if is_warned else "",
        op=new_op(),
        is_visitor=me().kind == "visitor",
        home=home_of(claim),
    )
