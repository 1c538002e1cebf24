"""What is left of a page without our style sheets and scripts? The product, which leaves them out."""

from __future__ import annotations

import re

from flask import Flask, Response

from app import create_app

OURS = re.compile(r"<style>.*?</style>|<link rel=\"stylesheet\"[^>]*>|<script\b.*?</script>", re.DOTALL)


def create() -> Flask:
    """Registered after everything else, so an answer comes here first and is packed afterwards."""
    app = create_app()
    app.after_request(_without_ours)
    return app


def _without_ours(answer: Response) -> Response:
    if answer.mimetype == "text/html":
        answer.set_data(OURS.sub("", answer.get_data(as_text=True)))
    return answer
