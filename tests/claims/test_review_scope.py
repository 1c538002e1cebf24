"""A right holds in its own union and below: two grants never make the whole scheme (A1, XM-22)."""

from __future__ import annotations

import pytest

from claims.queries import work
from claims.service import review
from core.access import Actor
from core.db import transaction
from core.errors import NotAllowed
from core.roles import ADMINISTRATOR, FIRST_REVIEWER, OPERATOR, SECOND_REVIEWER, STAFF
from staff import service as staff
from staff.models import Grant
from tests.office import Office
from tests.world import World


@pytest.fixture
def world(db) -> World:
    return World()


def spread(world: World, *grants: tuple[str, object]) -> Actor:
    """Somebody with these roles in these unions, as the sign-in loads them."""
    from core.db import db

    user = world.staff()
    with transaction():
        for role, union in grants:
            db.session.add(Grant(staff_id=user.id, role=role, union_id=union.id if union else None))
    actor = staff.actor_of(user.id, user.auth_epoch)
    assert actor is not None and STAFF in actor.roles
    return actor


def in_union(world: World, union):
    """A claim at the first review, filed by somebody of `union`."""
    person = world.employee(union)
    world.cover(person)
    world.bind(person)
    return Office(world).file(person)


def test_grants_in_two_unions_reach_these_two_and_no_third(world) -> None:
    first, second, third = (world.union(f"第{n}工会") for n in "一二三")
    numbers = [in_union(world, union).number for union in (first, second, third)]
    actor = spread(world, (OPERATOR, first), (OPERATOR, second))
    seen = {line.number for line in work.register(actor, work.Filters()).rows}
    assert seen == set(numbers[:2])


def test_a_grant_reaches_everything_below(world) -> None:
    top = world.union("市总工会")
    claim = in_union(world, world.union("区总工会", parent=top))
    actor = spread(world, (FIRST_REVIEWER, top))
    assert work.find(claim.number, actor).id == claim.id


def test_a_role_of_one_union_decides_nothing_in_another(world) -> None:
    here, there = world.union("这里"), world.union("那里")
    claim = in_union(world, there)
    actor = spread(world, (FIRST_REVIEWER, here), (SECOND_REVIEWER, there))
    assert work.find(claim.number, actor).id == claim.id
    with pytest.raises(NotAllowed), transaction():
        review.approve(claim, actor, claim.version)
    assert review_next(actor) is None


def test_the_right_role_in_the_right_union_decides(world) -> None:
    here, there = world.union("这里"), world.union("那里")
    claim = in_union(world, there)
    actor = spread(world, (SECOND_REVIEWER, here), (FIRST_REVIEWER, there))
    assert review_next(actor) == claim.number
    with transaction():
        review.approve(claim, actor, claim.version)
    assert claim.state == "second_review"


def test_a_grant_for_the_whole_scheme_and_one_for_a_union_stay_apart(world) -> None:
    here, there = world.union("这里"), world.union("那里")
    claim = in_union(world, there)
    actor = spread(world, (OPERATOR, None), (FIRST_REVIEWER, here))
    with pytest.raises(NotAllowed), transaction():
        review.approve(claim, actor, claim.version)


def review_next(actor: Actor) -> str | None:
    """What 领取下一件 gives."""
    with transaction():
        claim = review.take_next(actor)
    return claim.number if claim else None


@pytest.mark.parametrize("path", ["/admin/messages", "/admin/payouts", "/admin/audit"])
def test_pages_with_every_unions_rows_need_a_grant_for_the_whole_scheme(client, world, path: str) -> None:
    here = world.union("这里")
    local = world.staff(ADMINISTRATOR, union=here)
    world.sign_in(client, staff=local)
    refused = client.get(path)
    assert refused.status_code == 403 and "您的权限只在本工会范围内" in refused.get_data(as_text=True)
    assert path not in client.get("/admin/").get_data(as_text=True)
    world.sign_in(client, staff=world.staff(ADMINISTRATOR))
    assert client.get(path).status_code == 200
