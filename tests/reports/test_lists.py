"""职工参保信息 and 职工补助记录: who sees which rows, narrowed, masked and counted how (XM-121, XM-122)."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
from sqlalchemy import select

from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction
from core.roles import (
    ADMINISTRATOR,
    AUDITOR,
    CHAIR,
    EDITOR,
    FINANCE_MAKER,
    FIRST_REVIEWER,
    OPERATOR,
)
from reports.queries import listing
from tests.claims.paper import says
from tests.office import Office
from tests.reports.conftest import Sign, Tree
from tests.world import World

COVER, CLAIMS = "/admin/reports/coverages", "/admin/reports/claims"
ENROLMENTS = "/admin/reports/enrolments"


def names(answer: Any) -> list[str]:
    return re.findall(r'data-label="姓名">([^<]+)', answer.get_data(as_text=True))


def numbers(answer: Any) -> list[str]:
    return re.findall(r'href="/admin/claims/(BZ\w+)"', answer.get_data(as_text=True))


def count(answer: Any) -> int:
    found = re.search(r"共\s*([\d,]+)\s*条", says(answer))
    return int(found[1].replace(",", "")) if found else 0


def covered(world: World, union: Any, name: str, **values: Any) -> Any:
    person = world.employee(union, name=name)
    world.cover(person, **values)
    return person


# --- XM-121


def test_xm_121_cover_of_the_union_and_all_below_it_is_listed_and_counted(
    world: World, tree: Tree, sign: Sign
) -> None:
    """XM-121: within the subtree, everywhere for the scheme; the count is of what is listed."""
    for union, name in ((tree.one, "张东一"), (tree.two, "李东二"), (tree.far, "王西三")):
        covered(world, union, name)
    for place, expected in (
        (tree.one, {"张东一"}),
        (tree.east, {"张东一", "李东二"}),
        (tree.far, {"王西三"}),
        (None, {"张东一", "李东二", "王西三"}),
    ):
        answer = sign(OPERATOR, union=place).get(COVER)
        assert (set(names(answer)), count(answer)) == (expected, len(expected)), place


def test_xm_121_numbers_are_masked_and_names_too_for_who_only_watches(
    world: World, tree: Tree, sign: Sign
) -> None:
    """XM-121: the auditor reads masks; nobody reads a whole number on a page."""
    person = covered(world, tree.one, "张示例")
    for role, name in ((AUDITOR, "张*例"), (OPERATOR, "张示例"), (CHAIR, "张示例")):
        answer = sign(role, union=tree.east).get(COVER)
        assert names(answer) == [name]
        assert person.id_number not in answer.text and "4****************" in answer.text


@pytest.mark.parametrize(
    "given,expected",
    [
        ("", {"新人", "老人"}),
        ("plan=GX-2025", {"往期"}),
        ("state=first", {"新人"}),
        ("union=一厂", {"新人"}),
        ("union=东区总", {"新人", "老人"}),
        ("union=没有", set()),
        ("since=2026-06-01", {"新人"}),
        ("until=2026-05-31", {"老人"}),
        ("since=2026-06-01&until=2026-05-31", set()),
        ("since=nonsense&state=nonsense&plan=nonsense", {"新人", "老人"}),
    ],
)
def test_xm_121_filters_stand_in_the_address(
    world: World, tree: Tree, sign: Sign, given: str, expected: set[str]
) -> None:
    """XM-121: the present period unless another is asked for; begin, union with all below, first time."""
    covered(world, tree.one, "新人", is_first_time=True, starts_on=dt.date(2026, 6, 2))
    covered(world, tree.two, "老人")
    covered(world, tree.two, "往期", plan_code="GX-2025", starts_on=dt.date(2025, 1, 1),
            ends_on=dt.date(2025, 12, 31))  # fmt: skip
    answer = sign(OPERATOR, union=tree.city).get(f"{COVER}?{given}")
    assert set(names(answer)) == expected
    if not expected:
        assert "没有符合条件的记录，换个条件试试。" in says(answer)


def test_xm_121_who_is_not_enrolled_is_asked_for_by_union(world: World, tree: Tree, sign: Sign) -> None:
    """XM-121, XM-64: 未参保 of one union; for a whole district people choose a union first."""
    covered(world, tree.one, "有保")
    world.employee(tree.one, name="没保")
    world.employee(tree.one, name="离职", is_active=False)
    asker = sign(OPERATOR, union=tree.one)
    answer = asker.get(f"{COVER}?state=uncovered")
    assert (names(answer), count(answer)) == (["没保"], 1)
    wide = sign(ADMINISTRATOR).get(f"{COVER}?state=uncovered")
    assert wide.status_code == 200 and "未参保职工要按工会看" in says(wide) and not names(wide)


def test_xm_121_pages_follow_each_other_without_loss(
    world: World, tree: Tree, sign: Sign, monkeypatch
) -> None:
    """XM-121: keyset pages forth and back show everybody once."""
    monkeypatch.setattr(listing, "PAGE", 3)
    everybody = {covered(world, tree.one, f"某{letter}").name for letter in "甲乙丙丁戊己庚"}
    asker, at, seen = sign(OPERATOR, union=tree.one), COVER, []
    while at:
        answer = asker.get(at)
        seen.append(names(answer))
        link = re.search(r'href="([^"]+)" rel="next"', answer.text)
        at = link[1].replace("&amp;", "&") if link else ""
    assert [len(page) for page in seen] == [3, 3, 1]
    assert {name for page in seen for name in page} == everybody
    back = re.search(r'href="([^"]+)" rel="prev"', answer.text)
    assert back and names(asker.get(back[1].replace("&amp;", "&"))) == seen[1]


@pytest.mark.parametrize("most_merged,few", [(40, 200), (0, 200), (0, 0)])
def test_xm_121_xm_122_several_unions_are_read_as_one_list(
    office: Office, tree: Tree, sign: Sign, monkeypatch, most_merged: int, few: int
) -> None:
    """XM-121, XM-122: merged of few unions or read past the others, rows, their order and count are alike."""
    from union import queries as unions

    monkeypatch.setattr(listing, "PAGE", 2)
    monkeypatch.setattr(unions, "MOST_MERGED", most_merged)
    monkeypatch.setattr(unions, "FEW", few)
    made = [office.rows(1, union, "paid", award_fen=100)[0]
            for union in (tree.one, tree.two, tree.far, tree.two, tree.one, tree.two)]  # fmt: skip
    expected = [row.number for row in reversed(made) if row.union_id != tree.far.id]
    asker, at, seen = sign(OPERATOR, union=tree.east), CLAIMS, []
    while at:
        answer = asker.get(at)
        seen.append(numbers(answer))
        link = re.search(r'href="([^"]+)" rel="next"', answer.text)
        at = link[1].replace("&amp;", "&") if link else ""
    assert [number for page in seen for number in page] == expected and len(seen) == 3
    assert count(answer) == 5 and "核定金额合计 5.00 元" in says(answer)
    back = re.search(r'href="([^"]+)" rel="prev"', answer.text)
    assert back and numbers(asker.get(back[1].replace("&amp;", "&"))) == seen[1]


def test_a_long_list_is_counted_only_when_asked(world: World, tree: Tree, sign: Sign, monkeypatch) -> None:
    monkeypatch.setattr(listing, "MOST_COUNTED", 2)
    for letter in "甲乙丙":
        covered(world, tree.one, f"某{letter}")
    asker = sign(OPERATOR, union=tree.one)
    assert "超过 2 条" in says(asker.get(COVER))
    assert count(asker.get(f"{COVER}?count=all")) == 3


# --- XM-120


def enrolled(union: Any, number: str, state: str = "done", **values: Any) -> Any:
    from enrolment.models import Enrolment

    row = Enrolment(
        number=number, union_id=union.id, plan_version="1", filed_by_id=union.id,
        filed_by_label="某经办", union_name=union.name, state=state, version=1, headcount=100,
        participant_count=79,
        **{"submitted_at": dt.datetime(2026, 2, 1, 4, tzinfo=dt.UTC), "fee_due_fen": 790_000,
           "plan_code": "GX-2026", **values},
    )  # fmt: skip
    with transaction():
        database.session.add(row)
    return row


def test_xm_120_enrolments_of_the_union_and_all_below_it(tree: Tree, sign: Sign) -> None:
    """XM-120: rows, count, share and fee within the subtree; drafts and deleted ones are not reported."""
    enrolled(tree.one, "CBFW2026020001")
    enrolled(tree.two, "CBFW2026020002", "first_review", fee_due_fen=None)
    enrolled(tree.far, "CBFW2026020003")
    enrolled(tree.one, "CBFW2026020004", "draft", plan_code="GX-2025")
    enrolled(tree.one, "CBFW2026020005", "deleted")
    for place, expected, sum_ in (
        (tree.one, {"1"}, "7,900.00"),
        (tree.east, {"1", "2"}, "7,900.00"),
        (None, {"1", "2", "3"}, "15,800.00"),
    ):  # fmt: skip
        answer = sign(OPERATOR, union=place).get(ENROLMENTS)
        found = set(re.findall(r"CBFW202602000(\d)</a>", answer.text))
        assert (found, count(answer)) == (expected, len(expected))
        assert "79.0%" in says(answer) and f"应缴金额合计 {sum_} 元" in says(answer)


def test_xm_120_finance_sees_what_has_come_as_far_as_the_fee(tree: Tree, sign: Sign) -> None:
    """XM-120: the same rule as on the enrolments' own pages."""
    enrolled(tree.one, "CBFW2026020001", "awaiting_voucher")
    enrolled(tree.two, "CBFW2026020002", "first_review")
    answer = sign(FINANCE_MAKER).get(ENROLMENTS)
    assert "CBFW2026020001" in answer.text and "CBFW2026020002" not in answer.text


@pytest.mark.parametrize(
    "given,expected",
    [
        ("state=done", {"1"}),
        ("state=open", {"2"}),
        ("union=一厂", {"1"}),
        ("plan=GX-2025", set()),
        ("since=2026-02-02", {"2"}),
        ("until=2026-02-01", {"1"}),
    ],
)
def test_xm_120_filters(tree: Tree, sign: Sign, given: str, expected: set[str]) -> None:
    """XM-120: state, union, period and the day of handing in."""
    enrolled(tree.one, "CBFW2026020001")
    enrolled(tree.two, "CBFW2026020002", "confirming", submitted_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    answer = sign(AUDITOR, union=tree.east).get(f"{ENROLMENTS}?{given}")
    assert set(re.findall(r"CBFW202602000(\d)</a>", answer.text)) == expected
    assert expected or "没有符合条件的记录，换个条件试试。" in says(answer)


def test_xm_120_leaves_as_a_table_without_anybodys_data(tree: Tree, sign: Sign) -> None:
    """XM-120, A11."""
    from openpyxl import load_workbook

    from reports import jobs
    from reports.models import ReportExport

    enrolled(tree.one, "CBFW2026020001")
    asker = sign(OPERATOR, union=tree.one)
    page = f"{ENROLMENTS}/export"
    shown = asker.get(page).text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown))
    assert "写出完整姓名" not in shown
    asker.post(page, data={**hidden, "reason": "核对"})
    jobs.gather()
    made = database.session.scalars(select(ReportExport)).one()
    answer = asker.submit(f"/admin/reports/exports/{made.id}/download", {}, page=COVER)
    rows = [list(row) for row in load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True)]
    assert "不含职工个人信息" in str(rows[:5])
    assert rows[-1][:7] == ["CBFW2026020001", "东区一厂工会", rows[-1][2], None, 100, 79, "79.0%"]


# --- XM-122


def test_xm_122_claims_of_the_unions_people_with_what_they_were_awarded(
    office: Office, tree: Tree, sign: Sign
) -> None:
    """XM-122: rows, count and sum within the subtree; drafts are nobody's but the person's."""
    office.rows(2, tree.one, "paid", award_fen=120_000)
    office.rows(1, tree.far, "approved", award_fen=50_000)
    office.rows(1, tree.one, "draft")
    for place, rows, sum_ in ((tree.one, 2, "2,400.00"), (tree.east, 2, "2,400.00"), (None, 3, "2,900.00")):
        answer = sign(OPERATOR, union=place).get(CLAIMS)
        assert (len(numbers(answer)), count(answer)) == (rows, rows)
        assert f"核定金额合计 {sum_} 元" in says(answer)
    assert not numbers(sign(OPERATOR, union=tree.two).get(CLAIMS))


def test_xm_122_a_sum_that_was_not_decided_is_nobodys(office: Office, tree: Tree, sign: Sign) -> None:
    """XM-122: what a claim under review may come to is not in the sum."""
    office.rows(1, tree.one, "second_review", award_fen=777_700)
    answer = sign(OPERATOR, union=tree.one).get(CLAIMS)
    assert count(answer) == 1 and "7,777" not in answer.text


def test_xm_122_finance_sees_what_was_decided(office: Office, tree: Tree, sign: Sign) -> None:
    """XM-122: the same scope as everywhere: finance has no business with what is under review."""
    (paid,) = office.rows(1, tree.one, "paid", award_fen=1)
    office.rows(1, tree.one, "first_review")
    assert numbers(sign(FINANCE_MAKER).get(CLAIMS)) == [paid.number]


def test_xm_122_ones_own_claim_is_not_in_ones_report(office: Office, tree: Tree, sign: Sign) -> None:
    """XM-122, M10."""
    asker = sign(OPERATOR, union=tree.one)
    mine = office.world.employee(tree.one, id_number=asker.staff.id_number)
    (row,) = office.rows(1, tree.one, "paid", award_fen=1)
    with transaction():
        row.employee_id = mine.id
    assert count(asker.get(CLAIMS)) == 0


@pytest.mark.parametrize(
    "given,expected",
    [
        ("", {"paid", "first_review", "refused"}),
        ("state=paid", {"paid"}),
        ("state=open", {"first_review"}),
        ("state=decided", {"paid"}),
        ("state=draft", {"paid", "first_review", "refused"}),
        ("kind=injury", {"refused"}),
        ("by=paid", {"paid"}),
        ("by=paid&since=2026-10-02", set()),
        ("by=decided&until=2026-09-01", {"refused"}),
        ("since=2026-08-01&until=2026-08-31", {"paid"}),
        ("plan=GX-2025", {"refused"}),
        ("was=returned", {"first_review"}),
        ("was=bounced", set()),
    ],
)
def test_xm_122_filters(office: Office, tree: Tree, sign: Sign, given: str, expected: set[str]) -> None:
    """XM-122: state or group, kind, plan, what it went through, and dates of three sorts."""
    from claims.models import Claim
    from core.history import Transition

    at = {name: dt.datetime(2026, *day, 4, tzinfo=dt.UTC)
          for name, day in (("aug", (8, 5)), ("sep", (9, 1)), ("oct", (10, 1)))}  # fmt: skip
    (paid,) = office.rows(1, tree.one, "paid", award_fen=1, paid_at=at["oct"], decided_at=at["oct"])
    (open_,) = office.rows(1, tree.one, "first_review")
    (refused,) = office.rows(1, tree.one, "refused", decided_at=at["sep"], plan_code="GX-2025")
    with transaction():
        paid.submitted_at, refused.kind = at["aug"], "injury"
        database.session.add(
            Transition(workflow="claim", object_id=open_.id, action="return_first", from_state="first_review",
                       to_state="returned", actor_kind="staff", actor_label="某", meta={})
        )  # fmt: skip
    answer = sign(OPERATOR, union=tree.one).get(f"{CLAIMS}?{given}")
    found = database.session.scalars(select(Claim.state).where(Claim.number.in_(numbers(answer))))
    assert set(found) == expected


# --- searching


def test_xm_122_a_number_is_found_by_post_and_stands_in_no_address(
    office: Office, tree: Tree, sign: Sign
) -> None:
    """XM-121, XM-122: certificate or phone, exact; the address holds an opaque id; it goes on record."""
    office.rows(1, tree.one, "paid", award_fen=1)
    claim = office.file(office.person(tree.one, name="张示例"))
    from employee.models import Employee

    who = database.session.get(Employee, claim.employee_id)
    asker = sign(OPERATOR, union=tree.one)
    for typed in (who.id_number, who.phone, f" {who.id_number[:6]} {who.id_number[6:]}"):
        answer = asker.submit(f"{CLAIMS}/search", {"q": typed}, page=CLAIMS)
        assert answer.status_code == 303 and who.id_number not in answer.location
        assert numbers(asker.get(answer.location)) == [claim.number]
    kept = database.session.scalars(select(AuditEntry).where(AuditEntry.action == "report.search")).all()
    assert len(kept) == 3 and who.id_number not in str([row.detail for row in kept])


def test_a_name_is_looked_for_in_one_union_only_and_whole(world: World, tree: Tree, sign: Sign) -> None:
    person = covered(world, tree.one, "欧阳示例")
    covered(world, tree.one, "欧阳示例二")
    here, wide = sign(OPERATOR, union=tree.one), sign(OPERATOR, union=tree.east)
    answer = here.submit(f"{COVER}/search", {"q": "欧阳示例"}, page=COVER)
    assert answer.location == f"{COVER}?person={person.id}"
    answer = wide.submit(f"{COVER}/search", {"q": "欧阳示例"}, page=COVER)
    assert answer.status_code == 422 and "先用“单位名称”选定一个工会" in says(answer)
    answer = wide.submit(f"{COVER}/search", {"q": "欧阳示例", "union": "一厂"}, page=COVER)
    assert answer.location == f"{COVER}?person={person.id}"


@pytest.mark.parametrize("path", [COVER, CLAIMS])
def test_somebody_elses_people_are_not_found_like_nobody(
    office: Office, tree: Tree, sign: Sign, path: str
) -> None:
    """A1: who is next door and who does not exist get the same answer, also by an id put into the address."""
    claim = office.file(office.person(tree.far))
    from employee.models import Employee

    who = database.session.get(Employee, claim.employee_id)
    asker = sign(OPERATOR, union=tree.east)
    there = asker.submit(f"{path}/search", {"q": who.id_number}, page=path)
    nobody = asker.submit(f"{path}/search", {"q": "450100196801019999"}, page=path)
    for answer in (there, nobody):
        assert answer.status_code == 422 and "没有查到记录" in says(answer)
    assert count(asker.get(f"{path}?person={who.id}")) == 0
    assert asker.get(f"{path}?under={tree.far.id}").status_code == 404
    assert asker.get(f"{path}?under={'0' * 8}-0000-7000-8000-{'0' * 12}").status_code == 404
    assert asker.get(f"{path}?under={tree.one.id}").status_code == 200


def test_who_has_no_business_here_is_refused(tree: Tree, sign: Sign) -> None:
    assert sign(EDITOR).get(COVER).status_code == 403
    assert sign(FIRST_REVIEWER).get(COVER).status_code == 403
    assert sign(FIRST_REVIEWER).get(CLAIMS).status_code == 200


def test_a_page_costs_the_same_however_many_rows(office: Office, tree: Tree, sign: Sign, statements) -> None:
    asker, costs = sign(OPERATOR, union=tree.east), []
    asker.get(CLAIMS)
    for more in (1, 30):
        office.rows(more, tree.one, "paid", award_fen=1)
        with statements() as seen:
            asker.get(CLAIMS)
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 16, costs
