"""站内信 (E5): what counts as read, what is said once, where a message about something lost leads."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest

from core.db import transaction
from notify import queries
from notify.models import InboxMessage, OutboxMessage
from notify.service import send
from tests.notify.test_pages import told
from tests.office import Office
from tests.world import World


@pytest.fixture
def world(db: Any) -> World:
    return World()


@pytest.mark.parametrize(
    ("method", "headers", "is_read"),
    [
        ("GET", {}, True),
        ("GET", {"Sec-Purpose": "prefetch"}, False),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}, False),
        ("GET", {"Purpose": "prefetch"}, False),
        ("GET", {"X-Purpose": "preview"}, False),
        ("GET", {"X-Moz": "prefetch"}, False),
        ("HEAD", {}, False),
    ],
)
def test_only_a_person_who_looks_reads(
    world: World, client: Any, db: Any, method: str, headers: dict[str, str], is_read: bool
) -> None:
    """A7: a page fetched ahead was seen by nobody."""
    person = world.insured()
    told(person)
    world.sign_in(client, person=person)
    [row] = queries.inbox(person.id)
    assert client.open(f"/h5/messages/{row.id}", method=method, headers=headers).status_code == 200
    assert queries.unread_count(person.id) == (0 if is_read else 1)


def test_the_count_is_in_words(world: World, client: Any) -> None:
    person = world.insured()
    told(person, 3)
    world.sign_in(client, person=person)
    page = client.get("/h5/messages").text
    assert "有 3 条未读消息" in page and page.count('"unread">未读') == 3


def test_gx_64_the_same_thing_is_said_once_however_often_and_by_how_many(
    app: Any, world: World, db: Any
) -> None:
    """GX-64: eight at a time, one inbox row and one row a channel."""
    person = world.insured()
    claim_id, ready = uuid.uuid4(), threading.Barrier(8)

    def say() -> None:
        with app.app_context():
            ready.wait()
            with transaction():
                send(
                    "claim_submitted",
                    employee=person.id,
                    about=("claim", claim_id, "BZ1300000000000000000"),
                    dedupe=f"claim:{claim_id}:submit:v1",
                )

    threads = [threading.Thread(target=say) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    db.session.rollback()
    assert db.session.query(InboxMessage).filter_by(owner_id=person.id).count() == 1
    sent = db.session.query(OutboxMessage.channel).filter_by(owner_id=person.id).all()
    assert sorted(row[0] for row in sent) == sorted({row[0] for row in sent})


def test_a_message_about_something_no_longer_mine_says_so(world: World, client: Any) -> None:
    """The thing went to somebody else: kind words, none of its contents."""
    office = Office(world)
    person = office.person()
    world.bind(person)
    claim = office.file(person)
    world.sign_in(client, person=person)
    [row] = [one for one in queries.inbox(person.id) if one.kind == "claim_submitted"]
    link = f"/h5/claims/{claim.number}"
    assert link in client.get(f"/h5/messages/{row.id}").text
    other = world.employee()
    with transaction():
        claim.employee_id = claim.filed_by_id = other.id
    gone = client.get(link)
    assert gone.status_code == 404 and "可能已经删除，或者不在您的名下" in gone.text
    assert client.get("/h5/changes/BG1344168415351173120").status_code == 404


@pytest.mark.parametrize(("scheme", "word"), [("guangxi", "驳回"), ("xiamen", "退回")])
def test_gx_25_everybody_reads_the_profiles_own_word(make_app: Any, db: Any, scheme: str, word: str) -> None:
    """GX-25: 驳回 in Guangxi, 退回 in Xiamen: message, tag and page alike."""
    app = make_app(SCHEME=scheme)
    with app.app_context():
        world = World()
        person = world.insured()
        told(person)
        client = world.sign_in(app.test_client(), person=person)
        [row] = queries.inbox(person.id)
        assert f"补助申请被{word}" in row.title and f"{word}原因" in (row.text or "")
        from core import context

        assert context.scheme().review.labels["returned"] == f"已{word}"
    assert f"补助申请被{word}" in client.get("/h5/messages").text
