"""Look it over and hand it in, the first time or again after a return (XM-85, XM-94)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from claims.admin.behalf import filling
from claims.admin.behalf.door import FILERS, blueprint, by_of, filing_of, path_of, uploaders
from claims.models import Claim
from claims.queries import kind_words
from claims.queries.pace import likely_words
from claims.rules import DEATH, EDITABLE, said_of_other
from claims.service import behalf, checks, correction, figures
from core.access import allow
from core.db import transaction
from core.errors import Invalid
from core.once import new_op, once
from core.pages import again, error_page
from employee import service as employees

NOT_DECLARED = "请先勾选“以上内容和单据真实，如有虚假愿承担责任”"
SUBMITTED = "申请已提交，申报号 {number}。{likely}有结果会通知您和被保障人。"
SUBMITTED_QUIETLY = "已经收到，申报号 {number}。办理结果会用短信告诉家属，也会通知您。"


@blueprint.get("/filings/<number>/check")
@allow(*FILERS)
def check(number: str) -> ResponseReturnValue:
    claim = filing_of(number)
    if claim.state not in EDITABLE:
        return redirect(path_of(claim), 303)
    return _page(claim, {})


@blueprint.post("/filings/<number>/check")
@allow(*FILERS)
def submit(number: str) -> ResponseReturnValue:
    """提交: sent twice or from two tabs, the answer is the same page and one application."""
    claim = filing_of(number)
    if claim.state in EDITABLE:
        again(lambda errors: _again(number, errors))
        if request.form.get("declared") != "y":
            raise Invalid({"declared": NOT_DECLARED})
        wrong, _ = filling.problems(claim)
        if wrong:
            raise Invalid(wrong)
        with transaction():
            once(request.form.get("op", ""), by_of(claim), path_of(claim))
            _hand_in(claim)
        _say(claim)
    return redirect(path_of(claim), 303)


def _hand_in(claim: Claim) -> None:
    by = by_of(claim)
    if claim.state == "draft":
        behalf.submit(claim, by, seen=request.form.get("seen", ""))
    else:
        correction.resubmit(claim, by, seen=request.form.get("version", type=int))


def _say(claim: Claim) -> None:
    words = SUBMITTED_QUIETLY if claim.kind == DEATH else SUBMITTED
    likely = likely_words(claim)
    flash(words.format(number=claim.number, likely=f"{likely}，" if likely else ""), "info")


def _again(number: str, errors: dict[str, str]) -> str:
    """The same page; when it was handed in meanwhile there is nothing left to look over."""
    claim = filing_of(number)
    if claim.state not in EDITABLE:
        return error_page(409, "；".join(errors.values()), action_url=path_of(claim))
    return _page(claim, errors)


def _page(claim: Claim, errors: dict[str, str]) -> str:
    found = figures.reckon(claim)
    findings = checks.run(claim, found)
    wrong, _ = filling.problems(claim)
    stops: dict[str, str] = {}
    for words in (*wrong.values(), *checks.blocking(findings).values()):
        stops.setdefault(said_of_other(words), "")
    left = correction.unchanged_items(claim) if claim.state == "returned" else []
    return render_template(
        "filings/check.html",
        claim=claim,
        title=kind_words(claim.kind),
        errors={key: words for key, words in errors.items() if key in ("", "declared")},
        problems=list(stops),
        notes=[said_of_other(item.text) for item in _open(findings)],
        left=left,
        award=found.award,
        shots=[(paper["label"], f"{len(paper['files'])} 张") for paper in uploaders(claim)],
        person=employees.card(claim.employee_id),
        is_quiet=claim.kind == DEATH,
        base=path_of(claim),
        op=new_op(),
        seen=claim.saved_at.isoformat(),
    )


def _open(findings: list[checks.Check]) -> list[Any]:
    """What the filer should know although it stops nothing; never what names other people's claims."""
    return [item for item in checks.for_applicant(findings) if not item.blocking]
