"""Do the SMS clouds' signatures and shapes hold? Tencent by its unchanged SDK, Alibaba by its rule."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models
from tencentcloud.sms.v20210111.sms_client import SmsClient

from sandbox.sms.aliyun import _acs3
from tests.sandbox.conftest import Listener, Outside

PHONE = "19900000001"
TEMPLATES = {
    "1110": {"content": "您的验证码是{1}，{2}分钟内有效", "kind": "code"},
    "SMS_1": {"content": "您的申请${number}有更新", "kind": "notice"},
    "SMS_2": {"content": "您的验证码是${code}", "kind": "code"},
}


@pytest.fixture
def catalogue(outside: Outside) -> Outside:
    outside.post("/sms/templates.json", TEMPLATES)
    return outside


# -- Tencent ---------------------------------------------------------------------------------
def tencent(outside: Outside, key: str = "sandboxSecretKey") -> SmsClient:
    http = HttpProfile(protocol="http", endpoint=urlsplit(outside.url).netloc)
    return SmsClient(
        credential.Credential("sandboxSecretId", key), "ap-guangzhou", ClientProfile(httpProfile=http)
    )


def tencent_request(numbers: list[str], params: list[str], **more: Any) -> models.SendSmsRequest:
    request = models.SendSmsRequest()
    body = {
        "PhoneNumberSet": numbers,
        "SmsSdkAppId": "1400000001",
        "TemplateId": "1110",
        "SignName": "示例总工会",
    }
    request.from_json_string(json.dumps({**body, "TemplateParamSet": params, **more}))
    return request


def test_tencent_sdk_sends_and_the_receipt_comes(catalogue: Outside, product: Listener) -> None:
    answer = tencent(catalogue).SendSms(
        tencent_request([f"+86{PHONE}"], ["1234", "5"], SessionContext="outbox-17")
    )
    (status,) = answer.SendStatusSet
    assert (status.Code, status.SessionContext, status.Fee) == ("Ok", "outbox-17", 1)
    (heard,) = product.wait_for(1, "/receipts/sms/tencent/development-receipts")
    (report,) = json.loads(heard.body)
    assert (report["sid"], report["report_status"], report["mobile"]) == (status.SerialNo, "SUCCESS", PHONE)
    (message,) = catalogue.get("/sms.json", phone=PHONE).json()["messages"]
    assert message["text"] == "【示例总工会】您的验证码是1234，5分钟内有效"


def test_tencent_sdk_pulls_the_status_of_a_number(catalogue: Outside, product: Listener) -> None:
    sent = tencent(catalogue).SendSms(tencent_request([f"+86{PHONE}"], ["1234", "5"]))
    product.wait_for(1, "/receipts/")
    pull = models.PullSmsSendStatusByPhoneNumberRequest()
    now = int(time.time())
    pull.from_json_string(
        json.dumps(
            {
                "BeginTime": now - 60,
                "EndTime": now + 60,
                "Offset": 0,
                "Limit": 10,
                "PhoneNumber": f"+86{PHONE}",
                "SmsSdkAppId": "1400000001",
            }
        )
    )
    (row,) = tencent(catalogue).PullSmsSendStatusByPhoneNumber(pull).PullSmsSendStatusSet
    assert (row.SerialNo, row.ReportStatus) == (sent.SendStatusSet[0].SerialNo, "SUCCESS")


def test_tencent_refuses_a_wrong_key(catalogue: Outside) -> None:
    with pytest.raises(TencentCloudSDKException, match="AuthFailure.SignatureFailure"):
        tencent(catalogue, "wrong").SendSms(tencent_request([f"+86{PHONE}"], ["1", "5"]))
    assert catalogue.get("/sms.json").json()["messages"] == []


@pytest.mark.parametrize(
    ("number", "params", "more", "code"),
    [
        ("+86110", ["1", "5"], {}, "InvalidParameterValue.IncorrectPhoneNumber"),
        (f"+86{PHONE}", ["1"], {}, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        (f"+86{PHONE}", ["1", "5"], {"SignName": "别人"}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        (f"+86{PHONE}", ["1", "5"], {"TemplateId": "9"}, "FailedOperation.TemplateIncorrectOrUnapproved"),
        (f"+86{PHONE}", ["http://x", "5"], {}, "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"),
    ],
)
def test_tencent_codes_per_number(
    catalogue: Outside, number: str, params: list[str], more: dict, code: str
) -> None:
    (status,) = tencent(catalogue).SendSms(tencent_request([number], params, **more)).SendStatusSet
    assert (status.Code, status.SerialNo) == (code, "")


def test_tencent_limits_by_clock(catalogue: Outside) -> None:
    def send(word: str) -> str:
        return tencent(catalogue).SendSms(tencent_request([f"+86{PHONE}"], [word, "5"])).SendStatusSet[0].Code

    assert [send("1"), send("1")] == ["Ok", "LimitExceeded.PhoneNumberThirtySecondLimit"]
    catalogue.post("/clock.json", {"advance": 31})
    assert send("1") == "Ok"
    codes = [send(str(n)) for n in range(10, 20)]
    assert codes.count("Ok") == 8
    assert codes[-1] == "LimitExceeded.PhoneNumberDailyLimit"


# -- Alibaba -----------------------------------------------------------------------------------
def test_acs3_signature_of_the_published_example() -> None:
    """The fixed example of Alibaba's signature documentation (RunInstances)."""
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    empty = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": empty,
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    given = SimpleNamespace(
        method="POST", headers=headers, args=SimpleNamespace(items=lambda multi: query.items())
    )
    assert _acs3("YourAccessKeySecret", ";".join(headers), "/", given) == (  # type: ignore[arg-type]
        "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def aliyun(
    outside: Outside, action: str, secret: str = "sandboxKeySecret", **query: str
) -> requests.Response:
    headers = {
        "host": urlsplit(outside.url).netloc,
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "x-acs-signature-nonce": uuid.uuid4().hex,
        "x-acs-version": "2017-05-25",
    }
    pairs = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(query.items()))
    names = ";".join(headers)
    lines = "".join(f"{k}:{v}\n" for k, v in headers.items())
    canonical = "\n".join(["POST", "/", pairs, lines, names, headers["x-acs-content-sha256"]])
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
    headers["Authorization"] = (
        f"ACS3-HMAC-SHA256 Credential=sandboxKeyId,SignedHeaders={names},Signature={signature}"
    )
    return requests.post(f"{outside.url}/?{pairs}", headers=headers, timeout=5)


def notice(**more: str) -> dict[str, str]:
    params = json.dumps({"number": "BZ1 中/文~*"}, ensure_ascii=False)
    body = {"PhoneNumbers": PHONE, "SignName": "示例总工会", "TemplateCode": "SMS_1", "TemplateParam": params}
    return body | more


def test_aliyun_sends_and_reports(catalogue: Outside, product: Listener) -> None:
    answer = aliyun(catalogue, "SendSms", **notice(OutId="outbox-18")).json()
    assert answer["Code"] == "OK"
    (heard,) = product.wait_for(1, "/receipts/sms/aliyun/")
    (report,) = json.loads(heard.body)
    assert (report["biz_id"], report["out_id"], report["success"]) == (answer["BizId"], "outbox-18", True)
    today = time.strftime("%Y%m%d", time.gmtime(time.time() + 8 * 3600))
    asked = {"PhoneNumber": PHONE, "SendDate": today, "PageSize": "10", "CurrentPage": "1"}
    details = aliyun(catalogue, "QuerySendDetails", BizId=answer["BizId"], **asked).json()
    (row,) = details["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
    assert (row["SendStatus"], row["Content"]) == (3, "【示例总工会】您的申请BZ1 中/文~*有更新")


def test_aliyun_batch_gives_each_number_its_words(catalogue: Outside) -> None:
    numbers, rows = [PHONE, "19900000002"], [{"number": "A1"}, {"number": "A2"}]
    batch = {
        "PhoneNumberJson": json.dumps(numbers),
        "SignNameJson": json.dumps(["示例总工会"] * 2),
        "TemplateCode": "SMS_1",
        "TemplateParamJson": json.dumps(rows),
    }
    assert aliyun(catalogue, "SendBatchSms", **batch).json()["Code"] == "OK"
    texts = {m["phone"]: m["text"] for m in catalogue.get("/sms.json").json()["messages"]}
    assert [texts[n][-5:] for n in numbers] == ["A1有更新", "A2有更新"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"PhoneNumbers": "12345"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"SignName": "别人"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateCode": "SMS_9"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": "{}"}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"TemplateParam": "x"}, "isv.INVALID_JSON_PARAM"),
    ],
)
def test_aliyun_business_errors_come_with_http_200(catalogue: Outside, more: dict, code: str) -> None:
    answer = aliyun(catalogue, "SendSms", **notice(**more))
    assert (answer.status_code, answer.json()["Code"]) == (200, code)


def test_aliyun_refuses_a_wrong_key_with_http_400(catalogue: Outside) -> None:
    answer = aliyun(catalogue, "SendSms", "wrong", **notice())
    assert (answer.status_code, answer.json()["Code"]) == (400, "SignatureDoesNotMatch")


def test_aliyun_limits_codes_more_than_notices(catalogue: Outside) -> None:
    code = notice(TemplateCode="SMS_2", TemplateParam='{"code":"1234"}')
    assert [aliyun(catalogue, "SendSms", **code).json()["Code"] for _ in range(2)] == [
        "OK",
        "isv.BUSINESS_LIMIT_CONTROL",
    ]
    assert [aliyun(catalogue, "SendSms", **notice()).json()["Code"] for _ in range(2)] == ["OK", "OK"]


# -- the neutral provider ------------------------------------------------------------------------
def test_the_neutral_provider_takes_an_id_once(catalogue: Outside, product: Listener) -> None:
    body = {"id": "m1", "phone": PHONE, "template": "claim", "text": "您的申请有更新"}
    assert catalogue.post("/sms/sandbox", body).status_code == 200
    assert catalogue.post("/sms/sandbox", body).json()["is_repeat"] is True
    (heard,) = product.wait_for(1, "/receipts/sms/sandbox/")
    assert json.loads(heard.body)[0]["status"] == "delivered"
    assert catalogue.get("/sms/sandbox/m1").json()["status"] == "delivered"
    assert catalogue.get("/sms/sandbox/m2").status_code == 404
    assert catalogue.get("/sms.json").json()["total"] == 1


def test_fates_decide_what_becomes_of_a_number(catalogue: Outside, product: Listener) -> None:
    gone, full = "19900000404", "19900000002"
    catalogue.post("/sms/fates.json", {full: {"code": "LimitExceeded.PhoneNumberDailyLimit"}})
    assert catalogue.post("/sms/sandbox", {"id": "m3", "phone": full, "text": "x"}).status_code == 422
    catalogue.post("/sms/sandbox", {"id": "m4", "phone": gone, "text": "x"})
    (heard,) = product.wait_for(1, "/receipts/sms/sandbox/")
    (report,) = json.loads(heard.body)
    assert (report["status"], report["reason"]) == ("failed", "空号")


def test_a_receipt_is_tried_three_times(catalogue: Outside, product: Listener) -> None:
    from werkzeug.wrappers import Response

    product.answer = lambda _: Response("no", 500)
    catalogue.post("/sms/sandbox", {"id": "m5", "phone": PHONE, "text": "x"})
    assert len(product.wait_for(3, "/receipts/")) == 3
