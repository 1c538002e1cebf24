"""What does the web server alone do? Flask's smallest page."""

from __future__ import annotations

from flask import Flask


def create() -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/healthz", view_func=lambda: "ok", endpoint="hello")
    return app
