"""The days of these tests are in the window of GX-2027 and outside that of GX-2026."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask

from staff.models import StaffUser
from tests.enrolment.hall import Hall
from tests.world import World

TODAY = dt.datetime(2026, 11, 29, 2, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def day() -> Iterator[Any]:
    with time_machine.travel(TODAY, tick=True) as traveller:
        yield traveller


@pytest.fixture
def world(db: Any) -> World:
    return World()


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


@pytest.fixture
def sits(app: Flask, world: World) -> Callable[[StaffUser], Any]:
    """`sits(person)`: a signed-in browser."""
    return lambda person: world.sign_in(app.test_client(), staff=person)
