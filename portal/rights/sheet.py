"""How does a person's copy look? One page that opens anywhere: chapters, facts, photos, and the same as JSON.

One file and no archive, because WeChat on a phone opens a page and no zip. It holds no script, loads nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from html import escape
from uuid import UUID

from core.copies import Copy, Facts

STYLE = (
    "body{font:18px/1.6 sans-serif;max-width:46rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}"
    "h1{font-size:1.4rem}h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:2px solid #00693e}"
    "dl{margin:0 0 1rem;padding:.25rem 0;border-bottom:1px solid #ccc}dl div{display:flex;gap:1rem}"
    "dt{flex:0 0 8.5em;color:#555}dd{margin:0;overflow-wrap:anywhere}img{max-width:100%;height:auto}"
    "figure{margin:0 0 1rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:14px}"
)


def page(title: str, lead: str, copies: list[Copy], photo: Callable[[UUID], bytes]) -> bytes:
    """The whole copy as UTF-8 HTML; `photo` gives the bytes of a file."""
    chapters = "".join(_chapter(copy, photo) for copy in copies if any(copy.entries) or copy.photos)
    data = json.dumps(
        {copy.title: [dict(entry) for entry in copy.entries] for copy in copies},
        ensure_ascii=False,
        indent=1,
    )
    text = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1><p>{escape(lead)}</p>{chapters}"
        f"<h2>机器可读的数据（JSON）</h2><details><summary>展开</summary><pre>{escape(data)}</pre></details>"
        "</body></html>"
    )
    return text.encode()


def _chapter(copy: Copy, photo: Callable[[UUID], bytes]) -> str:
    entries = "".join(_entry(entry) for entry in copy.entries if any(value for _, value in entry))
    return f"<section><h2>{escape(copy.title)}</h2>{entries}{_photos(copy.photos, photo)}</section>"


def _entry(entry: Facts) -> str:
    rows = (f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>" for label, value in entry if value)
    return f"<dl>{''.join(rows)}</dl>"


def _photos(photos: Iterable[tuple[str, UUID]], photo: Callable[[UUID], bytes]) -> str:
    return "".join(
        f'<figure><img alt="{escape(label)}" src="data:image/jpeg;base64,'
        f'{base64.b64encode(content).decode()}"><figcaption>{escape(label)}</figcaption></figure>'
        for label, content in ((label, photo(file_id)) for label, file_id in photos)
        if content
    )
