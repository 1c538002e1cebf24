"""When will it be done? Measured from what ended lately, hidden under thirty cases (GX-24, GX-27)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import text

from claims import jobs
from claims.models import ClaimPace
from claims.queries import pace
from core import context
from core.db import db as database
from core.db import transaction
from core.history import Transition
from core.roles import FIRST_REVIEWER
from tests.claims.paper import says
from tests.office import Office
from tests.world import World

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


@pytest.fixture
def monday(office: Office) -> dt.datetime:
    """A Monday of three weeks ago by the database's clock, which says what ninety days are."""
    now = database.session.scalar(text("SELECT clock_timestamp()"))
    day = now.astimezone(ZONE).date() - dt.timedelta(days=21)
    return dt.datetime.combine(day - dt.timedelta(days=day.weekday()), dt.time(10), ZONE)


def ended(office: Office, count: int, since: dt.datetime, until: dt.datetime, kind: str = "hospital") -> None:
    rows = office.rows(count, office.world.union(), "paid")
    with transaction():
        for row in rows:
            row.kind = kind
            for state, at in (("first_review", since), ("paid", until)):
                database.session.add(
                    Transition(
                        workflow="claim", object_id=row.id, action="x", from_state="", to_state=state,
                        actor_kind="system", actor_label="系统", at=at, meta={},
                    )
                )  # fmt: skip


@pytest.mark.parametrize(
    ("days_after_monday", "working_days"),
    [(0, 0), (1, 1), (4, 4), (5, 5), (6, 5), (7, 5), (8, 6), (14, 10)],
)
def test_weekends_do_not_count(
    office: Office, monday: dt.datetime, days_after_monday: int, working_days: int
) -> None:
    ended(office, 1, monday, monday + dt.timedelta(days=days_after_monday))
    jobs.measure_pace()
    row = database.session.get_one(ClaimPace, ("first_review", "hospital"))
    assert (row.median_days, row.most_days, row.cases) == (working_days, working_days, 1)


def test_half_and_four_of_five(office: Office, monday: dt.datetime) -> None:
    for days, count in ((1, 6), (3, 2), (4, 2)):
        ended(office, count, monday, monday + dt.timedelta(days=days))
    jobs.measure_pace()
    jobs.measure_pace()  # again: the table is written anew
    row = database.session.get_one(ClaimPace, ("first_review", "hospital"))
    assert (row.median_days, row.most_days, row.cases) == (1, 3, 10)


def test_only_the_last_ninety_days_count(office: Office, monday: dt.datetime) -> None:
    old = monday - dt.timedelta(days=100)
    ended(office, 3, old, old + dt.timedelta(days=1))
    jobs.measure_pace()
    assert database.session.query(ClaimPace).count() == 0


@pytest.mark.parametrize(
    ("cases", "words"), [(29, "审核一般需要 5 个工作日"), (30, "多数申请在 3 个工作日内办完")]
)
def test_under_thirty_cases_only_the_promise_is_shown(
    app: Flask, office: Office, cases: int, words: str
) -> None:
    person = office.person()
    office.world.bind(person)
    claim = office.file(person)
    promised = str(context.scheme().promises["review_days"])
    with transaction():
        database.session.add(
            ClaimPace(state="first_review", kind="hospital", median_days=2, most_days=3, cases=cases)
        )
    words = words.replace("5", promised) if cases < 30 else words
    phone = office.world.sign_in(app.test_client(), person=person)
    for page in ("", "/submitted"):
        assert words in says(phone.get(f"/h5/claims/{claim.number}{page}")), page
    clerk = office.world.sign_in(app.test_client(), staff=office.world.staff(FIRST_REVIEWER))
    assert ("一半 2、多数 3 个工作日内办完" in says(clerk.get("/admin/"))) == (cases >= 30)


def test_another_kind_says_nothing_about_this_one(office: Office) -> None:
    with transaction():
        database.session.add(
            ClaimPace(state="first_review", kind="death", median_days=2, most_days=3, cases=99)
        )
    assert pace.likely_days("first_review", "hospital") is None
    assert pace.likely_days("first_review", "death") == 3
