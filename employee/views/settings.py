"""What does the person want of the product? 大字版, 短信通知 and hints (E17)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.access import allow, current_actor
from core.db import transaction
from core.pages import keep_size, own_page, returning
from employee import service
from employee.views.door import PAGES, blueprint, my_id


@blueprint.get("/settings")
@allow("guest")
def settings() -> ResponseReturnValue:
    actor = current_actor()
    wishes = service.wishes(actor.id) if actor.kind == "employee" and actor.id else None
    return render_template("employee/settings.html", wishes=wishes)


@blueprint.get("/continue/<token>")
@allow("follower")
def go_on(token: str) -> ResponseReturnValue:
    """Back from WeChat's sign-in to a form that was kept: its own address shows what was typed."""
    return redirect(returning.way_back(token[:64]) or "/h5/", 303)


@blueprint.post("/settings/size")
@allow("guest")
def size() -> ResponseReturnValue:
    """大字版 / 标准版: in a cookie for a year, and on the profile, so that a new phone has it too."""
    is_big, actor = request.form.get("big") == "1", current_actor()
    if actor.kind == "employee" and actor.id:
        with transaction():
            service.want_big(actor.id, is_big)
    response = redirect(own_page(request.form.get("next", ""), *PAGES) or "/h5/", 303)
    keep_size(response, is_big)
    return response


@blueprint.post("/settings/sms")
@allow("employee")
def sms() -> ResponseReturnValue:
    """短信通知 on or off; what the law or safety asks for is sent all the same."""
    wants = request.form.get("sms") == "1"
    with transaction():
        service.want_sms(my_id(), wants, current_actor())
    flash("已打开短信通知。" if wants else "已关闭短信通知。验证码和账号安全提醒仍会发短信。")
    return redirect("/h5/settings", 303)


@blueprint.post("/settings/hints")
@allow("employee")
def hints() -> ResponseReturnValue:
    """提醒我可能可以申请的补助: on or off."""
    wants = request.form.get("hints") == "1"
    with transaction():
        service.want_hints(my_id(), wants, current_actor())
    flash("已打开提醒。" if wants else "已关闭提醒。您仍然可以随时申请补助。")
    return redirect("/h5/settings", 303)
