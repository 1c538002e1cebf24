"""Every call to WeChat, as plain functions; wechatpy 2.0.0a26 lives behind them with its faults mended.

Each function raises `WeChatError` and nothing else. Call none of this inside a transaction: an answer may
take ten seconds.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis
from wechatpy import WeChatOAuth

from core import context
from wechat.caller import Client, needed
from wechat.faults import WeChatError
from wechat.transport import Account

LARGEST_DOWNLOAD = 12 * 1024 * 1024
LONGEST_SCENE_SECONDS = 2_592_000
IMAGE_NAMES = {"image/jpeg": "picture.jpg", "image/png": "picture.png", "image/bmp": "picture.bmp"}


@dataclass(frozen=True)
class SignIn:
    """What WeChat says about the person an OAuth code belongs to."""

    openid: str
    is_snapshot: bool


@dataclass(frozen=True)
class SceneCode:
    """A QR code that carries a scene; `url` is what the picture must contain."""

    ticket: str
    url: str
    expires_in: int


@functools.lru_cache(maxsize=4)
def _client_of(account: Account, store: redis.Redis | None) -> Client:
    return Client(account, store)


# A forked worker must not share its parent's sockets.
os.register_at_fork(after_in_child=_client_of.cache_clear)


def client() -> Client:
    """The client of the running application; one for each process."""
    return _client_of(Account.of(context.settings()), context.queue_connection())


@dataclass(frozen=True)
class Template:
    """A template the account has; `kind` is template, subscription (each needs a consent) or long_term."""

    id: str
    kind: str
    title: str
    content: str


SUBSCRIPTIONS = "https://api.weixin.qq.com/wxaapi/newtmpl/gettemplate"
LONG_TERM = 3


def templates() -> list[Template]:
    """The templates the account has, subscription ones too; asking proves token and allow-list as well."""
    found = client().get("template/get_all_private_template").get("template_list") or []
    rows = [_template(str(row["template_id"]), "template", row) for row in found]
    for row in client().get(SUBSCRIPTIONS).get("data") or []:
        kind = "long_term" if row.get("type") == LONG_TERM else "subscription"
        rows.append(_template(str(row["priTmplId"]), kind, row))
    return rows


def _template(template_id: str, kind: str, row: Mapping[str, Any]) -> Template:
    return Template(template_id, kind, str(row.get("title", "")), str(row.get("content", "")))


def template_ids() -> set[str]:
    return {template.id for template in templates()}


# --- messages ---


def send_template(
    openid: str, template_id: str, data: Mapping[str, str], *, url: str = "", client_msg_id: str = ""
) -> str:
    """Send a template message; answers WeChat's msgid. The same `client_msg_id` counts once in 10 minutes."""
    body: dict[str, Any] = {"touser": openid, "template_id": template_id, "data": _values(data)}
    if url:
        body["url"] = url
    if client_msg_id:
        body["client_msg_id"] = client_msg_id
    return str(client().post("message/template/send", data=body).get("msgid", ""))


def send_subscription(openid: str, template_id: str, data: Mapping[str, str], *, page: str = "") -> None:
    """Send a subscription notification. WeChat answers no id: its event is matched by person and template."""
    body: dict[str, Any] = {"touser": openid, "template_id": template_id, "data": _values(data)}
    if page:
        body["page"] = page
    client().post("message/subscribe/bizsend", data=body)


def send_custom_text(openid: str, text: str) -> None:
    """Send a customer-service text; only within WeChat's window after the person did something."""
    body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
    client().post("message/custom/send", data=body)


def _values(data: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"value": text} for name, text in data.items()}


# --- the account ---


def create_menu(menu: Mapping[str, Any]) -> None:
    client().post("menu/create", data=dict(menu))


def get_menu() -> dict[str, Any]:
    """The menu WeChat shows now; empty when there is none."""
    try:
        answer: dict[str, Any] = client().get("menu/get")
    except WeChatError as error:
        if error.errcode == 46003:
            return {}
        raise
    return answer


def current_menu() -> list[dict[str, Any]]:
    """The buttons people see now, also when they were made at the console; empty when it is switched off."""
    answer = client().get("get_current_selfmenu_info")
    shown = (answer.get("selfmenu_info") or {}).get("button") or []
    return list(shown) if answer.get("is_menu_open") else []


def create_scene_qr(scene: str, seconds: int | None = 600) -> SceneCode:
    """A QR code whose scan carries `scene` (1 to 64 characters); `seconds=None` makes a permanent one."""
    if not 1 <= len(scene) <= 64:
        raise ValueError("a scene has 1 to 64 characters")
    body: dict[str, Any] = {"action_info": {"scene": {"scene_str": scene}}}
    if seconds is None:
        body["action_name"] = "QR_LIMIT_STR_SCENE"
    else:
        body |= {"action_name": "QR_STR_SCENE", "expire_seconds": min(seconds, LONGEST_SCENE_SECONDS)}
    answer = client().post("qrcode/create", data=body)
    return SceneCode(needed(answer, "ticket"), needed(answer, "url"), int(answer.get("expire_seconds", 0)))


def user_info(openid: str) -> dict[str, Any]:
    """Whether the person follows, since when, by which QR code. There is no name or picture since 2021."""
    answer: dict[str, Any] = client().get("user/info", params={"openid": openid, "lang": "zh_CN"})
    return answer


def callback_ips() -> list[str]:
    """The addresses WeChat calls us from."""
    return [str(address) for address in client().get("getcallbackip").get("ip_list", [])]


def jsapi_ticket() -> str:
    return client().tickets.get()


# --- signing in ---


def authorize_url(redirect_uri: str, state: str) -> str:
    """Where to send the browser for a silent sign-in; `state` is letters and digits only."""
    if not (state.isascii() and state.isalnum() and len(state) <= 128):
        raise ValueError("state is letters and digits, at most 128")
    account = client().account
    oauth = WeChatOAuth(account.app_id, "", redirect_uri, scope="snsapi_base", state=state)
    oauth.OAUTH_BASE_URL = f"{account.open_url}/connect/"
    return str(oauth.authorize_url)


def oauth_exchange(code: str) -> SignIn:
    """Whom an OAuth code belongs to. A code is good once and for five minutes."""
    caller = client()
    params = {
        "appid": caller.account.app_id,
        "secret": caller.account.secret,
        "code": code,
        "grant_type": "authorization_code",
    }
    answer = caller.plain("GET", "sns/oauth2/access_token", params=params)
    return SignIn(needed(answer, "openid"), str(answer.get("is_snapshotuser", 0)) == "1")


# --- media ---


def upload_image(content: bytes, mime: str = "image/jpeg") -> str:
    """Upload a picture for three days; answers its media_id. WeChat wants a file name with an ending."""
    files = {"media": (IMAGE_NAMES[mime], content, mime)}
    answer = client().post("media/upload", params={"type": "image"}, files=files)
    return needed(answer, "media_id")


def download_media(media_id: str, largest: int = LARGEST_DOWNLOAD) -> bytes:
    """The bytes of an uploaded file, at most `largest`."""
    caller = client()

    def attempt(token: str) -> bytes:
        params = {"access_token": token, "media_id": media_id}
        failure, content = caller.outcome(lambda: _streamed(caller, params, largest))
        if failure is not None:
            raise failure
        if isinstance(content, dict):
            raise caller.mapped(int(content.get("errcode", -1)), content.get("errmsg", ""))
        return bytes(content)

    found: bytes = caller.with_token(attempt)
    return found


def _streamed(caller: Client, params: dict[str, str], largest: int) -> bytes | dict[str, Any]:
    """The file, or WeChat's JSON answer; which of the two only the content type tells."""
    url = "https://api.weixin.qq.com/cgi-bin/media/get"
    with caller._http.request("GET", url, params=params, stream=True) as response:
        response.raise_for_status()
        content = bytearray()
        for chunk in response.iter_content(64 * 1024):
            content += chunk
            if len(content) > largest:
                raise WeChatError(None, "the file is too large", "never")
        mime = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if mime in {"application/json", "text/plain"}:
        answer = json.loads(content)
        if not isinstance(answer, dict):
            raise ValueError("no file and no answer")
        return answer
    return bytes(content)
