"""The bank sent the money back: only the account may change, and it goes back to finance (GX-29)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from claims.admin.behalf import filling, papers
from claims.admin.behalf.door import FILERS, blueprint, by_of, filing_of, path_of, uploaders
from claims.forms import OtherPayeeForm, other_payee_values, read
from claims.models import Claim
from claims.queries.own import bounce_words
from claims.service import checks, correction, filing
from claims.service.moving import is_mourned
from claims.views.steps import ACCOUNTS
from core.access import allow
from core.context import scheme
from core.db import transaction
from core.errors import Invalid
from core.once import new_op, once
from core.pages import again, error_page
from employee import service as employees

Errors = dict[str, str]
SENT_TO_FINANCE = "已交给财务，预计 {n} 个工作日内重新打款。"


@blueprint.get("/filings/<number>/payee")
@allow(*FILERS)
def payee(number: str) -> ResponseReturnValue:
    claim = filing_of(number)
    if claim.state != "pay_failed":
        return redirect(path_of(claim), 303)
    return _page(claim, {}, None)


@blueprint.post("/filings/<number>/payee")
@allow(*FILERS)
def fix_payee(number: str) -> ResponseReturnValue:
    claim = filing_of(number)
    if claim.state != "pay_failed":
        return redirect(path_of(claim), 303)
    again(lambda errors: _again(number, errors))
    papers.keep_sent(claim)
    changes, by = filling.account_changes(claim), by_of(claim)
    if request.form.get("do") in ACCOUNTS:
        with transaction():
            filing.save_step(claim, changes, by)
        return redirect(path_of(claim, "payee"), 303)
    has_looked = _check(claim)
    with transaction():
        once(request.form.get("op", ""), by, path_of(claim))
        seen = request.form.get("version", type=int)
        correction.fix_payee(claim, changes, by, seen=seen, has_looked=has_looked)
    flash(SENT_TO_FINANCE.format(n=scheme().promises["pay_days"]), "info")
    return redirect(path_of(claim), 303)


def _check(claim: Claim) -> bool:
    """Nothing wrong with the account? Says whether something odd was looked at and confirmed."""
    wrong, _ = filling.account_problems(claim, request.form)
    kinds = {paper["kind"] for paper in _papers(claim)}
    lacks = {kind: words for kind, words in checks.missing_papers(claim).items() if kind in kinds}
    if wrong or lacks:
        raise Invalid({**wrong, **lacks})
    odd = _odd(claim, request.form)
    if odd and request.form.get("sure") != _sure(odd):
        raise Invalid(odd)
    return bool(odd)


def _odd(claim: Claim, sent: Any) -> Errors:
    """What is asked about once; the filer may go on."""
    sheet = read(OtherPayeeForm, sent, other_payee_values(claim))
    name, card = sheet.payee_name.data, sheet.payee_card.data
    same = correction.is_same_account(claim, name, card)
    return {**sheet.warning(), **same, **correction.lacks_new_photo(claim, card)}


def _sure(odd: Errors) -> str:
    return f"{(request.form.get('payee_card') or '')[-4:]}-{'-'.join(sorted(odd))}"


def _again(number: str, errors: Errors) -> str:
    claim = filing_of(number)
    if claim.state != "pay_failed":
        return error_page(409, "；".join(errors.values()), action_url=path_of(claim))
    return _page(claim, errors, None if "" in errors else request.form)


def _papers(claim: Claim) -> list[dict[str, Any]]:
    return [paper for paper in uploaders(claim) if paper["group"] == "account"]


def _page(claim: Claim, errors: Errors, sent: Any) -> str:
    odd = _odd(claim, sent) if sent is not None else {}
    return render_template(
        "filings/payee.html",
        claim=claim,
        errors=errors,
        person=employees.card(claim.employee_id),
        account=read(OtherPayeeForm, sent, other_payee_values(claim)),
        papers=_papers(claim),
        is_mourned=is_mourned(claim),
        bounce=bounce_words(claim.bounce_code),
        sure=_sure(odd) if errors and errors == odd else "",
        op=new_op(),
        base=path_of(claim),
    )
