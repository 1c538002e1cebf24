"""Am I insured, for what, how much is left, and whom do I ask? 职工参保 (E4): list, rights, 参保凭证."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from claims import service as claims
from core import clock, lettering
from core.access import allow, current_actor
from core.context import scheme, settings
from core.errors import Missing
from core.fields import mask_id
from core.identifiers import ID_TYPES
from employee import service as employees
from plans import queries as coverages
from plans import service as plans
from plans.queries import CoverageLine
from portal.certificate import Certificate, drawn
from union import queries as unions

blueprint = Blueprint("coverage", __name__, url_prefix="/h5/coverage")

NOT_YOURS = "没有找到这条参保记录。可能链接不完整，或者不在您的名下。请从“职工参保”查看。"
ISSUED = "本凭证由系统按参保记录生成，以系统记录为准。"


@blueprint.get("")
@allow("employee")
def index() -> ResponseReturnValue:
    """The person's records, and when none of them holds today: why not, and whom to ask."""
    person_id, union_id = _me()
    lines = coverages.coverages_of(person_id)
    return render_template(
        "coverage/index.html",
        lines=lines,
        why_not=_why_not(lines),
        contact=unions.contact_of(union_id),
    )


@blueprint.get("/<uuid:coverage_id>")
@allow("employee")
def show(coverage_id: uuid.UUID) -> ResponseReturnValue:
    """One record with the rights that come with it (保障权益, GX-03)."""
    line = _own(coverage_id)
    plan = plans.plan_or_none(line.plan_code)
    memory = claims.memory_of(line.employee_id, line.plan_code) if plan else None
    return render_template(
        "coverage/show.html",
        line=line,
        plan=plan,
        rights=plans.rights(plan, memory) if plan and memory else (),
        together=plans.together(plan, memory) if plan and memory else (),
        had_fen=memory.total_fen if memory else 0,
        deadline=plans.deadline(plan) if plan else "",
        exclusions=plans.exclusions(plan) if plan else (),
        by_phone=scheme().wechat_kinds,
        can_claim=line.standing.key == "now",
        contact=unions.contact_of(line.union_id),
    )


@blueprint.get("/<uuid:coverage_id>/certificate")
@allow("employee")
def certificate(coverage_id: uuid.UUID) -> ResponseReturnValue:
    """A page around the picture; the facts themselves when this machine has no font to draw with."""
    line = _own(coverage_id)
    said = _certificate(line)
    fonts = lettering.font_files(settings().font_files)
    missing = lettering.Lettering(fonts, 42).missing(dict(said.rows)["姓名"]) if fonts else []
    return render_template(
        "coverage/certificate.html", line=line, said=said, has_picture=bool(fonts), missing=missing
    )


@blueprint.get("/<uuid:coverage_id>/certificate.png")
@allow("employee")
def picture(coverage_id: uuid.UUID) -> ResponseReturnValue:
    """The picture, for its owner only, kept by no cache."""
    fonts = lettering.font_files(settings().font_files)
    line = _own(coverage_id)
    if not fonts:
        raise Missing(NOT_YOURS)
    response = Response(drawn(_certificate(line), fonts), mimetype="image/png")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = 'inline; filename="certificate.png"'
    return response


def _certificate(line: CoverageLine) -> Certificate:
    person = employees.card(line.employee_id)
    standing = line.standing
    rows = (
        ("姓名", person.name),
        (ID_TYPES.get(person.id_type, "证件号码"), mask_id(person.id_number)),
        ("参保单位", unions.contact_of(line.union_id).name),
        ("保障计划", line.plan_name),
        ("保障期", f"{line.starts_on} 至 {line.ends_on}"),
        ("状态", standing.label),
    )
    small = (ISSUED, f"生成时间 {clock.shown(clock.now())}")
    return Certificate(scheme().brand.operator, "参保凭证", rows, small)


def _why_not(lines: list[CoverageLine]) -> str:
    """Why the person has no cover today, as far as we know; "" when they have."""
    keys = {line.standing.key for line in lines}
    if not lines:
        return "没有查到您的参保记录。参保由单位工会统一办理，如有疑问请联系本单位工会。"
    if keys & {"now", "waiting"}:
        return ""
    if "future" in keys:
        first = min(line.starts_on for line in lines if line.standing.key == "future")
        return f"您的保障从 {first} 开始，在这以前的住院不能申请补助。"
    last = max(line.ends_on for line in lines)
    return (
        f"您的上一期保障已在 {last} 结束，还没有查到新一期的参保记录。"
        "新一期由单位工会统一办理，请联系本单位工会。保障期内的住院，在申请期限内仍然可以申请。"
    )


def _own(coverage_id: uuid.UUID) -> CoverageLine:
    """The person's own record; somebody else's is as absent as one that never was."""
    line = coverages.own_coverage(coverage_id, _me()[0])
    if line is None:
        raise Missing(NOT_YOURS)
    return line


def _me() -> tuple[uuid.UUID, uuid.UUID]:
    actor = current_actor()
    if actor.id is None or actor.union_id is None:
        raise Missing
    return actor.id, actor.union_id
