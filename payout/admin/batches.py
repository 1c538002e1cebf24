"""Which batches are there, what is in one, who makes and who checks it? (A6)"""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import history
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Missing, Refused
from core.factor import RECENT, must_be_fresh
from core.money import shown_yuan
from core.once import answered, new_op, once
from core.pages import again
from core.roles import FINANCE_CHECKER, FINANCE_MAKER
from core.workflow import Move
from payout import queries, service
from payout.admin.door import PAGES, blueprint, is_maker, moves, open_for, seen, url_of
from payout.models import PayoutBatch
from payout.rules import LABELS, MOST_ITEMS, PREPARERS, READERS, SAME_PERSON, WORKFLOW


@blueprint.get("")
@allow(*READERS, everywhere=True)
def index() -> str:
    state = request.args.get("state", "")
    state = state if state in LABELS else ""
    found = queries.batches(state, _id(request.args.get("before")), queries.PAGE + 1)
    shown = found[: queries.PAGE]
    more = url_for(".index", state=state, before=shown[-1].id) if len(found) > len(shown) else ""
    count, total_fen = queries.awaiting()
    return render_template(
        "payout/index.html",
        rows=[_row(line) for line in shown],
        next_url=more,
        first_url=url_for(".index", state=state) if request.args.get("before") else "",
        states=list(LABELS.items()),
        is_filtered=bool(state),
        waiting=count,
        waiting_fen=total_fen,
        can_prepare=current_actor().has(*PREPARERS),
    )


@blueprint.get("/prepare")
@allow(FINANCE_MAKER, everywhere=True)
def prepare_form() -> str:
    return _waiting_page({})


def _waiting_page(errors: dict[str, str]) -> str:
    waiting = service.waiting()
    count, _ = queries.awaiting()
    return render_template(
        "payout/prepare.html",
        rows=waiting,
        total_fen=sum(claim.award_fen for claim in waiting),
        more=count - len(waiting),
        most=MOST_ITEMS,
        picked=request.form.getlist("ids"),
        errors=errors,
    )


@blueprint.post("/prepare/confirm")
@allow(FINANCE_MAKER, everywhere=True)
def prepare_confirm() -> str:
    """What the batch would be; changes nothing."""
    again(_waiting_page)
    ids = _ids("all_ids" if request.form.get("do") == "all" else "ids")
    found = service.picked(ids)
    total_fen = sum(claim.award_fen for claim in found)
    return render_template("payout/confirm.html", rows=found, total_fen=total_fen, op=new_op())


@blueprint.post("/prepare")
@allow(FINANCE_MAKER, everywhere=True)
def prepare() -> ResponseReturnValue:
    again(_waiting_page)
    actor, op = current_actor(), request.form.get("op", "")
    with transaction():
        once(op, actor, url_for(".index"))
        batch = service.prepare(_ids("all_ids"), actor)
        answered(op, url_of(batch))
        number, count, total_fen = batch.number, batch.item_count, batch.total_fen
    flash(f"已生成批次 {number}：{count} 笔，合计 {shown_yuan(total_fen)} 元。请交给另一位财务人员复核。")
    return redirect(url_for(".show", number=number), 303)


@blueprint.get("/<number>")
@allow(*READERS, everywhere=True)
def show(number: str) -> str:
    return batch_page(number, {})


def batch_page(number: str, errors: dict[str, str]) -> str:
    batch = service.get(number)
    after = request.args.get("after", "0")
    start = int(after) if after.isdecimal() and after.isascii() and len(after) < 6 else 0
    items = queries.items(batch, start)
    tally = queries.tally(batch)
    last = items[-1].sequence if items else batch.item_count
    return render_template(
        "payout/show.html",
        batch=batch,
        label=queries.state_label(batch, tally.failed_count),
        tally=tally,
        items=items,
        next_url=url_for(".show", number=number, after=last) if last < batch.item_count else "",
        first_url=url_for(".show", number=number) if start else "",
        steps=_steps(batch),
        files=queries.files(batch),
        buttons=[_button(move, number) for move in sorted(moves(batch), key=_last)],
        next_hint=_hint(batch),
        errors=errors,
    )


def _last(move: Move) -> bool:
    """The button that leads on stands last, as on every page."""
    return move.action not in ("drop", "export_again")


def _button(move: Move, number: str) -> dict[str, str]:
    kind = "primary" if _last(move) else "plain"
    return {"label": move.label, "url": url_for(PAGES[move.action], number=number), "kind": kind}


@blueprint.get("/<number>/check")
@allow(FINANCE_CHECKER, everywhere=True)
def check_form(number: str) -> str:
    must_be_fresh(RECENT)
    return render_template("payout/check.html", batch=open_for(number, "check"))


@blueprint.post("/<number>/check")
@allow(FINANCE_CHECKER, everywhere=True)
def check(number: str) -> ResponseReturnValue:
    must_be_fresh(RECENT)
    again(lambda errors: batch_page(number, errors))
    with transaction():
        service.check(service.get(number), current_actor(), seen())
    flash("复核通过，可以导出银行文件了。")
    return redirect(url_for(".show", number=number), 303)


@blueprint.get("/<number>/drop")
@allow(FINANCE_MAKER, FINANCE_CHECKER, everywhere=True)
def drop_form(number: str) -> str:
    return _drop_page(number, {})


def _drop_page(number: str, errors: dict[str, str]) -> str:
    batch = service.get(number)
    if WORKFLOW.move("drop", batch.state) is None:
        return batch_page(number, errors)
    return render_template("payout/drop.html", batch=batch, errors=errors, values=request.form)


@blueprint.post("/<number>/drop")
@allow(FINANCE_MAKER, FINANCE_CHECKER, everywhere=True)
def drop(number: str) -> ResponseReturnValue:
    again(lambda errors: _drop_page(number, errors))
    with transaction():
        batch = service.get(number)
        service.drop(batch, current_actor(), seen(), request.form.get("note", "")[:200])
        count = batch.item_count
    flash(f"批次已作废，{count} 笔申请回到待打款。")
    return redirect(url_for(".show", number=number), 303)


def _row(line: queries.BatchLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "url": url_for(".show", number=line.number),
        "count": f"{line.item_count} 笔",
        "fen": line.total_fen,
        "state": line.label,
        "failed": f"{line.failed_count} 笔失败" if line.failed_count else "",
        "maker": line.maker,
        "checker": line.checker or "—",
        "at": line.created_at,
    }


def _steps(batch: PayoutBatch) -> list[dict[str, Any]]:
    """The batch's history, and the step it waits for."""
    labels = {move.action: move.label for move in WORKFLOW.moves} | {"create": "生成批次"}
    done = [
        {
            "label": labels.get(step.action, step.action),
            "at": step.at,
            "who": step.actor_label,
            "note": step.note,
            "state": "bad" if step.to_state == "dropped" else "done",
        }
        for step in history.timeline(batch.id)
    ]
    if batch.state not in WORKFLOW.final:
        done.append({"label": LABELS[batch.state], "state": "now"})
    return done


YOURS_TO_CHECK = "请核对笔数、金额和收款人，无误后点“复核通过”，制单人员才能导出银行文件。"
YOURS_TO_EXPORT = "请导出银行文件，交给银行打款。"
HINTS = {
    "prepared": "等另一位财务人员复核。复核通过后才能导出银行文件。",
    "checked": "等制单人员导出银行文件，交给银行打款。",
    "exported": "等银行的回盘文件。收到后由复核人员导入，系统会通知每一位职工。",
}


def _hint(batch: PayoutBatch) -> str:
    if batch.state == "prepared" and is_maker(batch) and current_actor().has(FINANCE_CHECKER):
        return f"{SAME_PERSON}，请交给另一位财务人员。"
    if batch.state == "prepared" and current_actor().has(FINANCE_CHECKER):
        return YOURS_TO_CHECK
    if batch.state == "checked" and current_actor().has(FINANCE_MAKER):
        return YOURS_TO_EXPORT
    return HINTS.get(batch.state, "")


def _ids(field: str) -> list[uuid.UUID]:
    """Claims the form names: ticks, or all that the page listed in one field."""
    given = " ".join(request.form.getlist(field)).split()
    try:
        return list(dict.fromkeys(uuid.UUID(text) for text in given))
    except ValueError:
        raise Refused("页面已过期，请返回上一页重新打开后再提交。") from None


def _id(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise Missing from None
