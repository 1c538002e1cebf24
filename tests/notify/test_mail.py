"""Mail leaves over real SMTP, in a lane of its own, and what is unknown goes out again as the same mail."""

from __future__ import annotations

import json
import uuid

import pytest
import requests

from config.settings import SettingsError, load
from core.db import transaction
from notify import jobs, queries
from notify.channels.mail import server_of
from notify.models import OutboxMessage
from notify.service import send_mail
from tests.core.test_logs_and_settings import GOOD, PRODUCTION
from tests.notify.conftest import fault, statuses

TO = "zhou.chair@mail.example"
LINK = "http://127.0.0.1/admin/recover/mail/SECRET-token-1"


def mails(sandbox: str) -> list[dict[str, str]]:
    return list(requests.get(f"{sandbox}/mail.json", timeout=5).json()["messages"])


def write(dedupe: str = "") -> None:
    with transaction():
        send_mail("reset_link", TO, values={"link": LINK}, dedupe=dedupe or str(uuid.uuid4()))


def test_a_mail_arrives_with_its_words(db, sandbox) -> None:
    """XM-14: really sent, over SMTP."""
    write()
    assert jobs.drain() == 1 and statuses(db) == ["sent"]
    (mail,) = mails(sandbox)
    assert (mail["to"], mail["subject"]) == (TO, "重置密码")
    assert LINK in mail["text"] and "30 分钟" in mail["text"]


def test_the_same_thing_is_mailed_once(db, sandbox) -> None:
    write("one")
    write("one")
    assert jobs.drain() == 1 and len(mails(sandbox)) == 1


@pytest.mark.parametrize(
    "kind,code,status",
    [
        ("refuse", 0, "pending"),
        ("rate_limit", 0, "pending"),
        ("errcode", 451, "pending"),
        ("errcode", 550, "failed"),
    ],
)
def test_what_the_server_refuses_is_tried_again_or_given_up(db, sandbox, kind, code, status) -> None:
    fault(sandbox, kind, "mail", code=code)
    write()
    jobs.drain()
    assert statuses(db) == [status] and mails(sandbox) == []


def test_a_lost_answer_never_makes_two_mails(db, sandbox) -> None:
    """The server took it and said nothing: the same mail goes out again, and the mailbox has it once."""
    fault(sandbox, "lose", "mail")
    write()
    jobs.drain()
    assert statuses(db) == ["unknown"] and len(mails(sandbox)) == 1
    jobs.sweep()
    jobs.drain()
    assert statuses(db) == ["sent"] and len(mails(sandbox)) == 1


def test_a_mail_whose_link_is_over_is_not_sent(db, sandbox) -> None:
    write()
    row = db.session.query(OutboxMessage).one()
    params = json.loads(row.params) | {"lasts": 0.000001}
    row.params = json.dumps(params)
    db.session.commit()
    jobs.drain()
    assert statuses(db) == ["failed"] and mails(sandbox) == []


def test_mail_that_hangs_holds_up_no_code(db, sandbox, reach) -> None:
    """At most four mails wait for the server at a time."""
    from notify.service import send_code

    fault(sandbox, "slow", "mail", seconds=1.0, times=None)
    for _ in range(40):
        write()
    with transaction():
        send_code("x", "13800000001", "123456")
    jobs.drain(0.2)
    left = db.session.query(OutboxMessage).filter_by(lane="mail", attempt=0).count()
    assert left >= 40 - 2 * jobs.MAILS_AT_ONCE
    assert db.session.query(OutboxMessage).filter_by(lane="codes", status="sent").count() == 1


def test_staff_never_read_the_link(db, sandbox) -> None:
    """Whoever read it in 通知记录 could use it."""
    write()
    (row,) = queries.sent(channel="mail")
    assert "SECRET" not in row.text and "（链接）" in row.text and "zhou.chair" not in row.address


@pytest.mark.parametrize(
    "url,expected",
    [
        (
            "smtps://a%40b.example:p%3Aw@mail.example",
            ("smtps", "mail.example", 465, "a@b.example", "p:w", "a@b.example"),
        ),
        (
            "smtp+starttls://u:p@mail.example?from=x@y.example",
            ("smtp+starttls", "mail.example", 587, "u", "p", "x@y.example"),
        ),
        ("smtp://127.0.0.1:8025?from=x@y.example", ("smtp", "127.0.0.1", 8025, "", "", "x@y.example")),
    ],
)  # fmt: skip
def test_the_address_of_the_server_is_read(url: str, expected: tuple[object, ...]) -> None:
    found = server_of(url)
    assert (found.scheme, found.host, found.port, found.user, found.password, found.sender) == expected
    assert "p:w" not in repr(found)


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtps://", "smtp:/x"])
def test_a_wrong_server_address_stops_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="^SMTP_URL: "):
        load({**GOOD, "SMTP_URL": url})


def test_production_sends_nothing_in_clear() -> None:
    assert load({**PRODUCTION, "SMTP_URL": "smtps://u:p@mail.example"}).smtp_url
    assert load(PRODUCTION).smtp_url == ""
    with pytest.raises(SettingsError, match="^SMTP_URL: "):
        load({**PRODUCTION, "SMTP_URL": "smtp://mail.example"})
