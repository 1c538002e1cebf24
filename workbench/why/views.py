"""为什么办不了: for a person and an action, what is missing, and whom to ask? About oneself, always."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, request

from core.access import Actor, allow, current_actor
from core.roles import ADMINISTRATOR, AUDITOR, CHAIR
from staff import queries as people
from staff import service as staff
from staff.queries import StaffCard
from union import queries as unions
from workbench.why.actions import ACTIONS, Action
from workbench.why.cases import is_own_case
from workbench.why.checks import Check, Facts, checks

blueprint = Blueprint("why", __name__, url_prefix="/admin/why")

ASKS_ABOUT_OTHERS = (CHAIR, ADMINISTRATOR, AUDITOR)
MOST_NAMED = 5


@blueprint.get("")
@allow("staff")
def ask() -> str:
    actor = current_actor()
    who = _who(actor)
    action = next((one for one in ACTIONS if one.key == request.args.get("action")), None)
    place, note = _place(who)
    found = _answers(action, who, place) if action else []
    return render_template(
        "why/ask.html",
        who=who,
        is_self=who.id == actor.id,
        may_pick=actor.has(*ASKS_ABOUT_OTHERS),
        actions=[(one.key, one.label) for one in ACTIONS],
        action=action,
        place=unions.full_name(place) if place else "",
        note=note,
        checks=found,
        can=bool(found) and all(check.is_met for check, _ in found),
    )


def _who(actor: Actor) -> StaffCard:
    """Oneself, or somebody of the unions one looks after. Raises `Missing`."""
    assert actor.id  # noqa: S101 - the access rule says staff
    asked = _id(request.args.get("who", "")) if request.args.get("who") else actor.id
    if asked == actor.id:
        return people.card(actor.id)
    places = unions.places_of(actor, *ASKS_ABOUT_OTHERS)
    if not actor.has(*ASKS_ABOUT_OTHERS):
        places = unions.below_any([])
    return people.card(asked, places)


def _place(who: StaffCard) -> tuple[uuid.UUID | None, str]:
    """The union in question: the one written, else the person's own; and a word when it is not clear."""
    part = request.args.get("place", "").strip()[:80]
    if not part:
        return who.union_id, ""
    found = unions.choices(None, part, MOST_NAMED + 1)
    exact = [one for one, name in found if name == part]
    if len(exact) == 1 or len(found) == 1:
        return (exact or [found[0][0]])[0], ""
    if not found:
        return who.union_id, "没有找到这个工会，下面按本人会籍的工会回答。"
    several = "、".join(name for _, name in found[:MOST_NAMED])
    return who.union_id, f"名称相近的工会不止一个，请写全名：{several}"


def _answers(action: Action, who: StaffCard, place: uuid.UUID | None) -> list[tuple[Check, str]]:
    names = unions.names_of(one for one in (place, who.union_id) if one)
    number = request.args.get("number", "").strip()[:40]
    facts = Facts(
        name=who.name,
        is_active=who.is_active,
        is_complete=who.is_complete,
        member_of=who.union_id,
        member_name=names.get(who.union_id, "") if who.union_id else "",
        rights=frozenset({*who.rights, *who.chair_rights}),
        has_factor=who.has_factor,
        place=place,
        place_name=names.get(place, "") if place else "",
        chain=unions.chain_of(place) if place else frozenset(),
        is_own_case=is_own_case(number, who, current_actor()) if number else None,
    )
    item = staff.TITLES.get(action.roles[0], "")
    found = checks(action, facts, item)
    return [(check, _whom(check.asks, action, place, who)) for check in found]


def _whom(asks: str, action: Action, place: uuid.UUID | None, who: StaffCard) -> str:
    """Whom to ask, by the name of union and role."""
    if asks == "self":
        return f"本人（{who.name}）"
    if asks == "keepers":
        return "转入工会或它的上级工会的主席、经办人"
    return "；".join(_givers(action, place)[:MOST_NAMED]) if asks == "givers" else ""


def _givers(action: Action, place: uuid.UUID | None) -> list[str]:
    """Those who can give one of the action's roles: chairs and administrators, the nearest first."""
    givers = [giver for giver, gives in staff.GIVES.items() if gives & set(action.roles)]
    near = [place, *(one for one, _ in unions.keepers_above(place))] if place and not action.is_whole else []
    known = unions.names_of(near)
    lines = [
        f"“{known[one]}”的{staff.TITLES[giver]} {'、'.join(found)}"
        for one in near
        for giver in givers
        if (found := people.names_with(giver, [one]))
    ]
    if whole := people.names_with(ADMINISTRATOR, None):
        lines.append(f"{staff.TITLES[ADMINISTRATOR]} {'、'.join(whole)}")
    return lines or ["上级工会的管理人员"]


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)
