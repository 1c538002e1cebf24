"""Unions in a tree, people who are covered, claims in every state, and a fixed day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from flask import Flask

from core.db import transaction
from staff.models import StaffUser
from tests.claims.paper import TODAY
from tests.office import Office
from tests.world import World
from union.models import Union


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


@dataclass
class Tree:
    """A city, two districts, two plants in the first and one in the second."""

    city: Union
    east: Union
    west: Union
    one: Union
    two: Union
    far: Union


@pytest.fixture
def tree(world: World) -> Tree:
    city = world.union("示例市总工会")
    east, west = world.union("东区总工会", city), world.union("西区总工会", city)
    return Tree(
        city, east, west, world.union("东区一厂工会", east), world.union("东区二厂工会", east),
        world.union("西区三厂工会", west),
    )  # fmt: skip


Sign = Callable[..., Any]


@pytest.fixture
def sign(app: Flask, world: World) -> Sign:
    """`sign(ROLE, union=…)`: a signed-in browser; its `.staff` is who it is."""

    def make(*roles: str, staff: StaffUser | None = None, **values: Any) -> Any:
        client = app.test_client()
        client.staff = staff or world.staff(*roles, **values)
        return world.sign_in(client, staff=client.staff)

    return make


def take_away(who: StaffUser) -> None:
    """Every grant ends now."""
    from sqlalchemy import update

    from core import clock
    from core.db import db
    from staff.models import Grant

    with transaction():
        db.session.execute(update(Grant).where(Grant.staff_id == who.id).values(ended_at=clock.now()))
