"""What did the bank answer? Upload, look at what it would do, confirm: all of it or none."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow, current_actor
from core.db import transaction
from core.errors import Refused
from core.fields import mask_card
from core.money import shown_yuan
from core.once import once
from core.pages import again
from core.roles import FINANCE_CHECKER, FINANCE_MAKER
from payout import service
from payout.admin.batches import batch_page
from payout.admin.door import blueprint, open_for, seen, url_of
from payout.rules import WORKFLOW

MOST_BYTES = 5 << 20
MOST_SHOWN = 50
NO_FILE = "请选择银行给的回盘文件"
TOO_LARGE = "文件超过 5 MB，不像是回盘文件，请核对"


@blueprint.get("/<number>/settle")
@allow(FINANCE_MAKER, FINANCE_CHECKER, everywhere=True)
def settle_form(number: str) -> str:
    open_for(number, "settle")
    return _upload_page(number, {})


def _upload_page(number: str, errors: dict[str, str], problems: tuple[str, ...] = ()) -> str:
    batch = service.get(number)
    if WORKFLOW.move("settle", batch.state) is None:
        return batch_page(number, errors)
    shown = [{"level": "bad", "text": words} for words in problems[:MOST_SHOWN]]
    more = len(problems) - len(shown)
    return render_template("payout/settle.html", batch=batch, problems=shown, more=more, errors=errors)


@blueprint.post("/<number>/settle")
@allow(FINANCE_MAKER, FINANCE_CHECKER, everywhere=True)
def settle(number: str) -> ResponseReturnValue:
    """A file that fits is kept for the person's word; one that does not is gone, and says why."""
    again(lambda errors: _upload_page(number, errors))
    content = _uploaded()
    actor = current_actor()
    with transaction():
        batch = service.get(number)
        found = service.preview(batch, content)
        key = service.keep(batch, content, actor) if found.fits else ""
    if not found.fits:
        return _upload_page(number, {"file": "回盘文件与本批次不符，没有处理任何一笔"}, found.problems), 422
    return redirect(url_for(".preview", number=number, key=key), 303)


def _uploaded() -> bytes:
    part = request.files.get("file")
    content = part.read(MOST_BYTES + 1) if part else b""
    if not content:
        raise Refused(NO_FILE, "file")
    if len(content) > MOST_BYTES:
        raise Refused(TOO_LARGE, "file")
    return content


@blueprint.get("/<number>/settle/<key>")
@allow(FINANCE_MAKER, FINANCE_CHECKER, everywhere=True)
def preview(number: str, key: str) -> str:
    batch = service.get(number)
    found = service.preview(batch, service.look(batch, key, current_actor()))
    return render_template(
        "payout/preview.html", batch=batch, found=found, failures=_failures(found), key=key, errors={}
    )


@blueprint.post("/<number>/settle/<key>")
@allow(FINANCE_MAKER, FINANCE_CHECKER, everywhere=True)
def confirm(number: str, key: str) -> ResponseReturnValue:
    again(lambda errors: _upload_page(number, errors))
    actor = current_actor()
    with transaction():
        batch = service.get(number)
        once(key, actor, url_of(batch))
        found = service.settle(batch, service.use(batch, key, actor), actor, seen())
    done = f"回盘结果已确认：成功 {found.paid_count} 笔 {shown_yuan(found.paid_fen)} 元"
    failed = f"，失败 {found.failed_count} 笔 {shown_yuan(found.failed_fen)} 元" if found.failed_count else ""
    flash(f"{done}{failed}。已通知职工。")
    return redirect(url_for(".show", number=number), 303)


def _failures(found: service.Preview) -> list[dict[str, Any]]:
    return [
        {
            "sequence": row.sequence,
            "name": row.payee_name,
            "card": mask_card(row.payee_card),
            "fen": row.amount_fen,
            "bank_words": row.bank_words or "（银行没有写）",
            "told": row.told,
        }
        for row in found.failures
    ]
