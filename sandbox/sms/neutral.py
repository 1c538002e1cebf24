"""How does the neutral `sandbox` provider answer? One POST per message, the sender's id names it.

POST /sms/sandbox {id, phone, template, text, params} → {"id", "status"}; an id names one message, also twice.
POST /sms/sandbox/batch {"messages": [the same, up to 200]} → {"results": [{"id", "status" or "error"}]}.
GET /sms/sandbox/<id> → {"id", "status": pending | delivered | failed, "reason"}, 404 when it never arrived.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.clock import shown
from sandbox.sms.inbox import accept, fate_of, plain_number, text_of
from sandbox.state import Sms, World, world

cloud = Blueprint("sms_neutral", __name__)


MOST = 200


@cloud.post("/sms/sandbox")
@cloud.post("/sms/sandbox/")
def send() -> Response | tuple[Response, int]:
    given = request.get_json(force=True)
    if missing := _missing(given):
        return jsonify(error="invalid", missing=missing), 400
    said = _taken(world(), given)
    return (jsonify(said), 422) if "error" in said else jsonify(said)


@cloud.post("/sms/sandbox/batch")
def send_batch() -> Response | tuple[Response, int]:
    rows = request.get_json(force=True).get("messages")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST or any(_missing(row) for row in rows):
        return jsonify(error="invalid"), 400
    return jsonify(results=[_taken(world(), row) for row in rows])


def _missing(given: dict[str, Any]) -> list[str]:
    missing = [name for name in ("id", "phone") if not given.get(name)]
    return missing if given.get("text") or given.get("template") else [*missing, "text"]


def _taken(here: World, given: dict[str, Any]) -> dict[str, Any]:
    """Take one message; an id that is known is not taken twice."""
    if known := _known(here, str(given["id"])):
        return {"id": known.id, "status": known.status, "is_repeat": True}
    phone = plain_number(str(given["phone"]))
    if code := fate_of(here, phone).get("code"):
        return {"id": given["id"], "error": code}
    sms = accept(here, _made(here, given, phone))
    return {"id": sms.id, "status": sms.status}


def _made(here: World, given: dict[str, Any], phone: str) -> Sms:
    params = given.get("params") or []
    template = str(given.get("template", ""))
    text = str(given.get("text") or text_of(here, template, params))
    listed = [str(p) for p in (params.values() if isinstance(params, dict) else params)]
    sign = str(given.get("sign", ""))
    return Sms(str(given["id"]), "sandbox", phone, sign, template, listed, text, here.clock.now())


def _known(here: World, sms_id: str) -> Sms | None:
    with here.lock:
        return here.sms_by_id.get(("sandbox", sms_id))


@cloud.get("/sms/sandbox/<sms_id>")
def status(sms_id: str) -> Response | tuple[Response, int]:
    sms = _known(world(), sms_id)
    if sms is None:
        return jsonify(error="unknown"), 404
    return jsonify(receipt(sms))


def receipt(sms: Sms) -> dict[str, Any]:
    at = shown(sms.reported_at) if sms.reported_at else ""
    return {"id": sms.id, "phone": sms.phone, "status": sms.status, "reason": sms.reason, "at": at}
