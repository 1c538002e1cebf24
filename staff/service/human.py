"""Does a person sit there? A sum for their computer to work on (altcha), or letters to read from a picture.

The sum needs no eyes and no hands; the picture is the way without JavaScript. Each is set to one browser,
lives ten minutes and is good for one answer, right or wrong.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import secrets
import uuid
from base64 import b64decode
from functools import lru_cache
from typing import Any

import altcha
from captcha.image import ImageCaptcha
from sqlalchemy import delete, func, select, update

from core import clock, context
from core.db import db
from core.errors import Refused
from core.limits import Limit, take_all
from staff.models import HumanCheck
from staff.rules import recovery as rules

LIFE = dt.timedelta(minutes=10)
ALGORITHM, COST, PREFIX = "PBKDF2/SHA-256", 2500, "00"  # some 256 tries: about a second on a phone
INK = (28, 56, 96, 255)
PER_HOLDER = Limit("human_holder", 60, 3600, rules.CHECK_TOO_OFTEN)
PER_IP = Limit("human_ip", 600, 3600, rules.CHECK_TOO_OFTEN)
FIELD = "picture"


def set_picture(holder: str, ip: str) -> bytes:
    """A new picture (PNG) for this browser; the one before is over."""
    _count(holder, ip)
    text = _letters()
    _set("picture", holder, text)
    return bytes(_drawer().generate(text, bg_color=(255, 255, 255), fg_color=INK).getvalue())


def set_work(holder: str, ip: str) -> dict[str, Any]:
    """A new sum for this browser's computer."""
    _count(holder, ip)
    nonce = secrets.token_hex(16)
    challenge = altcha.create_challenge(
        ALGORITHM,
        COST,
        key_prefix=PREFIX,
        expires_at=int((clock.now() + LIFE).timestamp()),
        data={"n": nonce},
        hmac_secret=_secret(),
    )
    _set("work", holder, nonce)
    return challenge.to_dict()


def check(holder: str, typed: str, solved: str) -> None:
    """Use up the answer. Raises `Refused` (field `picture`): neither letters nor sum are right."""
    if solved and (nonce := _worked(solved)):
        if _use("work", holder, nonce):
            return
        raise Refused(rules.PICTURE_OVER, FIELD)
    if not typed.strip():
        raise Refused(rules.PICTURE_NEEDED, FIELD)
    if not _use("picture", holder, rules.same_signs(typed)):
        raise Refused(rules.PICTURE_WRONG, FIELD)


def sweep() -> None:
    """Nobody can answer these any more."""
    db.session.execute(delete(HumanCheck).where(HumanCheck.set_at < clock.now() - dt.timedelta(hours=1)))


def _letters() -> str:
    return "".join(secrets.choice(rules.SIGNS) for _ in range(rules.SIGNS_IN_PICTURE))


def _count(holder: str, ip: str) -> None:
    take_all([(PER_HOLDER, holder), (PER_IP, ip)])


@lru_cache(1)
def _drawer() -> ImageCaptcha:
    drawer = ImageCaptcha(width=180, height=66, font_sizes=(38, 42, 46))
    drawer.word_space_probability = 0.8
    drawer.lookup_table = [0] + [255] * 255  # dark ink stays dark
    drawer.character_rotate = (-20, 20)
    drawer.word_offset_dx = 0.08  # letters that lie on one another cannot be read by anybody
    return drawer


def _secret() -> str:
    return f"human|{context.settings().secret_key}"


def _set(kind: str, holder: str, answer: str) -> None:
    row = HumanCheck(kind=kind, holder=_blind(holder), digest=b"")
    row.digest = _digest(row.id, answer)
    db.session.add(row)


def _worked(solved: str) -> str:
    """The nonce of a sum that was really worked out, else nothing."""
    if len(solved) > 4000 or not altcha.verify_solution(solved, _secret()).verified:
        return ""
    return str(json.loads(b64decode(solved))["challenge"]["parameters"]["data"]["n"])


def _use(kind: str, holder: str, answer: str) -> bool:
    """Judge the newest puzzle of this browser; it is over either way. Counts at once, like a limit."""
    table = HumanCheck.__table__
    newest = (
        select(table.c.id)
        .where(table.c.holder == _blind(holder), table.c.kind == kind)
        .order_by(table.c.set_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    with db.engine.begin() as connection:
        row = connection.execute(
            update(table)
            .where(table.c.id == newest, table.c.used_at.is_(None))
            .values(used_at=func.clock_timestamp())
            .returning(
                table.c.id, table.c.digest, (table.c.set_at > func.clock_timestamp() - LIFE).label("is_live")
            )
        ).one_or_none()
    return row is not None and row.is_live and hmac.compare_digest(row.digest, _digest(row.id, answer))


def _blind(holder: str) -> bytes:
    return context.keyring().blind("human.holder", holder)


def _digest(row_id: uuid.UUID, answer: str) -> bytes:
    return context.keyring().blind("human.answer", f"{row_id}|{answer}")
