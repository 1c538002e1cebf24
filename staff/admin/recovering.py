"""账号问题: how does somebody come back in who forgot the password or lost the phone? (XM-11 … XM-14)

Every page is the same whether the account exists or not, and none says what is on file for it.
"""

from __future__ import annotations

import datetime as dt
import uuid

from flask import Blueprint, Response, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.access import allow
from core.context import settings
from core.db import transaction
from core.errors import Refused
from core.pages import again, wants_json
from staff.admin import puzzle
from staff.rules import appeals as appeal_rules
from staff.rules import passwords
from staff.rules import recovery as rules
from staff.service import human, recovery
from staff.service.hashing import policy
from staff.service.recovery import Wanted

blueprint = Blueprint("staff_recovery", __name__, url_prefix="/admin/recover")

KEPT = "recovery"
RESEND_SECONDS = 60
Errors = dict[str, str]


@blueprint.get("")
@allow("guest")
def start() -> str:
    return _start_page({})


@blueprint.post("")
@allow("guest")
def look_up() -> ResponseReturnValue:
    """下一步: on to the three ways, whoever was named."""
    again(_start_page)
    if puzzle.is_refresh():
        return _start_page({})
    account = request.form.get("account", "")[:200]
    if not account.strip():
        raise Refused(rules.ACCOUNT_NEEDED, "account")
    puzzle.answer()
    wanted = recovery.look_up(account, _ip())
    session[KEPT] = {
        "who": str(wanted.who or ""),
        "key": wanted.key,
        "until": (clock.now() + dt.timedelta(minutes=rules.START_MINUTES)).isoformat(),
    }
    return redirect(url_for(".ways"), 303)


@blueprint.get("/picture")
@allow("guest")
def picture() -> Response:
    """图片验证码; every look is another one."""
    with transaction():
        content = human.set_picture(puzzle.holder(), _ip())
    return Response(content, mimetype="image/png")


@blueprint.get("/challenge")
@allow("guest")
def challenge() -> Response:
    """The sum for this browser's computer."""
    with transaction():
        sum_ = human.set_work(puzzle.holder(), _ip())
    return jsonify(sum_)


@blueprint.get("/ways")
@allow("guest")
def ways() -> ResponseReturnValue:
    if _wanted() is None:
        return redirect(url_for(".start"), 303)
    where = {"phone": url_for(".phone"), "mail": url_for(".mail"), "appeal": url_for("staff_appeal.form")}
    cards = [
        {"title": title, "text": text or appeal_rules.OPTION, "url": where[key]}
        for key, title, text in rules.WAYS
    ]
    return render_template("staff/recover_ways.html", ways=cards, bare=True)


# --- 手机方式找回


@blueprint.get("/phone")
@allow("guest")
def phone() -> ResponseReturnValue:
    return redirect(url_for(".start"), 303) if _wanted() is None else _phone_page({})


@blueprint.post("/phone/code")
@allow("guest")
def phone_code() -> ResponseReturnValue:
    """获取, after the picture."""
    again(_phone_page)
    if puzzle.is_refresh():
        return _phone_page({})
    wanted = _must_be_wanted()
    puzzle.demand("phone")
    with transaction():
        words = recovery.request_code(wanted, puzzle.holder(), _ip())
    if wants_json():
        return {"message": words, "seconds": RESEND_SECONDS}
    return _phone_page({}, sent=words)


@blueprint.post("/phone")
@allow("guest")
def reset_by_phone() -> ResponseReturnValue:
    """下一步: a right code need not be typed again while somebody still thinks of a password."""
    again(_phone_page)
    if puzzle.is_refresh():
        return _phone_page({})
    wanted, password = _must_be_wanted(), request.form.get("password", "")
    recovery.fits(password, request.form.get("again", ""))
    if not _has_proved():
        recovery.prove(wanted, request.form.get("code", "")[:20], puzzle.holder(), _ip())
        session[KEPT] = {**session[KEPT], "proved": clock.now().isoformat()}
    with transaction():
        recovery.reset(wanted, password)
    return _over()


# --- 邮箱方式找回


@blueprint.get("/mail")
@allow("guest")
def mail() -> ResponseReturnValue:
    return redirect(url_for(".start"), 303) if _wanted() is None else _mail_page({})


@blueprint.post("/mail")
@allow("guest")
def send_mail() -> ResponseReturnValue:
    again(_mail_page)
    wanted = _must_be_wanted()
    with transaction():
        words = recovery.mail_link(wanted, _ip(), _link)
    return _mail_page({}, sent=words)


@blueprint.get("/mail/<token>")
@allow("guest")
def link(token: str) -> ResponseReturnValue:
    """重置密码链接: looking at it changes nothing, for mail programs look, too."""
    if not recovery.is_alive(token):
        return _dead()
    return _link_page(token, {})


@blueprint.post("/mail/<token>")
@allow("guest")
def reset_by_link(token: str) -> ResponseReturnValue:
    again(lambda errors: _link_page(token, errors))
    with transaction():
        is_done = recovery.reset_by_link(
            token, request.form.get("password", ""), request.form.get("again", "")
        )
    return _over() if is_done else _dead()


@blueprint.get("/done")
@allow("guest")
def done() -> str:
    return render_template("staff/recover_done.html", title=rules.DONE, bare=True)


def _wanted() -> Wanted | None:
    kept = session.get(KEPT)
    if not kept or clock.now() > dt.datetime.fromisoformat(kept["until"]):
        return None
    return Wanted(uuid.UUID(kept["who"]) if kept["who"] else None, kept["key"])


def _must_be_wanted() -> Wanted:
    wanted = _wanted()
    if wanted is None:
        raise Refused(rules.STALE)
    return wanted


def _has_proved() -> bool:
    at = session.get(KEPT, {}).get("proved", "")
    return bool(at) and clock.now() - dt.datetime.fromisoformat(at) < dt.timedelta(minutes=10)


def _over() -> Response:
    """Nothing of it stays in the browser."""
    session.pop(KEPT, None)
    puzzle.forget()
    return redirect(url_for(".done"), 303)  # type: ignore[return-value]


def _link(token: str) -> str:
    return settings().public_url + url_for(".link", token=token)


def _ip() -> str:
    return request.remote_addr or ""


def _start_page(errors: Errors) -> str:
    puzzle.holder()
    return render_template(
        "staff/recover.html", errors=errors, values=request.form, label=rules.ACCOUNT, bare=True
    )


def _phone_page(errors: Errors, sent: str = "") -> str:
    puzzle.holder()
    return render_template(
        "staff/recover_phone.html",
        errors=errors,
        values=request.form,
        sent=sent,
        seconds=RESEND_SECONDS if sent else 0,
        has_passed=puzzle.passed("phone"),
        has_proved=_has_proved(),
        policy=passwords.in_words(policy()),
        bare=True,
    )


def _mail_page(errors: Errors, sent: str = "") -> str:
    can_mail = recovery.can_mail()
    return render_template(
        "staff/recover_mail.html", errors=errors, sent=sent, can_mail=can_mail, words=rules.NO_MAIL, bare=True
    )


def _link_page(token: str, errors: Errors) -> Response:
    page = render_template(
        "staff/recover_link.html",
        errors=errors,
        at=url_for(".link", token=token),
        policy=passwords.in_words(policy()),
        bare=True,
    )
    return _quiet(Response(page))


def _dead() -> Response:
    page = render_template(
        "staff/recover_dead.html",
        title=rules.LINK_DEAD,
        text=rules.LINK_WHY,
        url=url_for(".start"),
        bare=True,
    )
    return _quiet(Response(page, 410))


def _quiet(response: Response) -> Response:
    """The address is the secret: no page this one leads to may learn it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
