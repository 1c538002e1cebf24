"""How does somebody without WeChat prove a second time who they are? The end of their certificate number.

The first proof is the code sent to the phone on file. It lets them look; to change an account they need this
one too. Tries are few, counted per person, and each is in the audit trail.
"""

from __future__ import annotations

import hmac
import unicodedata
import uuid

from core import audit
from core.access import Actor
from core.limits import Limit, forgive, take
from core.roles import GUEST, VISITOR
from employee import rules
from employee.service.people import card

TAIL = 4
TRIES = Limit("visit_proof", 5, 86400, rules.LOCKED)


def visitor_actor(employee_id: uuid.UUID) -> Actor:
    """Who acts: the person, through a browser outside WeChat. Not their owner: few moves allow this."""
    return Actor("visitor", employee_id, "申请人（短信验证）", frozenset({GUEST, VISITOR}))


def prove(employee_id: uuid.UUID, typed: str) -> bool:
    """Are these the last four characters of the person's certificate number? Raises `TooMany`.

    The caller commits either way, so that a wrong try stays in the audit trail.
    """
    take(TRIES, str(employee_id))
    given = unicodedata.normalize("NFKC", typed).strip().upper()[: TAIL * 4]
    wanted = card(employee_id).id_number[-TAIL:].upper()
    is_right = hmac.compare_digest(given.encode(), wanted.encode())
    by = visitor_actor(employee_id)
    audit.record("visit.proved" if is_right else "visit.refused", "employee", employee_id, by)
    if is_right:
        forgive(TRIES, str(employee_id))
    return is_right
