"""Who is asking, and may they? Access is declared on every view; a view that forgets answers 403."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import Flask, g, request

from core import roles
from core.errors import NotAllowed, SignInNeeded

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Actor:
    """Somebody who does something.

    `kind` is guest, follower, employee, visitor, staff or system; `label` is what others read in the history;
    `roles` are the words workflow tables use; `grants` say where each role of a staff member holds: a union
    and all below it, or None for the whole scheme. `union_id` is the union an employee belongs to. `waiting`
    are the roles withheld until the person has shown what they owe: `factor` or `password`.
    """

    kind: str
    id: uuid.UUID | None
    label: str
    roles: frozenset[str]
    union_id: uuid.UUID | None = None
    openid: str | None = None
    grants: tuple[tuple[str, uuid.UUID | None], ...] = ()
    waiting: frozenset[str] = frozenset()
    owes: str = ""

    def unions_of(self, *names: str) -> frozenset[uuid.UUID] | None:
        """The unions (each with all below it) where these roles hold; None for the whole scheme."""
        places = {union for role, union in self.grants if role in names}
        return None if None in places else frozenset(union for union in places if union)

    @property
    def is_spread(self) -> bool:
        """Do different roles hold in different places?"""
        return len({union for _, union in self.grants}) > 1

    def within(self, chain: frozenset[uuid.UUID]) -> Actor:
        """The same person with the roles that hold in a union; `chain` is the union and all above it."""
        held = {role for role, union in self.grants if union is None or union in chain}
        given = {role for role, _ in self.grants}
        return replace(self, roles=(self.roles - given) | held)

    def without(self, names: frozenset[str], owes: str) -> Actor:
        """The same person while `names` wait for what they owe (a `SignInNeeded` kind)."""
        return replace(
            self,
            roles=self.roles - names,
            grants=tuple(grant for grant in self.grants if grant[0] not in names),
            waiting=self.roles & names,
            owes=owes,
        )

    def has(self, *names: str) -> bool:
        return bool(self.roles & set(names))

    def owning(self) -> Actor:
        """The same person, acting on what is their own."""
        return replace(self, roles=self.roles | {roles.OWNER})

    @property
    def key(self) -> str:
        """A short name for limits and idempotency, without personal data."""
        return f"{self.kind}:{self.id or self.openid or '-'}"


GUEST = Actor("guest", None, "访客", frozenset({roles.GUEST}))
SYSTEM = Actor("system", None, "系统", frozenset({roles.SYSTEM}))

Loader = Callable[[], Actor | None]
_SIGN_IN = {roles.FOLLOWER: "follower", roles.EMPLOYEE: "employee"}


def allow(*names: str, everywhere: bool = False) -> Callable[[View], View]:
    """Declare who may use a view: role names of `core.roles`; `guest` is everybody, `staff` any staff.

    `everywhere` asks for a grant that holds in the whole scheme: the page shows every union's rows.
    """
    if not names:
        raise ValueError("allow() needs at least one role")

    def mark(view: View) -> View:
        view.access = frozenset(names)  # type: ignore[attr-defined]
        view.everywhere = everywhere  # type: ignore[attr-defined]
        return view

    return mark


def current_actor() -> Actor:
    """The actor of this request, read from the database once per request."""
    if "actor" not in g:
        g.actor = _load()
    actor: Actor = g.actor
    return actor


def forget_actor() -> None:
    """After a sign-in or binding changed who is asking."""
    g.pop("actor", None)


def in_admin() -> bool:
    return request.path == "/admin" or request.path.startswith("/admin/")


def _load() -> Actor:
    from flask import current_app

    loaders: dict[str, Loader] = current_app.extensions["huzhu"]["loaders"]
    loader = loaders.get("staff" if in_admin() else "employee")
    return (loader() if loader else None) or GUEST


ONLY_HERE = "这里是全部工会的数据，您的权限只在本工会范围内。如需办理，请联系上级工会。"


def check(access: frozenset[str] | None, everywhere: bool = False) -> None:
    """Raise unless the present actor is among `access`. None (nobody said) is a refusal."""
    if access is None:
        raise NotAllowed
    if roles.GUEST in access:
        return
    actor = current_actor()
    if actor.roles & access:
        if everywhere and actor.unions_of(*access) is not None:
            raise NotAllowed(ONLY_HERE)
        return
    if actor.kind == "staff" and roles.SIGNED_IN in access:
        return
    if actor.waiting & access:
        raise SignInNeeded(actor.owes)
    if in_admin():
        raise SignInNeeded("staff") if actor.kind != "staff" else NotAllowed
    raise SignInNeeded("follower" if actor.kind == "guest" else "employee")


def register_access(app: Flask, loaders: dict[str, Loader]) -> None:
    """Put the check before every request of `app`."""
    app.extensions["huzhu"]["loaders"] = loaders
    if "static" in app.view_functions:
        app.view_functions["static"].access = frozenset({roles.GUEST})  # type: ignore[union-attr]

    @app.before_request
    def _check_access() -> None:
        if request.endpoint is None:
            return
        view = app.view_functions[request.endpoint]
        check(getattr(view, "access", None), getattr(view, "everywhere", False))
