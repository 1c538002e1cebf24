"""When may the account write to a person? Template messages, customer-service messages, typing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app

from sandbox.people import Person
from sandbox.state import Template, World
from sandbox.wechat_api.gate import WeChatError, answer, call, ok, sent_json
from sandbox.wechat_fields import filled, first_complaint

DAILY_TEMPLATES = 100_000
DEDUPE_SECONDS = 600
REPEAT_SECONDS = 60


@dataclass
class Sent:
    """Remembered for the two windows: client_msg_id (10 minutes) and same content (60 seconds)."""

    at: float
    msgid: int


def receiver(here: World, body: dict[str, Any]) -> Person:
    person = here.people.get(str(body.get("touser", "")))
    if person is None:
        raise WeChatError(40003)
    return person


def template_of(here: World, body: dict[str, Any]) -> Template:
    template_id = body.get("template_id")
    if not isinstance(template_id, str) or not 1 <= len(template_id) <= 64:
        raise WeChatError(40036)
    template = here.templates.get(template_id)
    if template is None:
        raise WeChatError(40037)
    if template.is_banned:
        raise WeChatError(43116)
    return template


def check_data(template: Template, body: dict[str, Any]) -> dict[str, Any]:
    data = body.get("data")
    if not isinstance(data, dict):
        raise WeChatError(47001)
    if words := first_complaint(template.content, data, template.enums):
        raise WeChatError(47003, f"argument invalid! {words}")
    return data


@call("/cgi-bin/message/template/send")
def send_template(here: World) -> Response:
    body = sent_json()
    person, template = receiver(here, body), template_of(here, body)
    if not person.is_follower:
        raise WeChatError(43004)
    data = check_data(template, body)
    if here.count("template") > DAILY_TEMPLATES:
        raise WeChatError(45009)
    with here.lock:
        msgid, is_new = _remembered(here, person, body)
    if is_new:
        _deliver(here, person, template, body, data, msgid)
    return ok(msgid=msgid)


def _remembered(here: World, person: Person, body: dict[str, Any]) -> tuple[int, bool]:
    """The id of this message, and whether it is one that was not sent already."""
    now = here.clock.now()
    sent: dict[str, Sent] = here.sent
    while sent and next(iter(sent.values())).at < now - DEDUPE_SECONDS:
        del sent[next(iter(sent))]
    own = f"id|{person.openid}|{body['client_msg_id']}" if body.get("client_msg_id") else ""
    if own and own in sent:
        return sent[own].msgid, False
    content = json.dumps([body["template_id"], body["data"]], sort_keys=True, ensure_ascii=False)
    same = f"same|{person.openid}|{hashlib.sha256(content.encode()).hexdigest()}"
    if same in sent and sent[same].at > now - REPEAT_SECONDS:
        raise WeChatError(40241)
    new = Sent(now, here.next_id())
    for key in filter(None, (same, own)):
        sent.pop(key, None)  # so that the newest stands last
        sent[key] = new
    return new.msgid, True


def _deliver(here: World, person: Person, template: Template, body: dict, data: dict, msgid: int) -> None:
    status = here.push.finish_status or ("failed:user block" if person.is_blocking else "success")
    if status == "success":
        show_message(here, person, "template", template, body, data)
    engine = current_app.extensions["sandbox_push"]
    told = {"MsgID": msgid, "Status": status}
    if here.push.is_finish_first:
        engine.event(person.openid, "TEMPLATESENDJOBFINISH", False, **told)
    else:
        engine.event_later(person.openid, "TEMPLATESENDJOBFINISH", **told)


def show_message(here: World, person: Person, kind: str, template: Template, body: dict, data: dict) -> None:
    miniprogram = body.get("miniprogram") or {}
    here.say(
        person,
        "account",
        kind,
        title=template.title,
        text=filled(template.content, data),
        url="" if miniprogram.get("appid") else str(body.get("url") or body.get("page") or ""),
        template_id=template.template_id,
        miniprogram=miniprogram,
    )


CUSTOM_KINDS = {
    "text": ("content",),
    "image": ("media_id",),
    "voice": ("media_id",),
    "video": ("media_id",),
    "music": ("musicurl",),
    "news": ("articles",),
    "mpnewsarticle": ("article_id",),
    "msgmenu": ("list",),
    "wxcard": ("card_id",),
    "miniprogrampage": ("appid",),
}


@call("/cgi-bin/message/custom/send")
def send_custom(here: World) -> Response:
    body = sent_json()
    person = receiver(here, body)
    kind = str(body.get("msgtype", ""))
    if kind not in CUSTOM_KINDS:
        raise WeChatError(40008)
    content = _custom_content(here, kind, body.get(kind))
    if code := here.use_window(person):
        raise WeChatError(code)
    here.say(person, "account", kind, **content)
    return ok()


def _custom_content(here: World, kind: str, part: Any) -> dict[str, Any]:
    if not isinstance(part, dict) or any(not part.get(name) for name in CUSTOM_KINDS[kind]):
        raise WeChatError(47001)
    if "media_id" in CUSTOM_KINDS[kind] and not here.live_media(str(part["media_id"])):
        raise WeChatError(40007)
    if kind == "news" and len(part["articles"]) != 1:
        raise WeChatError(45008, "article size out of limit")
    if kind == "text":
        return {"text": str(part["content"])}
    return {k: v for k, v in part.items() if k != "kind"}


@call("/cgi-bin/message/custom/typing")
def typing(here: World) -> Response:
    body = sent_json()
    person = receiver(here, body)
    if body.get("command") not in ("Typing", "CancelTyping"):
        raise WeChatError(45072, "command not allowed")
    if here.clock.now() > person.last_said_at + 30:
        raise WeChatError(45080)
    return ok()


@call("/cgi-bin/template/get_all_private_template", ("GET",))
def all_templates(here: World) -> Response:
    rows = [
        {
            "template_id": t.template_id,
            "title": t.title,
            "primary_industry": "",
            "deputy_industry": "",
            "content": t.content,
            "example": t.example,
        }
        for t in here.templates.values()
        if t.type == 0
    ]
    return answer({"template_list": rows})


@call("/cgi-bin/template/api_add_template")
def add_template(here: World) -> Response:
    body = sent_json()
    words = [str(w) for w in body.get("keyword_name_list") or ["内容"]]
    content = "\n".join(f"{word}:{{{{thing{n}.DATA}}}}" for n, word in enumerate(words, 1))
    template = Template(f"SBX{here.next_id():040d}", str(body.get("template_id_short", "")), content)
    with here.lock:
        here.templates[template.template_id] = template
        here.changed()
    return ok(template_id=template.template_id)


@call("/cgi-bin/template/del_private_template")
def delete_template(here: World) -> Response:
    template = template_of(here, sent_json())
    with here.lock:
        del here.templates[template.template_id]
        here.changed()
    return ok()
