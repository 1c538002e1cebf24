"""What did the world outside see? The account's chat, the SMS inbox and the bank, over the sandbox's HTTP."""

from __future__ import annotations

import html
import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests

Found = TypeVar("Found")
PATIENCE = 20.0


def until(question: Callable[[], Found], what: str) -> Found:
    """The first true answer to `question`; fails with `what` when none comes in time."""
    ends, pause = time.monotonic() + PATIENCE, threading.Event()
    while time.monotonic() < ends:
        if found := question():
            return found
        pause.wait(0.05)
    raise AssertionError(f"never happened: {what}")


class Outside:
    """One person's phone as the sandbox keeps it, and the services around it."""

    def __init__(self, url: str, person: str, number: str) -> None:
        self.url, self.person, self.number = url, person, number

    def get(self, path: str) -> Any:
        answer = requests.get(self.url + path, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def does(self, verb: str, **given: Any) -> str:
        """The person does something on the phone; what the account answers at once."""
        answer = requests.post(f"{self.url}/phone/{self.person}/{verb}", json=given, timeout=30)
        answer.raise_for_status()
        lines = [line for line in answer.json()["lines"] if line["by"] == "account"]
        return "\n".join(str(line["content"].get("text", "")) for line in lines)

    def link(self, words: str, says: str) -> str:
        """Where the link with these words leads, in what the account said."""
        found = re.search(rf'<a href="([^"]+)">{words}</a>', says)
        assert found, f"no link {words} in: {says}"
        return html.unescape(found[1])

    def notices(self) -> list[str]:
        """Template messages in the chat, oldest first, as they are shown."""
        lines = self.get(f"/phone/{self.person}.json")["chat"]
        return [
            json.dumps(line["content"], ensure_ascii=False) for line in lines if line["kind"] == "template"
        ]

    def sms(self) -> list[str]:
        """Newest first."""
        return [row["text"] for row in self.get(f"/sms.json?phone={self.number}")["messages"]]

    def code(self) -> str:
        """The newest code, as the person reads it in the SMS."""

        def newest() -> str:
            found = (re.search(r"验证码是?\D{0,4}(\d{6})", text) for text in self.sms())
            return next((match[1] for match in found if match), "")

        return until(newest, "an SMS with a code")

    def gets_wechat(self, *words: str) -> str:
        """A template message in the account's chat that holds all the words."""
        return until(lambda: self._with(self.notices(), words), f"a WeChat message with {words}")

    def counts_sms(self, at_least: int) -> list[str]:
        return until(lambda: rows if len(rows := self.sms()) >= at_least else [], f"{at_least} SMS")

    def _with(self, texts: list[str], words: tuple[str, ...]) -> str:
        return next((text for text in reversed(texts) if all(word in text for word in words)), "")

    def refuses(self, card: str, reason: str) -> None:
        """From now on the bank answers this for this account."""
        url = f"{self.url}/bank/refusals.json"
        requests.post(url, json={card: reason}, timeout=30).raise_for_status()

    def pays(self, batch_file: bytes) -> bytes:
        """Hand the bank a batch; its result file (GBK)."""
        answer = requests.post(
            f"{self.url}/bank/batches", files={"file": ("batch.csv", batch_file)}, timeout=30
        )
        answer.raise_for_status()
        return answer.content
