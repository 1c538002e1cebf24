"""How does somebody arrive at the staff side? The newest SMS code, authenticator codes, and the forms."""

from __future__ import annotations

import re
import time
from typing import Any

import pyotp
from sqlalchemy import text

from notify.models import OutboxMessage
from tests.world import PASSWORD, TOTP_SECRET


def sms_code(db: Any, phone: str) -> str:
    """The newest code that is on its way to this phone, or ""."""
    db.session.expire_all()
    rows = db.session.query(OutboxMessage).filter_by(kind="code").order_by(OutboxMessage.id.desc())
    found = next((row for row in rows if row.address == phone), None)
    return re.findall(r"\d{6}", found.params)[0] if found else ""


def totp(step: int = 0, secret: str = TOTP_SECRET) -> str:
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * step)


def ask(client: Any, phone: str) -> Any:
    return client.submit("/admin/login/code", {"phone": phone}, page="/admin/login?way=sms")


def by_sms(client: Any, phone: str, code: str, **more: str) -> Any:
    typed = {"phone": phone, "code": code, **more}
    return client.submit("/admin/login/sms", typed, page="/admin/login?way=sms")


def arrive(client: Any, db: Any, phone: str) -> Any:
    """Ask for a code and sign in with it."""
    assert ask(client, phone).status_code == 200
    return by_sms(client, phone, sms_code(db, phone))


def by_password(client: Any, account: str, password: str = PASSWORD, code: str = "") -> Any:
    return client.submit("/admin/login", {"account": account, "password": password, "code": code})


def later(db: Any, minutes: float) -> None:
    """As if that much time had passed for limits and codes."""
    for table, column in (("limit_hit", "at"), ("one_time_code", "sent_at")):
        db.session.execute(text(f"UPDATE {table} SET {column} = {column} - interval '{minutes} minutes'"))
    db.session.commit()


def page(answer: Any) -> str:
    return str(answer.get_data(as_text=True))
