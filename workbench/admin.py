"""What waits for this member of staff today (A2), and who did what (A15)?"""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from changes import queries as changes
from changes.queries import work as change_work
from claims.queries import narrowing, state_words, work
from claims.service import assigning, behalf, review
from core.access import Actor, allow, current_actor
from core.db import transaction
from core.pages import again
from enrolment import queries as enrolments
from membership import queries as membership
from payout import queries as payouts
from workbench import mine, navigation, news, trail

blueprint = Blueprint("workbench", __name__, url_prefix="/admin")

NAMES = ("state", "union", "waited", "late", "mine")
NOTHING = "没有待办。"


@blueprint.get("/")
@allow("staff")
def home() -> str:
    return _home({})


def _home(errors: dict[str, str]) -> str:
    actor = current_actor()
    if not actor.has(*work.READERS, *work.FINANCE):
        belongs = _membership(actor)
        return render_template("workbench/home.html", tiles=[], is_reader=False, membership=belongs)
    levels = navigation.levels_seen(actor)
    seen = work.scope(actor)
    g.work_counts = counts = work.counts(actor, seen)
    found = work.waiting(actor, _filters(levels), **_cursors(), seen=seen) if levels else None
    rows = found.rows if found else []
    return render_template(
        "workbench/home.html",
        errors=errors,
        membership=_membership(actor),
        is_reader=bool(levels),
        desk_news=news.desk_of(actor, seen),
        tiles=_tiles(actor, counts, levels),
        rows=rows,
        prev_url=_link(before=found.before) if found and found.before else "",
        next_url=_link(after=found.after) if found and found.after else "",
        states=[(level, state_words(level)) for level in levels],
        waited=list(narrowing.WAITED.items()),
        is_filtered=any(request.args.get(name) for name in NAMES),
        can_take=bool(work.levels_of(actor)),
        done=work.recently_done(actor) if levels and not rows else [],
    )


def _membership(actor: Actor) -> membership.Home | None:
    """首页的会籍信息 (XM-25)."""
    return membership.home_of(actor.id) if actor.id else None


@blueprint.post("/next")
@allow(*work.REVIEWERS)
def take_next() -> ResponseReturnValue:
    """领取下一件."""
    with transaction():
        claim = review.take_next(current_actor())
    if claim is None:
        flash("没有等您审核、又没有人领取的申请了。")
        return redirect(url_for(".home"), 303)
    return redirect(f"/admin/claims/{claim.number}", 303)


@blueprint.post("/assign")
@allow(*work.REVIEWERS)
def assign() -> ResponseReturnValue:
    """批量分派: first to whom, then it is done."""
    again(lambda errors: _assign_page(errors) if request.form.get("do") == "confirm" else _home(errors))
    if request.form.get("do") != "confirm":
        return _assign_page({})
    actor = current_actor()
    with transaction():
        claims = assigning.picked(_ids(), actor)
        who = assigning.assign(claims, _id(request.form.get("to", "")), actor)
    flash(f"已把 {len(claims)} 件分派给 {who.label}。")
    return redirect(url_for(".home"), 303)


def _assign_page(errors: dict[str, str]) -> str:
    actor = current_actor()
    claims = assigning.picked(_ids(), actor)
    people = assigning.colleagues(claims, actor)
    return render_template(
        "workbench/assign.html",
        errors=errors,
        values=request.form,
        claims=claims,
        people=[(str(one.id), one.label) for one in people],
    )


def _ids() -> list[uuid.UUID]:
    return [found for text in request.form.getlist("ids") if (found := _id(text))]


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@blueprint.get("/mine")
@allow("staff")
def my_cases() -> str:
    """我的办件: what I handed in and decided, of every kind."""
    cursors = _cursors()
    found = mine.page(current_actor(), before=cursors["before"], after=cursors["after"])
    return render_template(
        "workbench/mine.html",
        rows=found.rows,
        files_claims=current_actor().has(*behalf.FILERS),
        prev_url=url_for(".my_cases", before=found.before) if found.before else "",
        next_url=url_for(".my_cases", after=found.after) if found.after else "",
    )


@blueprint.get("/audit")
@allow(*navigation.AUDIT, everywhere=True)
def audit() -> str:
    given = {name: request.args.get(name, "").strip()[:64] for name in trail.NAMES}
    found = trail.page(given, before=request.args.get("before", ""), after=request.args.get("after", ""))
    kept: dict[str, Any] = {name: value for name, value in given.items() if value}
    return render_template(
        "workbench/audit.html",
        rows=found.rows,
        actions=trail.choices(),
        is_filtered=bool(kept),
        prev_url=url_for(".audit", **kept, before=found.before) if found.before else "",
        next_url=url_for(".audit", **kept, after=found.after) if found.after else "",
    )


@blueprint.post("/audit/verify")
@allow(*navigation.AUDIT, everywhere=True)
def verify() -> ResponseReturnValue:
    """Is the chain whole? Looking is itself on record."""
    with transaction():
        is_whole, words = trail.verify(current_actor())
    flash(words, "good" if is_whole else "bad")
    return redirect(url_for(".audit"), 303)


def _filters(levels: tuple[str, ...]) -> work.Filters:
    state, waited = request.args.get("state", ""), request.args.get("waited", "")
    return work.Filters(
        states=(state,) if state in levels else levels,
        union=request.args.get("union", "").strip()[:80],
        waited=int(waited) if waited in narrowing.WAITED else 0,
        is_late=request.args.get("late") == "1",
        is_mine=request.args.get("mine") == "1",
    )


def _cursors() -> dict[str, str]:
    return {name: request.args.get(name, "")[:200] for name in ("before", "after")}


def _link(**cursor: Any) -> str:
    kept: dict[str, Any] = {name: request.args[name] for name in NAMES if request.args.get(name)}
    return url_for(".home", **kept, **cursor)


def _change_tiles(actor: Actor) -> list[dict[str, Any]]:
    """变更待初核, 变更待复核: for those who decide there, and for overseers."""
    levels = change_work.levels_of(actor) or (change_work.REVIEWS if actor.has(*navigation.AUDIT) else ())
    counts = navigation.waiting(actor).changes if levels else {}
    return [
        {
            "label": f"变更{changes.state_words(level)}",
            "n": counts.get(level, 0),
            "url": f"/admin/changes?state={level}",
        }
        for level in levels
    ]


def _batch_tiles(actor: Actor) -> list[dict[str, Any]]:
    """Batches that wait for this person's next step; nobody is told otherwise that one was made."""
    return [
        {"label": f"批次{label}", "n": n, "unit": "批", "url": f"/admin/payouts?state={state}"}
        for state, label, n in payouts.waiting_for(actor)
    ]


def _tiles(actor: Actor, counts: dict[str, work.Count], levels: tuple[str, ...]) -> list[dict[str, Any]]:
    """Numbers that are links to the list they count."""
    none = work.Count()
    mine = [counts.get(level, none) for level in levels]
    tiles: list[dict[str, Any]] = [
        {
            "label": state_words(level),
            "n": count.all,
            "url": url_for(".home", state=level),
            "note": count.pace,
        }
        for level, count in zip(levels, mine, strict=True)
    ]
    late, held = sum(count.late for count in mine), sum(count.mine for count in mine)
    if levels:
        tiles.append(
            {"label": "超时", "n": late, "url": url_for(".home", late=1), "tone": "bad" if late else ""}
        )
    if work.levels_of(actor):
        tiles.append({"label": "我领取的", "n": held, "url": url_for(".home", mine=1)})
    if asked := navigation.waiting(actor).rebinds:
        tiles.append({"label": "找回绑定", "n": asked, "url": "/admin/rebinds"})
    tiles += _change_tiles(actor)
    found = enrolments.tiles_of(actor, navigation.waiting(actor).enrolments)
    tiles += [{"label": label, "n": n, "url": url} for label, n, url in found]
    if actor.has(*navigation.PAYOUTS) and navigation.reaches(actor, "payouts", navigation.PAYOUTS):
        failed = counts.get("pay_failed", none).all
        tiles += [
            {"label": "待打款", "n": counts.get("approved", none).all, "url": "/admin/payouts"},
            *_batch_tiles(actor),
            {
                "label": "打款失败",
                "n": failed,
                "url": "/admin/claims?state=pay_failed",
                "tone": "bad" if failed else "",
            },
        ]
    if actor.has(*work.FINANCE) and navigation.reaches(actor, "fees", work.FINANCE):
        tiles.append({"label": "参保待确认", "n": navigation.fees_waiting(actor), "url": "/admin/vouchers"})
    return tiles
