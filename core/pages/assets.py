"""Where is a static file, and how long may it be kept? (A year: addresses carry the content.)"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, request, url_for


def asset(name: str) -> str:
    """Address of a static file; "" for a library asset that set-up did not fetch (pages still work)."""
    root = Path(current_app.static_folder or "static")
    own = root / name
    if own.is_file():
        return url_for("static", filename=name, v=_fingerprint(str(own), own.stat().st_mtime_ns))
    manifest = root / "vendor" / "manifest.json"
    if not manifest.is_file():
        return ""
    fetched = _vendor(str(manifest), manifest.stat().st_mtime_ns).get(name)
    return url_for("static", filename=f"vendor/{fetched}") if fetched else ""


@lru_cache(maxsize=256)
def _fingerprint(path: str, _changed: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10]


@lru_cache(maxsize=8)
def _vendor(path: str, _changed: int) -> dict[str, str]:
    return dict(json.loads(Path(path).read_text("utf-8")))


def cache_static(response: Response) -> Response:
    """Named by content means it never changes. WeChat otherwise asks again on every page."""
    hashed = "v" in request.args or request.path.startswith("/static/vendor/")
    if request.endpoint == "static" and hashed and response.status_code in (200, 304):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
