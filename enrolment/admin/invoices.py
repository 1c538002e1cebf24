"""Which invoices are there, and how do they get there? 发票管理 (A10, XM-79)."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Refused
from core.files.watermark import watermarked
from core.limits import Limit, take
from core.once import new_op, once
from core.pages import again
from enrolment.admin.money import Typed, closed, download
from enrolment.models import Enrolment, Invoice
from enrolment.queries import invoices as queries
from enrolment.rules import FINANCE
from enrolment.rules import paying as rules
from enrolment.service import confirming, invoices, piles
from notify import service as notify
from plans import service as plans

blueprint = Blueprint("invoices", __name__, url_prefix="/admin/invoices")

READERS = rules.INVOICE_READERS
NAMES = ("plan", "state", "q")
MAILS = Limit("invoice_mail", 20, 3600, "发送太频繁，请 {m} 分钟后再试。")
NO_FILES = "请选择发票文件，可以一次选多个"
Errors = dict[str, str]


@blueprint.get("")
@allow(*READERS)
def index() -> str:
    given = {name: request.args.get(name, "")[:60].strip() for name in NAMES}
    state = given["state"] if given["state"] in rules.INVOICE_LABELS else ""
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    found = queries.listed(
        _places(), plan=given["plan"], state=state, part=given["q"], before=before, after=after
    )
    return render_template(
        "invoices/index.html",
        rows=[_line(row) for row in found.rows],
        wanting=_wanting(),
        prev_url=_url(given, before=found.before) if found.before else "",
        next_url=_url(given, after=found.after) if found.after else "",
        plans=[(plan.code, plan.name) for plan in plans.all_plans()],
        states=list(rules.INVOICE_LABELS.items()),
        none_yet=rules.NONE_YET.format(n=rules.INVOICE_DAYS),
        is_filtered=any(given.values()),
        can_record=_is_finance(),
    )


def _places() -> Any:
    return queries.places(current_actor(), *READERS)


def _is_finance() -> bool:
    """Invoices are made by the finance of the whole scheme."""
    actor = current_actor()
    return actor.has(*FINANCE) and actor.unions_of(*FINANCE) is None


def _wanting() -> list[dict[str, Any]]:
    """The first of the confirmed enrolments that wait for an invoice."""
    rows = queries.wanting(_places()).rows
    names = {plan.code: plan.name for plan in plans.all_plans()}
    return [
        {
            "number": row.number,
            "union": row.union_name,
            "plan": names.get(row.plan_code, row.plan_code),
            "amount": row.paid_fen,
            "at": row.confirmed_at,
            "url": url_for(".new", number=row.number) if _is_finance() else "",
        }
        for row in rows
    ]


def _url(given: dict[str, str], **cursor: Any) -> str:
    kept: dict[str, Any] = {name: value for name, value in given.items() if value}
    return url_for(".index", **kept, **cursor)


def _line(row: queries.InvoiceLine) -> dict[str, Any]:
    return {
        "number": row.number,
        "url": url_for(".show", invoice_id=row.id),
        "plan": confirming.plan_name(row.plan_code),
        "union": row.union_name,
        "enrolment": row.enrolment,
        "amount": row.amount_fen,
        "on": row.issued_on,
        "state": rules.INVOICE_LABELS[rules.VOID if row.is_void else rules.ISSUED],
        "file": "有" if row.has_file else "没有文件",
    }


# --- one invoice --------------------------------------------------------------------------------------------


@blueprint.get("/<uuid:invoice_id>")
@allow(*READERS)
def show(invoice_id: uuid.UUID) -> str:
    return _page(invoice_id, {})


def _found(invoice_id: uuid.UUID) -> tuple[Invoice, Enrolment]:
    return queries.find(invoice_id, current_actor(), *READERS)


def _page(invoice_id: uuid.UUID, errors: Errors) -> str:
    invoice, enrolment = _found(invoice_id)
    media = invoices.media_type_of(invoice)
    return render_template(
        "invoices/show.html",
        invoice=invoice,
        enrolment=enrolment,
        plan_name=confirming.plan_name(enrolment.plan_code),
        label=rules.INVOICE_LABELS[invoice.state],
        kind={"application/pdf": "PDF", invoices.OFD: "OFD"}.get(media, "图片" if media else ""),
        is_picture=media.startswith("image/"),
        history=[one for one in queries.history(enrolment.id) if one.id != invoice.id],
        can_record=_is_finance() and not invoice.voided_at,
        can_mail=notify.can_mail(),
        errors=errors,
        op=new_op(),
    )


@blueprint.get("/<uuid:invoice_id>/preview")
@allow(*READERS)
def preview(invoice_id: uuid.UUID) -> Response:
    """The picture on the page, with the reader's mark on it."""
    invoice, enrolment = _found(invoice_id)
    content, media_type = invoices.read(invoice, "preview")
    if not media_type.startswith("image/"):
        raise Refused("这张发票不是图片，请点“下载发票”查看。")
    mark = f"{enrolment.number}  {str(current_actor().id)[-12:]}  {clock.shown(clock.now())}"
    answer = Response(watermarked(content, mark), mimetype="image/jpeg")
    return closed(answer, 'inline; filename="invoice.jpg"')


@blueprint.post("/<uuid:invoice_id>/download")
@allow(*READERS)
def fetch(invoice_id: uuid.UUID) -> Response:
    """The file as it came; who took it is on record."""
    again(lambda errors: _page(invoice_id, errors))
    invoice, enrolment = _found(invoice_id)
    content, media_type = invoices.read(invoice)
    with transaction():
        invoices.note_download(invoice, current_actor())
        name = invoices.file_name(enrolment, invoice, media_type)
    return download(content, media_type, name)


@blueprint.post("/<uuid:invoice_id>/mail")
@allow(*READERS)
def mail(invoice_id: uuid.UUID) -> ResponseReturnValue:
    """发到邮箱: to the asker's own address."""
    again(lambda errors: _page(invoice_id, errors))
    invoice, _ = _found(invoice_id)
    actor, op, location = current_actor(), request.form.get("op", ""), url_for(".show", invoice_id=invoice_id)
    take(MAILS, actor.key)
    with transaction():
        once(op, actor, location)
        address = invoices.mail_to(invoice, actor, op)
    flash(f"发票会发到 {address[:2]}…@{address.rpartition('@')[2]}，请查收。")
    return redirect(location, 303)


# --- finance ------------------------------------------------------------------------------------------------


@blueprint.get("/new")
@allow(*FINANCE, everywhere=True)
def new() -> str:
    return _new_page({})


def _new_page(errors: Errors, old: Invoice | None = None) -> str:
    number = request.values.get("number", "")[:32].strip().upper()
    enrolment = queries.enrolment_named(number) if not old else queries.enrolment_by(old.enrolment_id)
    paid_fen = (enrolment.fee_paid_fen or enrolment.fee_due_fen or 0) if enrolment else 0
    suggested = {"number": number, "issued_on": f"{clock.today()}", "amount": _plain(paid_fen)}
    return render_template(
        "invoices/new.html",
        old=old,
        enrolment=enrolment,
        plan_name=confirming.plan_name(enrolment.plan_code) if enrolment else "",
        values=request.form or suggested,
        errors=errors,
        op=new_op(),
    )


def _plain(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}" if fen else ""


@blueprint.post("/new")
@allow(*FINANCE, everywhere=True)
def record() -> ResponseReturnValue:
    again(_new_page)
    typed = Typed()
    number = typed.text("number", 32, "请填写申报编号").upper()
    given, paper = _given(typed)
    enrolment = queries.enrolment_named(number)
    if enrolment is None:
        raise Refused(rules.NO_SUCH.format(number=number), "number")
    with transaction():
        once(request.form.get("op", ""), current_actor(), url_for(".index"))
        row = invoices.record(enrolment, given, paper, current_actor())
        invoice_id = row.id
    flash(f"已登记发票 {given.number}，已通知{enrolment.union_name}的经办人。")
    return redirect(url_for(".show", invoice_id=invoice_id), 303)


def _given(typed: Typed) -> tuple[invoices.Given, invoices.Paper | None]:
    given = invoices.Given(
        typed.text("invoice", 20, "请填写发票号码"),
        typed.day("issued_on", "请选择开票日期", rules.EARLY_INVOICE),
        typed.money("amount"),
        typed.text("buyer", 80),
    )
    typed.done()
    file = request.files.get("file")
    return given, invoices.take(file.stream) if file and file.filename else None


@blueprint.get("/<uuid:invoice_id>/replace")
@allow(*FINANCE, everywhere=True)
def replace_form(invoice_id: uuid.UUID) -> str:
    return _new_page({}, _found(invoice_id)[0])


@blueprint.post("/<uuid:invoice_id>/replace")
@allow(*FINANCE, everywhere=True)
def replace(invoice_id: uuid.UUID) -> ResponseReturnValue:
    """Another invoice instead of this one; the old one stays in the list as 已作废."""
    again(lambda errors: _new_page(errors, _found(invoice_id)[0]))
    typed = Typed()
    reason = typed.text("reason", 200, invoices.NEEDS_REASON)
    given, paper = _given(typed)
    with transaction():
        once(request.form.get("op", ""), current_actor(), url_for(".index"))
        row = invoices.replace(_found(invoice_id)[0], given, paper, reason, current_actor())
        new_id = row.id
    flash(f"已更换为发票 {given.number}，原来的发票已作废，经办人会收到通知。")
    return redirect(url_for(".show", invoice_id=new_id), 303)


@blueprint.get("/upload")
@allow(*FINANCE, everywhere=True)
def upload_form() -> str:
    return _upload_page({})


def _upload_page(errors: Errors, done: list[piles.Done] | None = None) -> str:
    values = request.form or {"issued_on": f"{clock.today()}"}
    return render_template("invoices/upload.html", errors=errors, done=done or [], values=values)


@blueprint.post("/upload")
@allow(*FINANCE, everywhere=True)
def upload_now() -> ResponseReturnValue:
    """Many files at once, each for itself: those that fit are recorded, the others say why not."""
    again(_upload_page)
    files = [one for one in request.files.getlist("files") if one.filename]
    table = request.files.get("table")
    typed = Typed()
    issued_on = typed.day("issued_on", "请选择开票日期", rules.EARLY_INVOICE)
    typed.done()
    rows = piles.read_table(table.stream.read()) if table and table.filename else {}
    if not files and not rows:
        raise Refused(NO_FILES, "files")
    if len(files) > piles.MOST_FILES:
        raise Refused(piles.TOO_MANY, "files")
    named = [(one.filename or "", one.stream) for one in files]
    done = piles.take_all(named, rows, issued_on, current_actor())
    if all(one.is_done for one in done):
        flash(f"{len(done)} 张发票已登记，已通知各工会的经办人。")
        return redirect(url_for(".index"), 303)
    return _upload_page({}, done), 422 if not any(one.is_done for one in done) else 200
