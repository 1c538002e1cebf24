"""Which bytes does the bank get? The same batch gives the same bytes every time; leaving is counted."""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import update

from core import audit, context
from core.access import Actor
from core.db import db
from core.errors import Refused
from core.history import perform
from core.sheets import write_csv, write_xlsx
from payout.models import BankFile, PayoutBatch, PayoutItem
from payout.rules import WORKFLOW
from payout.service.batches import items_of
from payout.service.layouts import layout

FORMATS = ("csv", "xlsx")
CHANGED = "批次内容与复核时不一致，已停止导出，请联系管理员核查"
REMARK = "医疗互助补助"


def export(batch: PayoutBatch, file_format: str, by: Actor, seen: int, reason: str = "") -> bytes:
    """The file for the bank. The first time moves the batch on; again only with a reason."""
    if file_format not in FORMATS:
        raise Refused("请选择 csv 或 xlsx 格式", "format")
    action = "export" if batch.state == "checked" else "export_again"
    if action == "export_again" and not reason.strip():
        raise Refused("这个批次已经导出过。再次导出请写明原因，避免重复打款", "reason")
    content = export_bytes(batch, file_format)
    fingerprint = _fingerprint(batch)
    if batch.export_digest and not hmac.compare_digest(batch.export_digest, fingerprint):
        raise Refused(CHANGED, status=409)
    perform(
        WORKFLOW,
        batch,
        action,
        by,
        reason,
        seen=seen,
        export_count=batch.export_count + 1,
        export_digest=fingerprint,
    )
    if action == "export":
        db.session.execute(
            update(PayoutItem)
            .where(PayoutItem.batch_id == batch.id, PayoutItem.status == "waiting")
            .values(status="sent")
        )
    digest = hashlib.sha256(content).digest()
    db.session.add(
        BankFile(
            batch_id=batch.id,
            direction="export",
            format=file_format,
            digest=digest,
            reason=reason.strip(),
            by_id=by.id,
            by_label=by.label,
        )
    )
    audit.record("payout.file", "payout", batch.id, by, format=file_format, times=batch.export_count)
    return content


def export_bytes(batch: PayoutBatch, file_format: str) -> bytes:
    """The batch in the bank's columns; formula-safe, digits kept digit for digit."""
    shape = layout(context.scheme().bank_layout)
    headers = [heading for heading, _ in shape.columns]
    rows = [[_cell(batch, item, name) for _, name in shape.columns] for item in items_of(batch)]
    if file_format == "xlsx":
        return write_xlsx(headers, rows)
    return write_csv(headers, rows, encoding=shape.encoding)


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


def _fingerprint(batch: PayoutBatch) -> bytes:
    """What was checked: order, payees and sums; a later change to any of them stops the export."""
    parts = [f"{i.sequence}|{i.payee_name}|{i.payee_card}|{i.amount_fen}" for i in items_of(batch)]
    ring = context.keyring()
    return ring.blind("payout.batch", "\n".join(parts)) + ring.blind("payout.number", batch.number)
