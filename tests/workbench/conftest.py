"""A desk with claims on it."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from tests.claims.paper import TODAY
from tests.office import Office
from tests.world import World


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def world(db: Any) -> World:
    return World()


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)
