"""What do the SMS providers report? POST /receipts/sms/<provider>/<secret>: checked, kept, matched later.

The clouds sign nothing, so the address is the secret. A report may come twice, late, or before our commit;
`notify.jobs.sweep` finds whose it is.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, jsonify, request

from core import context
from core.access import allow
from core.db import transaction
from core.errors import Missing
from notify import outbox
from notify.channels.wire import BATCH_SIGN

blueprint = Blueprint("receipts", __name__, url_prefix="/receipts")

# NUL and halves of characters, which JSON can write and PostgreSQL does not keep.
_UNKEPT = re.compile(r"[\x00\ud800-\udfff]")
LONGEST = 256 * 1024
MOST = 1000
BATCH_NAME = 33  # characters; the id of a message alone has 36


class Report(NamedTuple):
    """One report: by which id the message is known, whether it arrived, why not, when that was said."""

    reference: str
    is_there: bool
    code: str
    at: str


class Malformed(ValueError):
    """The body is not what this provider sends."""


def _text(row: dict[str, Any], name: str, longest: int = 64, needed: bool = True) -> str:
    value = row.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or len(value) > longest or (needed and not value) or _UNKEPT.search(value):
        raise Malformed(name)
    return value


def _tencent(row: dict[str, Any]) -> Report:
    status = _text(row, "report_status")
    if status not in ("SUCCESS", "FAIL"):
        raise Malformed("report_status")
    is_there = status == "SUCCESS"
    code = _text(row, "errmsg", 200, False) + " " + _text(row, "description", 200, False)
    return Report(
        _text(row, "sid"), is_there, "" if is_there else code.strip(), _text(row, "user_receive_time")
    )


def _aliyun(row: dict[str, Any]) -> Report:
    is_there = row.get("success")
    if not isinstance(is_there, bool):
        raise Malformed("success")
    code = _text(row, "err_code", 200, False) + " " + _text(row, "err_msg", 200, False)
    reference = _text(row, "out_id", needed=False) or _text(row, "biz_id")
    if reference.startswith(BATCH_SIGN) and len(reference) == BATCH_NAME:  # of many numbers in one call
        reference = outbox.batch_reference(reference, _text(row, "phone_number")[-11:])
    return Report(reference, is_there, "" if is_there else code.strip(), _text(row, "report_time"))


def _sandbox(row: dict[str, Any]) -> Report:
    status = _text(row, "status")
    if status not in ("delivered", "failed"):
        raise Malformed("status")
    reason = _text(row, "reason", 200, False)
    return Report(_text(row, "id"), status == "delivered", reason, _text(row, "at", needed=False))


# How each provider writes a report, and the answer it waits for.
SHAPES: dict[str, tuple[Callable[[dict[str, Any]], Report], dict[str, Any]]] = {
    "tencent": (_tencent, {"result": 0, "errmsg": "OK"}),
    "aliyun": (_aliyun, {"code": 0, "msg": "成功"}),
    "sandbox": (_sandbox, {"ok": True}),
}


@blueprint.post("/sms/<provider>/<secret>")
@allow("guest")
def receive(provider: str, secret: str) -> Response:
    known = context.settings().sms_receipt_secret
    if provider not in SHAPES or not hmac.compare_digest(secret.encode(), known.encode()):
        raise Missing
    read, answer = SHAPES[provider]
    try:
        reports = [read(row) for row in _rows()]
    except Malformed:
        abort(400)
    with transaction():
        for report in reports:
            status = "delivered" if report.is_there else "failed"
            outbox.keep_receipt(provider, report.reference, status, report.code, report.at)
    return jsonify(answer)


def _rows() -> list[dict[str, Any]]:
    if (request.content_length or 0) > LONGEST:
        abort(413)
    body = request.stream.read(LONGEST + 1)
    if len(body) > LONGEST:
        abort(413)
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("JSON") from None
    if not isinstance(rows, list) or len(rows) > MOST or not all(isinstance(row, dict) for row in rows):
        raise Malformed("array")
    return rows
