"""What does the person see of themselves? 个人中心 (E3), 解绑."""

from __future__ import annotations

from flask import flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from core import sessions
from core.access import allow, current_actor
from core.db import transaction
from core.identifiers import ID_TYPES
from employee import rules, service
from employee.views.door import blueprint, my_id


@blueprint.get("/me")
@allow("employee")
def me() -> ResponseReturnValue:
    return render_template("employee/me.html", person=service.card(my_id()), id_types=ID_TYPES)


@blueprint.get("/me/unbind")
@allow("employee")
def unbind() -> ResponseReturnValue:
    return render_template("employee/unbind.html", warning=rules.UNBIND_WARNING)


@blueprint.post("/me/unbind")
@allow("employee")
def unbind_now() -> ResponseReturnValue:
    with transaction():
        service.unbind(current_actor())
    openid = session.get("openid")
    session.clear()
    session["openid"] = openid
    sessions.rotate()
    flash("已解绑。需要时可以重新绑定。")
    return redirect(url_for(".bind"), 303)
