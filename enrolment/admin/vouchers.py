"""What does the union owe, and what has it paid? 缴费凭证 of the operator (A9, XM-75, XM-76)."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock, context
from core.access import allow, current_actor
from core.db import db, transaction
from core.errors import Missing
from core.files.papers import take_paper
from core.once import new_op, once
from core.pages import again
from enrolment.admin.money import Typed, media_of, paper_answer, seen, shown_files, upload
from enrolment.models import Enrolment, Voucher
from enrolment.queries import listing
from enrolment.queries import paying as queries
from enrolment.rules import AWAITING_VOUCHER, CONFIRMING, DONE, KEEPERS, LABELS
from enrolment.rules import paying as rules
from enrolment.service import confirming, invoices, vouchers

blueprint = Blueprint("vouchers", __name__, url_prefix="/admin/enrolments/<number>/voucher")

NO_FILE = "请选择缴费凭证的照片或 PDF"
Errors = dict[str, str]


def mine(number: str) -> Enrolment:
    """An enrolment that has come to its fee. Raises `Missing`: absent and other unions' look alike."""
    row = queries.find(number, current_actor(), *KEEPERS)
    if row.state not in (AWAITING_VOUCHER, CONFIRMING, DONE):
        raise Missing
    return row


@blueprint.get("")
@allow(*KEEPERS)
def show(number: str) -> str:
    return _page(number, {})


def _page(number: str, errors: Errors) -> str:
    enrolment = mine(number)
    rows = vouchers.live(enrolment.id)
    media = media_of([row.file_id for row in rows])
    told_fen, due_fen = sum(row.amount_fen for row in rows), enrolment.fee_due_fen or 0
    return render_template(
        "fees/voucher.html",
        enrolment=enrolment,
        label=LABELS[enrolment.state],
        rail=listing.rail_labels(),
        plan_name=confirming.plan_name(enrolment.plan_code),
        fees=context.scheme().fees,
        is_open=enrolment.state == AWAITING_VOUCHER,
        is_done=enrolment.state == DONE,
        late_words=_late(enrolment) if enrolment.state == AWAITING_VOUCHER else "",
        returned=confirming.last_return(enrolment),
        files=shown_files(rows, ".file", media, number=number),
        told_fen=told_fen,
        due_fen=due_fen,
        off_words=rules.off_words(told_fen, due_fen),
        can_add=len(rows) < rules.MOST_VOUCHERS,
        invoice=invoices.invoice_of(enrolment.id),
        values=_values(enrolment, max(0, due_fen - told_fen)),
        errors=errors,
        op=new_op(),
    )


def _late(enrolment: Enrolment) -> str:
    days = rules.days_late(enrolment.due_on, clock.today())
    return rules.LATE.format(day=enrolment.due_on, days=days) if days else ""


def _values(enrolment: Enrolment, left_fen: int) -> dict[str, Any]:
    """What was typed, else what most unions would type: today, what is left, their own name."""
    amount = f"{left_fen // 100}.{left_fen % 100:02d}" if left_fen else ""
    usual = {"paid_on": f"{clock.today()}", "amount": amount, "payer": enrolment.union_name}
    return usual | request.form.to_dict()


@blueprint.post("")
@allow(*KEEPERS)
def add(number: str) -> ResponseReturnValue:
    """One more voucher; the photo is read before the transaction."""
    again(lambda errors: _page(number, errors))
    mine(number)
    location, typed = url_for(".show", number=number), Typed()
    paid_on = typed.day("paid_on", "请选择缴费日期", rules.FUTURE)
    amount_fen = typed.money("amount")
    payer = typed.text("payer", 100, "请填写付款户名，和银行回单上的一致")
    if not (found := request.files.get("file")) or not found.filename:
        typed.errors["file"] = NO_FILE
    typed.done()
    paper = take_paper(upload("file", NO_FILE).stream, "file")
    with transaction():
        once(request.form.get("op", ""), current_actor(), location)
        vouchers.add(mine(number), paper, paid_on, amount_fen, payer, current_actor())
    flash("凭证已上传。核对无误后，请点“确认”交给财务。")
    return redirect(location, 303)


@blueprint.post("/<uuid:voucher_id>/remove")
@allow(*KEEPERS)
def remove(number: str, voucher_id: uuid.UUID) -> ResponseReturnValue:
    again(lambda errors: _page(number, errors))
    with transaction():
        vouchers.remove(mine(number), voucher_id, current_actor())
    flash("凭证已删除，可以重新上传。")
    return redirect(url_for(".show", number=number), 303)


@blueprint.post("/submit")
@allow(*KEEPERS)
def submit(number: str) -> ResponseReturnValue:
    """确认 (XM-76): finance looks at it now."""
    again(lambda errors: _page(number, errors))
    with transaction():
        vouchers.submit(mine(number), current_actor(), seen(), request.form.get("note", "")[:300])
    flash("已交给财务确认。确认到账后，会用短信和站内信通知您和每一位参保职工。")
    return redirect(url_for(".show", number=number), 303)


@blueprint.get("/<uuid:voucher_id>/<any(thumb, preview, full):size>")
@allow(*KEEPERS)
def file(number: str, voucher_id: uuid.UUID, size: str) -> Response:
    return answer_for(mine(number), voucher_id, size)


def answer_for(enrolment: Enrolment, voucher_id: uuid.UUID, size: str) -> Response:
    """The paper of a voucher of this enrolment."""
    row = db.session.get(Voucher, voucher_id)
    if row is None or row.enrolment_id != enrolment.id:
        raise Missing
    return paper_answer(row.file_id, size, f"{enrolment.number}-voucher", enrolment.number)
