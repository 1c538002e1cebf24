"""Who is at the reports' door, and what do they ask for? Shared by the pages of this room."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from core.access import Actor, current_actor
from core.errors import NotAllowed
from reports.queries import narrowing
from reports.queries.listing import Masks
from reports.queries.narrowing import Given
from reports.queries.scope import Scope, scope_of
from reports.rules import CLAIMS, COVERAGES, ENROLMENTS, FINANCE, READERS, SEES_WHOLE, TITLES

blueprint = Blueprint("reports", __name__, url_prefix="/admin/reports")

# Who may open each list; finance sees what was decided.
WHO = {
    ENROLMENTS: (*READERS[ENROLMENTS], *FINANCE),
    COVERAGES: READERS[COVERAGES],
    CLAIMS: (*READERS[CLAIMS], *FINANCE),
}


def me() -> Actor:
    return current_actor()


def scope(kind: str) -> Scope:
    """How far the asker's rights reach. Raises `NotAllowed` when they reach nothing."""
    found = scope_of(me(), kind)
    if not found:
        raise NotAllowed
    return found


def given(kind: str, people: list[str] | None = None) -> Given:
    """The filters of the address, or of the form that repeats them."""
    return narrowing.given_of(kind, request.values, people or request.values.getlist("person"))


def masks(kind: str) -> Masks:
    """Names for those who may see them everywhere they are; numbers only in a table with a reason."""
    return Masks(name=me().has(*SEES_WHOLE[kind]) and not me().is_spread)


def may_see_whole(kind: str) -> bool:
    return me().has(*SEES_WHOLE[kind])


def tabs(current: str) -> list[dict[str, Any]]:
    """The pages of this room that the asker may open."""
    pages = [("board", "看板", "/admin/reports", True)]
    pages += [(kind, title, f"/admin/reports/{kind}", me().has(*WHO[kind])) for kind, title in TITLES.items()]
    pages.append(("exports", "我的导出", "/admin/reports/exports", True))
    return [
        {"label": label, "url": url, "current": key == current}
        for key, label, url, is_open in pages
        if is_open
    ]
