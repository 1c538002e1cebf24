"""How does a person allow us to write to their WeChat? 订阅: a page with WeChat's own button."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, g, jsonify, render_template, request, session
from flask.typing import ResponseReturnValue

from core import context
from core.access import allow
from core.db import transaction
from core.errors import Refused
from core.limits import Limit, take
from core.pages import own_page
from wechat import jssdk
from wechat.client import WeChatError
from wechat.service import consents

blueprint = Blueprint("wechat_subscribe", __name__, url_prefix="/h5/subscribe")

TELLS = Limit("subscribe_told", 30, 3600, "操作太频繁，请 {m} 分钟后再试。")
UNREADABLE = "没有收到微信的答复，请再点一次。"
LONGEST = 4000


@blueprint.get("")
@allow("employee")
def ask() -> str:
    """The only page that loads WeChat's script; without it the page says that SMS goes as before."""
    wanted = consents.asked_for()
    left = consents.left(session.get("openid", ""))
    return render_template(
        "wechat/subscribe.html",
        templates=wanted,
        left=min((left.get(one, 0) for one in wanted), default=0),
        config=_config() if wanted else None,
        script=context.settings().wechat_jssdk_url,
        back=own_page(request.args.get("back", ""), "/h5/", otherwise="/h5/"),
    )


def _config() -> dict[str, Any] | None:
    """The signature for this very address; None while WeChat gives no ticket."""
    g.uses_jssdk = True
    try:
        return jssdk.config(context.settings().public_url + request.full_path.rstrip("?"))
    except WeChatError:
        return None


@blueprint.post("/told")
@allow("employee")
def told() -> ResponseReturnValue:
    """What the button answered. WeChat does not always send its event, so the page tells us too."""
    openid = session.get("openid", "")
    take(TELLS, openid)
    answers = _answers(request.form.get("details", "")[:LONGEST])
    wanted = consents.asked_for()
    with transaction():
        for template_id, answer in answers.items():
            if template_id in wanted:
                consents.told(openid, template_id, answer)
    is_accepted = any(answers.get(one) == "accept" for one in wanted)
    return jsonify(accepted=is_accepted)


def _answers(text: str) -> dict[str, str]:
    """{template: accept | reject …} of `subscribeDetails`: JSON of JSON. Raises `Refused`."""
    try:
        details = json.loads(text)
        rows = {str(key): json.loads(row) if isinstance(row, str) else row for key, row in details.items()}
        return {key: str(row["status"]) for key, row in rows.items()}
    except (ValueError, AttributeError, KeyError, TypeError):
        raise Refused(UNREADABLE) from None
