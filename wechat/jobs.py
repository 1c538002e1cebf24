"""What is done about WeChat later? The calls staff asked for, and tidying."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core import context
from core.db import db, transaction
from wechat import client, service
from wechat.faults import WeChatError
from wechat.menu import MenuError, menu_of
from wechat.models import UnionScene
from wechat.service import errands, menus, scenes
from wechat.service.errands import FAILED, OK, Taken

log = logging.getLogger(__name__)

BUSY = {-1, 45011, 40001, 40014, 42001}


def sweep() -> int:
    """Remove old inbound events, sign-ins and errands; returns how many of the first two went."""
    with transaction():
        errands.sweep()
        return service.sweep()


def run_errands() -> int:
    """Do what staff asked for until nothing is due; no transaction is open during a call."""
    count = 0
    while True:
        with transaction():
            errand = errands.take()
        if errand is None:
            return count
        _do(errand)
        count += 1


class Gone(Exception):
    """What the errand was about is not there any more."""


@dataclass(frozen=True)
class Way:
    """How an errand is done: `read` our side, `call` WeChat, `keep` what it answered (in one transaction)."""

    read: Callable[[Taken], Any]
    call: Callable[[Any], Any]
    keep: Callable[[Taken, Any], None] = lambda _errand, _answer: None
    is_repeatable: bool = True


def _do(errand: Taken) -> None:
    way = WAYS[errand.kind]
    if errand.tries > errands.MOST_TRIES + 1:  # whoever took it up before died with it, again and again
        return _fail(errand, "unsure")
    try:
        wanted = way.read(errand)
        db.session.remove()  # a call may take ten seconds
        answer = way.call(wanted)
    except (MenuError, Gone) as error:
        _fail(errand, "menu" if isinstance(error, MenuError) else "gone")
    except WeChatError as error:
        _refused(errand, way, error)
    else:
        with transaction():
            if errands.finish(errand, OK, answer=answer):
                way.keep(errand, answer)
    return None


def _refused(errand: Taken, way: Way, error: WeChatError) -> None:
    """Busy or away: a few more tries; everything else is told at once."""
    code = str(error.errcode) if error.errcode is not None else _without_code(error)
    is_worth_it = error.errcode in BUSY if error.errcode is not None else True
    is_safe = way.is_repeatable or error.verdict == "later"
    if is_worth_it and is_safe and errand.tries < errands.MOST_TRIES:
        with transaction():
            errands.put_off(errand, code)
        return
    log.warning("an errand at WeChat failed", extra={"errand": errand.kind, "code": code, "rid": error.rid})
    _fail(errand, code)


def _without_code(error: WeChatError) -> str:
    return "unsure" if error.verdict == "unknown" else "away"


def _fail(errand: Taken, code: str) -> None:
    with transaction():
        errands.finish(errand, FAILED, code)


# --- the errands -------------------------------------------------------------------------------------------


def _menu(errand: Taken) -> dict[str, Any]:
    buttons = menus.buttons_of(menus.version(int(errand.subject)))
    return menu_of(buttons, context.settings().public_url, context.scheme().link_hosts)


def _push(menu: dict[str, Any]) -> list[dict[str, Any]]:
    client.create_menu(menu)
    return client.current_menu()


def _pushed(errand: Taken, _answer: Any) -> None:
    menus.was_pushed(int(errand.subject), errand.asked_by)


def _scene_code(errand: Taken) -> str:
    row = db.session.get(UnionScene, uuid.UUID(errand.subject))
    if row is None:
        raise Gone
    return row.code


def _scene(code: str) -> str:
    return client.create_scene_qr(code, None).url


def _desk_scene(given: Mapping[str, Any]) -> str:
    return client.create_scene_qr(str(given["code"]), int(given["seconds"])).url


def _scene_made(errand: Taken, url: str) -> None:
    scenes.was_made(uuid.UUID(errand.subject), url)


def _test(given: tuple[str, Any]) -> str:
    """The same errand counts once at WeChat for ten minutes; a subscription message has no such id."""
    errand_id, letter = given
    url = context.settings().public_url + "/h5/"
    if letter["kind"] == "template":
        return client.send_template(
            letter["openid"], letter["template_id"], letter["data"], url=url, client_msg_id=errand_id
        )
    client.send_subscription(letter["openid"], letter["template_id"], letter["data"], page=url)
    return ""


def _templates(_wanted: Any) -> list[dict[str, str]]:
    return [asdict(template) for template in client.templates()]


WAYS: dict[str, Way] = {
    "push_menu": Way(_menu, _push, _pushed),
    "read_menu": Way(lambda _errand: None, lambda _wanted: client.current_menu()),
    "read_templates": Way(lambda _errand: None, _templates),
    "make_scene": Way(_scene_code, _scene, _scene_made),
    "desk_scene": Way(lambda errand: errand.given, _desk_scene),
    "test_send": Way(lambda errand: (str(errand.id), errand.given), _test, is_repeatable=False),
}
