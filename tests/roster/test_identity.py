"""Is "they do not match" never confused with "nobody could be asked"? (XM-35, XM-39)"""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import time_machine
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from core import clock
from core.db import transaction
from employee.models import IdentityCheck
from employee.service import identity
from roster import service
from roster.models import RosterImport
from roster.rules import states
from roster.service import applying, keeping
from tests.roster import desk
from tests.roster.golden import number, workbook
from tests.world import World
from union.models import Union

NAMES = "甲乙丙丁戊己庚辛壬癸"


@pytest.fixture
def union(db: SQLAlchemy, sandbox: str) -> Union:
    return World().union()


@pytest.fixture
def fault(sandbox: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`fault("hang", percent=30)`: what the identity check does wrong until the test ends."""
    monkeypatch.setattr(identity, "TIMEOUT", (1.0, 0.4))

    def set_fault(kind: str, **more: Any) -> None:
        given = {"service": "identity", "kind": kind, "seconds": 1.0, **more}
        requests.post(f"{sandbox}/faults.json", json=given, timeout=10).raise_for_status()

    yield set_fault
    requests.post(f"{sandbox}/faults.json", json={"clear": "identity"}, timeout=10).raise_for_status()


def people(count: int, first: int = 0) -> list[list[Any]]:
    return [
        [
            f"测{NAMES[n // 10 % 10]}{NAMES[n % 10]}",
            None,
            number(first + n),
            None,
            None,
            f"136{first + n:08d}",
        ]
        for n in range(count)
    ]


def clear(sandbox: str) -> None:
    requests.post(f"{sandbox}/faults.json", json={"clear": "identity"}, timeout=10).raise_for_status()


def test_mismatch_and_unknown_are_the_operators_and_silence_is_ours(
    union: Union, sandbox: str, fault: Callable[..., None]
) -> None:
    """XM-39: 公安接口校验超时 is retried by itself and never becomes 「请检查姓名和证件号码」."""
    rows = people(2)
    rows[0][0], rows[1][0] = "测不符", "测查无"
    fault("refuse")
    work = desk.imported(union, workbook([*rows, *people(1, 50)]))
    assert work.state == "applying"
    assert {row.identity for row in desk.rows_of(work).values()} == {"waiting"}
    assert service.waiting_words(work) == "公安接口暂时没有答复，系统会自动再核对，不用重新导入"
    assert desk.roster() == {}
    clear(sandbox)
    desk.wait_over(work)
    desk.worked(work)
    assert work.state == "done" and service.waiting_words(work) == ""
    said = [(line["处理结果"], line["原因"]) for line in desk.result_of(work)]
    assert said == [
        ("未导入", "姓名与证件号码不一致，请核对；若确实无误，再导入一次"),
        ("未导入", "公安接口查不到这个证件号码，请检查姓名和证件号码"),
        ("已新增", None),
    ]


@pytest.mark.parametrize("kind", ["hang", "reset", "garbage", "bad_gateway", "refuse"])
def test_every_kind_of_no_answer_is_no_answer(union: Union, fault: Callable[..., None], kind: str) -> None:
    fault(kind)
    asked = identity.ask([identity.Ask(b"k", "resident_id", number(1), "测试甲")])
    assert asked == {b"k": None}


def test_thirty_percent_timeouts_leave_no_row_unresolved(
    union: Union, fault: Callable[..., None], db: SQLAlchemy
) -> None:
    """XM-35: every row ends resolved, by itself, and nobody is refused for the provider's silence."""
    fault("hang", percent=30, seed=7)
    work = desk.imported(union, workbook(people(100)))
    for _ in range(15):
        if work.state == "done":
            break
        desk.wait_over(work)
        desk.worked(work)
    assert (work.state, work.applied_count) == ("done", 100)
    assert {line["处理结果"] for line in desk.result_of(work)} == {"已新增"}


def test_a_provider_that_is_down_pauses_the_import_longer_each_time_and_lets_others_go_on(
    union: Union, sandbox: str, fault: Callable[..., None]
) -> None:
    """XM-34, XM-35: a whole day of silence: 处理中 with words; it resumes by itself; others are read."""
    fault("refuse")
    with time_machine.travel(dt.datetime(2026, 11, 21, 2, tzinfo=dt.UTC), tick=False) as now:
        work = desk.imported(union, workbook(people(30)))
        pauses, end = [], clock.now() + dt.timedelta(hours=2)
        while clock.now() < end:
            assert work.state == "applying" and work.lease_until is None and work.ask_at
            assert states.LABELS[work.state] == "处理中" and service.waiting_words(work)
            pauses.append((work.ask_at - clock.now()).total_seconds())
            now.move_to(work.ask_at)
            desk.worked(work)
        assert pauses[:5] == [5.0, 15.0, 60.0, 300.0, 600.0] and max(pauses) == 600.0
        now.shift(dt.timedelta(days=1))
        assert desk.worked(work).state == "applying"
        other = desk.read(World().union("测试三厂"), workbook(people(3, 500)))
        assert other.state == "preview"
        clear(sandbox)
        for _ in range(3):
            now.shift(dt.timedelta(minutes=10))
            desk.worked(work)
        assert (work.state, work.applied_count) == ("done", 30)


def test_answers_are_remembered_by_age_and_nobody_is_asked_twice(
    union: Union, sandbox: str, db: SQLAlchemy
) -> None:
    """XM-35: a match counts for half a year, a mismatch for minutes: the corrected import asks again."""
    rows = people(3)
    rows[2][0] = "测不符"
    desk.imported(union, workbook(rows))
    keys = [identity.key_of("resident_id", row[2], row[0]) for row in rows]
    assert sorted(identity.remembered(keys).values()) == ["match", "match", "mismatch"]
    with transaction():
        for one in db.session.query(IdentityCheck):
            one.asked_at -= dt.timedelta(minutes=11)
    assert sorted(identity.remembered(keys).values()) == ["match", "match"]
    with transaction():
        for one in db.session.query(IdentityCheck):
            one.asked_at -= dt.timedelta(days=180)
    assert identity.remembered(keys) == {}


def test_a_remembered_match_is_not_asked_about(
    union: Union, fault: Callable[..., None], db: SQLAlchemy
) -> None:
    rows = people(5)
    with transaction():
        identity.remember({identity.key_of("resident_id", row[2], row[0]): "match" for row in rows})
    fault("refuse")
    assert desk.imported(union, workbook(rows)).applied_count == 5


def test_a_change_that_needs_no_voucher_asks_nobody(
    union: Union, sandbox: str, fault: Callable[..., None]
) -> None:
    rows = people(2)
    desk.imported(union, workbook(rows))
    fault("refuse")
    for row in rows:
        row[5] = "13500000001"
    work = desk.imported(union, workbook(rows))
    assert (work.state, work.changed_count, work.applied_count) == ("done", 2, 2)


def test_outside_the_working_hours_the_import_waits_and_says_until_when(
    union: Union, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XM-35: 工作日 9 点至 18 点, a setting of the profile; in the window it goes on by itself."""
    from dataclasses import replace

    from core import context

    window = (dt.time(9), dt.time(18), frozenset({1, 2, 3, 4, 5}))
    scheme = replace(context.scheme(), identity_window=window)
    monkeypatch.setattr(context, "scheme", lambda: scheme)
    saturday = dt.datetime(2026, 11, 21, 2, tzinfo=dt.UTC)
    with time_machine.travel(saturday, tick=False) as now:
        work = desk.imported(union, workbook(people(2)))
        assert work.state == "applying" and desk.roster() == {}
        assert "工作日 9 点至 18 点" in service.waiting_words(work)
        now.move_to(dt.datetime(2026, 11, 23, 1, 1, tzinfo=dt.UTC))
        desk.worked(work)
    assert (work.state, work.applied_count) == ("done", 2)


def test_one_round_ends_long_before_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else another worker would ask the same pairs at the same time."""
    assert identity.PATIENCE + sum(identity.TIMEOUT) < keeping.LEASE.total_seconds() / 2


def test_a_round_stops_when_nobody_is_there(db: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[bytes] = Counter()
    lock = threading.Lock()

    def silent(_session: Any, _url: str, one: identity.Ask) -> None:
        with lock:
            asked[one.key] += 1

    monkeypatch.setattr(identity, "_ask_one", silent)
    asks = [identity.Ask(bytes([n]), "resident_id", number(n), "测试") for n in range(200)]
    answers = identity.ask(asks)
    assert len(answers) == len(asked) <= identity.GIVE_UP + identity.AT_ONCE
    assert set(asked.values()) == {1} and set(answers.values()) == {None}


def test_the_pause_never_grows_past_its_last_step() -> None:
    assert [applying._pause(n).total_seconds() for n in (0, 1, 4, 99)] == [5, 15, 600, 600]


def test_nothing_about_a_person_is_logged(
    union: Union, fault: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    fault("refuse")
    desk.imported(union, workbook(people(2)))
    assert number(0) not in caplog.text and "测甲甲" not in caplog.text


def test_an_import_is_fenced_by_its_lease(union: Union, db: SQLAlchemy, app: Flask) -> None:
    """A worker that slept past its lease may write nothing more."""
    work = desk.upload(union, workbook(people(1)))
    with transaction():
        mine = keeping.claim_due()
    assert mine is not None and mine.id == work.id
    with transaction():
        db.session.execute(
            RosterImport.__table__.update().values(lease_until=clock.now() - dt.timedelta(seconds=1))
        )
    with pytest.raises(keeping.LeaseLost), transaction():
        keeping.go_on(mine)
