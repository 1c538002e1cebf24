"""撤销: offered on the page that follows a decision, for as long as nothing has left."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import flash, redirect, session
from flask.typing import ResponseReturnValue

from claims.admin import showing
from claims.admin.door import REVIEWERS, blueprint, claim_of, me, path_of, seen
from claims.models import Claim
from claims.rules import UNDO_SECONDS
from claims.service import undo as undoing
from core import clock
from core.access import allow
from core.db import transaction
from core.pages import again

OFFER = "undo"


@blueprint.post("/<number>/undo")
@allow(*REVIEWERS)
def undo(number: str) -> ResponseReturnValue:
    again(lambda errors: showing.page(claim_of(number), errors))
    session.pop(OFFER, None)
    with transaction():
        claim = claim_of(number)
        undoing.undo(claim, me(), seen())
    flash(f"已撤销 {number} 的办理，还在您手里，没有通知申请人。")
    return redirect(path_of(claim), 303)


def offer(claim: Claim, said: str) -> None:
    """Remember the decision just made, for the next pages of this session."""
    session[OFFER] = [claim.number, claim.version, clock.now().isoformat(), said]


@blueprint.app_context_processor
def _offered() -> dict[str, Any]:
    return {"undo_offer": _current}


def _current() -> dict[str, Any] | None:
    """What may still be taken back, and for how many seconds."""
    if OFFER not in session:
        return None
    number, version, at, said = session[OFFER]
    left = UNDO_SECONDS - (clock.now() - dt.datetime.fromisoformat(at)).total_seconds()
    if left <= 0:
        return None
    return {
        "url": f"{blueprint.url_prefix}/{number}/undo",
        "number": number,
        "seen": version,
        "said": said,
        "left": int(left) + 1,
        "seconds": UNDO_SECONDS,
    }
