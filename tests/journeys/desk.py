"""What does the staff do at the desk? Sign in with password and code, decide, pay; as read and pressed."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyotp
from playwright.sync_api import expect

from tests.world import PASSWORD, TOTP_SECRET

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from staff.models import StaffUser
    from tests.journeys.eyes import Eyes


class Desk:
    """One member of staff at one computer."""

    def __init__(self, page: Page, eyes: Eyes, base: str) -> None:
        self.page, self.eyes, self.base = page, eyes, base

    def open(self, path: str) -> None:
        self.page.goto(self.base + path)

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).click()

    def follow_link(self, label: str) -> None:
        self.page.get_by_role("link", name=label, exact=True).first.click()

    def reads(self, *words: str) -> None:
        for text in words:
            expect(self.page.locator("body")).to_contain_text(text)

    def on(self, heading: str, look: str = "") -> None:
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)
        if look:
            self.eyes.look(look)

    def sign_in(self, user: StaffUser) -> None:
        self.open("/admin/")
        self.on("工作人员登录", "login")
        self.page.get_by_label("证件号码或手机号码").fill(user.phone or "")
        self.page.get_by_label("密码", exact=True).fill(PASSWORD)
        self.page.get_by_label("动态码").fill(pyotp.TOTP(TOTP_SECRET).at(int(time.time())))
        self.press("登录")
        self.on("待办")

    # --- review (GX-61, GX-62) ---

    def take_next(self, number: str, look: str) -> None:
        self.open("/admin/")
        self.on("待办", "work")
        self.reads(number)
        self.press("领取下一件")
        self.reads(f"申报号 {number}", "系统核对", "申请内容", "办理记录", "由您领取")
        self.eyes.look(f"claim-{look}")

    def send_back(self, reason: str, *items: str) -> None:
        """退回 with a common reason and the items concerned."""
        self.follow_link("退回…")
        self.on("退回这份申请", "return")
        self.press("退回到提单")
        self.reads("请填写退回原因，申请人要看到")
        self.page.locator(".chip", has_text=reason).click()
        expect(self.page.get_by_label("退回原因")).to_have_value(reason)
        for item in items:
            self.page.get_by_label(item, exact=True).check()
        self.eyes.look("return-filled")
        self.press("退回到提单")
        self.reads("已退回")

    def agree(self, *words: str) -> None:
        self.follow_link("同意")
        self.on("同意这份申请", "approve")
        self.reads(*words)
        self.press("确定")
        self.reads("已同意")

    # --- paying (GX-27 … GX-30, GX-63) ---

    def make_batch(self) -> str:
        """The maker's part; gives the batch's number."""
        self.open("/admin/payouts")
        self.on("打款批次", "payouts")
        self.follow_link("生成批次")
        self.on("生成批次", "prepare")
        self.press("全部 1 笔，下一步")
        self.on("确认生成批次", "confirm")
        self.press("生成批次")
        self.on("批次 DK", "batch-made")
        self.reads("请交给另一位财务人员复核")
        found = re.search(r"DK\d+", self.page.get_by_role("heading", level=1).inner_text())
        assert found
        return found[0]

    def check_batch(self, number: str) -> None:
        """The checker's part."""
        self.open(f"/admin/payouts/{number}")
        self.reads("请核对笔数、金额和收款人")
        self.eyes.look("batch-unchecked")
        self.follow_link("复核通过")
        self.on("复核批次", "check")
        self.press("复核通过")
        self.reads("复核通过，可以导出银行文件了")

    def export(self, number: str) -> bytes:
        """The bank's file, as it lands in the download folder."""
        self.open(f"/admin/payouts/{number}")
        self.follow_link("导出银行文件")
        self.on("导出银行文件", "export")
        with self.page.expect_download() as download:
            self.press("下载文件")
        content = Path(download.value.path()).read_bytes()
        self.follow_link("返回批次")
        return content

    def settle(self, number: str, answer: bytes, look: str, *words: str) -> None:
        """Upload the bank's answer, read the preview, confirm."""
        self.open(f"/admin/payouts/{number}")
        self.eyes.look("batch-exported")
        self.follow_link("导入回盘文件")
        self.on("导入回盘文件", "settle")
        file = {"name": "result.csv", "mimeType": "text/csv", "buffer": answer}
        self.page.get_by_label("回盘文件").set_input_files([file])  # type: ignore[list-item]
        self.press("上传并核对")
        self.on("确认回盘结果", f"preview-{look}")
        self.reads(*words)
        self.press("确认，通知职工")
        self.reads("回盘结果已确认", "已通知职工")
        self.eyes.look(f"batch-{look}-settled")
