"""What do the features above WeChat know about a writer, and what are they told? The product's own hooks.

`claims` is handed in by the wiring: (person's id) -> [(number, words of the state)], newest first.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from core.fields import mask_name
from employee import service as employees
from notify import service as notices
from wechat.effects import Hooks
from wechat.replies import Facts

Claims = Callable[[uuid.UUID], list[tuple[str, str]]]


def product_hooks(claims: Claims | None = None) -> Hooks:
    """The hooks of the running product."""

    def facts(openid: str) -> Facts:
        person_id = employees.bound_person(openid)
        if person_id is None:
            return {}
        known: Facts = {"name": mask_name(employees.card(person_id).name)}
        if claims:
            known["claims"] = claims(person_id)
        return known

    return Hooks(
        facts=facts,
        forget=employees.forget_openid,
        receipt=notices.wechat_reported,
        subscription_receipt=notices.subscription_reported,
    )
