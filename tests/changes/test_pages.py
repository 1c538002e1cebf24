"""The person's pages over HTTP, without JavaScript (GX-40 … GX-55), and the staff's (A5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from changes import queries, rules, service
from changes.forms import MASKS, masked
from changes.service import photos
from core import clock
from core.audit import AuditEntry
from core.db import transaction
from core.fields import mask_id, mask_phone
from core.roles import AUDITOR, FIRST_REVIEWER, OPERATOR, SECOND_REVIEWER
from employee import service as employees
from tests.changes.conftest import (
    HOME,
    NEW,
    Panel,
    Person,
    documents_of,
    fresh,
    last_code,
    requests_of,
)
from tests.claims.paper import hidden, photo, says
from tests.office import picture
from tests.world import World, id_number

NEW_ID = id_number(991)


def test_the_way_there_gx_40(person: Person) -> None:
    """GX-40: 个人中心 (from the head of 首页 and from 职工参保) → 个人信息变更 → 我要变更信息 → 填单."""
    assert 'href="/h5/me"' in person.client.get("/h5/").get_data(as_text=True)
    assert 'href="/h5/me"' in person.client.get("/h5/coverage").get_data(as_text=True)
    me = person.client.get("/h5/me").get_data(as_text=True)
    assert f'href="{HOME}"' in me and "个人信息变更" in me
    listed = person.client.get(HOME).get_data(as_text=True)
    assert "个人申请变更信息" in listed and "我要变更信息" in listed and f'href="{NEW}"' in listed
    assert "变更申请填单" in says(person.client.get(NEW))


def test_the_form_asks_everything_prefilled_gx_42(person: Person) -> None:
    """GX-42: every field of the manual, from what is on file, and the button 确认提交."""
    page = person.client.get(NEW).get_data(as_text=True)
    labels = "参保单位 姓名 证件类型 证件号码 出生日期 性别 社保类型 社保卡号 手机号码 证件凭证 确认提交"
    for label in labels.split():
        assert label in page, label
    now = service.current(person.id)
    for value in (now["name"], now["born_on"], *(masked(now)[field] for field in MASKS)):
        assert f'value="{value}"' in page
    assert employees.card(person.id).union_name in page and '<option value="resident_id" selected' in page
    assert "原：" not in page, "nothing is changed yet"


def test_numbers_are_covered_until_the_person_asks_gx_42(person: Person, db: Any) -> None:
    """GX-42: masked on the form, left alone they change nothing; shown in full on request, on record."""
    now = service.current(person.id)
    page = person.client.get(NEW).get_data(as_text=True)
    assert not [field for field in MASKS if now[field] in page], "in no place of the page"
    assert rules.NOTHING in says(person.send(paper=False)), "covered numbers that came back are no change"
    shown = person.send(f"{NEW[:-4]}/numbers", {"name": "张改名"}, page=NEW, paper=False)
    open_page = shown.get_data(as_text=True)
    assert shown.status_code == 200 and 'value="张改名"' in open_page and "显示完整号码" not in open_page
    assert f'<form method="post" action="{NEW}"' in open_page, "and from here it goes on to where it belongs"
    assert all(f'value="{now[field]}"' in open_page for field in MASKS)
    (entry,) = db.session.query(AuditEntry).filter_by(action="change.own_numbers")
    assert now["phone"] not in str(entry.detail)
    half = person.send(data={"phone": mask_phone(now["phone"])[:-1] + "9", "id_number": "4*1"})
    assert half.status_code == 422 and says(half).count(rules.COVERED) >= 4
    answer = person.send(data={"insurance_card": "4501777"})
    (request,) = requests_of(person.person)
    assert answer.status_code == 303 and service.wanted(request) == {"insurance_card": "4501777"}


def test_a_request_that_came_back_covers_what_was_wanted_too_gx_49(person: Person, panel: Panel) -> None:
    """GX-49: the new number stands covered in the form, can be shown, and stays when it is left alone."""
    request = person.ask(insurance_card="450188881234")
    panel.send_back(request)
    edit = f"{HOME}/{request.number}/edit"
    page = person.client.get(edit).get_data(as_text=True)
    assert "450188881234" not in page and 'value="**** 1234"' in page
    opened = person.send(f"{HOME}/numbers", page=edit, paper=False).get_data(as_text=True)
    assert f'<form method="post" action="{edit}"' in opened
    assert 'value="450188881234"' in opened
    assert person.send(edit, {"insurance_type": "其他"}).status_code == 303
    assert service.wanted(fresh(request)) == {"insurance_card": "450188881234", "insurance_type": "其他"}


def test_submitting_ends_on_the_manuals_page_gx_41_gx_53(person: Person) -> None:
    """GX-41, GX-53: 变更申请进度 — 变更申请已提交, 请等待审核通知, 返回."""
    answer = person.send(data={"name": "张改名"})
    number = person.number(answer)
    assert (answer.status_code, answer.location) == (303, f"{HOME}/{number}/submitted")
    page = person.client.get(answer.location).get_data(as_text=True)
    for words in ("变更申请进度", "变更申请已提交", "请等待审核通知", f'href="{HOME}">返回'):
        assert words in page
    (request,) = requests_of(person.person)
    assert (request.state, len(documents_of(request))) == ("first_review", 1)


def test_a_wrong_answer_loses_nothing_and_shows_the_old_value_gx_43(person: Person) -> None:
    """GX-43: 422 with what was typed, 原：… under what is changed, and the photo still there."""
    old = service.current(person.id)
    answer = person.send(data={"name": "张改名", "id_number": NEW_ID})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and rules.BOTH in page
    assert f'value="{NEW_ID}"' in page and 'value="张改名"' in page
    assert f"原：{old['name']}" in page and f"原：{mask_id(old['id_number'])}" in page
    assert "原：" + mask_phone(old["phone"]) not in page
    assert page.count("data-done>") == 1, "the photo was kept"
    assert requests_of(person.person) == []
    again = person.client.post(NEW, data={**hidden(page), "name": "张改名"})
    assert again.status_code == 303


def test_nothing_changed_and_no_photo_are_said(person: Person) -> None:
    nothing = person.send(paper=False)
    assert (nothing.status_code, rules.NOTHING in says(nothing)) == (422, True)
    bare = person.send(data={"name": "张改名"}, paper=False)
    assert (bare.status_code, rules.NO_PHOTO in says(bare)) == (422, True)


def test_what_is_no_photo_is_refused_kindly(person: Person) -> None:
    import io

    answer = person.send(data={"name": "张改名", "evidence": (io.BytesIO(b"no picture"), "a.jpg")})
    assert answer.status_code in (415, 422) and 'value="张改名"' in answer.get_data(as_text=True)
    assert requests_of(person.person) == []


BACK = "草稿（初核被驳回，请修改后重新提交）"


@pytest.mark.parametrize("level", ["初核", "复核"])
def test_a_request_that_came_back_reads_the_same_everywhere_gx_48(
    person: Person, panel: Panel, app: Flask, level: str
) -> None:
    """GX-47, GX-48: 草稿 says which level sent it back and what to do, on every page that names the state."""
    request = person.ask(name="张改名", insurance_card="4501888")
    if level == "复核":
        panel.pass_first(request)
    panel.send_back(request, "信息不正确")
    words = BACK.replace("初核", level)
    for page in (HOME, f"{HOME}/{request.number}", "/h5/me"):
        assert words in says(person.client.get(page)), page
    assert queries.status_lines(person.id)[0][1] == queries.words_of(fresh(request)) == words
    assert f"个人信息变更{level}被驳回，请修改后重新提交" in says(person.client.get("/h5/"))
    assert f"{level}被驳回" in says(person.client.get(f"{HOME}/{request.number}")), "in its history too"
    desk = person.world.sign_in(app.test_client(), staff=person.world.staff(FIRST_REVIEWER))
    listed = says(desk.get("/admin/changes"))
    assert words.replace("请修改", "等职工修改") in listed
    assert "姓名、社保卡号" in listed and "其他信息" not in listed, "what is changed is named"


def test_the_list_is_the_manuals_card_gx_48_gx_50_gx_55(person: Person, panel: Panel) -> None:
    """GX-48, GX-50, GX-55: title, state, 申请单号, 创建时间, 备注 and 修改/删除 in 草稿, 审核进度."""
    request = person.ask(name="张改名")
    page = says(person.client.get(HOME))
    shown = clock.shown(request.created_at)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", shown)
    for words in ("个人信息变更", "待初核", "申请单号", request.number, "创建时间", shown, "审核进度"):
        assert words in page, words
    for words in ("备注", "修改", "删除"):
        assert words not in page, words
    panel.send_back(request, "信息不正确")
    page = says(person.client.get(HOME))
    for words in (BACK, "备注", "信息不正确", "修改", "删除", request.number, shown):
        assert words in page, words
    person.ask_again(request)
    panel.pass_first(request)
    assert "待复核" in says(person.client.get(HOME))
    panel.finish(request)
    assert "办结" in says(person.client.get(HOME))


def test_while_one_is_open_the_button_is_gone_with_the_reason_gx_44(person: Person) -> None:
    """GX-44, in the page, at the address of the form and from a second tab."""
    tab = person.client.get(NEW).get_data(as_text=True)
    person.ask(name="张改名")
    listed = says(person.client.get(HOME))
    assert rules.OPEN_ALREADY in listed and "我要变更信息" not in listed
    assert person.client.get(NEW).location == HOME
    late = person.client.post(NEW, data={**hidden(tab), "insurance_card": "4501999"})
    assert late.status_code == 409 and rules.OPEN_ALREADY in says(late) and "待初核" in says(late)
    assert len(requests_of(person.person)) == 1


def test_a_form_sent_twice_is_one_request(person: Person) -> None:
    page = person.client.get(NEW).get_data(as_text=True)
    form = {**hidden(page), "name": "张改名"}
    first = person.client.post(NEW, data={**form, "evidence": photo(1)})
    second = person.client.post(NEW, data={**form, "evidence": photo(1)})
    assert first.status_code == second.status_code == 303
    assert len(requests_of(person.person)) == 1


def test_details_and_progress_of_each_gx_46_gx_52_gx_54(person: Person, panel: Panel) -> None:
    """GX-46, GX-52, GX-54: list and detail of a finished and an open request, told apart."""
    first = person.ask(name="张改名")
    panel.approve(first)
    second = person.ask(phone="13900003333")
    panel.pass_first(second)
    listed = says(person.client.get(HOME))
    assert listed.index(second.number) < listed.index(first.number)
    assert "待复核" in listed and "办结" in listed
    page = says(person.client.get(f"{HOME}/{second.number}"))
    for words in ("审核进度", "提交申请", "初核通过", "待复核", "正在办理", "139****3333", "原："):
        assert words in page, words
    assert "13900003333" not in page
    assert "张改名" in says(person.client.get(f"{HOME}/{first.number}"))


def test_a_returned_request_is_corrected_and_sent_again_gx_47_gx_49(person: Person, panel: Panel) -> None:
    """GX-47, GX-49: home says so, the form holds what was wanted over what is on file."""
    request = person.ask(name="张改名")
    panel.send_back(request, "信息不正确")
    home = person.client.get("/h5/").get_data(as_text=True)
    assert "个人信息变更初核被驳回，请修改后重新提交" in home and f"{HOME}/{request.number}/edit" in home
    edit = f"{HOME}/{request.number}/edit"
    page = person.client.get(edit).get_data(as_text=True)
    assert "信息不正确" in page and 'value="张改名"' in page and "原：" in page
    answer = person.send(edit, {"name": "张再改"})
    assert answer.location == f"{HOME}/{request.number}/submitted"
    assert service.wanted(fresh(request)) == {"name": "张再改"}
    assert person.client.get(edit).location == f"{HOME}/{request.number}", "no longer a draft"


def test_deleting_asks_first_gx_49(person: Person, panel: Panel) -> None:
    """GX-49."""
    request = person.ask(name="张改名")
    at = f"{HOME}/{request.number}/delete"
    assert person.client.get(at).location == f"{HOME}/{request.number}", "not under review"
    panel.send_back(request)
    assert "删除后不能恢复，确定删除吗？" in says(person.client.get(at))
    answer = person.send(at, paper=False)
    assert answer.location == HOME and "变更申请已删除" in says(person.client.get(HOME))
    assert person.client.get(f"{HOME}/{request.number}").status_code == 404
    assert "我要变更信息" in says(person.client.get(HOME))


def test_a_delete_from_an_old_page_does_not_hit_what_is_under_review(person: Person, panel: Panel) -> None:
    request = person.ask(name="张改名")
    panel.send_back(request)
    at = f"{HOME}/{request.number}/delete"
    form = hidden(person.client.get(at).get_data(as_text=True))
    person.ask_again(request)
    assert person.client.post(at, data=form).status_code == 409
    assert fresh(request).state == "first_review"


def test_a_new_phone_is_proven_with_a_code_in_plain_pages(person: Person) -> None:
    asked = person.send(f"{HOME}/code", {"phone": "13900002222"}, page=NEW)
    page = asked.get_data(as_text=True)
    assert "验证码已发到 139****2222，5 分钟内有效" in page and 'value="13900002222"' in page
    assert page.count("data-done>") == 1, "the photo that came along is kept"
    missing = person.client.post(NEW, data={**hidden(page), "phone": "13900002222"})
    assert missing.status_code == 422 and "请先点“获取”" not in says(missing)
    code = last_code()
    answer = person.client.post(NEW, data={**hidden(page), "phone": "13900002222", "code": code})
    assert answer.status_code == 303, says(answer)


def test_photos_by_script_come_and_go(person: Person, new_person: Callable[..., Person]) -> None:
    token = hidden(person.client.get(NEW).get_data(as_text=True))["csrf_token"]
    by_script = {"X-Requested-With": "fetch"}
    sent = person.client.post(
        f"{HOME}/photos", data={"csrf_token": token, "photo": photo(3)}, headers=by_script
    )
    assert sent.status_code == 201
    at = sent.json["thumb_url"]
    shown = person.client.get(at)
    assert (shown.status_code, shown.mimetype, shown.headers["Cache-Control"]) == (
        200,
        "image/jpeg",
        "no-store",
    )
    assert new_person().client.get(at).status_code == 404
    gone = person.client.post(sent.json["delete_url"], data={"csrf_token": token}, headers=by_script)
    assert gone.status_code == 204 and person.client.get(at).status_code == 404


def test_without_script_a_photo_goes_and_the_form_stays(person: Person) -> None:
    with transaction():
        document = photos.add_photo(picture(), person.actor)
    answer = person.send(f"{HOME}/photos/{document.id}/delete", {"name": "张改名"}, page=NEW, paper=False)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200 and 'value="张改名"' in page and "data-done>" not in page


def test_the_first_photo_needs_its_own_consent(app: Flask, world: World) -> None:
    row = world.employee()
    world.bind(row)
    client = world.sign_in(app.test_client(), person=row)
    page = client.get(NEW).get_data(as_text=True)
    assert "同意处理证件照片" in page and 'data-post-url=""' in page
    form = {**hidden(page), "name": "张改名"}
    refused = client.post(NEW, data={**form, "evidence": photo(5)})
    assert refused.status_code == 422 and photos.NO_CONSENT in says(refused)
    form = {**hidden(refused.get_data(as_text=True)), "name": "张改名", "consent_certificates": "y"}
    assert client.post(NEW, data={**form, "evidence": photo(5)}).status_code == 303
    assert employees.has_consents(row.id, ["certificates"])


def test_somebody_elses_request_is_not_there_a1(person: Person, panel: Panel, new_person: Any) -> None:
    request = person.ask(name="张改名")
    panel.send_back(request)
    client = new_person().client
    for page in ("", "/edit", "/delete", "/submitted"):
        assert client.get(f"{HOME}/{request.number}{page}").status_code == 404


def test_more_fields_than_the_form_has_change_nothing_a2(person: Person) -> None:
    """A2: mass assignment."""
    answer = person.send(
        data={"name": "张改名", "union_id": "x", "is_active": "", "state": "done", "is_deceased": "1"}
    )
    assert answer.status_code == 303
    (request,) = requests_of(person.person)
    assert service.wanted(request) == {"name": "张改名"} and request.state == "first_review"


def test_sms_lead_to_the_list_and_show_progress_outside_wechat(person: Person, panel: Panel) -> None:
    request = person.ask(name="张改名")
    panel.send_back(request, "信息不正确")
    assert person.client.get("/s/changes").location == f"{HOME}/{request.number}/edit"
    assert [todo.reason for todo in queries.need_action(person.id)] == ["信息不正确"]
    assert queries.status_lines(person.id)[0][:2] == (request.number, BACK)
    person.ask_again(request)
    assert person.client.get("/s/changes").location == HOME


@pytest.mark.parametrize("page", ["", "/new"])
def test_the_cost_of_a_page_does_not_grow(person: Person, panel: Panel, statements: Any, page: str) -> None:
    with statements() as few:
        person.client.get(HOME + page)
    for n in range(5):
        request = person.ask(insurance_card=f"4501{n}999")
        panel.approve(request)
    with statements() as many:
        person.client.get(HOME + page)
    assert len(many) <= len(few)


# --- staff -------------------------------------------------------------------------------------------------


@pytest.fixture
def sign(app: Flask, world: World) -> Callable[..., Any]:
    def make(*roles: str, staff: Any = None, **values: Any) -> Any:
        return world.sign_in(app.test_client(), staff=staff or world.staff(*roles, **values))

    return make


def path(request: Any, rest: str = "") -> str:
    return f"/admin/changes/{request.number}{rest}"


def test_a_reviewer_sees_old_and_new_with_numbers_masked(person: Person, sign: Any) -> None:
    request = person.ask(id_number=NEW_ID)
    page = sign(FIRST_REVIEWER).get(path(request))
    text, raw = says(page), page.get_data(as_text=True)
    for words in (
        "原内容",
        "新内容",
        "改",
        "没有改的",
        "系统核对",
        "新证件号码通过校验",
        "证件凭证 1",
        "同意",
        "退回…",
    ):
        assert words in text, words
    for number in (NEW_ID, service.before(request)["id_number"], person.person.phone):
        assert number not in raw
    assert text.index("证件号码") < text.index("社保类型"), "what changes stands first"


def test_deciding_walks_from_one_request_to_the_next(new_person: Any, world: World, sign: Any) -> None:
    one, two = (new_person().ask(name="张改名") for _ in range(2))
    client = sign(FIRST_REVIEWER)
    listed = says(client.get("/admin/changes?state=first_review"))
    assert listed.index(one.number) < listed.index(two.number) and "待初核 2 件" in listed
    assert "变更待初核 2" in says(client.get("/admin/"))
    asked = says(client.get(path(one, "/approve")))
    assert "同意后进入复核，由另一位人员审核" in asked
    answer = client.submit(path(one, "/approve"), {"seen": one.version})
    assert answer.location == path(two)
    empty = client.submit(path(two, "/return"), {"seen": two.version, "note": ""})
    assert empty.status_code == 422 and "请填写退回原因，申请人要看到" in says(empty)
    answer = client.submit(path(two, "/return"), {"seen": two.version, "note_pick": ["信息不正确"]})
    assert answer.location == "/admin/changes"
    assert (fresh(two).state, fresh(two).note) == ("draft", "信息不正确")
    last = sign(SECOND_REVIEWER)
    assert "同意后马上更新登记信息：姓名，并通知职工" in says(last.get(path(one, "/approve")))
    last.submit(path(one, "/approve"), {"seen": fresh(one).version, "note": "已电话核实"})
    assert fresh(one).state == "done"
    assert "已电话核实" in says(last.get(path(one)))
    page = last.get(path(one))
    assert "办结" in says(page) and "/approve" not in page.get_data(as_text=True)


def test_deciding_twice_says_who_was_first_m2(person: Person, sign: Any) -> None:
    request = person.ask(name="张改名")
    seen = request.version
    slow, quick = sign(FIRST_REVIEWER), sign(FIRST_REVIEWER, name="王审核")
    token = hidden(slow.get(path(request, "/approve")).get_data(as_text=True))
    assert quick.submit(path(request, "/approve"), {"seen": seen}).status_code == 303
    answer = slow.post(path(request, "/approve"), data=token)
    assert answer.status_code == 409 and "已由 王审核 于 2026-11-21" in says(answer)
    assert slow.get(path(request, "/approve")).status_code in (403, 409)


def test_numbers_are_revealed_by_post_with_a_reason_and_a_fresh_factor(person: Person, sign: Any) -> None:
    request = person.ask(id_number=NEW_ID)
    client = sign(FIRST_REVIEWER)
    token = hidden(client.get(path(request)).get_data(as_text=True))
    form = {**token, "field": "new-id_number", "reason": "papers"}
    answer = client.post(path(request, "/reveal"), data=form, headers={"X-Requested-With": "fetch"})
    assert answer.json == {"value": NEW_ID} and "no-store" in answer.headers["Cache-Control"]
    plain = client.post(path(request, "/reveal"), data=form)
    assert NEW_ID in says(plain) and "30 秒后自动返回" in says(plain)
    assert client.post(path(request, "/reveal"), data={**form, "field": "old-name"}).status_code == 404
    onlooker = sign(AUDITOR)
    assert "formaction" not in onlooker.get(path(request)).get_data(as_text=True)
    assert onlooker.post(path(request, "/reveal"), data=form).status_code in (400, 403)


def test_photos_are_for_this_requests_readers_only_a6(person: Person, sign: Any, world: World) -> None:
    request = person.ask(name="张改名")
    (document,) = documents_of(request)
    client = sign(FIRST_REVIEWER)
    for size in ("thumb", "preview", "full"):
        at = path(request, f"/documents/{document.id}/{size}")
        shown = client.get(at)
        assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")
        assert sign(OPERATOR, union=world.union("另一家")).get(at).status_code == 404
    plain = client.get(path(request, f"/documents/{document.id}/preview")).data
    assert client.get(path(request, f"/documents/{document.id}/full")).data != plain, "it carries a mark"


def test_out_of_scope_looks_like_absent_a1(person: Person, sign: Any, world: World) -> None:
    request = person.ask(name="张改名")
    client = sign(FIRST_REVIEWER, union=world.union("另一家"))
    absent = "/admin/changes/BG0000000000000000000"
    for rest in ("", "/approve", "/return"):
        hidden_one, none = client.get(path(request, rest)), client.get(absent + rest)
        assert hidden_one.status_code == none.status_code == 404
    assert request.number not in says(client.get("/admin/changes"))


def test_the_list_turns_pages_and_costs_the_same(
    new_person: Any, sign: Any, statements: Any, monkeypatch: Any
) -> None:
    from changes.queries import work

    client = sign(FIRST_REVIEWER)
    for _ in range(3):
        new_person().ask(name="张改名")
    with statements() as few:
        client.get("/admin/changes")
    for _ in range(4):
        new_person().ask(name="张改名")
    with statements() as many:
        client.get("/admin/changes")
    assert len(many) <= len(few)
    monkeypatch.setattr(work, "PAGE", 3)
    seen: list[str] = []
    at = "/admin/changes"
    for _ in range(3):
        page = client.get(at).get_data(as_text=True)
        seen += re.findall(r'href="/admin/changes/(BG\d+)"', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        at = following[1].replace("&amp;", "&") if following else at
    assert len(seen) == len(set(seen)) == 7 and seen == sorted(seen, reverse=True)
