"""What is asked about the claim? One page of questions by its kind; nothing typed is lost."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from claims.admin.behalf import papers
from claims.admin.behalf.door import FILERS, blueprint, by_of, filing_of, path_of, uploaders
from claims.forms import (
    EVENT_FORMS,
    OtherPayeeForm,
    event_values,
    other_payee_values,
    read,
    read_certificate,
)
from claims.models import Claim
from claims.queries import kind_words
from claims.queries.progress import last_return
from claims.rules import DEATH, EDITABLE, ITEMS, said_of_other
from claims.service import behalf, checks, figures, filing
from claims.service.moving import is_mourned
from claims.views.door import tab_name
from claims.views.steps import ACCOUNTS
from core import clock
from core.access import allow
from core.db import transaction
from core.errors import Invalid
from core.history import timeline
from core.pages import again
from employee import service as employees
from plans.service import stay_days

Errors = dict[str, str]


@blueprint.get("/filings/<number>/form")
@allow(*FILERS)
def form(number: str) -> ResponseReturnValue:
    claim = filing_of(number)
    if claim.state not in EDITABLE:
        return redirect(path_of(claim), 303)
    return page(claim, {}, None)


@blueprint.post("/filings/<number>/form")
@allow(*FILERS)
def save(number: str) -> ResponseReturnValue:
    """保存 and 下一步 both save first; only 下一步 asks whether it is complete."""
    claim = filing_of(number)
    if claim.state not in EDITABLE:
        return redirect(path_of(claim), 303)
    again(lambda errors: page(filing_of(number), errors, None if "" in errors else request.form))
    do = request.form.get("do", "next")
    keep(claim)
    papers.keep_sent(claim)
    if do == "agent_photos":
        with transaction():
            behalf.reuse_agent_photos(claim, by_of(claim))
        return redirect(path_of(claim, "form") + "#agent", 303)
    if do in ACCOUNTS:
        return redirect(path_of(claim, "form") + "#account", 303)
    if do == "leave":
        return redirect(path_of(claim), 303)
    return _forward(claim)


@blueprint.post("/filings/<number>/draft")
@allow(*FILERS)
def autosave(number: str) -> ResponseReturnValue:
    """What is typed so far, a moment after the last key (204)."""
    keep(filing_of(number))
    return "", 204


def keep(claim: Claim) -> None:
    """Everything that was sent, as far as it can be read; the rest as it was typed."""
    with transaction():
        values = changes_of(claim)
        filing.save_step(claim, values, by_of(claim), tab=tab_name(), seen=request.form.get("seen", ""))


def changes_of(claim: Claim) -> dict[str, Any]:
    """What the page says, as columns."""
    certificate = read_certificate(request.form, claim)
    found = {**certificate.changes(), "as_typed": certificate.kept_as_typed(claim.as_typed)}
    event = read(EVENT_FORMS[claim.kind], request.form, event_values(claim))
    found |= {**event.changes(), "as_typed": event.kept_as_typed(found["as_typed"])}
    return found | account_changes(claim)


def account_changes(claim: Claim) -> dict[str, Any]:
    """The questions about the account alone."""
    found: dict[str, Any] = read(OtherPayeeForm, request.form, other_payee_values(claim)).changes()
    pressed = request.form.get("do", "")
    chosen = pressed if pressed in ACCOUNTS else request.form.get("is_own_account", "")
    if chosen in ACCOUNTS:
        found["is_own_account"] = chosen == "own"
    if pressed in ACCOUNTS:  # another person's card: nothing of this one is theirs
        name = employees.card(claim.employee_id).name if pressed == "own" else ""
        found |= {"payee_name": name, "payee_bank": "", "payee_branch": "", "payee_card": None}
    return found


def problems(claim: Claim, sent: Any = None) -> tuple[Errors, Errors]:
    """Question → words for all that is wrong or odd; of a stored claim when nothing was sent."""
    certificate = read_certificate(sent, claim)
    event = read(EVENT_FORMS[claim.kind], sent, event_values(claim))
    found = {**certificate.wrong(), **event.problems(clock.today())}
    stops = {} if found else checks.stay_problems(claim)
    account, odd = account_problems(claim, sent)
    found = {**found, **stops, **account, **checks.missing_papers(claim)}
    return {name: said_of_other(words) for name, words in found.items()}, {**event.warning(), **odd}


def account_problems(claim: Claim, sent: Any) -> tuple[Errors, Errors]:
    """Of the account alone. After a death the family's phone is needed, else only 情况说明's reason."""
    sheet: OtherPayeeForm = read(OtherPayeeForm, sent, other_payee_values(claim))
    sheet.today = clock.today()
    person = employees.card(claim.employee_id)
    found = sheet.problems(claim.is_own_account, their_phone=person.phone, needs_phone=is_mourned(claim))
    differs = checks.name_problem(sheet.payee_name.data or "", person.name)
    if claim.is_own_account and differs:
        found.setdefault("payee_name", differs)
    return found, sheet.warning()


def _forward(claim: Claim) -> ResponseReturnValue:
    wrong, odd = problems(claim, request.form)
    if wrong:
        raise Invalid(wrong)
    if odd and request.form.get("sure") != sure_of(claim):
        raise Invalid(odd)
    return redirect(path_of(claim, "check"), 303)


def sure_of(claim: Claim) -> str:
    """What 确认无误，继续 stands for: the very values that were warned about."""
    sums = (claim.total_fen, claim.pooled_fen, claim.self_paid_fen, claim.own_expense_fen)
    return "-".join(map(str, (*sums, (claim.payee_card or "")[-4:])))


def page(claim: Claim, errors: Errors, sent: Any) -> str:
    event = read(EVENT_FORMS[claim.kind], sent, event_values(claim))
    account = read(OtherPayeeForm, sent, other_payee_values(claim))
    warned = {**event.warning(), **account.warning()}
    person = employees.card(claim.employee_id)
    returned = last_return(timeline(claim.id)) if claim.state == "returned" else None
    return render_template(
        "filings/form.html",
        claim=claim,
        errors=errors,
        title=kind_words(claim.kind),
        person=person,
        is_quiet=claim.kind == DEATH,
        is_mourned=is_mourned(claim),
        form=event,
        account=account,
        until=read_certificate(sent, claim),
        papers=uploaders(claim),
        asks=figures.asked_of(claim),
        days=stay_days(claim.admitted_on, claim.discharged_on),
        today=clock.today(),
        returned=returned,
        items=[(item, ITEMS.get(item, item)) for item in claim.return_items],
        can_reuse_agent=behalf.agent_photo(claim, "agent_id_front") is not None,
        sure=sure_of(claim) if errors and errors == warned else "",
        tab_name=tab_name(),
        seen=claim.saved_at.isoformat(),
        base=path_of(claim),
    )
