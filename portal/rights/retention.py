"""Which rules remove what was kept long enough, in which order, and how is a run begun? Features say what."""

from __future__ import annotations

import logging

import click
from flask.cli import with_appcontext

from changes.service import expiring as changes
from claims.service import expiring as claims
from content.service import unused
from core import retention
from core.files import orphans
from core.retention import MOST, Rule
from employee.service import expiring as employees
from enrolment.service import expiring as enrolments
from finder import service as finder
from notify import service as messages
from payout.service import expiring as payout
from payout.service import pending
from portal.rights import service
from reports import service as reports
from whatif import service as trials

log = logging.getLogger(__name__)

RULES: tuple[Rule, ...] = (
    *claims.RULES,
    *changes.RULES,
    *payout.RULES,
    *employees.RULES,
    *enrolments.RULES,
    *messages.RULES,
    *trials.RULES,
    *finder.RULES,
)
# Nobody's data, and nobody's use: pictures that no page shows.
TIDY: tuple[Rule, ...] = unused.RULES


def sweep_store() -> int:
    """Bytes whose row never came, or went without them."""
    return orphans.sweep((unused.kept_of, pending.kept_of, service.exports_of, reports.exports_of))


def run(most: int = MOST) -> dict[str, int]:
    """Every rule, at most so much of each; one that fails does not keep the others from their work."""
    done = {}
    for rule in (*RULES, *TIDY):
        try:
            done[rule.key] = retention.run(rule, most)
        except Exception as error:  # noqa: BLE001 - it is tried again the next night, and is in the log
            log.error("retention rule failed", exc_info=error, extra={"rule": rule.key})
            done[rule.key] = -1
    return done


def due() -> dict[str, int]:
    """How much each rule would erase now."""
    return {rule.key: retention.count(rule) for rule in (*RULES, *TIDY)}


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Only say how much is due.")
@click.option("--most", default=MOST, show_default=True, help="At most so much of each rule.")
@with_appcontext
def command(dry_run: bool, most: int) -> None:
    """Remove what was kept long enough (the clock does it once a day)."""
    for key, number in (due() if dry_run else run(most)).items():
        term = next(rule.term.words for rule in (*RULES, *TIDY) if rule.key == key)
        words = "FAILED, see the log" if number < 0 else f"{number} {'due' if dry_run else 'erased'}"
        click.echo(f"{key:24} {term:8} {words}")
