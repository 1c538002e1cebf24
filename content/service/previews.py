"""How does an editor see a page on a phone before others do? By a signed link that lives for minutes."""

from __future__ import annotations

import uuid

from itsdangerous import BadSignature, URLSafeTimedSerializer

from content.rules import EXPIRED
from core import context
from core.errors import Refused

MINUTES = 15


def token_of(article_id: uuid.UUID) -> str:
    return _signer().dumps(article_id.hex)


def article_id_of(token: str) -> uuid.UUID:
    """Which page the link shows. Raises `Refused` 410 when it is too old or not ours."""
    try:
        return uuid.UUID(_signer().loads(token, max_age=MINUTES * 60))
    except (BadSignature, ValueError):
        raise Refused(EXPIRED, status=410) from None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(context.settings().secret_key, salt="content.preview")
