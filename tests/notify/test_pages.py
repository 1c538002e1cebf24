"""What do people and staff see of their messages, and who may see them? (E5, A16)"""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import requests

from core import roles
from core.db import transaction
from notify import jobs, queries
from notify.models import InboxMessage, OutboxMessage
from notify.service import send, send_code
from tests.notify.conftest import PHONE, inbox_of, post, statuses, tell
from tests.world import World


@pytest.fixture
def world(db: Any) -> World:
    return World()


def told(person: Any, times: int = 1) -> None:
    for n in range(times):
        with transaction():
            send(
                "claim_returned",
                employee=person.id,
                about=("claim", uuid.uuid4(), f"BZ13000000000000000{n:02d}"),
                values={"reason": "<b>发票</b>不清楚"},
                dedupe=f"t:{n}:{uuid.uuid4()}",
            )


def test_an_empty_inbox_says_what_will_come(world: World, client: Any) -> None:
    world.sign_in(client, person=world.insured())
    shown = client.get("/h5/messages")
    assert "还没有消息。申请有进展时会在这里和短信里通知您。" in shown.text


def test_opening_a_message_marks_it_read_and_again_changes_nothing(
    world: World, client: Any, db: Any
) -> None:
    person = world.insured()
    told(person)
    world.sign_in(client, person=person)
    [row] = queries.inbox(person.id)
    assert "未读" in client.get("/h5/messages").text
    opened = client.get(f"/h5/messages/{row.id}")
    assert "&lt;b&gt;发票" in opened.text and "/h5/claims/" in opened.text
    db.session.expire_all()
    first = db.session.get(InboxMessage, row.id).read_at
    client.get(f"/h5/messages/{row.id}")
    db.session.expire_all()
    assert first is not None and db.session.get(InboxMessage, row.id).read_at == first
    assert "未读" not in client.get("/h5/messages").text


def test_all_can_be_marked_read_at_once(world: World, client: Any) -> None:
    person = world.insured()
    told(person, 3)
    world.sign_in(client, person=person)
    assert client.submit("/h5/messages/read", {}, page="/h5/messages").status_code == 303
    assert queries.unread_count(person.id) == 0


def test_somebody_elses_message_looks_absent(world: World, client: Any) -> None:
    one, other = world.insured(), world.insured()
    told(one)
    [row] = queries.inbox(one.id)
    world.sign_in(client, person=other)
    denied, absent = client.get(f"/h5/messages/{row.id}"), client.get(f"/h5/messages/{uuid.uuid4()}")
    assert denied.status_code == absent.status_code == 404
    assert queries.unread_count(one.id) == 1


def test_a_long_inbox_is_turned_page_by_page(world: World, client: Any) -> None:
    person = world.insured()
    told(person, queries.PAGE + 5)
    world.sign_in(client, person=person)
    first = client.get("/h5/messages")
    assert "下一页" in first.text
    last = queries.inbox(person.id)[-1]
    assert client.get(f"/h5/messages?before={last.id}").text.count("补助申请被驳回") == 5
    assert client.get("/h5/messages?before=nonsense").status_code == 404


@pytest.mark.parametrize(
    "role", [roles.ADMINISTRATOR, roles.AUDITOR, roles.FIRST_REVIEWER, roles.FINANCE_MAKER]
)
def test_staff_see_masked_addresses_and_reasons_in_words(
    world: World, client: Any, sandbox: str, reach: Any, role: str
) -> None:
    post(sandbox, "sms/fates.json", {PHONE: {"code": "MK:0001"}})
    tell()
    jobs.drain()
    world.sign_in(client, staff=world.staff(role))
    shown = client.get("/admin/messages?channel=sms&status=failed&kind=claim_returned")
    assert shown.status_code == 200
    assert "138****0001" in shown.text and PHONE not in shown.text
    assert "号码是空号，请在名册核对" in shown.text


def test_an_operator_may_not_read_messages(world: World, client: Any) -> None:
    world.sign_in(client, staff=world.staff(roles.OPERATOR))
    assert client.get("/admin/messages").status_code == 403


def test_one_message_shows_its_words_deliveries_and_a_resend(
    world: World, client: Any, db: Any, sandbox: str, reach: Any
) -> None:
    post(sandbox, "sms/fates.json", {PHONE: {"code": "X"}})
    tell()
    jobs.drain()
    [row] = db.session.query(OutboxMessage)
    world.sign_in(client, staff=world.staff(roles.ADMINISTRATOR))
    path = f"/admin/messages/{row.id}"
    shown = client.get(path).text
    assert "需要您修改后重新提交" in shown and "服务商拒绝" in shown and "重发" in shown
    post(sandbox, "reset.json", {})
    op = shown.split('name="op" value="')[1].split('"')[0]
    for _ in range(2):  # a double click
        assert client.submit(f"{path}/resend", {"op": op}, page="/admin/messages/test").status_code == 303
    jobs.drain()
    assert sorted(statuses(db)) == ["cancelled", "sent"] and len(inbox_of(sandbox)) == 1
    again = client.submit(f"{path}/resend", {"op": "b" * 20}, page="/admin/messages/test")
    assert again.status_code == 409


def test_an_auditor_reads_but_does_not_resend(world: World, client: Any, db: Any, reach: Any) -> None:
    tell()
    [row] = db.session.query(OutboxMessage)
    world.sign_in(client, staff=world.staff(roles.AUDITOR))
    assert client.get(f"/admin/messages/{row.id}").status_code == 200
    assert client.post(f"/admin/messages/{row.id}/resend").status_code in (400, 403)


def test_a_code_is_not_shown_and_not_sent_again(world: World, client: Any, db: Any) -> None:
    with transaction():
        send_code("bind", PHONE, "735146")
    [row] = db.session.query(OutboxMessage)
    row.status = "failed"
    db.session.commit()
    world.sign_in(client, staff=world.staff(roles.ADMINISTRATOR))
    page = client.get(f"/admin/messages/{row.id}").text
    assert "735146" not in page and "******" in page and "重发" not in page
    refused = client.submit(f"/admin/messages/{row.id}/resend", {"op": "a" * 20}, page="/admin/messages/test")
    assert refused.status_code == 422 and "验证码不能重发" in refused.text


def test_an_administrator_sends_a_test_to_their_own_phone(
    world: World, client: Any, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = world.staff(roles.ADMINISTRATOR)
    world.sign_in(client, staff=me)
    page = client.get("/admin/messages/test").text
    op = page.split('name="op" value="')[1].split('"')[0]
    sent = client.submit("/admin/messages/test", {"kind": "claim_paid", "op": op})
    assert sent.status_code == 303
    jobs.drain()
    assert "已经办结" in inbox_of(sandbox, me.phone)[0]["text"]


# --- reports of the SMS providers --------------------------------------------------------------------------

TENCENT = {
    "user_receive_time": "2026-01-05 08:03:04",
    "nationcode": "86",
    "mobile": "13800138000",
    "report_status": "SUCCESS",
    "errmsg": "DELIVRD",
    "description": "用户短信送达成功",
    "sid": "5000:1045710669157053657849499619",
}
ALIYUN = {
    "phone_number": "13800138000",
    "send_time": "2026-01-05 12:53:10",
    "report_time": "2026-01-05 12:53:16",
    "success": True,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "1",
    "biz_id": "9006197469364984^0",
    "out_id": "outbox-17",
}
SECRET = "development-receipts"


@pytest.mark.parametrize(
    ("provider", "row", "answer"),
    [
        ("tencent", TENCENT, {"result": 0, "errmsg": "OK"}),
        ("aliyun", ALIYUN, {"code": 0, "msg": "成功"}),
    ],
)
def test_reports_are_answered_as_each_cloud_wants(
    client: Any, db: Any, provider: str, row: dict[str, Any], answer: dict[str, Any]
) -> None:
    for _ in range(2):  # twice is once
        said = client.post(f"/receipts/sms/{provider}/{SECRET}", json=[row])
        assert (said.status_code, said.json) == (200, answer)
    from notify.models import Receipt

    assert db.session.query(Receipt).count() == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("tencent/wrong", b"[]", 404),
        ("nobody/" + SECRET, b"[]", 404),
        ("tencent/" + SECRET, b"", 400),
        ("tencent/" + SECRET, b"{}", 400),
        ("tencent/" + SECRET, b"[1]", 400),
        ("tencent/" + SECRET, b'[{"sid": 5}]', 400),
        ("tencent/" + SECRET, b'[{"sid": "1", "report_status": "MAYBE"}]', 400),
        ("tencent/" + SECRET, b"\xff\xfe", 400),
        ("tencent/" + SECRET, b"[" * 100_000, 400),
        ("aliyun/" + SECRET, b'[{"success": "yes", "out_id": "1"}]', 400),
        ("aliyun/" + SECRET, b'[{"success": true, "out_id": "a\\u0000"}]', 400),
        ("sandbox/" + SECRET, b'[{"id": "1", "status": "paid"}]', 400),
        ("sandbox/" + SECRET, b" " * 300_000, 413),
    ],
)
def test_a_malformed_report_is_refused(client: Any, path: str, body: bytes, status: int) -> None:
    assert (
        client.post(f"/receipts/sms/{path}", data=body, content_type="application/json").status_code == status
    )


def report(client: Any, message_id: Any, status: str) -> None:
    row = {
        "id": str(message_id),
        "status": status,
        "reason": "空号" if status == "failed" else "",
        "at": status,
    }
    assert client.post(f"/receipts/sms/sandbox/{SECRET}", json=[row]).status_code == 200


@pytest.mark.parametrize(
    ("reports", "ends"),
    [
        (["delivered"], "delivered"),
        (["failed"], "failed"),
        (["delivered", "failed"], "delivered"),
        (["delivered", "delivered"], "delivered"),
    ],
)
def test_reports_move_forward_only(
    client: Any, db: Any, sandbox: str, reach: Any, reports: list[str], ends: str
) -> None:
    post(sandbox, "sms/fates.json", {PHONE: {"receipt": "none"}})
    tell()
    jobs.drain()
    [row] = db.session.query(OutboxMessage)
    for status in reports:
        report(client, row.id, status)
        jobs.sweep()
    assert statuses(db) == [ends]


def test_a_report_that_overtakes_our_commit_is_matched(
    client: Any, db: Any, sandbox: str, reach: Any
) -> None:
    tell()
    [row] = db.session.query(OutboxMessage)
    report(client, row.id, "delivered")
    row.status, row.provider = "unknown", "sandbox"
    db.session.commit()
    jobs.sweep()
    assert statuses(db) == ["delivered"]


def test_the_sandbox_reports_to_the_running_server(
    live_server: str, db: Any, sandbox: str, reach: Any
) -> None:
    """Real HTTP both ways: sent, accepted, reported, matched."""
    requests.post(f"{sandbox}/push.json", json={"receipt_delay": 0.05}, timeout=5)
    tell()
    jobs.drain()
    for _ in range(200):
        jobs.sweep()
        if statuses(db) == ["delivered"]:
            return
    pytest.fail("no report arrived")
