"""What survives a restart? Chats, people, menu, templates, QR codes, SMS, batches, in one JSON file.

Tokens, codes, media and faults do not: after a restart clients have to cope, as with the real service.
"""

from __future__ import annotations

import atexit
import json
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.bank import Batch
from sandbox.people import Line, Person, Window
from sandbox.state import Mail, QrTicket, Sms, Template, World
from sandbox.transfers import Transfer

EVERY = 2.0
KEEPS_SMS = 2_000


def picture(here: World) -> dict[str, Any]:
    with here.lock:
        return {
            "people": [asdict(p) for p in here.people.values()],
            "menu": here.menu,
            "templates": [asdict(t) for t in here.templates.values()],
            "qr": [asdict(t) for t in here.qr.values()],
            "sms": [asdict(s) for s in list(here.sms)[-KEEPS_SMS:]],
            "sms_templates": here.sms_templates,
            "mail": [asdict(m) for m in here.mail],
            "batches": [asdict(b) for b in here.batches.values()],
            "transfers": [asdict(t) for t in here.transfers],
        }


def restore(here: World, kept: dict[str, Any]) -> None:
    with here.lock:
        here.people |= {p.openid: p for p in map(_person, kept.get("people", []))}
        here.menu = kept.get("menu")
        here.templates = {t["template_id"]: Template(**t) for t in kept.get("templates", [])}
        here.qr = {t["ticket"]: QrTicket(**t) for t in kept.get("qr", [])}
        for row in kept.get("sms", []):
            here.keep_sms(Sms(**row))
        here.sms_templates = kept.get("sms_templates", {})
        here.mail.extend(Mail(**m) for m in kept.get("mail", []))
        here.batches = {b["number"]: Batch(**b) for b in kept.get("batches", [])}
        here.transfers = [Transfer(**t) for t in kept.get("transfers", [])]


def _person(row: dict[str, Any]) -> Person:
    lines, windows = [Line(**x) for x in row.pop("chat")], [Window(**x) for x in row.pop("windows")]
    return Person(**row, chat=lines, windows=windows)


class Keeper:
    """Writes the file when something changed, at most every two seconds, and once more at the end."""

    def __init__(self, here: World, path: Path) -> None:
        self.world = here
        self.path = path
        self.saved_version = here.version
        self.lock = threading.Lock()

    def load(self) -> None:
        try:
            restore(self.world, json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return
        except (ValueError, TypeError, KeyError):
            # Written by another version of the sandbox: nothing in it is worth a failed start.
            self.path.rename(self.path.with_suffix(".unreadable.json"))

    def save(self) -> None:
        with self.lock:
            version = self.world.version
            if version == self.saved_version:
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = self.path.with_suffix(".draft")
            draft.touch(mode=0o600)
            draft.write_text(json.dumps(picture(self.world), ensure_ascii=False), encoding="utf-8")
            draft.replace(self.path)
            self.saved_version = version

    def start(self) -> None:
        self.load()
        atexit.register(self.save)
        _every(EVERY, self.save)


def _every(seconds: float, work: Callable[[], None]) -> None:
    stop = threading.Event()

    def loop() -> None:
        while not stop.wait(seconds):
            work()

    threading.Thread(target=loop, name="keeper", daemon=True).start()
