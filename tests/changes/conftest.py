"""Somebody whose details change, with a phone in hand, and the staff who decide."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from changes import service
from changes.models import ChangeDocument, ChangeRequest
from changes.service import photos
from core.db import db as database
from core.db import transaction
from core.roles import FIRST_REVIEWER, SECOND_REVIEWER
from employee import service as employees
from employee.models import Employee
from notify.models import OutboxMessage
from tests.claims.paper import TODAY, hidden, photo
from tests.office import picture
from tests.world import World, as_employee, as_staff

HOME = "/h5/changes"
NEW = f"{HOME}/new"


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def world(db: Any) -> World:
    return World()


class Person:
    """One bound person: `ask` through the service, `send` through the pages as a phone without JavaScript."""

    def __init__(self, world: World, client: Any, person: Employee) -> None:
        self.world, self.client, self.person = world, client, person
        self.id = person.id
        self.serial = 0
        world.sign_in(client, person=person)
        with transaction():
            employees.give_consent(person.id, ["certificates"], self.actor)

    @property
    def actor(self) -> Any:
        return as_employee(self.person)

    def ask(self, **changes: str) -> ChangeRequest:
        """A request that waits for the first review."""
        with transaction():
            photos.add_photo(picture(), self.actor)
        code = self.prove(changes["phone"]) if "phone" in changes else ""
        with transaction():
            now = service.current(self.id)
            return service.submit({**now, **changes}, self.actor, seen=service.mark_of(now), code=code)

    def ask_again(self, request: ChangeRequest, **changes: str) -> None:
        with transaction():
            now = service.current(self.id)
            typed = {**service.prefilled(request, now), **changes}
            service.resubmit(request, typed, self.actor, seen=service.mark_of(now), version=request.version)

    def prove(self, phone: str) -> str:
        """A code sent to the new phone, as the service gives it out."""
        from employee.service import applying

        with transaction():
            applying.request_new_phone_code(phone, self.actor.key, "127.0.0.1")
        return last_code()

    def send(
        self, path: str = NEW, data: dict[str, Any] | None = None, *, page: str = "", paper: bool = True
    ) -> Any:
        """POST what the page's form holds, with `data` typed into it and a photo chosen."""
        shown = self.client.get(page or path).get_data(as_text=True)
        self.serial += 1
        chosen = {"evidence": photo(self.serial)} if paper else {}
        return self.client.post(path, data={**hidden(shown), **typed_in(shown), **chosen, **(data or {})})

    def number(self, answer: Any) -> str:
        found = re.search(r"BG\d{19}", answer.location or "")
        assert found, answer.get_data(as_text=True)
        return found[0]


def typed_in(page: str) -> dict[str, str]:
    """What the visible questions of a form hold, as a browser would send them."""
    found = dict(re.findall(r'<input class="input[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', page))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options) or re.search(
            r'<option value="([^"]*)"', options
        )
        found[name] = chosen[1] if chosen else ""
    return found


def last_code() -> str:
    """The newest code that went out."""
    database.session.rollback()
    query = (
        select(OutboxMessage).where(OutboxMessage.kind == "code").order_by(OutboxMessage.created_at.desc())
    )
    row = database.session.scalars(query.limit(1)).one()
    return re.search(r"\d{6}", row.params)[0]  # type: ignore[index]


def fresh(row: Any) -> Any:
    """The row as it is now in the database."""
    database.session.rollback()
    database.session.expire_all()
    return database.session.get(type(row), row.id)


def requests_of(person: Employee) -> list[ChangeRequest]:
    database.session.rollback()
    return list(database.session.scalars(select(ChangeRequest).where(ChangeRequest.employee_id == person.id)))


def documents_of(request: ChangeRequest) -> list[ChangeDocument]:
    return list(
        database.session.scalars(select(ChangeDocument).where(ChangeDocument.request_id == request.id))
    )


class Panel:
    """The two reviewers, as actors."""

    def __init__(self, world: World) -> None:
        self.one, self.two = world.staff(FIRST_REVIEWER), world.staff(SECOND_REVIEWER)
        self.first = as_staff(self.one, FIRST_REVIEWER)
        self.second = as_staff(self.two, SECOND_REVIEWER)

    def pass_first(self, request: ChangeRequest) -> None:
        with transaction():
            service.approve(request, self.first, request.version)

    def finish(self, request: ChangeRequest, note: str = "") -> None:
        with transaction():
            service.approve(request, self.second, request.version, note)

    def send_back(self, request: ChangeRequest, note: str = "信息不正确") -> None:
        by = self.first if request.state == "first_review" else self.second
        with transaction():
            service.send_back(request, by, request.version, note)

    def approve(self, request: ChangeRequest) -> None:
        self.pass_first(request)
        self.finish(request)


@pytest.fixture
def new_person(app: Any, world: World) -> Callable[..., Person]:
    def make(**values: Any) -> Person:
        person = world.employee(**values)
        world.bind(person)
        return Person(world, app.test_client(), person)

    return make


@pytest.fixture
def person(new_person: Callable[..., Person]) -> Person:
    return new_person()


@pytest.fixture
def panel(world: World) -> Panel:
    return Panel(world)
