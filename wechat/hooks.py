"""What do the features above WeChat know about a writer, and what are they told? The product's own hooks.

Handed in by the wiring: `claims(person's id)` gives (number, words of the state, when), newest first;
`todo(person's id)` how many things wait for them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from core.fields import mask_name
from employee import service as employees
from notify import service as notices
from wechat.effects import Hooks
from wechat.replies import Facts

Claims = Callable[[uuid.UUID], list[tuple[str, str, str]]]
Todo = Callable[[uuid.UUID], int]


def product_hooks(claims: Claims | None = None, todo: Todo | None = None) -> Hooks:
    """The hooks of the running product."""

    def facts(openid: str) -> Facts:
        person_id = employees.bound_person(openid)
        if person_id is None:
            return {}
        known: Facts = {"name": mask_name(employees.card(person_id).name)}
        if claims:
            known["claims"] = [(number, words) for number, words, _ in claims(person_id)]
        if todo:
            known["todo"] = todo(person_id)
        return known

    return Hooks(
        facts=facts,
        forget=employees.forget_openid,
        receipt=notices.wechat_reported,
        subscription_receipt=notices.subscription_reported,
    )
