"""The operator keeps the roster: template, upload, look over, confirm, result, corrected and again."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from core.db import db as database
from core.roles import OPERATOR
from employee.models import Employee
from tests.roster.conftest import filled, number
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Download

    from tests.journeys.desk import Desk
    from union.models import Union

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# The pages fetch themselves again every few seconds; a busy machine takes its time.
LATER = 60_000


@pytest.fixture
def union(world: World) -> Union:
    return world.union("示例一厂工会委员会", world.union("示例区总工会"))


def fetch(desk: Desk, press: Callable[[], None]) -> bytes:
    with desk.page.expect_download() as found:
        press()
    download: Download = found.value
    return Path(download.path()).read_bytes()


def send(desk: Desk, content: bytes, name: str) -> None:
    file = {"name": name, "mimeType": XLSX, "buffer": content}
    desk.page.get_by_label("填好的表格").set_input_files([file])  # type: ignore[list-item]
    desk.press("上传并核对")


def reads_later(desk: Desk, words: str, has_script: bool) -> None:
    """With script the page tells by itself; without it the browser loads it again (here: we do)."""
    body = desk.page.locator("body")
    if has_script:
        expect(body).to_contain_text(words, timeout=LATER)
        return
    for _ in range(60):
        if words in body.inner_text():
            return
        desk.page.wait_for_timeout(1000)
        desk.page.reload()
    expect(body).to_contain_text(words)


@pytest.mark.parametrize("has_script", [True, False])
def test_a_roster_is_imported_corrected_and_imported_again(
    union: Union, world: World, working: None, desk_of: Callable[..., Desk], has_script: bool
) -> None:
    """XM-26, XM-30 … XM-34, XM-38, XM-39, XM-40: as the manual walks it, on the desk and on a phone."""
    here = world.employee(union, name="甲样本", id_number=number(501))
    world.employee(union, name="缺席样本")
    away = world.employee(world.union("示例二厂工会委员会"), name="乙样本")
    world.cover(here)
    user = world.staff(OPERATOR, union=union, name="郑经办")
    desk = desk_of(user, "roster-", java_script_enabled=has_script) if has_script else plain(desk_of, user)

    desk.follow_link("职工名册")
    desk.on("职工名册", "roster")
    template = fetch(desk, lambda: desk.follow_link("职工模板下载"))
    desk.follow_link("导入职工信息")
    desk.on("导入职工信息", "roster-upload")
    send(desk, b"%PDF-1.7 not a table", "名册.pdf")
    desk.reads("这个文件不是表格，请上传 .xlsx 或 .csv 文件")
    desk.eyes.look("roster-upload-refused")
    rows: list[list[Any]] = [
        ["甲样本", None, number(501), None, None, "13900005011"],
        ["石爨", None, number(502), None, None, "13900005022"],
        ["磳 样本", None, number(503), None, None, "13900005033"],
        ["不符样本", None, number(504), None, None, "13900005044"],
        ["乙样本", None, away.id_number],
    ]
    send(desk, filled(rows, template), "八月名册.xlsx")
    reads_later(desk, "将新增 2 人、更新 1 人、1 行有错不导入", has_script)
    desk.reads("中文姓名中间不能有空格", "磳 样本")
    desk.on("核对导入", "roster-preview")
    for tile in ("更新", "新增", "名册里有但表里没有", "在其他工会"):
        desk.page.locator(".tile", has_text=tile).first.click()
        expect(desk.page.locator(".tile[aria-current]")).to_contain_text(tile)
        desk.eyes.look(f"roster-preview-{tile}")
    desk.page.get_by_role("checkbox").first.check()
    desk.press("确认导入")
    reads_later(desk, "已写入 2 人", has_script)
    desk.reads("1 行的姓名与证件号码不一致", "处理完成")
    desk.eyes.look("roster-done")
    desk.follow_link("返回导入结果列表")
    desk.on("查看导入结果", "roster-imports")
    desk.reads("八月名册.xlsx", "已处理", "郑经办")
    result = fetch(desk, lambda: desk.page.get_by_role("button", name="查看结果").click())
    assert {"石爨", "甲样本"} <= {person.name for person in people(union)}

    desk.open(f"/admin/roster/import?union={union.id}")
    send(desk, corrected(result), "改好的结果.xlsx")
    reads_later(desk, "将新增 2 人", has_script)
    desk.press("确认导入")
    reads_later(desk, "处理完成", has_script)
    assert "磳样本" in {person.name for person in people(union)}


def plain(desk_of: Callable[..., Desk], user: Any) -> Desk:
    """A browser whose JavaScript does not run cannot be looked at."""
    desk = desk_of(user, "roster-plain-")
    state = desk.page.context.storage_state()
    browser = desk.page.context.browser
    assert browser
    context = browser.new_context(
        java_script_enabled=False, storage_state=state, viewport={"width": 390, "height": 844}, locale="zh-CN"
    )
    context.set_default_timeout(15_000)
    desk.page = context.new_page()
    desk.eyes.screens = ()
    desk.open("/admin/")
    desk.follow_link("菜单")
    return desk


def corrected(result: bytes) -> bytes:
    """The result file with the one name put right, its two more columns left as they came."""
    book = load_workbook(io.BytesIO(result))
    for row in book.active.iter_rows():
        if row[0].value == "磳 样本":
            row[0].value = "磳样本"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def people(union: Union) -> list[Employee]:
    database.session.rollback()
    database.session.expire_all()
    return database.session.query(Employee).filter_by(union_id=union.id).all()


def test_one_person_is_added_found_corrected_and_leaves(
    union: Union, world: World, working: None, desk_of: Callable[..., Desk]
) -> None:
    """XM-36, XM-39, XM-40: 新增, with the check's answer on the page; 修改, 离职, 恢复在职."""
    desk = desk_of(world.staff(OPERATOR, union=union, name="郑经办"), "roster-")
    desk.open("/admin/roster")
    desk.follow_link("新增")
    desk.on("新增职工", "roster-new")
    desk.page.get_by_label("姓名", exact=True).fill("石 爨")
    desk.press("保存")
    desk.reads("中文姓名中间不能有空格", "没有填证件号码")
    desk.eyes.look("roster-new-errors")
    desk.page.get_by_label("姓名", exact=True).fill("石爨")
    desk.page.get_by_label("证件号码", exact=True).fill(number(601))
    desk.page.get_by_label("手机号码", exact=True).fill("13900006011")
    desk.press("保存")
    desk.on("石爨")
    desk.reads("已加入名册")
    for _ in range(30):
        if "姓名与证件号码一致" in desk.page.locator("body").inner_text():
            break
        desk.page.wait_for_timeout(1000)
        desk.page.reload()
    desk.reads("姓名与证件号码一致", "没有参保记录")
    desk.eyes.look("roster-person")
    desk.follow_link("修改")
    desk.on("修改职工信息", "roster-edit")
    desk.page.get_by_label("备注（选填）").fill("示例备注")
    desk.press("保存")
    desk.reads("已保存", "示例备注")
    desk.follow_link("离职")
    desk.on("登记离职", "roster-leave")
    desk.press("确定")
    desk.reads("已登记离职")
    desk.eyes.look("roster-left")
    desk.press("恢复在职")
    desk.reads("已恢复在职")
    desk.open("/admin/roster")
    desk.page.get_by_label("查找：姓名").fill("爨")
    desk.press("查找")
    desk.reads("下面是找到的职工", "石爨")
    desk.eyes.look("roster-found")
