"""A tree of unions with people at every place: who is meant by «own, sibling, parent, child»."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from core.access import Actor
from core.db import transaction
from core.roles import ADMINISTRATOR
from staff import service as staff
from staff.models import StaffUser
from tests.world import World
from union.models import Union


@dataclass
class Tree:
    """省 above 市; 市 above 厂 and 店; 厂 above 车间."""

    province: Union
    city: Union
    plant: Union
    shop: Union
    floor: Union


def tree_of(world: World) -> Tree:
    levels = ("province", "city", "grassroots", "grassroots", "grassroots")
    province = world.union("示例省总工会")
    city = world.union("示例市总工会", province)
    plant = world.union("示例厂工会委员会", city)
    found = Tree(
        province, city, plant, world.union("示例店工会委员会", city), world.union("示例车间工会", plant)
    )
    with transaction():
        for row, level in zip(vars(found).values(), levels, strict=True):
            row.level = level
    return found


@pytest.fixture
def world(db: Any) -> World:
    return World()


@pytest.fixture
def tree(world: World) -> Tree:
    return tree_of(world)


@pytest.fixture
def sits(app: Flask, world: World) -> Callable[[StaffUser], Any]:
    """`sits(person)`: a signed-in browser."""
    return lambda person: world.sign_in(app.test_client(), staff=person)


@pytest.fixture
def boss(world: World) -> StaffUser:
    """An administrator of the whole scheme; two more stand behind, so that rights can move."""
    for _ in range(2):
        world.staff(ADMINISTRATOR)
    return world.staff(ADMINISTRATOR)


def acts(person: StaffUser) -> Actor:
    """The actor this person is right now."""
    found = staff.actor_of(person.id, person.auth_epoch)
    assert found
    return found


def seat(union: Union, person: StaffUser) -> StaffUser:
    """The record of `union` names this person as chair."""
    from core.access import SYSTEM
    from union import service as unions

    with transaction():
        union.chair_name, union.chair_phone = person.name, person.phone
        unions.reseat(union.id, SYSTEM)
    return person
