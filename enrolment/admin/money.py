"""What do the pages about fees share? Fields as typed, files as answers, the voucher's photo or PDF."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import Response, request, url_for
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from core import clock
from core.access import Actor, current_actor
from core.days import parse_day
from core.db import db
from core.errors import Invalid, Missing, Refused
from core.files.models import StoredFile
from core.files.papers import PDF, read_paper
from core.files.watermark import watermarked
from core.money import yuan

EXPIRED = "页面已过期，请返回上一页重新打开后再提交。"


class Typed:
    """The form's fields, read one by one; `done` refuses with everything that is wrong."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def text(self, name: str, longest: int, needed: str = "") -> str:
        found = request.form.get(name, "").strip()[:longest]
        if needed and not found:
            self.errors[name] = needed
        return found

    def money(self, name: str) -> int:
        try:
            fen = yuan(request.form.get(name, ""))
        except ValueError as wrong:
            self.errors[name] = str(wrong)
            return 0
        if fen <= 0:
            self.errors[name] = "金额要大于 0"
        return fen

    def day(self, name: str, needed: str, future: str) -> dt.date:
        found = parse_day(request.form.get(name, ""))
        if found is None or found.year < 2000:
            self.errors[name] = needed
        elif found > clock.today():
            self.errors[name] = future
        return found or clock.today()

    def done(self) -> None:
        if self.errors:
            raise Invalid(self.errors)


def seen() -> int:
    """The version that the person's page showed."""
    text = request.form.get("seen", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise Refused(EXPIRED)
    return int(text)


def upload(name: str, needed: str) -> FileStorage:
    found = request.files.get(name)
    if found is None or not found.filename:
        raise Refused(needed, name)
    return found


def media_of(ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What kind each file is; one statement for the page."""
    query = select(StoredFile.id, StoredFile.media_type).where(StoredFile.id.in_(ids))
    return {row[0]: row[1] for row in db.session.execute(query)} if ids else {}


def shown_files(rows: list[Any], at: str, media: dict[uuid.UUID, str], **more: Any) -> list[dict[str, Any]]:
    """For pages: each row's file, a picture to look at or a PDF to fetch."""
    return [
        {
            "row": row,
            "is_pdf": media.get(row.file_id) == PDF,
            "url": url_for(at, **more, voucher_id=row.id, size="full"),
            "preview_url": url_for(at, **more, voucher_id=row.id, size="preview"),
            "thumb_url": url_for(at, **more, voucher_id=row.id, size="thumb"),
        }
        for row in rows
    ]


def paper_answer(file_id: uuid.UUID, size: str, name: str, mark: str, by: Actor | None = None) -> Response:
    """A voucher's file: a picture with the reader's mark on it, a PDF as a download."""
    row = db.session.get(StoredFile, file_id)
    if row is None:
        raise Missing
    if row.media_type == PDF:
        return download(read_paper(row), PDF, f"{name}.pdf")
    content = read_paper(row, size)
    if size == "full":
        who = str((by or current_actor()).id)[-12:]
        content = watermarked(content, f"{mark}  {who}  {clock.shown(clock.now())}")
    return closed(Response(content, mimetype="image/jpeg"), f'inline; filename="{size}.jpg"')


def download(content: bytes, media_type: str, name: str) -> Response:
    return closed(Response(content, mimetype=media_type), f'attachment; filename="{name}"')


def closed(response: Response, disposition: str) -> Response:
    """Kept by nobody, runs nothing."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = disposition
    return response
