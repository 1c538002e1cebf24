"""What does an employee see first? Home (E1) gathers from all features."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from changes import queries as changes
from claims import queries as claims
from content import queries as content
from core.access import allow, current_actor
from employee import service as employee

blueprint = Blueprint("portal", __name__)

ARTICLES_ON_HOME = 5


@blueprint.get("/")
@allow("guest")
def front_door() -> ResponseReturnValue:
    return redirect(url_for(".home"))


def _todo(person_id: uuid.UUID, returned_changes: int) -> list[Any]:
    """What waits for the person; changes are only asked for when one came back."""
    found: list[Any] = list(claims.need_action(person_id))
    return [*found, *changes.need_action(person_id)] if returned_changes else found


@blueprint.get("/h5/")
@allow("guest")
def home() -> ResponseReturnValue:
    actor = current_actor()
    person_id = actor.id if actor.kind == "employee" else None
    notices, articles = content.for_home(ARTICLES_ON_HOME)
    person = employee.greeting(person_id, changes.todo_of(employee.PERSON)) if person_id else None
    return render_template(
        "portal/home.html",
        person=person,
        todo=_todo(person_id, person.counted) if person_id and person else [],
        notices=notices,
        articles=articles,
    )
