"""Who is at the reviewers' door, and which claim do they mean? Shared by the pages of this room."""

from __future__ import annotations

from flask import Blueprint, g, request
from sqlalchemy import ColumnElement

from claims.models import Claim
from claims.queries import work
from core.access import Actor, current_actor
from core.roles import ADMINISTRATOR, OPERATOR

blueprint = Blueprint("claims_admin", __name__, url_prefix="/admin/claims")

REVIEWERS = work.REVIEWERS
READERS = (*work.READERS, *work.FINANCE)
MAY_REVEAL = (*work.REVIEWERS, ADMINISTRATOR)
KEEPS_REASONS = (*work.REVIEWERS, ADMINISTRATOR)
SEES_NAMES = (*work.REVIEWERS, ADMINISTRATOR, OPERATOR)


def me() -> Actor:
    """The asker; on a claim's pages with the rights they hold in that claim's union."""
    actor: Actor = g.get("work_actor") or current_actor()
    return actor


def scope() -> ColumnElement[bool]:
    """`work.scope` of this request, worked out once for the page and its navigation."""
    if "work_scope" not in g:
        g.work_scope = work.scope(current_actor())
    seen: ColumnElement[bool] = g.work_scope
    return seen


def claim_of(number: str) -> Claim:
    """The claim, if the asker may see it; else it is not there."""
    found = work.find(number[:32], current_actor(), scope())
    g.work_actor = work.acting_for(found, current_actor())
    return found


def seen() -> int:
    """The version the page was made from; -1 (never right) for a form that was tampered with."""
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def path_of(claim: Claim, rest: str = "") -> str:
    return f"{blueprint.url_prefix}/{claim.number}" + (f"/{rest}" if rest else "")
