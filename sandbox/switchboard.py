"""How do tests and people turn the screws? Clock, faults, push options, templates, mail: the .json twins."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request

from sandbox.faults import KINDS, SERVICES, Fault
from sandbox.state import PushOptions, Template, world
from sandbox.wechat_fields import fields_of

switchboard = Blueprint("switchboard", __name__)


@switchboard.get("/healthz")
def health() -> Response:
    return jsonify(ok=True, app_id=world().settings.wechat_app_id)


@switchboard.post("/reset.json")
def reset() -> Response:
    """The first day again: the people of the start, nothing said, nothing sent, no faults. The catalogues of
    templates stay, unless {"everything": true}."""
    here = world()
    here.reset()
    if (request.get_json(silent=True) or {}).get("everything"):
        here.templates, here.sms_templates = {}, {}
    current_app.extensions["sandbox_push"].held.clear()
    return jsonify(ok=True)


@switchboard.route("/clock.json", methods=["GET", "POST"])
def clock() -> Response:
    """{"offset": seconds} sets, {"advance": seconds} moves on."""
    here = world()
    given: dict[str, Any] = request.get_json(force=True) if request.method == "POST" else {}
    if "offset" in given:
        here.clock.offset = float(given["offset"])
    here.clock.advance(float(given.get("advance", 0)))
    return jsonify(now=here.clock.now(), offset=here.clock.offset)


@switchboard.route("/faults.json", methods=["GET", "POST"])
def faults() -> Response | tuple[Response, int]:
    """{"service", "kind", "seconds", "percent", "times", "path", "code", "seed"} · {"clear": "all"|service,
    "kind"} · {"revoke_token": true} (kills every access token now)."""
    here = world()
    if request.method == "POST":
        try:
            _turn(request.get_json(force=True))
        except (ValueError, TypeError, KeyError) as error:
            return jsonify(error=str(error)), 400
    return jsonify(faults=here.faults.shown(), services=[name for name, _ in SERVICES], kinds=list(KINDS))


def _turn(given: dict[str, Any]) -> None:
    here = world()
    if given.get("revoke_token"):
        with here.lock:
            here.tokens.revoke_all()
    if "clear" in given:
        here.faults.clear(str(given["clear"]), str(given.get("kind", "")))
    if "service" in given:
        known = {f.name for f in fields(Fault)} - {"fired", "_dice"}
        here.faults.set(Fault(**{k: v for k, v in given.items() if k in known}))


@switchboard.get("/push.json")
def show_pushes() -> Response:
    here = world()
    with here.lock:
        rows = [p.shown() for p in reversed(here.pushes)][: int(request.args.get("limit", 100))]
        return jsonify(options=asdict(here.push), pushes=rows)


@switchboard.post("/push.json")
def set_push() -> Response:
    """Any of the PushOptions."""
    here, given = world(), request.get_json(force=True)
    with here.lock:
        for option in fields(PushOptions):
            if option.name in given:
                setattr(here.push, option.name, type(getattr(here.push, option.name))(given[option.name]))
    return jsonify(asdict(here.push))


@switchboard.post("/push/flush.json")
def flush() -> Response:
    current_app.extensions["sandbox_push"].flush()
    return jsonify(ok=True)


@switchboard.post("/push/verify.json")
def verify_url() -> Response:
    """The console's 提交 button: GET the callback with an echostr."""
    return jsonify(current_app.extensions["sandbox_push"].verify_url())


@switchboard.post("/push/<int:push_id>/repeat.json")
def repeat(push_id: int) -> Response:
    push = next((p for p in world().pushes if p.id == push_id), None)
    if push is None:
        abort(404)
    return jsonify(current_app.extensions["sandbox_push"].repeat(push).shown())


@switchboard.route("/wechat/templates.json", methods=["GET", "POST"])
def templates() -> Response | tuple[Response, int]:
    """[{"template_id", "title", "content", "type", "enums"}]: the account's templates, added by id."""
    here = world()
    if request.method == "POST":
        known = {f.name for f in fields(Template)}
        rows = [
            Template(**{k: v for k, v in row.items() if k in known}) for row in request.get_json(force=True)
        ]
        if empty := [t.template_id for t in rows if not fields_of(t.content)]:
            return jsonify(error=f"no {{{{…DATA}}}} fields in {empty}"), 400
        with here.lock:
            here.templates |= {t.template_id: t for t in rows}
            here.changed()
    return jsonify([asdict(t) for t in here.templates.values()])


@switchboard.get("/mail.json")
def mail() -> Response:
    here = world()
    with here.lock:
        return jsonify(messages=[asdict(m) for m in reversed(here.mail)])
