"""A2 待办 and the audit list: what waits, counted, paged, masked, and the same cost however long the list."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from claims.service import holds
from core import clock
from core.db import db as database
from core.db import transaction
from core.roles import (
    ADMINISTRATOR,
    AUDITOR,
    EDITOR,
    FINANCE_MAKER,
    FIRST_REVIEWER,
    OPERATOR,
    SECOND_REVIEWER,
)
from staff.models import StaffUser
from tests.claims.paper import says
from tests.office import Office, actor
from tests.payout.conftest import PayOffice
from tests.world import World

Sign = Callable[..., Any]


@pytest.fixture
def sign(app: Flask, world: World) -> Sign:
    def make(*roles: str, staff: StaffUser | None = None, **values: Any) -> Any:
        client = app.test_client()
        client.staff = staff or world.staff(*roles, **values)
        return world.sign_in(client, staff=client.staff)

    return make


def numbers(response: Any) -> list[str]:
    return re.findall(r'class="row-link" href="/admin/claims/(\w+)"', response.get_data(as_text=True))


def walk(client: Any, start: str, rel: str = "next") -> list[list[str]]:
    pages, at = [], start
    while at:
        page = client.get(at)
        pages.append(numbers(page))
        link = re.search(rf'href="([^"]+)" rel="{rel}"', page.get_data(as_text=True))
        at = link[1].replace("&amp;", "&") if link else ""
    return pages


def test_tiles_count_what_their_link_lists(office: Office, sign: Sign) -> None:
    union = office.world.union()
    rows = office.rows(7, union)
    office.rows(3, union, "second_review")
    with transaction():
        rows[0].submitted_at = clock.now() - dt.timedelta(days=12)
    client = sign(FIRST_REVIEWER, SECOND_REVIEWER)
    with transaction():
        holds.hold(rows[1], actor(client.staff, FIRST_REVIEWER))
    page = client.get("/admin/").get_data(as_text=True)
    tiles = re.findall(r'class="tile[^"]*" href="([^"]+)"><span>([^<]+)</span> <b>(\d+)</b> <span>件', page)
    assert [(label, int(n)) for _, label, n in tiles] == [
        ("待初核", 7), ("待复核", 3), ("超时", 1), ("我领取的", 1), ("变更待初核", 0), ("变更待复核", 0),
        ("参保待初核", 0), ("参保待复核", 0),
    ]  # fmt: skip
    for url, label, n in tiles:
        assert sum(map(len, walk(client, url.replace("&amp;", "&")))) == int(n), label


CHANGES = ("变更待初核", "变更待复核")
ENROLMENTS = ("参保待初核", "参保待复核", "参保待缴费")


@pytest.mark.parametrize(
    ("roles", "tiles"),
    [
        ((FIRST_REVIEWER,), ["待初核", "超时", "我领取的", "变更待初核", "参保待初核"]),
        ((SECOND_REVIEWER,), ["待复核", "超时", "我领取的", "变更待复核", "参保待复核"]),
        ((FINANCE_MAKER,), ["待打款", "打款失败", "参保待确认"]),
        ((AUDITOR,), ["待初核", "待复核", "超时", *CHANGES, *ENROLMENTS, "待打款", "打款失败"]),
        ((ADMINISTRATOR,), ["待初核", "待复核", "超时", *CHANGES, *ENROLMENTS, "待打款", "打款失败"]),
        ((EDITOR,), []),
    ],
)
def test_what_a_role_cannot_do_is_not_shown(
    office: Office, sign: Sign, roles: tuple[str, ...], tiles: list[str]
) -> None:
    client = sign(*roles)
    page = client.get("/admin/")
    assert page.status_code == 200
    assert re.findall(r'class="tile[^"]*" href="[^"]+"><span>([^<]+)', page.text) == tiles
    for href in re.findall(r'<nav class="a-nav".*?</nav>', page.text, re.S):
        for at in re.findall(r'href="(/admin[^"]*)"', href):
            assert client.get(at).status_code == 200, at


def test_pages_are_complete_and_stable_while_claims_come_and_go(office: Office, sign: Sign) -> None:
    rows = office.rows(47, office.world.union())
    client = sign(FIRST_REVIEWER)
    pages = walk(client, "/admin/")
    assert [len(page) for page in pages] == [20, 20, 7]
    assert sum(pages, []) == [row.number for row in rows], "the longest waiting first"
    second = re.search(r'href="([^"]+)" rel="next"', client.get("/admin/").text)
    assert second
    with transaction():  # one of the first page is decided meanwhile, a new one arrives
        rows[3].state = "second_review"
    office.rows(1, office.world.union())
    assert numbers(client.get(second[1].replace("&amp;", "&"))) == pages[1]


def test_the_way_back_shows_the_same_pages(office: Office, sign: Sign) -> None:
    office.rows(47, office.world.union())
    client = sign(FIRST_REVIEWER)
    for start in ("/admin/", "/admin/claims"):
        forth = walk(client, start)
        at = start
        while link := re.search(r'href="([^"]+)" rel="next"', client.get(at).text):
            at = link[1].replace("&amp;", "&")
        assert walk(client, at, rel="prev") == forth[::-1], start


def test_equal_moments_lose_nobody(office: Office, sign: Sign) -> None:
    rows = office.rows(45, office.world.union())
    with transaction():
        moment = clock.now()
        for row in rows:
            row.submitted_at = moment
    found = sum(walk(sign(FIRST_REVIEWER), "/admin/"), [])
    assert sorted(found) == sorted(row.number for row in rows)


@pytest.mark.parametrize("at", ["/admin/", "/admin/claims"])
def test_the_cost_does_not_grow_with_the_list(office: Office, sign: Sign, statements: Any, at: str) -> None:
    union, client = office.world.union(), sign(FIRST_REVIEWER)
    counted = []
    client.get(at)  # the first request of a process opens connections
    for more in (1, 199):
        office.rows(more, union)
        with statements() as seen:
            assert client.get(at).status_code == 200
        counted.append([s for s in seen if s.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE"))])
    one, many = counted
    # One counts what else waits (changes, lost phones, messages) for the navigation, one reads the 会籍.
    assert len(one) == len(many) <= 7, "\n\n".join(many)


def test_names_are_masked_except_in_ones_own_hands_m11(office: Office, sign: Sign) -> None:
    mine, other = office.file(office.person(name="欧阳某某")), office.file(office.person(name="司徒某某"))
    client = sign(FIRST_REVIEWER)
    with transaction():
        holds.hold(mine, actor(client.staff, FIRST_REVIEWER))
    for at in ("/admin/", "/admin/claims"):
        page = says(client.get(at))
        assert "欧阳某某" in page
        assert "司徒某某" not in page
        assert other.number in page


def test_filters_narrow_the_work(office: Office, sign: Sign) -> None:
    here, there = office.world.union("红星测试厂工会"), office.world.union("蓝天测试校工会")
    (one,), (two,) = office.rows(1, here), office.rows(1, there, "second_review")
    with transaction():
        one.submitted_at = clock.now() - dt.timedelta(days=4)
    client = sign(FIRST_REVIEWER, SECOND_REVIEWER)
    for query, found in (
        ("", [one, two]), ("state=second_review", [two]), ("union=红星", [one]), ("union=%25", []),
        ("waited=3", [one]), ("waited=7", []), ("waited=x", [one, two]), ("mine=1", []),
        ("state=paid", [one, two]),
    ):  # fmt: skip
        assert numbers(client.get(f"/admin/?{query}")) == [row.number for row in found], query


def test_take_next_opens_the_claim(office: Office, sign: Sign) -> None:
    (row,) = office.rows(1, office.world.union())
    client = sign(FIRST_REVIEWER)
    assert client.submit("/admin/next", {}, page="/admin/").location == f"/admin/claims/{row.number}"
    assert client.submit("/admin/next", {}, page="/admin/").location == "/admin/"
    assert "没有人领取" in says(client.get("/admin/"))
    assert sign(AUDITOR).submit("/admin/next", {}, page="/admin/").status_code == 403


def test_an_empty_desk_says_so(sign: Sign, db: Any) -> None:
    assert "没有待办。" in says(sign(FIRST_REVIEWER).get("/admin/"))
    assert "请联系管理员开通权限" in says(sign(EDITOR).get("/admin/"))


def test_an_operator_counts_only_their_own_unions_a3(office: Office, sign: Sign) -> None:
    top, elsewhere = office.world.union("上级工会"), office.world.union("别处工会")
    below = office.world.union("下级工会", parent=top)
    mine = office.rows(1, top) + office.rows(2, below)
    office.rows(4, elsewhere)
    client = sign(OPERATOR, union=top)
    assert set(numbers(client.get("/admin/claims"))) == {row.number for row in mine}
    assert "待初核 3 件" in says(client.get("/admin/"))


# --- 操作日志 ----------------------------------------------------------------------------------------------


def test_the_audit_list_is_for_auditors_and_administrators(office: Office, sign: Sign) -> None:
    for role, status in ((AUDITOR, 200), (ADMINISTRATOR, 200), (FIRST_REVIEWER, 403), (FINANCE_MAKER, 403)):
        assert sign(role).get("/admin/audit").status_code == status


def test_the_audit_list_is_filtered_and_names_claims_by_number(office: Office, sign: Sign) -> None:
    clerk = office.world.staff(FIRST_REVIEWER, name="王审核")
    claim, other = office.file(passed_by=clerk), office.file()
    client = sign(AUDITOR)
    shown = says(client.get("/admin/audit"))
    assert f"补助申请 {claim.number}" in shown
    assert "待初核 → 待复核" in shown
    for query, has in (
        ("who=王审核", {claim.number}), ("action=claim.pass_first", {claim.number}),
        (f"object={other.number}", {other.number}), ("since=2026-11-22", set()), ("until=2026-11-20", set()),
        ("action=nothing", set()), ("since=yesterday", {claim.number, other.number}),
    ):  # fmt: skip
        shown = says(client.get(f"/admin/audit?{query}"))
        assert {number for number in (claim.number, other.number) if number in shown} == has, query


def test_every_audit_row_is_on_some_page(office: Office, sign: Sign) -> None:
    client = sign(AUDITOR)
    for _ in range(3):
        for _ in range(20):
            client.submit("/admin/audit/verify", {}, page="/admin/audit")
    pages, at = 0, "/admin/audit?action=audit.verify"
    rows = 0
    while at:
        page = client.get(at).text
        rows += page.count(">校验日志</td>")
        link = re.search(r'href="([^"]+)" rel="next"', page)
        at = link[1].replace("&amp;", "&") if link else ""
        pages += 1
    assert (pages, rows) == (2, 60)


def test_a_whole_chain_and_a_broken_one_are_told_apart(office: Office, sign: Sign) -> None:
    office.file()
    client = sign(AUDITOR)
    client.submit("/admin/audit/verify", {}, page="/admin/audit")
    assert "操作日志完整" in says(client.get("/admin/audit"))
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only")
        connection.exec_driver_sql(
            "UPDATE audit_entry SET actor_label = '别人' WHERE seq = (SELECT min(seq) FROM audit_entry)"
        )
        connection.exec_driver_sql("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_append_only")
    client.submit("/admin/audit/verify", {}, page="/admin/audit")
    assert "对不上" in says(client.get("/admin/audit"))


def test_a_batch_is_told_to_whoever_has_the_next_step_gx_63(world: World, sign: Sign) -> None:
    """GX-63: made → the checker's tile; checked → the maker's; at the bank → the checker's again."""
    office = PayOffice(world)
    maker, checker = sign(staff=office.making), sign(staff=office.checking)

    def tiles(client: Any) -> list[str]:
        page = client.get("/admin/").text
        found = re.findall(r'class="tile[^"]*" href="([^"]+)"><span>(批次[^<]+)</span> <b>(\d+)', page)
        for at, _, _ in found:
            assert client.get(at).text.count("/admin/payouts/DK") == 1
        return [f"{words} {n}" for _, words, n in found]

    office.prepared()
    assert (tiles(maker), tiles(checker)) == ([], ["批次待复核 1"])
    office.checked()
    assert tiles(maker) == ["批次待导出 1"]
    office.exported()
    assert tiles(checker) == ["批次待复核 1", "批次待回盘 1"]
