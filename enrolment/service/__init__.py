"""What happens to an enrolment? Filled in, handed in, reviewed, paid, confirmed."""

from __future__ import annotations

from sqlalchemy import select

from core.db import db
from core.errors import Missing
from enrolment.models import Enrolment
from enrolment.service.accounts import add as add_account
from enrolment.service.filing import start, submit, supplement
from enrolment.service.materials import add as add_material
from enrolment.service.people import add as add_people
from enrolment.service.people import add_all as add_everybody
from enrolment.service.review import approve, send_back

__all__ = [
    "add_account",
    "add_everybody",
    "add_material",
    "add_people",
    "approve",
    "get",
    "send_back",
    "start",
    "submit",
    "supplement",
]


def get(number: str) -> Enrolment:
    """The enrolment with this number. Raises `Missing`."""
    row = db.session.scalar(select(Enrolment).where(Enrolment.number == number))
    if row is None:
        raise Missing
    return row
