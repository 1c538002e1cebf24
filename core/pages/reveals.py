"""How is a number shown in clear? To our script as a value, else as a page of its own."""

from __future__ import annotations

from flask import jsonify, render_template
from flask.typing import ResponseReturnValue

from core.pages.refusals import wants_json


def revealed(template: str, label: str, value: str | None, back: str) -> ResponseReturnValue:
    """The answer to a reveal; the look must be on record (committed) before this is called."""
    if wants_json():
        return jsonify(value=value)
    return render_template(template, label=label, value=value, back=back)
