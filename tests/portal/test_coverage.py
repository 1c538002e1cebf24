"""职工参保 (E4): what am I insured for, what is left, why not, whom do I ask, and a certificate to keep."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
import time_machine
from PIL import Image, ImageChops

from core import clock, lettering
from core.db import transaction
from plans.rules import Cover, Memory, Used, load_plan, rights, standing, together
from plans.service import all_plans
from portal.certificate import Certificate, drawn
from tests.claims.paper import TODAY, says
from tests.office import Office
from tests.world import World

YEAR = {"starts_on": dt.date(2026, 1, 1), "ends_on": dt.date(2026, 12, 31)}
LAST_YEAR = {"starts_on": dt.date(2025, 1, 1), "ends_on": dt.date(2025, 12, 31)}


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def world(db: Any) -> World:
    return World()


@pytest.fixture
def signed_in(client: Any, world: World) -> Any:
    """A bound person with a signed-in phone; `cover` makes their records."""

    def make(*covers: dict[str, Any], **values: Any) -> tuple[Any, Any, list[Any]]:
        person = world.employee(**values)
        world.bind(person)
        world.sign_in(client, person=person)
        return client, person, [world.cover(person, **cover) for cover in covers]

    return make


# --- where one stands: pure --------------------------------------------------------------------------------

FIRST = Cover(dt.date(2026, 11, 1), dt.date(2026, 12, 31), True)
AGAIN = Cover(dt.date(2026, 11, 1), dt.date(2026, 12, 31), False)


@pytest.mark.parametrize(
    ("cover", "on", "label"),
    [
        (AGAIN, dt.date(2026, 10, 31), "还没开始"),
        (AGAIN, dt.date(2026, 11, 1), "保障中"),
        (AGAIN, dt.date(2026, 12, 31), "保障中"),
        (AGAIN, dt.date(2027, 1, 1), "已结束"),
        (FIRST, dt.date(2026, 10, 31), "还没开始"),
        (FIRST, dt.date(2026, 11, 1), "等待期"),
        (FIRST, dt.date(2026, 11, 30), "等待期"),
        (FIRST, dt.date(2026, 12, 1), "保障中"),  # thirty days are over
        (FIRST, dt.date(2027, 1, 1), "已结束"),
    ],
)
def test_where_a_person_stands_on_each_edge_of_a_period(
    app: Any, cover: Cover, on: dt.date, label: str
) -> None:
    with app.app_context():
        assert standing(all_plans()[0], cover, on).label == label


def test_what_is_left_is_what_the_engine_would_still_pay(app: Any) -> None:
    """The ceilings of the page and the caps of the award read the same memory."""
    with app.app_context():
        plan = next(one for one in all_plans() if one.code == "GX-2026")
    memory = Memory({"ZYYL": Used(paid_fen=9_900_000, deductible_fen=20_000, base_fen=1)}, 9_900_000)
    hospital = rights(plan, memory)[0]
    assert [(c.label, c.left) for c in hospital.ceilings] == [
        ("本期最多补助", "1,000 元"),
        ("本期起付", "300 元没扣"),
    ]
    assert hospital.had == "99,000.00"
    assert [c.left for c in together(plan, memory)] == ["51,000 元"]
    beyond = Memory({"ZYYL": Used(paid_fen=99_900_000)}, 99_900_000)
    assert rights(plan, beyond)[0].ceilings[0].left == together(plan, beyond)[0].left == "0 元"


def test_a_death_is_not_something_one_has_left(app: Any) -> None:
    """What happens once is not counted down before it happened; afterwards the page says 0 次."""
    with app.app_context():
        plan = next(one for one in all_plans() if one.code == "GX-2026")

    def death(memory: Memory) -> list[tuple[str, str]]:
        right = next(right for right in rights(plan, memory) if right.name == "职工亡故慰问金")
        return [(ceiling.limit, ceiling.left) for ceiling in right.ceilings]

    assert death(Memory()) == [("1 次", "")]
    assert death(Memory({"ZGWG": Used(paid_fen=1_000_000, events=1)}, 1_000_000)) == [("1 次", "0 次")]


@pytest.mark.parametrize("scheme", ["guangxi", "xiamen"])
def test_every_figure_of_every_shipped_plan_is_said(make_app: Any, scheme: str) -> None:
    """No benefit is without a sentence, and no amount or rate of a benefit is left out."""
    with make_app(SCHEME=scheme).app_context():
        for plan in all_plans():
            for benefit, right in zip(plan.benefits, rights(plan, Memory()), strict=True):
                said = " ".join(
                    [
                        *right.sentences,
                        *(f"{a} {b}" for a, b in right.table),
                        *(c.limit for c in right.ceilings),
                    ]
                )
                assert right.sentences
                tiers = benefit.tiers.pays_fen if benefit.tiers else ()
                own = (benefit.amount_fen, benefit.per_day_fen, benefit.deductible_fen, benefit.minimum_fen)
                for fen in (*own, benefit.cap_period_fen, *benefit.grades_fen, *tiers):
                    assert not fen or f"{fen // 100:,}" in said, (plan.code, benefit.code, fen)
                for rate in (benefit.rate_ppm, *(band.rate_ppm for band in benefit.bands)):
                    assert not rate or f"{rate // 10_000}%" in said


def test_shapes_no_shipped_plan_has_are_said_too() -> None:
    plan = load_plan(SHAPES)
    said = {right.code: right for right in rights(plan, Memory())}
    assert said["P"].sentences == (
        "只补助在三级、二级医院的住院",
        "按个人自付的 20% 补助",
        "先扣起付 300 元，每次都扣",
        "异地就医的，按算出金额的 80% 补助",
    )
    assert [c.label for c in said["P"].ceilings] == ["每次最多补助"]
    assert said["T"].sentences == ("本期各项补助合计不足 1,000 元的，补足到 1,000 元",)


SHAPES = """
code = "T-1"
name = "测试"
version = "1"
starts_on = 2026-01-01
ends_on = 2026-12-31
fee = { value = "1.00", source = "示例" }
cap_claim = { value = "9000.00", source = "示例" }
[kinds]
hospital = "住院"
death = "亡故"
[[benefits]]
code = "P"
name = "比例"
kinds = ["hospital"]
shape = "percent"
base = "self_paid"
over = "claim"
rate = { value = "20%", source = "示例" }
deductible = { value = "300.00", source = "示例" }
deductible_per = "claim"
cap_claim = { value = "5000.00", source = "示例" }
only = { hospital_grades = ["三级", "二级"], source = "示例" }
out_of_area_factor = { value = "80%", source = "示例" }
[[benefits]]
code = "T"
name = "补足"
kinds = ["death"]
shape = "top_up"
minimum = { value = "1000.00", source = "示例" }
counts = ["P"]
"""


# --- the pages ---------------------------------------------------------------------------------------------


def test_gx_05_gx_18_records_are_listed_with_plan_union_period_and_state(
    signed_in: Any, world: World
) -> None:
    """GX-05, GX-18: 职工参保列表, 查看参保记录."""
    union = world.union("测试三厂工会委员会")
    client, _, _ = signed_in(YEAR, {**LAST_YEAR, "plan_code": "GX-2025"}, union=union)
    page = says(client.get("/h5/coverage"))
    for words in (
        "2026年度",
        "2025年度",
        "测试三厂工会委员会",
        "保障中",
        "已结束",
        "2026-01-01",
        "2025-12-31",
    ):
        assert words in page
    assert "未参保" not in page and page.index("2026年度") < page.index("2025年度")


def test_gx_03_the_rights_of_a_record_are_told_with_what_is_left(signed_in: Any, world: World) -> None:
    """GX-03, GX-21: 查看保障权益; after an approved claim the rest is smaller."""
    client, person, (cover,) = signed_in(YEAR)
    before = says(client.get(f"/h5/coverage/{cover.id}"))
    for words in (
        "保障中",
        "30%",
        "本期最多补助 100,000 元 还剩 100,000 元",
        "还没有补助过",
        "2027-08-31",
        "住院医疗补助：可以在手机上申请",
        "工伤致残慰问金：请由单位工会代为办理",
        "我要申请补助",
    ):
        assert words in before, words
    claim = Office(world).file(person)
    with transaction():
        claim.state, claim.decided_at, claim.award_fen = "paid", clock.now(), claim.award["total_fen"]
    left = 10_000_000 - claim.award_fen
    after = says(client.get(f"/h5/coverage/{cover.id}"))
    assert f"还剩 {left // 100:,}.{left % 100:02d}".removesuffix(".00") in after
    assert "已经扣完" in after  # the period's deductible


def test_the_xiamen_profile_says_its_own_rights(make_app: Any, db: Any) -> None:
    """GX-21: which kinds the phone may file is the profile's."""
    app = make_app(SCHEME="xiamen")
    with app.app_context():
        world = World()
        person = world.employee()
        world.bind(person)
        cover_id = world.cover(person, "XM-2026").id
        client = world.sign_in(app.test_client(), person=person)
    page = says(client.get(f"/h5/coverage/{cover_id}"))
    assert "住院从第 4 天起每天补助 50 元" in page and "本期最多计 90 天 还剩 90 天" in page and "20%" in page


def test_a_first_timer_reads_when_the_waiting_ends(signed_in: Any) -> None:
    client, _, (cover,) = signed_in({**YEAR, "starts_on": dt.date(2026, 11, 10), "is_first_time": True})
    page = says(client.get(f"/h5/coverage/{cover.id}"))
    assert "等待期" in page and "2026-12-10 起入院的才能申请" in page and "我要申请补助" not in page
    assert "等待期" in says(client.get("/h5/coverage"))


def test_somebody_without_a_record_reads_why_and_whom_to_ask(signed_in: Any, world: World) -> None:
    union = world.union("测试四厂工会委员会")
    with transaction():
        union.contact_phone = "0771-0000123"
    client, _, _ = signed_in(union=union)
    page = says(client.get("/h5/coverage"))
    assert "没有查到您的参保记录。参保由单位工会统一办理，如有疑问请联系本单位工会。" in page
    assert "测试四厂工会委员会" in page and "0771-0000123" in page and "未参保" in page


@pytest.mark.parametrize(
    ("cover", "words"),
    [
        ({**LAST_YEAR, "plan_code": "GX-2025"}, "已在 2025-12-31 结束，还没有查到新一期的参保记录"),
        ({**YEAR, "starts_on": dt.date(2026, 12, 1)}, "您的保障从 2026-12-01 开始"),
    ],
)
def test_somebody_not_covered_today_reads_why(signed_in: Any, cover: dict[str, Any], words: str) -> None:
    client, _, (row,) = signed_in(cover)
    page = says(client.get("/h5/coverage"))
    assert words in page and "未参保" in page
    assert "我要申请补助" not in says(client.get(f"/h5/coverage/{row.id}"))


def test_a_period_whose_plan_file_is_gone_still_has_its_record(signed_in: Any) -> None:
    client, _, (cover,) = signed_in({**LAST_YEAR, "plan_code": "GX-1999"})
    page = says(client.get(f"/h5/coverage/{cover.id}"))
    assert "已结束" in page and "这一期的补助标准请向本单位工会查询" in page


def test_somebody_elses_record_is_as_absent_as_none(signed_in: Any, world: World) -> None:
    client, _, _ = signed_in(YEAR)
    foreign = world.cover(world.employee(name="独孤参保"))
    for page in ("", "/certificate", "/certificate.png"):
        answer = client.get(f"/h5/coverage/{foreign.id}{page}")
        assert answer.status_code == 404 and "独孤参保" not in answer.get_data(as_text=True)
        assert "没有找到这条参保记录" in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/h5/coverage", "one"])
def test_the_pages_cost_the_same_however_much_there_is(
    signed_in: Any, world: World, statements: Any, path: str
) -> None:
    """B2: at most six statements."""
    client, person, (cover,) = signed_in(YEAR)
    path = path if path != "one" else f"/h5/coverage/{cover.id}"
    client.get(path)
    with statements() as few:
        client.get(path)
    for n in range(12):
        world.cover(
            person, f"GX-{2000 + n}", starts_on=dt.date(2000 + n, 1, 1), ends_on=dt.date(2000 + n, 12, 31)
        )
    with statements() as many:
        client.get(path)
    assert len(few) == len(many) <= 6, many


# --- the certificate ---------------------------------------------------------------------------------------


def test_the_certificate_is_a_picture_that_no_cache_keeps(signed_in: Any) -> None:
    client, person, (cover,) = signed_in(YEAR, name="李㛃𬭎")
    page = client.get(f"/h5/coverage/{cover.id}/certificate").get_data(as_text=True)
    assert "长按图片可以保存" in page and "李㛃𬭎" in page and person.id_number not in page
    answer = client.get(f"/h5/coverage/{cover.id}/certificate.png")
    assert answer.mimetype == "image/png" and answer.headers["Cache-Control"] == "no-store"
    picture = Image.open(io.BytesIO(answer.data))
    assert picture.width == 840 and picture.height > 800 and len(answer.data) < 120_000


FONTS = lettering.font_files()
needs_fonts = pytest.mark.skipif(not FONTS, reason="this machine has no font with Chinese")


def _name_part(name: str) -> Image.Image:
    said = Certificate("示例", "参保凭证", (("姓名", name),), ())
    return Image.open(io.BytesIO(drawn(said, FONTS))).convert("L")


@needs_fonts
@pytest.mark.parametrize(
    "name", ["李㛃", "李𬭎", "陈磳", "𠮷某", "阿卜杜拉·买买提", "葛\U000e0100某", "John O'Neil"]
)
def test_every_character_of_a_rare_name_is_drawn(name: str) -> None:
    """XM-40: taking any one character away changes the picture."""
    whole = _name_part(name)
    for place, char in enumerate(name):
        if char == "\U000e0100" or char == " ":
            continue
        less = _name_part(name[:place] + name[place + 1 :])
        size = (840, max(whole.height, less.height))
        a, b = Image.new("L", size, 255), Image.new("L", size, 255)
        a.paste(whole)
        b.paste(less)
        assert ImageChops.difference(a, b).getbbox(), char


@needs_fonts
def test_a_character_no_font_has_is_shown_by_its_code_point(signed_in: Any) -> None:
    """Never dropped: 〓 with the code point in its place, and the page says so."""
    nowhere = "\U0003fffd"
    letters = lettering.Lettering(FONTS, 40)
    assert letters.missing(f"李{nowhere}") == [nowhere]
    assert letters.width(nowhere) == letters.width("〓(U+3FFFD)")


def test_without_a_font_the_page_itself_is_the_certificate(signed_in: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(lettering, "FOLDERS", ())
    lettering.font_files.cache_clear()
    try:
        client, _, (cover,) = signed_in(YEAR, name="李㛃𬭎")
        page = client.get(f"/h5/coverage/{cover.id}/certificate").get_data(as_text=True)
        assert "截屏" in page and "<img" not in page and "李㛃𬭎" in page and "2026-12-31" in page
        assert client.get(f"/h5/coverage/{cover.id}/certificate.png").status_code == 404
    finally:
        lettering.font_files.cache_clear()
