"""What happens by itself, and how often? Names of jobs (see app.py's table) and seconds between runs."""

from __future__ import annotations

EVERY: dict[str, float] = {
    "notify.sweep": 2.0,
    "notify.catch_up": 5.0,
    "claims.release_holds": 60.0,
    "claims.compare_pictures": 60.0,
    "roster.sweep": 5.0,
    "roster.vouch": 10.0,
    "content.turn_pages": 20.0,
    "claims.measure_pace": 3600.0,
    "enrolment.tell": 5.0,
    "payout.sweep": 600.0,
    "finder.sweep": 10.0,
    "reports.refresh": 60.0,
    "reports.sweep": 10.0,
    "staff.sweep": 3600.0,
    "workbench.remind": 300.0,
    "whatif.sweep": 10.0,
    "portal.prepare_exports": 30.0,
    "portal.sweep_rights": 600.0,
    "portal.retain": 86400.0,
    "core.sweep": 3600.0,
    "changes.sweep": 3600.0,
    "wechat.sweep": 3600.0,
    "wechat.errands": 5.0,
}
