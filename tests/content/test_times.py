"""What may be done to a page in which state, and what does the clock do by itself?"""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from content import queries, service
from content.jobs import turn_pages
from content.models import Article
from content.rules import LABELS, MOST_TITLE, WORKFLOW, Page, faults
from core import clock, history
from core.access import Actor
from core.audit import AuditEntry
from core.db import transaction
from core.errors import Conflict, Missing, NotAllowed, Refused
from core.roles import ADMINISTRATOR, EDITOR, STAFF_ROLES, SYSTEM

NOW = dt.datetime(2026, 11, 21, 2, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)

# state → what an editor may do there
MAY = {
    "draft": {"save", "publish", "schedule"},
    "scheduled": {"save", "publish", "schedule", "unschedule"},
    "published": {"save", "revise", "pin", "unpin", "take_down"},
    "taken_down": {"save", "publish", "schedule"},
}


@pytest.mark.parametrize("state", LABELS)
@pytest.mark.parametrize("role", [*STAFF_ROLES, SYSTEM, "employee", "guest"])
def test_who_may_do_what_in_which_state(state: str, role: str) -> None:
    by_clock = {"scheduled": {"release"}, "published": {"expire"}}.get(state, set())
    expected = MAY[state] if role in (EDITOR, ADMINISTRATOR) else by_clock if role == SYSTEM else set()
    assert {move.action for move in WORKFLOW.allowed(state, {role})} == expected


def test_every_move_not_in_the_table_is_refused(write, editor: Actor) -> None:
    for state in LABELS:
        for action in {move.action for move in WORKFLOW.moves}:
            row = write(f"{state} {action}", state=state, publish_at=clock.now() + HOUR)
            by = editor if action not in ("release", "expire") else service.SYSTEM
            if action in MAY[state] or WORKFLOW.move(action, state):
                continue
            with pytest.raises(Conflict), transaction():
                history.perform(WORKFLOW, row, action, by)


def test_nobody_publishes_without_the_role(write) -> None:
    row = write(state="draft")
    with pytest.raises(NotAllowed), transaction():
        service.publish(row, Actor("staff", None, "某人", frozenset({"auditor"})), row.version)


@pytest.mark.parametrize(
    ("page", "field"),
    [
        (Page(title=""), "title"),
        (Page(title="字" * (MOST_TITLE + 1), body="x"), "title"),
        (Page(title="标题", body="x", summary="字" * 61), "summary"),
        (Page(title="标题", body=""), "body"),
        (Page(title="标题", body=f"![](/h5/pictures/{'ab' * 16})"), "body"),
        (Page(title="标题", body=f"![ ](</h5/pictures/{'ab' * 16}>)"), "body"),
        (Page(title="标题", body="x", cover="ab" * 16), "cover_alt"),
        (Page(title="标题", body="x", pages=(("ab" * 16, ""),)), "attachment"),
        (Page(title="标题", body="x", kind="advert"), "kind"),
        (Page(title="标题", body="x", publish_at=NOW, take_down_at=NOW), "take_down_at"),
    ],
)
def test_what_is_missing_is_said_at_its_field(page: Page, field: str) -> None:
    assert field in faults(page, to_publish=True)


def test_a_complete_page_has_no_faults() -> None:
    assert faults(Page(title="字" * MOST_TITLE, body="正文", summary="字" * 60), to_publish=True) == {}
    assert faults(Page(title="标题"), to_publish=False) == {}


def _public(row: Article) -> bool:
    try:
        queries.article(row.kind, row.id)
    except Missing:
        return False
    return True


def test_a_scheduled_page_appears_at_its_time_and_not_before(write, editor: Actor) -> None:
    with time_machine.travel(NOW, tick=False):
        row = write(state="scheduled", publish_at=NOW + HOUR)
        for moment, moved in (
            (NOW, 0),
            (NOW + HOUR - dt.timedelta(seconds=1), 0),
            (NOW + HOUR, 1),
            (NOW + HOUR, 0),
        ):
            with transaction():
                assert service.turn_pages(moment) == moved
            assert _public(row) is (moment >= NOW + HOUR)
    assert (row.state, row.published_at, row.publish_at) == ("published", NOW + HOUR, None)
    told = {step.action: step.actor_kind for step in history.timeline(row.id)}
    assert told == {"create": "staff", "schedule": "staff", "release": "system"}


def test_a_page_goes_at_its_end_even_when_the_clock_is_late(write) -> None:
    with time_machine.travel(NOW, tick=False):
        row = write(take_down_at=NOW + HOUR, is_pinned=True)
        assert _public(row)
    with time_machine.travel(NOW + HOUR, tick=False):
        assert not _public(row)
        turn_pages()
    assert (row.state, row.is_pinned, row.taken_down_at) == ("taken_down", False, NOW + HOUR)


def test_the_clock_leaves_what_somebody_is_saving(write, db, app) -> None:
    """A row that is held is skipped now and taken at the next tick; nothing waits for it."""
    from sqlalchemy import text

    with time_machine.travel(NOW, tick=False):
        row = write(state="scheduled", publish_at=NOW)
        with db.engine.connect() as held, held.begin():
            held.execute(text("SELECT 1 FROM article WHERE id = :id FOR UPDATE"), {"id": row.id})
            with transaction():
                assert service.turn_pages(NOW + HOUR) == 0
        with transaction():
            assert service.turn_pages(NOW + HOUR) == 1


def test_every_publication_is_on_record(write, editor: Actor, db) -> None:
    """Audit: who published, changed, pinned and took down what; never the words."""
    row = write("保密的标题", is_pinned=True)
    with transaction():
        service.save(row, Page(kind="notice", title="新的标题", body="新"), editor, row.version)
        service.publish(row, editor, row.version)
        service.take_down(row, editor, row.version)
    told = db.session.query(AuditEntry).filter_by(object_id=str(row.id)).order_by(AuditEntry.seq).all()
    assert [entry.action.removeprefix("content.") for entry in told] == [
        "create", "publish", "pin", "save", "revise", "take_down",
    ]  # fmt: skip
    assert {entry.actor_label for entry in told} == {"周编辑"}
    assert "标题" not in str([entry.detail for entry in told])


def test_changes_of_a_published_page_wait_until_they_are_published(write, editor: Actor) -> None:
    row = write("旧标题", body="旧正文")
    with transaction():
        service.save(row, Page(kind="notice", title="新标题", body="新正文"), editor, row.version)
    assert (queries.article("notice", row.id).title, row.body) == ("旧标题", "旧正文")
    assert service.page_of(row).title == "新标题"
    first = row.published_at
    with transaction():
        service.publish(row, editor, row.version)
    assert (row.title, row.body_html, row.working) == ("新标题", "<p>新正文</p>", None)
    assert row.published_at == first and row.revised_at


def test_a_page_that_would_be_gone_at_once_is_not_published(write, editor: Actor) -> None:
    row = write(state="draft", take_down_at=clock.now() - HOUR)
    with pytest.raises(Refused, match="下架时间已经过了"), transaction():
        service.publish(row, editor, row.version)
