"""How does a newcomer begin? The tour, and the sign-ins of the demo staff with the code of this moment."""

from __future__ import annotations

import time
from typing import Any

import pyotp
from flask import Response, jsonify, render_template

from config.demo import PASSWORD, PEOPLE, STAFF
from sandbox.pages.room import pages
from sandbox.pages.words import code_in
from sandbox.state import world

PERIOD = 30


def sign_ins(now: float) -> list[dict[str, Any]]:
    return [
        {
            "name": person.name,
            "phone": person.phone,
            "does": person.does,
            "password": PASSWORD,
            "code": pyotp.TOTP(person.totp_secret, interval=PERIOD).at(int(now)),
            "seconds": seconds_left(now),
        }
        for person in STAFF
    ]


def seconds_left(now: float) -> int:
    return PERIOD - int(now) % PERIOD


@pages.get("/")
def tour() -> str:
    now = time.time()
    return render_template(
        "pages/tour.html", staff=sign_ins(now), left=seconds_left(now), people=PEOPLE, newest=_newest_code()
    )


def _newest_code() -> str:
    here = world()
    with here.lock:
        return next((code for s in reversed(here.sms) if (code := code_in(s.text))), "")


@pages.get("/codes")
def show_codes() -> str:
    now = time.time()
    return render_template("pages/codes.html", staff=sign_ins(now), left=seconds_left(now))


@pages.get("/codes.json")
def codes() -> Response:
    """The product checks codes against real time, whatever the sandbox's clock says."""
    now = time.time()
    return jsonify(codes=sign_ins(now), seconds=seconds_left(now))
