"""How is an SMS sent while developing? One POST to the sandbox; the message's id names it there, too."""

from __future__ import annotations

from core import context
from notify.channels.wire import Letter, answer_of, call, post_json
from notify.rules import Answer, Outcome


def _url() -> str:
    return f"{context.settings().sandbox_url}/sms/sandbox"


def send(letter: Letter) -> Outcome:
    body = {
        "id": letter.id,
        "phone": letter.address,
        "template": letter.kind,
        "text": letter.text,
        "params": letter.values,
        "sign": context.scheme().brand.account,
    }
    response = post_json(_url(), body)
    said = answer_of(response)
    if response.status == 200:
        return Outcome("sent", reference=str(said.get("id", letter.id)))
    code = str(said.get("error", response.status))
    return Outcome("later" if "Limit" in code else "never", code=code)


def ask(letter: Letter) -> Answer:
    response = call("GET", f"{_url()}/{letter.id}")
    if response.status == 404:
        return Answer("absent")
    said = answer_of(response)
    status = str(said.get("status", ""))
    return Answer("delivered" if status == "delivered" else "failed" if status == "failed" else "taken",
                  letter.id, str(said.get("reason") or ""))  # fmt: skip
