"""Which of my stays may I have forgotten to claim for? Where the hint leads."""

from __future__ import annotations

from flask import Blueprint, render_template

from core.access import allow, current_actor
from core.errors import Missing
from finder import queries

blueprint = Blueprint("hints", __name__, url_prefix="/h5/hints")


@blueprint.get("")
@allow("employee")
def index() -> str:
    me = current_actor().id
    if me is None:
        raise Missing
    return render_template("finder/hints.html", stays=queries.own(me))
