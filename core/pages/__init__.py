"""What may every page template call, and how does an application get it?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from flask import Flask, request
from werkzeug.wrappers import Response

from core import clock, fields, money
from core.context import scheme
from core.days import parse_day
from core.headers import csp_nonce
from core.pages.assets import asset, cache_static, drawing, sign, style
from core.pages.cells import cell, error_list, join_reasons
from core.pages.refusals import again, error_page, register_refusals, wants_json
from core.pages.reveals import revealed
from core.pages.ways import own_page
from core.pages.words import card4, char_diff, day, day_words, minute, state_tag

__all__ = [
    "NavItem",
    "Site",
    "again",
    "asset",
    "error_page",
    "join_reasons",
    "keep_size",
    "own_page",
    "parse_day",
    "register_pages",
    "register_refusals",
    "site_of_scheme",
    "revealed",
    "wants_json",
]


@dataclass(frozen=True)
class Site:
    """The names printed on every page."""

    name: str
    admin_name: str
    account_name: str  # 公众号, for people who open a link outside WeChat
    operator: str
    service_phone: str
    logo: str = "img/logo.svg"
    sent_back: str = "退回"  # what the scheme calls it: 驳回 or 退回


@dataclass(frozen=True)
class NavItem:
    """One line of the staff side navigation; lines with the same `group` stand together under its words."""

    key: str
    label: str
    url: str
    count: int = 0
    group: str = ""


def site_of_scheme() -> Site:
    brand = scheme().brand
    return Site(
        brand.title,
        f"{brand.title}审核",
        brand.account,
        brand.operator,
        brand.hotline,
        brand.logo,
        scheme().review.sent_back,
    )


def _money(fen: int | None) -> str:
    return "" if fen is None else money.shown_yuan(fen)


FILTERS: dict[str, Callable[..., Any]] = {
    "money": _money,
    "money_words": money.upper_yuan,
    "when": clock.shown,
    "minute": minute,
    "day": day,
    "day_words": day_words,
    "state_tag": state_tag,
    "card4": card4,
    "mask_name": fields.mask_name,
    "mask_id": fields.mask_id,
    "mask_phone": fields.mask_phone,
    "mask_card": fields.mask_card,
}


def register_pages(
    app: Flask,
    *,
    site: Callable[[], Site] = site_of_scheme,
    unread: Callable[[], int] = lambda: 0,
    admin_nav: Callable[[], Iterable[NavItem]] = tuple,
    person: Callable[[], str] = str,
    waiting: Callable[[], Iterable[str]] = tuple,
    asks_consent: Callable[[], bool] = bool,
    open_change: Callable[[], str] = str,
) -> None:
    """Give templates their filters and globals. The callables run only in frames that show their answer."""
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(
        asset=asset,
        style=style,
        drawing=drawing,
        sign=sign,
        csp_nonce=csp_nonce,
        cell=cell,
        error_list=error_list,
        char_diff=char_diff,
        site=site,
        # one name for the frames' own, so that a page may call its variables `person` or `unread`
        frame=SimpleNamespace(
            unread=unread,
            admin_nav=admin_nav,
            person=person,
            waiting=waiting,
            asks_consent=asks_consent,
            open_change=open_change,
        ),
    )
    app.context_processor(_reader_wishes)
    app.after_request(cache_static)


BIG_SECONDS = 31536000


def keep_size(response: Response, is_big: bool) -> None:
    """大字版 or 标准版, kept by the browser for a year."""
    response.set_cookie("big", "1" if is_big else "0", max_age=BIG_SECONDS, samesite="Lax", httponly=True)


def _reader_wishes() -> dict[str, Any]:
    """大字版 is a cookie: a guest has it too, and no page needs a query for it."""
    return {"big": request.cookies.get("big") == "1"}
