"""Which invoice belongs to which enrolment? Recorded once, replaced with a reason, told at once (A10)."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import uuid
import zipfile
from typing import IO, NamedTuple

from sqlalchemy import select

from core import audit, clock
from core.access import Actor
from core.db import db, one_at_a_time
from core.errors import Conflict, Missing, Refused
from core.files.documents import read_document, store_document
from core.files.models import StoredFile
from core.files.papers import Pdf, place_of, read_paper, store_paper, take_paper
from core.files.pictures import MAX_BYTES, Picture
from core.money import shown_yuan
from core.roles import CHAIR, OPERATOR
from enrolment.models import Enrolment, Invoice
from enrolment.rules import DONE, KEEPERS
from enrolment.rules import paying as rules
from enrolment.service.confirming import plan_name
from notify import service as notify
from staff import service as staff
from staff.service import contacts

KIND = "invoice"
OFD = "application/ofd"
SUFFIXES = {"application/pdf": "pdf", OFD: "ofd", "image/jpeg": "jpg"}
NO_EMAIL = "您还没有确认邮箱。请先在“我的账号”里登记邮箱，打开邮件里的链接确认，再发送。"
NOT_A_FILE = "请上传发票的 PDF、OFD 或照片"
TOO_LARGE = "文件超过 10 MB，请压缩后再上传"
NEEDS_REASON = "请写明更换的原因"


class Ofd(NamedTuple):
    """An OFD that was looked at: a zip with OFD.xml at its top."""

    content: bytes
    sha256: str


Paper = Picture | Pdf | Ofd


class Given(NamedTuple):
    """What is printed on an invoice; `buyer` only where it was written down."""

    number: str
    issued_on: dt.date
    amount_fen: int
    buyer: str = ""


def take(source: IO[bytes], field: str = "file") -> Paper:
    """The invoice in an upload; slow, so before the transaction. Raises `Refused`."""
    head = source.read(4)
    source.seek(0)
    if not head.startswith(b"PK"):
        return take_paper(source, field)
    content = source.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Refused(TOO_LARGE, field, 413)
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        names = []
    if "OFD.xml" not in names:
        raise Refused(NOT_A_FILE, field, 415)
    return Ofd(content, hashlib.sha256(content).hexdigest())


def record(enrolment: Enrolment, given: Given, paper: Paper | None, by: Actor) -> Invoice:
    """The invoice of a confirmed enrolment. Raises `Refused`; `Conflict` when it has one already."""
    one_at_a_time(enrolment.id)
    _check(enrolment, given)
    if live := invoice_of(enrolment.id):
        raise Conflict(rules.HAS_ONE.format(number=enrolment.number, invoice=live.number))
    row = _write(enrolment, given, paper, by)
    audit.record("invoice.record", "invoice", row.id, by)
    _tell(enrolment, row)
    return row


def replace(old: Invoice, given: Given, paper: Paper | None, reason: str, by: Actor) -> Invoice:
    """Another invoice instead of this one, which stays as voided. Raises `Refused`, `Conflict`."""
    enrolment = db.session.get_one(Enrolment, old.enrolment_id)
    one_at_a_time(enrolment.id)
    db.session.refresh(old)
    if old.voided_at:
        when = clock.shown(old.voided_at)
        raise Conflict(f"这张发票已由 {old.voided_by_label} 于 {when} 更换，请看新的发票。")
    if not reason.strip():
        raise Refused(NEEDS_REASON, "reason")
    old.voided_at, old.voided_by_label, old.void_reason = clock.now(), by.label, reason.strip()[:200]
    db.session.flush()
    _check(enrolment, given)
    row = _write(enrolment, given, paper, by)
    audit.record("invoice.replace", "invoice", row.id, by)
    _tell(enrolment, row)
    return row


def attach(invoice: Invoice, paper: Paper, by: Actor) -> None:
    """The file of an invoice that was recorded by hand. Raises `Conflict` when there is one."""
    one_at_a_time(invoice.enrolment_id)
    db.session.refresh(invoice)
    if invoice.file_id or invoice.voided_at:
        raise Conflict("这张发票已经有文件了，要换请点“更换发票”。")
    invoice.file_id = _store(paper).id
    audit.record("invoice.attach", "invoice", invoice.id, by)


def _check(enrolment: Enrolment, given: Given) -> None:
    if enrolment.state != DONE:
        raise Refused(rules.NOT_DONE.format(number=enrolment.number), "enrolment")
    if not rules.is_invoice_number(given.number):
        raise Refused(rules.NOT_AN_INVOICE_NUMBER, "number")
    if not dt.date(2000, 1, 1) <= given.issued_on <= clock.today():
        raise Refused(rules.EARLY_INVOICE, "issued_on")
    if given.buyer and rules.plain_name(given.buyer) != rules.plain_name(enrolment.union_name):
        raise Refused(rules.OTHER_UNION.format(given=given.buyer, union=enrolment.union_name), "buyer")
    paid_fen = enrolment.fee_paid_fen or enrolment.fee_due_fen or 0
    if given.amount_fen not in (paid_fen, enrolment.fee_due_fen):
        words = rules.OTHER_SUM.format(given=shown_yuan(given.amount_fen), paid=shown_yuan(paid_fen))
        raise Refused(words, "amount")
    query = select(Enrolment.number).join(Invoice, Invoice.enrolment_id == Enrolment.id)
    taken = query.where(Invoice.number == given.number, Invoice.voided_at.is_(None))
    if number := db.session.scalar(taken):
        raise Refused(rules.NUMBER_TAKEN.format(invoice=given.number, number=number), "number")


def _write(enrolment: Enrolment, given: Given, paper: Paper | None, by: Actor) -> Invoice:
    row = Invoice(
        enrolment_id=enrolment.id,
        union_id=enrolment.union_id,
        number=given.number,
        issued_on=given.issued_on,
        amount_fen=given.amount_fen,
        file_id=_store(paper).id if paper else None,
        by_id=by.id,
        by_label=by.label,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _store(paper: Paper) -> StoredFile:
    if isinstance(paper, Ofd):
        return store_document(paper.content, KIND, OFD, paper.sha256)
    return store_paper(paper, KIND)


def read(invoice: Invoice, size: str = "full") -> tuple[bytes, str]:
    """(bytes, media type) of its file. Raises `Missing`."""
    row = db.session.get(StoredFile, invoice.file_id) if invoice.file_id else None
    if row is None:
        raise Missing
    if row.media_type == OFD:
        return read_document(row.id), OFD
    return read_paper(row, size), row.media_type


def media_type_of(invoice: Invoice) -> str:
    """What kind of file it has; "" for none."""
    row = db.session.get(StoredFile, invoice.file_id) if invoice.file_id else None
    return row.media_type if row else ""


def mail_to(invoice: Invoice, by: Actor, once: str) -> str:
    """发到邮箱: to the asker's own confirmed address, which is given back. Raises `Refused`, `Missing`."""
    row = db.session.get(StoredFile, invoice.file_id) if invoice.file_id else None
    if row is None or by.id is None:
        raise Missing
    address = contacts.confirmed_email(by.id)
    if not address or not notify.can_mail():
        raise Refused(NO_EMAIL)
    enrolment = db.session.get_one(Enrolment, invoice.enrolment_id)
    notify.send_mail(
        "invoice_file",
        address,
        about=("invoice", invoice.id, enrolment.number),
        values=_values(enrolment, invoice) | {"number": enrolment.number},
        dedupe=f"invoice-mail:{invoice.id}:{by.id}:{once}",
        file=notify.Attached(place_of(row), file_name(enrolment, invoice, row.media_type), row.media_type),
    )
    audit.record("invoice.mail", "invoice", invoice.id, by)
    return address


def file_name(enrolment: Enrolment, invoice: Invoice, media_type: str) -> str:
    return f"{enrolment.number}_{invoice.number}.{SUFFIXES.get(media_type, 'jpg')}"


def note_download(invoice: Invoice, by: Actor) -> None:
    """Who took a copy is on record."""
    audit.record("invoice.download", "invoice", invoice.id, by)


def invoice_of(enrolment_id: uuid.UUID) -> Invoice | None:
    """The one that counts."""
    return db.session.scalar(
        select(Invoice).where(Invoice.enrolment_id == enrolment_id, Invoice.voided_at.is_(None))
    )


def _tell(enrolment: Enrolment, invoice: Invoice) -> None:
    """Every operator of the very union, and who was in charge."""
    told = {enrolment.filed_by_id} | {
        actor.id
        for actor in staff.holders([OPERATOR, CHAIR])
        if actor.id and any(role in KEEPERS and at == enrolment.union_id for role, at in actor.grants)
    }
    for staff_id in sorted(told):
        notify.send(
            "invoice_ready",
            staff=staff_id,
            about=("invoice", invoice.id, enrolment.number),
            values=_values(enrolment, invoice),
            dedupe=f"invoice:{invoice.id}:{staff_id}",
        )


def _values(enrolment: Enrolment, invoice: Invoice) -> dict[str, str]:
    return {
        "union": enrolment.union_name,
        "plan": plan_name(enrolment.plan_code),
        "invoice": invoice.number,
        "amount": shown_yuan(invoice.amount_fen),
    }
