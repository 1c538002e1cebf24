"""What has been kept long enough goes, and not a day earlier; the published table names what does it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from changes.models import ChangeDocument, ChangeRequest
from claims import service as claims
from claims.models import Claim, ClaimDocument
from claims.service import filing
from core import clock, context
from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction, uuid7
from core.errors import Conflict, Refused
from core.fields import mask_card
from core.files import keeping
from core.files.models import StoredFile
from core.history import Transition
from core.terms import Term
from employee.models import Binding, DataLook, Rebind
from enrolment.models import Enrolment, EnrolmentMaterial, FeeAccount
from finder.models import FinderRun, FinderStay
from notify import service as notify
from notify.models import InboxMessage, OutboxMessage
from payout import queries as payout_queries
from payout.models import PayoutBatch
from payout.service import items_of, must_be_whole
from portal.rights import retention, rules
from tests.office import Office, picture
from tests.payout.conftest import PayOffice, answers, as_csv, card
from tests.world import World, as_employee
from whatif.models import WhatIf, WhatIfPerson

RULES = {rule.key: rule for rule in retention.RULES}
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def world(db) -> World:
    return World()


class Past:
    """Makes things that ended at a given moment; `seen` says what is left of one."""

    def __init__(self, world: World) -> None:
        self.world, self.office, self.pay = world, Office(world), PayOffice(world)

    def claim(self, at: dt.datetime, state: str = "paid") -> Claim:
        claim = self.office.file()
        with transaction():
            claim.state, claim.state_at, claim.award_fen = state, at, 120_000
            claim.paid_at = at if state == "paid" else None
            step = database.session.scalars(
                select(Transition).where(Transition.object_id == claim.id).limit(1)
            ).one()
            step.note = "诊断证明看不清"
        return claim

    def change(self, at: dt.datetime, state: str = "done") -> ChangeRequest:
        person = self.world.employee()
        row = ChangeRequest(
            number=f"BG{self.world.serial:09d}", employee_id=person.id, union_id=person.union_id,
            state=state, state_at=at, old_values="{}", new_values='{"name": "甲"}', note="好",
        )  # fmt: skip
        with transaction():
            database.session.add(row)
            database.session.flush()
            file = keeping.store(picture(), "change")
            database.session.add(ChangeDocument(employee_id=person.id, request_id=row.id, file_id=file.id))
        return row

    def batch(self, at: dt.datetime, failed: dict[int, str] | None = None) -> PayoutBatch:
        batch = self.pay.exported()
        self.pay.settle(batch, as_csv(answers(batch, failed)))
        with transaction():
            batch.state_at = batch.settled_at = at
            for item in items_of(batch):
                item.settled_at = at
        return batch

    def binding(self, at: dt.datetime | None) -> Binding:
        row = self.world.bind(self.world.employee())
        with transaction():
            row.ended_at = at
        return row

    def rebind(self, at: dt.datetime, state: str = "approved") -> Rebind:
        row = Rebind(
            state=state, state_at=at, openid="oTest", name="某甲", phone="13800001111", reason="lost"
        )
        with transaction():
            database.session.add(row)
        return row

    def look(self, at: dt.datetime) -> DataLook:
        row = DataLook(employee_id=self.world.employee().id, what="papers", at=at, dedupe=str(uuid7()))
        with transaction():
            database.session.add(row)
        return row

    def message(self, at: dt.datetime, status: str = "sent") -> OutboxMessage:
        row = OutboxMessage(
            dedupe_key=str(uuid7()), lane="notices", channel="sms", kind="claim_paid", owner_kind="employee",
            owner_id=self.world.employee().id, address="13800001111", params='{"text": "字"}',
            status=status, created_at=at,
        )  # fmt: skip
        with transaction():
            database.session.add(row)
        return row

    def stay(self, at: dt.datetime) -> FinderStay:
        """Nobody can apply for it any more since the day of `at`."""
        person = self.world.employee()
        look = FinderRun(by_id=uuid7(), by_label="某", state="done", version=0)
        with transaction():
            database.session.add(look)
            database.session.flush()
            day = clock.local_date(at) + dt.timedelta(
                days=int(at > RULES["finder.stays"].term.before(clock.now()))
            )
            row = FinderStay(
                stay_bi=uuid7().bytes, run_id=look.id, employee_id=person.id, union_id=person.union_id,
                plan_code="GX-2026", admitted_on=day, discharged_on=day,
                apply_until=day - dt.timedelta(days=1),
            )  # fmt: skip
            database.session.add(row)
        return row

    def inbox(self, at: dt.datetime) -> InboxMessage:
        row = InboxMessage(
            dedupe_key=str(uuid7()), owner_kind="employee", owner_id=uuid7(), kind="claim_paid",
            title="题", text="字", created_at=at,
        )  # fmt: skip
        with transaction():
            database.session.add(row)
        return row

    def trial(self, at: dt.datetime) -> WhatIf:
        """A trial with somebody whom it touches."""
        person, admin = self.world.employee(), self.world.staff("administrator")
        row = WhatIf(
            plan_code="GX-2026", plan_version="1", changes={}, by_id=admin.id, by_label="示例", covered=1,
            claims_total=1, totals={}, created_at=at,
        )  # fmt: skip
        with transaction():
            database.session.add(row)
            database.session.flush()
            sums = {"is_gain": True, "by_fen": 1, "was_fen": 1, "now_fen": 2, "claims": 1}
            touched = WhatIfPerson(run_id=row.id, employee_id=person.id, union_id=person.union_id, **sums)
            database.session.add(touched)
        return row

    def _enrolment(self, at: dt.datetime) -> Enrolment:
        union = self.world.union()
        database.session.flush()
        row = Enrolment(
            number=f"CBFW{self.world.serial:010d}", union_id=union.id, union_name=union.name,
            plan_code="GX-2026", plan_version="1", filed_by_id=uuid7(), filed_by_label="示例", state="done",
            state_at=at, version=5,
        )  # fmt: skip
        database.session.add(row)
        database.session.flush()
        return row

    def paper(self, at: dt.datetime) -> EnrolmentMaterial:
        with transaction():
            file = keeping.store(picture(), "enrolment")
            row = EnrolmentMaterial(
                enrolment_id=self._enrolment(at).id, kind="x", file_id=file.id, file_name="申请单.jpg"
            )
            database.session.add(row)
        return row

    def account(self, at: dt.datetime) -> FeeAccount:
        with transaction():
            row = FeeAccount(enrolment_id=self._enrolment(at).id, account_name="示例工会", card=card(7))
            database.session.add(row)
        return row


@pytest.fixture
def past(world) -> Past:
    return Past(world)


def bytes_of(model: Any, of: Any) -> set[bool]:
    """Are the bytes of these photos in the store?"""
    ids = database.session.scalars(select(model.file_id).where(of))
    return {context.storage().exists(f"{one}/{size}") for one in ids for size in "012"}


def has_photos(row: Any) -> bool:
    if isinstance(row, Claim):
        (found,) = bytes_of(ClaimDocument, ClaimDocument.claim_id == row.id)
    else:
        (found,) = bytes_of(ChangeDocument, ChangeDocument.request_id == row.id)
    return found


def has_contents(row: Any) -> bool:
    notes = database.session.scalars(select(Transition).where(Transition.object_id == row.id))
    said = [step.note for step in notes if step.note]
    if isinstance(row, Claim):
        found = {bool(one) for one in (row.hospital, row.diagnosis, row.total_fen, row.receipt, said)}
    else:
        found = {bool(one) for one in (row.old_values, row.new_values, row.note)}
    assert len(found) == 1
    return found.pop()


def has_card(row: Any) -> bool:
    return "*" not in (row.payee_card or "*")


def has_cards(batch: PayoutBatch) -> bool:
    (found,) = {has_card(item) for item in items_of(batch)}
    must_be_whole(batch, items_of(batch))
    return found


def first_has_card(batch: PayoutBatch) -> bool:
    return has_card(items_of(batch)[0])


def has_openid(row: Binding) -> bool:
    return not row.openid.startswith("forgotten:")


def has_words(row: OutboxMessage) -> bool:
    assert (row.address is None) == (row.params is None)
    return row.params is not None


def is_there(row: Any) -> bool:
    return row is not None


BOUNCED = {1: "账户已销户", 2: "账户已销户", 3: "账户已销户"}
TABLE: list[tuple[str, Callable[[Past, dt.datetime], Any], Callable[[Any], bool]]] = [
    ("claims.photos", lambda past, at: past.claim(at), has_photos),
    ("claims.photos", lambda past, at: past.claim(at, "refused"), has_photos),
    ("claims.photos", lambda past, at: past.claim(at, "withdrawn"), has_photos),
    ("claims.contents", lambda past, at: past.claim(at), has_contents),
    ("claims.contents", lambda past, at: past.claim(at, "refused"), has_contents),
    ("claims.contents", lambda past, at: past.claim(at, "refused"), has_card),
    ("claims.card", lambda past, at: past.claim(at), has_card),
    ("changes.photos", lambda past, at: past.change(at), has_photos),
    ("changes.contents", lambda past, at: past.change(at), has_contents),
    ("payout.card", lambda past, at: past.batch(at), has_cards),
    ("payout.unpaid_card", lambda past, at: past.batch(at, BOUNCED), has_cards),
    ("employee.openid", lambda past, at: past.binding(at), has_openid),
    ("employee.rebind", lambda past, at: past.rebind(at), is_there),
    ("employee.looks", lambda past, at: past.look(at), is_there),
    ("notify.outbox", lambda past, at: past.message(at), has_words),
    ("notify.outbox", lambda past, at: past.message(at, "held"), has_words),
    ("notify.outbox", lambda past, at: past.message(at, "unknown"), has_words),
    ("notify.inbox", lambda past, at: past.inbox(at), is_there),
    ("enrolment.papers", lambda past, at: past.paper(at), lambda row: row.removed_at is None),
    ("enrolment.accounts", lambda past, at: past.account(at), is_there),
    ("whatif.runs", lambda past, at: past.trial(at), is_there),
    ("finder.stays", lambda past, at: past.stay(at), is_there),
]


@pytest.mark.parametrize("key,make,is_kept", TABLE, ids=[f"{row[0]}-{n}" for n, row in enumerate(TABLE)])
def test_before_its_day_nothing_goes_and_after_it_exactly_that(past, key, make, is_kept) -> None:
    rule = RULES[key]
    until = rule.term.before(clock.now())
    young, old = make(past, until + MINUTE), make(past, until - MINUTE)
    model, young_id, old_id = type(young), young.id, old.id
    assert retention.due()[key] >= 1
    retention.retention.run(rule)
    assert is_kept(database.session.get(model, young_id))
    assert not is_kept(database.session.get(model, old_id))
    assert retention.due()[key] == 0 == retention.retention.run(rule), "a second run finds nothing"


@pytest.mark.parametrize("key", sorted(RULES))
def test_every_rule_has_a_row_in_the_table_above(key) -> None:
    assert key in {row[0] for row in TABLE}


# What is not finished is nobody's to erase, however old it is.
OPEN: list[tuple[str, Callable[[Past, dt.datetime], Any], Callable[[Any], bool]]] = [
    *(
        (key, lambda past, at, state=state: past.claim(at, state), kept)
        for key, kept in (("claims.photos", has_photos), ("claims.contents", has_contents))
        for state in (
            "draft",
            "first_review",
            "second_review",
            "returned",
            "approved",
            "paying",
            "pay_failed",
        )
    ),
    *(
        ("claims.card", lambda past, at, state=state: past.claim(at, state), has_card)
        for state in ("approved", "paying", "pay_failed", "refused")
    ),
    *(
        (key, lambda past, at, state=state: past.change(at, state), kept)
        for key, kept in (("changes.photos", has_photos), ("changes.contents", has_contents))
        for state in ("draft", "first_review", "second_review")
    ),
    ("payout.card", lambda past, at: past.batch(at, BOUNCED), first_has_card),
    ("employee.openid", lambda past, at: past.binding(None), has_openid),
    ("employee.rebind", lambda past, at: past.rebind(at, "submitted"), is_there),
    ("notify.outbox", lambda past, at: past.message(at, "sending"), has_words),
]


@pytest.mark.parametrize("key,make,is_kept", OPEN, ids=[f"{row[0]}-{n}" for n, row in enumerate(OPEN)])
def test_what_is_not_finished_stays(past, key, make, is_kept) -> None:
    row = make(past, RULES[key].term.before(clock.now()) - 900 * MINUTE)
    model, row_id = type(row), row.id
    retention.retention.run(RULES[key])
    assert is_kept(database.session.get(model, row_id))


def test_the_voucher_minimum_of_a_paid_claim_stays(past) -> None:
    """编号、日期、金额、单位、姓名、卡号后四位: 30 years."""
    claim, at = past.claim(clock.now() - dt.timedelta(days=1200)), clock.now()
    name, end, index = claim.payee_name, claim.payee_card[-4:], claim.payee_card_bi
    batch = past.batch(at - dt.timedelta(days=1200))
    before = [(i.claim_number, i.amount_fen, i.payee_name, mask_card(i.payee_card)) for i in items_of(batch)]
    retention.run()
    claim, batch = database.session.get(Claim, claim.id), database.session.get(PayoutBatch, batch.id)
    assert (claim.award_fen, claim.payee_name, claim.payee_card) == (120_000, name, f"****{end}")
    assert (claim.number, claim.union_id, bool(claim.paid_at)) != (None, None, False)
    assert claim.payee_card_bi == index, "one card for many people is still noticed"
    lines = payout_queries.items(batch)
    assert [(i.claim_number, i.amount_fen, i.payee_name, i.card) for i in lines] == before


def test_a_number_that_bounced_is_cut_with_the_payment_that_arrived(past, world) -> None:
    claim, _ = past.pay.reviewed(card(world.serial))
    bounced = past.pay.exported(claim)
    past.pay.settle(bounced, as_csv(answers(bounced, {1: "账户已销户"})))
    past.pay.fix(claim, card(world.serial))
    paid = past.pay.exported(database.session.get(Claim, claim.id))
    past.pay.settle(paid, as_csv(answers(paid)))
    with transaction():
        for item in (*items_of(bounced), *items_of(paid)):
            item.settled_at = clock.now() - dt.timedelta(days=91)
    ids = [bounced.id, paid.id]
    assert retention.retention.run(RULES["payout.card"]) == 2
    assert [has_cards(database.session.get(PayoutBatch, one)) for one in ids] == [False, False]


def test_a_seal_that_was_broken_stays_broken(past) -> None:
    """M5: cutting numbers must not make a batch whole that somebody altered."""
    batch = past.batch(clock.now() - dt.timedelta(days=91))
    with transaction():
        items_of(batch)[0].payee_bank = "别的银行"
    retention.run()
    batch = database.session.get(PayoutBatch, batch.id)
    with pytest.raises(Refused, match="不一致"):
        must_be_whole(batch, items_of(batch))


def test_a_photo_that_a_younger_claim_shows_stays(past) -> None:
    old, young = past.claim(clock.now() - dt.timedelta(days=300)), past.claim(clock.now())
    with transaction():
        shared = database.session.scalars(
            select(ClaimDocument).where(ClaimDocument.claim_id == old.id)
        ).first()
        file_id = shared.file_id
        database.session.add(ClaimDocument(claim_id=young.id, file_id=file_id, kind=shared.kind))
    retention.run()
    assert context.storage().exists(f"{file_id}/0")


def test_a_run_is_capped_and_the_next_one_goes_on(past) -> None:
    at = clock.now() - dt.timedelta(days=40)
    for _ in range(5):
        past.message(at)
    assert [retention.retention.run(RULES["notify.outbox"], most=2) for _ in range(4)] == [2, 2, 1, 0]
    said = select(AuditEntry.detail).where(AuditEntry.action == "retention.run").order_by(AuditEntry.seq)
    assert [row["count"] for row in database.session.scalars(said)] == [2, 2, 1]


def test_one_rule_that_fails_does_not_stop_the_others(past, monkeypatch) -> None:
    message = past.message(clock.now() - dt.timedelta(days=40)).id
    broken = RULES["claims.photos"]._replace(due=lambda until: 1 / 0)
    monkeypatch.setattr(retention, "RULES", (broken, *retention.RULES[1:]))
    assert retention.run()["claims.photos"] == -1
    assert not has_words(database.session.get(OutboxMessage, message))


def test_a_dry_run_says_how_much_and_erases_nothing(past, app) -> None:
    past.message(clock.now() - dt.timedelta(days=40))
    said = app.test_cli_runner().invoke(args=["retention", "--dry-run"]).output
    assert {line.split()[0] for line in said.splitlines()} == set(RULES) | {
        rule.key for rule in retention.TIDY
    }
    assert "1 due" in next(line for line in said.splitlines() if line.startswith("notify.outbox"))
    assert retention.due()["notify.outbox"] == 1
    assert "1 erased" in app.test_cli_runner().invoke(args=["retention"]).output
    assert retention.due()["notify.outbox"] == 0


def test_a_message_whose_words_are_gone_is_not_sent_again(past, world) -> None:
    message = past.message(clock.now() - dt.timedelta(days=40), "failed")
    retention.run()
    with pytest.raises(Refused, match="已按规定删除"):
        notify.resend(message.id, as_employee(world.employee()))


def test_an_appeal_comes_too_late_when_the_photos_are_gone(past) -> None:
    claim = past.claim(clock.now() - dt.timedelta(days=300), "refused")
    person = SimpleNamespace(id=claim.employee_id, union_id=claim.union_id)
    retention.run()
    claim = database.session.get(Claim, claim.id)
    with pytest.raises(Conflict, match="已按规定删除"):
        filing.appeal(claim, as_employee(person), "请再看一看")


def test_the_last_account_is_not_offered_when_only_its_end_is_left(past) -> None:
    old = past.claim(clock.now() - dt.timedelta(days=91))
    person = SimpleNamespace(id=old.employee_id, union_id=old.union_id)
    with transaction():
        draft = claims.start_draft("hospital", as_employee(person))
    assert filing.last_payee(draft) is not None
    retention.run()
    assert filing.last_payee(database.session.get(Claim, draft.id)) is None


# --- the published table


@pytest.mark.parametrize("row", rules.KEPT, ids=[row.what for row in rules.KEPT])
def test_every_published_row_names_what_does_it(row) -> None:
    """The page never promises what the code does not do: rules by name, with their very term in words."""
    assert row.rules or row.by_hand
    for key in row.rules:
        assert RULES[key].term.words in row.until, f"{key} works after {RULES[key].term.words}"


def test_no_rule_erases_what_is_not_published() -> None:
    assert {key for row in rules.KEPT for key in row.rules} == set(RULES)


@pytest.mark.parametrize(
    "term,now,then",
    [
        (Term(months=6), "2026-11-21", "2026-05-21"),
        (Term(months=6), "2026-08-31", "2026-02-28"),
        (Term(months=6), "2026-03-15", "2025-09-15"),
        (Term(years=3), "2028-02-29", "2025-02-28"),
        (Term(years=1, months=1), "2026-01-31", "2024-12-31"),
        (Term(days=90), "2026-03-01", "2025-12-01"),
    ],
)
def test_a_term_follows_the_calendar(term, now, then) -> None:
    assert term.before(dt.datetime.fromisoformat(now)) == dt.datetime.fromisoformat(then)


def test_files_of_erased_photos_are_marked(past) -> None:
    claim = past.claim(clock.now() - dt.timedelta(days=300))
    ids = database.session.scalars(select(ClaimDocument.file_id).where(ClaimDocument.claim_id == claim.id))
    files = list(ids)
    retention.run()
    erased = select(func.count()).where(StoredFile.id.in_(files), StoredFile.erased_at.is_not(None))
    assert database.session.scalar(erased) == len(files)


# --- what nobody uses


def aged(key: str, hours: float) -> None:
    import os

    path = context.storage().root / key
    then = (clock.now() - dt.timedelta(hours=hours)).timestamp()
    os.utime(path, (then, then))


@pytest.mark.parametrize("hours,is_gone", [(23, False), (25, True)])
def test_bytes_whose_transaction_was_rolled_back_go_after_a_day(past, hours, is_gone) -> None:
    with pytest.raises(RuntimeError), transaction():
        lost = str(keeping.store(picture(), "claim").id)
        raise RuntimeError
    claim = past.claim(clock.now(), "first_review")
    kept = [
        str(one)
        for one in database.session.scalars(
            select(ClaimDocument.file_id).where(ClaimDocument.claim_id == claim.id)
        )
    ]
    for owner in (lost, *kept):
        for size in "012":
            aged(f"{owner}/{size}", hours)
    assert retention.sweep_store() == (3 if is_gone else 0)
    assert {context.storage().exists(f"{lost}/{size}") for size in "012"} == {not is_gone}
    assert all(context.storage().exists(f"{owner}/{size}") for owner in kept for size in "012")


def test_bytes_of_other_tables_are_not_taken_for_lost(past, world) -> None:
    """Pictures of pages, a copy that waits, a bank file that waits: their rows lie elsewhere."""
    from content.service import pictures as pages
    from payout.service import pending
    from portal.rights import service
    from portal.rights.models import DataExport

    others = set(context.storage().keys(clock.now() + dt.timedelta(hours=1)))  # of tests before
    person = past.office.file().employee_id
    batch = past.pay.exported()
    with transaction():
        digest = pages.keep(picture(), past.pay.maker)
        pending.keep(batch, b"a file", past.pay.maker)
        service.ask_export(as_employee(SimpleNamespace(id=person, union_id=None)))
    with transaction():
        service.prepare_export(database.session.scalars(select(DataExport.id)).one())
    keys = set(context.storage().keys(clock.now() + dt.timedelta(hours=1))) - others
    for key in keys:
        aged(key, 50)
    retention.sweep_store()
    assert len(keys) > 5 and set(context.storage().keys(clock.now())) >= keys
    assert pages.read(digest, "thumb")


@pytest.mark.parametrize("where", ["", "body", "cover", "pages", "working", "young", "put in again"])
def test_a_picture_goes_when_no_page_shows_it(past, where) -> None:
    """A day after it was put in; what an editor has typed, and what was taken down, counts as a page."""
    from content.models import Article, ContentPicture
    from content.service import pictures as pages

    made = picture()
    with transaction():
        digest = pages.keep(made, past.pay.maker)
        row = database.session.scalars(select(ContentPicture)).one()
        row.created_at = clock.now() - dt.timedelta(hours=23 if where == "young" else 25)
        address = f"![图](/h5/pictures/{digest})"
        values = {
            "body": {"body": address},
            "cover": {"cover": digest},
            "pages": {"pages": [[digest, "附件"]]},
            "working": {"working": {"body": address}},
        }.get(where)
        if values:
            database.session.add(Article(kind="article", title="示例", state="taken_down", **values))
    if where == "put in again":
        with transaction():
            assert pages.keep(made, past.pay.maker) == digest
    key = f"{database.session.scalars(select(ContentPicture.id)).one()}/0"
    retention.run()
    left = database.session.scalar(select(func.count()).select_from(ContentPicture))
    assert (left, context.storage().exists(key)) == ((0, False) if not where else (1, True))
