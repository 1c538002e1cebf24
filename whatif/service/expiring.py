"""When is a trial forgotten? So long after it ended, with the people in it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select, delete, select

from core.db import db
from core.retention import Ids, Rule
from whatif.models import WhatIf
from whatif.rules import KEEP


def _due(until: dt.datetime) -> Select[Any]:
    return select(WhatIf.id).where(WhatIf.created_at < until).order_by(WhatIf.created_at)


def _erase(ids: Ids) -> None:
    db.session.execute(delete(WhatIf).where(WhatIf.id.in_(ids)))


RULES = (Rule("whatif.runs", KEEP, _due, _erase),)
