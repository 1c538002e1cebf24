"""看板: figures by union, plan and month; every number is what its link lists; one cost at any size (A14)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import select

from core import clock
from core.db import db as database
from core.db import transaction
from core.history import Transition
from core.roles import AUDITOR, EDITOR, FINANCE_CHECKER, OPERATOR
from reports import jobs
from reports.models import ReportMonth, ReportStamp
from reports.queries import board
from reports.service import figures
from tests.claims.paper import says
from tests.office import Office
from tests.reports.conftest import Sign, Tree
from tests.world import World

BOARD = "/admin/reports"
HTML = re.compile(r"<[^>]+>")


def at(month: int, day: int = 5) -> dt.datetime:
    return dt.datetime(2026, month, day, 4, tzinfo=dt.UTC)


def refresh() -> None:
    while figures.refresh(30):
        pass


def step(claim: Any, to: str) -> None:
    with transaction():
        database.session.add(
            Transition(workflow="claim", object_id=claim.id, action="x", from_state="y", to_state=to,
                       actor_kind="staff", actor_label="某", meta={})
        )  # fmt: skip


def year(office: Office, tree: Tree) -> None:
    """Something of everything, in two districts and two months."""
    paid = office.rows(3, tree.one, "paid", award_fen=100_00, plan_code="GX-2026")
    open_ = office.rows(2, tree.two, "first_review", plan_code="GX-2026")
    refused = office.rows(1, tree.far, "refused", plan_code="GX-2026")
    with transaction():
        for n, claim in enumerate(paid):
            claim.submitted_at, claim.decided_at, claim.paid_at = at(8), at(8, 6 + 4 * n), at(9)
        open_[0].submitted_at = at(8, 1)
        refused[0].submitted_at, refused[0].decided_at = at(9), at(9, 8)
    step(paid[0], "returned")
    step(paid[0], "pay_failed")
    step(refused[0], "returned")
    for n, union in enumerate((tree.one, tree.one, tree.far)):
        person = office.world.employee(union)
        if n:
            office.world.cover(person)


def links(page: str) -> list[tuple[int, str]]:
    """Every number that is a link to a list, with its address."""
    found = re.findall(
        r'<a class="(?:row-link num-link|tile[^"]*)" href="([^"]+)">(.*?)</a>', page, re.DOTALL
    )
    said = []
    for url, inner in found:
        bold = re.search(r"<b>(.*?)</b>", inner)
        text = HTML.sub("", bold[1] if bold else inner).replace(",", "").strip()
        small = re.search(r"<small>([\d,]+) 件", inner)
        text = small[1] if small else text
        if text.isdigit():
            said.append((int(text), url.replace("&amp;", "&")))
    return said


@pytest.mark.parametrize("place", ["city", "east", "far", None])
def test_a14_every_number_is_what_its_link_lists(
    office: Office, tree: Tree, sign: Sign, place: str | None
) -> None:
    """A14: followed one by one, in the city, a district, a plant and the whole scheme."""
    year(office, tree)
    refresh()
    asker = sign(OPERATOR, union=getattr(tree, place) if place else None)
    checked = 0
    for number, url in links(asker.get(f"{BOARD}?since=2026-01&until=2026-12").text):
        listed = says(asker.get(url))
        found = re.search(r"共\s*([\d,]+)\s*条", listed)
        assert (int(found[1]) if found else 0) == number, url
        checked += 1
    assert checked >= 12


def test_a14_figures_are_of_the_askers_unions_only(office: Office, tree: Tree, sign: Sign) -> None:
    """A3: what the far district has shows in no number of the near one."""
    year(office, tree)
    refresh()

    def tiles(union: Any) -> dict[str, str]:
        page = sign(AUDITOR, union=union).get(f"{BOARD}?since=2026-01&until=2026-12").text
        rows = re.findall(r'class="tile[^"]*"[^>]*><span>(.*?)</span> <b>(.*?)</b>', page)
        return dict(rows)

    assert {key: tiles(tree.east)[key] for key in ("提交", "审核中", "审核通过", "不予补助", "参保人数")} == {
        "提交": "5", "审核中": "2", "审核通过": "3", "不予补助": "0", "参保人数": "1",
    }  # fmt: skip
    assert (tiles(tree.far)["提交"], tiles(tree.far)["不予补助"]) == ("1", "1")
    assert (tiles(None)["提交"], tiles(None)["参保人数"], tiles(None)["已打款"]) == ("6", "2", "300.00")
    assert (tiles(tree.east)["驳回率"], tiles(tree.east)["打款失败率"]) == ("20.0%", "33.3%")


def test_a14_another_unions_board_is_not_there(tree: Tree, sign: Sign) -> None:
    asker = sign(OPERATOR, union=tree.east)
    assert asker.get(f"{BOARD}?under={tree.one.id}").status_code == 200
    assert asker.get(f"{BOARD}?under={tree.far.id}").status_code == 404
    assert sign(EDITOR).get(BOARD).status_code == 403


def test_a14_finance_reads_the_board_and_links_to_what_it_may_open(
    office: Office, tree: Tree, sign: Sign
) -> None:
    year(office, tree)
    refresh()
    page = sign(FINANCE_CHECKER).get(f"{BOARD}?since=2026-01&until=2026-12").text
    assert "/admin/reports/claims?" in page and "/admin/reports/coverages?" not in page


@pytest.mark.parametrize(
    "days,half,most",
    [
        ([], "", ""),
        ([0], "1 天内", "1 天内"),
        ([2, 2, 2], "2 天", "2 天"),
        ([1, 2, 3, 4, 20], "3 天", "4 天"),
        ([8, 8, 8, 8, 8], "10 天内", "10 天内"),
        ([100, 100], "90 天以上", "90 天以上"),
    ],
)
def test_a14_half_and_most_of_the_days_to_a_decision(
    office: Office, tree: Tree, days: list[int], half: str, most: str
) -> None:
    """Counted from the first submission to the decision, in whole days."""
    claims = office.rows(len(days), tree.one, "paid", award_fen=1) if days else []
    with transaction():
        for claim, n in zip(claims, days, strict=True):
            claim.submitted_at, claim.decided_at = at(3), at(3) + dt.timedelta(days=n, hours=3)
    refresh()
    _, sums = board.months([tree.one.id], dt.date(2026, 1, 1), dt.date(2026, 12, 1))
    assert (sums.median, sums.most) == (half, most)


def test_what_moved_is_worked_out_anew_and_only_that_month(office: Office, tree: Tree) -> None:
    """A claim of August that is paid in October changes August and October."""
    (claim,) = office.rows(1, tree.one, "approved", award_fen=5_00)
    (other,) = office.rows(1, tree.one, "approved", award_fen=7_00)
    with transaction():
        claim.submitted_at, other.submitted_at = at(8), at(3)
        claim.state_at = other.state_at = at(8)
    refresh()
    with transaction():
        database.session.execute(ReportMonth.__table__.update().values(returned=99))
        claim.state, claim.paid_at, claim.state_at = "paid", at(10), clock.now()
    refresh()
    rows = database.session.scalars(select(ReportMonth).where(ReportMonth.node_id == tree.city.id)).all()
    found = {row.month.month: (row.submitted, row.returned, row.paid, row.paid_fen) for row in rows}
    assert found == {3: (1, 99, 0, 0), 8: (1, 0, 0, 0), 10: (0, 0, 1, 5_00)}


def test_once_a_day_everything_is_worked_out_anew(office: Office, tree: Tree) -> None:
    """A union that moved to another parent shows there the day after."""
    import time_machine

    from tests.claims.paper import TODAY

    (claim,) = office.rows(1, tree.one, "paid", award_fen=1)
    with transaction():
        claim.state_at = at(8)
    refresh()
    with transaction():
        tree.one.parent_id, tree.one.path = tree.west.id, f"{tree.west.path}{tree.one.id}/"
    refresh()
    nodes = set(database.session.scalars(select(ReportMonth.node_id)))
    assert tree.west.id not in nodes
    with time_machine.travel(TODAY + dt.timedelta(days=1), tick=True):
        refresh()
    nodes = set(database.session.scalars(select(ReportMonth.node_id)))
    assert tree.west.id in nodes and tree.east.id not in nodes


def test_the_page_says_as_of_when(office: Office, tree: Tree, sign: Sign) -> None:
    asker = sign(OPERATOR, union=tree.one)
    assert "数字正在统计" in says(asker.get(BOARD))
    jobs.refresh()
    assert "补助数字截至 2026-" in says(asker.get(BOARD))
    kept = {row.key: row.waiting for row in database.session.scalars(select(ReportStamp))}
    assert kept == {"claims": [], "people": []}


def test_a14_the_board_costs_eight_statements_whatever_there_is(
    office: Office, tree: Tree, sign: Sign, statements
) -> None:
    """A14: of its own, beside the session, the asker and the navigation."""
    asker, costs = sign(OPERATOR, union=tree.east), []
    asker.get(BOARD)
    for _ in range(2):
        year(office, tree)
        refresh()
        with statements() as seen:
            asker.get(BOARD)
        with statements() as frame:
            asker.get("/admin/reports/exports")
        costs.append((len(seen), len(seen) - len(frame) + 1))
    assert costs[0] == costs[1] and costs[0][1] <= 8, costs


def test_loss_ratio_is_what_was_paid_of_the_fees(office: Office, tree: Tree) -> None:
    """赔付率: 300 yuan paid of 2 × 100 yuan of fees."""
    year(office, tree)
    refresh()
    line = next(one for one in board.plan_lines(board.nodes_of(None)) if one.code == "GX-2026")
    assert (line.covered, line.fees_fen, line.paid_fen, line.ratio) == (2, 200_00, 300_00, 150.0)


def test_who_is_missing_is_counted_union_by_union(world: World, tree: Tree) -> None:
    for union in (tree.one, tree.one, tree.two):
        world.employee(union)
    world.cover(world.employee(tree.two))
    refresh()
    together, lines = board.union_lines([tree.east.id], "GX-2026")
    assert together == (300, 4, 1), "单位从业人数 of the district and its two plants"
    assert [(one.name, one.people, one.covered, one.missing, one.share) for one in lines] == [
        ("东区一厂工会", 2, 0, 2, 0.0), ("东区二厂工会", 2, 1, 1, 50.0),
    ]  # fmt: skip
