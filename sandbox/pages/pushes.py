"""What did WeChat push to the product, and what did it make of the answers? The newest first."""

from __future__ import annotations

from flask import abort, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response

from sandbox.pages.room import pages
from sandbox.state import world

SHOWN = 50
OUTCOMES = {
    "success": ("收到，不回复", "good"),
    "empty": ("收到，不回复", "good"),
    "xml": ("回复（明文）", "good"),
    "encrypted xml": ("回复（加密）", "good"),
    "invalid": ("回复无效", "bad"),
    "timeout": ("超时", "bad"),
    "refused": ("被拒绝或连不上", "bad"),
    "held": ("扣住，等下一条", "wait"),
    "pending": ("进行中", "wait"),
}


@pages.get("/push")
def show_pushes() -> str:
    here = world()
    with here.lock:
        rows = list(reversed(here.pushes))[:SHOWN]
        names = {p.openid: p.name for p in here.people.values()}
    return render_template("pages/push.html", rows=rows, names=names, outcomes=OUTCOMES)


@pages.post("/push/<int:push_id>/repeat")
def repeat_push(push_id: int) -> Response:
    push = next((p for p in world().pushes if p.id == push_id), None)
    if push is None:
        abort(404)
    current_app.extensions["sandbox_push"].repeat(push)
    return redirect(url_for("pages.show_pushes"), 303)
