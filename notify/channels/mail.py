"""How is a mail sent? One SMTP conversation each, over TLS; `SMTP_URL` says where, as whom and from whom.

`smtps://user:password@host:465` (TLS from the start), `smtp+starttls://user:password@host:587`, and outside
production `smtp://host:port`. `?from=…` names the sender, else the user is it. SMTP cannot be asked what
became of a mail, so one whose fate is unknown is sent again under the same Message-ID, which mailboxes fold.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formataddr, formatdate, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

import certifi

from core import context
from core.errors import Missing
from core.files.papers import at_place
from core.keys import SealBroken
from notify.channels.wire import Letter
from notify.rules import Answer, Outcome

TIMEOUT = 10.0
PORTS = {"smtps": 465, "smtp+starttls": 587, "smtp": 25}
TRY_LATER = range(400, 500)


@dataclass(frozen=True)
class Server:
    """Where mail goes out, read from `SMTP_URL`."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str


def server_of(url: str) -> Server:
    parts = urlsplit(url)
    user = unquote(parts.username or "")
    named = parse_qs(parts.query).get("from", [""])[0]
    return Server(
        parts.scheme,
        parts.hostname or "",
        parts.port or PORTS[parts.scheme],
        user,
        unquote(parts.password or ""),
        named or user or f"no-reply@{parts.hostname}",
    )


def send(letter: Letter) -> Outcome:
    """Unknown is only what happens to a mail while it is handed over; before that it surely stayed here."""
    if not (url := context.settings().smtp_url):
        return Outcome("later", code="no_mail_server", blames=True)
    if letter.age > float(letter.params.get("lasts") or letter.age):
        return Outcome("never", code="mail_expired")
    try:
        mail = _mail(letter, server_of(url))
    except (OSError, ValueError, SealBroken, Missing) as error:  # the attached file is gone
        return Outcome("never", code=f"file_gone {type(error).__name__}")
    try:
        line = _opened(server_of(url))
    except smtplib.SMTPAuthenticationError:
        return Outcome("later", code="mail_auth", blames=True)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("later", code=f"unreachable {type(error).__name__}", blames=True)
    try:
        return _handed_over(line, mail)
    finally:
        line.close()


def _opened(server: Server) -> smtplib.SMTP:
    """A line to the server on which mail may be handed over; certificates are always checked."""
    trust = ssl.create_default_context(cafile=certifi.where())
    trust.load_default_certs()
    if server.scheme == "smtps":
        line: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=trust)
    else:
        line = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
    try:
        if server.scheme == "smtp+starttls":
            line.starttls(context=trust)
        if server.user:
            line.login(server.user, server.password)
    except BaseException:
        line.close()
        raise
    return line


def _handed_over(line: smtplib.SMTP, mail: EmailMessage) -> Outcome:
    sender, to = parseaddr(str(mail["From"]))[1], str(mail["To"])
    try:
        line.ehlo_or_helo_if_needed()
        for code, _ in (line.mail(sender), line.rcpt(to)):
            if code >= 400:
                return _refusal(code)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("later", code=f"unreachable {type(error).__name__}", blames=True)
    try:
        code, _ = line.data(mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")))
    except smtplib.SMTPDataError as error:
        return _refusal(error.smtp_code)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("unknown", code=type(error).__name__, blames=True)
    return Outcome("sent", reference=str(mail["Message-ID"])) if code < 400 else _refusal(code)


def _refusal(code: int) -> Outcome:
    if code in TRY_LATER:
        return Outcome("later", code=f"mail {code}", blames=True)
    return Outcome("never", code=f"mail_refused {code}")


def _mail(letter: Letter, server: Server) -> EmailMessage:
    """Plain text; no picture, no remote content, nothing that tells whether it was read."""
    mail = EmailMessage()
    mail["From"] = formataddr((context.scheme().brand.operator, server.sender))
    mail["To"] = letter.address
    mail["Subject"] = str(letter.params["subject"])
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{letter.id}@{server.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text, cte="base64")
    if file := letter.params.get("file"):
        place, name, media_type = file
        main, _, more = str(media_type).partition("/")
        mail.add_attachment(at_place(str(place)), maintype=main, subtype=more, filename=str(name))
    return mail


def ask(letter: Letter) -> Answer:
    """Nobody can be asked: it goes out once more, as the same mail."""
    return Answer("absent")
