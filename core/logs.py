"""What may a log line hold? One JSON object a line, with everything personal or secret taken out here.

The filter works on the finished line, so that no call site can forget it.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import Any

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)(secret|access_token|code|password|ticket|authorization|key)=[^&\s\"']+"), r"\1=***"),
    (re.compile(r"(?i)(\"(?:secret|access_token|password|ticket)\"\s*:\s*)\"[^\"]*\""), r'\1"***"'),
    (re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])"), "[id]"),
    (re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)"), "[phone]"),
    (re.compile(r"(?<![\d.])\d{13,18}(?![\d.])|(?<![0-9A-Za-z.])62\d{17}(?!\d)"), "[number]"),
    (re.compile(r"(?<![A-Za-z0-9])o[A-Za-z0-9_-]{27}(?![A-Za-z0-9_-])"), "[openid]"),
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redact(text: str) -> str:
    """`text` without secrets, identity numbers, phones, cards and openids."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


class JsonFormatter(logging.Formatter):
    """Time, level, logger, message and the given extras; exceptions as type and place, never their text."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "from": record.name,
            "says": record.getMessage(),
        }
        line.update({key: value for key, value in vars(record).items() if key not in _STANDARD})
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["where"] = _places(record.exc_info[2])
        return redact(json.dumps(line, ensure_ascii=False, default=str))


def _places(trace: Any) -> list[str]:
    places = []
    while trace:
        code = trace.tb_frame.f_code
        places.append(f"{'/'.join(code.co_filename.rsplit('/', 2)[-2:])}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]


def set_up(level: str) -> None:
    """Send every logger of the process through the formatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("urllib3", "rq.worker", "werkzeug", "sqlalchemy.engine", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
