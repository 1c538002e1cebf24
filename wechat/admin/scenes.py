"""Which pages give each union a QR code of its own, to print and to count by? (GX-01)"""

from __future__ import annotations

import io
import uuid
from urllib.parse import quote

import segno
from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow, current_actor
from core.db import transaction
from core.errors import Refused
from core.pages import again
from employee.service.people import bound_openids
from union import queries as unions
from wechat.admin.door import KEEPERS, blueprint
from wechat.service import errands, scenes
from wechat.service.scenes import Count
from wechat.words import code_words

MOST = 50
PICTURES = {"svg": "image/svg+xml", "png": "image/png"}
NONE_PICKED = "请先勾选要生成二维码的工会。"


@blueprint.get("/scenes")
@allow(*KEEPERS, everywhere=True)
def scene_list() -> str:
    return _page({})


def _page(errors: dict[str, str]) -> str:
    part = request.args.get("q", "")[:40].strip()
    found = unions.listed(part, MOST + 1)
    known = {row.union_id: row for row in scenes.of_unions([one for one, _ in found])}
    counts = scenes.counts([row.code for row in known.values()], bound_openids())
    rows = [_line(union_id, name, known.get(union_id), counts) for union_id, name in found[:MOST]]
    return render_template(
        "wechat_admin/scenes.html",
        errors=errors,
        rows=rows,
        is_more=len(found) > MOST,
        waits=any(row["waits"] for row in rows),
    )


def _line(union_id: uuid.UUID, name: str, row: scenes.UnionScene | None, counts: dict[str, Count]) -> dict:
    count = counts.get(row.code, Count()) if row else Count()
    asked = errands.last("make_scene", str(row.id)) if row and not row.url else None
    waits = asked is not None and asked.done_at is None
    return {
        "id": union_id,
        "name": name,
        "scene": row if row and row.url else None,
        "all": count.all,
        "following": count.following,
        "bound": count.bound,
        "waits": waits,
        "fault": code_words(asked.code) if asked and asked.done_at else "",
    }


@blueprint.post("/scenes")
@allow(*KEEPERS, everywhere=True)
def make_scenes() -> ResponseReturnValue:
    again(_page)
    names = {str(union_id): union_id for union_id, _ in unions.listed(request.form.get("q", "")[:40], MOST)}
    picked = [names[one] for one in request.form.getlist("union") if one in names]
    if not picked:
        raise Refused(NONE_PICKED)
    with transaction():
        count = scenes.want(picked, current_actor())
    flash(f"正在为 {count} 个工会生成二维码，几秒后显示在这里。" if count else "这些工会都已有二维码。")
    return redirect(url_for(".scene_list", q=request.form.get("q") or None), 303)


@blueprint.get("/scenes/<uuid:scene_id>.<any(svg, png):kind>")
@allow(*KEEPERS, everywhere=True)
def scene_picture(scene_id: uuid.UUID, kind: str) -> Response:
    row = scenes.scene(scene_id)
    picture = io.BytesIO()
    segno.make(row.url, error="m").save(picture, kind=kind, scale=12, border=4)
    answer = Response(picture.getvalue(), content_type=PICTURES[kind])
    if request.args.get("save"):
        name = unions.names_of([row.union_id]).get(row.union_id, "")
        answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{kind}"
    return answer


@blueprint.get("/scenes/<uuid:scene_id>/print")
@allow(*KEEPERS, everywhere=True)
def print_scene(scene_id: uuid.UUID) -> str:
    row = scenes.scene(scene_id)
    return render_template(
        "wechat_admin/print.html", row=row, name=unions.names_of([row.union_id]).get(row.union_id, "")
    )
