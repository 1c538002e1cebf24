"""Which mail arrives? A small SMTP server on this machine: what it takes lies in /mail and /mail.json.

It listens where SMTP_URL points, when that is this machine; the switchboard's service is `mail`.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import logging
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from sandbox.faults import Fault
from sandbox.state import Mail, World

log = logging.getLogger(__name__)
HERE = ("127.0.0.1", "localhost")
PATH = "/mail/send"
ANSWERS = {
    "refuse": "451 4.3.0 The sandbox refuses this on purpose",
    "rate_limit": "421 4.7.0 Too many messages, come back later",
    "garbage": "\x00\xff{]<",
    "bad_gateway": "451 4.4.1 No answer from the next host",
}


class Postman:
    """Takes every mail for everybody; a fault decides before or after it is kept."""

    def __init__(self, here: World) -> None:
        self.here = here

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self.here.faults.pick("mail", PATH)
        if fault and fault.kind in ("slow", "hang"):
            await asyncio.sleep(fault.seconds)
        if fault is None or fault.kind in ("slow", "lose", "reset", "hang_after"):
            self._keep(envelope)
        return await self._answer(server, fault)

    async def _answer(self, server: SMTP, fault: Fault | None) -> str:
        if fault is None or fault.kind == "slow":
            return "250 2.0.0 Kept by the sandbox"
        if fault.kind == "hang_after":
            await asyncio.sleep(fault.seconds)
        if fault.kind == "errcode":
            return f"{fault.code if 400 <= fault.code < 600 else 550} 5.1.1 No such mailbox"
        if fault.kind not in ANSWERS:
            _cut(server)
        return ANSWERS.get(fault.kind, "451 4.3.0 Not now")

    def _keep(self, envelope: Envelope) -> None:
        content = envelope.content or b""
        mail = email.message_from_bytes(
            content if isinstance(content, bytes) else content.encode(), policy=email.policy.default
        )
        assert isinstance(mail, EmailMessage)  # noqa: S101 - what the default policy makes
        body = mail.get_body(("plain", "html"))
        text = str(body.get_content()).strip() if body else ""
        with self.here.lock:
            for to in envelope.rcpt_tos:
                kept = Mail(
                    str(mail["Message-ID"] or ""), to, str(mail["Subject"] or ""), text, self.here.clock.now()
                )
                if all((kept.id, to) != (one.id, one.to) for one in self.here.mail if kept.id):
                    self.here.mail.append(kept)
            self.here.changed()


def _cut(server: SMTP) -> None:
    """End the conversation without a word."""
    if isinstance(line := server.transport, asyncio.WriteTransport):
        line.abort()


class Here(Controller):
    """Listens on a socket that was bound before, when one is given."""

    def __init__(self, handler: Postman, host: str, port: int, at: socket.socket | None) -> None:
        super().__init__(handler, hostname=host, port=port, ready_timeout=10)
        self.at = at

    def _create_server(self) -> Any:
        if self.at is None:
            return super()._create_server()
        return self.loop.create_server(self._factory_invoker, sock=self.at)


@contextlib.contextmanager
def listening(app: Flask, at: socket.socket | None = None) -> Iterator[None]:
    """Take mail while the sandbox runs; without a mail port of its own the sandbox runs on without it."""
    here: World = app.extensions["sandbox_world"]
    parts = urlsplit(here.settings.smtp_url)
    if parts.hostname not in HERE:
        yield
        return
    server = Here(Postman(here), "127.0.0.1", parts.port or 25, at)
    try:
        server.start()
    except OSError:
        log.warning("sandbox: port %s is taken, so no mail arrives here", parts.port)
        yield
        return
    try:
        yield
    finally:
        server.stop()
