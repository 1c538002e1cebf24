"""Where can a benchmark put a photo without a form? The product with one more address, for the bench only."""

from __future__ import annotations

from flask import Flask, request

from app import create_app
from claims.service.pictures import store, take_picture
from core.access import allow
from core.db import transaction


def create() -> Flask:
    app = create_app()

    @allow("guest")
    def take() -> str:
        picture = take_picture(request.stream.read())  # type: ignore[arg-type]
        with transaction():
            store(picture, "claim")
        return "kept"

    app.extensions["csrf"].exempt(take)
    app.add_url_rule("/bench/photo", "bench_photo", take, methods=["POST"])
    return app
