"""How does a page of content get written? One form saves it, and does what was pressed beside. (A12)"""

from __future__ import annotations

import uuid
from dataclasses import replace
from functools import partial

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
from core.errors import Invalid, Refused, refusal_of
from core.files import Picture
from core.once import answered, once
from core.pages import again

NO_FILE = "请先选择图片"
Kept = dict[str, str]
# The pictures a form may bring, and where it says what each shows.
ALT_OF = {"cover_file": "cover_alt", "attachment_file": "attachment_alt", "picture": "picture_alt"}
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
    kept: Kept = {}
    again(lambda errors: form_page(None, typed(), errors, kept))
    actor, op = current_actor(), request.form.get("op", "")
    page = _read_page(kept)
    with transaction():
        once(op, actor, url_for(".index"))
        row = service.create(page, actor)
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
    kept: Kept = {}
    again(lambda errors: form_page(service.get(article_id), typed(), errors, kept))
    page = _read_page(kept)
    with transaction():
        row = service.get(article_id)
        service.save(row, page, current_actor(), forms.version(request.form))
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


def _read_page(kept: Kept) -> Page:
    """What was typed, with the pictures that came along. Raises when something about either is wrong.

    `kept` (field → digest) has the pictures by then, so that the form that says so still has them.
    """
    wrong = _keep_pictures(kept)
    unnamed = [ALT_OF[name] for name in kept if not _one_line(ALT_OF[name])]
    wrong |= dict.fromkeys(unnamed, ALT_NEEDED)
    page = forms.page_from(request.form)
    if wrong:
        raise Invalid(wrong)
    return _with_pictures(page, kept)


def _keep_pictures(kept: Kept) -> dict[str, str]:
    """Each picture by itself: those of this form, and those of an earlier try. Field → words for bad ones."""
    wrong: dict[str, str] = {}
    for name in ALT_OF:
        digest = request.form.get(f"{name}_kept", "")
        if pictures.sizes_of([digest]) and not request.form.get(f"{name}_drop"):
            kept[name] = digest
        wrong |= refusal_of(partial(_keep, name, kept), name)
    return wrong


def _keep(name: str, kept: Kept) -> None:
    made = _picture(name)
    if made is not None:
        with transaction():
            kept[name] = pictures.keep(made, current_actor())


def _with_pictures(page: Page, kept: Kept) -> Page:
    """The page with the pictures that came with the form: cover, attachment, one for the body."""
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
    if text := _one_line(name):
        return text
    raise Refused(ALT_NEEDED, name)


def _one_line(name: str) -> str:
    return " ".join(request.form.get(name, "").split())[:60]


def _reference(digest: str, name: str) -> str:
    plain = name.translate(str.maketrans("[]\\`*_<>", "（）、'＊＿＜＞"))
    return f"![{plain}](/h5/pictures/{digest})"
