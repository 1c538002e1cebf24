"""Where is a static file, and what of it stands in the page itself?

Addresses carry the content, so files are kept for a year. Style sheets and small drawings of employee pages
stand in the page: a first visit then waits for one answer before it can show anything, not for two.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, request, url_for
from markupsafe import Markup

from core.headers import allow_style

NOTES = re.compile(r"/\*(?!!).*?\*/", re.DOTALL)  # a copyright notice (/*!) stays
SIGN = re.compile(r'<symbol id="([\w-]+)"[^>]*>(.*?)</symbol>', re.DOTALL)


def asset(name: str) -> str:
    """Address of a static file; "" for a library asset that set-up did not fetch (pages still work)."""
    own = _root() / name
    if own.is_file():
        return url_for("static", filename=name, v=_fingerprint(str(own), own.stat().st_mtime_ns))
    fetched = _fetched(name)
    return url_for("static", filename=f"vendor/{fetched}") if fetched else ""


def style(*names: str) -> Markup:
    """These style sheets as a part of the page, which the answer's policy lets in by their digest."""
    paths = [path for name in names if (path := _file(name))]
    element, digest = _styles(tuple((str(path), path.stat().st_mtime_ns) for path in paths))
    allow_style(digest)
    return element


def drawing(name: str) -> Markup:
    """A drawing of ours as a part of the page; "" when there is none of this name."""
    path = _root() / name
    return Markup(_text(str(path), path.stat().st_mtime_ns) if path.is_file() else "")  # noqa: S704


def sign(name: str) -> Markup:
    """The strokes of one sign of img/icons.svg; "" when it has none of this name."""
    path = _root() / "img" / "icons.svg"
    return _signs(str(path), path.stat().st_mtime_ns).get(name, Markup()) if path.is_file() else Markup()


def _root() -> Path:
    return Path(current_app.static_folder or "static")


def _file(name: str) -> Path | None:
    own, fetched = _root() / name, _fetched(name)
    return own if own.is_file() else _root() / "vendor" / fetched if fetched else None


def _fetched(name: str) -> str:
    manifest = _root() / "vendor" / "manifest.json"
    return _vendor(str(manifest), manifest.stat().st_mtime_ns).get(name, "") if manifest.is_file() else ""


@lru_cache(maxsize=256)
def _fingerprint(path: str, _changed: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10]


@lru_cache(maxsize=8)
def _vendor(path: str, _changed: int) -> dict[str, str]:
    return dict(json.loads(Path(path).read_text("utf-8")))


@lru_cache(maxsize=32)
def _styles(files: tuple[tuple[str, int], ...]) -> tuple[Markup, str]:
    """The element, and its digest as a policy names it."""
    css = "".join(NOTES.sub("", Path(path).read_text("utf-8")) for path, _ in files).strip()
    if "</" in css:
        raise ValueError("a style sheet must not end the element it stands in")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return Markup(f"<style>{css}</style>"), digest  # noqa: S704 - our own file


@lru_cache(maxsize=32)
def _text(path: str, _changed: int) -> str:
    return Path(path).read_text("utf-8").strip()


@lru_cache(maxsize=4)
def _signs(path: str, changed: int) -> dict[str, Markup]:
    return {name: Markup(strokes) for name, strokes in SIGN.findall(_text(path, changed))}  # noqa: S704


def cache_static(response: Response) -> Response:
    """Named by content means it never changes. WeChat otherwise asks again on every page."""
    hashed = "v" in request.args or request.path.startswith("/static/vendor/")
    if request.endpoint == "static" and hashed and response.status_code in (200, 304):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
