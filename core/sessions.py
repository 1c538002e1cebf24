"""Who is signed in, since when, and how is that ended? Server-side sessions in PostgreSQL.

`flask.session` is a dict kept in one row; the cookie holds a random token of which only the SHA-256 is
stored. Employees and staff have separate cookies, so one browser can be both without mixing them. Sessions
are rotated at every sign-in and binding, can be listed and killed, and survive a flushed Redis.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid
from typing import Any

from flask import Flask, Request, Response, current_app, g, request, session
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import Index, LargeBinary, String, Uuid, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped
from werkzeug.datastructures import CallbackDict

from core import clock
from core.db import column, db, moment, primary_key, uuid7

IDLE = {"staff": dt.timedelta(minutes=15), "employee": dt.timedelta(minutes=30)}
ABSOLUTE = {"staff": dt.timedelta(hours=8), "employee": dt.timedelta(hours=12)}
IDLE_DEMO = dt.timedelta(hours=4)
TOUCH_EVERY = dt.timedelta(minutes=1)


_FIND = text("SELECT id, area, data, seen_at, created_at FROM session WHERE token_hash = :hash")


class SessionRow(db.Model):
    """One signed-in (or signing-in) browser."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_owner", "area", "owner_id"),)

    id: Mapped[uuid.UUID] = primary_key()
    token_hash: Mapped[bytes] = column(LargeBinary(32), data="secret", unique=True, nullable=False)
    area: Mapped[str] = column(String(16), nullable=False)
    owner_id: Mapped[uuid.UUID | None] = column(Uuid, nullable=True)
    data: Mapped[dict[str, Any]] = column(JSONB, data="secret", nullable=False)
    device: Mapped[str] = column(String(40), data="personal", nullable=False, default="")
    network: Mapped[str] = column(String(40), data="personal", nullable=False, default="", server_default="")
    created_at: Mapped[dt.datetime] = moment(nullable=False)
    seen_at: Mapped[dt.datetime] = moment(nullable=False, index=True)


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """What `flask.session` is in this product."""

    def __init__(self, data: dict[str, Any], row_id: uuid.UUID | None, area: str, token: str = "") -> None:
        def touched(_: Any) -> None:
            self.modified = True
            self.accessed = True

        super().__init__(data, touched)
        self.modified = False
        self.row_id = row_id
        self.area = area
        self.token = token
        self.rotate_to: str | None = None
        self.is_ended = False


class PostgresSessions(SessionInterface):
    """Opens with one statement, writes only when something changed (or once a minute)."""

    def __init__(self, *, is_secure: bool, is_strict: bool) -> None:
        self.is_secure = is_secure
        self.is_strict = is_strict

    def cookie_name(self, area: str) -> str:
        name = "huzhu-admin" if area == "staff" else "huzhu"
        return f"__Host-{name}" if self.is_secure else name

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        area = area_of(request.path)
        token = request.cookies.get(self.cookie_name(area), "")
        row = _find(token) if token else None
        if row is None or self._is_over(row, area):
            return ServerSession({}, None, area)
        found = ServerSession(dict(row.data), row.id, area, token)
        if clock.now() - row.seen_at > TOUCH_EVERY:
            with db.engine.begin() as connection:
                connection.execute(
                    update(SessionRow).where(SessionRow.id == row.id).values(seen_at=clock.now())
                )
        return found

    def _is_over(self, row: Any, area: str) -> bool:
        idle = IDLE[area] if self.is_strict else IDLE_DEMO
        return (
            row.area != area
            or clock.now() - row.seen_at > idle
            or clock.now() - row.created_at > ABSOLUTE[area]
        )

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        kept: ServerSession = session  # type: ignore[assignment]
        name = self.cookie_name(kept.area)
        if kept.accessed:
            response.vary.add("Cookie")
        if kept.is_ended or (kept.modified and not kept and kept.row_id):
            _forget(kept.row_id)
            response.delete_cookie(name, secure=self.is_secure, httponly=True, samesite="Lax")
            return
        if not kept.modified:
            return
        new_token = kept.rotate_to or (None if kept.row_id else secrets.token_urlsafe(32))
        _write(kept, new_token)
        if new_token:
            response.set_cookie(
                name, new_token, secure=self.is_secure, httponly=True, samesite="Lax", path="/"
            )


def area_of(path: str) -> str:
    """Staff pages have a session of their own."""
    return "staff" if path == "/admin" or path.startswith("/admin/") else "employee"


def ended_data() -> dict[str, Any]:
    """What the session of this browser held that has run out by itself; nothing of one that was ended."""
    interface: PostgresSessions = current_app.session_interface  # type: ignore[assignment]
    area = area_of(request.path)
    token = request.cookies.get(interface.cookie_name(area), "")
    row = _find(token) if token else None
    return dict(row.data) if row is not None and row.area == area else {}


def rotate() -> None:
    """Give the present session a new token (at sign-in, second factor, binding): the old one is dead."""
    kept: ServerSession = session._get_current_object()  # type: ignore[attr-defined]
    kept.rotate_to = secrets.token_urlsafe(32)
    kept.modified = True
    kept.pop("csrf_token", None)
    g.pop("csrf_token", None)


def end() -> None:
    """Sign out: the row goes, the cookie goes."""
    kept: ServerSession = session._get_current_object()  # type: ignore[attr-defined]
    kept.clear()
    kept.is_ended = True


def revoke_all(area: str, owner_id: uuid.UUID, but: uuid.UUID | None = None) -> int:
    """Kill every session of one person, optionally but the present one. Joins the action's transaction."""
    query = delete(SessionRow).where(SessionRow.area == area, SessionRow.owner_id == owner_id)
    if but:
        query = query.where(SessionRow.id != but)
    return int(db.session.execute(query).rowcount)  # type: ignore[attr-defined]


def revoke_one(area: str, owner_id: uuid.UUID, row_id: uuid.UUID) -> bool:
    """Kill one session, if it is this person's. Joins the action's transaction."""
    query = delete(SessionRow).where(
        SessionRow.id == row_id, SessionRow.area == area, SessionRow.owner_id == owner_id
    )
    return bool(db.session.execute(query).rowcount)  # type: ignore[attr-defined]


def of_owner(area: str, owner_id: uuid.UUID) -> list[SessionRow]:
    """The live sessions of one person, newest first."""
    query = select(SessionRow).where(SessionRow.area == area, SessionRow.owner_id == owner_id)
    return list(db.session.scalars(query.order_by(SessionRow.seen_at.desc())))


def sweep() -> int:
    """Remove sessions nobody can use any more."""
    longest = max(ABSOLUTE.values())
    query = delete(SessionRow).where(SessionRow.created_at < clock.now() - longest)
    return int(db.session.execute(query).rowcount)  # type: ignore[attr-defined]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _find(token: str) -> Any:
    """In the request's own connection and as plain text: every signed-in request begins with it."""
    return db.session.connection().execute(_FIND, {"hash": _hash(token)}).one_or_none()


def _forget(row_id: uuid.UUID | None) -> None:
    if row_id:
        with db.engine.begin() as connection:
            connection.execute(delete(SessionRow).where(SessionRow.id == row_id))


def _write(kept: ServerSession, new_token: str | None) -> None:
    owner = kept.get("staff_id") or kept.get("employee_id")
    values: dict[str, Any] = {
        "data": dict(kept),
        "owner_id": uuid.UUID(owner) if owner else None,
        "seen_at": clock.now(),
    }
    if new_token:
        values["token_hash"] = _hash(new_token)
    with db.engine.begin() as connection:
        if kept.row_id and not kept.rotate_to:
            connection.execute(update(SessionRow).where(SessionRow.id == kept.row_id).values(**values))
            return
        if kept.row_id:
            connection.execute(delete(SessionRow).where(SessionRow.id == kept.row_id))
        fresh = {"id": uuid7(), "area": kept.area, "device": _device(), "network": _network()}
        fresh["created_at"] = clock.now()
        connection.execute(insert(SessionRow).values(**fresh, **values))


def _device() -> str:
    """System and browser in words a person knows their own by: `Windows Edge`, `iPhone 微信`."""
    agent = request.user_agent.string
    return " ".join(filter(None, (_first(agent, _SYSTEMS), _first(agent, _BROWSERS))))[:40] or "浏览器"


_SYSTEMS: tuple[tuple[str, str], ...] = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
)
_SYSTEMS += (("Mac OS X", "Mac"), ("Linux", "Linux"))
_BROWSERS: tuple[tuple[str, str], ...] = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
)
_BROWSERS += (("Safari", "Safari"),)


def _first(agent: str, words: tuple[tuple[str, str], ...]) -> str:
    return next((word for mark, word in words if mark in agent), "")


def _network() -> str:
    """The neighbourhood of the address: enough to see a stranger, too little to find a person."""
    address = request.remote_addr or ""
    if ":" in address:
        return ":".join(address.split(":")[:3]) + "::"
    return ".".join([*address.split(".")[:3], "*"]) if address.count(".") == 3 else ""
