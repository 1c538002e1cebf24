"""What do the tests of the account's pages share? Two administrators, the phones, WeChat's faults."""

from __future__ import annotations

from typing import Any

import requests

from core import roles
from tests.world import World
from wechat import jobs
from wechat.service import mappings

CLAIM_TEMPLATE = "TPL_CLAIM_UPDATE_0000000000000000000000000001"
ZHANG, WANG = "oSandboxUser0000000000000001", "oSandboxUser0000000000000003"


def text_of(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def administrator(world: World, app: Any, name: str = "管理甲") -> Any:
    """A client signed in as an administrator of the whole scheme."""
    return world.sign_in(app.test_client(), staff=world.staff(roles.ADMINISTRATOR, name=name))


def work() -> int:
    """What a worker does when the bell rings."""
    return jobs.run_errands()


def does(sandbox: str, person: str, verb: str, **given: Any) -> dict[str, Any]:
    """Somebody does something on the phone; what came of it."""
    answer = requests.post(f"{sandbox}/phone/{person}/{verb}", json=given, timeout=30)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def phone(sandbox: str, person: str) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{sandbox}/phone/{person}.json", timeout=10).json()
    return found


def fault(sandbox: str, path: str, kind: str = "errcode", code: int = -1, times: int | None = None) -> None:
    """WeChat answers so to calls whose path holds `path`."""
    body = {"service": "wechat_api", "kind": kind, "path": path, "code": code, "times": times}
    requests.post(f"{sandbox}/faults.json", json=body, timeout=10).raise_for_status()


def forget_mappings() -> None:
    mappings.forget()
