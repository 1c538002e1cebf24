"""Which pages show staff what was sent, to whom, and how far it got? 通知记录 (A16)."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import roles
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Missing
from core.limits import Limit, take
from core.once import new_op, once
from core.pages import again
from notify import queries, service
from notify.messages import MAILS, MESSAGES, NUDGES, label_of
from notify.rules import CHANNEL_LABELS, HELD, STATUS_LABELS, UNKNOWN, reason_words, sms_parts

blueprint = Blueprint("messages_admin", __name__, url_prefix="/admin/messages")

READERS = (
    roles.ADMINISTRATOR,
    roles.AUDITOR,
    roles.FIRST_REVIEWER,
    roles.SECOND_REVIEWER,
    roles.FINANCE_MAKER,
    roles.FINANCE_CHECKER,
)
SENDERS = (roles.ADMINISTRATOR, roles.FIRST_REVIEWER, roles.SECOND_REVIEWER, roles.FINANCE_MAKER)
TESTS = Limit("message_test", 10, 3600, "测试发送太频繁，请 {m} 分钟后再试。")
OUT = {key: words for key, words in CHANNEL_LABELS.items() if key != "inbox"}


@blueprint.get("")
@allow(*READERS, everywhere=True)
def index() -> str:
    given = {name: request.args.get(name, "")[:20] for name in ("channel", "status", "kind")}
    found = queries.sent(**given, before=_id(request.args.get("before")), most=queries.PAGE + 1)
    shown = found[: queries.PAGE]
    query = urlencode({**given, "before": str(shown[-1].id)}) if len(found) > len(shown) else ""
    return render_template(
        "notify/index.html",
        rows=[_line(message) for message in shown],
        next_url=f"?{query}" if query else "",
        trouble=queries.trouble(),
        health=queries.health(),
        unknown=UNKNOWN,
        held=HELD,
        channels=list(OUT.items()),
        statuses=list(STATUS_LABELS.items()),
        kinds=_kinds(),
        can_test=current_actor().has(roles.ADMINISTRATOR),
    )


@blueprint.get("/<uuid:message_id>")
@allow(*READERS, everywhere=True)
def show(message_id: uuid.UUID) -> str:
    return _page(message_id, {})


def _page(message_id: uuid.UUID, errors: dict[str, str]) -> str:
    message = queries.sent_one(message_id)
    if message is None:
        raise Missing
    return render_template(
        "notify/show.html",
        message=message,
        line=_line(message),
        parts=sms_parts(message.text) if message.channel == "sms" else 0,
        attempts=[_attempt(row) for row in queries.attempts(message_id)],
        receipts=[_receipt(row) for row in queries.receipts_of(message_id)],
        errors=errors,
        op=new_op(),
        can_send=_can_send(),
    )


@blueprint.post("/<uuid:message_id>/resend")
@allow(*SENDERS, everywhere=True)
def resend(message_id: uuid.UUID) -> ResponseReturnValue:
    again(lambda errors: _page(message_id, errors))
    location = url_for(".index")
    actor = current_actor()
    with transaction():
        once(request.form.get("op", ""), actor, location)
        service.resend(message_id, actor)
    return redirect(location, 303)


@blueprint.get("/test")
@allow(roles.ADMINISTRATOR, everywhere=True)
def test_form() -> str:
    return _test_page({})


def _test_page(errors: dict[str, str]) -> str:
    return render_template(
        "notify/test.html", kinds=_kinds(), errors=errors, values=request.form, op=new_op()
    )


@blueprint.post("/test")
@allow(roles.ADMINISTRATOR, everywhere=True)
def send_test() -> ResponseReturnValue:
    again(_test_page)
    kind, actor = request.form.get("kind", ""), current_actor()
    location = url_for(".index", kind=kind)
    if not service.is_notice(kind):
        raise Missing
    take(TESTS, actor.key)
    with transaction():
        once(request.form.get("op", ""), actor, location)
        service.send_test(kind, actor)
    return redirect(location, 303)


def _can_send() -> bool:
    return current_actor().has(*SENDERS)


def _kinds() -> list[tuple[str, str]]:
    return [(kind, words.label) for kind, words in {**MESSAGES, **MAILS, **NUDGES}.items()]


def _label(kind: str) -> str:
    return label_of(kind)


def _line(message: queries.Sent) -> dict[str, Any]:
    return {
        "kind": _label(message.kind),
        "channel": CHANNEL_LABELS.get(message.channel, message.channel),
        "address": message.address,
        "status": STATUS_LABELS[message.status],
        "why": reason_words(message.why),
        "at": message.created_at,
        "url": url_for(".show", message_id=message.id),
    }


OUTCOMES = {
    "sent": "服务商已接收",
    "later": "服务商拒绝，稍后再发",
    "never": "服务商拒绝",
    "unreachable": "对方收不到",
    "unknown": "没有得到明确答复",
    "uncalled": "没有发出",
    "": "没有记录（发送的进程中断）",
}


def _attempt(row: Any) -> dict[str, Any]:
    return {
        "n": row.attempt,
        "provider": row.provider,
        "at": row.started_at,
        "outcome": OUTCOMES.get(row.outcome, row.outcome),
        "why": reason_words(row.code) if row.outcome != "sent" else "",
    }


def _receipt(row: Any) -> dict[str, Any]:
    return {"at": row.at, "status": STATUS_LABELS.get(row.status, row.status), "why": reason_words(row.code)}


def _id(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise Missing from None
