"""What does the bank do with a batch? Decide each row, give back a result file; a batch number counts once.

In: 批次号,序号,户名,开户行,账号,金额,附言 (csv in UTF-8 or GBK, or xlsx). Out: the same columns and
结果(成功/失败),失败原因,流水号, csv in GBK.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from python_calamine import CalamineError, CalamineWorkbook

from sandbox.clock import shown
from sandbox.state import World, world

bank = Blueprint("bank_wire", __name__)

COLUMNS = ("批次号", "序号", "户名", "开户行", "账号", "金额", "附言")
RESULTS = ("结果", "失败原因", "流水号")


class NotABatch(ValueError):
    """The file cannot be read as a batch; the words say why."""


@dataclass
class Batch:
    number: str
    received_at: str
    rows: list[dict[str, str]] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        return sum((Decimal(r["金额"]) for r in self.rows if r["结果"] == "成功"), Decimal(0))


def read_rows(content: bytes) -> list[dict[str, str]]:
    table = _sheet(content) if content.startswith(b"PK\x03\x04") else _csv(content)
    if not table:
        raise NotABatch("文件是空的")
    head = [cell.strip() for cell in table[0]]
    if missing := [name for name in COLUMNS if name not in head]:
        raise NotABatch(f"缺少列：{'、'.join(missing)}")
    rows = [
        {name: cell.strip() for name, cell in zip(head, line, strict=False)}
        for line in table[1:]
        if any(line)
    ]
    if not rows:
        raise NotABatch("没有明细")
    if len({row["批次号"] for row in rows}) != 1 or not rows[0]["批次号"]:
        raise NotABatch("一个文件只能有一个批次号")
    return [{name: row.get(name, "") for name in COLUMNS} for row in rows]


def _csv(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return list(csv.reader(io.StringIO(content.decode(encoding))))
        except UnicodeDecodeError:
            continue
    raise NotABatch("编码不是 UTF-8 或 GBK")


def _sheet(content: bytes) -> list[list[str]]:
    try:
        rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    except CalamineError as error:
        raise NotABatch(f"无法读取表格：{error}") from None
    return [[_cell(value) for value in row] for row in rows]


def _cell(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def decide(here: World, row: dict[str, str]) -> dict[str, str]:
    reason = _reason(here, row)
    serial = "" if reason else f"LS{here.next_id()}"
    return {**row, "结果": "失败" if reason else "成功", "失败原因": reason, "流水号": serial}


def _reason(here: World, row: dict[str, str]) -> str:
    account = re.sub(r"[\s']", "", row["账号"])
    if account in here.bank_refusals:
        return here.bank_refusals[account]
    if not re.fullmatch(r"\d{8,32}", account):
        return "账号格式错误"
    if not _is_amount(row["金额"]):
        return "金额有误"
    if account.endswith("0000"):
        return "账户已销户"
    owner = next((p.name for p in here.people.values() if p.bank_card == account), row["户名"])
    return "" if owner == row["户名"] else "户名与账号不符"


def _is_amount(text: str) -> bool:
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return False
    return amount > 0 and amount == amount.quantize(Decimal("0.01"))


def result_csv(batch: Batch) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, (*COLUMNS, *RESULTS), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(batch.rows)
    return out.getvalue().encode("gb18030")  # GBK, and no failure on a rare character of a name


def receive(here: World, content: bytes) -> Batch:
    """Raises NotABatch; KeyError when this batch number was paid already."""
    rows = read_rows(content)
    number = rows[0]["批次号"]
    with here.lock:
        if number in here.batches:
            raise KeyError(number)
        batch = Batch(number, shown(here.clock.now()), [decide(here, row) for row in rows])
        here.batches[number] = batch
        here.changed()
    return batch


def file_of(batch: Batch) -> Response:
    name = re.sub(r"[^A-Za-z0-9_-]", "_", batch.number)
    answer = Response(result_csv(batch), content_type="text/csv; charset=GBK")
    answer.headers["Content-Disposition"] = f'attachment; filename="result_{name}.csv"'
    return answer


@bank.post("/bank/batches")
def upload() -> Response | tuple[Response, int]:
    """The file as part `file` or as the body; answers with the result file."""
    part = request.files.get("file")
    content = part.read() if part else request.get_data()
    try:
        return file_of(receive(world(), content))
    except NotABatch as error:
        return jsonify(error=str(error)), 422
    except KeyError as error:
        return jsonify(error="该批次已受理，不再重复处理", number=error.args[0]), 409


def _batch(number: str) -> Batch:
    batch = world().batches.get(number)
    if batch is None:
        abort(404)
    return batch


@bank.get("/bank/batches/<number>/result.csv")
def result(number: str) -> Response:
    return file_of(_batch(number))


@bank.post("/bank/batches/<number>/rows/<sequence>")
def overrule(number: str, sequence: str) -> Response:
    """The clerk decides otherwise: {"result": "失败", "reason": "…"}."""
    batch, given = _batch(number), request.get_json(silent=True) or request.form
    row = next((r for r in batch.rows if r["序号"] == sequence), None)
    if row is None:
        abort(404)
    with world().lock:
        is_paid = given.get("result") == "成功"
        row["结果"] = "成功" if is_paid else "失败"
        row["失败原因"] = "" if is_paid else str(given.get("reason") or "银行退回")
        row["流水号"] = f"LS{world().next_id()}" if is_paid else ""
        world().changed()
    return jsonify(row)


@bank.route("/bank/refusals.json", methods=["GET", "POST"])
def refusals() -> Response:
    """{"<account>": "reason" | null}: what the bank will answer for an account from now on."""
    here = world()
    if request.method == "POST":
        with here.lock:
            for account, reason in request.get_json(force=True).items():
                here.bank_refusals.pop(account, None)
                if reason:
                    here.bank_refusals[account] = str(reason)
    return jsonify(here.bank_refusals)


@bank.get("/bank.json")
def show() -> Response:
    here = world()
    with here.lock:
        return jsonify(batches=[{**asdict(b), "total": str(b.total)} for b in here.batches.values()])
