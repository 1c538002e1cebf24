"""What do the pages of 工会参保 say, keep and refuse? By HTTP, without JavaScript. (XM-50 … XM-70)"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from core.db import db as database
from core.db import transaction
from core.once import new_op
from core.roles import CHAIR, OPERATOR
from employee.models import Employee
from enrolment.models import Enrolment, Participant
from tests.core.test_papers import WHOLE
from tests.enrolment.hall import PLAN, Hall
from tests.world import World
from union.models import Union

Sits = Callable[[Any], Any]
AT = "/admin/enrolments"


def text(answer: Any) -> str:
    found: str = answer.get_data(as_text=True)
    return found


def plain(answer: Any) -> str:
    return re.sub(r"<[^>]+>", "", text(answer))


@pytest.fixture
def desk(hall: Hall, sits: Sits) -> Any:
    return sits(hall.operator)


def start(desk: Any, hall: Hall) -> str:
    answer = desk.submit(
        f"{AT}/new", {"op": new_op(), "plan": PLAN, "for_union": str(hall.union.id), "do": "save"}
    )
    assert answer.status_code == 303, plain(answer)
    return str(answer.location)


def test_xm_50_51_52_a_new_one_has_four_parts_and_six_steps(desk: Any, hall: Hall) -> None:
    there = start(desk, hall)
    page = text(desk.get(there))
    for said in (
        "申请信息",
        "经办人信息",
        "参保人员信息",
        "申请材料",
        "未完成",
        "第 1 步，共 6 步：提交申请",
    ):
        assert said in page
    rail = re.findall(r'<span class="rail-n"[^>]*>\d</span>([^<]+)<', page)
    assert rail == ["提交申请", "待初核", "待复核", "上传缴费凭证", "待确认", "已办结"]
    assert 'aria-current="step"' in page
    assert 'aria-current="page">工会参保' in page


def test_xm_52_another_scheme_has_its_own_words(make_app: Any) -> None:
    from enrolment.queries.listing import rail_labels

    with make_app(SCHEME="xiamen").app_context():
        assert rail_labels() == ["提交申请", "待初审", "待复审", "上传缴费凭证", "待确认", "已办结"]


def test_xm_53_54_toolbar_and_hint(desk: Any, hall: Hall) -> None:
    there = start(desk, hall)
    page = text(desk.get(there))
    for label in ("提交", "更新", "导出申请单", "删除", "取消"):
        assert re.search(rf">{label}</(a|button)>", page), label
    assert ">保存</button>" in text(desk.get(f"{there}/application"))
    hint = plain(desk.get(there))
    assert "请确认是否以【示例厂工会委员会】进行参保申请" in hint
    assert 'href="/admin/transfers/mine">会籍变更</a>' in page
    assert f'href="/admin/unions/{hall.union.id}">基层工会管理</a>' in page


@pytest.mark.parametrize(
    "typed,words",
    [
        ({"plan": ""}, "请选择保障计划"),
        ({"for_union": ""}, "请选择参保工会"),
        ({"plan": "GX-2026"}, "2026-03-31 截止"),
    ],
)
def test_beginning_badly_keeps_what_was_chosen(
    desk: Any, hall: Hall, typed: dict[str, str], words: str
) -> None:
    given = {"op": new_op(), "plan": PLAN, "for_union": str(hall.union.id), "do": "save", **typed}
    answer = desk.submit(f"{AT}/new", given)
    assert answer.status_code == 422 and words in plain(answer)
    if given["for_union"]:
        assert re.search(rf'value="{hall.union.id}"[^>]* checked', text(answer))


def test_a_period_that_is_closed_is_said_with_its_date(desk: Any) -> None:
    page = plain(desk.get(f"{AT}/new"))
    assert "广西职工医疗互助保障活动（2027年度）" in page and "参保截止 2027-01-31" in page
    assert "广西职工医疗互助保障活动（2026年度）的参保已在 2026-03-31 截止" in page


def test_the_same_form_twice_makes_one_enrolment(desk: Any, hall: Hall) -> None:
    given = {"op": new_op(), "plan": PLAN, "for_union": str(hall.union.id), "do": "save"}
    first, second = (desk.submit(f"{AT}/new", given) for _ in range(2))
    assert first.location == second.location and second.status_code == 303
    assert database.session.scalar(select(func.count()).select_from(Enrolment)) == 1


def test_xm_58_the_record_is_completed_inline(hall: Hall, desk: Any) -> None:
    with transaction():
        hall.union.contact_name = hall.union.contact_phone = None
    there = start(desk, hall)
    assert "工会联系人、联系人手机还没有填" in plain(desk.get(there))
    page = text(desk.get(f"{there}/application"))
    assert page.count("必填。") == 2
    given = {"nature": "国企", "headcount": "12", "contact_name": "秦联系", "contact_phone": "0771-5550001"}
    wrong = desk.submit(f"{there}/application", {**given, "contact_phone": "12", "record_seen": "0"})
    assert wrong.status_code == 422 and 'value="秦联系"' in text(wrong), "nothing typed is lost"
    answer = desk.submit(f"{there}/application", {**given, "record_seen": "0"})
    assert answer.status_code == 303
    database.session.expire_all()
    union = database.session.get(Union, hall.union.id)
    assert union and (union.contact_name, union.headcount) == ("秦联系", 12)
    assert "工会联系人、联系人手机还没有填" not in plain(desk.get(there))
    late = desk.submit(f"{there}/application", {**given, "contact_name": "迟到", "record_seen": "0"})
    assert late.status_code == 409 and 'value="迟到"' in text(late)


def test_xm_58_the_chair_is_for_the_chair_and_above(hall: Hall, desk: Any, world: World, sits: Sits) -> None:
    with transaction():
        hall.union.chair_name = None
    there = start(desk, hall)
    page = plain(desk.get(f"{there}/application"))
    assert "要由主席本人或上级工会" in page and 'name="chair_name"' not in text(
        desk.get(f"{there}/application")
    )
    above = sits(world.staff(OPERATOR, CHAIR))
    assert 'name="chair_name"' in text(above.get(f"{there}/application"))


@pytest.mark.parametrize(
    "name,card,words",
    [
        ("", "62000000000001", "请填写账户名称"),
        ("甲户", "", "请填写卡号"),
        ("甲户", "6200 12", "现在是 6 位"),
        ("甲户", "6200-0000-0000-000A", "卡号里只能有数字"),
        ("长" * 61, "62000000000001", "最多 60 个字"),
    ],
)
def test_xm_61_an_account_that_will_not_do(desk: Any, hall: Hall, name: str, card: str, words: str) -> None:
    there = start(desk, hall)
    given = {"op": new_op(), "account_name": name, "card": card}
    answer = desk.submit(f"{there}/accounts", given, page=f"{there}/application")
    assert answer.status_code == 422 and words in plain(answer)
    assert f'value="{card}"' in text(answer)


def test_xm_61_accounts_are_added_shown_masked_and_taken_away(desk: Any, hall: Hall) -> None:
    there = start(desk, hall)
    assert "暂无数据" in plain(desk.get(f"{there}/application"))
    given = {"op": new_op(), "account_name": "甲户", "card": "６２００ 0000 0000 01"}
    assert desk.submit(f"{there}/accounts", given, page=f"{there}/application").status_code == 303
    page = text(desk.get(f"{there}/application"))
    assert "**** 0001" in page and "62000000000001" not in page
    remove = re.search(rf'action="({there}/accounts/[^"]+/remove)"', page)
    assert remove and desk.submit(remove[1], {}, page=f"{there}/application").status_code == 303
    assert "暂无数据" in plain(desk.get(f"{there}/application"))


def test_xm_62_63_64_choosing_by_tick_by_page_and_all(desk: Any, hall: Hall, world: World) -> None:
    first, *_ = hall.employees(4)
    there = start(desk, hall)
    nobody = desk.submit(f"{there}/people/add", {"do": "picked"})
    assert nobody.status_code == 422 and "请先勾选职工" in plain(nobody)
    answer = desk.submit(f"{there}/people/add", {"do": "picked", "ids": str(first.id)})
    assert answer.location == f"{there}/people"
    page = plain(desk.get(f"{there}/people"))
    assert "已增加 1 人，现在共 1 人，参保比例 10%，还差 7 人达到 80%" in page
    chooser = text(desk.get(f"{there}/people/add"))
    assert first.name not in plain(desk.get(f"{there}/people/add")) and "未参保 3 人" in chooser
    assert first.name in plain(desk.get(f"{there}/people/add?covered=yes"))
    ids = re.findall(r'name="page_ids" value="([^"]+)"', chooser)
    assert len(ids) == 3
    desk.submit(f"{there}/people/add", {"do": "page", "page_ids": ids[:2]})
    desk.submit(f"{there}/people/all", {}, page=f"{there}/people")
    assert database.session.scalar(select(func.count()).select_from(Participant)) == 4


@pytest.mark.parametrize("where", ["people/add", "people"])
def test_people_are_found_by_name_phone_and_number(desk: Any, hall: Hall, where: str) -> None:
    wanted, other = hall.employees(2, name="石爨")[0], hall.employees(1)[0]
    there = start(desk, hall)
    if where == "people":
        desk.submit(f"{there}/people/all", {}, page=f"{there}/people")
    for typed in ("爨", wanted.phone, f" {wanted.id_number.lower()} "):
        given = {"q": typed, "where": "add" if where == "people/add" else ""}
        answer = desk.submit(f"{there}/people/search", given, page=f"{there}/{where}")
        assert answer.status_code == 303 and wanted.phone not in answer.location, typed
        page = plain(desk.get(answer.location))
        assert "石爨" in page and other.name not in page
    absent = desk.submit(
        f"{there}/people/search", {"q": "13999999999", "where": "add"}, page=f"{there}/{where}"
    )
    assert absent.status_code == 422 and "没有找到" in plain(absent)


def test_xm_65_nobody_on_the_roster(desk: Any, hall: Hall) -> None:
    there = start(desk, hall)
    assert "请先到职工名册中添加职工" in plain(desk.get(f"{there}/people"))
    answer = desk.submit(f"{there}/people/all", {}, page=f"{there}/people")
    assert answer.status_code == 422 and "请先到职工名册中添加职工" in plain(answer)


def test_xm_59_79_of_70_employees(desk: Any, hall: Hall) -> None:
    with transaction():
        hall.union.headcount = 2
    row = hall.draft(3)
    there = f"{AT}/{row.number}"
    assert "参加人数（3）大于单位从业人数（2），请核对" in plain(desk.get(f"{there}/people"))
    given = {"op": new_op(), "seen": str(row.version), "do": "confirm"}
    answer = desk.submit(f"{there}/submit", given)
    assert answer.status_code == 422 and "参加人数（3）大于单位从业人数（2），请核对" in plain(answer)


def test_xm_66_photo_and_pdf_come_in_and_others_do_not(desk: Any, hall: Hall) -> None:
    there = start(desk, hall)
    at = f"{there}/materials"

    def send(content: bytes, name: str) -> Any:
        return desk.submit(f"{at}/application_form", {"paper": (io.BytesIO(content), name)}, page=at)

    assert "请先选择要上传的文件" in plain(desk.submit(f"{at}/application_form", {}, page=at))
    bad = send(b"PK\x03\x04 nothing", "表.xlsx")
    assert bad.status_code in (415, 422) and 'id="e-application_form"' in text(bad)
    assert send(WHOLE, "盖章.pdf").status_code == 303
    photo = io.BytesIO()
    Image.new("RGB", (900, 1200), "white").save(photo, "JPEG")
    assert send(photo.getvalue(), "照片.jpg").status_code == 303
    page = text(desk.get(at))
    pdf = re.search(rf'href="({at}/[^"]+/full)">盖章.pdf', page)
    thumb = re.search(rf'src="({at}/[^"]+/thumb)"', page)
    assert pdf and thumb
    answer = desk.get(pdf[1])
    assert answer.data == WHOLE and answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert desk.get(thumb[1]).mimetype == "image/jpeg"
    for remove in re.findall(rf'action="({at}/[^"]+/remove)"', page):
        assert desk.submit(remove, {}, page=at).status_code == 303
    assert desk.get(pdf[1]).status_code == 404


def test_xm_67_handing_in_twice_and_in_two_tabs(desk: Any, hall: Hall) -> None:
    row = hall.draft()
    there = f"{AT}/{row.number}"
    one, two = new_op(), new_op()
    given = {"seen": str(row.version), "do": "confirm"}
    first = desk.submit(f"{there}/submit", {**given, "op": one})
    assert first.status_code == 303 and first.location == there
    again = desk.submit(f"{there}/submit", {**given, "op": one}, page=there + "/people")
    assert again.status_code == 303 and again.location == there
    tab = desk.submit(f"{there}/submit", {**given, "op": two}, page=there + "/people")
    assert tab.status_code == 409 and "已由 田经办" in plain(tab)


def test_xm_54_58_what_is_missing_is_linked_to_its_part(desk: Any, hall: Hall) -> None:
    there = start(desk, hall)
    page = text(desk.get(f"{there}/submit"))
    assert "还不能提交" in page and "<button" not in page.split('class="bar"')[1].split("</div>")[0]
    for part in ("application", "people", "materials"):
        assert f'href="{there}/{part}">去“' in page


def test_xm_68_the_home_lists_my_enrolments_with_what_is_to_be_done(desk: Any, hall: Hall) -> None:
    row = hall.approved()
    home, mine = plain(desk.get("/admin/")), plain(desk.get("/admin/mine"))
    for page in (home, mine):
        assert row.number in page and "第 4 步，共 6 步：缴费并上传缴费凭证" in page
    assert "参保待缴费 1" in re.sub(r"\s+", " ", home)
    assert re.search(r"工会参保\s*1\s*件", home)


def test_reviewers_decide_on_the_same_page_and_not_on_their_own(hall: Hall, sits: Sits) -> None:
    row = hall.hand_in(hall.draft())
    there, first = f"{AT}/{row.number}", sits(hall.first)
    page = plain(first.get(there))
    assert "系统核对" in page and "同意" in page and "更新" not in page
    seen = {"seen": str(row.version)}
    empty = first.submit(f"{there}/return", {**seen, "note": ""})
    assert empty.status_code == 422 and "请填写退回原因" in plain(empty)
    answer = first.submit(f"{there}/return", {**seen, "note": "", "note_pick": "上传的材料不清楚"})
    assert answer.status_code == 303
    again = first.submit(f"{there}/return", {**seen, "note": "迟到"}, page="/admin/me")
    assert again.status_code == 409
    desk = sits(hall.operator)
    assert "被退回，请修改后重新提交" in plain(desk.get(there)) and "上传的材料不清楚" in plain(
        desk.get(there)
    )


def test_what_is_not_mine_to_decide_is_said_in_words(hall: Hall, sits: Sits, world: World) -> None:
    row = hall.hand_in(hall.draft())
    with transaction():
        row.submitted_by_id = hall.first.id
    page = plain(sits(hall.first).get(f"{AT}/{row.number}"))
    assert "这份参保申请是您提交的" in page
    refused = sits(hall.first).get(f"{AT}/{row.number}/approve")
    assert refused.status_code == 403 and "这份参保申请是您提交的" in plain(refused)


def test_xm_70_the_form_is_printed_with_every_name(desk: Any, hall: Hall) -> None:
    from core.lettering import font_files
    from tests.core.test_printing import printed_characters

    if not font_files():
        pytest.skip("this machine has no font with Chinese")
    hall.employees(1, name="石爨𠮷")
    row = hall.draft(1)
    there = f"{AT}/{row.number}"
    assert "下载 PDF" in plain(desk.get(f"{there}/form"))
    answer = desk.get(f"{there}/form.pdf")
    assert answer.mimetype == "application/pdf" and row.number in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert set("参保申请单石爨𠮷柳主席秦联系") <= printed_characters(answer.data)


def test_deleting_and_cancelling_ask_first(desk: Any, hall: Hall) -> None:
    row = hall.draft(3)
    there, seen = f"{AT}/{row.number}", {"seen": "0"}
    assert "删除后不能恢复" in plain(desk.get(f"{there}/delete"))
    assert desk.submit(f"{there}/delete", {"seen": "7"}).status_code == 409
    assert desk.submit(f"{there}/delete", seen).location == AT
    assert desk.get(there).status_code == 404
    desk.get(AT)  # says once that it was deleted
    assert row.number not in plain(desk.get(AT))


def test_supplement_is_offered_on_a_finished_one(desk: Any, hall: Hall) -> None:
    row = hall.approved(3)
    with transaction():
        row.state = "done"
    there = f"{AT}/{row.number}"
    answer = desk.submit(f"{there}/supplement", {"op": new_op()}, page=there)
    assert answer.status_code == 303 and answer.location != there
    assert answer.location.rsplit("/", 1)[1] in plain(desk.get(there))
    assert row.number in plain(desk.get(answer.location + "/application"))


def test_names_are_masked_for_who_only_looks(hall: Hall, sits: Sits, world: World) -> None:
    row = hall.draft(1)
    person = database.session.scalars(select(Employee)).one()
    auditor = sits(world.staff("auditor"))
    page = plain(auditor.get(f"{AT}/{row.number}/people"))
    assert person.name not in page and person.name[0] in page
    assert auditor.get(f"{AT}/{row.number}/form").status_code == 403


def test_the_list_has_tabs_filters_and_waiting_times(hall: Hall, sits: Sits, statements: Any) -> None:
    hall.hand_in(hall.draft())
    first = sits(hall.first)
    page = plain(first.get(f"{AT}?state=first_review"))
    assert "待初核 1 件" in page and "示例厂工会委员会" in page
    assert "没有符合条件的参保申请" in plain(first.get(f"{AT}?union=别家"))
