"""Is this process alive, can it serve, and how much is waiting? For load balancers and Prometheus."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text

from core import context
from core.access import allow
from core.db import db

log = logging.getLogger(__name__)

blueprint = Blueprint("health", __name__)

# name → (help, label name, {label: number}); the features hand these in through the wiring.
Gauges = Mapping[str, tuple[str, str, Callable[[], Mapping[str, float]]]]


@blueprint.get("/healthz")
@allow("guest")
def alive() -> ResponseReturnValue:
    """The process answers."""
    return {"ok": True}


@blueprint.get("/readyz")
@allow("guest")
def ready() -> ResponseReturnValue:
    """It can serve: database and storage must answer; without the queue everything is only slower (P3)."""
    parts = {"database": _works(_database), "storage": _works(_storage), "queue": _works(_queue)}
    is_ready = parts["database"] and parts["storage"]
    return jsonify(ok=is_ready, **{name: "ok" if works else "away" for name, works in parts.items()}), (
        200 if is_ready else 503
    )


@blueprint.get("/metrics")
@allow("guest")
def metrics() -> ResponseReturnValue:
    """Counts only; nothing about a person."""
    registry = CollectorRegistry()
    gauges: Gauges = current_app.extensions["huzhu"].get("gauges", {})
    for name, (says, label, read) in gauges.items():
        gauge = Gauge(name, says, [label], registry=registry)
        for key, number in read().items():
            gauge.labels(key).set(number)
    return Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


def _works(check: Callable[[], object]) -> bool:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the part does not work
        log.warning("part does not answer", extra={"part": check.__name__, "kind": type(error).__name__})
        return False
    return True


def _database() -> None:
    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def _storage() -> None:
    context.storage().check()


def _queue() -> None:
    context.queue_connection().ping()
