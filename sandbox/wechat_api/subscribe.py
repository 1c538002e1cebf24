"""Which subscription notifications may be sent? bizsend with its one-time grants, and /wxaapi/newtmpl."""

from __future__ import annotations

from flask import Response, current_app

from sandbox.people import Person
from sandbox.state import Template, World
from sandbox.wechat_api.gate import WeChatError, call, ok, sent_json
from sandbox.wechat_api.messages import check_data, receiver, show_message, template_of

LONG_TERM = 3


@call("/cgi-bin/message/subscribe/bizsend")
def bizsend(here: World) -> Response:
    body = sent_json()
    person, template = receiver(here, body), template_of(here, body)
    if template.type == 0:
        raise WeChatError(40037)
    page = body.get("page", "")
    if page and not str(page).startswith(("http://", "https://")):
        raise WeChatError(41030)
    data = check_data(template, body)
    with here.lock:
        _use_grant(here, person, template)
    show_message(here, person, "subscribe", template, body, data)
    _tell(here, person, template)
    return ok()


def _use_grant(here: World, person: Person, template: Template) -> None:
    """One consent, one message; long-term consents stay until they are taken back."""
    if template.template_id in person.refusals or person.grants.get(template.template_id, 0) < 1:
        raise WeChatError(43101)
    if template.type != LONG_TERM:
        person.grants[template.template_id] -= 1
    here.changed()


def _tell(here: World, person: Person, template: Template) -> None:
    engine = current_app.extensions["sandbox_push"]
    row = {
        "TemplateId": template.template_id,
        "MsgID": here.next_id(),
        "ErrorCode": 0,
        "ErrorStatus": "success",
    }
    told = {"SubscribeMsgSentEvent": {"List": row}}
    if here.push.is_finish_first:
        engine.event(person.openid, "subscribe_msg_sent_event", False, **told)
    else:
        engine.event_later(person.openid, "subscribe_msg_sent_event", **told)


@call("/wxaapi/newtmpl/gettemplate", ("GET",))
def get_templates(here: World) -> Response:
    rows = [
        {
            "priTmplId": t.template_id,
            "title": t.title,
            "content": t.content,
            "example": t.example,
            "type": t.type,
        }
        for t in here.templates.values()
        if t.type
    ]
    return ok(data=rows)


@call("/wxaapi/newtmpl/addtemplate")
def add_template(here: World) -> Response:
    body = sent_json()
    keys = body.get("kidList") or []
    if not 2 <= len(keys) <= 5:
        raise WeChatError(200020, "invalid kidList")
    if len(str(body.get("sceneDesc", ""))) > 15:
        raise WeChatError(200022, "invalid sceneDesc")
    content = "\n".join(f"{{{{thing{key}.DATA}}}}" for key in keys)
    template = Template(f"SBX{here.next_id():040d}", str(body.get("tid", "")), content, type=2)
    with here.lock:
        here.templates[template.template_id] = template
        here.changed()
    return ok(priTmplId=template.template_id)


@call("/wxaapi/newtmpl/deltemplate")
def delete_template(here: World) -> Response:
    template_id = str(sent_json().get("priTmplId", ""))
    with here.lock:
        if here.templates.pop(template_id, None) is None:
            raise WeChatError(200014, "template not exist")
        here.changed()
    return ok()


@call("/wxaapi/newtmpl/getcategory", ("GET",))
def categories(here: World) -> Response:
    return ok(data=[{"id": 616, "name": "工会"}])


@call("/wxaapi/newtmpl/getpubtemplatetitles", ("GET",))
def public_titles(here: World) -> Response:
    titles = [{"tid": 99, "title": "补助申请进度通知", "type": 2, "categoryId": "616"}]
    return ok(count=len(titles), data=titles)


@call("/wxaapi/newtmpl/getpubtemplatekeywords", ("GET",))
def public_keywords(here: World) -> Response:
    rows = [
        {"kid": n, "name": name, "example": name, "rule": "thing"}
        for n, name in enumerate(("事项", "进度"), 1)
    ]
    return ok(data=rows)
