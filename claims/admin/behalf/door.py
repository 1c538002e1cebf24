"""Who files at the union's desk, and which of their filings do they mean? Shared by this room's pages."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint
from sqlalchemy import Select

from claims.models import Claim
from claims.queries import filings, work
from claims.rules import CARD_PHOTOS
from claims.service import behalf, checks, figures
from core.access import Actor, current_actor
from core.files import coach
from plans.service import Material
from union import queries as unions

blueprint = Blueprint("filings", __name__, url_prefix="/admin/claims")

FILERS = behalf.FILERS
# What stands under which heading of the form; what no heading names is a paper of the event.
OF_AGENT = "agent_"
ACCOUNT = ("own_account", "other_account")


def me() -> Actor:
    return current_actor()


def places() -> Select[uuid.UUID] | None:
    """The unions for whose people the asker may file; None means all."""
    return unions.places_of(me(), *FILERS)


def filing_of(number: str) -> Claim:
    """A claim the asker filed, in a union that is still theirs. Raises `Missing`."""
    return filings.find(number[:32], me(), places())


def by_of(claim: Claim) -> Actor:
    """The asker with the rights they hold in the claim's union."""
    return work.acting_for(claim, me())


def path_of(claim: Claim, page: str = "") -> str:
    return f"{blueprint.url_prefix}/filings/{claim.number}{'/' if page else ''}{page}"


def uploaders(claim: Claim) -> list[dict[str, Any]]:
    """Every paper the plan asks of this claim, with what is there already; `group` is its heading."""
    have: dict[str, list[dict[str, Any]]] = {}
    for document in checks.documents_of(claim):
        have.setdefault(document.kind, []).append(_file(claim, document.id, document.warnings))
    return [_uploader(paper, have.get(paper.code, [])) for paper in figures.papers_of(claim)]


def _uploader(paper: Material, files: list[dict[str, Any]]) -> dict[str, Any]:
    several = len(files) > 1
    named = [
        {**file, "label": f"{paper.label} 第 {n} 张" if several else paper.label}
        for n, file in enumerate(files, 1)
    ]
    return {
        "kind": paper.code,
        "label": paper.label,
        "hint": paper.hint,
        "min": paper.min_count,
        "max": paper.max_count,
        "files": named,
        "group": _group(paper),
    }


def _group(paper: Material) -> str:
    if paper.code.startswith(OF_AGENT):
        return "agent"
    if paper.when in ACCOUNT or paper.code in CARD_PHOTOS:
        return "account"
    if paper.code == "application_form":
        return "form"
    return "person" if paper.code in ("id_front", "id_back") else "event"


def _file(claim: Claim, document_id: uuid.UUID, warnings: list[str] | None) -> dict[str, Any]:
    at = path_of(claim, f"documents/{document_id}")
    return {
        "id": str(document_id),
        "warnings": coach.words(warnings or []),
        "thumb_url": f"{at}/thumb",
        "url": f"{at}/preview",
        "delete_url": f"{at}/delete",
    }
