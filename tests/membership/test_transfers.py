"""会籍变更: asked, answered, taken back; of staff and of employees (XM-22, XM-25)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.access import Actor
from core.db import db as database
from core.db import transaction
from core.errors import Conflict, NotAllowed, Refused
from core.history import timeline
from core.roles import ADMINISTRATOR, AUDITOR, CHAIR, EDITOR, FIRST_REVIEWER, OPERATOR, STAFF_ROLES
from employee.models import Employee
from employee.service import bulk
from membership import jobs, queries, rules, service
from membership.models import MembershipTransfer
from membership.service.answering import may_decide
from notify.models import OutboxMessage
from plans.models import Coverage
from roster.models import RosterImport, RosterImportRow
from staff import service as staff
from staff.models import StaffUser
from tests.union.conftest import Tree, acts, seat
from tests.union.test_records import text_of
from tests.world import World

Sits = Callable[[StaffUser], Any]


def union_of(person: Any) -> Any:
    database.session.rollback()
    return database.session.get(type(person), person.id, populate_existing=True).union_id


def asked_by_staff(world: World, tree: Tree, *roles: str) -> tuple[StaffUser, MembershipTransfer]:
    """Somebody of the shop asks to belong to the plant."""
    person = world.staff(*roles, union=tree.shop if roles else None, member=tree.shop)
    with transaction():
        row = service.ask_for_oneself(tree.plant.id, "调到示例厂工作", acts(person))
    return person, row


def asked_for_employee(world: World, tree: Tree) -> tuple[Employee, StaffUser, MembershipTransfer]:
    """The plant's operator asks for somebody of the shop's roster."""
    person = world.employee(tree.shop)
    clerk = world.staff(OPERATOR, union=tree.plant, member=tree.plant)
    with transaction():
        row = service.ask_for_employee(
            person.name or "", person.id_number or "", tree.plant.id, "10 月调入", acts(clerk)
        )
    return person, clerk, row


def test_every_move_of_the_table_and_no_other() -> None:
    """待审核 → 通过 / 不通过; whoever asked may take it back; what is answered stays answered."""
    table = {
        (move.action, source, move.target, tuple(sorted(move.who)))
        for move in rules.WORKFLOW.moves
        for source in move.sources
    }
    keepers = tuple(sorted((OPERATOR, CHAIR, ADMINISTRATOR)))
    assert table == {
        ("approve", "waiting", "approved", keepers),
        ("refuse", "waiting", "refused", keepers),
        ("withdraw", "waiting", "withdrawn", ("staff",)),
    }
    assert [rules.WORKFLOW.label(state) for state in ("waiting", "approved", "refused")] == [
        "待审核", "通过", "不通过"
    ]  # fmt: skip


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
@pytest.mark.parametrize("place", ["province", "city", "plant", "shop", "floor", None])
def test_who_answers(world: World, tree: Tree, role: str, place: str | None) -> None:
    """Staff: the union they come to, or above. Employees: the union they leave, or above. Nobody else."""
    by = acts(world.staff(role, union=getattr(tree, place) if place else None))
    _, of_staff = asked_by_staff(world, tree)
    _, _, of_employee = asked_for_employee(world, tree)
    keeps = role in (OPERATOR, CHAIR, ADMINISTRATOR)
    above = place in ("province", "city", None)
    assert may_decide(of_staff, by) is (keeps and (above or place == "plant"))
    assert may_decide(of_employee, by) is (keeps and (above or place == "shop"))


def test_staff_come_over_and_leave_their_rights_behind(world: World, tree: Tree) -> None:
    """XM-22, XM-25: the 会籍 is in the new union, the grants of the old one end, the scheme's own stay."""
    person, row = asked_by_staff(world, tree, OPERATOR)
    with transaction():
        database.session.add(_grant(person, EDITOR))
    chair = seat(tree.plant, world.staff(member=tree.plant))
    with transaction():
        service.approve(row, acts(chair), seen=0)
    assert union_of(person) == tree.plant.id
    assert staff.rights_of(person.id) == {(EDITOR, None)}
    sms = database.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "transfer_approved"))
    assert [one.owner_id for one in sms] == [person.id]


def test_a_chair_who_goes_is_no_chair_any_more(world: World, tree: Tree, boss: StaffUser) -> None:
    """XM-20, XM-22."""
    chair = seat(tree.shop, world.staff(member=tree.shop))
    with transaction():
        row = service.ask_for_oneself(tree.plant.id, "调动", acts(chair))
        service.approve(row, acts(boss))
    assert not acts(chair).has(CHAIR, OPERATOR)


def test_an_employee_comes_over_and_stays_covered(world: World, tree: Tree) -> None:
    """The roster's line moves; coverage stays; the person and the asker are told."""
    person, clerk, row = asked_for_employee(world, tree)
    cover = world.cover(person)
    old = world.staff(OPERATOR, union=tree.shop)
    with transaction():
        service.approve(row, acts(old), seen=0)
    assert union_of(person) == tree.plant.id
    database.session.refresh(cover)
    assert (cover.employee_id, cover.union_id) == (person.id, tree.shop.id)
    assert database.session.query(Coverage).count() == 1
    told = {(one.kind, one.owner_id) for one in database.session.scalars(select(OutboxMessage))}
    assert told == {("transfer_approved", clerk.id), ("union_changed", person.id)}


def test_a_refusal_says_why_and_changes_nothing(world: World, tree: Tree) -> None:
    person, _, row = asked_for_employee(world, tree)
    old = acts(world.staff(OPERATOR, union=tree.shop))
    with pytest.raises(Refused, match=rules.NO_NOTE), transaction():
        service.refuse(row, old, " ")
    with transaction():
        service.refuse(row, old, "本人没有离职")
    assert union_of(person) == tree.shop.id
    assert [(step.to_state, step.note) for step in timeline(row.id)][1:] == [("refused", "本人没有离职")]


def test_nobody_answers_what_they_asked_or_what_is_about_them(world: World, tree: Tree) -> None:
    city = world.staff(OPERATOR, union=tree.city, member=tree.city)
    person = world.employee(tree.shop)
    with transaction():
        row = service.ask_for_employee(
            person.name or "", person.id_number or "", tree.plant.id, "调", acts(city)
        )
    with pytest.raises(Refused, match="您提出的"):
        service.approve(row, acts(city))
    same = world.staff(OPERATOR, union=tree.shop)
    with transaction():
        same.id_number = person.id_number
    with pytest.raises(Refused, match="本人的会籍"):
        service.approve(row, acts(same))
    mover = world.staff(OPERATOR, union=tree.city, member=tree.shop)
    with transaction():
        own = service.ask_for_oneself(tree.plant.id, "调", acts(mover))
    with pytest.raises(Refused, match="本人的会籍"):
        service.approve(own, acts(mover))


def test_one_open_request_a_person(world: World, tree: Tree) -> None:
    """The service says so in words; the database keeps it when two ask at once."""
    person, row = asked_by_staff(world, tree)
    with pytest.raises(Refused, match=rules.OPEN_ALREADY), transaction():
        service.ask_for_oneself(tree.city.id, "又", acts(person))
    twin = MembershipTransfer(staff_id=person.id, to_union_id=tree.city.id, state="waiting", version=0,
                              asked_by_id=person.id, asked_by_label="x", reason="x")  # fmt: skip
    with pytest.raises(IntegrityError), transaction():
        database.session.add(twin)
    with transaction():
        service.withdraw(row, acts(person))
        service.ask_for_oneself(tree.city.id, "又", acts(person))
    with pytest.raises(Refused, match=rules.SAME_UNION), transaction():
        service.ask_for_oneself(tree.shop.id, "又", acts(world.staff(member=tree.shop)))


def test_two_answers_at_once_are_one(world: World, tree: Tree) -> None:
    _, _, row = asked_for_employee(world, tree)
    one, two = (acts(world.staff(OPERATOR, union=tree.shop)) for _ in range(2))
    with transaction():
        service.refuse(row, one, "没有离职", seen=0)
    with pytest.raises(Conflict, match=one.label), transaction():
        service.approve(row, two, seen=0)


def test_an_answer_to_something_that_changed_is_none(world: World, tree: Tree) -> None:
    """The person was moved some other way after it was asked."""
    person, _, row = asked_for_employee(world, tree)
    with transaction():
        database.session.get(Employee, person.id).union_id = tree.floor.id  # type: ignore[union-attr]
    with pytest.raises(Conflict, match="会籍已经变过"), transaction():
        service.approve(row, acts(world.staff(OPERATOR, union=tree.shop)))
    assert union_of(person) == tree.floor.id


def test_only_who_keeps_the_new_union_asks_for_people(world: World, tree: Tree) -> None:
    person = world.employee(tree.shop)
    for role, place in ((OPERATOR, tree.floor), (FIRST_REVIEWER, tree.plant), (OPERATOR, tree.shop)):
        by = acts(world.staff(role, union=place))
        with pytest.raises(NotAllowed), transaction():
            service.ask_for_employee(person.name or "", person.id_number or "", tree.plant.id, "调", by)
    by = acts(world.staff(OPERATOR, union=tree.plant))
    with pytest.raises(Refused, match="名册里没有这位职工"), transaction():
        service.ask_for_employee("别人", person.id_number or "", tree.plant.id, "调", by)


def test_the_people_an_import_wanted_are_asked_for_once(world: World, tree: Tree) -> None:
    """A row ticked 申请调入 becomes a request of the importing operator to the other union."""
    person = world.employee(tree.shop)
    clerk = world.staff(OPERATOR, union=tree.plant)
    with transaction():
        work = RosterImport(
            union_id=tree.plant.id, file_id=_file(), file_name="名册.xlsx", uploaded_by_id=clerk.id,
            uploaded_by_label=clerk.name, state="applying", version=1,
        )  # fmt: skip
        database.session.add(work)
        database.session.flush()
        for n, wants in enumerate((True, False)):
            database.session.add(
                RosterImportRow(
                    import_id=work.id, row_number=n + 2, verdict="moved", employee_id=person.id,
                    wants_move=wants, id_number_bi=bulk.number_index(person.id_number or ""),
                )
            )  # fmt: skip
    for _ in range(2):
        jobs.sweep()
    row = database.session.query(MembershipTransfer).one()
    assert (row.employee_id, row.from_union_id, row.to_union_id) == (person.id, tree.shop.id, tree.plant.id)
    assert (row.asked_by_id, row.state) == (clerk.id, "waiting")
    assert queries.open_of_employee(person.id) == row.id


# --- pages -------------------------------------------------------------------------------------------------


def test_the_home_page_shows_where_one_belongs_and_asks_for_a_change(
    world: World, tree: Tree, sits: Sits
) -> None:
    """XM-25: 首页的会籍信息 → 会籍变更 → 审核通过后."""
    person = world.staff(member=tree.shop)
    client, keeper = sits(person), sits(world.staff(OPERATOR, union=tree.plant))
    home = text_of(client.get("/admin/"))
    assert "会籍信息" in home and tree.shop.name in home and "会籍变更" in home
    found = client.get("/admin/transfers/mine?q=厂").get_data(as_text=True)
    assert "示例市总工会 → 示例厂工会委员会" in found
    form = dict(re.findall(r'name="(op|csrf_token)"[^>]*?value="([^"]*)"', found))
    answer = client.post(
        "/admin/transfers/mine", data={**form, "do": "save", "to": str(tree.plant.id), "reason": "调到示例厂"}
    )
    assert answer.status_code == 303
    assert "已申请转到“示例厂工会委员会”" in text_of(client.get("/admin/"))
    assert "等您审核" in text_of(keeper.get("/admin/transfers"))
    done = keeper.submit(f"{answer.location}/approve", {"seen": "0"}, page=answer.location)
    assert done.status_code == 303
    assert tree.plant.name in text_of(client.get("/admin/"))


def test_a_refused_change_is_explained_on_the_home_page(world: World, tree: Tree, sits: Sits) -> None:
    """XM-25."""
    person, row = asked_by_staff(world, tree)
    keeper = sits(world.staff(CHAIR, union=tree.plant))
    at = f"/admin/transfers/{row.id}"
    empty = keeper.submit(f"{at}/refuse", {"seen": "0"}, page=at)
    assert (empty.status_code, rules.NO_NOTE in text_of(empty)) == (422, True)
    assert keeper.submit(f"{at}/refuse", {"seen": "0", "note": "还没有报到"}, page=at).status_code == 303
    assert "没有通过：还没有报到" in text_of(sits(person).get("/admin/"))


@pytest.mark.parametrize(
    ("role", "place", "sees"),
    [
        (OPERATOR, "plant", True),  # the union it goes to
        (OPERATOR, "shop", True),  # the union it leaves
        (CHAIR, "city", True),  # above both
        (AUDITOR, "province", True),
        (OPERATOR, "floor", False),
        (CHAIR, "floor", False),
        (FIRST_REVIEWER, "plant", False),
    ],
)
def test_whose_transfers_are_seen_from_where(
    world: World, tree: Tree, sits: Sits, role: str, place: str, sees: bool
) -> None:
    """A1: the two unions and everybody above them; to others it looks like nothing."""
    person, _, row = asked_for_employee(world, tree)
    client = sits(world.staff(role, union=getattr(tree, place)))
    answer = client.get(f"/admin/transfers/{row.id}")
    if sees:
        assert answer.status_code == 200 and person.name in text_of(answer)
        assert person.id_number not in answer.get_data(as_text=True)
    else:
        nothing = client.get("/admin/transfers/00000000-0000-0000-0000-000000000007")
        assert (answer.status_code, text_of(answer)) == (404, text_of(nothing))
    if role in rules.READERS:
        assert (str(row.id) in client.get("/admin/transfers").get_data(as_text=True)) is sees


def test_counting_is_what_the_list_says(world: World, tree: Tree) -> None:
    _, clerk, _ = asked_for_employee(world, tree)
    asked_by_staff(world, tree)
    counts = {
        name: queries.count_waiting(acts(world.staff(OPERATOR, union=getattr(tree, name))))
        for name in ("province", "city", "plant", "shop", "floor")
    }
    assert counts == {"province": 2, "city": 2, "plant": 1, "shop": 1, "floor": 0}
    assert queries.count_waiting(acts(clerk)) == 1
    assert queries.count_waiting(Actor("staff", None, "x", frozenset())) == 0


def _grant(person: StaffUser, role: str) -> Any:
    from staff.models import Grant

    return Grant(staff_id=person.id, role=role)


def _file() -> Any:
    from core.files.models import StoredFile

    file = StoredFile(kind="roster", media_type="text/csv", size=1, content_bi=b"1" * 16)
    database.session.add(file)
    database.session.flush()
    return file.id
