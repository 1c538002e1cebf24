"""How is an SMS sent through Tencent Cloud? SendSms and PullSmsSendStatusByPhoneNumber, signed with TC3.

The signature is ours (a test holds it against the official SDK): the SDK's own HTTP layer retries and hides
whether a request left. HTTP 200 says nothing; each number has its own code.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from core import context
from notify.channels.templates import template_id
from notify.channels.wire import Letter, answer_of, call
from notify.rules import Answer, Outcome

CONTENT_TYPE = "application/json"
DAY = 86400
ASK_LIMIT = 100
MOST = 200  # numbers a call

# Prefixes of codes; the first that fits decides. Everything else is the message's own fault: never.
LATER: tuple[tuple[str, float], ...] = (
    ("LimitExceeded.PhoneNumberThirtySecondLimit", 35),
    ("LimitExceeded.PhoneNumberOneHourLimit", 3600),
    ("LimitExceeded.PhoneNumberDailyLimit", 6 * 3600),
    ("LimitExceeded", 60),
    ("RequestLimitExceeded", 5),
)
BLAMED = (  # the account is in trouble: the message waits for the operator or another provider
    "AuthFailure",
    "UnauthorizedOperation",
    "FailedOperation.InsufficientBalanceInSmsPackage",
    "FailedOperation.ServiceSuspendDueToArrears",
    "UnsupportedOperation.",
)
AMBIGUOUS = ("InternalError", "ClientNetworkError")  # may have been sent


def authorization(
    secret_id: str, secret_key: str, host: str, body: bytes, stamp: int, service: str = "sms"
) -> str:
    """The TC3-HMAC-SHA256 header for a POST of `body` to `host` at the Unix time `stamp`."""
    date = time.strftime("%Y-%m-%d", time.gmtime(stamp))
    headers = f"content-type:{CONTENT_TYPE}\nhost:{host}\n"
    canonical = "\n".join(["POST", "/", "", headers, "content-type;host", hashlib.sha256(body).hexdigest()])
    scope = f"{date}/{service}/tc3_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"TC3{secret_key}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{digest}".encode(), "sha256").hexdigest()
    return (
        f"TC3-HMAC-SHA256 Credential={secret_id}/{scope}, "
        f"SignedHeaders=content-type;host, Signature={signature}"
    )


def _ask_cloud(action: str, fields: dict[str, Any]) -> dict[str, Any]:
    settings = context.settings()
    body = json.dumps(fields, ensure_ascii=False).encode()
    host, stamp = urlsplit(settings.tencent_sms_endpoint).netloc, int(time.time())
    headers = {
        "Authorization": authorization(
            settings.tencent_sms_secret_id, settings.tencent_sms_secret_key, host, body, stamp
        ),
        "Content-Type": CONTENT_TYPE,
        "Host": host,
        "X-TC-Action": action,
        "X-TC-Version": "2021-01-11",
        "X-TC-Region": settings.tencent_sms_region,
        "X-TC-Timestamp": str(stamp),
    }
    said = answer_of(call("POST", settings.tencent_sms_endpoint, body=body, headers=headers))
    response = said.get("Response")
    return response if isinstance(response, dict) else {"Error": {"Code": "InternalError.NoResponse"}}


def send(letter: Letter) -> Outcome:
    return _send([letter], letter.id)[0]


def send_many(letters: Sequence[Letter]) -> list[Outcome]:
    """One call for all; the cloud says of each number what became of it."""
    return _send(letters, letters[0].batch)


def _send(letters: Sequence[Letter], name: str) -> list[Outcome]:
    settings, template = context.settings(), template_id("tencent", letters[0].kind)
    if not template:
        return [Outcome("never", code="no_template")] * len(letters)
    said = _ask_cloud(
        "SendSms",
        {
            "PhoneNumberSet": [f"+86{letter.address}" for letter in letters],
            "SmsSdkAppId": settings.tencent_sms_app_id,
            "TemplateId": template,
            "SignName": settings.tencent_sms_sign_name,
            "TemplateParamSet": list(letters[0].values.values()),
            "SessionContext": name,
        },
    )
    if error := said.get("Error"):
        return [refusal(str(error.get("Code", "")))] * len(letters)
    told = said.get("SendStatusSet") or []
    by_number = {str(status.get("PhoneNumber", ""))[-11:]: status for status in told}
    if len(letters) == 1 and told:
        return [_outcome(told[0])]
    return [_outcome(by_number.get(letter.address[-11:], {})) for letter in letters]


def _outcome(status: dict[str, Any]) -> Outcome:
    """What one number's status means; none at all may mean anything."""
    code = str(status.get("Code", ""))
    return Outcome("sent", reference=str(status.get("SerialNo", ""))) if code == "Ok" else refusal(code)


def refusal(code: str) -> Outcome:
    """What a code other than Ok means for the message."""
    if not code or code.startswith(AMBIGUOUS):
        return Outcome("unknown", code=code or "no code", blames=True)
    for prefix, seconds in LATER:
        if code.startswith(prefix):
            return Outcome("later", code=code, seconds=seconds, blames=code.startswith("Request"))
    if code.startswith(BLAMED):
        return Outcome("later", code=code, seconds=60, blames=True)
    return Outcome("never", code=code)


def ask(letter: Letter) -> Answer:
    """Look for our id among the reports on this number. Unreported ones are missing there."""
    now = int(time.time())
    said = _ask_cloud(
        "PullSmsSendStatusByPhoneNumber",
        {
            "BeginTime": max(0, now - int(letter.unsure_for) - 600),
            "EndTime": now + 60,
            "Offset": 0,
            "Limit": ASK_LIMIT,
            "PhoneNumber": f"+86{letter.address}",
            "SmsSdkAppId": context.settings().tencent_sms_app_id,
        },
    )
    for row in said.get("PullSmsSendStatusSet") or []:
        if row.get("SessionContext") in (letter.id, letter.batch or letter.id) or (
            letter.reference and row.get("SerialNo") == letter.reference
        ):
            is_there = row.get("ReportStatus") == "SUCCESS"
            why = "" if is_there else str(row.get("Description", ""))
            return Answer("delivered" if is_there else "failed", str(row.get("SerialNo", "")), why)
    return Answer("silent")
