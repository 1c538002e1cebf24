"""The operator reads, searches and exports; the scheme looks back for stays nobody claimed for (A11, A14)."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook
from playwright.sync_api import expect

from core.roles import ADMINISTRATOR, OPERATOR
from core.sheets import write_xlsx
from finder import rules
from reports import jobs
from tests.journeys.conftest import PERIOD
from tests.office import Office
from tests.world import World

if TYPE_CHECKING:
    from employee.models import Employee
    from tests.journeys.desk import Desk
    from tests.journeys.worker import Worker

LATER = 90_000  # the pages fetch themselves again; a busy machine takes its time
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_xm_121_the_operator_reads_the_board_a_list_and_takes_a_table(
    wang: Employee, world: World, working: None, desk_of: Callable[..., Desk]
) -> None:
    """XM-120, XM-121, XM-122: 数据统计 from the navigation, the lists, a table with a reason."""
    from core.db import db
    from union.models import Union

    union = db.session.get(Union, wang.union_id)
    Office(world).rows(3, union, "paid", award_fen=120_000)
    while jobs.figures.refresh(20):
        pass
    desk = desk_of(world.staff(OPERATOR, union=union, name="郑经办"), "reports-")
    desk.follow_link("数据统计")
    desk.on("看板", "board")
    desk.reads("参保人数", "补助数字截至")
    desk.follow_link("职工补助记录")
    desk.on("职工补助记录", "claims")
    desk.reads("共 3 条", "核定金额合计 3,600.00 元")
    desk.follow_link("工会参保信息")
    desk.on("工会参保信息", "enrolments")
    desk.reads("没有符合条件的记录，换个条件试试。")
    desk.follow_link("职工参保信息")
    desk.on("职工参保信息", "coverages")
    desk.page.get_by_label("查找职工：").fill(wang.id_number or "")
    desk.press("查找")
    desk.reads("下面是查到的职工", "王小明")
    assert (wang.id_number or "-") not in desk.page.url
    desk.follow_link("导出表格…")
    desk.on("导出职工参保信息", "export")
    desk.press("开始导出")
    desk.reads("请填写导出原因")
    desk.page.get_by_label("导出原因").fill("年度核对")
    desk.press("开始导出")
    desk.on("我的导出")
    expect(desk.page.locator("body")).to_contain_text("可下载", timeout=LATER)
    desk.eyes.look("exports")
    with desk.page.expect_download() as found:
        desk.page.get_by_role("button", name="下载").click()
    rows = load_workbook(io.BytesIO(Path(found.value.path()).read_bytes())).active
    said = str([[cell.value for cell in row] for row in rows.iter_rows()])
    assert "郑经办" in said and "年度核对" in said and "王*明" in said and (wang.id_number or "-") not in said


def test_the_board_prints_as_tables(wang: Employee, world: World, desk_of: Callable[..., Desk]) -> None:
    """A14: on paper there is no navigation, no form, and a table is a table although paper is narrow."""
    while jobs.figures.refresh(20):
        pass
    desk = desk_of(world.staff(ADMINISTRATOR, name="周管理"), "print-")
    desk.open("/admin/reports")
    desk.page.emulate_media(media="print")
    desk.page.set_viewport_size({"width": 718, "height": 1000})
    shown: Any = desk.page.evaluate(
        "['.a-nav', '.filter', '.subtabs', '.table', '.table thead'].map(s => {"
        " const e = document.querySelector(s); return e ? getComputedStyle(e).display : 'gone' })"
    )
    assert shown == ["none", "none", "none", "table", "table-header-group"]
    assert desk.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_stay_nobody_claimed_for_is_found_told_and_read_on_the_phone(
    bound: Employee,
    world: World,
    working: None,
    desk_of: Callable[..., Desk],
    worker_on: Callable[..., Worker],
) -> None:
    """回头望: upload, look, tell; the union's list; the person's page."""
    first, last = PERIOD[0].replace(day=1) if PERIOD[0].day == 1 else PERIOD[0], PERIOD[0]
    rows = [(bound.id_number, first.isoformat(), last.isoformat()), ("", first.isoformat(), last.isoformat())]
    desk = desk_of(world.staff(ADMINISTRATOR, name="周管理"), "finder-")
    desk.follow_link("回头望")
    desk.on("回头望", "finder-empty")
    desk.follow_link("结算数据")
    desk.on("结算数据", "finder-runs")
    content = write_xlsx(rules.TITLES, rows, above=rules.instructions())
    file = {"name": "结算.xlsx", "mimeType": XLSX, "buffer": content}
    desk.page.get_by_label("结算数据表格").set_input_files([file])  # type: ignore[list-item]
    desk.press("上传并核对")
    desk.on("核对结果")
    expect(desk.page.locator("body")).to_contain_text("将提醒 1 人", timeout=LATER)
    desk.reads("没有填证件号码")
    desk.eyes.look("finder-found")
    desk.press("发出提醒")
    expect(desk.page.locator("body")).to_contain_text("已提醒", timeout=LATER)
    desk.open("/admin/finder")
    desk.reads("已提醒", "王*明")
    desk.eyes.look("finder-told")
    worker = worker_on("hints-")
    worker.open("/h5/hints")
    worker.eyes.look("hints")
    expect(worker.page.locator("body")).to_contain_text("这次住院还没有收到您的申请")
