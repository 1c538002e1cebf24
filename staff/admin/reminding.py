"""微信提醒: how does a member of staff tie their own WeChat, and untie it?"""

from __future__ import annotations

import io

import segno
from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from core.access import allow, current_actor
from core.context import scheme
from core.db import transaction
from core.errors import Missing
from core.factor import RECENT, must_be_fresh
from core.pages import again
from staff.admin.door import blueprint, me
from staff.service import reminding


@blueprint.get("/me/wechat")
@allow("staff")
def wechat() -> ResponseReturnValue:
    return _page({})


@blueprint.post("/me/wechat")
@allow("staff")
def offer_wechat() -> ResponseReturnValue:
    """绑定我的微信: a code to scan, after the second factor; the scan itself is what ties."""
    must_be_fresh(RECENT)
    again(_page)
    with transaction():
        reminding.offer(me(), current_actor())
    return redirect(url_for(".wechat"), 303)


@blueprint.get("/me/wechat/code.svg")
@allow("staff")
def wechat_code() -> Response:
    """The QR code; only for whoever asked for it, and only while it is worth something."""
    must_be_fresh(RECENT)
    offer = reminding.offered(me())
    if offer is None or not offer.url:
        raise Missing
    drawn = io.BytesIO()
    segno.make(offer.url, error="m").save(drawn, kind="svg", scale=6, border=4, light="white", xmldecl=False)
    return Response(drawn.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@blueprint.post("/me/wechat/untie")
@allow("staff")
def untie_wechat() -> ResponseReturnValue:
    with transaction():
        reminding.untie(me(), current_actor())
    flash("已解除绑定，不再发微信提醒。", "good")
    return redirect(url_for(".wechat"), 303)


@blueprint.post("/me/wechat/<any(on, off):switch>")
@allow("staff")
def switch_digest(switch: str) -> ResponseReturnValue:
    """每天的待办提醒, on or off; the other messages stay."""
    with transaction():
        reminding.want_digest(me(), switch == "on", current_actor())
    flash("已打开每天的待办提醒。" if switch == "on" else "已关闭每天的待办提醒。", "good")
    return redirect(url_for(".wechat"), 303)


def _page(errors: dict[str, str]) -> str:
    return render_template(
        "staff/wechat.html",
        errors=errors,
        tied=reminding.tied(me()),
        offer=reminding.offered(me()),
        account=scheme().brand.account,
        has_digest=scheme().staff_digest,
    )
