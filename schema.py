"""Which tables make the database? Importing this module makes the schema known as a whole."""

# ruff: noqa: F401
from __future__ import annotations

import changes.models
import claims.models
import content.models
import core.audit
import core.codes
import core.files.models
import core.history
import core.kept
import core.limits
import core.numbers
import core.once
import core.sessions
import employee.models
import enrolment.models
import finder.models
import membership.models
import notify.models
import payout.models
import plans.models
import portal.rights.models
import reports.models
import roster.models
import staff.models
import union.models
import wechat.models
import whatif.models
