"""Does this name belong to this certificate? The national identity check, as a stub that remembers people.

POST /identity {name, id_type, id_number} → {"result": "match" | "mismatch" | "unknown"}. A number known under
another name does not match; a name containing 不符 never matches; one containing 查无 is unknown.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from sandbox.state import World, world

identity = Blueprint("identity", __name__)


@identity.post("/identity")
@identity.post("/identity/")
def check() -> Response | tuple[Response, int]:
    given = request.get_json(force=True)
    if any(not str(given.get(name, "")).strip() for name in ("name", "id_number")):
        return jsonify(error="name and id_number are needed"), 400
    return jsonify(
        result=verdict(world(), str(given["name"]).strip(), str(given["id_number"]).strip().upper())
    )


def verdict(here: World, name: str, id_number: str) -> str:
    if "查无" in name:
        return "unknown"
    if "不符" in name or here.identity_refusals.get(id_number):
        return "mismatch"
    owner = next((p.name for p in here.people.values() if p.id_number == id_number), name)
    return "match" if owner == name else "mismatch"
