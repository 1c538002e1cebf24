"""How is an SMS sent while developing? One POST to the sandbox; the message's id names it there, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core import context
from notify.channels.wire import Letter, answer_of, call, post_json
from notify.rules import Answer, Outcome


def _url() -> str:
    return f"{context.settings().sandbox_url}/sms/sandbox"


MOST = 200  # messages a call


def send(letter: Letter) -> Outcome:
    response = post_json(_url(), _body(letter))
    said = answer_of(response)
    return _outcome(letter, said if response.status == 200 else {"error": response.status, **said})


def send_many(letters: Sequence[Letter]) -> list[Outcome]:
    """One call for all; each message is known by its own id."""
    response = post_json(f"{_url()}/batch", {"messages": [_body(letter) for letter in letters]})
    said = answer_of(response)
    told = {str(row.get("id", "")): row for row in said.get("results") or []}
    missing = {"error": ""}
    return [_outcome(letter, told.get(letter.id, missing)) for letter in letters]


def _body(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "phone": letter.address,
        "template": letter.kind,
        "text": letter.text,
        "params": letter.values,
        "sign": context.scheme().brand.account,
    }


def _outcome(letter: Letter, said: dict[str, Any]) -> Outcome:
    """What the answer for one message means; one that says nothing may mean anything."""
    if "error" not in said:
        return Outcome("sent", reference=str(said.get("id", letter.id)))
    code = str(said["error"])
    if not code:
        return Outcome("unknown", code="no answer", blames=True)
    return Outcome("later" if "Limit" in code else "never", code=code)


def ask(letter: Letter) -> Answer:
    response = call("GET", f"{_url()}/{letter.id}")
    if response.status == 404:
        return Answer("absent")
    said = answer_of(response)
    status = str(said.get("status", ""))
    return Answer("delivered" if status == "delivered" else "failed" if status == "failed" else "taken",
                  letter.id, str(said.get("reason") or ""))  # fmt: skip
