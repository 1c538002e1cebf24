"""What do the features above WeChat know about a writer, and what are they told? The product's own hooks.

Handed in by the wiring: `claims(person's id, connection)` gives (number, words of the state, when), newest
first; `todo(column)` is SQL that counts what waits for the person in that column.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Protocol, cast

from sqlalchemy import Connection

from core.fields import mask_name
from employee import service as employees
from notify import service as notices
from staff.service import reminding as staff
from union import queries as unions
from wechat.effects import Hooks
from wechat.replies import Facts
from wechat.service import consents, scenes

Todo = Callable[[str], str]


class Claims(Protocol):
    """`status_lines` of the claims: on the connection it is given."""

    def __call__(self, employee_id: uuid.UUID, *, connection: Connection) -> list[tuple[str, str, str]]: ...


class _Known(dict[str, Any]):
    """What is known about one person; what takes a statement is looked up when an answer asks for it."""

    def __init__(self, later: dict[str, Callable[[], Any]], **known: Any) -> None:
        super().__init__(known)
        self._later = later

    def get(self, key: str, default: Any = None) -> Any:
        if key in self._later:
            self[key] = self._later.pop(key)()
        return super().get(key, default)


def _origin(connection: Connection, scene: str) -> str:
    """The name of the union whose code was scanned; empty for any other code."""
    union_id = scenes.union_of(connection, scene) if scene else None
    return unions.names_of([union_id]).get(union_id, "") if union_id else ""


def product_hooks(claims: Claims | None = None, todo: Todo | None = None) -> Hooks:
    """The hooks of the running product."""
    ask = employees.speaker(todo(employees.PERSON) if todo else "")

    def facts(connection: Connection, openid: str) -> Facts:
        found = ask(connection, openid)
        if found is None:
            return {}
        later: dict[str, Callable[[], Any]] = {}
        if claims:
            later["claims"] = lambda: [line[:2] for line in claims(found.id, connection=connection)]
        return cast(Facts, _Known(later, name=mask_name(found.name), todo=found.counted or 0))

    def forget(openid: str) -> None:
        employees.forget_openid(openid)
        staff.forget_openid(openid)

    return Hooks(
        facts=facts,
        origin=_origin,
        consent=consents.told,
        tie=staff.scanned,
        forget=forget,
        receipt=notices.wechat_reported,
        subscription_receipt=notices.subscription_reported,
    )
