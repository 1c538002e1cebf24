"""The reviewer's pages over HTTP: A3, decisions, reveal, documents, reasons, search (XM-91 … XM-95)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from claims import service
from claims.models import Claim, ClaimDocument
from claims.service import reasons, revealing, review
from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction
from core.roles import (
    ADMINISTRATOR,
    AUDITOR,
    CHAIR,
    EDITOR,
    FINANCE_MAKER,
    FIRST_REVIEWER,
    OPERATOR,
    SECOND_REVIEWER,
)
from employee import service as employees
from staff.models import StaffUser
from tests.claims.paper import CARD, says
from tests.office import Office, actor, fresh
from tests.world import World, as_employee

Sign = Callable[..., Any]


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


@pytest.fixture
def sign(app: Flask, world: World) -> Sign:
    def make(*roles: str, staff: StaffUser | None = None, **values: Any) -> Any:
        client = app.test_client()
        client.staff = staff or world.staff(*roles, **values)
        return world.sign_in(client, staff=client.staff)

    return make


def path(claim: Claim, rest: str = "") -> str:
    return f"/admin/claims/{claim.number}{rest}"


def test_the_page_shows_facts_checks_figure_and_history_xm_95(office: Office, sign: Sign) -> None:
    claim = office.file()
    person = employees.card(claim.employee_id)
    shown = says(sign(FIRST_REVIEWER).get(path(claim)))
    facts = "某某市人民医院|2026-10-01 / 2026-10-08（7 天）|3,206.30 元|材料齐全|核定金额|提交申请|退回…"
    for words in (person.name, person.union_name, "第 1 件，共 1 件", *facts.split("|")):
        assert words in shown, words
    for hidden in (person.id_number, person.phone, person.insurance_card, CARD):
        assert hidden not in shown


def test_look_alike_names_are_marked_with_their_code_points(office: Office, sign: Sign) -> None:
    claim = office.file(office.person(name="张建国"))
    with transaction():
        claim.payee_name = "张建囯"
    page = sign(FIRST_REVIEWER).get(path(claim)).get_data(as_text=True)
    assert "<mark>囯</mark>" in page
    assert "U+56EF / U+56FD" in page


def test_agreeing_says_where_it_goes_and_the_sum_in_capitals_xm_93(office: Office, sign: Sign) -> None:
    claim = office.file()
    asked = says(sign(FIRST_REVIEWER).get(path(claim, "/approve")))
    assert re.search(
        r"同意后进入复核，核定金额 [\d,]+\.\d\d 元（[壹贰叁肆伍陆柒捌玖拾佰仟万元角分整零]+）。", asked
    )
    assert "确定" in asked
    assert "取消" in asked


def test_after_a_decision_the_next_claim_opens(office: Office, sign: Sign) -> None:
    one, two = office.file(), office.file()
    client = sign(FIRST_REVIEWER)
    answer = client.submit(path(one, "/approve"), {"seen": one.version})
    assert (answer.status_code, answer.location) == (303, path(two))
    assert f"已同意 {one.number}" in says(client.get(answer.location))
    answer = client.submit(path(two, "/return"), {"seen": two.version, "note": "发票照片不清楚"})
    assert (answer.status_code, answer.location) == (303, "/admin/")
    assert f"已退回 {two.number}，" in says(client.get("/admin/"))


def test_deciding_twice_says_who_was_first_m2(office: Office, sign: Sign) -> None:
    claim = office.file()
    slow, quick = sign(FIRST_REVIEWER), sign(FIRST_REVIEWER, name="王审核")
    token = re.search(r'name="csrf_token" value="([^"]+)"', slow.get(path(claim, "/approve")).text)
    assert token
    form = {"csrf_token": token[1], "seen": claim.version}
    assert quick.submit(path(claim, "/approve"), {"seen": claim.version}).status_code == 303
    answer = slow.post(path(claim, "/approve"), data=form)
    assert answer.status_code == 409
    assert "已由 王审核 于 2026-11-21" in says(answer)
    assert "待复核" in says(answer), "the page shows the claim as it is now"


@pytest.mark.parametrize("seen", ["", "0", "-1", "²", "99", "x"])
def test_a_version_that_was_tampered_with_decides_nothing(office: Office, sign: Sign, seen: str) -> None:
    claim = office.file()
    answer = sign(FIRST_REVIEWER).submit(path(claim, "/approve"), {"seen": seen})
    assert answer.status_code == 409
    assert fresh(claim).state == "first_review"


def test_an_empty_return_keeps_what_was_ticked(office: Office, sign: Sign) -> None:
    claim = office.file()
    answer = sign(FIRST_REVIEWER).submit(
        path(claim, "/return"), {"seen": claim.version, "items": ["invoice"], "note": " "}
    )
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "请填写退回原因，申请人要看到" in page
    assert re.search(r'value="invoice"[^>]* checked', page)


def test_ticked_common_reasons_count_without_script_xm_94(office: Office, sign: Sign) -> None:
    with transaction():
        reasons.seed_reasons()
        words = reasons.reasons()[0].text
    claim = office.file()
    client = sign(FIRST_REVIEWER)
    client.submit(path(claim, "/return"), {"seen": claim.version, "note": "", "note_pick": [words]})
    assert fresh(claim).state == "returned"
    assert {row.text: row.uses for row in reasons.reasons()}[words] == 1


def test_what_somebody_holds_can_be_read_and_taken_over(office: Office, sign: Sign) -> None:
    claim = office.file()
    with transaction():
        review.hold(claim, actor(office.world.staff(FIRST_REVIEWER, name="王审核"), FIRST_REVIEWER))
    client = sign(FIRST_REVIEWER)
    page = client.get(path(claim))
    assert page.status_code == 200
    assert re.search(r"王审核 \d\d:\d\d 起正在处理，您可以查看，不能操作。", says(page))
    assert "/approve" not in page.get_data(as_text=True)
    assert client.get(path(claim, "/approve")).status_code == 409
    assert client.submit(path(claim, "/take-over"), {}, page=path(claim)).status_code == 303
    assert "由您领取" in says(client.get(path(claim)))
    assert client.submit(path(claim, "/put-back"), {}, page=path(claim)).location == "/admin/"


def test_reading_changes_nothing_a7(office: Office, sign: Sign, db: Any) -> None:
    claim = office.file()
    client = sign(FIRST_REVIEWER)
    before = db.session.query(AuditEntry).count()
    for rest in ("", "/approve", "/return", "/refuse"):
        assert client.get(path(claim, rest)).status_code == 200
    database.session.rollback()
    assert db.session.query(AuditEntry).count() == before
    assert "还没有人领取" in says(client.get(path(claim)))


# --- who may see -------------------------------------------------------------------------------------------

SEES = {
    FIRST_REVIEWER: 200, SECOND_REVIEWER: 200, OPERATOR: 200, CHAIR: 200, ADMINISTRATOR: 200, AUDITOR: 200,
    FINANCE_MAKER: 404, EDITOR: 403,
}  # fmt: skip


@pytest.mark.parametrize(("role", "status"), SEES.items())
def test_who_sees_a_claim_under_review(office: Office, sign: Sign, role: str, status: int) -> None:
    claim = office.file()
    assert sign(role).get(path(claim)).status_code == status


def test_out_of_scope_is_the_same_answer_as_absent_a1(office: Office, sign: Sign) -> None:
    here = office.world.union("本单位")
    elsewhere = office.file()
    own = office.file(office.person(here, phone="13900139555"))
    client = sign(OPERATOR, union=here)
    with transaction():
        client.staff.phone = "13900139555"
    for rest in ("", "/approve", "/return", "/refuse"):
        hidden = [client.get(path(claim, rest)) for claim in (elsewhere, own)]
        absent = client.get(f"/admin/claims/BZ0000000000000000000{rest}")
        assert {answer.status_code for answer in (*hidden, absent)} == {404}
        bodies = {
            re.sub(r'nonce="[^"]+"|value="[^"]{60,}"', "", a.get_data(as_text=True))
            for a in (*hidden, absent)
        }
        assert len(bodies) == 1


def test_finance_sees_money_and_nothing_medical(office: Office, sign: Sign) -> None:
    claim = office.file(passed_by=office.world.staff(FIRST_REVIEWER))
    with transaction():
        review.approve(claim, actor(office.world.staff(SECOND_REVIEWER), SECOND_REVIEWER), claim.version)
    client = sign(FINANCE_MAKER)
    page = client.get(path(claim)).get_data(as_text=True)
    for medical in ("某某市人民医院", "示例诊断", "票据号码", "系统核对"):
        assert medical not in page
    documents = database.session.query(ClaimDocument).filter_by(claim_id=claim.id).all()
    for row in documents:
        status = client.get(path(claim, f"/documents/{row.id}/preview")).status_code
        assert status == (200 if row.kind == "bank_card" else 404), row.kind


def test_photos_are_for_this_claims_readers_only_a6(office: Office, sign: Sign, app: Flask) -> None:
    claim, other = office.file(), office.file()
    row = database.session.query(ClaimDocument).filter_by(claim_id=claim.id).first()
    assert row
    client = sign(FIRST_REVIEWER)
    for size in ("thumb", "preview", "full"):
        at = path(claim, f"/documents/{row.id}/{size}")
        answer = client.get(at)
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert app.test_client().get(at).status_code == 303, "signed out: to the sign-in page"
        assert sign(OPERATOR, union=office.world.union()).get(at).status_code == 404
        assert client.get(path(other, f"/documents/{row.id}/{size}")).status_code == 404
    plain = client.get(path(claim, f"/documents/{row.id}/preview")).data
    assert client.get(path(claim, f"/documents/{row.id}/full")).data != plain, "full size carries the mark"


# --- reveal (M11, security §5.4) ---------------------------------------------------------------------------


def reveal(client: Any, claim: Claim, **form: str) -> Any:
    form = {"field": "id_number", "reason": "papers", **form}
    fetch = {"X-Requested-With": "fetch"}
    return client.submit(path(claim, "/reveal"), form, page=path(claim), headers=fetch)


@pytest.mark.parametrize("field", revealing.FIELDS)
def test_a_reveal_is_on_record_with_its_field_and_reason_m11(office: Office, sign: Sign, field: str) -> None:
    claim = office.file()
    answer = reveal(sign(FIRST_REVIEWER), claim, field=field)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    shown = answer.json["value"].replace(" ", "")
    assert shown == (CARD if field == "payee_card" else getattr(employees.card(claim.employee_id), field))
    database.session.rollback()
    entry = database.session.query(AuditEntry).filter_by(action="claim.reveal").one()
    assert entry.detail == {"fields": [field], "reason": "papers"}
    assert shown not in str(entry.detail)


def test_a_reveal_is_on_record_also_when_the_answer_fails_m11(
    office: Office, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = office.file()
    with transaction():  # a sealed value that was tampered with cannot be opened
        database.session.execute(
            Claim.__table__.update().where(Claim.id == claim.id).values(payee_card_ct=b"not a sealed value")
        )
    client = sign(FIRST_REVIEWER)
    other = office.file()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path(other)).text)
    assert token
    form = {"csrf_token": token[1], "field": "payee_card", "reason": "papers"}
    assert client.post(path(claim, "/reveal"), data=form).status_code == 500
    database.session.rollback()
    assert database.session.query(AuditEntry).filter_by(action="claim.reveal").count() == 1


def test_without_script_the_number_comes_as_a_page(office: Office, sign: Sign) -> None:
    claim = office.file()
    form = {"field": "phone", "reason": "call"}
    answer = sign(FIRST_REVIEWER).submit(path(claim, "/reveal"), form, page=path(claim))
    assert employees.card(claim.employee_id).phone in says(answer)
    assert "30 秒后自动返回" in says(answer)


def test_the_sixty_first_reveal_in_an_hour_is_refused_m11(office: Office, sign: Sign) -> None:
    claim, client = office.file(), sign(FIRST_REVIEWER)
    for _ in range(60):
        assert reveal(client, claim).status_code == 200
    answer = reveal(client, claim)
    assert answer.status_code == 429
    assert "60 次" in answer.json["error"]
    database.session.rollback()
    assert database.session.query(AuditEntry).filter_by(action="claim.reveal").count() == 60


@pytest.mark.parametrize(
    ("form", "status"), [({"reason": ""}, 422), ({"reason": "x"}, 422), ({"field": "hospital"}, 404)]
)
def test_a_reveal_needs_a_known_field_and_reason(
    office: Office, sign: Sign, form: dict[str, str], status: int
) -> None:
    assert reveal(sign(FIRST_REVIEWER), office.file(), **form).status_code == status


@pytest.mark.parametrize("role", [AUDITOR, CHAIR, FINANCE_MAKER, EDITOR])
def test_who_only_watches_reveals_nothing(office: Office, sign: Sign, role: str) -> None:
    claim, client = office.file(), sign(role)
    assert client.submit(path(claim, "/reveal"), {}, page="/admin/me").status_code == 403


# --- list, search, common reasons --------------------------------------------------------------------------


def test_search_finds_by_whole_number_and_leaves_none_in_the_address(office: Office, sign: Sign) -> None:
    claim = office.file()
    person = employees.card(claim.employee_id)
    client = sign(FIRST_REVIEWER)
    search = "/admin/claims/search"
    assert client.submit(search, {"q": claim.number.lower()}, page="/admin/claims").location == path(claim)
    for typed in (person.id_number, person.phone, f"{person.phone[:3]} {person.phone[3:]}"):
        answer = client.submit(search, {"q": typed}, page="/admin/claims")
        assert answer.status_code == 303
        assert person.phone not in answer.location
        assert person.id_number not in answer.location
        assert claim.number in says(client.get(answer.location))
    assert client.submit(search, {"q": person.phone[:8]}, page="/admin/claims").status_code == 404
    outside = sign(OPERATOR, union=office.world.union())
    assert outside.submit(search, {"q": person.phone}, page="/admin/claims").status_code == 404


def test_list_filters_stand_in_the_address(office: Office, sign: Sign) -> None:
    here, there = office.world.union("红星测试厂工会"), office.world.union("蓝天测试校工会")
    (one,) = office.rows(1, here)
    (two,) = office.rows(1, there, "paid", award_fen=123450)
    client = sign(FIRST_REVIEWER)
    for query, found in (
        ("", {one, two}), ("state=paid", {two}), ("union=红星", {one}), ("since=2026-11-20", {one, two}),
        ("since=2026-11-22", set()), ("until=2026-11-01", set()), (f"number={two.number}", {two}),
        ("state=draft", set()), ("until=9999-12-31", {one, two}), ("person=x", set()),
        ("after=x", {one, two}),
    ):  # fmt: skip
        shown = says(client.get(f"/admin/claims?{query}"))
        assert {row for row in (one, two) if row.number in shown} == found, query


def test_drafts_are_nobodys_business(office: Office, sign: Sign) -> None:
    (draft,) = office.rows(1, office.world.union(), "draft")
    client = sign(ADMINISTRATOR, FIRST_REVIEWER)
    assert draft.number not in says(client.get("/admin/claims"))
    assert client.get(path(draft)).status_code == 404


def test_common_reasons_are_added_and_retired(sign: Sign, db: Any) -> None:
    client = sign(FIRST_REVIEWER)
    page = "/admin/claims/reasons"
    assert client.submit(page, {"text": "发票没有盖章，请补盖后重拍", "item": "invoice"}).status_code == 303
    assert "发票没有盖章" in says(client.get(page))
    assert client.submit(page, {"text": "短"}).status_code == 422
    (row,) = reasons.reasons()
    assert client.submit(f"{page}/{row.id}/retire", {}, page=page).status_code == 303
    assert "发票没有盖章" not in says(client.get(page))
    assert client.submit(f"{page}/{row.id}/retire", {}, page=page).status_code == 404
    assert sign(AUDITOR).get(page).status_code == 403


def test_what_was_changed_since_the_return_is_marked_gx_26(office: Office, sign: Sign) -> None:
    claim = office.file()
    client = sign(FIRST_REVIEWER)
    client.submit(
        path(claim, "/return"), {"seen": claim.version, "note": "金额不对，请改", "items": ["sums"]}
    )
    claim = fresh(claim)
    by = as_employee(employees.get(claim.employee_id))
    with transaction():
        service.save_step(claim, {"self_paid_fen": 300_000}, by)
        service.resubmit(claim, by)
    page = client.get(path(claim))
    assert page.get_data(as_text=True).count("改过") == 1
    shown = says(page)
    assert "修改后重新提交" in shown
    assert "金额不对，请改（涉及：费用金额）" in shown
