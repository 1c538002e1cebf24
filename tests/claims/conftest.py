"""A worker with a phone: helpers that walk the pages as a browser without JavaScript would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from claims.models import Claim
from core.access import Actor
from core.db import db as database
from core.db import transaction
from employee import service as employees
from employee.models import Employee
from tests.claims.paper import PHOTOS, STAY, TODAY, account, hidden, photo
from tests.world import World, as_employee


class Worker:
    """One insured, bound person with a signed-in client."""

    def __init__(self, world: World, client: Any, person: Employee, has_consented: bool = True) -> None:
        self.world, self.client, self.person = world, client, person
        self.serial = 0
        world.sign_in(client, person=person)
        if has_consented:
            with transaction():
                employees.give_consent(person.id, ["health", "account", "certificates"], self.actor)

    @property
    def actor(self) -> Actor:
        return as_employee(self.person)

    def get(self, path: str, **kwargs: Any) -> Any:
        return self.client.get(path, **kwargs)

    def send(self, path: str, data: dict[str, Any] | None = None, *, page: str = "", **kwargs: Any) -> Any:
        """POST what a page's form holds, with `data` typed into it."""
        shown = self.client.get(page or path)
        assert shown.status_code == 200, f"{page or path}: {shown.status}"
        return self.client.post(path, data={**hidden(shown.get_data(as_text=True)), **(data or {})}, **kwargs)

    def start(self) -> str:
        answer = self.send("/h5/claims/new", page="/h5/claims/new?again=1")
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return str(answer.location).removesuffix("/1")

    def photos(self, step: int) -> dict[str, Any]:
        found = {}
        for kind in PHOTOS[step]:
            self.serial += 1
            found[kind] = photo(self.serial)
        return found

    def fill(self, at: str = "", upto: int = 3, **values: Any) -> str:
        """Walk the steps of a new application; gives its address."""
        at = at or self.start()
        pages: dict[int, dict[str, Any]] = {1: {}, 2: {**STAY, **values}, 3: account(self.person)}
        for step in range(1, upto + 1):
            answer = self.send(f"{at}/{step}", {**pages[step], **self.photos(step), "do": "next"})
            assert answer.status_code == 303, answer.get_data(as_text=True)
        return at

    def submit(self, at: str = "", **values: Any) -> str:
        at = at or self.fill(**values)
        answer = self.send(f"{at}/check", {"declared": "y"})
        assert answer.location == f"{at}/submitted", answer.get_data(as_text=True)
        return at

    def claim(self, at: str) -> Claim:
        database.session.rollback()
        database.session.expire_all()
        return database.session.query(Claim).filter_by(number=at.rsplit("/", 1)[1]).one()


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def world(db: Any) -> World:
    return World()


@pytest.fixture
def new_worker(app: Any, world: World) -> Callable[..., Worker]:
    def make(*, is_covered: bool = True, has_consented: bool = True, **values: Any) -> Worker:
        person = world.employee(**values)
        world.bind(person)
        if is_covered:
            world.cover(person)
        return Worker(world, app.test_client(), person, has_consented)

    return make


@pytest.fixture
def worker(new_worker: Callable[..., Worker]) -> Worker:
    return new_worker()
