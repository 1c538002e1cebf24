"""What does the clerk at the bank do? Take a batch file, decide each row, hand back the result file."""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox import transfers
from sandbox.bank import Batch, NotABatch, file_of, receive
from sandbox.pages.room import pages
from sandbox.state import world

REASONS = ("户名不符", "账户已销户", "二类卡限额", "其他")


@pages.get("/bank")
def bank_desk() -> str:
    return _desk()


def _desk(error: str = "") -> str:
    here = world()
    with here.lock:
        batches, paid = list(reversed(here.batches.values())), list(reversed(here.transfers))
    return render_template("pages/bank.html", batches=batches, paid=paid, error=error, given=request.form)


@pages.post("/bank/pay")
def pay_in() -> Response | tuple[str, int]:
    """A union's clerk transfers the fee."""
    try:
        transfers.receive(world(), request.form.to_dict())
    except transfers.NotATransfer as error:
        return _desk(f"没有转账：{error}"), 422
    return redirect(url_for("pages.bank_desk") + "#paid", 303)


@pages.post("/bank")
def bring_batch() -> Response | tuple[str, int]:
    part = request.files.get("file")
    content = part.read() if part else b""
    if not content:
        return _desk("请选择文件"), 422
    try:
        batch = receive(world(), content)
    except NotABatch as error:
        return _desk(f"读不懂这个文件：{error}"), 422
    except KeyError as error:
        return _desk(f"批次 {error.args[0]} 已受理，不再重复处理"), 409
    return redirect(url_for("pages.bank_batch", number=batch.number), 303)


@pages.get("/bank/<number>")
def bank_batch(number: str) -> str:
    return render_template("pages/batch.html", batch=_batch(number), reasons=REASONS)


@pages.post("/bank/<number>")
def decide_batch(number: str) -> Response:
    """Every row's choice: "成功", or the reason it failed for."""
    batch, here = _batch(number), world()
    with here.lock:
        for place, row in enumerate(batch.rows, 1):
            _decide(row, request.form.get(f"row-{place}", ""))
        here.changed()
    if request.form.get("then") == "download":
        return file_of(batch)
    return redirect(url_for("pages.bank_batch", number=number), 303)


def _decide(row: dict[str, str], choice: str) -> None:
    if choice == "成功":
        serial = row["流水号"] or f"LS{world().next_id()}"
        row.update({"结果": "成功", "失败原因": "", "流水号": serial})
    elif choice in (*REASONS, row["失败原因"]) and choice:
        row.update({"结果": "失败", "失败原因": choice, "流水号": ""})


def _batch(number: str) -> Batch:
    batch: Batch | None = world().batches.get(number)
    if batch is None:
        abort(404)
    return batch
