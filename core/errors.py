"""What can be refused, and in which words? Refusals are values that people can read.

Views have no try/except: one handler (`core.pages`) turns these into pages, JSON or redirects.
"""

from __future__ import annotations

from collections.abc import Callable


class Refused(Exception):
    """The request cannot be done; `text` is the kind Chinese sentence that says why and what to do.

    `field` names the form field the words belong to; `status` is the HTTP status (422 by default).
    """

    status = 422

    def __init__(self, text: str, field: str | None = None, status: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.field = field
        self.status = status or type(self).status


class Invalid(Refused):
    """Several fields are wrong at once: `errors` is {field: words}."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("；".join(errors.values()))
        self.errors = errors


class Conflict(Refused):
    """Somebody else was first (409)."""

    status = 409


class TooMany(Refused):
    """A limit is used up (429); `seconds` until it is worth trying again."""

    status = 429

    def __init__(self, text: str, seconds: int) -> None:
        super().__init__(text)
        self.seconds = seconds


class NotAllowed(Refused):
    """The actor may not do this (403). Absent and forbidden objects are both `Missing`."""

    status = 403

    def __init__(
        self,
        text: str = "您没有办理这项业务的权限。如需办理，请联系本单位工会主席或上级工会开通“医疗互助”权限。",
    ) -> None:
        super().__init__(text)


class Missing(Refused):
    """There is no such thing, or it is not yours: the two look the same (404)."""

    status = 404

    def __init__(self, text: str = "没有找到这个页面。可能链接不完整，或内容已下架。") -> None:
        super().__init__(text)


def refusal_of(act: Callable[[], object], field: str) -> dict[str, str]:
    """Do it; what a person can put right comes back as {field: words} and can be said with other things.

    Whatever is not about this one answer (too often, gone, somebody was first) is raised as ever.
    """
    try:
        act()
    except Refused as refusal:
        if refusal.status not in TO_CORRECT:
            raise
        return {refusal.field or field: refusal.text}
    return {}


TO_CORRECT = (413, 415, 422)


class SignInNeeded(Exception):
    """The page needs a sign-in first: `kind` is "follower", "employee" or "staff"; or, of signed-in staff,
    "factor" (a second factor) or "password" (a new one). `text` replaces the words of an expired session."""

    def __init__(self, kind: str, text: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.text = text or OWED.get(kind, "")


OWED = {
    "factor": "这一步要先输入身份验证器上的动态码。",
    "password": "您的密码已到期，请先换一个新密码。",
}
