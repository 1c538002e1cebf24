"""The three steps (GX-23): what each shows, how it is saved, where it leads. Nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from claims import service
from claims.forms import PayeeForm, StayForm, in_order, payee_values, read, read_certificate, stay_values
from claims.models import Claim
from claims.service import checks, figures
from claims.service.filing import last_payee, standing_photos
from claims.views.door import blueprint, keep_photos, me, own, path_of, tab_name, uploaders
from core import clock
from core.access import allow
from core.db import transaction
from core.errors import Invalid, Missing
from core.pages import again
from employee import service as employees
from plans.service import stay_days

Papers = list[dict[str, Any]]
Errors = dict[str, str]
EVERYTHING = 4
ACCOUNTS = ("own", "other")  # buttons that change whose card it is and show what that needs
NO_COVER = ("not_covered", "outside_cover")


@blueprint.get("/<number>/<int:step>")
@allow("employee")
def step(number: str, step: int) -> ResponseReturnValue:
    claim = own(number)
    if step not in PAGES:
        raise Missing
    if claim.state != "draft":
        return redirect(path_of(claim, "fix" if claim.state == "returned" else "submitted?again=1"), 303)
    return PAGES[step](claim, {}, None)


@blueprint.post("/<number>/<int:step>")
@allow("employee")
def save_step(number: str, step: int) -> ResponseReturnValue:
    """下一步, 上一步 and 保存退出 all save first; only 下一步 asks whether it is complete."""
    claim = own(number)
    if step not in PAGES:
        raise Missing
    if claim.state != "draft":
        return redirect(path_of(claim, "submitted?again=1"), 303)
    again(lambda errors: PAGES[step](claim, errors, None if "" in errors else request.form))
    do = request.form.get("do", "next")
    with transaction():
        service.save_step(claim, changes_of(claim, step), me(), step=step, tab=tab_name(), seen=_seen())
    spoiled = keep_photos(claim, [paper["kind"] for paper in uploaders(claim, step)])
    if do == "next":
        return _forward(claim, step, spoiled)
    if spoiled:
        raise Invalid(spoiled)
    return redirect(_elsewhere(claim, step, do), 303)


@blueprint.post("/<number>/draft")
@allow("employee")
def autosave(number: str) -> ResponseReturnValue:
    """What is typed so far, a moment after the last key (204)."""
    claim = own(number)
    step = request.form.get("step", type=int) or 0
    with transaction():
        service.save_step(claim, changes_of(claim, step), me(), tab=tab_name(), seen=_seen())
    return "", 204


def save_quietly(claim: Claim) -> None:
    """A button in the middle of the page (删除) sends the whole form along: keep what was typed."""
    step = request.form.get("step", type=int) or 0
    if step in (1, 2, 3):
        with transaction():
            service.save_step(claim, changes_of(claim, step), me(), tab=tab_name(), seen=_seen())


def _seen() -> str:
    return request.form.get("seen", "")


def changes_of(claim: Claim, step: int) -> dict[str, Any]:
    """What the page of this step says, as columns; EVERYTHING is the fix page (E12)."""
    found: dict[str, Any] = {}
    if step in (1, EVERYTHING):
        sheet = read_certificate(request.form, claim)
        found |= {**sheet.changes(), "as_typed": sheet.kept_as_typed(claim.as_typed)}
    if step in (2, EVERYTHING):
        stay = read(StayForm, request.form, stay_values(claim))
        found |= {**stay.changes(), "as_typed": stay.kept_as_typed(found.get("as_typed", claim.as_typed))}
    if step in (3, EVERYTHING):
        found |= read(PayeeForm, request.form, payee_values(claim)).changes()
    account = request.form.get("do", "")
    if account not in ACCOUNTS:
        account = request.form.get("is_own_account", "")
    if step in (3, EVERYTHING) and account in ACCOUNTS:
        found["is_own_account"] = account == "own"
    return found


def _forward(claim: Claim, step: int, spoiled: Errors) -> ResponseReturnValue:
    """All that is wrong is said at once: answers, photos, and what would be asked about next."""
    problems, warning = CHECKS[step](claim)
    if problems or spoiled:
        raise Invalid({**warning, **problems, **spoiled})
    if warning and request.form.get("sure") != step_sure(claim, step):
        raise Invalid(warning)
    if step == 2 and (note := _no_cover(claim)):
        return render_template(
            "claims/not_insured.html", claim=claim, text=note, back=path_of(claim, "2")
        ), 422
    return redirect(path_of(claim, str(step + 1) if step < 3 else "check"), 303)


def _elsewhere(claim: Claim, step: int, do: str) -> str:
    if do == "back" and step > 1:
        return path_of(claim, str(step - 1))
    if do == "reuse":
        with transaction():
            service.reuse_documents(claim, me())
        return path_of(claim, str(step))
    if do == "last_payee":
        _fill_last_payee(claim)
        return path_of(claim, str(step))
    return path_of(claim, str(step)) if do in ACCOUNTS else "/h5/claims"


def _fill_last_payee(claim: Claim) -> None:
    earlier = last_payee(claim)
    if earlier is not None:
        with transaction():
            service.save_step(claim, {**payee_values(earlier), "is_own_account": True}, me())


def step_sure(claim: Claim, step: int) -> str:
    """What 确认无误，继续 stands for: the very values that were warned about."""
    if step == 1:
        return f"id-{claim.id_expires_on}"
    if step == 2:
        return f"{claim.total_fen}-{claim.pooled_fen}-{claim.self_paid_fen}-{claim.own_expense_fen}"
    return f"card-{(claim.payee_card or '')[-4:]}"


def check_photos(claim: Claim) -> tuple[Errors, Errors]:
    sheet = read_certificate(request.form, claim)
    return {**sheet.wrong(), **checks.missing_papers(claim, 1)}, sheet.warning(clock.today())


def check_stay(claim: Claim) -> tuple[Errors, Errors]:
    """The page by itself, against cover, other stays and other bills, and its photos: all at once."""
    form = read(StayForm, request.form, stay_values(claim))
    problems = {**form.problems(clock.today()), **checks.missing_papers(claim, 2)}
    return in_order({**_stay_problems(claim, bool(problems)), **problems}), form.warning()


def check_payee(claim: Claim) -> tuple[Errors, Errors]:
    form = read(PayeeForm, request.form, payee_values(claim))
    problems = form.problems(claim.is_own_account)
    if claim.is_own_account and "payee_name" not in problems:
        person = employees.card(claim.employee_id)
        if words := checks.name_problem(form.payee_name.data or "", person.name):
            problems["payee_name"] = words
    return {**problems, **checks.missing_papers(claim, 3)}, form.warning()


def _stay_problems(claim: Claim, is_among_others: bool) -> Errors:
    """No cover alone is not an error of the form: it gets a page of its own with what to do (E6)."""
    found = figures.reckon(claim)
    notes = [note for note in found.award.notes if note.blocking and note.code in NO_COVER]
    return {} if notes and not is_among_others else checks.stay_problems(claim, found)


def _no_cover(claim: Claim) -> str:
    notes = figures.estimate(claim).notes
    return next((note.text for note in notes if note.blocking and note.code in NO_COVER), "")


def common(claim: Claim, step: int, errors: Errors, papers: Papers | None = None) -> dict[str, Any]:
    """What every form page of a claim is given."""
    return {
        "claim": claim,
        "step": step,
        "errors": errors,
        "base": path_of(claim),
        "tab_name": tab_name(),
        "seen": claim.saved_at.isoformat(),
        "papers": uploaders(claim, step) if papers is None else papers,
        "asks": figures.asked_of(claim),
    }


def _photo_page(claim: Claim, errors: Errors, sent: Any) -> str:
    given = common(claim, 1, errors)
    sheet = read_certificate(sent, claim)
    warned = sheet.warning(clock.today())
    on_file = [] if any(paper["files"] for paper in given["papers"]) else standing_photos(claim)
    return render_template(
        "claims/step1.html",
        **given,
        person=employees.card(claim.employee_id),
        until=sheet,
        sure=step_sure(claim, 1) if errors and errors == warned else "",
        on_file=min((photo.added_at for photo in on_file), default=None),
    )


def _stay_page(claim: Claim, errors: Errors, sent: Any) -> str:
    form = read(StayForm, sent, stay_values(claim))
    sure = step_sure(claim, 2) if errors and errors == form.warning() else ""
    days = stay_days(claim.admitted_on, claim.discharged_on)
    return render_template(
        "claims/step2.html", **common(claim, 2, errors), form=form, sure=sure, days=days, today=clock.today()
    )


def _payee_page(claim: Claim, errors: Errors, sent: Any) -> str:
    form = read(PayeeForm, sent, payee_values(claim))
    sure = step_sure(claim, 3) if errors and errors == form.warning() else ""
    earlier = None if claim.payee_card else last_payee(claim)
    return render_template(
        "claims/step3.html", **common(claim, 3, errors), form=form, sure=sure, earlier=earlier
    )


PAGES: dict[int, Callable[[Claim, Errors, Any], str]] = {1: _photo_page, 2: _stay_page, 3: _payee_page}
CHECKS: dict[int, Callable[[Claim], tuple[Errors, Errors]]] = {1: check_photos, 2: check_stay, 3: check_payee}
