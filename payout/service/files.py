"""Which bytes does the bank get? The same batch gives the same bytes every time; leaving is counted."""

from __future__ import annotations

import hashlib

from sqlalchemy import update

from claims.queries import people_of
from core import audit, context
from core.access import Actor
from core.db import db
from core.errors import Refused
from core.history import perform
from core.sheets import write_csv, write_xlsx
from employee import service as employees
from payout.models import BankFile, PayoutBatch, PayoutItem
from payout.rules import WORKFLOW
from payout.service.batches import items_of, must_be_whole
from payout.service.layouts import layout

FORMATS = {"csv": "CSV 文本（多数网银）", "xlsx": "Excel 表格"}
REMARK = "医疗互助补助"
WHY_AGAIN = "这个批次已经导出过。再次导出请写明原因，避免重复打款"


def export(batch: PayoutBatch, file_format: str, by: Actor, seen: int, reason: str = "") -> bytes:
    """The file for the bank. The first time moves the batch on; again only with a reason."""
    if file_format not in FORMATS:
        raise Refused("请选择文件格式", "format")
    action = "export" if batch.state == "checked" else "export_again"
    if batch.state == "exported" and not reason.strip():
        raise Refused(WHY_AGAIN, "reason")
    items = items_of(batch)
    must_be_whole(batch, items)
    perform(WORKFLOW, batch, action, by, reason, seen=seen, export_count=batch.export_count + 1)
    if action == "export":
        sent = update(PayoutItem).where(PayoutItem.batch_id == batch.id, PayoutItem.status == "waiting")
        db.session.execute(sent.values(status="sent"))
    content = export_bytes(batch, items, file_format)
    _note(batch, file_format, content, by, reason)
    seen_people = people_of([item.claim_id for item in items])
    employees.note_looks(seen_people, "bank_file", by, about=batch.number, once_a_day=False)
    return content


def export_bytes(batch: PayoutBatch, items: list[PayoutItem], file_format: str) -> bytes:
    """The batch in the bank's columns; formula-safe, digits kept digit for digit."""
    shape = layout(context.scheme().bank_layout)
    headers = [heading for heading, _ in shape.columns]
    rows = [[_cell(batch, item, name) for _, name in shape.columns] for item in items]
    if file_format == "xlsx":
        return write_xlsx(headers, rows)
    return write_csv(headers, rows, encoding=shape.encoding)


def _note(batch: PayoutBatch, file_format: str, content: bytes, by: Actor, reason: str) -> None:
    db.session.add(
        BankFile(
            batch_id=batch.id,
            direction="export",
            format=file_format,
            digest=hashlib.sha256(content).digest(),
            reason=reason.strip()[:200],
            by_id=by.id,
            by_label=by.label,
        )
    )
    audit.record("payout.file", "payout", batch.id, by, format=file_format, times=batch.export_count)


def _cell(batch: PayoutBatch, item: PayoutItem, name: str) -> str | int:
    values: dict[str, str | int] = {
        "batch": batch.number,
        "sequence": item.sequence,
        "payee_name": item.payee_name or "",
        "payee_bank": item.payee_bank,
        "payee_card": item.payee_card or "",
        "amount": f"{item.amount_fen // 100}.{item.amount_fen % 100:02d}",
        "remark": REMARK,
        "claim_number": item.claim_number,
    }
    return values[name]
