"""How does the administrator see a message on a real phone before people get it? A test send, by a worker."""

from __future__ import annotations

import re

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow, current_actor
from core.db import transaction
from core.errors import Refused
from core.limits import Limit, take
from core.pages import again
from employee.service.people import openid_with_phone
from notify import queries as messages
from staff import service as staff
from wechat.admin.door import KEEPERS, blueprint
from wechat.admin.templates import page, scope_of
from wechat.service import errands, mappings

TESTS = Limit("wechat_test", 10, 3600, "测试发送太频繁，请 {m} 分钟后再试。")
NOT_BOUND = (
    "没有找到您本人绑定的微信：要先在公众号绑定职工信息，手机号码要和这里登记的一样。也可以填写 openid。"
)
NO_OPENID = "请填写测试人员的 openid（公众平台“用户管理”里可以看到，由字母、数字、- 和 _ 组成）。"
NO_MAPPING = "还没有配置模板，请先选择模板并保存。"


@blueprint.post("/templates/<key>/test")
@allow(*KEEPERS, everywhere=True)
def test_template(key: str) -> ResponseReturnValue:
    """Sends what is saved, not what is typed; the result is told on the page."""
    scope = scope_of(key)
    again(lambda errors: page(scope, errors))
    openid = _receiver()
    one = next((one for one in scope.kinds if one.kind == request.form.get("kind")), scope.kinds[0])
    mapped = scope.now
    if mapped is None:
        raise Refused(NO_MAPPING)
    take(TESTS, current_actor().key)
    values = mappings.filled(mapped.fields, one.values)
    given = {
        "openid": openid,
        "kind": mapped.kind,
        "template_id": mapped.template_id,
        "data": {field: messages.as_wechat_accepts(field, text) for field, text in values.items()},
    }
    with transaction():
        errands.ask("test_send", key, current_actor(), given, again=True)
    return redirect(url_for(".template", key=key) + "#test", 303)


def _receiver() -> str:
    actor = current_actor()
    if request.form.get("to") != "openid":
        _, phone = staff.identity(actor.id) if actor.id else ("", "")
        openid = openid_with_phone(phone) if phone else ""
        if not openid:
            raise Refused(NOT_BOUND, field="to")
        return openid
    typed = request.form.get("openid", "").strip()
    if not re.fullmatch(r"[A-Za-z0-9_-]{20,64}", typed):
        raise Refused(NO_OPENID, field="openid")
    return typed
