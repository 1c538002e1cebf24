"""How is the account set up, at a glance?"""

from __future__ import annotations

from flask import render_template

from core import context
from core.access import allow
from notify import queries as messages
from wechat.admin.door import KEEPERS, blueprint
from wechat.menu import as_sent, plain
from wechat.service import errands, mappings, menus


@blueprint.get("")
@allow(*KEEPERS, everywhere=True)
def index() -> str:
    newest, pushed = menus.newest(), menus.pushed()
    kinds = messages.by_wechat()
    silent = [one.label for one in kinds if mappings.carrier(one.kind, one.group) is None]
    return render_template(
        "wechat_admin/index.html",
        newest=newest,
        pushed=pushed,
        is_unpushed=newest is not None and (pushed is None or pushed.number != newest.number),
        is_other=_is_other(),
        count=len(kinds),
        silent=silent,
    )


def _is_other() -> bool:
    """Did WeChat, when it was asked last, show another menu than the one it was given?"""
    shown, _ = errands.last_answer("push_menu", "read_menu")
    row = menus.pushed()
    if shown is None or row is None:
        return False
    return plain(shown) != plain(as_sent(menus.buttons_of(row), context.settings().public_url))
