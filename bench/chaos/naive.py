"""What would one write first? Commit, enqueue a job, the job sends and then marks; rq tries it again."""

from __future__ import annotations

import requests
from flask import current_app
from rq import Queue, Retry, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import text

from core import context
from core.db import db

TIMEOUT = 2.0


def make_table() -> None:
    db.session.execute(text("CREATE TABLE naive (id serial PRIMARY KEY, phone text UNIQUE, is_sent bool)"))
    db.session.commit()


def queue() -> Queue:
    return Queue("naive", connection=context.queue_connection(), serializer=JSONSerializer)


def say(phone: str) -> None:
    """Commit, then enqueue; a Redis that is away is an exception nobody can do anything about."""
    row_id = db.session.execute(
        text("INSERT INTO naive (phone, is_sent) VALUES (:phone, false) RETURNING id"), {"phone": phone}
    ).scalar_one()
    db.session.commit()
    queue().enqueue("bench.chaos.naive.deliver", row_id, retry=Retry(max=3))


def deliver(row_id: int) -> None:
    phone = db.session.execute(text("SELECT phone FROM naive WHERE id = :id"), {"id": row_id}).scalar_one()
    url = f"{current_app.extensions['huzhu']['settings'].sandbox_url}/sms/sandbox"
    body = {"id": str(row_id), "phone": phone, "text": "x"}
    requests.post(url, json=body, timeout=TIMEOUT).raise_for_status()
    db.session.execute(text("UPDATE naive SET is_sent = true WHERE id = :id"), {"id": row_id})
    db.session.commit()


def work() -> None:
    connection = context.queue_connection()
    worker = SimpleWorker([queue()], connection=connection, serializer=JSONSerializer, maintenance_interval=5)
    worker.work(logging_level="CRITICAL")
