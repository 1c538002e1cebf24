"""Which answers travel packed? Text, to whoever unpacks gzip; pictures and downloads go as they are.

Why packing is safe here, although pages hold secrets: docs/decisions/compression.md.
"""

from __future__ import annotations

import gzip
import secrets
from functools import lru_cache

from flask import Flask, Response, request

TEXTS = frozenset({"text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"})
WORTH_IT = 700  # bytes; below it the answer fits into one packet anyway
PAGE_LEVEL, FILE_LEVEL = 5, 9
HAS_NAME = 8  # gzip's header may carry a file name
LONGEST_NAME = 100


def register_packing(app: Flask) -> None:
    """Pack what goes out. Register it first: it has to see an answer after everybody else."""
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    if response.mimetype not in TEXTS or response.is_streamed and not _is_file(response):
        return response
    response.vary.add("Accept-Encoding")
    if _is_wanted() and response.status_code not in (204, 206, 304) and not response.content_encoding:
        _replace(response)
    return response


def _is_file(response: Response) -> bool:
    return request.endpoint == "static" and response.status_code == 200


def _is_wanted() -> bool:
    return request.accept_encodings["gzip"] > 0


def _replace(response: Response) -> None:
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < WORTH_IT:
        return
    if _is_file(response):
        packed = _packed_file(body)
        response.set_etag(response.get_etag()[0] or "", weak=True)  # the same file in other bytes
    else:
        packed = _with_any_name(gzip.compress(body, PAGE_LEVEL, mtime=0))
    response.set_data(packed)
    response.content_encoding = "gzip"


@lru_cache(maxsize=64)
def _packed_file(body: bytes) -> bytes:
    """Once a process and file; there are a dozen."""
    return gzip.compress(body, FILE_LEVEL, mtime=0)


def _with_any_name(packed: bytes) -> bytes:
    """The same, with a file name of random length: how long a page is no longer tells what is in it."""
    name = b"a" * secrets.randbelow(LONGEST_NAME)
    return packed[:3] + bytes([packed[3] | HAS_NAME]) + packed[4:10] + name + b"\0" + packed[10:]
