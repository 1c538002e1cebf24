"""How does a page of content get written? One form saves it, and does what was pressed beside. (A12)"""

from __future__ import annotations

import uuid
from dataclasses import replace

from flask import flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from content import forms, service
from content.admin.door import blueprint
from content.admin.form import form_page, typed
from content.models import Article
from content.rules import ALT_NEEDED, EDITORS, KINDS, Page
from content.service import pictures
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Refused
from core.files import Picture
from core.once import answered, once
from core.pages import again

NO_FILE = "请先选择图片"
SAVED = {"draft": "草稿已保存。", "scheduled": "已保存，到时发布。", "taken_down": "已保存，还没有重新发布。"}
WAITING = "已保存。大家看到的还是原来的内容，点“发布更新”后才会换成新的。"


@blueprint.get("/new")
@allow(*EDITORS, everywhere=True)
def new() -> str:
    kind = request.args.get("kind", "")
    return form_page(None, Page(kind=kind if kind in KINDS else "notice"), {})


@blueprint.post("/new")
@allow(*EDITORS, everywhere=True)
def create() -> ResponseReturnValue:
    """The first saving makes the draft; what else was pressed is done to it at once."""
    again(lambda errors: form_page(None, typed(), errors))
    actor, op = current_actor(), request.form.get("op", "")
    page, uploads = _page_and_uploads()
    with transaction():
        once(op, actor, url_for(".index"))
        row = service.create(_with_uploads(page, uploads), actor)
        answered(op, url_for(".edit", article_id=row.id))
        is_asked = _go_on(row)
    return _next_page(row, is_asked)


@blueprint.get("/<uuid:article_id>")
@allow(*EDITORS, everywhere=True)
def edit(article_id: uuid.UUID) -> str:
    row = service.get(article_id)
    return form_page(row, service.page_of(row), {})


@blueprint.post("/<uuid:article_id>")
@allow(*EDITORS, everywhere=True)
def save(article_id: uuid.UUID) -> ResponseReturnValue:
    """Save what was typed, then do what was pressed: 存草稿, 预览, 发布, 定时发布, 插入图片."""
    again(lambda errors: form_page(service.get(article_id), typed(), errors))
    page, uploads = _page_and_uploads()
    with transaction():
        row = service.get(article_id)
        service.save(row, _with_uploads(page, uploads), current_actor(), forms.version(request.form))
        is_asked = _go_on(row)
    return _next_page(row, is_asked)


@blueprint.post("/pictures")
@allow(*EDITORS, everywhere=True)
def upload() -> ResponseReturnValue:
    """One picture for our script: 201 with the Markdown that shows it."""
    name = _described("picture_alt")
    made = _picture("picture")
    if made is None:
        raise Refused(NO_FILE, "picture")
    with transaction():
        digest = pictures.keep(made, current_actor())
    return jsonify(reference=_reference(digest, name)), 201


def _go_on(row: Article) -> bool:
    """What was pressed beside saving, in the same transaction; True when there is a question first."""
    does, actor = request.form.get("do", "save"), current_actor()
    if does == "publish":
        service.publish(row, actor, row.version)
    elif service.is_past(row) and (does == "schedule" or row.state == "scheduled"):
        if row.state == "scheduled":
            service.unschedule(row, actor, row.version)
        return True
    elif does == "schedule":
        service.schedule(row, actor, row.version)
    return False


def _next_page(row: Article, is_asked: bool) -> ResponseReturnValue:
    does = request.form.get("do", "save")
    if is_asked:
        return redirect(url_for(".publish_form", article_id=row.id), 303)
    if does == "preview":
        return redirect(url_for(".preview", article_id=row.id), 303)
    if does in ("publish", "schedule"):
        flash("已发布。" if does == "publish" else "已定时，到时会自动发布。")
    else:
        flash(WAITING if row.working else SAVED.get(row.state, "已保存。"))
    return redirect(url_for(".edit", article_id=row.id), 303)


def _page_and_uploads() -> tuple[Page, dict[str, Picture]]:
    """What was typed, and the pictures that came with it, decoded before any row is held."""
    page = forms.page_from(request.form)
    found = {name: _picture(name) for name in ("cover_file", "attachment_file", "picture")}
    uploads = {name: made for name, made in found.items() if made}
    if "cover_file" in uploads and not page.cover_alt:
        raise Refused(ALT_NEEDED, "cover_alt")
    if "attachment_file" in uploads:
        _described("attachment_alt")
    if "picture" in uploads:
        _described("picture_alt")
    return page, uploads


def _with_uploads(page: Page, uploads: dict[str, Picture]) -> Page:
    """The page with the pictures that came with the form: cover, attachment, one for the body."""
    kept = {name: pictures.keep(made, current_actor()) for name, made in uploads.items()}
    if digest := kept.get("cover_file"):
        page = replace(page, cover=digest)
    if digest := kept.get("attachment_file"):
        page = replace(page, pages=(*page.pages, (digest, _described("attachment_alt"))))
    if digest := kept.get("picture"):
        reference = _reference(digest, _described("picture_alt"))
        page = replace(page, body=f"{page.body}\n\n{reference}".lstrip())
    return page


def _picture(name: str) -> Picture | None:
    upload: FileStorage | None = request.files.get(name)
    return pictures.picture_in(upload.stream, name) if upload and upload.filename else None


def _described(name: str) -> str:
    """What the picture shows. Raises `Refused` when nobody says."""
    text = " ".join(request.form.get(name, "").split())[:60]
    if not text:
        raise Refused(ALT_NEEDED, name)
    return text


def _reference(digest: str, name: str) -> str:
    plain = name.translate(str.maketrans("[]\\`*_<>", "（）、'＊＿＜＞"))
    return f"![{plain}](/h5/pictures/{digest})"
