"""Who may give and take which right: the table, and what it does to an account (XM-20 … XM-24)."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction
from core.errors import Refused
from core.roles import (
    ADMINISTRATOR,
    AUDITOR,
    CHAIR,
    EDITOR,
    FINANCE_CHECKER,
    FINANCE_MAKER,
    FIRST_REVIEWER,
    OPERATOR,
    SECOND_REVIEWER,
)
from staff import service as staff
from staff.rules import granting as rules
from tests.union.conftest import Tree, acts, boss, seat, tree, world
from tests.world import World
from union import queries as unions

__all__ = ["boss", "tree", "world"]

A, B = uuid.UUID(int=1), uuid.UUID(int=2)
ME, OTHER = uuid.UUID(int=11), uuid.UUID(int=12)
MINE = rules.Taker(OTHER, A)


@pytest.mark.parametrize(
    ("held", "role", "place", "taker", "words"),
    [
        ({CHAIR}, OPERATOR, A, MINE, None),
        ({CHAIR}, FIRST_REVIEWER, A, MINE, rules.NOT_YOURS.format(item="初核")),
        ({CHAIR}, ADMINISTRATOR, A, MINE, rules.NOT_YOURS.format(item="管理人员")),
        ({ADMINISTRATOR}, FIRST_REVIEWER, A, MINE, None),
        ({ADMINISTRATOR}, ADMINISTRATOR, None, MINE, None),
        ({ADMINISTRATOR}, CHAIR, A, MINE, rules.NOT_YOURS.format(item="工会主席")),
        ({OPERATOR}, OPERATOR, A, MINE, rules.NOT_YOURS.format(item="医疗互助")),
        (set(), OPERATOR, A, MINE, rules.NOT_YOURS.format(item="医疗互助")),
        ({CHAIR}, OPERATOR, B, MINE, "该人员会籍不在本工会，请先做会籍变更"),
        ({CHAIR}, OPERATOR, A, rules.Taker(OTHER, None), "该人员会籍不在本工会，请先做会籍变更"),
        ({ADMINISTRATOR}, OPERATOR, A, rules.Taker(ME, A), rules.OWN),
        ({ADMINISTRATOR}, OPERATOR, A, rules.Taker(OTHER, A, is_active=False), rules.GONE),
    ],
)
def test_who_gives_what_to_whom(
    held: set[str], role: str, place: uuid.UUID | None, taker: rules.Taker, words: str | None
) -> None:
    """XM-21, XM-22: from the chair or above, and only where the 会籍 is."""
    assert rules.give_problem(rules.Giver(ME, frozenset(held)), taker, (role, place)) == words


def test_nobody_gives_what_they_could_not_be_given() -> None:
    """No role gives one that gives more than itself, but the administrator."""
    for giver, gives in rules.GIVES.items():
        if giver != ADMINISTRATOR:
            assert not gives & set(rules.GIVES), giver
    assert CHAIR not in frozenset().union(*rules.GIVES.values())


@pytest.mark.parametrize(
    ("roles", "may", "words"),
    [
        ({FIRST_REVIEWER}, False, None),
        ({FIRST_REVIEWER, SECOND_REVIEWER}, False, "同一个人不能同时有“初核”和“复核”"),
        ({FIRST_REVIEWER, SECOND_REVIEWER}, True, None),
        ({FINANCE_MAKER, EDITOR, AUDITOR}, False, None),
    ],
)
def test_first_and_second_review_are_two_people(roles: set[str], may: bool, words: str | None) -> None:
    assert rules.together_problem([(role, A) for role in roles], may) == words
    assert rules.together_problem([(FIRST_REVIEWER, A), (SECOND_REVIEWER, None)], False) == rules.BOTH


@pytest.mark.parametrize(("others", "words"), [(0, rules.TWO), (1, rules.TWO), (2, None)])
def test_two_administrators_remain(others: int, words: str | None) -> None:
    assert rules.administrators_problem([(ADMINISTRATOR, None)], others) == words
    assert rules.administrators_problem([(OPERATOR, None), (ADMINISTRATOR, A)], others) is None


@pytest.mark.parametrize(
    ("member_of", "chair_of", "has"), [(A, A, True), (B, A, False), (None, A, False), (A, None, False)]
)
def test_the_chair_of_the_record_has_the_module_where_they_belong(
    member_of: uuid.UUID | None, chair_of: uuid.UUID | None, has: bool
) -> None:
    """XM-20, XM-22."""
    assert rules.chair_rights(member_of, chair_of) == (((CHAIR, A), (OPERATOR, A)) if has else ())


def test_the_chair_has_the_module_without_any_grant(world: World, tree: Tree) -> None:
    """XM-20: by the record alone; another name on the record, and it is gone on the next request."""
    chair = seat(tree.plant, world.staff(member=tree.plant))
    actor = acts(chair)
    assert actor.has(CHAIR, OPERATOR)
    assert actor.unions_of(OPERATOR) == {tree.plant.id}
    assert staff.rights_of(chair.id) == frozenset()
    assert [one.id for one in staff.holders([OPERATOR])] == [chair.id]
    heir = seat(tree.plant, world.staff(member=tree.plant))
    assert not acts(chair).has(CHAIR, OPERATOR)
    assert acts(heir).has(CHAIR)


@pytest.mark.parametrize("wrong", ["name", "phone", "member"])
def test_a_chair_is_found_by_name_phone_and_membership(world: World, tree: Tree, wrong: str) -> None:
    """XM-20: an account that only looks like the chair's gets nothing."""
    person = world.staff(member=tree.shop if wrong == "member" else tree.plant)
    with transaction():
        staff.seat_chair(
            tree.plant.id,
            "别人" if wrong == "name" else person.name,
            "13900009999" if wrong == "phone" else person.phone or "",
            acts(person),
        )
    assert not acts(person).has(CHAIR)


def test_a_chair_gives_the_module_below_and_nowhere_else(world: World, tree: Tree) -> None:
    """XM-21: the chair and the superior union's chair, not the sister's."""
    for place, may in ((tree.city, True), (tree.plant, True), (tree.floor, False), (tree.shop, False)):
        chair = seat(place, world.staff(member=place))
        clerk = world.staff(member=tree.plant)
        wanted = {(OPERATOR, tree.plant.id)}
        if may:
            with transaction():
                staff.set_rights(clerk.id, wanted, acts(chair), unions.chain_of)
            assert acts(clerk).unions_of(OPERATOR) == {tree.plant.id}
        else:
            with pytest.raises(Refused, match="您不能开通或收回“医疗互助”"), transaction():
                staff.set_rights(clerk.id, wanted, acts(chair), unions.chain_of)
            assert not acts(clerk).has(OPERATOR)


def test_every_change_is_on_record_and_says_who_loses_what(world: World, tree: Tree, boss: Any) -> None:
    clerk = world.staff(EDITOR, member=tree.plant)
    with transaction():
        change = staff.set_rights(clerk.id, {(OPERATOR, tree.plant.id)}, acts(boss), unions.chain_of)
    assert change == staff.Change(((OPERATOR, tree.plant.id),), ((EDITOR, None),))
    rows = database.session.scalars(select(AuditEntry).where(AuditEntry.object_id == str(clerk.id)))
    said = {(row.action, row.detail["role"]) for row in rows if "role" in row.detail}
    assert said == {("staff.grant", OPERATOR), ("staff.end_grant", EDITOR)}


def test_two_administrators_who_remove_each_other(app: Flask, world: World) -> None:
    """Three are there; two of them go at once: one of the two stays, because two must remain."""
    one, two, _ = (world.staff(ADMINISTRATOR) for _ in range(3))
    pairs = [(one.id, acts(two)), (two.id, acts(one))]
    ready, answers = threading.Barrier(2), []

    def remove(staff_id: uuid.UUID, by: Any) -> None:
        with app.app_context():
            ready.wait(10)
            try:
                with transaction():
                    staff.set_rights(staff_id, (), by, unions.chain_of)
                answers.append("gone")
            except Refused as refusal:
                answers.append(refusal.text)

    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == sorted(["gone", rules.TWO])


def test_a_disabled_account_is_out_and_comes_back_with_its_rights(
    world: World, tree: Tree, boss: Any
) -> None:
    clerk = world.staff(OPERATOR, union=tree.plant, member=tree.plant)
    epoch = clerk.auth_epoch
    with transaction():
        staff.disable(clerk.id, acts(boss), unions.chain_of)
    assert staff.actor_of(clerk.id, epoch) is None
    with transaction():
        staff.enable(clerk.id, acts(boss), unions.chain_of)
    assert acts(clerk).has(OPERATOR)
    with pytest.raises(Refused, match="不能为自己办理"):
        staff.disable(boss.id, acts(boss), unions.chain_of)


def test_a_chair_does_not_disable_somebody_with_more_rights(world: World, tree: Tree) -> None:
    chair = seat(tree.plant, world.staff(member=tree.plant))
    reviewer = world.staff(FIRST_REVIEWER, union=tree.plant, member=tree.plant)
    with pytest.raises(Refused, match="“初核”"):
        staff.disable(reviewer.id, acts(chair), unions.chain_of)
    assert FINANCE_CHECKER in rules.TITLES
