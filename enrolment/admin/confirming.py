"""Whose fee has come, and is it enough? Finance's pages: list, one enrolment, 退回, 同意确认 (A9, XM-77)."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Missing, Refused
from core.factor import RECENT, must_be_fresh
from core.history import timeline
from core.money import shown_yuan, yuan
from core.pages import again, join_reasons
from enrolment.admin.money import media_of, seen, shown_files
from enrolment.admin.vouchers import answer_for
from enrolment.models import Enrolment
from enrolment.queries import paying as queries
from enrolment.queries import story
from enrolment.rules import AWAITING_VOUCHER, CONFIRMING, DONE, FINANCE, LABELS
from enrolment.rules import paying as rules
from enrolment.service import confirming, invoices, receipts, vouchers

blueprint = Blueprint("fees", __name__, url_prefix="/admin/vouchers")

REASONS = (
    "凭证看不清，请重新拍照或上传银行电子回单",
    "凭证金额与应缴金额不一致，请核对后补缴或说明",
    "没有查到这笔到账，请核对收款账号和付款日期",
    "凭证不是本次参保缴费，请上传正确的凭证",
)
TABS = ((CONFIRMING, "待确认"), (AWAITING_VOUCHER, "等待缴费"), (DONE, "已办结"))
Errors = dict[str, str]


@blueprint.get("")
@allow(*rules.MONEY_READERS, everywhere=True)
def index() -> str:
    given = {name: request.args.get(name, "")[:60].strip() for name in ("state", "q")}
    state = given["state"] if given["state"] in queries.STATES else CONFIRMING
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    found = queries.listed(state, given["q"], before=before, after=after)
    best = queries.best_of(found.rows) if state != DONE else {}
    return render_template(
        "fees/index.html",
        rows=[_line(row, best.get(row.id)) for row in found.rows],
        tabs=_tabs(state),
        state=state,
        prev_url=_url(state, given["q"], before=found.before) if found.before else "",
        next_url=_url(state, given["q"], after=found.after) if found.after else "",
        is_filtered=bool(given["q"]),
    )


def _tabs(now: str) -> list[dict[str, Any]]:
    counts = queries.counts()
    return [
        {
            "label": f"{label} {counts[state]} 件" if counts.get(state) else label,
            "url": _url(state),
            "current": state == now,
        }
        for state, label in TABS
    ]


def _url(state: str, part: str = "", **cursor: Any) -> str:
    kept: dict[str, Any] = {"q": part} if part else {}
    return url_for(".index", state=state, **kept, **cursor)


def _line(row: queries.DueLine, found: rules.Match | None) -> dict[str, Any]:
    return {
        "number": row.number,
        "url": url_for(".show", number=row.number),
        "union": row.union_name,
        "due": row.due_fen,
        "told": row.voucher_fen,
        "arrived": row.arrived_fen,
        "check": _check(row, found),
        "at": row.state_at,
    }


def _check(row: queries.DueLine, found: rules.Match | None) -> str:
    """In words: how the money stands, or which transfer may be meant."""
    if row.state == DONE or row.arrived_fen >= row.due_fen > 0:
        return rules.off_words(row.arrived_fen, row.due_fen)
    if found:
        return f"有到账“{found.level}”：{found.why}"
    return rules.off_words(row.arrived_fen, row.due_fen) if row.arrived_fen else "还没有对上到账"


def _found(number: str) -> Enrolment:
    row = queries.find(number, current_actor(), *rules.MONEY_READERS)
    if row.state not in queries.STATES:
        raise Missing
    return row


@blueprint.get("/<number>")
@allow(*rules.MONEY_READERS, everywhere=True)
def show(number: str) -> str:
    return _page(number, {})


def _page(number: str, errors: Errors) -> str:
    enrolment = _found(number)
    rows = vouchers.live(enrolment.id)
    shares = receipts.shares_of(enrolment.id)
    due_fen, paid_fen = enrolment.fee_due_fen or 0, sum(share.amount_fen for share, _ in shares)
    told_fen = sum(row.amount_fen for row in rows)
    can_match = current_actor().has(*FINANCE) and enrolment.state in (AWAITING_VOUCHER, CONFIRMING)
    return render_template(
        "fees/show.html",
        enrolment=enrolment,
        label=LABELS[enrolment.state],
        plan_name=confirming.plan_name(enrolment.plan_code),
        files=shown_files(rows, ".file", media_of([row.file_id for row in rows]), number=number),
        elsewhere=vouchers.elsewhere(enrolment.id),
        told_fen=told_fen,
        due_fen=due_fen,
        paid_fen=paid_fen,
        told_words=rules.off_words(told_fen, due_fen),
        off_words=rules.off_words(paid_fen, due_fen),
        off_tone="good" if paid_fen == due_fen else "warn",
        shares=shares,
        candidates=_candidates(enrolment, due_fen - paid_fen) if can_match else [],
        can_match=can_match,
        can_decide=enrolment.state == CONFIRMING and current_actor().has(*FINANCE),
        is_own=current_actor().id in confirming.own_hands(enrolment),
        confirmation=confirming.confirmation_of(enrolment.id),
        decisions=rules.OVERPAID | rules.UNDERPAID,
        invoice=invoices.invoice_of(enrolment.id),
        steps=story.events(timeline(enrolment.id)),
        errors=errors,
    )


def _candidates(enrolment: Enrolment, left_fen: int) -> list[dict[str, Any]]:
    """Transfers that may be meant. The sum to give is all of one, unless its memo names others too."""
    found = []
    for one in queries.candidates(enrolment):
        give = min(one.left_fen, left_fen) if one.is_for_several and left_fen > 0 else one.left_fen
        found.append({"it": one, "give": f"{give // 100}.{give % 100:02d}"})
    return found


@blueprint.post("/<number>/match")
@allow(*FINANCE, everywhere=True)
def match(number: str) -> ResponseReturnValue:
    """These transfers are for this enrolment; the sum of each stands beside its tick."""
    again(lambda errors: _page(number, errors))
    picked = _ids("receipt")
    if not picked:
        raise Refused("请先勾选到账", "receipt")
    with transaction():
        enrolment = _found(number)
        for receipt_id in picked:
            receipts.share(enrolment, receipt_id, _sum(f"amount-{receipt_id}"), current_actor())
        arrived = rules.off_words(receipts.paid_fen(enrolment.id), enrolment.fee_due_fen or 0)
    flash(f"已对上 {len(picked)} 笔到账，{arrived}。")
    return redirect(url_for(".show", number=number), 303)


def _sum(name: str) -> int:
    try:
        return yuan(request.form.get(name, ""))
    except ValueError as wrong:
        raise Refused(str(wrong), "receipt") from None


def _ids(name: str) -> list[uuid.UUID]:
    try:
        return list(dict.fromkeys(uuid.UUID(text) for text in request.form.getlist(name)[:20]))
    except ValueError:
        raise Missing from None


@blueprint.post("/<number>/unmatch/<uuid:receipt_id>")
@allow(*FINANCE, everywhere=True)
def unmatch(number: str, receipt_id: uuid.UUID) -> ResponseReturnValue:
    again(lambda errors: _page(number, errors))
    with transaction():
        receipts.take_back(_found(number), receipt_id, current_actor())
    flash("已取消对应，这笔到账可以分给别的申请。")
    return redirect(url_for(".show", number=number), 303)


@blueprint.get("/<number>/return")
@allow(*FINANCE, everywhere=True)
def send_back(number: str) -> str:
    return _return_page(number, {})


def _return_page(number: str, errors: Errors) -> str:
    enrolment = _found(number)
    if enrolment.state != CONFIRMING:
        return _page(number, errors)
    return render_template(
        "fees/return.html", enrolment=enrolment, reasons=REASONS, errors=errors, values=request.form
    )


@blueprint.post("/<number>/return")
@allow(*FINANCE, everywhere=True)
def send_back_now(number: str) -> ResponseReturnValue:
    again(lambda errors: _return_page(number, errors))
    note = join_reasons(request.form.get("note", "")[:600], request.form.getlist("note_pick")[:10])
    with transaction():
        confirming.send_back(_found(number), current_actor(), seen(), note)
    flash(f"已退回 {number} 的缴费凭证，经办人会收到通知。")
    return redirect(url_for(".index"), 303)


@blueprint.get("/<number>/confirm")
@allow(*FINANCE, everywhere=True)
def confirm(number: str) -> str:
    must_be_fresh(RECENT)
    return _confirm_page(number, {})


def _confirm_page(number: str, errors: Errors) -> str:
    enrolment = _found(number)
    if enrolment.state != CONFIRMING:
        return _page(number, errors)
    due_fen, paid_fen = enrolment.fee_due_fen or 0, receipts.paid_fen(enrolment.id)
    return render_template(
        "fees/confirm.html",
        enrolment=enrolment,
        plan_name=confirming.plan_name(enrolment.plan_code),
        due_fen=due_fen,
        paid_fen=paid_fen,
        off_words=rules.off_words(paid_fen, due_fen),
        decisions=list(rules.decisions(paid_fen, due_fen).items()),
        starts_on=confirming.would_start(enrolment, clock.today()),
        errors=errors,
        values=request.form,
    )


@blueprint.post("/<number>/confirm")
@allow(*FINANCE, everywhere=True)
def confirm_now(number: str) -> ResponseReturnValue:
    must_be_fresh(RECENT)
    again(lambda errors: _confirm_page(number, errors))
    decision, note = request.form.get("decision", "")[:16], request.form.get("note", "")[:300]
    with transaction():
        enrolment = _found(number)
        confirming.confirm(enrolment, current_actor(), seen(), decision, note)
        paid = shown_yuan(enrolment.fee_paid_fen or 0)
        people = f"{enrolment.participant_count:,}"
    flash(f"已确认到账 {paid} 元，{people} 人参保成功，正在通知经办人和每一位职工。")
    return redirect(url_for(".show", number=number), 303)


@blueprint.get("/<number>/files/<uuid:voucher_id>/<any(thumb, preview, full):size>")
@allow(*rules.MONEY_READERS, everywhere=True)
def file(number: str, voucher_id: uuid.UUID, size: str) -> Response:
    return answer_for(_found(number), voucher_id, size)
