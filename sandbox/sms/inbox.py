"""Which SMS arrived, with what text? The inbox, the template catalogue, fates of numbers, receipts.

A fate decides what happens to one number: {"code": …} refuses the send with a provider's code,
{"receipt": "failed", "reason": …} fails the delivery, {"receipt": "none"} never reports.
Without a fate, numbers ending in 404 do not exist and everybody else receives.
"""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from typing import Any

import requests
from flask import Blueprint, Response, current_app, jsonify, request

from sandbox.errands import Errands
from sandbox.state import Sms, World, world

inbox = Blueprint("sms_wire", __name__)

RECEIPT_TRIES = 3
PLACES = re.compile(r"\$\{(\w+)\}|\{(\w+)\}")


def plain_number(number: str) -> str:
    return re.sub(r"\D", "", number).removeprefix("0086")[-11:]


def text_of(here: World, template: str, params: list[str] | dict[str, str], sign: str = "") -> str:
    """The full words: `{1}` by position (Tencent) or `${name}` by name (Alibaba)."""
    words = str(here.sms_templates.get(template, {}).get("content", ""))
    if not words:
        listed = params.values() if isinstance(params, dict) else params
        words = f"（模板 {template}）" + "，".join(str(p) for p in listed)

    def one(match: re.Match) -> str:
        name = match.group(1) or match.group(2)
        if isinstance(params, dict):
            return str(params.get(name, match.group(0)))
        is_place = name.isdigit() and 1 <= int(name) <= len(params)
        return str(params[int(name) - 1]) if is_place else match.group(0)

    filled = PLACES.sub(one, words)
    return f"【{sign}】{filled}" if sign and not filled.startswith("【") else filled


def places_in(here: World, template: str) -> list[str]:
    found = PLACES.findall(str(here.sms_templates.get(template, {}).get("content", "")))
    return list(dict.fromkeys(a or b for a, b in found))


def fate_of(here: World, number: str) -> dict[str, Any]:
    if fate := here.sms_fates.get(number):
        return fate
    if number.endswith("404"):
        return {"receipt": "failed", "reason": "空号"}
    return {}


def accept(here: World, sms: Sms) -> Sms:
    """Keep a message that the service took, and report on it a moment later."""
    here.keep_sms(sms)
    fate = fate_of(here, sms.phone)
    if fate.get("receipt") != "none":
        current_app.extensions["sandbox_receipts"].later(sms, fate)
    return sms


def recent(here: World, provider: str, number: str, seconds: float) -> list[Sms]:
    """Messages the service took for this number lately, newest first."""
    since = here.clock.now() - seconds
    with here.lock:
        return [s for s in reversed(here.sms_of.get((provider, number), [])) if s.at > since]


class Receipts:
    """Pushes delivery receipts to PUBLIC_URL/receipts/sms/<provider>/<secret>, three tries."""

    def __init__(self, here: World, errands: Errands) -> None:
        self.world = here
        self.errands = errands
        self.shapes: dict[str, Any] = {}

    def later(self, sms: Sms, fate: dict[str, Any]) -> None:
        self.errands.later(self.world.push.receipt_delay, lambda: self.report(sms, fate))

    def catch_up(self) -> None:
        """After a restart: report what was still on its way."""
        for sms in [s for s in self.world.sms if s.status == "pending"]:
            self.later(sms, fate_of(self.world, sms.phone))

    def report(self, sms: Sms, fate: dict[str, Any]) -> None:
        with self.world.lock:
            sms.status = "failed" if fate.get("receipt") == "failed" else "delivered"
            sms.reason = str(fate.get("reason", "")) if sms.status == "failed" else ""
            sms.reported_at = time.time()
            self.world.changed()
        for _ in range(RECEIPT_TRIES):
            sms.report_answer = self._post(sms)
            if sms.report_answer.startswith("200"):
                return

    def url(self, provider: str) -> str:
        settings = self.world.settings
        secret = getattr(settings, "sms_receipt_secret", "") or "sandbox"
        return f"{settings.public_url.rstrip('/')}/receipts/sms/{provider}/{secret}"

    def _post(self, sms: Sms) -> str:
        body = [self.shapes[sms.provider](sms)]
        try:
            answer = requests.post(self.url(sms.provider), json=body, timeout=self.world.push.deadline)
        except requests.RequestException as error:
            return type(error).__name__
        return f"{answer.status_code} {answer.text[:200]}"


# -- what people and tests see and set -------------------------------------------------
@inbox.get("/sms.json")
def show_inbox() -> Response:
    here, number = world(), request.args.get("phone")
    with here.lock:
        rows = [asdict(s) for s in reversed(here.sms) if not number or s.phone == number]
    return jsonify(messages=rows[: int(request.args.get("limit", 500))], total=len(rows))


@inbox.route("/sms/templates.json", methods=["GET", "POST"])
def templates() -> Response:
    """{"<id>": {"content": "您的验证码是{1}", "kind": "code"}} or {"<id>": "words"}; added to the rest."""
    here = world()
    if request.method == "POST":
        rows = request.get_json(force=True)
        with here.lock:
            here.sms_templates |= {
                str(k): v if isinstance(v, dict) else {"content": str(v)} for k, v in rows.items()
            }
            here.changed()
    return jsonify(here.sms_templates)


@inbox.route("/sms/fates.json", methods=["GET", "POST"])
def fates() -> Response:
    """{"<number>": {"code": …} | {"receipt": "failed", "reason": …} | null}."""
    here = world()
    if request.method == "POST":
        with here.lock:
            for number, fate in request.get_json(force=True).items():
                here.sms_fates.pop(str(number), None)
                if fate:
                    here.sms_fates[str(number)] = dict(fate)
    return jsonify(here.sms_fates)


@inbox.post("/sms/limits.json")
def limits() -> Response:
    here = world()
    here.sms_limits = bool(request.get_json(force=True).get("is_on", True))
    return jsonify(is_on=here.sms_limits)


@inbox.post("/sms/clear.json")
def clear() -> Response:
    here = world()
    with here.lock:
        here.forget_sms()
    return jsonify(ok=True)
