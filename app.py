"""How is the application put together? Wiring only; nothing imports this module."""

from __future__ import annotations

import os
from typing import Any

from flask import Flask
from flask_wtf import CSRFProtect

from config.scheme import load_scheme
from config.settings import ROOT, Settings, load
from core import commands, headers, logs, packing, pages, typed
from core.access import register_access
from core.db import ask_idle_connections, db
from core.files.storage import open_storage
from core.keys import KeyRing
from core.sessions import PostgresSessions
from wiring import (
    ACTORS,
    BLUEPRINTS,
    CSRF_EXEMPT,
    GAUGES,
    JOBS,
    add_commands,
    frame,
    join_conversation,
    sign_in,
)


def create_app(settings: Settings | None = None) -> Flask:
    """The application. Raises `ValueError` with one line that says which setting or profile is wrong."""
    settings = settings or load(os.environ)
    logs.set_up(settings.log_level)
    app = Flask("huzhu", root_path=str(ROOT), template_folder="templates_h5", static_folder="static")
    app.config.update(_flask_config(settings))
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["huzhu"] = _parts(settings)
    app.session_interface = PostgresSessions(
        is_secure=settings.public_url.startswith("https://"), is_strict=settings.app_env != "development"
    )
    db.init_app(app)
    with app.app_context():
        ask_idle_connections(db.engine)
    packing.register_packing(app)
    csrf = CSRFProtect(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for view in CSRF_EXEMPT:
        csrf.exempt(view)
    typed.register_typed(app)
    register_access(app, ACTORS)
    headers.register_headers(app, settings)
    pages.register_pages(app, **frame(app))
    pages.register_refusals(app, sign_in=sign_in)
    commands.register_commands(app)
    add_commands(app)
    join_conversation(app)
    _trust_proxy(app, settings)
    return app


def _flask_config(settings: Settings) -> dict[str, Any]:
    url = settings.database_url.replace("postgres://", "postgresql://", 1)
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": url.replace("postgresql://", "postgresql+psycopg://", 1),
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": 8,
            "max_overflow": 16,
            "pool_timeout": 10,
            "hide_parameters": True,
            # Compiling a statement pays for reports of minutes; a page that is estimated dear waits for it.
            **({} if "options=" in url else {"connect_args": {"options": "-c jit=off"}}),
        },
        "MAX_CONTENT_LENGTH": 12 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 512 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "PREFERRED_URL_SCHEME": settings.public_url.split(":")[0],
        "TESTING": settings.app_env == "test",
        "PROPAGATE_EXCEPTIONS": False,
        "TEMPLATES_AUTO_RELOAD": settings.app_env == "development",
    }


def _parts(settings: Settings) -> dict[str, Any]:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        "settings": settings,
        "scheme": load_scheme(settings.scheme),
        "keyring": KeyRing.parse(settings.field_keys),
        "storage": open_storage(settings.storage_url),
        "redis": redis.Redis.from_url(
            settings.redis_url,
            socket_connect_timeout=0.2,
            socket_timeout=5,
            health_check_interval=30,
            retry=Retry(NoBackoff(), 0),
        ),
        "jobs": JOBS,
        "gauges": GAUGES,
    }


def _trust_proxy(app: Flask, settings: Settings) -> None:
    """Only as many X-Forwarded-For hops as the deployment says it has (S9)."""
    if settings.proxy_hops:
        from werkzeug.middleware.proxy_fix import ProxyFix

        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxy_hops, x_proto=1, x_host=0)  # type: ignore[method-assign]
