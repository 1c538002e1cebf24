"""What are the unions called?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from core.db import db
from union.models import Union


def names_of(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The names of several unions with one statement."""
    wanted = set(ids)
    rows = db.session.execute(select(Union.id, Union.name).where(Union.id.in_(wanted))) if wanted else ()
    return {row[0]: row[1] for row in rows}
