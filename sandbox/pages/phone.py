"""Whose phone am I holding, and what is on it? Chat, menu, SMS and the browser inside WeChat."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote, urlsplit
from zlib import crc32

from flask import Response as FlaskResponse
from flask import abort, current_app, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from config.scheme import load_scheme
from sandbox.catalogue import menu_shown
from sandbox.pages.room import pages
from sandbox.pages.words import chat_text, sms_text
from sandbox.people import Line, Person
from sandbox.phone import VERBS
from sandbox.state import QrTicket, Sms, World, world
from sandbox.wechat_open import COOKIE, SIGNED_IN, remembered

SHOWN = 60
BANNER_SECONDS = 120
OFFERED = ("follow", "unfollow", "say", "tap", "scan", "settings")
SCENES = 10


@pages.get("/phone")
def show_phone() -> Response | str:
    here = world()
    person = here.person(request.args.get("as") or request.cookies.get(COOKIE, ""))
    people = list(here.people.values())
    if person is None:
        return render_template("pages/people.html", people=people)
    wanted = request.args.get("open", "")
    is_ours = _is_ours(wanted)
    page = render_template(
        "pages/phone.html",
        person=person,
        people=people,
        menu=menu_shown(here)["button"],
        scenes=[code.scene for code in list(here.qr.values())[-SCENES:] if not _is_over(here, code)],
        account=load_scheme(here.settings.scheme).brand.account,
        opened=url_for("pages.open_page", name=person.key, url=wanted) if is_ours else "",
        elsewhere="" if is_ours else wanted,
        **_screen(person, 0),
    )
    return remembered(FlaskResponse(page), person)


def _is_over(here: World, code: QrTicket) -> bool:
    """A code that was made for some minutes only can be scanned that long."""
    return code.expires_at is not None and here.clock.now() >= code.expires_at


@pages.get("/phone/<name>/chat.json")
def chat_since(name: str) -> Response:
    """What is new on this phone after line `after`; the lines as they are shown."""
    person = _person(name)
    screen = _screen(person, request.args.get("after", 0, int))
    return jsonify(
        last=screen["last"],
        lines=render_template("pages/chat_lines.html", **screen),
        banner=render_template("pages/sms_banner.html", person=person, **screen),
        is_follower=person.is_follower,
        menu=screen["menu_mark"],
    )


def _screen(person: Person, after: int) -> dict[str, Any]:
    here = world()
    with here.lock:
        lines: list[Line] = [line for line in person.chat if line.id > after][-SHOWN:]
        last = person.chat[-1].id if person.chat else 0
        newest = next((s for s in reversed(here.sms) if s.phone == person.phone), None)
    return {
        "lines": lines,
        "last": last,
        "sms": newest if newest and _is_fresh(newest) else None,
        "menu_mark": _menu_mark(),
        "chat_text": chat_text,
        "sms_text": sms_text,
    }


def _menu_mark() -> int:
    return crc32(str(menu_shown(world())).encode())


def _is_fresh(sms: Sms) -> bool:
    return world().clock.now() - sms.at < BANNER_SECONDS


@pages.post("/phone/<name>")
def act(name: str) -> Response:
    """The phone's forms: one verb, then the phone again; a menu link opens in its browser."""
    person, verb = _person(name), request.form.get("verb", "")
    if verb not in OFFERED:
        abort(400)
    given = request.form.to_dict()
    more = {} if verb == "say" and not given.get("text", "").strip() else _do(person, verb, given)
    if "fetch" in request.headers.get("X-Requested-With", ""):
        return jsonify(open=more.get("open", ""))
    opened = {"open": more["open"]} if more.get("open") else {}
    return redirect(url_for("pages.show_phone", **{"as": person.key, **opened}), 303)


def _do(person: Person, verb: str, given: dict[str, str]) -> dict[str, Any]:
    _, more = VERBS[verb](current_app.extensions["sandbox_phone"], person, given)
    return more


# -- the browser inside WeChat ---------------------------------------------------------
@pages.get("/phone/<name>/open")
def open_page(name: str) -> Response:
    """Where the browser really goes: a page of the product, signed in as the person who holds the phone.

    On a real phone nobody else was ever signed in; here one browser plays eight phones. So the first page
    after a change of hands goes by way of WeChat's sign-in.
    """
    person, url = _person(name), request.args.get("url", "")
    if not _is_ours(url):
        abort(404)
    parts = urlsplit(url)
    if request.cookies.get(SIGNED_IN) != person.key and parts.path.startswith(("/h5/", "/s/")):
        url = f"{world().settings.public_url}/wechat/oauth?next={quote(parts.path)}"
    return remembered(redirect(url), person)


def _is_ours(url: str) -> bool:
    return url.startswith(world().settings.public_url + "/")


def _person(name: str) -> Person:
    person = world().person(name)
    if person is None:
        abort(404)
    return person


@pages.app_template_filter("clock_time")
def clock_time(moment: float) -> str:
    return time.strftime("%H:%M", time.gmtime(moment + 8 * 3600))
