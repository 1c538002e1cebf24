"""提交, 删除, 取消: each on a page of its own that says what will happen."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow
from core.db import transaction
from core.errors import Conflict
from core.history import who_was_first
from core.once import new_op, once
from core.pages import again
from enrolment import rules
from enrolment.admin import showing
from enrolment.admin.door import KEEPERS, Errors, blueprint, enrolment_of, me, mine, path_of, seen
from enrolment.models import Enrolment
from enrolment.service import checks, filing, review


@blueprint.get("/<number>/submit")
@allow(*KEEPERS)
def submit(number: str) -> ResponseReturnValue:
    return _submit_page(_draft(number), {})


@blueprint.post("/<number>/submit")
@allow(*KEEPERS)
def submit_now(number: str) -> ResponseReturnValue:
    """提交 for review (XM-67). The same form twice is answered once; a second tab is told who was first."""
    again(lambda errors: _after(number, errors))
    with transaction():
        enrolment = mine(number)
        once(request.form.get("op", ""), me(), path_of(enrolment))
        filing.submit(enrolment, me(), seen())
    flash(f"参保申请 {number} 已提交，请等待审核。有结果会用短信和站内信通知您。", "good")
    return redirect(path_of(enrolment), 303)


@blueprint.get("/<number>/<any(delete, cancel):what>")
@allow(*KEEPERS)
def give_up(number: str, what: str) -> str:
    enrolment = _draft(number)
    return render_template(
        "enrolment/give_up.html", **showing.facts(enrolment), what=_possible(enrolment, what)
    )


@blueprint.post("/<number>/<any(delete, cancel):what>")
@allow(*KEEPERS)
def give_up_now(number: str, what: str) -> ResponseReturnValue:
    again(lambda errors: showing.page(enrolment_of(number), errors))
    with transaction():
        enrolment = mine(number)
        filing.give_up(enrolment, me(), seen(), what, request.form.get("note", "")[:600])
    if what == "delete":
        flash(f"参保申请 {number} 已删除，选过的职工可以重新参保。", "good")
        return redirect(url_for(".index"), 303)
    flash("参保申请已取消，选过的职工可以重新参保。", "good")
    return redirect(path_of(enrolment), 303)


def _possible(enrolment: Enrolment, what: str) -> str:
    """What was handed in once is cancelled, not deleted: reviewers have seen it."""
    return "cancel" if enrolment.submitted_at else what


def _draft(number: str) -> Enrolment:
    enrolment = mine(number)
    if enrolment.state != rules.DRAFT:
        raise Conflict(who_was_first(enrolment))
    return enrolment


def _after(number: str, errors: Errors) -> str:
    """After a refusal: the same page, or the enrolment as it is now when it moved on."""
    enrolment = enrolment_of(number)
    if enrolment.state != rules.DRAFT or enrolment.version != seen():
        return showing.page(enrolment, errors)
    return _submit_page(enrolment, errors)


def _submit_page(enrolment: Enrolment, errors: Errors) -> str:
    found = checks.run(enrolment, is_filing=True)
    return render_template(
        "enrolment/submit.html",
        errors=errors,
        values={"op": new_op()},
        **showing.facts(enrolment),
        findings=found,
        is_ready=not any(one.level == "bad" for one in found),
        parts=checks.PARTS,
        standing=checks.standing(enrolment),
        fee_fen=review.fee_of(enrolment),
    )
