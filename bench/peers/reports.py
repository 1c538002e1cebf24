"""What does an exported report cost its worker? `python -m bench.peers.reports ROWS` gathers one whole."""

from __future__ import annotations

import json
import os
import sys
import time

from bench import rows
from bench.stage import forget_peak, memory_of
from config.settings import load


def main(count: int) -> None:
    from app import create_app
    from core.db import db, transaction
    from core.roles import OPERATOR
    from reports.models import ReportExport
    from reports.rules import COVERAGES
    from reports.service import exporting, gathering
    from tests.world import World, as_staff

    app = create_app(load({**os.environ, "EXPORT_ROWS": str(count)}))
    with app.app_context():
        world = World()
        union = world.union()
        world.cover(world.employee(union))
        clerk = world.staff(OPERATOR)
        by = as_staff(clerk, OPERATOR)
        url = os.environ["DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://", 1)
        people = [world.employee(union).id for _ in range(500)]
        db.session.remove()
        whose = "((ARRAY[{}]::uuid[])[1 + n % {}])".format(
            ",".join(f"'{one}'" for one in people), len(people)
        )
        rows.copies(url, "coverage", count, id=rows.id_of(), employee_id=whose, plan_code="'P' || (n / 500)")
        forget_peak(os.getpid())
        started = time.perf_counter()
        with transaction():
            export_id = exporting.ask(COVERAGES, {}, "测试", False, by).id
            row = gathering.claim_due()
            assert row is not None  # noqa: S101 - just asked for
            held = row.lease_until
        is_more = True
        while is_more:
            is_more, held = gathering.turn(export_id, held)
        made = db.session.get_one(ReportExport, export_id)
        said = {
            "seconds": time.perf_counter() - started,
            "peak_mb": memory_of(os.getpid(), "VmHWM"),
            "rows": made.row_count,
            "state": made.state,
        }
    print(json.dumps(said))


if __name__ == "__main__":
    main(int(sys.argv[1]))
