"""Do our calls survive what WeChat, the network and wechatpy do to them? Real HTTP, a scripted peer."""

from __future__ import annotations

import json
import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import redis
import requests
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.settings import SettingsError
from tests.wechat.peer import CUT, OK, Call, Peer, Said, refuse, say
from wechat import client, faults, transport
from wechat.client import Client
from wechat.faults import WeChatError
from wechat.transport import Account

if TYPE_CHECKING:
    from flask import Flask

SECRET = "very-secret-appsecret-0000000000"
SEND = "/cgi-bin/message/template/send"
TOKEN = "/cgi-bin/stable_token"
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 1000


@pytest.fixture
def peer() -> Iterator[Peer]:
    opened = Peer()
    yield opened
    opened.close()


def account(url: str) -> Account:
    return Account("wx0sandbox00000001", SECRET, url, url, url)


@pytest.fixture
def store(redis_url: str, clean_stores: None) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as connection:
        yield connection


@pytest.fixture
def caller(peer: Peer, store: redis.Redis) -> Client:
    return Client(account(peer.url), store)


@pytest.fixture
def calling(peer: Peer, make_app: Callable[..., Flask]) -> Iterator[Peer]:
    """An application context whose calls go to the peer."""
    urls = dict.fromkeys(("WECHAT_API_URL", "WECHAT_OPEN_URL", "WECHAT_MP_URL"), peer.url)
    with make_app(WECHAT_APP_SECRET=SECRET, **urls).app_context():
        yield peer


def send(caller: Client) -> Any:
    return caller.post("message/template/send", data={"touser": "o"})


def failing(call: Callable[[], Any]) -> WeChatError:
    with pytest.raises(WeChatError) as caught:
        call()
    return caught.value


# --- the token -----------------------------------------------------------------------------------------


def test_the_token_is_fetched_once_and_kept(caller: Client, peer: Peer) -> None:
    for _ in range(5):
        send(caller)
    assert peer.counts == {TOKEN: 1, SEND: 5}


def test_eight_threads_with_nothing_fetch_one_token(peer: Peer, store: redis.Redis) -> None:
    """W10: four processes' worth of clients, eight threads, one fetch."""
    callers = [Client(account(peer.url), store) for _ in range(4)] * 2
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, callers))
    assert peer.counts == {TOKEN: 1, SEND: 8}


def test_eight_threads_whose_token_was_revoked_fetch_one(peer: Peer, store: redis.Redis) -> None:
    callers = [Client(account(peer.url), store) for _ in range(4)] * 2
    send(callers[0])
    peer.revoke()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, callers))
    assert peer.counts[TOKEN] == 2
    assert peer.counts[SEND] <= 1 + 16


def test_revocations_lose_nothing(caller: Client, peer: Peer) -> None:
    for n in range(9):
        if n % 2:
            peer.revoke()
        send(caller)
    assert peer.counts[TOKEN] <= 1 + 4


@pytest.mark.parametrize("errcode", sorted(faults.TOKEN_REFUSED))
def test_a_token_refused_for_ever_costs_a_bounded_number_of_calls(
    caller: Client, peer: Peer, errcode: int
) -> None:
    """wechatpy alone makes 487 fetches here and dies of recursion."""
    peer.answers[SEND] = refuse(errcode)
    error = failing(lambda: send(caller))
    assert (error.errcode, error.verdict) == (errcode, "later")
    assert peer.counts == {SEND: 2, TOKEN: 3}  # the first, the same again, and the one that is forced
    failing(lambda: send(caller))
    forced = [call.json["force_refresh"] for call in peer.calls if call.path == TOKEN]
    assert forced.count(True) == 1  # not again within 30 seconds


def test_a_bad_secret_is_one_fetch_and_no_call(caller: Client, peer: Peer) -> None:
    peer.answers[TOKEN] = refuse(40125, "invalid appsecret")
    error = failing(lambda: send(caller))
    assert (error.errcode, error.verdict, error.needs_operator) == (40125, "later", True)
    assert peer.counts == {TOKEN: 1}


def test_without_redis_one_process_still_fetches_once(peer: Peer) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = redis.Redis(
            port=closed.getsockname()[1], socket_connect_timeout=0.2, retry=Retry(NoBackoff(), 0)
        )
        caller = Client(account(peer.url), nowhere)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(send, [caller] * 8))
    assert peer.counts == {TOKEN: 1, SEND: 8}


def test_a_flushed_redis_only_costs_a_fetch(caller: Client, peer: Peer, store: redis.Redis) -> None:
    send(caller)
    store.flushall()
    send(caller)
    assert peer.counts == {TOKEN: 2, SEND: 2}


@pytest.mark.parametrize(("expires_in", "kept"), [(7200, 6900), (345, 45), (300, 30), (10, 30)])
def test_the_token_is_kept_five_minutes_less_than_it_lives(
    caller: Client, peer: Peer, store: redis.Redis, expires_in: int, kept: int
) -> None:
    peer.answers[TOKEN] = say({"access_token": peer.token, "expires_in": expires_in})
    send(caller)
    assert kept - 2 <= store.ttl("wechat:wx0sandbox00000001:token") <= kept


def test_the_ticket_is_kept_too(calling: Peer) -> None:
    calling.answers["/cgi-bin/ticket/getticket"] = say({"errcode": 0, "ticket": "TICKET", "expires_in": 7200})
    assert [client.jsapi_ticket() for _ in range(3)] == ["TICKET"] * 3
    assert calling.counts["/cgi-bin/ticket/getticket"] == 1


# --- what a failure means ------------------------------------------------------------------------------

ANSWERS: list[tuple[Said, int | None, str]] = [
    (refuse(-1, "system error"), -1, "later"),
    (refuse(45009), 45009, "later"),
    (refuse(45011), 45011, "later"),
    (refuse(43117), 43117, "later"),
    (refuse(40164), 40164, "later"),
    (refuse(40003), 40003, "not_follower"),
    (refuse(43004), 43004, "not_follower"),
    (refuse(43101), 43101, "not_follower"),
    (refuse(45015), 45015, "not_follower"),
    (refuse(40241), 40241, "already"),
    (refuse(40037), 40037, "never"),
    (refuse(47003), 47003, "never"),
    (refuse(48001), 48001, "never"),
    (refuse(99999), 99999, "never"),
    (Said(b"Internal Server Error", 500, "text/plain"), None, "unknown"),
    (Said(b"<html>502</html>", 502, "text/html"), None, "unknown"),
    (Said(b"<html>ok</html>", 200, "text/html"), None, "unknown"),
    (Said(b"\x00\xff{]<", 200), None, "unknown"),
    (Said(b"[1]", 200), None, "unknown"),
    (Said(b"", 302, headers={"Location": "https://evil.invalid/"}), None, "unknown"),
    (CUT, None, "unknown"),
]


@pytest.mark.parametrize(("said", "errcode", "verdict"), ANSWERS)
def test_every_failure_has_a_verdict(
    caller: Client, peer: Peer, said: Said, errcode: int | None, verdict: str
) -> None:
    peer.answers[SEND] = said
    error = failing(lambda: send(caller))
    assert (error.errcode, error.verdict) == (errcode, verdict)
    assert peer.counts[SEND] == 1
    if errcode is not None:
        assert error.rid == "65f0a1b2-1a2b3c4d-5e6f7a8b"
        assert "rid" not in error.errmsg


def test_a_refused_connection_surely_sent_nothing(store: redis.Redis) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        caller = Client(account(f"http://127.0.0.1:{closed.getsockname()[1]}"), store)
        caller.tokens._write("T" * 40, 60)
        assert failing(lambda: send(caller)).verdict == "later"


def test_silence_after_sending_leaves_the_outcome_unknown(
    caller: Client, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(caller)
    monkeypatch.setattr(transport, "READ_SECONDS", 0.2)
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen()
    with silent:
        caller._http.get_adapter("https://")._hosts["api.weixin.qq.com"] = (
            f"http://127.0.0.1:{silent.getsockname()[1]}"
        )
        caller.timeout = None  # as wechatpy's own calls without a timeout: the wire supplies it
        assert failing(lambda: send(caller)).verdict == "unknown"


def test_a_token_that_cannot_be_had_means_nothing_was_sent(caller: Client, peer: Peer) -> None:
    for said in (CUT, Said(b"x", 500), refuse(-1), say({"expires_in": 7200})):
        peer.answers[TOKEN] = said
        assert failing(lambda: send(caller)).verdict == "later"
    assert peer.counts[SEND] == 0


# --- secrets -------------------------------------------------------------------------------------------


def everything_in(error: BaseException) -> str:
    """What any logger or debugger could print of an exception."""
    seen: list[str] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is not None:
            seen += [repr(one), str(one), repr(vars(one)), repr(one.args)]
            todo += [one.__cause__, one.__context__]
    return "\n".join(seen) + "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    "said", [CUT, Said(b"x", 500), Said(b"x"), refuse(40125, f"bad {SECRET}"), refuse(40029)]
)
def test_no_secret_token_or_code_is_in_an_exception_or_a_log(
    calling: Peer, said: Said, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    code = "one-time-code-of-zhang"
    calling.answers["/sns/oauth2/access_token"] = said
    calling.answers[SEND] = said
    texts = [everything_in(failing(lambda: client.oauth_exchange(code)))]
    texts.append(everything_in(failing(lambda: client.send_template("o", "t", {}))))
    calling.answers[TOKEN] = said
    client.client().tokens._own = ("", 0.0)
    client.client().tokens._store.flushall()  # type: ignore[union-attr]
    texts.append(everything_in(failing(lambda: client.send_template("o", "t", {}))))
    for hidden in (SECRET, calling.token, code):
        assert hidden not in "\n".join(texts)
        assert hidden not in caplog.text


def test_the_account_does_not_print_its_secret() -> None:
    assert SECRET not in repr(account("http://127.0.0.1:1"))


# --- where calls go ------------------------------------------------------------------------------------


def test_only_wechats_hosts_are_called(caller: Client, peer: Peer) -> None:
    for url in ("https://evil.invalid/x", "http://127.0.0.1:1/x", "https://api.weixin.qq.com.evil.invalid/"):
        with pytest.raises(requests.exceptions.InvalidURL):
            caller._http.get(url)
    assert peer.calls == []


def test_wechatpys_own_groups_are_sent_to_the_same_place(caller: Client, peer: Peer) -> None:
    """Thirteen API groups of wechatpy carry an absolute address of their own."""
    peer.answers["/customservice/getkflist"] = say({"kf_list": []})
    peer.answers["/datacube/getusersummary"] = say({"list": []})
    caller.customservice.get_accounts()
    caller.datacube.get_user_summary("2026-01-01", "2026-01-02")
    assert set(peer.counts) == {TOKEN, "/customservice/getkflist", "/datacube/getusersummary"}


REAL = "https://api.weixin.qq.com"
PLACES = [
    ({"WECHAT_API_URL": REAL}, "WECHAT_API_URL"),
    ({"WECHAT_OPEN_URL": "https://open.weixin.qq.com"}, "WECHAT_OPEN_URL"),
    ({"WECHAT_MP_URL": "https://mp.weixin.qq.com"}, "WECHAT_MP_URL"),
    ({"WECHAT_API_URL": "ftp://127.0.0.1/"}, "WECHAT_API_URL"),
    ({"WECHAT_API_URL": "nonsense"}, "WECHAT_API_URL"),
]


@pytest.mark.parametrize(("address", "name"), PLACES)
def test_outside_production_nothing_starts_that_would_call_the_real_wechat(
    make_app: Callable[..., Flask], address: dict[str, str], name: str
) -> None:
    with pytest.raises(SettingsError, match=name):
        make_app(**address)


# --- the calls -----------------------------------------------------------------------------------------


def test_template_message(calling: Peer) -> None:
    msgid = client.send_template(
        "oZhang",
        "TPL",
        {"thing1": "住院医疗补助"},
        url="https://huzhu.example.invalid/h5/",
        client_msg_id="m-1",
    )
    assert msgid == "200228332"
    body = calling.calls[-1].body.decode()
    assert "住院医疗补助" in body  # not \uXXXX
    assert json.loads(body) == {
        "touser": "oZhang",
        "template_id": "TPL",
        "url": "https://huzhu.example.invalid/h5/",
        "client_msg_id": "m-1",
        "data": {"thing1": {"value": "住院医疗补助"}},
    }


def test_subscription_custom_menu_and_user(calling: Peer) -> None:
    client.send_subscription("oZhang", "TPL", {"phrase2": "办结"}, page="https://huzhu.example.invalid/h5/")
    client.send_custom_text("oZhang", "您好")
    client.create_menu({"button": [{"type": "click", "name": "我的", "key": "me"}]})
    client.user_info("oZhang")
    paths = [call.path for call in calling.calls if call.path != TOKEN]
    assert paths == [
        "/cgi-bin/message/subscribe/bizsend",
        "/cgi-bin/message/custom/send",
        "/cgi-bin/menu/create",
        "/cgi-bin/user/info",
    ]
    assert "我的".encode() in calling.calls[-2].body


def test_no_menu_is_an_empty_one(calling: Peer) -> None:
    calling.answers["/cgi-bin/menu/get"] = refuse(46003, "menu no exist")
    assert client.get_menu() == {}


def test_callback_addresses(calling: Peer) -> None:
    calling.answers["/cgi-bin/getcallbackip"] = say({"ip_list": ["192.0.2.1"]})
    assert client.callback_ips() == ["192.0.2.1"]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (600, {"action_name": "QR_STR_SCENE", "expire_seconds": 600}),
        (10**9, {"action_name": "QR_STR_SCENE", "expire_seconds": 2_592_000}),
        (None, {"action_name": "QR_LIMIT_STR_SCENE"}),
    ],
)
def test_scene_codes(calling: Peer, seconds: int | None, expected: dict[str, Any]) -> None:
    calling.answers["/cgi-bin/qrcode/create"] = say(
        {"ticket": "K", "expire_seconds": 600, "url": "http://weixin.qq.com/q/1"}
    )
    assert client.create_scene_qr("union-7", seconds).url == "http://weixin.qq.com/q/1"
    assert calling.calls[-1].json == {"action_info": {"scene": {"scene_str": "union-7"}}, **expected}


@pytest.mark.parametrize("scene", ["", "s" * 65])
def test_scenes_have_1_to_64_characters(calling: Peer, scene: str) -> None:
    with pytest.raises(ValueError, match="64"):
        client.create_scene_qr(scene)


@pytest.mark.parametrize(
    ("said", "is_snapshot"), [({}, False), ({"is_snapshotuser": 1}, True), ({"is_snapshotuser": 0}, False)]
)
def test_oauth_answers_are_read_although_they_say_text_plain(
    calling: Peer, said: dict[str, Any], is_snapshot: bool
) -> None:
    body = {"access_token": "u", "expires_in": 7200, "openid": "oZhang", "scope": "snsapi_base", **said}
    calling.answers["/sns/oauth2/access_token"] = say(body, kind="text/plain")
    person = client.oauth_exchange("c")
    assert (person.openid, person.is_snapshot) == ("oZhang", is_snapshot)
    assert TOKEN not in calling.counts


@pytest.mark.parametrize("state", ["", "a&b", "a b", "汉", "a" * 129, "a#b"])
def test_states_are_letters_and_digits(calling: Peer, state: str) -> None:
    with pytest.raises(ValueError, match="state"):
        client.authorize_url("https://huzhu.example.invalid/x", state)


def test_an_upload_has_a_file_name_and_survives_a_token_refused(calling: Peer) -> None:
    """wechatpy's retry sends a file that is already at its end."""
    calling.answers["/cgi-bin/media/upload"] = _first_refuse(say({"media_id": "MID"}))
    assert client.upload_image(JPEG) == "MID"
    uploads = [call for call in calling.calls if call.path == "/cgi-bin/media/upload"]
    assert len(uploads) == 2
    for upload in uploads:
        assert b'name="media"; filename="picture.jpg"' in upload.body
        assert JPEG in upload.body


def _first_refuse(then: Said) -> Callable[[Call], Said]:
    answers = iter([refuse(40001), then])
    return lambda _call: next(answers)


def test_a_download_is_bytes_whatever_they_look_like(calling: Peer) -> None:
    calling.answers["/cgi-bin/media/get"] = Said(b"12345", kind="image/jpeg")
    assert client.download_media("MID") == b"12345"


def test_a_download_that_fails_says_so(calling: Peer) -> None:
    calling.answers["/cgi-bin/media/get"] = refuse(40007, "invalid media_id")
    assert failing(lambda: client.download_media("MID")).errcode == 40007
    calling.answers["/cgi-bin/media/get"] = Said(b"12345", kind="text/plain")
    assert failing(lambda: client.download_media("MID")).verdict == "unknown"


def test_a_download_survives_a_token_refused(calling: Peer) -> None:
    calling.answers["/cgi-bin/media/get"] = _first_refuse(Said(JPEG, kind="image/jpeg"))
    assert client.download_media("MID") == JPEG


def test_a_download_is_capped(calling: Peer) -> None:
    calling.answers["/cgi-bin/media/get"] = Said(b"x" * 200_000, kind="image/jpeg")
    assert failing(lambda: client.download_media("MID", largest=100_000)).verdict == "never"
    assert len(client.download_media("MID", largest=200_000)) == 200_000


def test_at_most_twenty_calls_at_once(caller: Client, peer: Peer) -> None:
    send(caller)
    inside, most, lock, too_many = 0, 0, threading.Lock(), threading.Event()

    def crowded(_call: Call) -> Said:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
            if inside > transport.MOST_AT_ONCE:
                too_many.set()
        too_many.wait(0.5)  # long enough for a twenty-first to come in, if it may
        with lock:
            inside -= 1
        return OK

    peer.answers[SEND] = crowded
    with ThreadPoolExecutor(40) as pool:
        list(pool.map(lambda _: send(caller), range(40)))
    assert most == transport.MOST_AT_ONCE
