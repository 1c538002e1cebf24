"""人工申诉: filed by anybody with a phone, decided by an administrator, told by SMS (XM-15 … XM-19)."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
import time_machine

from core import clock
from core.access import Actor
from core.db import transaction
from core.errors import Conflict, NotAllowed, Refused
from core.files.models import StoredFile
from core.roles import ADMINISTRATOR, OPERATOR
from notify.models import OutboxMessage
from staff.models import StaffAppeal, StaffUser
from staff.rules import appeals as rules
from staff.rules.appeals import WORKFLOW, Facts, checks, phones_in, problems
from staff.service import appeals, human
from tests.staff.coming_back import NEW_PASSWORD, Guest, photo
from tests.world import PASSWORD, World, as_staff, id_number

NEW_PHONE = "19912340001"
TODAY = dt.date(2026, 6, 1)
FORM = "/admin/recover/appeal"


@pytest.fixture(autouse=True)
def easy_sums(monkeypatch) -> None:
    monkeypatch.setattr(human, "COST", 20)


@pytest.fixture
def clerk(db) -> StaffUser:
    return World().staff(OPERATOR, name="周经办")


@pytest.fixture
def boss(db) -> Actor:
    return as_staff(World().staff(ADMINISTRATOR, name="吴管理"), ADMINISTRATOR)


@pytest.fixture
def guest(client, sandbox) -> Guest:
    return Guest(client, sandbox)


def typed(clerk: StaffUser, **more: str) -> dict[str, str]:
    return {
        "problem": f"手机丢了，旧手机号码 {clerk.phone}",
        "name": clerk.name,
        "id_type": "resident_id",
        "id_number": clerk.id_number or "",
        "phone": NEW_PHONE,
        **more,
    }


def file(
    guest: Guest, clerk: StaffUser, *, front: bytes | None = None, back: bytes | None = None, **more: str
) -> Any:
    """Ask for the code, fill in the form, 下一步."""
    said = typed(clerk, **more)
    guest.ask_code(FORM, phone=said["phone"])
    code = guest.code(said["phone"])
    photos = {
        "front": (io.BytesIO(front or photo()), "front.jpg"),
        "back": (io.BytesIO(back or photo(side="back")), "back.jpg"),
    }
    return send(guest, {**said, "code": code, **photos})


def send(guest: Guest, data: dict[str, Any], **more: Any) -> Any:
    page = guest.client.get(FORM).get_data(as_text=True)
    op = page.split('name="op" value="')[1].split('"')[0]
    return guest.client.submit(FORM, {"op": op, **data}, content_type="multipart/form-data", **more)


def only(db) -> StaffAppeal:
    db.session.expire_all()
    return db.session.query(StaffAppeal).one()


# --- filing


def test_an_appeal_goes_in_and_waits(guest, clerk, db) -> None:
    """XM-15: 下一步 → 等待后台管理员审核，审核信息会通过短信方式告知."""
    answer = file(guest, clerk)
    assert (answer.status_code, answer.location) == (303, f"{FORM}/sent")
    page = guest.client.get(answer.location).get_data(as_text=True)
    row = only(db)
    assert "等待后台管理员审核，审核信息会通过短信方式告知" in page and row.number in page
    assert (row.state, row.name, row.phone, row.staff_id) == ("pending", "周经办", NEW_PHONE, None)
    assert clerk.phone in row.problem and clerk.phone.encode() not in row.problem_ct


def test_the_form_asks_in_the_manuals_words(guest) -> None:
    """XM-16, XM-17, XM-18: every label, hint and rule, word for word."""
    page = guest.client.get(FORM).get_data(as_text=True)
    for words in (
        "手机号变更 (或丢失) 无法找回密码 "
        "(需使用新手机号码进行短信认证, 申诉的问题描述中需填写正确的旧手机号码)",
        "您需申诉的问题",
        "请填写真实有效的身份信息",
        "真实姓名",
        "请填写有效证件上的真实姓名",
        "证件类型",
        "请选择证件",
        "证件号码",
        "请填写有效证件上的证件号码",
        "手机号码",
        "请输入11位数的有效手机号",
        "图片验证码",
        "如验证码看不清, 可点击图片刷新",
        "手机验证码",
        "请输入6位数的手机验证码",
        "证件正面照",
        "证件背面照",
        "正面示例",
        "背面示例",
        "1. 请上传本人证件照片, 确保照片清晰, 四角完整",
        "2. 照片不超过5MB, 支持格式:jpg、png、bmp",
    ):
        assert words in page, words


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "BMP"])
def test_photos_may_be_jpg_png_or_bmp(guest, clerk, db, fmt: str) -> None:
    """XM-18."""
    assert file(guest, clerk, front=photo(fmt)).status_code == 303


@pytest.mark.parametrize(
    "content,status",
    [(photo("GIF"), 415), (photo() + b"\0" * (6 << 20), 413), (b"%PDF-1.7", 415), (b"", 422)],
    ids=["gif", "6 MB", "pdf", "empty"],
)
def test_a_photo_that_will_not_do_is_refused_with_the_rule_and_a_way_out(
    guest, clerk, db, content, status
) -> None:
    """XM-18: a gif, or more than 5 MB."""
    answer = file(guest, clerk, front=content or b"\0")
    page = answer.get_data(as_text=True)
    assert answer.status_code in (status, 415)
    assert "照片不超过5MB, 支持格式:jpg、png、bmp" in page and "重新拍一张" in page
    assert clerk.phone in page and db.session.query(StaffAppeal).count() == 0


def test_good_photos_need_not_be_chosen_again(guest, clerk, db) -> None:
    """One wrong field does not cost the photos."""
    file(guest, clerk, name="")
    page = guest.client.get(FORM).get_data(as_text=True)
    assert page.count("已上传，不用再选") == 2
    assert "已上传" not in Guest(guest.client.application.test_client(), "").client.get(FORM).get_data(
        as_text=True
    )


def test_photos_are_not_taken_from_machines(guest, clerk, db) -> None:
    """Without the puzzle nothing is stored."""
    data = {**typed(clerk), "code": "123456", "front": (io.BytesIO(photo()), "a.jpg")}
    assert send(guest, data).status_code == 422
    assert db.session.query(StoredFile).count() == 0


GOOD = {
    "problem": "旧手机号码 13800000001 丢了",
    "name": "周经办",
    "id_type": "resident_id",
    "id_number": id_number(7),
    "phone": NEW_PHONE,
    "code": "123456",
}


@pytest.mark.parametrize(
    "field,value,words",
    [
        ("problem", "", "请写明您需申诉的问题"),
        ("problem", "手机丢了", "旧手机号码"),
        ("problem", "号码 13800000001" + "了" * 500, "最多 500 字"),
        ("problem", "旧号码 138-0000-0001 丢了", ""),
        ("problem", "旧号码不记得了", ""),
        ("name", "", "真实姓名"),
        ("name", "周 经办", "空格"),
        ("id_type", "", "请选择证件类型"),
        ("id_number", "", "请输入"),
        ("id_number", "450100196801010016", "证件号码有误"),
        ("id_number", "45010019680101", "18 位"),
        ("phone", "1991234000", "11 位"),
        ("phone", "12912340001", "有误"),
        ("code", "", "请输入6位数的手机验证码"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(field: str, value: str, words: str) -> None:
    """XM-17."""
    found = problems({**GOOD, field: value}, TODAY)
    assert found == {} if not words else (set(found) == {field} and words in found[field]), found


@pytest.mark.parametrize(
    "text,found",
    [
        ("13800000001", ["13800000001"]),
        ("138 0000 0001，139-0000-0002", ["13800000001", "13900000002"]),
        ("450100196801010015", []),
        ("没有", []),
    ],
)
def test_phones_are_found_in_what_people_write(text: str, found: list[str]) -> None:
    assert phones_in(text) == found


def test_both_sides_are_needed_and_differ(guest, clerk, db) -> None:
    page = send(guest, {**typed(clerk), "code": "123456"}).get_data(as_text=True)
    assert "请上传证件正面照" in page and "请上传证件背面照" in page
    same = file(guest, clerk, front=photo(), back=photo())
    assert same.status_code == 422 and rules.SAME_PHOTO in same.get_data(as_text=True)


def test_the_new_phone_proves_itself(guest, clerk, db) -> None:
    """XM-16: 需使用新手机号码进行短信认证; a code to another phone does not do."""
    guest.ask_code(FORM, phone="19912340002")
    code = guest.code("19912340002")
    photos = {"front": (io.BytesIO(photo()), "a.jpg"), "back": (io.BytesIO(photo(side="back")), "b.jpg")}
    assert send(guest, {**typed(clerk), "code": code, **photos}).status_code == 422
    assert db.session.query(StaffAppeal).count() == 0


def test_nobody_learns_whether_there_is_an_account(guest, clerk, app, sandbox, db) -> None:
    """The answer for a number that nobody here has is the same."""
    known = file(guest, clerk)
    stranger = Guest(app.test_client(), sandbox)
    unknown = file(stranger, clerk, id_number=id_number(999999), phone="19912340003", name="无此人")
    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    assert db.session.query(StaffAppeal).count() == 2


def test_one_open_appeal_a_person(guest, clerk, app, sandbox, db) -> None:
    file(guest, clerk)
    again = file(Guest(app.test_client(), sandbox), clerk, phone="19912340004")
    assert again.status_code == 409 and "正在审核" in again.get_data(as_text=True)
    assert db.session.query(StaffAppeal).count() == 1


def test_sending_the_form_twice_files_one(guest, clerk, db) -> None:
    guest.ask_code(FORM, phone=NEW_PHONE)
    photos = {"front": (io.BytesIO(photo()), "a.jpg"), "back": (io.BytesIO(photo(side="back")), "b.jpg")}
    data = {**typed(clerk), "code": guest.code(NEW_PHONE), "op": "o" * 32}
    first = send(guest, {**data, **photos})
    second = send(guest, data)
    assert (first.status_code, second.status_code) == (303, 303)
    assert db.session.query(StaffAppeal).count() == 1


# --- deciding


def test_approving_changes_the_phone_and_ends_everything_old(guest, clerk, boss, db, app) -> None:
    """XM-19: told by SMS; the old password is over, and the new phone sets a new one."""
    desk = app.test_client()
    World().sign_in(desk, staff=clerk)
    old_phone = clerk.phone
    file(guest, clerk)
    with transaction():
        appeals.approve(only(db), boss)
    row = only(db)
    assert (row.state, row.staff_id, db.session.get(StaffUser, clerk.id).phone) == (
        "approved",
        clerk.id,
        NEW_PHONE,
    )
    assert "/admin/login" in desk.get("/admin/me").location
    assert any("申诉已通过" in sms for sms in guest.sms(NEW_PHONE))
    assert any("更换了手机号码" in sms for sms in guest.sms(old_phone))
    from staff.service.hashing import is_password

    assert not is_password(db.session.get(StaffUser, clerk.id).password_hash, PASSWORD)
    guest.name(NEW_PHONE)
    from sqlalchemy import text

    db.session.execute(text("UPDATE limit_hit SET at = at - interval '70 seconds'"))
    db.session.commit()
    guest.ask_code("/admin/recover/phone")
    assert guest.new_password("/admin/recover/phone", code=guest.code(NEW_PHONE)).status_code == 303
    db.session.expire_all()
    assert is_password(db.session.get(StaffUser, clerk.id).password_hash, NEW_PASSWORD)


def test_an_appeal_that_passes_takes_authenticator_browsers_and_wechat_away(guest, boss, db, app) -> None:
    """docs/decisions/staff-sign-in.md: nothing of the lost phone counts, no power comes back by itself."""
    from core.roles import FIRST_REVIEWER
    from staff.models import StaffDevice, StaffWeChat
    from staff.service import devices
    from tests.staff.arriving import arrive, later, totp

    world = World()
    clerk = world.staff(FIRST_REVIEWER, name="周经办")
    with transaction():
        clerk.recovery_codes = "abc def"
        db.session.add(StaffWeChat(staff_id=clerk.id, openid="oTestLostPhone00000000001"))
        devices.remember("", clerk.id)
    old_code = totp()
    file(guest, clerk)
    with transaction():
        appeals.approve(only(db), boss)
    db.session.expire_all()
    person = db.session.get(StaffUser, clerk.id)
    assert (person.totp_secret, person.totp_pending, person.recovery_codes) == (None, None, None)
    assert db.session.query(StaffDevice).filter_by(staff_id=clerk.id).count() == 0
    tie = db.session.query(StaffWeChat).filter_by(staff_id=clerk.id).one()
    assert (tie.ended_why, tie.openid) == ("appeal", None)
    told = db.session.query(OutboxMessage).filter_by(kind="staff_phone_replaced")
    assert {one.channel for one in told} == {"sms", "wechat"}, "the old phone and the old WeChat hear of it"
    later(db, 2)
    browser = app.test_client()
    arrive(browser, db, NEW_PHONE)
    answer = browser.get("/admin/claims")
    assert answer.status_code == 303 and "/admin/factor" in answer.location, "the power waits"
    assert browser.get("/admin/factor").location.startswith("/admin/factor/setup"), old_code


def test_refusing_needs_a_reason_and_is_told(guest, clerk, boss, db) -> None:
    """XM-19."""
    file(guest, clerk)
    with pytest.raises(Refused, match="原因"), transaction():
        appeals.refuse(only(db), boss, " ")
    with transaction():
        appeals.refuse(only(db), boss, "证件照片不清晰，四角不完整")
    assert only(db).state == "refused" and db.session.get(StaffUser, clerk.id).phone == clerk.phone
    told = [sms for sms in guest.sms(NEW_PHONE) if "没有通过" in sms]
    assert len(told) == 1 and "照片不清晰" not in told[0]


def test_nobody_decides_their_own_appeal(guest, db) -> None:
    own = World().staff(ADMINISTRATOR, name="周管理")
    file(guest, own)
    for decide in (lambda: appeals.approve(only(db), as_staff(own, ADMINISTRATOR)),
                   lambda: appeals.refuse(only(db), as_staff(own, ADMINISTRATOR), "不行")):  # fmt: skip
        with pytest.raises(Refused, match="自己"), transaction():
            decide()


def test_nobody_takes_an_account_over_with_an_appeal_to_their_own_phone(guest, clerk, db) -> None:
    """An administrator whose own phone is the new one does not decide."""
    boss = World().staff(ADMINISTRATOR)
    file(guest, clerk, phone=boss.phone)
    with pytest.raises(Refused, match="自己"), transaction():
        appeals.approve(only(db), as_staff(boss, ADMINISTRATOR))


def test_without_an_account_an_appeal_cannot_pass(guest, clerk, boss, db) -> None:
    file(guest, clerk, id_number=id_number(888888))
    with pytest.raises(Refused, match="没有找到"), transaction():
        appeals.approve(only(db), boss)


def test_a_phone_of_another_account_cannot_be_put_on_file(guest, clerk, boss, db) -> None:
    other = World().staff(OPERATOR)
    file(guest, clerk, phone=other.phone)
    with pytest.raises(Refused, match="另一个账号"), transaction():
        appeals.approve(only(db), boss)


def test_the_second_to_decide_is_told_who_was_first(guest, clerk, boss, db) -> None:
    file(guest, clerk)
    seen = only(db).version
    with transaction():
        appeals.refuse(only(db), boss, "不行", seen)
    with pytest.raises(Conflict, match=boss.label), transaction():
        appeals.approve(only(db), boss, seen)


@pytest.mark.parametrize("action", ["approve", "refuse"])
@pytest.mark.parametrize("state", ["pending", "approved", "refused"])
def test_only_what_waits_is_decided_and_only_by_an_administrator(action: str, state: str) -> None:
    assert (WORKFLOW.move(action, state) is not None) == (state == "pending")
    assert {role for move in WORKFLOW.moves for role in move.who} == {ADMINISTRATOR}


def test_a_grant_elsewhere_does_not_decide(guest, clerk, db) -> None:
    file(guest, clerk)
    with pytest.raises(NotAllowed), transaction():
        appeals.approve(only(db), as_staff(World().staff(OPERATOR), OPERATOR))


@pytest.mark.parametrize(
    "facts,words",
    [
        (Facts(True), []),
        (Facts(False), ["没有找到这个证件号码的账号"]),
        (Facts(True, same_name=False), ["姓名与登记的不一致"]),
        (Facts(True, said_old_phone=False), ["没有写对登记的旧手机号码"]),
        (Facts(True, is_active=False), ["已经停用"]),
        (Facts(True, earlier=2), ["还申诉过 2 次"]),
        (Facts(True, same_phone_elsewhere=True), ["另一个账号"]),
        (Facts(True, phone_appeals=3), ["另外 3 份"]),
        (Facts(True, powers=("初核", "管理员")), ["这个账号有初核、管理员权限"]),
    ],
)
def test_what_to_look_at_is_said_before_deciding(facts: Facts, words: list[str]) -> None:
    odd = [one.text for one in checks(facts) if one.level != "ok"]
    assert len(odd) == len(words) and all(word in text for word, text in zip(words, odd, strict=True))


def test_the_page_shows_both_sides_and_hides_what_is_on_file(guest, clerk, boss, db, app) -> None:
    file(guest, clerk)
    desk = World().sign_in(app.test_client(), staff=db.session.get(StaffUser, boss.id))
    at = f"/admin/appeals/{only(db).number}"
    assert only(db).number in desk.get("/admin/appeals").get_data(as_text=True)
    page = desk.get(at).get_data(as_text=True)
    table = page[page.index("登记与申诉填写") : page.index("证件类型")]
    assert clerk.id_number not in table and clerk.phone not in table and NEW_PHONE not in table
    assert "姓名一致" in page and "写对了旧手机号码" in page
    for side in ("front", "back"):
        shown = desk.get(f"{at}/photo/{side}/preview")
        assert shown.mimetype == "image/jpeg" and shown.headers["Cache-Control"] == "no-store"
    told = desk.submit(f"{at}/reveal", {"field": "id_number"}, page=at, headers={"X-Requested-With": "fetch"})
    assert told.json == {"value": clerk.id_number}
    assert desk.submit(f"{at}/reveal", {"field": "password_hash"}, page=at).status_code == 422
    kinds = [row[0] for row in db.session.execute(db.text("SELECT action FROM audit_entry"))]
    assert kinds.count("appeal.look") == 2 and "appeal.reveal" in kinds


def test_the_decision_is_made_on_a_page_that_says_what_follows(guest, clerk, boss, db, app) -> None:
    file(guest, clerk)
    desk = World().sign_in(app.test_client(), staff=db.session.get(StaffUser, boss.id))
    at = f"/admin/appeals/{only(db).number}"
    page = desk.get(f"{at}/approve").get_data(as_text=True)
    assert "199****0001" in page and "身份验证器" in page and "马上失效" in page
    assert desk.submit(f"{at}/approve", {"seen": "0"}).location == "/admin/appeals"
    assert only(db).state == "approved"


# --- what does not stay


def test_photos_go_a_month_after_the_decision(guest, clerk, boss, db) -> None:
    file(guest, clerk)
    with transaction():
        appeals.refuse(only(db), boss, "不行")
    for days, left in ((29, 2), (31, 0)):
        with time_machine.travel(clock.now() + dt.timedelta(days=days), tick=True), transaction():
            appeals.sweep()
        assert db.session.query(StoredFile).filter_by(erased_at=None).count() == left
    assert (only(db).front_id, only(db).back_id) == (None, None)


def test_photos_of_an_appeal_that_was_never_sent_go_after_a_day(guest, clerk, db) -> None:
    file(guest, clerk, name="")
    assert db.session.query(StoredFile).filter_by(erased_at=None).count() == 2
    with time_machine.travel(clock.now() + dt.timedelta(hours=25), tick=True), transaction():
        appeals.sweep()
    db.session.expire_all()
    assert db.session.query(StoredFile).filter_by(erased_at=None).count() == 0
