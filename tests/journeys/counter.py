"""What does an operator do for a worker at the union's counter? Choose, fill in, upload, print, hand in."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.claims.paper import CARD
from tests.journeys.papers import paper
from tests.journeys.worker import STAY

if TYPE_CHECKING:
    from tests.journeys.desk import Desk

OTHER = ("explanation", "payee_id_front", "payee_id_back", "payee_bank_card")
AGENT = ("agent_id_front", "agent_id_back")
HURT, RECOGNISED, DIED = (str(dt.date.today() - dt.timedelta(days=days)) for days in (120, 60, 40))
RELATIVE = {
    "收款户名": "李家属",
    "被保障人无法申领的原因": "本人已亡故",
    "家属手机号码": "13700001111",
    "开户行": "示例银行",
    "银行卡号": CARD,
}


class Counter:
    """One operator at the desk, or with the phone: every page is looked at on both."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.page, self.eyes = desk, desk.page, desk.eyes
        self.number = ""

    def choose(self, benefit: str, name: str, look: str) -> None:
        """XM-80 … XM-83: 补助项目, 代他人办理, 选择人员, 确定."""
        self.desk.open("/admin/")
        self.desk.follow_link("医疗补助申请")
        self.desk.on("医疗补助申请", "filing-new")
        self.desk.follow_link(benefit)
        expect(self.page.get_by_role("link", name="代他人办理")).to_have_attribute("aria-current", "true")
        self.page.get_by_label("选择人员：写姓名、证件号码或手机号码").fill(name)
        self.desk.press("查找")
        self.desk.reads(name)
        self.page.get_by_role("checkbox").check()
        self.eyes.look(f"filing-people-{look}")
        self.desk.press("确定")
        self.desk.reads("草稿已保存")
        self.number = self.page.url.split("/")[-2]

    def type(self, answers: dict[str, str]) -> None:
        for label, value in answers.items():
            self.page.get_by_label(label, exact=True).fill(value)

    def upload(self, *kinds: str) -> None:
        for kind in kinds:
            box = self.page.locator(f"[data-kind={kind}]")
            box.locator("input[type=file]").set_input_files([paper(kind)])  # type: ignore[list-item]
        for kind in kinds:
            box = self.page.locator(f"[data-kind={kind}]")
            expect(box.locator("[data-done]").last).to_contain_text("已上传")
            expect(box.locator(".up-item:not([data-done])")).to_have_count(0)

    def on_to_the_check(self, look: str) -> None:
        self.eyes.look(f"filing-filled-{look}")
        self.desk.press("下一步")
        self.desk.on("请核对后提交", f"filing-check-{look}")

    def hand_in(self, look: str, *words: str) -> None:
        self.page.get_by_role("checkbox").check()
        self.desk.press("提交")
        self.desk.reads(self.number, *words)
        self.eyes.look(f"filing-shown-{look}")

    def hospital(self, name: str) -> None:
        for words in ("结算单上还有这些", "校验码和医院等级"):
            folded = self.page.locator("details:not([open]) > summary", has_text=words)
            if folded.count():
                folded.click()
        self.type({**STAY, "收款户名": name, "开户行": "示例银行", "银行卡号": CARD})
        self.upload("id_front", "id_back", "invoice", "settlement", "discharge_record", "bank_card", *AGENT)

    def injury(self, name: str) -> None:
        self.type({"受伤日期": HURT, "工伤认定日期": RECOGNISED})
        self.page.get_by_label("伤残等级", exact=True).select_option("7")
        self.type({"收款户名": name, "开户行": "示例银行", "银行卡号": CARD})
        self.upload("id_front", "id_back", "injury_decision", "grade_decision", "bank_card", *AGENT)

    def death(self) -> None:
        self.type({"亡故日期": DIED, **RELATIVE})
        self.page.get_by_label("疾病", exact=True).check()
        self.page.get_by_label("与被保障人的关系", exact=True).select_option("配偶")
        self.upload("death_certificate", *OTHER, *AGENT)
