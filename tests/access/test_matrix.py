"""Every route × method × role, from a table written by hand: an unlisted route fails (A1, P16).

`EXPECTED` says who may use a view; everybody else must be refused, and what is refused must look like what
does not exist. `THINGS` fills the addresses with things that belong to `owner`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from core import roles
from core.db import db as database
from core.db import transaction
from tests.world import World

GUEST = frozenset({"guest"})
FOLLOWER = frozenset({"follower", "owner", "other"})
EMPLOYEE = frozenset({"owner", "other"})
# Outside WeChat, after two proofs: the account of a payment that bounced, and nothing else.
ACCOUNT = EMPLOYEE | {"visitor"}
STAFF = frozenset(roles.STAFF_ROLES)
REVIEWERS = frozenset({roles.OPERATOR, roles.FIRST_REVIEWER, roles.SECOND_REVIEWER})
READERS = frozenset(roles.STAFF_ROLES) - {roles.EDITOR}
OVERSEERS = frozenset({roles.AUDITOR, roles.ADMINISTRATOR})
CHANGE_REVIEWERS = frozenset({roles.FIRST_REVIEWER, roles.SECOND_REVIEWER})
CHANGE_READERS = CHANGE_REVIEWERS | OVERSEERS | {roles.OPERATOR, roles.CHAIR}
FINANCE = frozenset({roles.FINANCE_MAKER, roles.FINANCE_CHECKER})
ROSTER = frozenset({roles.OPERATOR, roles.CHAIR})
ROSTER_READERS = ROSTER | OVERSEERS
ENROLMENT_READERS = ROSTER | CHANGE_REVIEWERS | FINANCE | OVERSEERS
REBINDS = frozenset({roles.OPERATOR, roles.CHAIR, roles.FIRST_REVIEWER})
EDITORS = frozenset({roles.EDITOR, roles.ADMINISTRATOR})
KEEPERS = frozenset({roles.OPERATOR, roles.CHAIR, roles.ADMINISTRATOR})
MANAGERS = frozenset({roles.CHAIR, roles.ADMINISTRATOR})
MESSAGES = FINANCE | OVERSEERS | {roles.FIRST_REVIEWER, roles.SECOND_REVIEWER}

ENROLMENT_PAGES = ("index", "show", "application", "agent", "listed", "materials", "paper", "search")
ENROLMENT_FILLING = (
    "new", "start", "supplement", "save_record", "refresh", "add_account", "remove_account", "take_over",
    "choose", "add", "add_all", "remove", "upload", "remove_paper", "submit", "submit_now", "give_up",
    "give_up_now",
)  # fmt: skip
ENROLMENT_DECIDING = ("approve", "approve_now", "send_back", "send_back_now")

EXPECTED: dict[str, frozenset[str]] = {
    "static": GUEST,
    "health.alive": GUEST,
    "health.ready": GUEST,
    "health.metrics": GUEST,
    "wechat.verify": GUEST,
    "wechat.receive": GUEST,
    "wechat_oauth.start": GUEST,
    "wechat_oauth.finish": GUEST,
    "receipts.receive": GUEST,
    "portal.front_door": GUEST,
    "portal.home": GUEST,
    "landing.show": GUEST,
    "landing.send_code": GUEST,
    "landing.enter": GUEST,
    "landing.progress": GUEST,
    "landing.account": GUEST,
    "landing.prove": GUEST,
    "content.listing": GUEST,
    "content.page": GUEST,
    "content.contents": GUEST,
    "content.preview": GUEST,
    "content.picture": GUEST,
    "employee.size": GUEST,
    "employee.bind": FOLLOWER,
    "employee.bind_now": FOLLOWER,
    "employee.bind_code": FOLLOWER,
    "employee.move": FOLLOWER,
    "employee.move_now": FOLLOWER,
    "employee.bind_done": EMPLOYEE,
    "employee.me": EMPLOYEE,
    "employee.unbind": EMPLOYEE,
    "employee.unbind_now": EMPLOYEE,
    "employee.bind_help": FOLLOWER,
    "employee.bind_help_code": FOLLOWER,
    "employee.bind_help_now": FOLLOWER,
    "employee.bind_help_done": FOLLOWER,
    "employee.settings": GUEST,
    "employee.go_on": FOLLOWER,
    "employee.sms": EMPLOYEE,
    "employee.looks": EMPLOYEE,
    "rebinds.index": REBINDS,
    "rebinds.show": REBINDS,
    "rebinds.photo": REBINDS,
    "rebinds.approve": REBINDS,
    "rebinds.refuse": REBINDS,
    "rights.privacy": GUEST,
    "rights.export": EMPLOYEE,
    "rights.ask_export": EMPLOYEE,
    "rights.export_code": EMPLOYEE,
    "rights.open_export": EMPLOYEE,
    "rights.read_export": EMPLOYEE,
    "rights.leave": EMPLOYEE,
    "rights.leave_code": EMPLOYEE,
    "rights.leave_now": EMPLOYEE,
    "rights.left": FOLLOWER,
    "coverage.index": EMPLOYEE,
    "coverage.show": EMPLOYEE,
    "coverage.certificate": EMPLOYEE,
    "coverage.picture": EMPLOYEE,
    "messages.index": EMPLOYEE,
    "messages.show": EMPLOYEE,
    "messages.read_all": EMPLOYEE,
    "claims.index": EMPLOYEE,
    "claims.new": EMPLOYEE,
    "claims.start": EMPLOYEE,
    "claims.detail": EMPLOYEE,
    "claims.confirm": EMPLOYEE,
    "claims.confirmed": EMPLOYEE,
    "claims.step": EMPLOYEE,
    "claims.save_step": EMPLOYEE,
    "claims.check": EMPLOYEE,
    "claims.submit": EMPLOYEE,
    "claims.add_document": ACCOUNT,
    "claims.show_document": ACCOUNT,
    "claims.remove_document": ACCOUNT,
    "claims.autosave": EMPLOYEE,
    "claims.fix": EMPLOYEE,
    "claims.resubmit": EMPLOYEE,
    "claims.resubmit_unchanged": EMPLOYEE,
    "claims.payee": ACCOUNT,
    "claims.fix_payee": ACCOUNT,
    "claims.submitted": EMPLOYEE,
    "changes.index": EMPLOYEE,
    "changes.new": EMPLOYEE,
    "changes.submit": EMPLOYEE,
    "changes.edit": EMPLOYEE,
    "changes.resubmit": EMPLOYEE,
    "changes.code": EMPLOYEE,
    "changes.numbers": EMPLOYEE,
    "changes.add_photo": EMPLOYEE,
    "changes.remove_photo": EMPLOYEE,
    "changes.show_photo": EMPLOYEE,
    "changes.detail": EMPLOYEE,
    "changes.submitted": EMPLOYEE,
    "changes.delete": EMPLOYEE,
    "changes.delete_now": EMPLOYEE,
    "changes_admin.index": CHANGE_READERS,
    "changes_admin.show": CHANGE_READERS,
    "changes_admin.document": CHANGE_READERS,
    "changes_admin.approve": CHANGE_REVIEWERS,
    "changes_admin.approve_now": CHANGE_REVIEWERS,
    "changes_admin.send_back": CHANGE_REVIEWERS,
    "changes_admin.send_back_now": CHANGE_REVIEWERS,
    "changes_admin.reveal": CHANGE_REVIEWERS | {roles.ADMINISTRATOR},
    "staff_sign_in.login": GUEST,
    "staff_sign_in.login_now": GUEST,
    "staff_sign_in.logout": GUEST,
    "staff_sign_in.send_code": GUEST,
    "staff_sign_in.login_by_sms": GUEST,
    "staff_sign_in.second_step": GUEST,
    "staff_sign_in.second_step_now": GUEST,
    "staff_sign_in.complete": GUEST,
    "staff_sign_in.complete_now": GUEST,
    "staff_sign_in.complete_code": GUEST,
    "staff_sign_in.oidc_start": GUEST,
    "staff_sign_in.oidc_callback": GUEST,
    "staff_sign_in.confirm_email": GUEST,
    "staff_sign_in.confirm_email_now": GUEST,
    "staff_sign_in.account": STAFF,
    "staff_sign_in.end_session": STAFF,
    "staff_sign_in.password": STAFF,
    "staff_sign_in.change_password": STAFF,
    "staff_sign_in.phone": STAFF,
    "staff_sign_in.phone_code": STAFF,
    "staff_sign_in.change_phone": STAFF,
    "staff_sign_in.email": STAFF,
    "staff_sign_in.change_email": STAFF,
    "staff_sign_in.factor": STAFF,
    "staff_sign_in.show_factor": STAFF,
    "staff_sign_in.factor_setup": STAFF,
    "staff_sign_in.begin_factor": STAFF,
    "staff_sign_in.factor_picture": STAFF,
    "staff_sign_in.confirm_factor": STAFF,
    "staff_sign_in.new_codes": STAFF,
    "staff_sign_in.unlock": frozenset({roles.ADMINISTRATOR}),
    "staff_sign_in.reset_factor": frozenset({roles.ADMINISTRATOR}),
    "staff_sign_in.end_sessions": STAFF,
    "staff_sign_in.wechat": STAFF,
    "staff_sign_in.offer_wechat": STAFF,
    "staff_sign_in.wechat_code": STAFF,
    "staff_sign_in.untie_wechat": STAFF,
    "staff_sign_in.switch_digest": STAFF,
    "staff_inbox.index": STAFF,
    "staff_inbox.show": STAFF,
    "staff_inbox.read_all": STAFF,
    "staff_recovery.start": GUEST,
    "staff_recovery.look_up": GUEST,
    "staff_recovery.picture": GUEST,
    "staff_recovery.challenge": GUEST,
    "staff_recovery.ways": GUEST,
    "staff_recovery.phone": GUEST,
    "staff_recovery.phone_code": GUEST,
    "staff_recovery.reset_by_phone": GUEST,
    "staff_recovery.mail": GUEST,
    "staff_recovery.send_mail": GUEST,
    "staff_recovery.link": GUEST,
    "staff_recovery.reset_by_link": GUEST,
    "staff_recovery.done": GUEST,
    "staff_appeal.form": GUEST,
    "staff_appeal.code": GUEST,
    "staff_appeal.submit": GUEST,
    "staff_appeal.sent": GUEST,
    "staff_appeals.index": frozenset({roles.ADMINISTRATOR}),
    "staff_appeals.show": frozenset({roles.ADMINISTRATOR}),
    "staff_appeals.photo": frozenset({roles.ADMINISTRATOR}),
    "staff_appeals.reveal": frozenset({roles.ADMINISTRATOR}),
    "staff_appeals.approve": frozenset({roles.ADMINISTRATOR}),
    "staff_appeals.approve_now": frozenset({roles.ADMINISTRATOR}),
    "staff_appeals.refuse": frozenset({roles.ADMINISTRATOR}),
    "unions.index": KEEPERS | {roles.AUDITOR},
    "unions.show": KEEPERS | {roles.AUDITOR},
    "unions.edit": KEEPERS,
    "unions.save": KEEPERS,
    "unions.new": MANAGERS,
    "unions.create": MANAGERS,
    "unions.move": frozenset({roles.ADMINISTRATOR}),
    "unions.move_now": frozenset({roles.ADMINISTRATOR}),
    "staff_people.index": MANAGERS | {roles.AUDITOR},
    "staff_people.new": MANAGERS,
    "staff_people.create": MANAGERS,
    "staff_people.show": MANAGERS | {roles.AUDITOR},
    "staff_people.rights": MANAGERS,
    "staff_people.switch": MANAGERS,
    "staff_people.switch_now": MANAGERS,
    **{f"enrolments.{view}": ENROLMENT_READERS for view in ENROLMENT_PAGES},
    **{f"enrolments.{view}": ROSTER for view in ENROLMENT_FILLING},
    **{f"enrolments.{view}": CHANGE_REVIEWERS for view in ENROLMENT_DECIDING},
    "enrolments.print_form": ROSTER | CHANGE_REVIEWERS | {roles.ADMINISTRATOR},
    "enrolments.form_pdf": ROSTER | CHANGE_REVIEWERS | {roles.ADMINISTRATOR},
    "transfers.index": KEEPERS | {roles.AUDITOR},
    "transfers.show": STAFF,
    "transfers.answer": STAFF,
    "transfers.mine": STAFF,
    "transfers.ask_mine": STAFF,
    "transfers.new": KEEPERS,
    "transfers.ask": KEEPERS,
    "why.ask": STAFF,
    "workbench.home": STAFF,
    "workbench.take_next": REVIEWERS,
    "workbench.assign": REVIEWERS,
    "workbench.my_cases": STAFF,
    "workbench.audit": OVERSEERS,
    "workbench.verify": OVERSEERS,
    "claims_admin.index": READERS,
    "claims_admin.search": READERS,
    "claims_admin.union_review": frozenset({roles.OPERATOR}),
    "claims_admin.union_review_of": frozenset({roles.OPERATOR}),
    "claims_admin.show": READERS,
    "claims_admin.document": READERS,
    "claims_admin.approve": REVIEWERS,
    "claims_admin.approve_now": REVIEWERS,
    "claims_admin.send_back": REVIEWERS,
    "claims_admin.send_back_now": REVIEWERS,
    "claims_admin.refuse": REVIEWERS,
    "claims_admin.refuse_now": REVIEWERS,
    "claims_admin.hold": REVIEWERS,
    "claims_admin.put_back": REVIEWERS,
    "claims_admin.take_over": REVIEWERS,
    "claims_admin.undo": REVIEWERS,
    "claims_admin.lower": REVIEWERS,
    "claims_admin.lower_now": REVIEWERS,
    "claims_admin.duplicate_pairs": REVIEWERS,
    "claims_admin.judge_pair": REVIEWERS,
    "claims_admin.reveal": REVIEWERS | {roles.ADMINISTRATOR},
    "claims_admin.reasons": REVIEWERS | {roles.ADMINISTRATOR},
    "claims_admin.save_reason": REVIEWERS | {roles.ADMINISTRATOR},
    "claims_admin.retire_reason": REVIEWERS | {roles.ADMINISTRATOR},
    "what_if.index": OVERSEERS,
    "what_if.new": OVERSEERS,
    "what_if.start": OVERSEERS,
    "what_if.show": OVERSEERS,
    "what_if.people": OVERSEERS,
    "what_if.differences": OVERSEERS,
    "what_if.export": OVERSEERS,
    "filings.new": ROSTER,
    "filings.search": ROSTER,
    "filings.start": ROSTER,
    "filings.form": ROSTER,
    "filings.save": ROSTER,
    "filings.autosave": ROSTER,
    "filings.add_document": ROSTER,
    "filings.remove_document": ROSTER,
    "filings.show_document": ROSTER,
    "filings.check": ROSTER,
    "filings.submit": ROSTER,
    "filings.listing": ROSTER,
    "filings.take_over": ROSTER,
    "filings.show": ROSTER,
    "filings.confirm": ROSTER,
    "filings.confirmed": ROSTER,
    "filings.payee": ROSTER,
    "filings.fix_payee": ROSTER,
    "filings.print_form": ROSTER,
    "roster.index": ROSTER_READERS,
    "roster.search": ROSTER_READERS,
    "roster.template": ROSTER_READERS,
    "roster.imports": ROSTER_READERS,
    "roster.show_import": ROSTER_READERS,
    "roster.show_person": ROSTER_READERS,
    "roster.reveal": ROSTER | {roles.ADMINISTRATOR},
    "roster.upload": ROSTER,
    "roster.upload_now": ROSTER,
    "roster.confirm": ROSTER,
    "roster.cancel": ROSTER,
    "roster.result": ROSTER,
    "roster.new": ROSTER,
    "roster.add": ROSTER,
    "roster.edit": ROSTER,
    "roster.save": ROSTER,
    "roster.leave": ROSTER,
    "roster.leave_now": ROSTER,
    "roster.come_back": ROSTER,
    "roster.death": ROSTER,
    "roster.death_now": ROSTER,
    "roster.correct": frozenset({roles.ADMINISTRATOR}),
    "roster.correct_now": frozenset({roles.ADMINISTRATOR}),
    "payout.index": FINANCE | OVERSEERS,
    "payout.show": FINANCE | OVERSEERS,
    "payout.prepare_form": frozenset({roles.FINANCE_MAKER}),
    "payout.prepare_confirm": frozenset({roles.FINANCE_MAKER}),
    "payout.prepare": frozenset({roles.FINANCE_MAKER}),
    "payout.check_form": frozenset({roles.FINANCE_CHECKER}),
    "payout.check": frozenset({roles.FINANCE_CHECKER}),
    "payout.drop_form": FINANCE,
    "payout.drop": FINANCE,
    "payout.export_form": frozenset({roles.FINANCE_MAKER}),
    "payout.export": frozenset({roles.FINANCE_MAKER}),
    "payout.settle_form": FINANCE,
    "payout.settle": FINANCE,
    "payout.preview": FINANCE,
    "payout.confirm": FINANCE,
    "content_admin.index": EDITORS,
    "content_admin.new": EDITORS,
    "content_admin.create": EDITORS,
    "content_admin.edit": EDITORS,
    "content_admin.save": EDITORS,
    "content_admin.upload": EDITORS,
    "content_admin.preview": EDITORS,
    "content_admin.publish_form": EDITORS,
    "content_admin.publish": EDITORS,
    "content_admin.take_down_form": EDITORS,
    "content_admin.take_down": EDITORS,
    "content_admin.unschedule": EDITORS,
    "content_admin.pin": EDITORS,
    "vouchers.show": ROSTER,
    "vouchers.add": ROSTER,
    "vouchers.remove": ROSTER,
    "vouchers.submit": ROSTER,
    "vouchers.file": ROSTER,
    "fees.index": FINANCE | OVERSEERS,
    "fees.show": FINANCE | OVERSEERS,
    "fees.file": FINANCE | OVERSEERS,
    "fees.match": FINANCE,
    "fees.unmatch": FINANCE,
    "fees.send_back": FINANCE,
    "fees.send_back_now": FINANCE,
    "fees.confirm": FINANCE,
    "fees.confirm_now": FINANCE,
    "bank_receipts.index": FINANCE | OVERSEERS,
    "bank_receipts.new": FINANCE,
    "bank_receipts.enter": FINANCE,
    "bank_receipts.import_form": FINANCE,
    "bank_receipts.import_now": FINANCE,
    "invoices.index": FINANCE | OVERSEERS | ROSTER,
    "invoices.show": FINANCE | OVERSEERS | ROSTER,
    "invoices.preview": FINANCE | OVERSEERS | ROSTER,
    "invoices.fetch": FINANCE | OVERSEERS | ROSTER,
    "invoices.mail": FINANCE | OVERSEERS | ROSTER,
    "invoices.new": FINANCE,
    "invoices.record": FINANCE,
    "invoices.replace_form": FINANCE,
    "invoices.replace": FINANCE,
    "invoices.upload_form": FINANCE,
    "invoices.upload_now": FINANCE,
    "employee.hints": EMPLOYEE,
    "hints.index": EMPLOYEE,
    "finder.index": ROSTER_READERS,
    "finder.runs": OVERSEERS,
    "finder.template": OVERSEERS,
    "finder.upload": frozenset({roles.ADMINISTRATOR}),
    "finder.show": OVERSEERS,
    "finder.tell": frozenset({roles.ADMINISTRATOR}),
    "finder.close": frozenset({roles.ADMINISTRATOR}),
    "reports.board": READERS,
    "reports.enrolments": READERS,
    "reports.enrolments_export": READERS,
    "reports.enrolments_ask": READERS,
    "reports.coverages": ROSTER_READERS,
    "reports.coverages_search": ROSTER_READERS,
    "reports.coverages_export": ROSTER_READERS,
    "reports.coverages_ask": ROSTER_READERS,
    "reports.claims": READERS,
    "reports.claims_search": READERS,
    "reports.claims_export": READERS,
    "reports.claims_ask": READERS,
    "reports.exports": READERS,
    "reports.download": READERS,
    "messages_admin.index": MESSAGES,
    "messages_admin.show": MESSAGES,
    "messages_admin.resend": frozenset(
        {roles.FIRST_REVIEWER, roles.SECOND_REVIEWER, roles.ADMINISTRATOR, roles.FINANCE_MAKER}
    ),
    "wechat_admin.index": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.menu": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.edit_menu": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.save_menu": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.push_menu": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.read_menu": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.menu_version": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.restore_menu": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.templates": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.read_templates": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.template": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.save_template": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.reset_template": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.test_template": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.scene_list": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.make_scenes": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.scene_picture": frozenset({roles.ADMINISTRATOR}),
    "wechat_admin.print_scene": frozenset({roles.ADMINISTRATOR}),
    "wechat_subscribe.ask": EMPLOYEE,
    "wechat_subscribe.told": EMPLOYEE,
    "messages_admin.test_form": frozenset({roles.ADMINISTRATOR}),
    "messages_admin.send_test": frozenset({roles.ADMINISTRATOR}),
}
ACTORS = ("nobody", "follower", "visitor", "owner", "other", *sorted(roles.STAFF_ROLES), "disabled")
ABSENT = "00000000-0000-7000-8000-000000000000"


@dataclass
class Things:
    """What the addresses are filled with."""

    clients: dict[str, Any]
    values: dict[str, str]
    absent: dict[str, str]
    canaries: list[str]

    def of(self, endpoint: str) -> dict[str, str]:
        """The values for this endpoint's own feature."""
        if endpoint.startswith("messages_admin"):
            return {**self.values, "message_id": self.values["outbox_id"]}
        if endpoint.startswith("changes"):
            change = {"number": self.values["change"], "document_id": self.values["change_photo"]}
            return {**self.values, **change}
        if endpoint.startswith("enrolments"):
            return {**self.values, "number": self.values["enrolment"]}
        if endpoint.startswith("staff_appeals"):
            return {**self.values, "number": self.values["appeal"]}
        if endpoint.startswith("payout"):
            return {**self.values, "number": self.values["batch"]}
        if endpoint.partition(".")[0] in ("vouchers", "fees"):
            return {**self.values, "number": self.values["owing"]}
        return self.values


# The claim of `THINGS` waits for the first review: the other levels are told that it is not theirs.
AT_FIRST_REVIEW = {
    f"claims_admin.{name}"
    for name in (
        "approve",
        "approve_now",
        "send_back",
        "send_back_now",
        "refuse",
        "refuse_now",
        "hold",
        "take_over",
        "put_back",
        "lower",
        "lower_now",
        "judge_pair",
    )
}


AT_FIRST_REVIEW |= {f"enrolments.{name}" for name in ("approve", "approve_now", "send_back", "send_back_now")}
AT_FIRST_REVIEW |= {
    f"changes_admin.{name}" for name in ("approve", "approve_now", "send_back", "send_back_now")
}


def _methods(app: Flask) -> Iterator[tuple[str, str, Any]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, rule


def _address(rule: Any, values: dict[str, str]) -> str:
    def fill(found: re.Match[str]) -> str:
        converter, _, name = found[1].rpartition(":")
        if converter.startswith("any("):
            return converter[4:-1].split(",")[0].strip()
        if converter == "path":
            return "app.css"
        return values.get(name, "1")

    return re.sub(r"<([^>]+)>", fill, rule.rule)


@pytest.fixture
def things(app: Flask, db, monkeypatch) -> Things:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    world = World()
    owner = world.insured(name="独孤磳秘", phone="13812340001")
    other = world.insured()
    clients = {name: app.test_client() for name in ACTORS}
    world.sign_in(clients["follower"], openid=world.follower())
    world.sign_in(clients["owner"], person=owner)
    world.visit(clients["visitor"], owner)
    world.sign_in(clients["other"], person=other)
    for role in roles.STAFF_ROLES:
        world.sign_in(clients[role], staff=world.staff(role))
    gone = world.staff(roles.FIRST_REVIEWER)
    world.sign_in(clients["disabled"], staff=gone)
    with transaction():
        gone.is_active = False
    values = _belongings(world, owner)
    canaries = [owner.name, owner.phone, owner.id_number, "独孤医院"]
    absent = {name: "BZ1000000000000000000" if name in ("number",) else ABSENT for name in values}
    return Things(clients, values, absent, canaries)


def _belongings(world: World, owner: Any) -> dict[str, str]:
    """A claim under review, a message and a common reason; ids for every placeholder."""
    from claims.models import Claim, ClaimDocument, ReturnReason
    from content.models import Article
    from core import clock, context
    from core.files.models import StoredFile
    from core.numbers import numbered
    from employee.models import Rebind
    from notify import service as notify
    from notify.models import InboxMessage, OutboxMessage
    from payout.models import PayoutBatch
    from plans.models import Coverage
    from portal.rights.models import DataExport
    from staff.models import StaffAppeal
    from whatif.models import WhatIf
    from whatif.rules import nothing

    maker = world.staff(roles.FINANCE_MAKER)
    with transaction():
        batch = PayoutBatch(
            number="DK2026010001",
            state="prepared",
            item_count=0,
            total_fen=0,
            maker_id=maker.id,
            seal_bi=b"0" * 16,
        )
        database.session.add(batch)
        trial = WhatIf(
            plan_code="GX-2026", plan_version="1", changes={}, by_id=maker.id, by_label="示例", covered=1,
            claims_total=0, totals=nothing(), finished_at=clock.now(),
        )  # fmt: skip
        database.session.add(trial)
        claim = Claim(
            number=numbered("BZ"),
            kind="hospital",
            state="first_review",
            employee_id=owner.id,
            union_id=owner.union_id,
            filed_by_kind="employee",
            filed_by_id=owner.id,
            hospital="独孤医院",
            payee_name=owner.name,
            submitted_at=clock.now(),
        )
        database.session.add(claim)
        file = StoredFile(kind="claim", media_type="image/jpeg", size=1, content_bi=b"1" * 16)
        database.session.add(file)
        database.session.flush()
        article = Article(kind="notice", title="示例公告", body="示例正文")
        database.session.add(article)
        document = ClaimDocument(claim_id=claim.id, file_id=file.id, kind="invoice")
        change, change_photo = _change(owner, file)
        enrolment, account, material = _enrolment(owner, file)
        reason = ReturnReason(text="示例退回意见", uses=0)
        database.session.add_all([document, reason])
        notify.send(
            "claim_submitted",
            employee=owner.id,
            about=("claim", claim.id, claim.number),
            values={"number": claim.number},
            dedupe="matrix",
        )
        database.session.flush()
        appeal = StaffAppeal(
            number="SS1",
            problem="旧号码 13800000000",
            name=owner.name,
            id_type="resident_id",
            id_number="450100196801010015",
            phone="13900000002",
            front_id=file.id,
            back_id=file.id,
            state="pending",
            version=0,
        )
        database.session.add(appeal)
        rebind = Rebind(employee_id=owner.id, openid="oTestAsker", name=owner.name, phone="13900000001",
                        reason="其他原因", state="submitted", version=0)  # fmt: skip
        export = DataExport(employee_id=owner.id, state="ready", version=0, expires_at=clock.now())
        transfer = _transfer(owner, maker)
        database.session.add_all([rebind, export, transfer])
        database.session.flush()
        inbox = database.session.query(InboxMessage.id).filter_by(owner_id=owner.id).first()
        outbox = database.session.query(OutboxMessage.id).first()
    assert context.settings().app_env == "test"
    return {
        "run_id": str(trial.id),
        "number": claim.number,
        "document_id": str(document.id),
        "coverage_id": str(database.session.query(Coverage.id).filter_by(employee_id=owner.id).scalar()),
        "rebind_id": str(rebind.id),
        "union_id": str(owner.union_id),
        "staff_id": str(maker.id),
        "transfer_id": str(transfer.id),
        "employee_id": str(owner.id),
        "import_id": str(_import(owner, file)),
        "export_id": str(export.id),
        "look_id": str(_finder_run(maker)),
        "reason_id": str(reason.id),
        "message_id": str(inbox[0]),
        "outbox_id": str(outbox[0]),
        "article_id": str(article.id),
        "digest": "0" * 32,
        "token": "wrong",
        "batch": batch.number,
        "appeal": appeal.number,
        "change": change.number,
        "enrolment": enrolment.number,
        "account_id": str(account.id),
        "material_id": str(material.id),
        "code": "application_form",
        "change_photo": str(change_photo.id),
        "key": "0" * 32,
        "kind": "claims",
        **_owing(owner, maker, file),
        "provider": "sandbox",
        "secret": "wrong",
    }


def _owing(owner: Any, by: Any, file: Any) -> dict[str, str]:
    """An enrolment whose fee waits to be confirmed, its voucher, a transfer, and an invoice."""
    from core import clock
    from enrolment.models import BankReceipt, Enrolment, Invoice, Voucher
    from plans.service import all_plans

    plan = all_plans()[-1]
    with transaction():
        row = Enrolment(
            number="CBFW2020010001", union_id=owner.union_id, plan_code=plan.code, plan_version=plan.version,
            filed_by_id=by.id, filed_by_label="示例经办", union_name="独孤工会", participant_count=1,
            fee_due_fen=100, state="confirming", version=0,
        )  # fmt: skip
        database.session.add(row)
        database.session.flush()
        today = clock.today()
        voucher = Voucher(enrolment_id=row.id, file_id=file.id, paid_on=today, amount_fen=100,
                          added_by_id=by.id, added_by_label="示例经办", payer="独孤工会")  # fmt: skip
        receipt = BankReceipt(reference="LS1", received_on=today, amount_fen=100, payer="独孤工会",
                              entered_by_id=by.id, entered_by_label="示例财务")  # fmt: skip
        invoice = Invoice(enrolment_id=row.id, union_id=row.union_id, number="12345678", issued_on=today,
                          amount_fen=100, by_id=by.id, by_label="示例财务")  # fmt: skip
        database.session.add_all([voucher, receipt, invoice])
        database.session.flush()
    return {
        "owing": row.number,
        "voucher_id": str(voucher.id),
        "receipt_id": str(receipt.id),
        "invoice_id": str(invoice.id),
    }


def _finder_run(by: Any) -> Any:
    """A look for unclaimed stays that is over."""
    from finder.models import FinderRun

    with transaction():
        row = FinderRun(by_id=by.id, by_label=by.name, state="closed", version=0)
        database.session.add(row)
    return row.id


def _import(owner: Any, file: Any) -> Any:
    """A finished import of the owner's union."""
    from roster.models import RosterImport

    with transaction():
        row = RosterImport(union_id=owner.union_id, file_id=file.id, file_name="名册.xlsx", state="done",
                           version=0, uploaded_by_id=owner.id, uploaded_by_label="示例经办")  # fmt: skip
        database.session.add(row)
    return row.id


def _transfer(owner: Any, by: Any) -> Any:
    """Another union asks for the owner, who was in none but this one."""
    from membership.models import MembershipTransfer
    from union.models import Union

    there = Union(name="示例他厂工会", level="grassroots", path="/", headcount=1)
    there.path = f"/{there.id}/"
    database.session.add(there)
    database.session.flush()
    return MembershipTransfer(
        employee_id=owner.id, from_union_id=owner.union_id, to_union_id=there.id, reason="调动",
        state="waiting", version=0, asked_by_id=by.id, asked_by_label=by.name,
    )  # fmt: skip


def _enrolment(owner: Any, file: Any) -> tuple[Any, Any, Any]:
    """The owner's union enrols them: it waits for the first review."""
    from core import clock
    from enrolment.models import Enrolment, EnrolmentMaterial, FeeAccount, Participant
    from union.models import Union

    union = database.session.get(Union, owner.union_id)
    assert union
    enrolment = Enrolment(
        number="CBFW2026110001",
        union_id=union.id,
        union_name=union.name,
        plan_code="GX-2026",
        plan_version="1",
        filed_by_id=owner.id,
        filed_by_label="示例经办",
        headcount=10,
        participant_count=1,
        state="first_review",
        version=1,
        submitted_at=clock.now(),
        chair_name="独孤主席",
        contact_phone="13812340077",
    )
    database.session.add(enrolment)
    database.session.flush()
    account = FeeAccount(enrolment_id=enrolment.id, account_name="独孤账户", card="6200000000000000999")
    material = EnrolmentMaterial(
        enrolment_id=enrolment.id, kind="application_form", file_id=file.id, file_name="独孤申请单.jpg"
    )
    person = Participant(enrolment_id=enrolment.id, employee_id=owner.id, plan_code="GX-2028")
    database.session.add_all([account, material, person])
    database.session.flush()
    return enrolment, account, material


def _change(owner: Any, file: Any) -> tuple[Any, Any]:
    """A change of the owner's name that waits for the first review, with its photo."""
    from changes.models import ChangeDocument, ChangeRequest
    from changes.service.moving import sealed
    from core import clock
    from core.numbers import numbered
    from employee.service import applying

    change = ChangeRequest(
        number=numbered("BG"),
        employee_id=owner.id,
        union_id=owner.union_id,
        state="first_review",
        version=1,
        old_values=sealed(applying.details(owner)),
        new_values=sealed({"name": "独孤改"}),
        changes_name=True,
        submitted_at=clock.now(),
    )
    database.session.add(change)
    database.session.flush()
    photo = ChangeDocument(employee_id=owner.id, request_id=change.id, file_id=file.id)
    database.session.add(photo)
    database.session.flush()
    return change, photo


def test_every_route_is_listed(app: Flask) -> None:
    """A new view must be put into the table by hand."""
    missing = sorted({endpoint for endpoint, _, _ in _methods(app)} - set(EXPECTED))
    gone = sorted(set(EXPECTED) - set(app.view_functions))
    assert (missing, gone) == ([], [])


def test_who_may_not_is_refused_and_sees_nothing(app: Flask, things: Things, capsys) -> None:
    """Denied cells: never 2xx, never a word of the owner."""
    cells, wrong = 0, []
    for endpoint, method, rule in _methods(app):
        allowed = EXPECTED.get(endpoint, frozenset())
        if allowed == GUEST:
            continue
        values = things.of(endpoint)
        for actor in ACTORS:
            if actor in allowed:
                continue
            cells += 1
            answer = things.clients[actor].open(_address(rule, values), method=method)
            if answer.status_code not in (302, 303, 401, 403, 404) or _tells(answer, things):
                wrong.append(f"{method} {rule.rule} as {actor}: {answer.status}")
            if answer.status_code in (302, 303) and not re.match(
                r"/(wechat/oauth|h5/bind|admin/login|s/)", answer.location
            ):
                wrong.append(f"{method} {rule.rule} as {actor}: goes to {answer.location}")
    assert not wrong, "\n".join(wrong)
    with capsys.disabled():
        print(f"\n{cells} denied cells")


def test_who_may_gets_in(app: Flask, things: Things) -> None:
    """Allowed cells: never «not allowed», never a crash; reading pages answers."""
    wrong = []
    for endpoint, method, rule in _methods(app):
        values = things.of(endpoint)
        for actor in sorted(EXPECTED.get(endpoint, frozenset()) & set(ACTORS)):
            if actor == "other" or endpoint in ("staff_sign_in.end_sessions", "employee.unbind_now"):
                continue
            if endpoint in AT_FIRST_REVIEW and actor != roles.FIRST_REVIEWER:
                continue
            answer = things.clients[actor].open(_address(rule, values), method=method)
            if answer.status_code >= 500 or (answer.status_code == 403 and not _explains(answer)):
                wrong.append(f"{method} {rule.rule} as {actor}: {answer.status}")
    assert not wrong, "\n".join(wrong)


def test_somebody_elses_thing_looks_like_no_thing(app: Flask, things: Things) -> None:
    """IDOR: another employee gets the very bytes of an absent number."""
    wrong = []
    for endpoint, method, rule in _methods(app):
        if (
            not endpoint.startswith(("claims.", "changes.", "messages.", "coverage.", "rights."))
            or "<" not in rule.rule
        ):
            continue
        values = things.of(endpoint)
        foreign = things.clients["other"].open(_address(rule, values), method=method)
        absent = things.clients["other"].open(_address(rule, {**values, **things.absent}), method=method)
        if (foreign.status_code, _plain(foreign)) != (absent.status_code, _plain(absent)):
            wrong.append(f"{method} {rule.rule}: {foreign.status} against {absent.status}")
        if foreign.status_code < 400 or _tells(foreign, things):
            wrong.append(f"{method} {rule.rule}: {foreign.status}")
    assert not wrong, "\n".join(wrong)


def test_reading_changes_nothing(app: Flask, things: Things, statements) -> None:
    """A7: a GET writes nothing but the session's own row, «read» in the inbox, who looked at a photo, and
    that a puzzle was set (counted, because each costs work)."""
    wrong = []
    may_write = ("session", "oauth_state", "inbox_message", "data_look", "human_check", "limit_hit")
    for endpoint, method, rule in _methods(app):
        if method != "GET":
            continue
        actor = next((a for a in ACTORS if a in EXPECTED.get(endpoint, frozenset())), "nobody")
        with statements() as seen:
            things.clients[actor].get(_address(rule, things.values))
        for one in seen:
            verb = one.split()[0].upper()
            if verb in ("INSERT", "UPDATE", "DELETE") and not any(name in one for name in may_write):
                wrong.append(f"{rule.rule}: {one[:80]}")
    assert not wrong, "\n".join(wrong)


def test_a_form_from_another_site_is_refused(app: Flask, things: Things, monkeypatch) -> None:
    """S8: every POST of a person needs the page's token; machines have secrets of their own."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    machines = {"wechat.receive", "receipts.receive"}
    wrong = []
    for endpoint, method, rule in _methods(app):
        if method == "GET" or endpoint in machines:
            continue
        actor = next((a for a in ACTORS if a in EXPECTED.get(endpoint, frozenset())), "nobody")
        answer = things.clients[actor].open(_address(rule, things.values), method=method)
        if answer.status_code not in (400, 403, 404):
            wrong.append(f"{rule.rule}: {answer.status}")
    assert not wrong, "\n".join(wrong)


def _tells(answer: Any, things: Things) -> bool:
    body = answer.get_data(as_text=True)
    return any(canary in body for canary in things.canaries)


def _explains(answer: Any) -> bool:
    """A refusal that says why (own claim, somebody else's level) is no failure of access."""
    return "您没有办理这项业务的权限" not in answer.get_data(as_text=True)


def _plain(answer: Any) -> str:
    """The page without what differs between any two answers."""
    body = answer.get_data(as_text=True)
    return re.sub(r'nonce="[^"]+"|value="[A-Za-z0-9._-]{20,}"|BZ\d+|[0-9a-f-]{36}', "", body)
