"""Is a notification that needs consent sent only with one, and by SMS without? (订阅通知)"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from core import roles
from core.db import db as database
from core.db import transaction, uuid7
from notify import jobs as sending
from notify import service as notify
from notify.models import OutboxMessage
from sandbox.catalogue import SUBSCRIPTION
from tests.wechat.setup import ZHANG, does, fault, forget_mappings, phone, text_of
from tests.world import World, as_staff
from wechat.models import SubscriptionConsent
from wechat.service import consents, mappings
from wechat.service.menus import clock

if TYPE_CHECKING:
    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy
    from playwright.sync_api import Page

ONCE = SUBSCRIPTION.template_id
FIELDS = {"character_string1": "number", "phrase2": "state", "thing3": "note"}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget_mappings()
    yield
    forget_mappings()


@pytest.fixture
def app(one_app: Flask, clean_stores: None) -> Flask:
    """The application as it is wired, because the sandbox pushes to its port."""
    return one_app


def choose(kind: str = "subscription") -> None:
    """The administrator has messages about claims go by a template that needs consent."""
    admin = as_staff(World().staff(roles.ADMINISTRATOR), roles.ADMINISTRATOR)
    with transaction():
        mappings.choose("claim_update", kind, ONCE, FIELDS, seen=0, by=admin)
    forget_mappings()


@pytest.fixture
def zhang(db: SQLAlchemy) -> Any:
    """Bound to Zhang's WeChat, SMS switched off, and messages need consent."""
    choose()
    world = World()
    person = world.employee()
    world.bind(person, ZHANG)
    with transaction():
        person.wants_sms = False
    return person


def tell(person: Any) -> set[str]:
    """The channels a message to `person` was written for."""
    about = ("claim", uuid7(), f"BZ{uuid7().hex[:8]}")
    with transaction():
        notify.send("claim_submitted", employee=person.id, about=about, dedupe=str(uuid7()))
    return {row.channel for row in database.session.query(OutboxMessage).filter_by(about_id=about[1])}


def left() -> int:
    database.session.rollback()
    database.session.expire_all()
    return consents.left(ZHANG).get(ONCE, 0)


def test_without_consent_an_sms_goes_instead(zhang: Any) -> None:
    """GX-64: although this person has switched SMS off, somebody must tell them."""
    assert tell(zhang) == {"sms"}


def test_gx_64_a_consent_carries_one_message_and_is_used_up(
    zhang: Any, sandbox: str, live_server: str
) -> None:
    does(sandbox, "zhang", "subscribe", answers={ONCE: "accept"})
    assert left() == 1
    assert tell(zhang) == {"wechat"}
    assert left() == 0
    assert tell(zhang) == {"sms"}
    sending.drain(5)
    line = phone(sandbox, "zhang")["chat"][-1]
    assert line["kind"] == "subscribe" and "审核中" in line["content"]["text"]


def test_a_consent_that_wechat_does_not_know_falls_back_to_one_sms(zhang: Any, sandbox: str) -> None:
    """We counted a consent, WeChat answers 43101: somebody must tell this person all the same, once."""
    with transaction():
        consents.told(ZHANG, ONCE, "accept")
    assert tell(zhang) == {"wechat"}
    sending.drain(5)
    sending.sweep()
    sending.drain(5)
    database.session.rollback()
    found = {row.channel: row for row in database.session.query(OutboxMessage)}
    assert len(found) == database.session.query(OutboxMessage).count() == 2
    assert (found["wechat"].status, "43101" in found["wechat"].why) == ("cancelled", True)
    assert (found["sms"].status, found["sms"].address) == ("sent", zhang.phone)
    assert found["sms"].dedupe_key == found["wechat"].dedupe_key.replace(":wechat", ":sms")


def test_what_is_rolled_back_uses_no_consent(zhang: Any, sandbox: str, live_server: str) -> None:
    does(sandbox, "zhang", "subscribe", answers={ONCE: "accept"})
    with pytest.raises(RuntimeError), transaction():
        notify.send("claim_submitted", employee=zhang.id, dedupe="back")
        raise RuntimeError
    assert left() == 1


def test_two_messages_never_use_one_consent(zhang: Any, app: Flask, sandbox: str, live_server: str) -> None:
    """The second waits for the first to commit and finds nothing left."""
    from concurrent.futures import ThreadPoolExecutor

    does(sandbox, "zhang", "subscribe", answers={ONCE: "accept"})

    def one(_n: int) -> set[str]:
        with app.app_context():
            try:
                return tell(zhang_of)
            finally:
                database.session.remove()

    class Person:
        id = zhang.id

    zhang_of = Person()
    with ThreadPoolExecutor(8) as pool:
        ways = list(pool.map(one, range(8)))
    assert sorted(map(sorted, ways)) == [["sms"]] * 7 + [["wechat"]]


@pytest.mark.parametrize("verb", ["subscribe", "refuse"])
def test_a_refusal_takes_every_consent_back(zhang: Any, sandbox: str, live_server: str, verb: str) -> None:
    """subscribe_msg_popup_event with reject, and subscribe_msg_change_event from the settings."""
    does(sandbox, "zhang", "subscribe", answers={ONCE: "accept"})
    given: dict[str, Any] = {"answers": {ONCE: "reject"}} if verb == "subscribe" else {"templates": [ONCE]}
    does(sandbox, "zhang", verb, **given)
    assert left() == 0
    assert tell(zhang) == {"sms"}


def test_the_event_and_the_page_tell_of_one_tap(zhang: Any, sandbox: str, live_server: str) -> None:
    does(sandbox, "zhang", "subscribe", answers={ONCE: "accept"})
    with transaction():
        consents.told(ZHANG, ONCE, "accept")
    assert left() == 1
    with transaction():
        early = clock.now() - consents.SAME_TAP * 2
        database.session.query(SubscriptionConsent).update({"told_at": early})
        consents.told(ZHANG, ONCE, "accept")
    assert left() == 2


def test_a_lasting_consent_is_not_used_up(db: SQLAlchemy) -> None:
    choose("long_term")
    mapped = mappings.carrier("claim_submitted", "claim_update")
    assert mapped is not None
    with transaction():
        assert not consents.take(ZHANG, mapped)
        consents.told(ZHANG, ONCE, "accept")
        assert consents.take(ZHANG, mapped) and consents.take(ZHANG, mapped)


def test_who_withdraws_the_authorisation_is_forgotten(zhang: Any, sandbox: str, live_server: str) -> None:
    does(sandbox, "zhang", "subscribe", answers={ONCE: "accept"})
    does(sandbox, "zhang", "revoke")
    assert left() == 0


def test_the_report_that_comes_later_says_it_arrived(zhang: Any, sandbox: str, live_server: str) -> None:
    """subscribe_msg_sent_event: sending gives no id, the event is matched by the person."""
    does(sandbox, "zhang", "subscribe", answers={ONCE: "accept"})
    tell(zhang)
    sending.drain(5)

    def arrived() -> bool:
        sending.sweep()
        database.session.rollback()
        return database.session.query(OutboxMessage).filter_by(status="delivered").count() == 1

    import time

    until = time.monotonic() + 15
    while not arrived() and time.monotonic() < until:
        time.sleep(0.1)
    assert arrived()


# --- the page ----------------------------------------------------------------------------------------------


def test_the_page_says_what_consent_means_and_that_sms_goes_otherwise(
    app: Flask, zhang: Any, sandbox: str
) -> None:
    page = text_of(World().sign_in(app.test_client(), person=zhang).get("/h5/subscribe"))
    assert "同意一次，公众号只能发一条" in page and "没有病情和金额" in page
    assert f'template="{ONCE}"' in page


def test_nothing_is_asked_while_no_message_needs_it(app: Flask, db: SQLAlchemy) -> None:
    world = World()
    client = world.sign_in(app.test_client(), person=world.insured())
    page = text_of(client.get("/h5/subscribe"))
    assert "现在不用订阅" in page and "jssdk" not in page


def test_without_a_ticket_the_page_still_answers(app: Flask, zhang: Any, sandbox: str) -> None:
    fault(sandbox, "getticket", code=45009)
    page = text_of(World().sign_in(app.test_client(), person=zhang).get("/h5/subscribe"))
    assert "暂时不能订阅" in page


WRONG = ["", "x", "[]", '{"T": "x"}', '{"T": {"s": 1}}', "1", "null"]


@pytest.mark.parametrize("details", WRONG)
def test_an_answer_that_cannot_be_read_changes_nothing(
    app: Flask, zhang: Any, sandbox: str, details: str
) -> None:
    client = World().sign_in(app.test_client(), person=zhang)
    answer = client.submit("/h5/subscribe/told", {"details": details}, page="/h5/subscribe")
    assert answer.status_code in (200, 422)
    assert left() == 0


def test_a_template_nobody_asked_about_is_not_noted(app: Flask, zhang: Any, sandbox: str) -> None:
    client = World().sign_in(app.test_client(), person=zhang)
    details = '{"TPL_OTHER": {"status": "accept"}}'
    client.submit("/h5/subscribe/told", {"details": details}, page="/h5/subscribe")
    assert database.session.query(SubscriptionConsent).count() == 0


def test_the_button_on_the_phone(zhang: Any, sandbox: str, live_server: str, page: Page) -> None:
    """The whole way in the browser: WeChat's script, its button, its question, our count."""
    from tests.workbench.test_looks import Jar

    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if "Content Security" in m.text else None)
    World().sign_in(Jar(page, live_server), person=zhang)
    page.context.add_cookies([{"name": "sandbox_person", "value": "zhang", "url": sandbox}])
    page.goto(f"{live_server}/h5/subscribe?back=/h5/claims")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="订阅").click()
    expect(page.locator("#left")).to_have_text(re.compile("订阅成功"))
    assert left() == 1
    assert said == []
    page.get_by_role("link", name="返回").first.click()
    expect(page).to_have_url(re.compile("/h5/claims"))
