"""Which transfers came in? 银行到账: the list, one by hand, the bank's statement (A9)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Refused
from core.once import new_op, once
from core.pages import again
from enrolment.admin.money import Typed, upload
from enrolment.queries import paying as queries
from enrolment.rules import FINANCE
from enrolment.rules import paying as rules
from enrolment.service import receipts
from enrolment.service.receipts import Transfer

blueprint = Blueprint("bank_receipts", __name__, url_prefix="/admin/receipts")

MOST_BYTES = 10 << 20
MOST_SHOWN = 50
NO_FILE = "请选择网银导出的到账明细"
TOO_LARGE = "文件超过 10 MB，请按时间段分开导出后再上传"
BAD_LINES = "有 {n} 行看不懂，没有登记任何一笔。请改好后重新上传"
Errors = dict[str, str]


@blueprint.get("")
@allow(*rules.MONEY_READERS, everywhere=True)
def index() -> str:
    given = {name: request.args.get(name, "")[:64].strip() for name in ("which", "reference")}
    before, after = (request.args.get(name, "")[:200] for name in ("before", "after"))
    is_open = given["which"] != "all" and not given["reference"]
    found = queries.receipts(is_open=is_open, reference=given["reference"], before=before, after=after)
    shares = queries.numbers_of_shares([row.id for row in found.rows])
    return render_template(
        "fees/receipts.html",
        rows=[_line(row, shares.get(row.id, [])) for row in found.rows],
        tabs=[
            {"label": "还没有对上的", "url": url_for(".index"), "current": is_open},
            {"label": "全部到账", "url": url_for(".index", which="all"), "current": not is_open},
        ],
        prev_url=_url(given, before=found.before) if found.before else "",
        next_url=_url(given, after=found.after) if found.after else "",
        can_enter=current_actor().has(*FINANCE),
        is_filtered=bool(given["reference"]),
    )


def _url(given: dict[str, str], **cursor: Any) -> str:
    kept: dict[str, Any] = {name: value for name, value in given.items() if value}
    return url_for(".index", **kept, **cursor)


def _line(row: queries.ReceiptLine, shares: list[tuple[str, int]]) -> dict[str, Any]:
    return {
        "on": row.received_on,
        "reference": row.reference,
        "payer": row.payer,
        "memo": row.memo,
        "amount": row.amount_fen,
        "left": row.left_fen,
        "shares": shares,
        "named": [number for number in row.named if number not in {one for one, _ in shares}],
    }


@blueprint.get("/new")
@allow(*FINANCE, everywhere=True)
def new() -> str:
    return _new_page({})


def _new_page(errors: Errors) -> str:
    values = request.form or {"on": f"{clock.today()}"}
    return render_template("fees/receipt_new.html", errors=errors, values=values, op=new_op())


@blueprint.post("/new")
@allow(*FINANCE, everywhere=True)
def enter() -> ResponseReturnValue:
    again(_new_page)
    typed, location = Typed(), url_for(".index")
    given = Transfer(
        typed.text("reference", 64, "请填写银行的流水号，每笔到账只有一个"),
        typed.day("on", "请选择到账日期", "到账日期不能晚于今天"),
        typed.money("amount"),
        typed.text("payer", 100, "请填写付款户名"),
        typed.text("memo", 200),
    )
    typed.done()
    with transaction():
        once(request.form.get("op", ""), current_actor(), location)
        receipts.enter(given, current_actor())
    flash("已登记到账。")
    return redirect(location, 303)


@blueprint.get("/import")
@allow(*FINANCE, everywhere=True)
def import_form() -> str:
    return _import_page({})


def _import_page(errors: Errors, problems: list[str] | None = None) -> str:
    found = problems or []
    return render_template(
        "fees/receipt_import.html",
        errors=errors,
        problems=[{"level": "bad", "text": words} for words in found[:MOST_SHOWN]],
        more=len(found) - MOST_SHOWN,
    )


@blueprint.post("/import")
@allow(*FINANCE, everywhere=True)
def import_now() -> ResponseReturnValue:
    """All of a statement or nothing; the same file twice changes nothing."""
    again(_import_page)
    file = upload("file", NO_FILE)
    content = file.stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Refused(TOO_LARGE, "file")
    found = receipts.read_statement(content, file.filename or "")
    if found.problems:
        return _import_page({"file": BAD_LINES.format(n=len(found.problems))}, found.problems), 422
    with transaction():
        taken = receipts.take_in(found, current_actor())
    known = f"，{taken.known} 笔以前登记过，没有重复登记" if taken.known else ""
    skipped = f"，跳过 {found.skipped} 行（付出的款项或没有金额）" if found.skipped else ""
    flash(f"新登记 {taken.new} 笔到账{known}{skipped}。", "good" if taken.new else "info")
    return redirect(url_for(".index"), 303)
