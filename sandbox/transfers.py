"""Which transfers did the scheme's account receive? A payer comes to the desk; the statement is a csv in GBK.

POST /bank/transfers {amount, payer, memo, on?} → {"reference", …}; GET /bank/transfers.csv gives all of them
as an online bank exports them: 交易日期,收入金额,支出金额,对方户名,对方账号,附言,交易流水号.
"""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation

from flask import Blueprint, Response, jsonify, request

from sandbox.clock import shown
from sandbox.state import World, world

desk = Blueprint("bank_transfers", __name__)

HEADS = ("交易日期", "收入金额", "支出金额", "对方户名", "对方账号", "附言", "交易流水号")


class NotATransfer(ValueError):
    """The words say what is missing."""


@dataclass
class Transfer:
    reference: str
    on: str
    amount: str
    payer: str
    memo: str


def receive(here: World, given: dict[str, str]) -> Transfer:
    """Raises NotATransfer."""
    try:
        amount = Decimal(str(given.get("amount", "")).replace(",", "").strip()).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise NotATransfer("金额看不懂") from None
    payer = str(given.get("payer", "")).strip()
    if amount <= 0 or not payer:
        raise NotATransfer("要有付款户名，金额要大于 0")
    on = str(given.get("on") or shown(here.clock.now())[:10])
    with here.lock:
        row = Transfer(f"RZ{here.next_id()}", on, f"{amount}", payer, str(given.get("memo", "")).strip())
        here.transfers.append(row)
        here.changed()
    return row


def statement(rows: list[Transfer]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADS)
    for row in rows:
        writer.writerow((row.on, row.amount, "", row.payer, "6222000000000000000", row.memo, row.reference))
    return out.getvalue().encode("gb18030")


@desk.post("/bank/transfers")
def bring() -> Response | tuple[Response, int]:
    try:
        row = receive(world(), dict(request.get_json(silent=True) or request.form.to_dict()))
    except NotATransfer as error:
        return jsonify(error=str(error)), 422
    return jsonify(asdict(row))


@desk.get("/bank/transfers.csv")
def export() -> Response:
    here = world()
    with here.lock:
        content = statement(list(here.transfers))
    answer = Response(content, content_type="text/csv; charset=GBK")
    answer.headers["Content-Disposition"] = 'attachment; filename="transfers.csv"'
    return answer
