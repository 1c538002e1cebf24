"""What does the page of one enrolment show? The rail, the four parts, the findings, the story (A8)."""

from __future__ import annotations

from typing import Any

from flask import render_template

from core.access import allow
from core.context import scheme
from core.fields import mask_card
from core.files.papers import PDF
from core.history import timeline
from core.once import new_op
from enrolment import rules
from enrolment.admin.door import (
    KEEPERS,
    READERS,
    SEES_NAMES,
    Errors,
    blueprint,
    enrolment_of,
    is_open_to_me,
    me,
    path_of,
    scope,
)
from enrolment.models import Enrolment
from enrolment.queries import listing, story
from enrolment.rules import words
from enrolment.service import accounts, checks, materials, review
from enrolment.service.moving import plan_of
from staff import queries as staff


@blueprint.get("/<number>")
@allow(*READERS)
def show(number: str) -> str:
    return page(enrolment_of(number))


def page(enrolment: Enrolment, errors: Errors | None = None) -> str:
    """The overview: a task list for who fills it in, a dossier for everybody else."""
    steps = timeline(enrolment.id)
    is_mine = enrolment.state in rules.LEVEL_ROLES and me().has(rules.LEVEL_ROLES[enrolment.state])
    found = checks.run(enrolment, is_filing=enrolment.state == rules.DRAFT)
    return render_template(
        "enrolment/show.html",
        errors=errors,
        **facts(enrolment),
        rail=listing.rail_labels(),
        step=rules.step_of(enrolment.state),
        parts=_parts(enrolment, found),
        findings=found,
        standing=checks.standing(enrolment),
        accounts=account_rows(enrolment),
        papers=paper_rows(enrolment),
        events=story.events(steps),
        returned=story.last_return(steps),
        may_decide=is_mine,
        why_not=review.why_not(enrolment, me()) if is_mine else "",
        supplements=listing.supplements_of(enrolment, scope()),
        first_number=_first_number(enrolment),
        may_supplement=enrolment.state == rules.DONE and me().has(*KEEPERS),
        op=new_op(),
        fees=scheme().fees,
        keeps=me().has(*KEEPERS),
        pays=me().has(*rules.FINANCE),
        fee_fen=enrolment.fee_due_fen if enrolment.fee_due_fen is not None else review.fee_of(enrolment),
    )


def facts(enrolment: Enrolment) -> dict[str, Any]:
    """What every page of one enrolment shows: whose it is, its state, what the reader may do."""
    return {
        "enrolment": enrolment,
        "at": path_of(enrolment),
        "plan": plan_of(enrolment),
        "state": listing.state_words(enrolment.state),
        "is_mine": is_open_to_me(enrolment),
        "sees_name": me().has(*SEES_NAMES),
        "hint": words.HINT_NAME.format(union=enrolment.union_name),
        "needed": words.NEEDED,
        "agent": agent_of(enrolment),
    }


def agent_of(enrolment: Enrolment) -> dict[str, str]:
    """经办人信息: who is in charge, and how to reach them."""
    found = staff.cards([enrolment.filed_by_id]).get(enrolment.filed_by_id)
    phone = found.phone if found else ""
    return {"name": enrolment.filed_by_label, "phone": phone}


def account_rows(enrolment: Enrolment) -> list[dict[str, Any]]:
    return [
        {"n": n, "id": row.id, "account_name": row.account_name, "card": mask_card(row.card)}
        for n, row in enumerate(accounts.listed(enrolment), 1)
    ]


def paper_rows(enrolment: Enrolment) -> list[dict[str, Any]]:
    """The named list with what was uploaded under each name (附件)."""
    files = materials.listed(enrolment)
    return [
        {
            "code": paper.code,
            "label": paper.label,
            "min": paper.min,
            "max": paper.max,
            "hint": paper.hint,
            "files": [_file(enrolment, row, file) for row, file in files if row.kind == paper.code],
        }
        for paper, _ in checks.papers_of(enrolment)
    ]


def _file(enrolment: Enrolment, row: Any, file: Any) -> dict[str, Any]:
    at, is_pdf = path_of(enrolment, f"materials/{row.id}"), file.media_type == PDF
    return {
        "id": row.id,
        "name": row.file_name or ("PDF 文件" if is_pdf else "照片"),
        "is_pdf": is_pdf,
        "size": _size_words(file.size),
        "added_at": row.added_at,
        "url": f"{at}/full",
        "thumb_url": "" if is_pdf else f"{at}/thumb",
        "preview_url": "" if is_pdf else f"{at}/preview",
        "remove_url": f"{at}/remove",
    }


def _size_words(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, size // 1000)} KB"


def _parts(enrolment: Enrolment, found: list[checks.Finding]) -> list[dict[str, Any]]:
    """The four parts (XM-51), each 已完成 or 未完成, with the first thing that is missing."""
    done = checks.done_parts(found)
    first = dict.fromkeys(checks.PARTS, "")
    for one in found:
        if one.level == "bad":
            first[one.part] = first[one.part] or one.text
    return [
        {
            "label": label,
            "url": path_of(enrolment, part),
            "tag": "已完成" if done[part] else "未完成",
            "tone": "good" if done[part] else "warn",
            "note": first[part] or _said(enrolment, part),
        }
        for part, label in checks.PARTS.items()
    ]


def _said(enrolment: Enrolment, part: str) -> str:
    """What a complete part says of itself."""
    if part == "people":
        return f"{enrolment.participant_count:,} 人"
    if part == "agent":
        return enrolment.filed_by_label
    return ""


def _first_number(enrolment: Enrolment) -> str:
    return listing.number_of(enrolment.supplement_of_id) if enrolment.supplement_of_id else ""
