"""Do our signatures and our reading of each cloud's answers hold? Against the SDK and the sandbox."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tencentcloud.common import credential
from tencentcloud.common.http.request import RequestInternal
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.sms.v20210111.sms_client import SmsClient

from notify import jobs
from notify.channels import aliyun, tencent, wechat
from notify.channels.wire import Letter, NoAnswer
from notify.messages import MESSAGES, Code
from notify.models import OutboxMessage
from notify.rules import Outcome
from sandbox import create_sandbox
from tests.conftest import serving
from tests.notify.conftest import PHONE, fault, inbox_of, post, statuses, tell
from wechat.client import WeChatError

CLOUDS = {
    "TENCENT_SMS_SECRET_ID": "sandboxSecretId",
    "TENCENT_SMS_SECRET_KEY": "sandboxSecretKey",
    "TENCENT_SMS_APP_ID": "1400000001",
    "TENCENT_SMS_SIGN_NAME": "示例总工会",
    "ALIYUN_SMS_ACCESS_KEY_ID": "sandboxKeyId",
    "ALIYUN_SMS_ACCESS_KEY_SECRET": "sandboxKeySecret",
    "ALIYUN_SMS_SIGN_NAME": "示例总工会",
}


@pytest.fixture
def cloud(make_app: Callable[..., Any]) -> Iterator[Callable[[str], str]]:
    """`cloud("tencent:1")`: the application sending through these clouds, played by a sandbox of its own."""
    closing = []

    def start(providers: str, **more: str) -> str:
        place = socket.socket()
        place.bind(("127.0.0.1", 0))
        port = str(place.getsockname()[1])
        app = make_app(SMS_PROVIDERS=providers, SANDBOX_PORT=port, **CLOUDS, **more)
        world = serving(create_sandbox(app.extensions["huzhu"]["settings"]), place)
        url = world.__enter__()
        context = app.app_context()
        context.push()
        closing.append((world, context))
        return url

    yield start
    for world, context in closing:
        context.pop()
        world.__exit__(None, None, None)


def letter(**values: Any) -> Letter:
    return Letter(str(uuid.uuid4()), "claim_paid", PHONE, {"text": "x", "values": {}}, **values)


# --- signatures --------------------------------------------------------------------------------------------


def test_tencents_signature_equals_the_official_sdks() -> None:
    client = SmsClient(credential.Credential("id", "key"), "ap-guangzhou", ClientProfile())
    request = RequestInternal("sms.tencentcloudapi.com", "POST", "/")
    client._build_req_with_tc3_signature("SendSms", {"SignName": "某某总工会", "n": ["1"]}, request)
    stamp = int(request.header["X-TC-Timestamp"])
    body = request.data.encode()
    ours = tencent.authorization("id", "key", "sms.tencentcloudapi.com", body, stamp)
    assert request.header["Host"] == "sms.tencentcloudapi.com"
    assert ours == request.header["Authorization"]


def test_aliyuns_signature_equals_the_published_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worked example of Alibaba Cloud's description of ACS3; it calls another API, the rule is one."""
    monkeypatch.setattr(aliyun, "VERSION", "2014-05-26")
    query = {
        "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        "RegionId": "cn-shanghai",
    }
    headers = aliyun.signed_headers(
        "YourAccessKeyId",
        "YourAccessKeySecret",
        "ecs.cn-shanghai.aliyuncs.com",
        "RunInstances",
        query,
        date="2023-10-26T10:22:32Z",
        nonce="3156853299f313e23d1673dc12e1703d",
    )
    signature = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    assert headers["Authorization"].endswith(f"Signature={signature}")


def test_aliyuns_query_is_escaped_strictly() -> None:
    query = {"PhoneNumbers": "13800138000", "TemplateParam": '{"code": "a b+c~"}'}
    assert "%7B%22code%22%3A%20%22a%20b%2Bc~%22%7D" in aliyun.canonical_query(query)


# --- through the sandbox's clouds, over HTTP ---------------------------------------------------------------


@pytest.mark.parametrize("provider", ["tencent", "aliyun"])
def test_a_message_goes_through_each_cloud(cloud: Any, reach: Any, provider: str) -> None:
    from core.db import db

    url = cloud(f"{provider}:1")
    tell()
    assert jobs.drain() == 1
    [row] = db.session.query(OutboxMessage)
    [sms] = inbox_of(url)
    assert row.status == "sent" and sms["provider"] == provider
    assert sms["context"] == str(row.id)  # SessionContext, OutId: by this it is found again
    assert sms["id"] == row.provider_reference


@pytest.mark.parametrize("provider", ["tencent", "aliyun"])
def test_a_lost_answer_is_found_by_asking_the_cloud(cloud: Any, reach: Any, provider: str) -> None:
    from core.db import db

    url = cloud(f"{provider}:1")
    post(url, "push.json", {"receipt_delay": 0})
    fault(url, "lose", service=provider)
    tell()
    jobs.drain()
    assert statuses(db) == ["unknown"]
    for _ in range(100):
        jobs.sweep()
        if statuses(db) == ["delivered"]:
            break
    assert statuses(db) == ["delivered"] and len(inbox_of(url)) == 1


@pytest.mark.parametrize(("provider", "ends"), [("tencent", "unknown"), ("aliyun", "pending")])
def test_only_a_cloud_that_lists_everything_can_say_it_never_came(
    cloud: Any, reach: Any, provider: str, ends: str
) -> None:
    """Tencent lists only what was reported: absence there proves nothing, so nothing is sent twice."""
    from core.db import db

    url = cloud(f"{provider}:1")
    fault(url, "refuse", service=provider)
    tell()
    jobs.drain()
    jobs.sweep()
    assert statuses(db) == [ends]


def test_what_stays_silent_for_too_long_waits_for_a_person(
    cloud: Any, reach: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.db import db

    monkeypatch.setattr(jobs, "PACE", jobs.Pace(settle_factor=0.0, give_up=0.0))
    url = cloud("tencent:1")
    fault(url, "refuse", service="tencent")
    tell()
    jobs.drain()
    jobs.sweep()
    assert statuses(db) == ["held"]
    assert jobs.drain() == 0 and inbox_of(url) == []


def test_a_provider_in_trouble_loses_its_share_to_the_other(cloud: Any, reach: Any) -> None:
    """P10: weights and a breaker; nothing is sent by both."""
    from core.db import db

    url = cloud("tencent:1,aliyun:1")
    post(url, "sms/limits.json", {"is_on": False})
    fault(url, "rate_limit", service="tencent", times=None)
    for _ in range(60):
        tell()
    for _ in range(20):
        jobs.drain()
        db.session.execute(OutboxMessage.__table__.update().values(not_before=OutboxMessage.created_at))
        db.session.commit()
        if set(statuses(db)) == {"sent"}:
            break
    sent = inbox_of(url)
    assert set(statuses(db)) == {"sent"}
    assert len(sent) == 60 == len({sms["context"] for sms in sent})
    assert {sms["provider"] for sms in sent} == {"aliyun"}


# --- what answers mean -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "verdict", "blames"),
    [
        (tencent.refusal("LimitExceeded.PhoneNumberThirtySecondLimit"), "later", False),
        (tencent.refusal("LimitExceeded.PhoneNumberDailyLimit"), "later", False),
        (tencent.refusal("RequestLimitExceeded"), "later", True),
        (tencent.refusal("InternalError.Timeout"), "unknown", True),
        (tencent.refusal("InternalError.SendAndRecvFail"), "unknown", True),
        (tencent.refusal("ClientNetworkError"), "unknown", True),
        (tencent.refusal(""), "unknown", True),
        (tencent.refusal("AuthFailure.SignatureFailure"), "later", True),
        (tencent.refusal("FailedOperation.InsufficientBalanceInSmsPackage"), "later", True),
        (tencent.refusal("FailedOperation.ContainSensitiveWord"), "never", False),
        (tencent.refusal("FailedOperation.PhoneNumberInBlacklist"), "never", False),
        (tencent.refusal("InvalidParameterValue.IncorrectPhoneNumber"), "never", False),
        (tencent.refusal("FailedOperation.SignatureIncorrectOrUnapproved"), "never", False),
        (aliyun.refusal("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5"), "later", False),
        (aliyun.refusal("isp.SYSTEM_ERROR"), "unknown", True),
        (aliyun.refusal("SignatureDoesNotMatch"), "later", True),
        (aliyun.refusal("isv.OUT_OF_SERVICE"), "later", True),
        (aliyun.refusal("isv.MOBILE_NUMBER_ILLEGAL"), "never", False),
        (aliyun.refusal("isv.SMS_SIGNATURE_ILLEGAL"), "never", False),
        (aliyun.refusal("isv.BLACK_KEY_CONTROL_LIMIT"), "never", False),
        (wechat.refusal(WeChatError(43004, "", "not_follower")), "unreachable", False),
        (wechat.refusal(WeChatError(43101, "", "not_follower")), "unreachable", False),
        (wechat.refusal(WeChatError(40241, "", "already")), "sent", False),
        (wechat.refusal(WeChatError(45009, "", "later")), "later", False),
        (wechat.refusal(WeChatError(-1, "", "later")), "later", True),
        (wechat.refusal(WeChatError(47003, "", "never")), "never", False),
        (wechat.refusal(WeChatError(None, "ReadTimeout", "unknown")), "unknown", True),
    ],
)  # fmt: skip
def test_each_code_means_one_thing(outcome: Outcome, verdict: str, blames: bool) -> None:
    """reference: errors that may have been sent are asked about, refusals wait or end, accounts alarm."""
    assert (outcome.verdict, outcome.blames) == (verdict, blames)


@pytest.mark.parametrize(
    ("words", "seconds"), [("分钟级", 65), ("小时级流控", 3600), ("天级", 21600), ("", 3600)]
)
def test_aliyuns_limit_says_how_long_to_wait(words: str, seconds: float) -> None:
    assert aliyun.refusal("isv.BUSINESS_LIMIT_CONTROL", words).seconds == seconds


def test_a_provider_that_cannot_be_reached_was_not_reached(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from notify.channels import wire

    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(NoAnswer) as silence:
            wire.call("POST", f"http://127.0.0.1:{closed.getsockname()[1]}/")
    assert silence.value.outcome.verdict == "later"


def test_the_words_of_a_code_go_as_values_in_their_order() -> None:
    words = MESSAGES["code"]
    assert isinstance(words, Code) and words.sms.index("{code}") < words.sms.index("{minutes}")


# --- WeChat ------------------------------------------------------------------------------------------------

OPENID = "oSandboxUser0000000000000001"
TEMPLATE = {
    "template_id": "TPL_CLAIM_UPDATE_0000000000000000000000000001",
    "title": "补助申请进度通知",
    "content": "{{character_string1.DATA}}\n{{phrase2.DATA}}\n{{time3.DATA}}\n{{thing4.DATA}}",
}


@pytest.fixture
def account(sandbox: str) -> str:
    post(sandbox, "wechat/templates.json", [TEMPLATE])
    return sandbox


def test_a_follower_is_told_by_template_message_once(db: Any, account: str, reach: Any) -> None:
    reach(openid=OPENID)
    tell()
    jobs.drain()
    [row] = db.session.query(OutboxMessage)
    assert (row.channel, row.status) == ("wechat", "sent") and row.provider_reference


def test_a_doubtful_template_message_is_cleared_up_with_the_same_id(
    db: Any, account: str, reach: Any
) -> None:
    """client_msg_id counts once in ten minutes: sending again within nine asks and sends in one."""
    reach(openid=OPENID)
    fault(account, "lose", service="wechat_api", path="template/send")
    tell()
    jobs.drain()
    assert statuses(db) == ["unknown"]
    jobs.sweep()
    assert statuses(db) == ["sent"]


def test_after_nine_minutes_nothing_is_sent_again(db: Any, account: str, reach: Any) -> None:
    said = wechat.ask(
        Letter(str(uuid.uuid4()), "claim_paid", OPENID, {"template": "claim_update"}, unsure_for=541)
    )
    assert said.found == "silent"


def test_somebody_who_does_not_follow_has_inbox_and_sms(db: Any, account: str, reach: Any) -> None:
    reach(openid="oSandboxUser0000000000000003", phone=PHONE)
    tell()
    jobs.drain()
    rows = {row.channel: (row.status, row.why) for row in db.session.query(OutboxMessage)}
    assert rows["sms"][0] == "sent"
    assert rows["wechat"][0] == "cancelled" and "not_follower" in rows["wechat"][1]


def test_what_wechat_reports_is_matched(db: Any, account: str, reach: Any) -> None:
    from core.db import transaction
    from notify.service import wechat_reported

    reach(openid=OPENID)
    tell()
    # Marked as sent by hand: the sandbox would report its own success whenever somebody listens.
    sent = {"status": "sent", "provider": "wechat", "provider_reference": "200228332"}
    with transaction():
        db.session.query(OutboxMessage).update(sent)
    with transaction():
        wechat_reported(OPENID, "200228332", "failed:user block")
    jobs.sweep()
    assert statuses(db) == ["failed"]


@pytest.mark.parametrize(
    ("recipient", "channels"),
    [
        ({"phone": PHONE, "openid": OPENID}, {"sms", "wechat"}),
        ({"phone": PHONE, "openid": OPENID, "is_deceased": True}, set()),
        ({"phone": PHONE, "openid": OPENID, "wants_sms": False}, {"wechat"}),
        ({"phone": ""}, set()),
    ],
)
def test_a_person_is_told_where_they_can_and_want_to_be(
    db: Any, reach: Any, recipient: dict[str, Any], channels: set[str]
) -> None:
    """The dead get nothing but the inbox row; SMS can be switched off."""
    reach(**recipient)
    tell()
    assert {row.channel for row in db.session.query(OutboxMessage)} == channels


def test_legal_notices_go_by_sms_even_when_switched_off(db: Any, reach: Any) -> None:
    reach(phone=PHONE, wants_sms=False)
    tell("binding_moved")
    assert [row.channel for row in db.session.query(OutboxMessage)] == ["sms"]
