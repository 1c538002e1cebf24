"""How does Tencent Cloud SMS answer? SendSms and PullSmsSendStatusByPhoneNumber, TC3 signature verified.

Served at /sms/tencent, and at / for the unchanged SDK, which knows no path.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
import uuid
from typing import Any

from flask import Blueprint, Request, Response, request

from sandbox.clock import shown
from sandbox.sms.inbox import accept, fate_of, places_in, plain_number, recent, text_of
from sandbox.state import Sms, World, world

cloud = Blueprint("sms_tencent", __name__)

THIRTY_SECONDS = "LimitExceeded.PhoneNumberThirtySecondLimit"
A_DAY = "LimitExceeded.PhoneNumberDailyLimit"
DAILY = 10
SKEW = 300


class Failed(Exception):
    """The whole call fails: `Response.Error`."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(code)
        self.code = code
        self.words = words


@cloud.post("/sms/tencent")
@cloud.post("/sms/tencent/")
def serve() -> Response:
    try:
        check_signature(world().settings, request)
        return _answer(_ACTIONS[_action()](world(), _body()))
    except Failed as error:
        return _answer({"Error": {"Code": error.code, "Message": error.words}})


def _action() -> str:
    action = request.headers.get("X-TC-Action", "")
    if action not in _ACTIONS:
        raise Failed(
            "InvalidAction", f"The request action={action or '(empty)'} is invalid or not supported."
        )
    if request.headers.get("X-TC-Version") != "2021-01-11":
        raise Failed("NoSuchVersion", "The requested API version does not exist.")
    return action


def _body() -> dict[str, Any]:
    try:
        body = json.loads(request.get_data())
    except ValueError:
        raise Failed("InvalidRequest", "The request body is not JSON.") from None
    return body if isinstance(body, dict) else {}


def _answer(fields: dict[str, Any]) -> Response:
    text = json.dumps({"Response": {**fields, "RequestId": str(uuid.uuid4())}}, ensure_ascii=False)
    return Response(text, content_type="application/json")


# -- signature ---------------------------------------------------------------------------
AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, ?"
    r"SignedHeaders=([\w;-]+), ?Signature=(\w+)"
)


def check_signature(settings: Any, given: Request) -> None:
    match = AUTHORIZATION.fullmatch(given.headers.get("Authorization", ""))
    if match is None:
        raise Failed("AuthFailure.InvalidAuthorization", "Authorization header is malformed.")
    secret_id, date, names, signature = match.groups()
    if not settings.tencent_sms_secret_id or secret_id != settings.tencent_sms_secret_id:
        raise Failed("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
    stamp = given.headers.get("X-TC-Timestamp", "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > SKEW:
        raise Failed("AuthFailure.SignatureExpire", "The provided credentials have expired.")
    if date != time.strftime("%Y-%m-%d", time.gmtime(int(stamp))):
        raise Failed(
            "AuthFailure.SignatureFailure", "The date of the credential is not that of the timestamp."
        )
    secret = settings.tencent_sms_secret_key
    if signature not in [_tc3(secret, date, stamp, text) for text in _canonical(given, names)]:
        raise Failed("AuthFailure.SignatureFailure", "The provided credentials could not be validated.")


def _canonical(given: Request, names: str) -> list[str]:
    """What may have been signed: the path as sent or the cloud's own `/`, header values as sent (the SDK) or
    lower-cased (the documentation)."""
    values = [f"{n}:{given.headers.get(n, '').strip()}\n" for n in names.split(";")]
    body = hashlib.sha256(given.get_data()).hexdigest()
    query = given.query_string.decode()
    return [
        "\n".join([given.method, path, query, headers, names, body])
        for path in (given.path, "/")
        for headers in ("".join(values), "".join(values).lower())
    ]


def _tc3(secret_key: str, date: str, stamp: str, canonical: str) -> str:
    scope = f"{date}/sms/tc3_request"
    text = "\n".join(["TC3-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"TC3{secret_key}".encode()
    for part in (date, "sms", "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()


# -- SendSms -------------------------------------------------------------------------------
def send(here: World, body: dict[str, Any]) -> dict[str, Any]:
    numbers, params = body.get("PhoneNumberSet"), body.get("TemplateParamSet") or []
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= 200:
        raise Failed("LimitExceeded.PhoneNumberCountLimit", "the number of mobile numbers exceeds the limit")
    if str(body.get("SmsSdkAppId")) != here.settings.tencent_sms_app_id:
        raise Failed("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "SmsSdkAppId verify fail")
    if code := _call_code(here, body, params):
        return {"SendStatusSet": [_status(n, code, body) for n in numbers]}
    return {"SendStatusSet": [_send_one(here, str(n), body, [str(p) for p in params]) for n in numbers]}


def _call_code(here: World, body: dict[str, Any], params: list) -> str:
    template = str(body.get("TemplateId", ""))
    if body.get("SignName") != here.settings.tencent_sms_sign_name:
        return "FailedOperation.SignatureIncorrectOrUnapproved"
    if here.sms_templates and template not in here.sms_templates:
        return "FailedOperation.TemplateIncorrectOrUnapproved"
    if here.sms_templates and len(params) != len(places_in(here, template)):
        return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
    if any("http" in str(p).lower() for p in params):
        return "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"
    return ""


def _send_one(here: World, number: str, body: dict[str, Any], params: list[str]) -> dict[str, Any]:
    phone, template = plain_number(number), str(body["TemplateId"])
    text = text_of(here, template, params, str(body["SignName"]))
    code = str(fate_of(here, phone).get("code", "")) or _number_code(here, number, phone, text)
    if code:
        return _status(number, code, body)
    serial = f"5000:{here.next_id()}"
    context = str(body.get("SessionContext", ""))
    sms = Sms(
        serial, "tencent", phone, body["SignName"], template, params, text, here.clock.now(), context=context
    )
    accept(here, sms)
    return _status(number, "Ok", body, serial)


def _number_code(here: World, number: str, phone: str, text: str) -> str:
    if not re.fullmatch(r"(\+86|0086|86)?1\d{10}", number):
        return "InvalidParameterValue.IncorrectPhoneNumber"
    if not here.sms_limits:
        return ""
    if any(s.text == text for s in recent(here, "tencent", phone, 30)):
        return THIRTY_SECONDS
    today = here.clock.day()
    same_day = [
        s for s in recent(here, "tencent", phone, 86400) if shown(s.at)[:10].replace("-", "") == today
    ]
    return A_DAY if len(same_day) >= DAILY else ""


def _status(number: str, code: str, body: dict[str, Any], serial: str = "") -> dict[str, Any]:
    return {
        "SerialNo": serial,
        "PhoneNumber": number,
        "Fee": 1 if code == "Ok" else 0,
        "SessionContext": str(body.get("SessionContext", "")),
        "Code": code,
        "Message": "send success" if code == "Ok" else code.rpartition(".")[2],
        "IsoCode": "CN",
    }


# -- receipts -------------------------------------------------------------------------------
def receipt(sms: Sms) -> dict[str, Any]:
    is_there = sms.status == "delivered"
    return {
        "user_receive_time": shown(sms.reported_at or time.time()),
        "nationcode": "86",
        "mobile": sms.phone,
        "report_status": "SUCCESS" if is_there else "FAIL",
        "errmsg": "DELIVRD" if is_there else "MK:0001",
        "description": "用户短信送达成功" if is_there else sms.reason,
        "sid": sms.id,
    }


def pull_by_number(here: World, body: dict[str, Any]) -> dict[str, Any]:
    phone, begin = plain_number(str(body.get("PhoneNumber", ""))), int(body.get("BeginTime") or 0)
    end = int(body.get("EndTime") or here.clock.now() + 1)
    limit, offset = int(body.get("Limit") or 10), int(body.get("Offset") or 0)
    known = recent(here, "tencent", phone, 7 * 86400)
    found = [s for s in known if begin <= s.at <= end and s.status != "pending"]
    return {"PullSmsSendStatusSet": [_pulled(s) for s in found[offset : offset + limit]]}


def _pulled(sms: Sms) -> dict[str, Any]:
    told = receipt(sms)
    return {
        "UserReceiveTime": int(sms.reported_at),
        "CountryCode": "86",
        "SubscriberNumber": sms.phone,
        "PhoneNumber": f"+86{sms.phone}",
        "SerialNo": sms.id,
        "ReportStatus": told["report_status"],
        "Description": told["description"],
        "SessionContext": sms.context,
    }


_ACTIONS = {"SendSms": send, "PullSmsSendStatusByPhoneNumber": pull_by_number}
