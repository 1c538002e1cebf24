"""Can everything go wrong on purpose, and does the sandbox refuse what is real?"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox import create_sandbox
from sandbox.app import NotHere
from sandbox.faults import Fault, Faults
from sandbox.keeping import Keeper, picture
from sandbox.state import World
from sandbox.transfers import receive
from tests.sandbox.conftest import FIELDS, ZHANG, Listener, Outside


def turn(outside: Outside, kind: str, service: str = "sms", **more: Any) -> None:
    assert outside.post("/faults.json", {"service": service, "kind": kind, **more}).status_code == 200


def send(outside: Outside, sms_id: str = "m1") -> requests.Response:
    return outside.post("/sms/sandbox", {"id": sms_id, "phone": "19900000001", "text": "x"})


def arrived(outside: Outside) -> int:
    return outside.get("/sms.json").json()["total"]


@pytest.mark.parametrize(
    ("kind", "status", "count"),
    [
        ("refuse", 500, 0),
        ("lose", 500, 1),
        ("rate_limit", 429, 0),
        ("garbage", 200, 0),
        ("bad_gateway", 502, 0),
    ],
)
def test_answered_faults(outside: Outside, kind: str, status: int, count: int) -> None:
    turn(outside, kind, times=1)
    assert send(outside).status_code == status
    assert arrived(outside) == count
    assert send(outside, "m2").status_code == 200


@pytest.mark.parametrize(("kind", "count"), [("reset", 1), ("hang", 0), ("hang_after", 1)])
def test_cut_connections(outside: Outside, kind: str, count: int) -> None:
    turn(outside, kind, seconds=0.05)
    with pytest.raises(requests.ConnectionError):
        send(outside)
    assert arrived(outside) == count


def test_slow_is_late_but_right(outside: Outside) -> None:
    turn(outside, "slow", seconds=0.2)
    started = time.monotonic()
    assert send(outside).status_code == 200
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(
    ("service", "path", "find", "value"),
    [
        ("wechat_api", "/wechat/api/cgi-bin/token", lambda b: b["errcode"], 45009),
        ("tencent", "/sms/tencent", lambda b: b["Response"]["Error"]["Code"], "RequestLimitExceeded"),
        ("aliyun", "/sms/aliyun", lambda b: b["Code"], "Throttling.User"),
    ],
)
def test_rate_limits_speak_the_services_words(
    outside: Outside, service: str, path: str, find: Any, value: Any
) -> None:
    turn(outside, "rate_limit", service)
    assert find(outside.post(path, {}).json()) == value


def test_one_call_of_wechat_can_fail_with_any_code(outside: Outside) -> None:
    outside.add_template()
    turn(outside, "errcode", "wechat_api", path="template/send", code=-1, times=1)
    body = {"touser": ZHANG, "template_id": "TPL_CLAIM", "data": FIELDS}
    codes = [outside.call("/cgi-bin/message/template/send", body)["errcode"] for _ in range(2)]
    assert codes == [-1, 0]


def test_percentages_repeat_with_their_seed() -> None:
    def hits(seed: int) -> list[bool]:
        faults = Faults()
        faults.set(Fault("sms", "refuse", percent=30, seed=seed))
        return [faults.pick("sms", "/sms/sandbox") is not None for _ in range(200)]

    assert hits(1) == hits(1) != hits(2)
    assert 30 <= sum(hits(1)) <= 90


def test_unknown_faults_are_refused_and_faults_can_be_cleared(outside: Outside) -> None:
    assert outside.post("/faults.json", {"service": "sms", "kind": "explode"}).status_code == 400
    turn(outside, "refuse")
    turn(outside, "refuse", "identity")
    outside.post("/faults.json", {"clear": "sms"})
    assert [f["service"] for f in outside.get("/faults.json").json()["faults"]] == ["identity"]


# -- start, restart, load --------------------------------------------------------------------------------
@pytest.mark.parametrize("change", [{"app_env": "production"}, {"wechat_app_id": "wx0123456789abcdef"}])
def test_the_sandbox_does_not_start_with_anything_real(outside: Outside, change: dict) -> None:
    with pytest.raises(NotHere):
        create_sandbox(replace(outside.settings, **change))


def test_chats_survive_a_restart_and_tokens_do_not(outside: Outside, tmp_path: Path) -> None:
    outside.add_template()
    outside.post("/phone/zhang/say", {"text": "您好"})
    scene = {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 7}}}
    outside.call("/cgi-bin/qrcode/create", scene)
    outside.world.menu = {"button": [{"type": "click", "name": "进度", "key": "K"}]}
    send(outside)
    receive(outside.world, {"payer": "示例一厂工会委员会", "amount": "1400.00", "memo": "CBFW2026110001"})
    keeper = Keeper(outside.world, tmp_path / "sandbox.json")
    keeper.saved_version = -1
    keeper.save()
    again = World(outside.settings)
    Keeper(again, tmp_path / "sandbox.json").load()
    kept = json.loads((tmp_path / "sandbox.json").read_text())
    assert picture(again) == kept
    assert all(kept[name] for name in kept if name not in ("mail", "batches", "sms_templates"))
    assert again.tokens.tokens == {}


def test_a_broken_file_does_not_stop_the_start(outside: Outside, tmp_path: Path) -> None:
    (tmp_path / "sandbox.json").write_text("{")
    Keeper(World(outside.settings), tmp_path / "sandbox.json").load()
    assert (tmp_path / "sandbox.unreadable.json").exists()


def test_fifty_at_once(outside: Outside, product: Listener) -> None:
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(send(outside, f"many{n}").status_code))
        for n in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 50
    product.wait_for(50, "/receipts/sms/sandbox/")


def test_a_reset_keeps_catalogues_and_drops_what_is_under_way(outside: Outside, product: Listener) -> None:
    outside.add_template()
    outside.world.push.receipt_delay = 0.1
    send(outside)
    outside.post("/reset.json")
    outside.world.push.receipt_delay = 0.2
    send(outside, "m2")
    product.wait_for(1, "/receipts/")
    assert [h.body.count(b'"m2"') for h in product.heard] == [1]
    assert len(outside.get("/wechat/templates.json").json()) == 1
