"""Starting an application, checking it, handing it in, taking it back."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from claims import queries, service
from claims.models import Claim
from claims.queries.pace import likely_words
from claims.rules import ALREADY_SUBMITTED, HOSPITAL
from claims.service import checks, figures
from claims.service.filing import CONSENTS, NO_CONSENT, has_appealed
from claims.views.door import blueprint, me, my_id, own, path_of, uploaders
from core.access import allow
from core.context import scheme
from core.db import transaction
from core.errors import Invalid, Missing
from core.history import timeline
from core.once import answered, new_op, once
from core.pages import again, error_page
from employee import service as employees
from employee.service.consents import consent
from plans import queries as coverages

NOT_DECLARED = "请先勾选“以上内容和单据真实，如有虚假愿承担责任”"
_SHOTS = {1: "证件照片", 2: "单据照片", 3: "收款账户的照片"}
# Which step puts a check right; everything else is step 2.
_STEP_OF_CHECK = {"payee_name": 3, "card": 3, "id_expired": 1, "typed_id_expires_on": 1}


@blueprint.get("/new")
@allow("employee")
def new() -> ResponseReturnValue:
    """E6: not insured → a page that says what to do; an open draft → 继续 or 另起一份; else the start."""
    if not coverages.coverages_of(my_id()):
        return render_template("claims/not_insured.html", claim=None, text="", back="/h5/claims")
    if "again" not in request.args and (draft := queries.open_draft(my_id(), HOSPITAL)):
        return render_template("claims/open_draft.html", draft=draft)
    return _start_page({})


@blueprint.post("/new")
@allow("employee")
def start() -> ResponseReturnValue:
    again(_start_page)
    op, by = request.form.get("op", ""), me()
    kind = request.form.get("kind", HOSPITAL)
    with transaction():
        once(op, by, "/h5/claims")
        _take_consents()
        claim = service.start_draft(kind, by)
        answered(op, path_of(claim, "1"))
    return redirect(path_of(claim, "1"), 303)


def _start_page(errors: dict[str, str]) -> str:
    needs = [] if employees.has_consents(my_id(), list(CONSENTS)) else list(CONSENTS)
    operator = scheme().brand.operator
    purposes = [(key, consent(key).title, consent(key).text.format(operator=operator)) for key in needs]
    return render_template(
        "claims/start.html",
        errors=errors,
        values=request.form,
        purposes=purposes,
        op=new_op(),
        kind_title=queries.kind_words(HOSPITAL),
        note=scheme().hints.get("note", ""),
    )


def _take_consents() -> None:
    """Three separate ticks, asked for once; without all of them nothing is kept."""
    if employees.has_consents(my_id(), list(CONSENTS)):
        return
    missing = [key for key in CONSENTS if request.form.get(f"consent_{key}") != "y"]
    if missing:
        raise Invalid({f"consent_{missing[0]}": NO_CONSENT})
    employees.give_consent(my_id(), list(CONSENTS), me())


@blueprint.get("/<number>/check")
@allow("employee")
def check(number: str) -> ResponseReturnValue:
    claim = own(number)
    if claim.state != "draft":
        return redirect(path_of(claim, "submitted?again=1"), 303)
    return _check_page(claim, {})


@blueprint.post("/<number>/check")
@allow("employee")
def submit(number: str) -> ResponseReturnValue:
    """提交申请: sent twice, from two tabs or after 返回, the answer is the same page and one application."""
    claim = own(number)
    location = path_of(claim, "submitted")
    if claim.state == "draft":
        again(lambda errors: _check_page(claim, errors))
        if request.form.get("declared") != "y":
            raise Invalid({"declared": NOT_DECLARED})
        with transaction():
            once(request.form.get("op", ""), me(), location)
            service.submit(claim, me(), seen=request.form.get("seen", ""))
    return redirect(location, 303)


def _check_page(claim: Claim, errors: dict[str, str]) -> str:
    found = figures.reckon(claim)
    findings = checks.for_applicant(checks.run(claim, found))
    problems = [
        {"id": f"f-{item.code}", "text": item.text, "url": path_of(claim, str(_step_of(claim, item.code)))}
        for item in findings
        if item.blocking
    ]
    return render_template(
        "claims/check.html",
        claim=claim,
        title=queries.kind_words(claim.kind),
        errors={key: words for key, words in errors.items() if key in ("", "declared")},
        problems=problems,
        notes=[item.text for item in findings if not item.blocking],
        award=found.award,
        shots=_shots(claim),
        person=employees.card(claim.employee_id),
        base=path_of(claim),
        op=new_op(),
        seen=claim.saved_at.isoformat(),
    )


def _shots(claim: Claim) -> list[tuple[str, int, list[dict[str, Any]]]]:
    """The photos to be looked at once more, in the order of the steps they were asked for in."""
    found: dict[int, list[dict[str, Any]]] = {step: [] for step in _SHOTS}
    for paper in uploaders(claim):
        found[paper["step"]] += paper["files"]
    return [(_SHOTS[step], step, photos) for step, photos in found.items()]


def _step_of(claim: Claim, code: str) -> int:
    if code.startswith("paper_"):
        kind = code.removeprefix("paper_")
        return next((n for n in (1, 2, 3) if kind in checks.missing_papers(claim, n)), 2)
    return _STEP_OF_CHECK.get(code, 2)


@blueprint.get("/<number>/submitted")
@allow("employee")
def submitted(number: str) -> ResponseReturnValue:
    """E10b; also what 返回 after submitting shows, with the words that it was handed in already."""
    claim = own(number)
    if claim.state == "draft":
        return redirect(path_of(claim, str(claim.step)), 303)
    if claim.submitted_at is None:
        raise Missing
    again_at = [step.at for step in timeline(claim.id) if step.action.startswith("resubmit_to_")]
    return render_template(
        "claims/submitted.html",
        claim=claim,
        resent_at=max(again_at, default=None),
        likely=likely_words(claim),
        words=ALREADY_SUBMITTED,
        is_again="again" in request.args,
    )


_CONFIRM = {
    "withdraw": (
        "撤回申请",
        "撤回后这份申请不再审核。需要时可以重新申请，之前填的内容仍能查看。确定撤回吗？",
        "撤回",
    ),
    "delete": ("删除草稿", "删除后不能恢复，照片也一起删除。确定删除吗？", "删除"),
    "appeal": ("申请复议", "复议只能申请一次，会由复核人员重新审核。", "提交复议"),
}


@blueprint.get("/<number>/<any(withdraw, delete, appeal):action>")
@allow("employee")
def confirm(number: str, action: str) -> ResponseReturnValue:
    claim = own(number)
    if not _may(claim, action):
        return redirect(path_of(claim), 303)
    return _confirm_page(claim, action, {})


@blueprint.post("/<number>/<any(withdraw, delete, appeal):action>")
@allow("employee")
def confirmed(number: str, action: str) -> ResponseReturnValue:
    claim, by = own(number), me()
    again(lambda errors: _asked_again(claim, action, errors))
    seen = request.form.get("seen", type=int)
    location = "/h5/claims" if action == "delete" else path_of(claim)
    with transaction():
        once(request.form.get("op", ""), by, location)
        if action == "delete":
            service.delete_draft(claim, by)
        elif action == "appeal":
            service.appeal(claim, by, request.form.get("note", ""), seen=seen)
        else:
            service.withdraw(claim, by, seen=seen)
    return redirect(location, 303)


def _asked_again(claim: Claim, action: str, errors: dict[str, str]) -> str:
    """The same question; when the application has moved on there is nothing left to ask."""
    if _may(claim, action):
        return _confirm_page(claim, action, errors)
    return error_page(409, "；".join(errors.values()), action_url=path_of(claim))


def _may(claim: Claim, action: str) -> bool:
    if action == "delete":
        return claim.state == "draft"
    if action == "appeal":
        return claim.state == "refused" and not claim.photos_erased_at and not has_appealed(claim)
    return claim.state in ("union_review", "first_review", "second_review")


def _confirm_page(claim: Claim, action: str, errors: dict[str, str]) -> str:
    title, text, button = _CONFIRM[action]
    return render_template(
        "claims/confirm.html",
        claim=claim,
        action=action,
        title=title,
        text=text,
        button=button,
        errors=errors,
        values=request.form,
        op=new_op(),
        url=path_of(claim, action),
        back=path_of(claim),
    )
