"""Is this claim somebody's own? Asked only about claims the asker may know of."""

from __future__ import annotations

from contextlib import suppress

from claims.queries import work
from claims.service import review
from core.access import Actor
from core.errors import Missing
from employee import service as employees
from staff import service as staff
from staff.queries import StaffCard


def is_own_case(number: str, who: StaffCard, asker: Actor) -> bool | None:
    """None when there is no such claim, or none the asker may know of. Of oneself only «yes» is said."""
    with suppress(Missing):
        claim = review.get(number) if who.id == asker.id else work.find(number, asker)
        card = employees.card(claim.employee_id)
        is_own = staff.is_person(who.id, card.id_number, card.phone)
        return is_own or (None if who.id == asker.id else False)
    return None
