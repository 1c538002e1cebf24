"""Are thousands told exactly once, behind everybody else's codes, at the pace the providers allow? (XM-78)"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from sqlalchemy import select, text

from core.db import transaction
from notify import bulk, jobs, outbox
from notify.channels import CHANNELS, aliyun, tencent
from notify.channels.wire import Letter
from notify.mass import CHUNK
from notify.models import InboxMessage, OutboxMessage, ProviderHealth, Receipt
from notify.rules import BULK, BULK_WECHAT, CODES, NOTICES
from notify.service import send_code, send_many
from tests.notify.conftest import fault, inbox_of, post, statuses, tell
from tests.notify.test_channels import cloud  # noqa: F401 - a fixture
from tests.world import World

ABOUT = ("enrolment", uuid.uuid4(), "CBFW2026110001")
KIND = "union_changed"
VALUES = {"union": "示例工会"}


@pytest.fixture
def crowd(db: Any) -> list[Any]:
    return people(7)


def people(count: int) -> list[Any]:
    world = World()
    union = world.union()
    return [world.employee(union, phone=f"1{3_910_000_000 + n}") for n in range(count)]


def everybody() -> Any:
    from employee.models import Employee

    return select(Employee.id)


def tell_all(dedupe: str = "covered:1", most: int = 3, kind: str = KIND) -> int:
    """All chunks; how many there were."""
    after, chunks = None, 0
    while True:
        with transaction():
            after = send_many(
                kind, everybody(), about=ABOUT, values=VALUES, dedupe=dedupe, after=after, most=most
            )
        chunks += 1
        if after is None:
            return chunks


def lanes(db: Any) -> list[str]:
    db.session.rollback()
    return sorted(row.lane for row in db.session.query(OutboxMessage))


def test_everybody_gets_the_words_of_send_each_sealed_for_themselves(crowd: list[Any], db: Any) -> None:
    """XM-78: every person has the inbox message and the SMS, the same as if told one by one."""
    assert tell_all() == 3
    rows = db.session.query(InboxMessage).all()
    assert {row.owner_id for row in rows} == {person.id for person in crowd}
    assert {row.text for row in rows if "示例工会" in row.text} and len({row.text_ct for row in rows}) == 7
    out = db.session.query(OutboxMessage).all()
    assert {row.address for row in out} == {person.phone for person in crowd}
    assert {(row.lane, row.channel, row.status) for row in out} == {(BULK, "sms", "pending")}
    with transaction():
        from notify.service import send

        send(KIND, employee=crowd[0].id, about=ABOUT, values=VALUES, dedupe="alone")
    alone = db.session.query(OutboxMessage).filter_by(dedupe_key="alone:sms").one()
    assert {row.params for row in out} == {alone.params}
    assert {row.about_id for row in out} == {alone.about_id}


def test_who_was_told_is_passed_over_when_the_job_begins_again(crowd: list[Any], db: Any) -> None:
    """P2: a job that was killed anywhere may start from the beginning."""
    with transaction():
        send_many(KIND, everybody(), about=ABOUT, values=VALUES, dedupe="covered:1", most=4)
    with pytest.raises(RuntimeError), transaction():
        send_many(KIND, everybody(), about=ABOUT, values=VALUES, dedupe="covered:1", most=6)
        raise RuntimeError
    assert db.session.query(InboxMessage).count() == 4
    tell_all()
    tell_all()
    assert db.session.query(InboxMessage).count() == len(crowd) == db.session.query(OutboxMessage).count()
    tell_all("covered:2")
    assert db.session.query(InboxMessage).count() == 2 * len(crowd)


def test_two_jobs_at_once_tell_everybody_once(app: Any, crowd: list[Any], db: Any) -> None:
    def tell_elsewhere(_: int) -> None:
        with app.app_context():
            tell_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(tell_elsewhere, range(2)))
    db.session.rollback()
    assert db.session.query(InboxMessage).count() == len(crowd) == db.session.query(OutboxMessage).count()


def test_the_dead_are_told_nothing_and_wishes_are_kept(db: Any) -> None:
    world = World()
    living = world.employee(phone="13910000001")
    dead = world.employee(phone="13910000002", is_deceased=True)
    silent = world.employee(phone="13910000003", wants_sms=False)
    nobody = world.employee(phone=None)
    tell_all()
    db.session.rollback()
    told = {row.owner_id for row in db.session.query(InboxMessage)}
    texted = {row.owner_id for row in db.session.query(OutboxMessage)}
    assert told == {living.id, silent.id, nobody.id} and dead.id not in told
    assert texted == {living.id}


def test_who_dies_while_it_waits_is_not_sent_anything(crowd: list[Any], db: Any, sandbox: str) -> None:
    """Deceased: never, also not what was written before."""
    from notify.service import silence

    tell_all()
    with transaction():
        silence(crowd[0].id)
    jobs.drain()
    assert inbox_of(sandbox, crowd[0].phone) == [] and len(inbox_of(sandbox, crowd[1].phone)) == 1
    assert statuses(db).count("cancelled") == 1


def test_whoever_follows_is_told_by_wechat_in_a_lane_of_its_own(db: Any) -> None:
    world = World()
    world.bind(world.employee(phone="13910000001", wants_sms=False))
    world.bind(world.employee(phone="13910000002"))
    tell_all()
    assert lanes(db) == [BULK, BULK_WECHAT, BULK_WECHAT]


def test_a_missing_value_is_said_before_anything_is_written(crowd: list[Any], db: Any) -> None:
    with pytest.raises(ValueError, match="union"), transaction():
        send_many(KIND, everybody(), about=ABOUT, dedupe="x")


# --- sending -----------------------------------------------------------------------------------------------


def test_many_leave_in_few_calls_each_with_an_outcome_of_its_own(
    crowd: list[Any], db: Any, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    real = CHANNELS["sandbox"].send_many
    assert real is not None
    noted = lambda letters: calls.append(len(letters)) or real(letters)  # noqa: E731
    monkeypatch.setitem(CHANNELS, "sandbox", replaced(send_many=noted))
    refused = crowd[2].phone
    requests.post(f"{sandbox}/sms/fates.json", json={refused: {"code": "Blacklist"}}, timeout=5)
    tell_all()
    assert jobs.drain() == 7 and calls == [7]
    db.session.rollback()
    said = {row.address: row.status for row in db.session.query(OutboxMessage)}
    assert said.pop(refused) == "failed" and set(said.values()) == {"sent"}
    assert len(inbox_of(sandbox, crowd[0].phone)) == 1 and inbox_of(sandbox, refused) == []


def replaced(**changes: Any) -> Any:
    from dataclasses import replace

    return replace(CHANNELS["sandbox"], **changes)


def test_a_code_overtakes_a_hundred_thousand(db: Any, sandbox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """B8: a code that is asked for while thousands wait is taken before any of them, in the next turn."""
    people(9)
    tell_all()
    taken: list[str] = []
    real = outbox.claim

    def noted(connection: Any, lane: str, *rest: Any) -> Any:
        rows = real(connection, lane, *rest)
        taken.extend(row.lane for row in rows)
        if taken == [BULK] * 2:  # two are on their way, seven wait: now somebody signs in
            with transaction():
                send_code("bind", "13900000099", "123456")
        return rows

    monkeypatch.setattr(outbox, "claim", noted)
    monkeypatch.setitem(CHANNELS, "sandbox", replaced(most=2))
    monkeypatch.setattr(bulk, "CALLS_AT_ONCE", 1)
    jobs.drain()
    assert taken == [BULK] * 2 + [CODES] + [BULK] * 7


def test_notices_are_taken_before_mass_messages(
    crowd: list[Any], db: Any, sandbox: str, reach: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_all()
    tell()
    taken: list[str] = []
    real = outbox.claim

    def noted(connection: Any, lane: str, *rest: Any) -> Any:
        rows = real(connection, lane, *rest)
        taken.extend(row.lane for row in rows)
        return rows

    monkeypatch.setattr(outbox, "claim", noted)
    jobs.drain()
    assert taken == [NOTICES] + [BULK] * 7


def test_the_pace_is_kept_over_all_workers(
    crowd: list[Any], db: Any, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 2 at 2 a second the provider is not asked again for a second, by no drain."""
    monkeypatch.setitem(CHANNELS, "sandbox", replaced(most=2))
    monkeypatch.setattr("config.settings.Settings.bulk_rates_by_provider", {"sandbox": 2.0})
    tell_all()
    assert jobs.drain(may_wait=False) == 2
    assert jobs.drain(may_wait=False) == 0 and statuses(db).count("sent") == 2
    wait = db.session.scalar(
        text("SELECT free_at > clock_timestamp() FROM sending_pace WHERE provider = 'sandbox'")
    )
    assert wait is True
    db.session.execute(text("UPDATE sending_pace SET free_at = clock_timestamp() WHERE provider = 'sandbox'"))
    db.session.commit()
    assert jobs.drain(may_wait=False) == 2


def test_one_drain_at_a_time_waits_for_the_providers(crowd: list[Any], db: Any, sandbox: str) -> None:
    """The other worker stays free for everything else."""
    tell_all()
    first, second = bulk.Mass(True), bulk.Mass(True)
    choice = jobs.providers.Choice({"sandbox": 1})
    with db.engine.begin() as connection:
        assert len(first.take(connection, 8, choice, [], 30)) == 1
    tell_all("covered:2")
    with db.engine.begin() as connection:
        assert second.take(connection, 8, choice, [], 30) == [] and not second.rest(0)
        first.let_go(connection)
    second.look_at = 0.0
    db.session.execute(text("UPDATE sending_pace SET free_at = clock_timestamp()"))
    db.session.commit()
    with db.engine.begin() as connection:
        assert len(second.take(connection, 8, choice, [], 30)) == 1


@pytest.mark.parametrize(("kind", "arrived"), [("lose", True), ("refuse", False), ("reset", True)])
def test_a_lost_answer_for_many_is_asked_about_one_by_one(
    crowd: list[Any], db: Any, sandbox: str, kind: str, arrived: bool
) -> None:
    requests.post(f"{sandbox}/push.json", json={"receipt_delay": 0}, timeout=5)
    fault(sandbox, kind)
    tell_all()
    jobs.drain()
    assert statuses(db) == ["unknown"] * 7
    health = db.session.query(ProviderHealth).one()
    assert (health.calls, health.errors, health.pause_until) == (1, 1, None), "codes go on"
    jobs.sweep()
    assert ("pending" in statuses(db)) != arrived
    jobs.drain()
    assert [len(inbox_of(sandbox, person.phone)) for person in crowd] == [1] * 7


def test_a_sender_that_died_with_many_in_hand_loses_and_repeats_nobody(
    crowd: list[Any], db: Any, sandbox: str
) -> None:
    """Killed after the provider took the call, before a row was finished; and killed before the call."""
    tell_all()
    with db.engine.begin() as connection:
        rows = outbox.claim(connection, BULK, ["sandbox"] * 4, -1, outbox.new_batch())
        outbox.claim(connection, BULK, ["sandbox"] * 3, -1, outbox.new_batch())
    jobs._call_many(rows, jobs.time.monotonic())
    jobs.sweep()
    jobs.drain()
    assert [len(inbox_of(sandbox, person.phone)) for person in crowd] == [1] * 7
    assert set(statuses(db)) <= {"sent", "delivered"}


def test_a_family_with_one_phone_is_not_two_numbers_of_one_call(db: Any, sandbox: str) -> None:
    for _ in range(3):
        World().employee(phone="13910000001")
    tell_all()
    assert jobs.drain() == 3
    assert statuses(db).count("sent") == 1 and len(inbox_of(sandbox, "13910000001")) == 1
    for ends in (2, 3):
        db.session.execute(text("UPDATE outbox_message SET not_before = clock_timestamp()"))
        db.session.commit()
        jobs.drain()
        assert statuses(db).count("sent") == ends
    assert len(inbox_of(sandbox, "13910000001")) == 3


# --- the clouds' own calls ---------------------------------------------------------------------------------


@pytest.fixture
def clouds(cloud: Any) -> Iterator[Any]:  # noqa: F811
    yield cloud


@pytest.mark.parametrize("provider", ["tencent", "aliyun"])
def test_each_cloud_takes_many_in_one_call_and_its_reports_find_each(clouds: Any, provider: str) -> None:
    from core.db import db

    url = clouds(f"{provider}:1")
    crowd = people(5)
    tell_all()
    assert jobs.drain() == 5
    rows = db.session.query(OutboxMessage).all()
    assert {row.status for row in rows} == {"sent"}
    assert len({row.provider_reference for row in rows}) == 5
    sent = [inbox_of(url, person.phone) for person in crowd]
    assert [len(found) for found in sent] == [1] * 5
    assert len({found[0]["context"] for found in sent}) == 1  # one call
    reported(provider, [found[0] for found in sent])
    jobs.sweep()
    assert statuses(db) == ["delivered"] * 5


def reported(provider: str, texts: list[dict[str, Any]]) -> None:
    """What the cloud posts to us about these."""
    from flask import current_app

    shapes = {
        "tencent": lambda sms: {"user_receive_time": "2026-11-29 08:03:04", "nationcode": "86",
                                "mobile": sms["phone"], "report_status": "SUCCESS", "errmsg": "DELIVRD",
                                "description": "用户短信送达成功", "sid": sms["id"]},
        "aliyun": lambda sms: {"phone_number": sms["phone"], "success": True, "err_code": "DELIVERED",
                               "err_msg": "用户接收成功", "biz_id": sms["id"], "out_id": sms["context"],
                               "report_time": "2026-11-29 08:03:04", "send_time": "2026-11-29 08:03:01"},
    }  # fmt: skip
    path = f"/receipts/sms/{provider}/{current_app.extensions['huzhu']['settings'].sms_receipt_secret}"
    answer = current_app.test_client().post(path, json=[shapes[provider](sms) for sms in texts])
    assert answer.status_code == 200


@pytest.mark.parametrize("provider", ["tencent", "aliyun"])
def test_a_lost_answer_of_a_cloud_is_found_by_number_and_call(clouds: Any, provider: str) -> None:
    from core.db import db

    url = clouds(f"{provider}:1")
    crowd = people(4)
    post(url, "push.json", {"receipt_delay": 0})
    fault(url, "lose", service=provider)
    tell_all()
    jobs.drain()
    assert statuses(db) == ["unknown"] * 4
    for _ in range(100):
        jobs.sweep()
        if statuses(db) == ["delivered"] * 4:
            break
    assert statuses(db) == ["delivered"] * 4
    assert [len(inbox_of(url, person.phone)) for person in crowd] == [1] * 4


@pytest.mark.parametrize("provider", ["tencent", "aliyun"])
def test_one_bad_number_does_not_hold_up_the_others(clouds: Any, provider: str) -> None:
    """Tencent says it of the one number; Alibaba refuses the whole call, so it goes by halves."""
    from core.db import db

    url = clouds(f"{provider}:1")
    crowd = people(6)
    code = {"tencent": "FailedOperation.PhoneNumberInBlacklist", "aliyun": "isv.BLACK_KEY_CONTROL_LIMIT"}
    post(url, "sms/fates.json", {crowd[4].phone: {"code": code[provider]}})
    tell_all()
    jobs.drain()
    assert sorted(statuses(db)) == ["failed"] + ["sent"] * 5
    assert [len(inbox_of(url, person.phone)) for person in crowd] == [1, 1, 1, 1, 0, 1]
    failed = db.session.query(OutboxMessage).filter_by(status="failed").one()
    assert failed.address == crowd[4].phone


@pytest.mark.parametrize(("provider", "most"), [("tencent", 200), ("aliyun", 100)])
def test_the_clouds_limits_of_one_call(provider: str, most: int) -> None:
    assert CHANNELS[provider].most == most
    assert {"tencent": tencent.MOST, "aliyun": aliyun.MOST}[provider] == most


def test_a_report_about_a_call_of_many_names_no_phone(db: Any) -> None:
    """What is kept of a report is the call's name and a blind index, not the number."""
    name = outbox.new_batch()
    sms = {"phone": "13910000001", "id": "9006^0", "context": name}
    reported("aliyun", [sms])
    [receipt] = db.session.query(Receipt)
    assert receipt.provider_reference == outbox.batch_reference(name, "13910000001")
    assert "13910000001" not in receipt.provider_reference and len(receipt.provider_reference) == 64
    letter = Letter("x", KIND, "13910000001", {}, receipt.provider_reference)
    assert letter.batch == name and Letter("x", KIND, "1", {}, "9006^0").batch == ""
    assert CHUNK >= 1000
