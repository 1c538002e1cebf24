"""How is one call made so that wechatpy's faults do no harm? Its client with our session, tokens and errors.

A token that WeChat refuses is replaced once, never twice: wechatpy's own retry is an unbounded recursion.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

import redis
import requests
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatException

from wechat import faults, transport
from wechat.faults import WeChatError
from wechat.tokens import Kept
from wechat.transport import Account


class Client(WeChatClient):  # type: ignore[misc]
    """wechatpy's client with our session, our tokens, one retry and our errors."""

    def __init__(self, account: Account, store: redis.Redis | None) -> None:
        super().__init__(
            account.app_id,
            account.secret,
            timeout=(transport.CONNECT_SECONDS, transport.READ_SECONDS),
            auto_retry=False,
        )
        self.account = account
        self._http = transport.WireSession(account)
        self.tokens = Kept(f"wechat:{account.app_id}:token", self._fetch_token, store)
        self.tickets = Kept(f"wechat:{account.app_id}:ticket", self._fetch_ticket, store)

    @property
    def access_token(self) -> str:
        return self.tokens.get()

    def fetch_access_token(self) -> dict[str, Any]:
        raise NotImplementedError("tokens come from Client.tokens")

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        """One call, and one more with another token when WeChat refused this one."""
        params = dict(kwargs.pop("params", None) or {})
        shape = object if kwargs.get("result_processor") else dict

        def attempt(token: str) -> Any:
            send = functools.partial(super(Client, self)._request, method, url_or_endpoint)
            return self.answered(lambda: send(params={**params, "access_token": token}, **kwargs), shape)

        return self.with_token(attempt)

    def with_token(self, attempt: Callable[[str], Any]) -> Any:
        """`attempt(token)`, repeated once when the token was refused."""
        token = self.tokens.get()
        try:
            return attempt(token)
        except WeChatError as error:
            if error.errcode not in faults.TOKEN_REFUSED:
                raise
        return attempt(self.tokens.replace(token))

    def answered(self, call: Callable[[], Any], shape: type = dict) -> Any:
        """What `call` answered, if it is a `shape`; all else becomes a `WeChatError` without secrets."""
        failure, answer = self.outcome(call)
        if failure is not None:
            raise failure
        if not isinstance(answer, shape) or isinstance(answer, requests.Response):
            raise faults.no_answer("no JSON", reached=True)
        return answer

    def outcome(self, call: Callable[[], Any]) -> tuple[WeChatError | None, Any]:
        """The error is made here and raised outside, so that it drags no request along as its context."""
        try:
            return None, call()
        except WeChatException as error:
            return self.mapped(error.errcode, error.errmsg), None
        except requests.RequestException as error:
            reached = not transport.never_arrived(error)
            return faults.no_answer(type(error).__name__, reached=reached), None
        except (KeyError, TypeError, ValueError) as error:
            return faults.no_answer(type(error).__name__, reached=True), None

    def mapped(self, errcode: int | None, errmsg: object) -> WeChatError:
        if errcode is None:
            return faults.no_answer("HTTP error", reached=True)
        return faults.from_code(errcode, errmsg, (self.account.secret,))

    def plain(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        """A call without an access token, its error codes mapped."""

        def call() -> Any:
            response = self._http.request(method, f"https://api.weixin.qq.com/{path}", **kwargs)
            response.raise_for_status()
            return json.loads(response.content.decode("utf-8", "replace"))

        answer: dict[str, Any] = self.answered(call)
        if answer.get("errcode"):
            raise self.mapped(int(answer["errcode"]), answer.get("errmsg", ""))
        return answer

    def _fetch_token(self, force: bool) -> tuple[str, int]:
        body = {
            "grant_type": "client_credential",
            "appid": self.account.app_id,
            "secret": self.account.secret,
            "force_refresh": force,
        }
        try:
            answer = self.plain("POST", "cgi-bin/stable_token", json=body)
            return needed(answer, "access_token"), int(answer.get("expires_in", 7200))
        except WeChatError as error:
            failure = faults.before_the_call(error)
        raise failure

    def _fetch_ticket(self, _force: bool) -> tuple[str, int]:
        answer = self.get("ticket/getticket", params={"type": "jsapi"})
        return needed(answer, "ticket"), int(answer.get("expires_in", 7200))


def needed(answer: Mapping[str, Any], name: str) -> str:
    """A field WeChat promises; its absence means the answer cannot be trusted."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise faults.no_answer(f"no {name}", reached=True)
    return value
