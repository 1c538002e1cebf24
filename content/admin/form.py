"""What does the editor's form show? What was typed, what is wrong, what somebody else saved meanwhile."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from content import forms, queries, service
from content.models import Article
from content.rules import KINDS, WORKFLOW, Page
from core.access import current_actor
from core.history import Transition
from core.once import new_op

REDUCED = "正文里的外部图片、脚本或不认识的链接不会显示。图片请用“上传图片”放进来。"


def form_page(
    row: Article | None, page: Page, errors: dict[str, str], kept: dict[str, str] | None = None
) -> str:
    """`kept`: pictures that came with a form that could not be saved; nobody has to choose them again."""
    rendered = service.html_of(page)
    return render_template(
        "content_admin/edit.html",
        row=row,
        page=page,
        errors=errors,
        kept=kept or {},
        values=_values(page),
        op=new_op(),
        kinds=list(KINDS.items()),
        state=queries.state_words(row) if row else "",
        moves={move.action for move in WORKFLOW.allowed(row.state, current_actor().roles)} if row else set(),
        steps=[_step(step) for step in queries.history_of(row)] if row else [],
        theirs=service.page_of(row) if row and _is_late(row) else None,
        warning=REDUCED if rendered.is_reduced and not errors else "",
        public_url=f"{queries.PATHS[row.kind]}/{row.id}" if row and row.state == "published" else "",
    )


def typed() -> Page:
    """What was typed, for the page that says what is wrong: unreadable times are shown as they were."""
    form = request.form.copy()
    form["publish_at"] = form["take_down_at"] = ""
    return forms.page_from(form)


def _values(page: Page) -> dict[str, Any]:
    """The form's fields; a time that could not be read stays as it was typed."""
    times = {
        name: request.form.get(name, forms.written(getattr(page, name)))
        for name in ("publish_at", "take_down_at")
    }
    typed = {name: request.form.get(name, "") for name in ("picture_alt", "attachment_alt")}
    fields = ("kind", "title", "summary", "source", "body", "cover_alt")
    return {name: getattr(page, name) for name in fields} | times | typed | {"place": page.place or ""}


def _is_late(row: Article) -> bool:
    """Somebody else saved while this person was typing."""
    return request.method == "POST" and request.form.get("seen", str(row.version)) != str(row.version)


def _step(step: Transition) -> dict[str, Any]:
    move = next((move for move in WORKFLOW.moves if move.action == step.action), None)
    label = move.label if move else "新建"
    return {"label": label, "at": step.at, "who": step.actor_label, "state": "done"}
