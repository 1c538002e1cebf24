"""The person's rights: a copy of everything, consent taken back, the account closed (PIPL 15, 44–47)."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from sqlalchemy import func, select

from changes import service as changes
from changes.models import ChangeRequest
from changes.service import photos as change_photos
from claims import rules as claim_rules
from claims import service as claims
from claims.models import Claim, ClaimDocument
from claims.queries import copying as claim_copy
from core import clock, context
from core.db import transaction
from core.errors import Refused
from core.files.models import StoredFile
from employee import service as employees
from employee.models import Binding, Consent
from employee.service import copying as employee_copy
from notify import service as notify
from notify.models import InboxMessage, OutboxMessage
from portal.rights import jobs, rules, service
from portal.rights.models import DataExport, Departure
from tests.claims.paper import hidden, says
from tests.office import Office, picture
from tests.world import World, as_employee

ALL = ("identity", "health", "account", "certificates")


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def office(world) -> Office:
    return Office(world)


@pytest.fixture
def person(world):
    row = world.insured(name="独孤磳秘")
    with transaction():
        employees.give_consent(row.id, list(ALL), as_employee(row))
    return row


@pytest.fixture
def me(client, world, person):
    return world.sign_in(client, person=person)


def fresh(db) -> None:
    db.session.rollback()
    db.session.expire_all()


def send(client, path: str, page: str, **typed: str):
    shown = client.get(page).get_data(as_text=True)
    return client.post(path, data={**hidden(shown), **typed})


def code_for(client, db, page: str) -> str:
    assert send(client, f"{page}/code", page).status_code == 200
    query = select(OutboxMessage).where(OutboxMessage.kind == "code").order_by(OutboxMessage.id.desc())
    return re.search(r"\d{6}", db.session.scalars(query.limit(1)).one().params)[0]


def ready_export(client, db) -> DataExport:
    assert send(client, "/h5/me/export", "/h5/me/export").status_code == 303
    jobs.prepare_exports()
    fresh(db)
    return db.session.scalars(select(DataExport).order_by(DataExport.id.desc())).first()


def open_it(client, db, row: DataExport, code: str = ""):
    code = code or code_for(client, db, "/h5/me/export")
    return send(client, f"/h5/me/export/{row.id}", "/h5/me/export", code=code)


def leave(client, db, kind: str, code: str = ""):
    code = code or code_for(client, db, "/h5/me/leave")
    return send(client, "/h5/me/leave", "/h5/me/leave", kind=kind, code=code)


# --- the rules


def test_the_rule_of_withdrawal_names_every_state_a_claim_can_have() -> None:
    assert set(claim_rules.ON_WITHDRAWAL) == set(claim_rules.LABELS)
    assert set(claim_rules.ON_WITHDRAWAL.values()) == set(claim_rules.WITHDRAWAL_WORDS)


@pytest.mark.parametrize(
    "state,effect,after",
    [
        ("draft", "delete", None),
        ("union_review", "stop", "withdrawn"),
        ("first_review", "stop", "withdrawn"),
        ("second_review", "stop", "withdrawn"),
        ("returned", "stop", "withdrawn"),
        ("approved", "waive", "withdrawn"),
        ("pay_failed", "waive", "withdrawn"),
        ("paying", "finish", "paying"),
        ("paid", "keep", "paid"),
        ("refused", "keep", "refused"),
        ("withdrawn", "erase", "withdrawn"),
    ],
)
def test_consent_taken_back_in_the_middle_of_a_claim(office, person, db, state, effect, after) -> None:
    """What nobody decided stops and its content and photos go; what the law wants kept stays whole."""
    claim = office.file(person)
    with transaction():
        claim.state = state
    number, file_ids = claim.number, [row.file_id for row in _documents(db, claim)]
    assert file_ids and service.foreseen(person.id) == [(number, claim_rules.WITHDRAWAL_WORDS[effect])]
    with transaction():
        effects = claims.withdraw_all(person.id, as_employee(person))
    assert effects == [(number, state, effect)]
    fresh(db)
    found = db.session.scalars(select(Claim).where(Claim.number == number)).one_or_none()
    assert (found.state if found else None) == after
    is_kept = effect in ("keep", "finish")
    if found:
        content = (found.hospital, found.diagnosis, found.payee_card, found.receipt, found.total_fen)
        assert all(content) if is_kept else not any(content)
    assert {context.storage().exists(f"{one}/0") for one in file_ids} == {is_kept}


def test_a_photo_that_a_paid_claim_still_shows_is_not_deleted_with_the_draft(office, person, db) -> None:
    paid = office.file(person)
    with transaction():
        paid.state = "paid"
    shared = _documents(db, paid)[0]
    with transaction():
        draft = claims.start_draft("hospital", as_employee(person))
        db.session.add(ClaimDocument(claim_id=draft.id, file_id=shared.file_id, kind=shared.kind))
    with transaction():
        claims.withdraw_all(person.id, as_employee(person))
    assert context.storage().exists(f"{shared.file_id}/0")


def test_the_published_rule_and_the_code_agree() -> None:
    said = {row.what: row.until for row in rules.KEPT}
    assert said["导出的个人信息"].startswith(f"{rules.EXPORT_DAYS} 天")
    assert any("30 年" in until for until in said.values())


# --- 撤回同意


def test_taking_consent_back_stops_what_is_open_and_says_what_stays(office, me, person, db) -> None:
    paid = office.file(person)
    with transaction():
        paid.state = "paid"
    june = {"admitted_on": dt.date(2026, 6, 1), "discharged_on": dt.date(2026, 6, 8)}
    waiting = office.file(person, **june)
    page = says(me.get("/h5/me/leave"))
    assert "停止审核" in page and "30 年" in page and waiting.number in page
    answer = leave(me, db, "consent")
    assert (answer.status_code, answer.location) == (303, "/h5/left")
    assert "已撤回同意" in says(me.get("/h5/left"))
    fresh(db)
    assert (waiting.state, paid.state) == ("withdrawn", "paid")
    live = set(db.session.scalars(select(Consent.purpose).where(Consent.withdrawn_at.is_(None))))
    assert live == {"identity"} and me.get("/h5/me").status_code == 200
    assert db.session.scalars(select(Departure.kind)).one() == "consent"
    told = db.session.scalars(select(InboxMessage).where(InboxMessage.kind == "consent_withdrawn")).one()
    assert "停止并删除了 1 份申请，1 份按规定保存" in told.text


def test_nothing_is_accepted_after_consent_is_gone(office, me, person, db) -> None:
    """The reviewer who had it open comes too late; a new draft asks for consent again."""
    from claims.service import review
    from core.roles import FIRST_REVIEWER
    from tests.office import actor

    claim = office.file(person)
    clerk = office.world.staff(FIRST_REVIEWER)
    seen = claim.version
    leave(me, db, "consent")
    fresh(db)
    with pytest.raises(Refused) as late, transaction():
        review.approve(claim, actor(clerk, FIRST_REVIEWER), seen)
    assert late.value.status == 409
    with pytest.raises(Refused, match="同意"), transaction():
        claims.start_draft("hospital", as_employee(person))
    with transaction():
        employees.give_consent(person.id, ["health", "account", "certificates"], as_employee(person))
        assert claims.start_draft("hospital", as_employee(person)).state == "draft"


@pytest.mark.parametrize(
    "kind,code,words", [("everything", "", rules.NO_CHOICE), ("account", "000000", "验证码")]
)
def test_leaving_needs_a_choice_and_the_right_code(office, me, person, db, kind, code, words) -> None:
    claim = office.file(person)
    answer = leave(me, db, kind, code)
    assert answer.status_code == 422 and words in says(answer)
    fresh(db)
    assert claim.state == "first_review" and not db.session.scalars(select(Departure)).all()


def test_a_code_for_the_export_does_not_close_the_account(me, db, person) -> None:
    sent = code_for(me, db, "/h5/me/export")
    assert leave(me, db, "account", sent).status_code == 422
    assert me.get("/h5/me").status_code == 200


def test_what_the_page_says_of_leaving_is_for_the_browser_that_left(me) -> None:
    assert me.get("/h5/left").status_code == 404


# --- 注销账号


def test_closing_the_account_ends_the_binding_and_forgets_the_wechat(office, me, person, db) -> None:
    office.file(person)
    openid = db.session.scalar(select(Binding.openid))
    assert leave(me, db, "account").status_code == 303
    assert "已注销账号" in says(me.get("/h5/left"))
    assert me.get("/h5/me").status_code == 303
    fresh(db)
    binding = db.session.scalars(select(Binding)).one()
    assert binding.ended_why == "closed" and openid not in binding.openid
    assert not db.session.scalar(select(func.count()).where(Consent.withdrawn_at.is_(None)))
    kinds = db.session.scalars(select(InboxMessage.kind).where(InboxMessage.owner_id == person.id)).all()
    assert kinds == ["account_closed"]
    ways = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "account_closed")).all()
    assert {row.address for row in ways} == {openid, person.phone}


def test_binding_again_asks_for_consent_again(app, office, me, person, world, db) -> None:
    from tests.employee.test_binding import ask_for_code, form, post

    leave(me, db, "account")
    with transaction():
        from core.limits import LimitHit

        db.session.execute(LimitHit.__table__.delete())
    sent = ask_for_code(me, person.phone)
    refused = post(me, form(person, sent, consent=""))
    assert refused.status_code == 422 and "请先阅读并勾选同意" in says(refused)
    assert post(me, form(person, sent)).status_code == 303
    fresh(db)
    assert employees.has_consents(person.id, ["identity"])
    assert not employees.has_consents(person.id, ["health"])


def test_leaving_twice_changes_nothing_more(me, person, db) -> None:
    leave(me, db, "consent")
    with transaction():
        effects = claims.withdraw_all(person.id, as_employee(person))
    assert effects == []


# --- 导出我的信息


def test_the_copy_is_prepared_told_opened_with_a_fresh_code_and_gone(office, me, person, db) -> None:
    claim = office.file(person)
    row = ready_export(me, db)
    assert row.state == "ready"
    told = db.session.scalars(select(InboxMessage).where(InboxMessage.kind == "export_ready")).one()
    assert told.link == "/h5/me/export"
    answer = open_it(me, db, row)
    assert (answer.status_code, answer.location) == (303, f"/h5/me/export/{row.id}")
    shown = me.get(answer.location)
    text = shown.get_data(as_text=True)
    assert "sandbox" in shown.headers["Content-Security-Policy"] and "<script" not in text
    for mine in (person.name, person.id_number, person.phone, claim.number, "data:image/jpeg;base64,"):
        assert mine in text
    assert open_it(me, db, row, "123456").status_code == 409, "only once"
    later = clock.now() + dt.timedelta(minutes=rules.READ_MINUTES + 1)
    with time_machine.travel(later, tick=False):
        jobs.sweep()
        fresh(db)
        assert row.erased_at and not context.storage().exists(f"{row.id}/3")
    assert "您的全部信息" in says(me.get("/h5/me/looks"))


def test_at_rest_the_copy_says_nothing(office, me, person, db) -> None:
    office.file(person)
    row = ready_export(me, db)
    kept = context.storage().get(f"{row.id}/3")
    for canary in (person.name, person.id_number, person.phone, "html"):
        assert canary.encode() not in kept


def test_the_copy_of_somebody_else_is_not_there(app, world, me, db) -> None:
    """A3: before and after it was opened, with a code of one's own."""
    row = ready_export(me, db)
    other = world.sign_in(app.test_client(), person=world.insured())
    code = code_for(other, db, "/h5/me/export")
    assert open_it(other, db, row, code).status_code == 404
    open_it(me, db, row)
    assert other.get(f"/h5/me/export/{row.id}").status_code == 404


def test_another_browser_of_mine_needs_a_code_too(app, world, me, person, db) -> None:
    row = ready_export(me, db)
    open_it(me, db, row)
    other = world.sign_in(app.test_client(), person=person)
    assert other.get(f"/h5/me/export/{row.id}").status_code == 404


@pytest.mark.parametrize("code", ["", "000000", "12345"])
def test_without_the_code_it_stays_closed(me, db, code) -> None:
    row = ready_export(me, db)
    code_for(me, db, "/h5/me/export")
    answer = send(me, f"/h5/me/export/{row.id}", "/h5/me/export", code=code)
    assert answer.status_code == 422
    fresh(db)
    assert row.state == "ready" and me.get(f"/h5/me/export/{row.id}").status_code in (404, 409)


def test_asking_twice_is_one_copy(me, db) -> None:
    assert send(me, "/h5/me/export", "/h5/me/export").status_code == 303
    again = me.post("/h5/me/export", data=hidden(me.get("/h5/settings").get_data(as_text=True)))
    assert again.status_code == 409 and rules.EXPORT_OPEN in says(again)
    assert db.session.scalar(select(func.count()).select_from(DataExport)) == 1


def test_after_a_week_it_is_too_late(me, db) -> None:
    row = ready_export(me, db)
    with time_machine.travel(clock.now() + dt.timedelta(days=8), tick=False):
        with pytest.raises(Refused) as late, transaction():
            service.open_export(row.id, "123456", as_employee(_person(db, row)))
        assert late.value.status == 409
        jobs.sweep()
        fresh(db)
        assert row.state == "expired" and not context.storage().exists(f"{row.id}/3")


def test_two_workers_prepare_one_copy_once(me, db) -> None:
    send(me, "/h5/me/export", "/h5/me/export")
    jobs.prepare_exports()
    jobs.prepare_exports()
    assert db.session.scalar(select(func.count()).where(InboxMessage.kind == "export_ready")) == 1


@pytest.mark.parametrize(
    "model,labels,without",
    [
        ("employee", employee_copy.PERSON, {"id"}),
        ("binding", employee_copy.BINDING, {"id"}),
        ("rebind", employee_copy.REBINDING, {"id"}),
        ("claim", claim_copy.CLAIM, {"id", "approval", "award"}),
    ],
)
def test_the_copy_names_every_column_that_is_of_the_person(model, labels, without) -> None:
    """Inventory-driven (5.5): a new personal column without a word in the copy fails here."""
    from core.db import db as database

    own = {
        re.sub(r"_(ct|bi)$", "", column.name)
        for column in database.metadata.tables[model].columns
        if column.info["data"] in ("personal", "identifier", "secret")
    }
    assert own - without <= set(labels)


def test_what_goes_with_the_consent_names_every_column_of_the_content() -> None:
    """A new personal column of a claim must be erased too; yes-or-no answers say nothing by themselves."""
    from claims.service.leaving import EMPTY
    from core.db import db as database

    own = {
        re.sub(r"_(ct|bi)$", "", column.name)
        for column in database.metadata.tables["claim"].columns
        if column.info["data"] in ("personal", "identifier", "secret") and column.name != "approval_bi"
    }
    assert own - {"is_settled", "is_out_of_area"} == set(EMPTY) - {"approval_bi"}


def test_the_copy_holds_everything_of_the_person_and_nobody_else(office, world, person, db) -> None:
    claim = office.file(person)
    other = world.insured(name="欧阳他人")
    office.file(other)
    with transaction():
        claim.is_own_account = False
        claim.payee_name, claim.payee_card = "上官收款人", "6222021234567890128"
    text = str(service.copies_of(person.id))
    for mine in (person.name, person.id_number, person.phone, claim.hospital, claim.diagnosis, claim.number):
        assert mine in text
    for foreign in (other.name, other.id_number, other.phone, "上官收款人", "6222021234567890128"):
        assert foreign not in text


def test_bytes_a_store_kept_although_told_go_with_the_next_sweep(office, person, db) -> None:
    claim = office.file(person)
    file_id = _documents(db, claim)[0].file_id
    with transaction():
        db.session.get_one(StoredFile, file_id).erased_at = clock.now()
    assert context.storage().exists(f"{file_id}/0")
    jobs.sweep()
    assert not context.storage().exists(f"{file_id}/0")


# --- 个人信息处理规则


def test_the_rules_are_there_for_everybody_with_their_version(client, db) -> None:
    page = says(client.get("/h5/privacy"))
    assert context.scheme().brand.consent_version in page
    for row in rules.KEPT:
        assert row.until in page


def _documents(db, claim) -> list[ClaimDocument]:
    return list(db.session.scalars(select(ClaimDocument).where(ClaimDocument.claim_id == claim.id)))


def _person(db, row: DataExport):
    from employee.models import Employee

    return db.session.get_one(Employee, row.employee_id)


@pytest.mark.parametrize("kind", ["consent", "account"])
def test_a_change_under_review_ends_with_the_consent(me, person, db, kind) -> None:
    """The page says so before, the answer says so after."""
    with transaction():
        change_photos.add_photo(picture(), as_employee(person))
    with transaction():
        now = changes.current(person.id)
        wanted = {**now, "name": "独孤改名"}
        number = changes.submit(wanted, as_employee(person), seen=changes.mark_of(now)).number
    shown = says(me.get("/h5/me/leave"))
    assert number in shown and changes.WITHDRAWAL_WORDS["change_stop"] in shown
    leave(me, db, kind)
    fresh(db)
    row = db.session.scalars(select(ChangeRequest).where(ChangeRequest.number == number)).one()
    assert (row.state, row.new_values) == ("deleted", None)
    assert changes.WITHDRAWAL_WORDS["change_stop"] in says(me.get("/h5/left"))


def test_closing_the_account_forgets_what_was_sent_and_where(me, person, db) -> None:
    """At once: words and numbers of all that went out, and nothing that waits goes any more."""
    with transaction():
        for status in ("sent", "pending", "held"):
            notify.send("claim_submitted", employee=person.id, dedupe=f"x:{status}")
        for row in db.session.query(OutboxMessage).filter(OutboxMessage.owner_id == person.id):
            row.status = row.dedupe_key.split(":")[1]
    leave(me, db, "account")
    fresh(db)
    rows = db.session.query(OutboxMessage).filter(OutboxMessage.owner_id == person.id).all()
    old = [row for row in rows if row.dedupe_key.startswith("x:")]
    assert len(old) == 6
    assert not any(row.params or row.address or row.address_bi for row in old)
    assert {row.status for row in old} == {"sent", "cancelled"}
    assert [row.kind for row in rows if row.params] == ["account_closed"] * 2, "the farewell still goes"
