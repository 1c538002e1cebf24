"""How would one take in a roster first? A job asks row by row, adds, commits every fifty rows."""

from __future__ import annotations

import uuid
from typing import Any

import requests
from flask import current_app
from rq import Retry, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import text

from bench.chaos.naive import queue
from core import context
from core.db import db

COMMIT_EVERY = 50
TIMEOUT = (1.0, 0.8)
STATE = text("SELECT is_done, told, blamed FROM naive_roster")


def prepare(union: uuid.UUID, content: bytes) -> None:
    """Keep the file, commit, enqueue; rq tries a failed job three times more."""
    db.session.execute(
        text(
            "CREATE TABLE naive_roster (union_id uuid, content bytea, is_done bool DEFAULT false,"
            " told int DEFAULT 0, blamed int DEFAULT 0)"
        )
    )
    row = {"union": union, "content": content}
    db.session.execute(text("INSERT INTO naive_roster VALUES (:union, :content)"), row)
    db.session.commit()
    queue().enqueue("bench.chaos.naive_roster.take_in", retry=Retry(max=3))


def take_in() -> None:
    from core.sheets import read_rows

    union, content = db.session.execute(text("SELECT union_id, content FROM naive_roster")).one()
    rows = [row for row in read_rows(bytes(content)) if len(row) == 6 and row[0] != "姓名"]
    for n, row in enumerate(rows, 1):
        outcome = _take(union, row)
        if outcome in ("told", "blamed"):
            db.session.execute(text(f"UPDATE naive_roster SET {outcome} = {outcome} + 1"))  # noqa: S608
        if n % COMMIT_EVERY == 0:
            db.session.commit()
    db.session.execute(text("UPDATE naive_roster SET is_done = true"))
    db.session.commit()


def _take(union: uuid.UUID, row: list[Any]) -> str:
    """One row: refused, or written and counted. Whoever could not be asked about is refused as well."""
    from core import clock, identifiers
    from employee.models import Employee

    name, _, number, _, _, phone = row
    if identifiers.problem("resident_id", number, clock.today()):
        return "refused"
    there = db.session.query(Employee).filter(Employee.id_number.matches(number)).first()
    if there is not None and there.union_id != union:
        return "refused"
    answer = _asked(name, number)
    if answer != "match":
        return "refused" if answer else "blamed"
    person = there or Employee(union_id=union, id_type="resident_id", id_number=number)
    person.name, person.phone, person.born_on = name, phone, identifiers.birth_on(number)
    db.session.add(person)
    return "told"


def _asked(name: str, number: str) -> str:
    url = f"{current_app.extensions['huzhu']['settings'].sandbox_url}/identity"
    question = {"name": name, "id_type": "resident_id", "id_number": number}
    try:
        return str(requests.post(url, json=question, timeout=TIMEOUT).json()["result"])
    except (requests.RequestException, ValueError, KeyError):
        return ""


def work() -> None:
    worker = SimpleWorker(
        [queue()], connection=context.queue_connection(), serializer=JSONSerializer, maintenance_interval=5
    )
    worker.work(logging_level="CRITICAL")
