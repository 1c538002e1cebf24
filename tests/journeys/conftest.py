"""Who walks, and on which screens? People with browsers, the sandbox around them, and a clock that works."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from claims.service import review
from config.scheme import plan_file
from core.db import transaction
from core.roles import FINANCE_CHECKER, FINANCE_MAKER, FIRST_REVIEWER, SECOND_REVIEWER
from plans import service as plan_service
from plans.rules import load_plan
from tests.journeys.desk import Desk
from tests.journeys.eyes import DESK, PHONE, Eyes
from tests.journeys.outside import Outside
from tests.journeys.worker import Worker
from tests.world import World

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser

    from employee.models import Employee
    from staff.models import StaffUser

WECHAT = (
    "Mozilla/5.0 (Linux; Android 14; Fictional) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/116.0.0.0 XWEB/1160117 Mobile Safari/537.36 MicroMessenger/8.0.50"
)
OPENID = "oSandboxUser0000000000000003"
KEY, NAME, PHONE_NUMBER, ID_NUMBER = "wang", "王小明", "19900000003", "459999198805060035"


TODAY = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
PERIOD = (TODAY - dt.timedelta(days=300), TODAY + dt.timedelta(days=65))


@pytest.fixture(autouse=True)
def period(monkeypatch: pytest.MonkeyPatch) -> tuple[dt.date, dt.date]:
    """The shipped plan with its period around today: database and browser keep their own clocks, so the
    calendar has to come to them."""
    text = plan_file("guangxi-2026").read_text("utf-8")
    moved = {"starts_on = 2026-01-01": PERIOD[0], "ends_on = 2026-12-31": PERIOD[1], "2027-08-31": PERIOD[1],
             "until = { value = 2026-03-31": TODAY + dt.timedelta(30)}  # unions may enrol now  # fmt: skip
    for old, date in moved.items():
        assert old in text
        text = text.replace(old, f"{old.rpartition(' ')[0]} {date}".strip())
    plan = load_plan(text)
    monkeypatch.setattr(plan_service, "_loaded", lambda _names: (plan,))
    return PERIOD


@pytest.fixture(autouse=True)
def short_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision's messages wait for 撤销; nobody takes anything back on these journeys."""
    monkeypatch.setattr(review, "UNDO_SECONDS", 0.5)


@pytest.fixture(scope="session")
def seen() -> set[str]:
    """Looks that were taken already."""
    return set()


@pytest.fixture
def working(app: Flask) -> Iterator[None]:
    """Clock and worker in a thread of their own: what is rung for and what is due happens, as deployed."""
    stop = threading.Event()
    thread = threading.Thread(target=_work, args=(app, stop), name="clock and worker")
    thread.start()
    yield
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def _work(app: Flask, stop: threading.Event) -> None:
    from config.schedule import EVERY
    from core import bell, commands, context
    from core.db import db

    with app.app_context():
        waiting = bell.queue(context.queue_connection())
        due = dict.fromkeys(EVERY, 0.0)
        while not stop.wait(0.05):
            if waiting.count:
                _answer(waiting)
            commands.tick(due)
        db.session.remove()


def _answer(waiting: Any) -> None:
    """rq's own worker, without the signals that only a main thread may use."""
    from rq import SimpleWorker
    from rq.serializers import JSONSerializer
    from rq.timeouts import TimerDeathPenalty

    class Here(SimpleWorker):
        death_penalty_class = TimerDeathPenalty

        def _install_signal_handlers(self) -> None:
            return None

    worker = Here([waiting], connection=waiting.connection, serializer=JSONSerializer)
    worker.work(burst=True, logging_level="WARNING")


@pytest.fixture
def world(db: Any) -> World:
    return World()


@pytest.fixture
def wang(world: World) -> Employee:
    """王小明 of the sandbox, insured, not following and not bound."""
    person = world.employee(name=NAME, phone=PHONE_NUMBER, id_number=ID_NUMBER)
    world.cover(person, starts_on=PERIOD[0], ends_on=PERIOD[1])
    return person


@pytest.fixture
def bound(wang: Employee, world: World) -> Employee:
    """The same, bound already."""
    world.bind(wang, OPENID)
    return wang


@dataclass
class Staff:
    """Everybody that a claim passes."""

    first: StaffUser
    second: StaffUser
    maker: StaffUser
    checker: StaffUser


@pytest.fixture
def staff(world: World) -> Staff:
    with transaction():
        review.seed_reasons()
    return Staff(
        world.staff(FIRST_REVIEWER, name="王初核"),
        world.staff(SECOND_REVIEWER, name="李复核"),
        world.staff(FINANCE_MAKER, name="陈制单"),
        world.staff(FINANCE_CHECKER, name="赵财审"),
    )


@pytest.fixture
def opened(browser: Browser, live_server: str, sandbox: str, seen: set[str]) -> Iterator[Callable[..., Any]]:
    """`opened(screens, look, **context)` gives a page and its eyes; faults are told at the end."""
    contexts, eyes = [], []

    def make(screens: tuple[dict[str, int], ...], look: str = "", **options: Any) -> tuple[Any, Eyes]:
        options = {"viewport": PHONE, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options}
        context = browser.new_context(**options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        eyes.append(Eyes(page, screens, seen, look))
        return page, eyes[-1]

    yield make
    for context in contexts:
        context.close()
    faults = {key: what for one in eyes for key, what in one.faults.items()}
    assert not faults, "\n".join(f"{key}: {what}" for key, what in faults.items())


@pytest.fixture
def worker_on(opened: Callable[..., Any], live_server: str, sandbox: str) -> Callable[..., Worker]:
    """`worker_on(look, …)`: the person with the phone, in WeChat; `is_big` is 大字版."""

    def make(look: str = "", *, key: str = KEY, is_big: bool = False, **options: Any) -> Worker:
        options = {"user_agent": WECHAT, "has_touch": True, **options}
        has_script = options.get("java_script_enabled", True)
        page, eyes = opened((PHONE,) if has_script else (), look, **options)
        cookies = [{"name": "sandbox_person", "value": key, "url": sandbox}]
        if is_big:
            cookies.append({"name": "big", "value": "1", "url": live_server})
        page.context.add_cookies(cookies)
        worker = Worker(page, eyes, Outside(sandbox, key, PHONE_NUMBER), live_server)
        worker.has_script = has_script
        return worker

    return make


@pytest.fixture
def desk_of(opened: Callable[..., Any], live_server: str) -> Callable[..., Desk]:
    """`desk_of(user)`: signed in through the real page; every page is looked at on desk and phone."""

    def make(user: StaffUser, look: str = "", **options: Any) -> Desk:
        page, eyes = opened((DESK, PHONE), look, **options)
        desk = Desk(page, eyes, live_server)
        desk.sign_in(user)
        return desk

    return make
