"""What do the features above WeChat know about a writer, and what are they told? The product's own hooks.

Handed in by the wiring: `claims(person's id)` gives (number, words of the state, when), newest first;
`todo(person's id)` how many things wait for them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, cast

from core.fields import mask_name
from employee import service as employees
from notify import service as notices
from wechat.effects import Hooks
from wechat.replies import Facts

Claims = Callable[[uuid.UUID], list[tuple[str, str, str]]]
Todo = Callable[[uuid.UUID], int]


class _Known(dict[str, Any]):
    """What is known about one person; what takes a statement is looked up when an answer asks for it."""

    def __init__(self, name: str, later: dict[str, Callable[[], Any]]) -> None:
        super().__init__(name=name)
        self._later = later

    def get(self, key: str, default: Any = None) -> Any:
        if key in self._later:
            self[key] = self._later.pop(key)()
        return super().get(key, default)


def product_hooks(claims: Claims | None = None, todo: Todo | None = None) -> Hooks:
    """The hooks of the running product."""

    def facts(openid: str) -> Facts:
        found = employees.spoken_for(openid)
        if found is None:
            return {}
        person_id, name = found
        later: dict[str, Callable[[], Any]] = {}
        if claims:
            later["claims"] = lambda: [(number, words) for number, words, _ in claims(person_id)]
        if todo:
            later["todo"] = lambda: todo(person_id)
        return cast(Facts, _Known(mask_name(name), later))

    return Hooks(
        facts=facts,
        forget=employees.forget_openid,
        receipt=notices.wechat_reported,
        subscription_receipt=notices.subscription_reported,
    )
