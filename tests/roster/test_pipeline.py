"""From an uploaded table to people on the roster."""

from __future__ import annotations

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from core.access import Actor
from core.db import transaction
from core.sheets import write_xlsx
from employee.models import Employee
from roster import jobs, rules, service
from roster.models import RosterImport
from tests.world import World


def test_it_runs(app: Flask, db: SQLAlchemy) -> None:
    world = World()
    union = world.union()
    rows = [["张样本", None, "450101197001010014"], ["李 样本", None, "450101197001010022"]]
    content = write_xlsx([c.title for c in rules.COLUMNS], rows, above=rules.instructions())
    import uuid
    by = Actor("staff", uuid.uuid4(), "王经办", frozenset({"operator"}))
    with transaction():
        work = service.upload(union.id, content, "名册.xlsx", by)
    jobs.work()
    db.session.refresh(work)
    print(work.state, work.new_count, work.wrong_count, work.problem)
    with transaction():
        service.confirm(work, by, work.version, [])
    jobs.work()
    db.session.refresh(work)
    print(work.state, db.session.query(Employee).count())
    assert work.state == "done"
