"""What can a person do on the phone? Follow, unfollow, say, tap, scan, answer; each is pushed to the product.

`/phone.json` and `/phone/<person>.json` show it; `POST /phone/<person>/<verb>` does it and answers with the
push's result and the new lines of the chat.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request

from sandbox.catalogue import menu_shown
from sandbox.people import Person
from sandbox.state import World, world
from sandbox.wechat_push import Push, PushEngine

phone = Blueprint("phone_wire", __name__)

MENU_EVENTS = {
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
}


class Phone:
    """The verbs; used by the JSON endpoints, the pages and the JS-SDK."""

    def __init__(self, here: World, engine: PushEngine) -> None:
        self.world = here
        self.engine = engine

    def follow(self, person: Person, ticket: str = "") -> Push:
        found = self.world.qr.get(ticket)
        scene = found.scene if found else ""
        how = "ADD_SCENE_QR_CODE" if found else "ADD_SCENE_SEARCH"
        self.world.follow(person, scene, how)
        extra: dict[str, Any] = (
            {"EventKey": f"qrscene_{scene}", "Ticket": ticket} if found else {"EventKey": ""}
        )
        return self.engine.event(person.openid, "subscribe", **extra)

    def unfollow(self, person: Person) -> Push:
        self.world.unfollow(person)
        return self.engine.event(person.openid, "unsubscribe", False, EventKey="")

    def say(self, person: Person, kind: str, fields: dict[str, Any]) -> Push:
        """A message as WeChat pushes it: `fields` are its XML elements (Content, MediaId, Location_X …)."""
        self.world.open_window(person, "action" if "bizmsgmenuid" in fields else "message")
        shown = {"text": fields["Content"]} if kind == "text" else {k.lower(): v for k, v in fields.items()}
        self.world.say(person, "person", kind, **shown)
        return self.engine.message(person, kind, **fields)

    def scan(self, person: Person, ticket: str) -> Push | None:
        """A code with a scene: followers are pushed SCAN, everybody else follows by it."""
        found = self.world.qr.get(ticket)
        if found is None or (found.expires_at is not None and self.world.clock.now() >= found.expires_at):
            return None
        if not person.is_follower:
            return self.follow(person, ticket)
        self.world.open_window(person, "action")
        return self.engine.event(person.openid, "SCAN", EventKey=found.scene, Ticket=ticket)

    def tap(self, person: Person, button: dict[str, Any], extra: dict[str, Any]) -> Push:
        kind = button.get("type", "click")
        if kind in ("view", "miniprogram"):
            name = "VIEW" if kind == "view" else "view_miniprogram"
            key = button.get("url") if kind == "view" else button.get("pagepath")
            return self.engine.event(person.openid, name, False, EventKey=key or "", MenuId=453121001)
        if kind == "click" or kind.startswith("scancode"):
            self.world.open_window(person, "action")
        name = kind if kind in MENU_EVENTS else "CLICK"
        return self.engine.event(
            person.openid, name, EventKey=button.get("key", ""), **_menu_extra(kind, extra)
        )

    def answer_popup(self, person: Person, answers: dict[str, str], scene: int = 1) -> Push:
        """accept/reject per template: a grant more, or a refusal."""
        with self.world.lock:
            for template_id, word in answers.items():
                if word == "accept":
                    person.grants[template_id] = person.grants.get(template_id, 0) + 1
                    person.refusals = [t for t in person.refusals if t != template_id]
            self.world.changed()
        rows = [
            {"TemplateId": t, "SubscribeStatusString": w, "PopupScene": scene} for t, w in answers.items()
        ]
        popup = {"SubscribeMsgPopupEvent": {"List": rows}}
        return self.engine.event(person.openid, "subscribe_msg_popup_event", False, **popup)

    def refuse_templates(self, person: Person, template_ids: list[str]) -> Push:
        """The switch in the person's settings: only refusals are pushed."""
        with self.world.lock:
            person.refusals = sorted({*person.refusals, *template_ids})
            self.world.changed()
        rows = [{"TemplateId": t, "SubscribeStatusString": "reject"} for t in template_ids]
        return self.engine.event(
            person.openid, "subscribe_msg_change_event", False, SubscribeMsgChangeEvent={"List": rows}
        )

    def revoke(self, person: Person, name: str) -> Push:
        """user_authorization_revoke / _cancellation / user_info_modified: the legal duties."""
        app_id = self.world.settings.wechat_app_id
        return self.engine.event(
            person.openid,
            name,
            False,
            OpenID=person.openid,
            AppID=app_id,
            RevokeInfo="301",
            UnionID=person.unionid,
        )


def _menu_extra(kind: str, extra: dict[str, Any]) -> dict[str, Any]:
    if kind.startswith("scancode"):
        result = {"ScanType": extra.get("scan_type", "qrcode"), "ScanResult": extra.get("result", "")}
        return {"ScanCodeInfo": result}
    if kind.startswith("pic_"):
        return {"SendPicsInfo": {"Count": 0, "PicList": ""}}
    if kind == "location_select":
        where = {
            "Location_X": "24.3",
            "Location_Y": "118.1",
            "Scale": "15",
            "Label": "某市某路",
            "Poiname": "",
        }
        return {"SendLocationInfo": where}
    return {}


# -- JSON ----------------------------------------------------------------------------
def _the_phone() -> Phone:
    return current_app.extensions["sandbox_phone"]


def _person(name: str) -> Person:
    person = world().person(name)
    if person is None:
        abort(404)
    return person


def _given() -> dict[str, Any]:
    given = request.get_json(silent=True)
    return given if isinstance(given, dict) else request.form.to_dict()


def _done(person: Person, push: Push | None, since: int, **more: Any) -> Response:
    with world().lock:
        lines = [asdict(line) for line in person.chat if line.id > since]
        shown = push.shown() if push else None
    return jsonify(person=person.key, push=shown, lines=lines, **more)


@phone.get("/phone.json")
def show_all() -> Response:
    here = world()
    with here.lock:
        return jsonify(people=[asdict(p) for p in here.people.values()], menu=here.menu)


@phone.get("/phone/<name>.json")
def show_one(name: str) -> Response:
    with world().lock:
        return jsonify(asdict(_person(name)))


@phone.post("/phone/people.json")
def add_person() -> Response:
    """A new fictional person; only `key` is needed."""
    here, given = world(), _given()
    known = {k: v for k, v in given.items() if k in Person.__dataclass_fields__}
    number = 1_000_000 + here.count("person")
    blank = {"name": given["key"], "openid": f"oSandboxUser{time.time_ns() % 10**9:09d}{number:07d}"}
    blank |= {"phone": "", "id_number": "", "bank_card": ""}
    return jsonify(asdict(here.add_person(Person(**(blank | known)))))


@phone.post("/phone/<name>/<verb>")
def do(name: str, verb: str) -> Response:
    person, since = _person(name), world().next_id()
    if verb not in VERBS:
        abort(404)
    push, more = VERBS[verb](_the_phone(), person, _given())
    return _done(person, push, since, **more)


Outcome = tuple[Push | None, dict[str, Any]]


def _do_follow(the: Phone, person: Person, given: dict) -> Outcome:
    return the.follow(person, str(given.get("ticket", ""))), {}


def _do_unfollow(the: Phone, person: Person, given: dict) -> Outcome:
    return the.unfollow(person), {}


def _do_say(the: Phone, person: Person, given: dict) -> Outcome:
    """{"text": …} or {"kind": "image", "fields": {…}}; a menu tap adds "menu_id"."""
    fields = dict(given.get("fields") or {})
    kind = str(given.get("kind", "text"))
    if kind == "text":
        fields.setdefault("Content", str(given.get("text", "")))
    if given.get("menu_id"):
        fields["bizmsgmenuid"] = str(given["menu_id"])
    return the.say(person, kind, fields), {}


def _do_tap(the: Phone, person: Person, given: dict) -> Outcome:
    """{"key": …}, {"name": …} of a button, or {"url": …}; a view answers with `open`."""
    button = _button(the.world, given)
    push = the.tap(person, button, given)
    return push, {"open": button.get("url", "")}


def _button(here: World, given: dict) -> dict[str, Any]:
    buttons = [b for top in menu_shown(here)["button"] for b in [top, *(top.get("sub_button") or [])]]
    for field in ("name", "key", "url"):
        for button in buttons:
            if given.get(field) and button.get(field) == given[field] and not button.get("sub_button"):
                return button
    if not given.get("key"):
        abort(404)
    return {"type": given.get("type", "click"), "key": str(given["key"])}


def _do_scan(the: Phone, person: Person, given: dict) -> Outcome:
    """{"ticket": …}, {"scene": …} or {"url": …}; another address is simply opened."""
    tickets = list(the.world.qr.values())
    found = next(
        (
            t
            for t in tickets
            if t.ticket == given.get("ticket") or t.url == given.get("url") or t.scene == given.get("scene")
        ),
        None,
    )
    if found is None:
        return None, {"open": str(given.get("url", "")), "is_known": False}
    return the.scan(person, found.ticket), {"is_known": True}


def _do_subscribe(the: Phone, person: Person, given: dict) -> Outcome:
    return the.answer_popup(person, dict(given.get("answers") or {}), int(given.get("scene", 1))), {}


def _do_refuse(the: Phone, person: Person, given: dict) -> Outcome:
    return the.refuse_templates(person, list(given.get("templates") or [])), {}


def _do_revoke(the: Phone, person: Person, given: dict) -> Outcome:
    return the.revoke(person, str(given.get("event", "user_authorization_revoke"))), {}


def _do_settings(the: Phone, person: Person, given: dict) -> Outcome:
    """Switches that push nothing: is_blocking, is_snapshot, grants."""
    with the.world.lock:
        for name in ("is_blocking", "is_snapshot"):
            if name in given:
                setattr(person, name, given[name] in (True, "true", "1", "on"))
        if isinstance(given.get("grants"), dict):
            person.grants |= {str(k): int(v) for k, v in given["grants"].items()}
        the.world.changed()
    return None, {"settings": {"is_blocking": person.is_blocking, "is_snapshot": person.is_snapshot}}


VERBS = {
    "follow": _do_follow,
    "unfollow": _do_unfollow,
    "say": _do_say,
    "tap": _do_tap,
    "scan": _do_scan,
    "subscribe": _do_subscribe,
    "refuse": _do_refuse,
    "revoke": _do_revoke,
    "settings": _do_settings,
}
