"""Which claim is meant, whose is it, and what do all its pages need?"""

from __future__ import annotations

import secrets
import uuid
from functools import partial
from typing import Any

from flask import Blueprint, request, session
from werkzeug.datastructures import FileStorage

from claims import queries, service
from claims.models import Claim
from claims.rules import ITEMS, step_of
from claims.service import checks, figures, marks, pictures
from core.access import Actor, current_actor
from core.db import transaction
from core.errors import Missing, refusal_of
from core.files import coach
from core.history import Transition

blueprint = Blueprint("claims", __name__, url_prefix="/h5/claims")

BROUGHT = "brought_photos"  # by a visitor, in this session
ON_FILE = "已有照片，不在这里显示"
VISITORS_HOME = "/s/claims/progress"
SAMPLES = {1: "img/sample-id.svg", 2: "img/sample-paper.svg"}


def me() -> Actor:
    """The signed-in employee."""
    return current_actor()


def my_id() -> uuid.UUID:
    actor = me()
    if actor.id is None:
        raise Missing
    return actor.id


def own(number: str) -> Claim:
    """A claim the person filed. Anybody else's is as absent as one that never was (404)."""
    claim = shown(number)
    if claim.filed_by_kind == "staff":
        raise Missing(queries.NOT_YOURS)
    return claim


def shown(number: str) -> Claim:
    """The person's claim to read: their own, or what the union handed in for them (由工会代办)."""
    return queries.of_employee(number, my_id())


def path_of(claim: Claim, page: str = "") -> str:
    """Addresses are built here once instead of by url_for in every row."""
    return f"/h5/claims/{claim.number}{'/' if page else ''}{page}"


def home_of(claim: Claim) -> str:
    """Where the claim is shown to whoever is asking: to a visitor from outside WeChat only its progress."""
    return VISITORS_HOME if me().kind == "visitor" else path_of(claim)


def uploaders(claim: Claim, step: int | None = None, only: set[str] | None = None) -> list[dict[str, Any]]:
    """What the photo questions of a page show: each paper of the plan's list with what is there already."""
    have: dict[str, list[dict[str, Any]]] = {}
    for document in checks.documents_of(claim):
        have.setdefault(document.kind, []).append(_file(claim, document.id, document.warnings))
    return [
        {
            "kind": paper.code,
            "label": paper.label,
            "hint": paper.hint,
            "min": paper.min_count,
            "max": paper.max_count,
            "files": _labelled(paper.label, have.get(paper.code, [])),
            "step": step_of(paper.code, paper.when),
            "sample": SAMPLES.get(step_of(paper.code, paper.when), "") if _has_sample(paper.code) else "",
        }
        for paper in figures.papers_of(claim)
        if step in (None, step_of(paper.code, paper.when)) and (only is None or paper.code in only)
    ]


def _has_sample(code: str) -> bool:
    return code in ("id_front", "invoice")


def may_look(document_id: uuid.UUID) -> bool:
    """A visitor from outside WeChat sees what they brought themselves, never the card that is on file."""
    return me().kind != "visitor" or str(document_id) in session.get(BROUGHT, [])


def _file(claim: Claim, document_id: uuid.UUID, warnings: list[str] | None = None) -> dict[str, Any]:
    at = path_of(claim, f"documents/{document_id}")
    file = {"id": str(document_id), "warnings": coach.words(warnings or []), "delete_url": f"{at}/delete"}
    if not may_look(document_id):
        return {**file, "message": ON_FILE}
    return {**file, "thumb_url": f"{at}/thumb", "url": f"{at}/preview"}


def spots_of(claim: Claim, step: Transition | None) -> list[dict[str, Any]]:
    """Where the reviewer pointed in the claim's photos, with what the pages need to show it (E11, E12)."""
    return [
        {
            **spot._asdict(),
            **_file(claim, spot.document_id),
            "id": n,
            "label": ITEMS.get(spot.kind, "照片"),
        }
        for n, spot in enumerate(marks.of_return(step), 1)
    ]


def _labelled(label: str, files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(files) == 1:
        return [{**files[0], "label": label}]
    return [{**file, "label": f"{label} 第 {n} 张"} for n, file in enumerate(files, 1)]


def tab_name() -> str:
    """This page's own name: how a save knows whether another tab was in between."""
    return request.form.get("tab") or secrets.token_hex(8)


def keep_photos(claim: Claim, kinds: list[str]) -> dict[str, str]:
    """Photos that came with the whole page (JavaScript off): each is kept by itself, so none is lost.

    Kind → words for those that could not be kept, to be said with whatever else is wrong on the page.
    """
    found: dict[str, str] = {}
    for kind in kinds:
        for upload in request.files.getlist(kind):
            if upload.filename:
                found |= refusal_of(partial(keep_photo, claim, kind, upload), kind)
    return found


def keep_photo(claim: Claim, kind: str, upload: FileStorage) -> tuple[uuid.UUID, list[str]]:
    """Decode outside the transaction, keep inside it; the new photo's id and what the coach says."""
    picture = pictures.picture_of(upload.stream, kind)
    with transaction():
        document = service.add_document(claim, kind, picture, me())
    if me().kind == "visitor":
        session[BROUGHT] = [*session.get(BROUGHT, []), str(document.id)][-20:]
    return document.id, coach.words(document.warnings or [])
