"""Where can a person be reached? The features that know their people register a function here.

This room lies below every feature, so it cannot look people up itself: `wiring.py` says
`recipients["employee"] = employee.service.recipient` (and the same for "staff"), and
`crowds["employee"] = employee.service.recipients_of` for thousands with one statement.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipient:
    """`openid` only while the person is bound and follows; `phone` the one on file."""

    phone: str = ""
    openid: str = ""
    wants_sms: bool = True
    is_deceased: bool = False


NOBODY = Recipient()

recipients: dict[str, Callable[[uuid.UUID], Recipient | None]] = {}
crowds: dict[str, Callable[[Sequence[uuid.UUID]], Mapping[uuid.UUID, Recipient]]] = {}


def find(kind: str, owner_id: uuid.UUID) -> Recipient:
    """How to reach this person; by the inbox alone when nobody knows."""
    look_up = recipients.get(kind)
    return (look_up(owner_id) if look_up else None) or NOBODY


def find_many(kind: str, owner_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Recipient]:
    """How to reach each of these people; whoever is missing there is reached by the inbox alone."""
    look_up = crowds.get(kind)
    return look_up(owner_ids) if look_up else {one: find(kind, one) for one in owner_ids}
