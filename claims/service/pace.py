"""How long did claims take lately? Measured by a job, so that no page counts anything."""

from __future__ import annotations

from sqlalchemy import text

from core.db import db

DAYS = 90
# Days since a Monday (1970-01-05) turned into working days: five a whole week, at most five of the rest.
_WORKED = "(({day} - DATE '1970-01-05') / 7 * 5 + least(({day} - DATE '1970-01-05') % 7, 5))"


def _on(moment: str) -> str:
    return _WORKED.format(day=f"({moment} AT TIME ZONE 'Asia/Shanghai')::date")


MEASURE = text(f"""
WITH finished AS (
  SELECT object_id, max(at) AS at FROM transition
  WHERE workflow = 'claim' AND to_state IN ('paid', 'refused')
    AND at >= clock_timestamp() - make_interval(days => :days)
  GROUP BY object_id),
waited AS (
  SELECT c.kind, t.to_state AS state, greatest({_on("max(f.at)")} - {_on("min(t.at)")}, 0) AS days
  FROM finished f JOIN claim c ON c.id = f.object_id AND c.state IN ('paid', 'refused')
  JOIN transition t ON t.object_id = f.object_id AND t.workflow = 'claim' AND t.at <= f.at
    AND t.to_state IN ('union_review', 'first_review', 'second_review', 'approved')
  GROUP BY c.id, c.kind, t.to_state)
INSERT INTO claim_pace (state, kind, median_days, most_days, cases, measured_at)
SELECT state, kind, percentile_disc(0.5) WITHIN GROUP (ORDER BY days),
  percentile_disc(0.8) WITHIN GROUP (ORDER BY days), count(*), clock_timestamp()
FROM waited GROUP BY state, kind
""")  # noqa: S608 - constants of this module


def measure() -> None:
    """Write the table anew from the claims that ended in the last ninety days."""
    db.session.execute(text("DELETE FROM claim_pace"))
    db.session.execute(MEASURE, {"days": DAYS})
