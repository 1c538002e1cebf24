"""Who is at the door of 工会参保, and which enrolment do they mean? Shared by the pages of this room."""

from __future__ import annotations

import uuid

from flask import Blueprint, g, request
from sqlalchemy import ColumnElement

from core.access import Actor, current_actor
from core.errors import NotAllowed
from core.roles import ADMINISTRATOR
from enrolment import rules
from enrolment.models import Enrolment
from enrolment.queries import listing
from enrolment.service.moving import acting_for

blueprint = Blueprint("enrolments", __name__, url_prefix="/admin/enrolments")

KEEPERS = rules.KEEPERS
READERS = rules.READERS
REVIEWERS = rules.REVIEWERS
SEES_NAMES = (*rules.KEEPERS, *rules.REVIEWERS, ADMINISTRATOR)

Errors = dict[str, str]


def me() -> Actor:
    """The asker; on an enrolment's pages with the rights they hold in that union."""
    actor: Actor = g.get("enrolment_actor") or current_actor()
    return actor


def scope() -> ColumnElement[bool]:
    """`listing.scope` of this request, worked out once for the page and its navigation."""
    if "enrolment_scope" not in g:
        g.enrolment_scope = listing.scope(current_actor())
    seen: ColumnElement[bool] = g.enrolment_scope
    return seen


def enrolment_of(number: str) -> Enrolment:
    """The enrolment, if the asker may see it; else it is not there."""
    found = listing.find(number[:32], current_actor(), scope())
    g.enrolment_actor = acting_for(found, current_actor())
    return found


def mine(number: str) -> Enrolment:
    """The enrolment, for those who keep this union's. Raises `Missing`, or `NotAllowed` to others."""
    found = enrolment_of(number)
    if not me().has(*KEEPERS):
        raise NotAllowed
    return found


def seen() -> int:
    """The version the page was made from; -1 (never right) for a form that was tampered with."""
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def path_of(enrolment: Enrolment, rest: str = "") -> str:
    return f"{blueprint.url_prefix}/{enrolment.number}" + (f"/{rest}" if rest else "")


def is_open_to_me(enrolment: Enrolment) -> bool:
    """May the asker fill it in now?"""
    return enrolment.state == rules.DRAFT and me().has(*KEEPERS)


def ids_of(texts: list[str], most: int) -> list[uuid.UUID]:
    """The ids among what was sent; anything else is nobody."""
    found = []
    for text in texts[:most]:
        try:
            found.append(uuid.UUID(text[:40]))
        except ValueError:
            continue
    return found
