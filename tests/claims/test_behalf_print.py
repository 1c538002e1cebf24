"""申请审批表 and 情况说明 on A4: everything on them, every character, room for stamp and signature."""

from __future__ import annotations

from typing import Any

import pytest

from claims.service import paperwork
from core.db import transaction
from tests.claims.filer import Filer
from tests.claims.paper import CARD, says
from tests.core.test_printing import printed_characters
from tests.world import World, id_number

RARE = "王石爨𠮷㛃"


@pytest.fixture
def union(world: World) -> Any:
    return world.union("示例一厂工会委员会")


@pytest.fixture
def filer(app: Any, world: World, union: Any) -> Filer:
    return Filer(app, world, union, name="郑经办")


@pytest.fixture
def person(world: World, union: Any) -> Any:
    one = world.employee(union, name=RARE)
    world.cover(one)
    return one


def characters(filer: Filer, at: str, what: str) -> set[str]:
    """Every character that can be copied out of the printed form."""
    answer = filer.send(f"{at}/print/{what}", page=at)
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    return printed_characters(answer.data)


class Said:
    """What a form was told to print, in order, instead of where it stands."""

    def __init__(self, title: str, *_: Any, **__: Any) -> None:
        self.words, self.boxes, self.missing, self.content = [title], [], [], b""

    def small(self, text: str, *_: Any) -> None:
        self.words.append(text)

    heading = paragraph = small

    def facts(self, rows: Any, **_: Any) -> None:
        self.words += [f"{label}：{value}" for label, value in rows]

    def signatures(self, labels: Any, **_: Any) -> None:
        self.boxes += labels


def said(monkeypatch: pytest.MonkeyPatch, claim: Any, what: str) -> Said:
    """The form's content: read where it is handed to the printer, since a PDF has no lines."""
    from core import printing

    made: list[Said] = []
    monkeypatch.setattr(printing, "Form", lambda *a, **k: made.append(Said(*a, **k)) or made[-1])
    paperwork.printed(claim, what)
    return made[0]


def test_every_character_of_rare_names_is_on_both_forms_xm_40(filer: Filer, person: Any) -> None:
    at = filer.filled(person, "death", payee_name="买买提·吐尔逊磳")
    for what in ("form", "statement"):
        found = characters(filer, at, what)
        assert set(RARE) | set("买提·吐尔逊磳") <= found, what
        assert set(CARD) <= found


@pytest.mark.parametrize("kind", ["hospital", "injury", "death"])
def test_the_application_form_holds_what_was_typed_and_room_for_stamp_and_signature_xm_100(
    filer: Filer, person: Any, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XM-100, XM-110: the chair signs in person, the union stamps, each level writes what it thinks."""
    claim = filer.filed(person, kind)
    form = said(monkeypatch, claim, "form")
    words = "\n".join(form.words)
    for part in (
        claim.number,
        RARE,
        person.id_number,
        "示例一厂工会委员会",
        "6222 0212 3456 7890 128",
        "郑经办",
        "代他人办理",
    ):
        assert part in words, part
    wanted = {
        "hospital": ("某某市人民医院", "入院日期：2026-10-01", "个人自付：3,206.30 元", "住院天数：7 天"),
        "injury": ("受伤日期：2026-03-01", "工伤认定日期：2026-05-06", "伤残等级：7 级", "4,500.00"),
        "death": ("亡故日期：2026-06-18", "死亡原因：疾病", "他人的卡（配偶）", "预计补助金额"),
    }
    for part in wanted[kind]:
        assert part in words, part
    assert form.boxes == [
        "申请人或代办人（签字）", "工会主席（本人签名）", "单位工会（盖公章）", "初核意见", "复核意见"
    ]  # fmt: skip


def test_the_profiles_own_title_stands_over_the_form_xm_100(
    make_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(SCHEME="xiamen")
    with app.app_context():
        world = World()
        union = world.union()
        one, filer = world.employee(union), Filer(app, world, union)
        world.cover(one, "XM-2026")
        filer.extra = ("application_form",)
        form = said(monkeypatch, filer.filed(one), "form")
        assert form.words[0] == "厦门市职工医疗互助保障活动补助(慰问)金申请审批表"
        assert form.boxes[3:] == ["基层审核意见", "初审意见", "复审意见"]


def test_the_statement_says_all_the_manual_asks_for_xm_115(
    filer: Filer, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason, the relation, the payee, and room for the seal of the person's union."""
    claim = filer.filed(person, "death", payee_id_number=id_number(7))
    form = said(monkeypatch, claim, "statement")
    words = "\n".join(form.words)
    for part in (
        "情况说明", RARE, person.id_number, "示例一厂工会委员会", claim.number, "被保障人无法申领的原因",
        "本人已亡故",
        "收款人姓名：李家属", "与被保障人的关系：配偶", f"收款人证件号码：{id_number(7)}",
        "收款人手机号码：13700001111", "开户行：示例银行", "6222 0212 3456 7890 128",
    ):  # fmt: skip
        assert part in words, part
    assert form.boxes == ["收款人（签字）", "经办人（签字）", "被保障人所在工会（盖章）"]


def test_what_is_not_known_is_left_to_the_pen(
    filer: Filer, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = filer.start(person, "death")
    form = said(monkeypatch, filer.claim(at), "statement")
    assert f"收款人证件号码：{paperwork.BLANK}" in form.words and paperwork.BLANK in form.words


def test_the_page_says_when_stamps_and_signatures_are_needed_xm_110(filer: Filer, person: Any) -> None:
    at = filer.start(person, "death")
    page = says(filer.get(at))
    for words in (
        "打印申请审批表",
        "打印情况说明",
        "需要加盖工会公章或单位公章的请盖章",
        "请由工会主席本人签名",
    ):
        assert words in page
    own = says(filer.get(filer.start(person, "injury")))
    assert "打印申请审批表" in own and "打印情况说明" not in own
    refused = filer.send(f"{filer.start(person)}/print/statement", page=at)
    assert refused.status_code == 404, "an own card needs no statement"


def test_a_character_no_font_has_is_told_before_anybody_prints(filer: Filer, person: Any) -> None:
    with transaction():
        person.name = "张\U0010fffd"
    at = filer.start(person)
    assert "（U+10FFFD）。打印时用 〓 和编码代替，请手写补上" in says(filer.get(at))


def test_printing_goes_on_record(filer: Filer, person: Any) -> None:
    from core.audit import AuditEntry
    from core.db import db

    at = filer.start(person)
    characters(filer, at, "form")
    row = db.session.query(AuditEntry).filter_by(action="claim.print").one()
    assert row.actor_id == filer.user.id
