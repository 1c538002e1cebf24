"""What do the tests of 账号问题 share? A browser that solves its sum, what arrives, photos."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import dataclass
from typing import Any

import altcha
import requests
from flask.testing import FlaskClient
from PIL import Image, ImageDraw

from notify import jobs

NEW_PASSWORD = "Tianqi-hao-2031"


@dataclass
class Guest:
    """Somebody who is not signed in, at one browser."""

    client: FlaskClient
    sandbox: str

    def solved(self) -> str:
        """The answer to a sum, worked out as the page's script does it."""
        set_ = self.client.get("/admin/recover/challenge").json
        found = altcha.solve_challenge(altcha.Challenge.from_dict(set_))
        answer = {"challenge": set_, "solution": {"counter": found.counter, "derivedKey": found.derived_key}}
        return base64.b64encode(json.dumps(answer).encode()).decode()

    def name(self, account: str) -> Any:
        """The first page: 用户名 and 验证码, 下一步."""
        return self.client.submit("/admin/recover", {"account": account, "solved": self.solved()})

    def ask_code(self, path: str, **more: Any) -> Any:
        return self.client.submit(
            f"{path}/code",
            {"solved": self.solved(), **more},
            page=path,
            headers={"X-Requested-With": "fetch"},
        )

    def sms(self, phone: str) -> list[str]:
        """The texts this phone got, the newest first."""
        jobs.drain()
        answer = requests.get(f"{self.sandbox}/sms.json", params={"phone": phone}, timeout=5).json()
        return [sms["text"] for sms in answer["messages"]]

    def code(self, phone: str) -> str:
        return next(found[0] for text in self.sms(phone) if (found := re.findall(r"\d{6}", text)))

    def mails(self) -> list[dict[str, str]]:
        jobs.drain()
        return list(requests.get(f"{self.sandbox}/mail.json", timeout=5).json()["messages"])

    def mailed_link(self) -> str:
        """The path of the newest link."""
        return re.findall(r"http://[^/]+(/admin/recover/mail/\S+)", self.mails()[0]["text"])[0]

    def new_password(self, path: str, password: str = NEW_PASSWORD, again: str = "", **more: Any) -> Any:
        return self.client.submit(path, {"password": password, "again": again or password, **more})


def photo(fmt: str = "JPEG", side: str = "front", size: tuple[int, int] = (900, 600)) -> bytes:
    """A drawn certificate with nobody on it."""
    image = Image.new("RGB", size, "#eef4fb" if side == "front" else "#f4eefb")
    draw = ImageDraw.Draw(image)
    for line in range(6):
        draw.rectangle((60, 80 + line * 70, 500, 100 + line * 70), fill="#7d93ad")
    if side == "front":
        draw.rectangle((620, 120, 820, 380), fill="#9fb2c8")
    out = io.BytesIO()
    image.save(out, fmt)
    return out.getvalue()
