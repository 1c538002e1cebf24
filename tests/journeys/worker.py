"""What does the worker do on the phone? Each verb is what a person reads, types and presses, nothing else."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.claims.paper import CARD
from tests.journeys.outside import until
from tests.journeys.papers import paper

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.journeys.eyes import Eyes
    from tests.journeys.outside import Outside

ENTERED, LEFT = (dt.date.today() - dt.timedelta(days=days) for days in (50, 43))
STAY = {
    "就诊医院": "某某市人民医院",
    "疾病诊断": "示例诊断",
    "入院日期": str(ENTERED),
    "出院日期": str(LEFT),
    "医疗总费用": "12000",
    "个人自付": "3206.30",
    "统筹支付": "7000",
    "个人自费": "1000",
    "票据代码（选填）": "45060126",
    "票据号码": "0012345678",
}


class Worker:
    """One person with one phone; `person` is who the sandbox says is holding it."""

    def __init__(self, page: Page, eyes: Eyes, outside: Outside, base: str) -> None:
        self.page, self.eyes, self.outside, self.base = page, eyes, outside, base
        self.has_script = True
        self.number = ""  # of the claim, once handed in

    # --- getting around ---

    def open(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.base + path)

    def open_signed_in(self, path: str) -> None:
        """As from the account's menu: through the silent sign-in."""
        self.open(f"/wechat/oauth?next={path}")

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).click()

    def follow_link(self, label: str | re.Pattern[str]) -> None:
        self.page.get_by_role("link", name=label).first.click()

    def reads(self, *words: str) -> None:
        for text in words:
            expect(self.page.locator("body")).to_contain_text(text)

    def on(self, heading: str, look: str = "") -> None:
        """The page with this heading has come; look at it."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)
        if look:
            self.eyes.look(look)

    def fill(self, answers: dict[str, str]) -> None:
        for label, value in answers.items():
            self.page.get_by_label(label, exact=True).fill(value)

    def unfold(self, words: str) -> None:
        summary = self.page.locator("details:not([open]) > summary", has_text=words)
        if summary.count():
            summary.click()

    def uploader(self, kind: str) -> Locator:
        return self.page.locator(f"[data-kind={kind}]")

    def photograph(self, *kinds: str) -> None:
        for kind in kinds:
            self.uploader(kind).locator("input[type=file]").set_input_files([paper(kind)])  # type: ignore[list-item]
        if self.has_script:  # otherwise they travel with the page
            for kind in kinds:
                expect(self.uploader(kind).locator("[data-done]").last).to_contain_text("已上传")
                expect(self.uploader(kind).locator(".up-item:not([data-done])")).to_have_count(0)

    # --- binding (GX-01 … GX-18) ---

    def ask_for_code(self) -> None:
        self.press("获取")
        self.reads("验证码已发到 199****0003，5 分钟内有效")
        self.page.get_by_label("验证码", exact=True).fill(self.outside.code())

    def fill_binding(self, name: str, id_number: str) -> None:
        """GX-10 … GX-14: the placeholders are the manual's, the certificate is 居民身份证 by default."""
        page = self.page
        expect(page.get_by_label("证件类型")).to_have_value("resident_id")
        for label in ("姓名", "证件号码", "手机号码", "验证码"):
            whose = "" if label == "验证码" else "您的"
            expect(page.get_by_placeholder(f"请输入{whose}{label}")).to_be_visible()
        self.fill({"姓名": name, "证件号码": id_number, "手机号码": self.outside.number})
        page.get_by_role("checkbox").check()

    def bind(self, name: str, id_number: str) -> None:
        self.on("职工绑定账号", "bind")
        self.fill_binding(name, id_number)
        self.ask_for_code()
        self.press("立即绑定")
        self.on("绑定成功", "bound")

    # --- filing (GX-20 … GX-24) ---

    def start(self) -> None:
        """GX-20, GX-22: 补助申请 → 申请住院补助金."""
        self.on("补助申请", "claims-empty")
        self.reads("职工客户端只能申请住院医疗补助")
        self.follow_link("申请住院补助金")
        self.on("申请住院补助金", "start")
        for box in self.page.get_by_role("checkbox").all():
            box.check()
        self.press("开始填写")

    def step_1(self) -> None:
        self.reads("第 1 步，共 3 步")
        self.on("参保人证件上传", "step1")
        self.photograph("id_front", "id_back")
        self.eyes.look("step1-photos")
        self.press("下一步")

    def step_2(self, **stay: str) -> None:
        self.reads("第 2 步，共 3 步")
        self.on("住院信息填写及单据上传", "step2")
        self.unfold("结算单上还有这些")
        self.unfold("校验码和医院等级")
        self.fill({**STAY, **stay})
        self.page.get_by_label("医院等级").select_option("三级")
        self.photograph("invoice", "settlement", "discharge_record")
        self.eyes.look("step2-filled")
        self.press("下一步")

    def step_3(self, name: str, card: str = CARD) -> None:
        self.reads("第 3 步，共 3 步", "请尽量用一类银行卡，二类卡可能限额")
        self.on("填写补助金收款账户", "step3")
        self.fill({"收款户名": name, "开户行": "示例银行", "银行卡号": card})
        self.photograph("bank_card")
        self.eyes.look("step3-filled")
        self.press("下一步")

    def fill_claim(self, name: str, card: str = CARD) -> None:
        self.start()
        self.step_1()
        self.step_2()
        self.step_3(name, card)

    def check(self) -> str:
        """The check page: everything said back, the estimate worked out. Gives the estimate."""
        self.on("请核对后提交", "check")
        self.reads("预计补助金额", "按您填写的内容计算，以审核核定为准", "3,206.30 元")
        return self.page.locator(".amount").first.inner_text()

    def submit(self) -> str:
        """GX-24. Gives the number."""
        self.page.get_by_label("以上内容和单据真实，如有虚假愿承担责任").check()
        self.press("提交申请")
        self.on("申请已提交", "submitted")
        self.reads("审核一般需要 5 个工作日，有结果会发短信和站内信")
        found = re.search(r"BZ\d+", self.page.locator("main").inner_text())
        assert found
        self.number = found[0]
        return self.number

    # --- being told (GX-25, GX-28, GX-31, GX-64) ---

    def is_told(self, title: str, inbox: str, wechat: str, sms: str) -> None:
        """By 站内信, by WeChat and by SMS; the SMS says nothing personal and leads to /s/claims."""
        self.outside.gets_wechat(wechat, self.number)
        texts = self.outside.counts_sms(1)
        text = until(lambda: next((t for t in self.outside.sms() if sms in t), ""), f"SMS {sms}")
        assert "/s/claims" in text, texts
        assert not re.search(r"BZ\d|\d{6}|\d\.\d\d|诊断|王小明", text), text
        self.open("/h5/messages")
        self.on("消息", "messages")
        self.follow_link(re.compile(f"^{title} 未读"))
        self.on(title, "message")
        self.reads(inbox)
