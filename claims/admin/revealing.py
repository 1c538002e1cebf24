"""A number in clear for thirty seconds: with a reason, counted, and on record before it is opened."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from claims.admin import showing
from claims.admin.door import MAY_REVEAL, blueprint, claim_of, me, path_of
from claims.service import revealing
from core.access import allow
from core.db import transaction
from core.factor import must_be_fresh
from core.pages import again, revealed


@blueprint.post("/<number>/reveal")
@allow(*MAY_REVEAL)
def reveal(number: str) -> ResponseReturnValue:
    must_be_fresh()
    again(lambda errors: showing.page(claim_of(number), errors))
    field, reason = request.form.get("field", ""), request.form.get("reason", "")
    with transaction():
        claim = claim_of(number)
        revealing.announce(claim, field, reason, me())
    # Committed: whatever happens to the answer now, the look is on record.
    value = revealing.value(claim, field)
    return revealed("claims_admin/reveal.html", revealing.LABELS[field], value, path_of(claim))
