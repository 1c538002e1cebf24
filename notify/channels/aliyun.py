"""How is an SMS sent through Alibaba Cloud? SendSms and QuerySendDetails, signed with ACS3.

Everything goes into the query string of a POST with an empty body, as the official SDK does. Business
errors come with HTTP 200 and another Code, those about access with 4xx.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from core import clock, context
from notify.channels.templates import template_id
from notify.channels.wire import Letter, NoAnswer, answer_of, call
from notify.rules import Answer, Outcome

VERSION = "2017-05-25"
MOST = 100  # numbers a call
HALVES_WITHIN = 8.0  # seconds: the lease outlives these and the last call
PAGE = 50
MOST_PAGES = 4

LATER: tuple[tuple[str, float], ...] = (
    ("isv.BUSINESS_LIMIT_CONTROL", 3600),
    ("isp.RAM", 60),
    ("Throttling", 5),
    ("ServiceUnavailable", 10),
)
BLAMED = (
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "IncompleteSignature",
    "InvalidTimeStamp",
    "Forbidden",
    "NoPermission",
    "isv.OUT_OF_SERVICE",
    "isv.AMOUNT_NOT_ENOUGH",
    "isv.DAY_LIMIT_CONTROL",
    "isv.MONTH_LIMIT_CONTROL",
    "isv.RAM_PERMISSION_DENY",
    "isp.RAM_PERMISSION_DENY",
    "isv.DENY_IP_RANGE",
    "isv.PRODUCT_UN_SUBSCRIPT",
)
ONE_NUMBER = (  # about one number among many
    "isv.MOBILE_NUMBER_ILLEGAL",
    "isv.BLACK_KEY_CONTROL_LIMIT",
    "isv.BUSINESS_LIMIT_CONTROL",
)
AMBIGUOUS = ("isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "InternalError")


def signed_headers(
    key_id: str, secret: str, host: str, action: str, query: Mapping[str, str], *, path: str = "/",
    date: str = "", nonce: str = "",
) -> dict[str, str]:  # fmt: skip
    """The headers of a POST without a body, with the ACS3-HMAC-SHA256 signature among them."""
    empty = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": empty,
        "x-acs-date": date or clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce or secrets.token_hex(16),
        "x-acs-version": VERSION,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    canonical = "\n".join(["POST", path, canonical_query(query), lines, names, empty])
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
    credential = f"Credential={key_id},SignedHeaders={names},Signature={signature}"
    return {**headers, "Authorization": f"ACS3-HMAC-SHA256 {credential}"}


def canonical_query(query: Mapping[str, str]) -> str:
    return "&".join(f"{quote(k, safe='~')}={quote(query[k], safe='~')}" for k in sorted(query))


def _ask_cloud(action: str, query: dict[str, str]) -> dict[str, Any]:
    settings = context.settings()
    parts = urlsplit(settings.aliyun_sms_endpoint)
    path = parts.path or "/"
    headers = signed_headers(
        settings.aliyun_sms_access_key_id, settings.aliyun_sms_access_key_secret, parts.netloc, action, query,
        path=path,
    )  # fmt: skip
    url = f"{parts.scheme}://{parts.netloc}{path}?{canonical_query(query)}"
    return answer_of(call("POST", url, body=b"", headers=headers))


def send(letter: Letter) -> Outcome:
    template = template_id("aliyun", letter.kind)
    if not template:
        return Outcome("never", code="no_template")
    query = {
        "PhoneNumbers": letter.address,
        "SignName": context.settings().aliyun_sms_sign_name,
        "TemplateCode": template,
        "TemplateParam": json.dumps(letter.values, ensure_ascii=False),
        "OutId": letter.id,
    }
    said = _ask_cloud("SendSms", query)
    if said.get("Code") == "OK":
        return Outcome("sent", reference=str(said.get("BizId", "")))
    return refusal(str(said.get("Code", "")), str(said.get("Message", "")))


def send_many(letters: Sequence[Letter]) -> list[Outcome]:
    """One call for all. The cloud takes all or none: a call refused for one number's sake goes by halves."""
    return _by_halves(letters, time.monotonic() + HALVES_WITHIN)


def _by_halves(letters: Sequence[Letter], until: float) -> list[Outcome]:
    if time.monotonic() > until:
        return [Outcome("uncalled", code="paused")] * len(letters)
    try:
        outcome = _send_batch(letters)
    except NoAnswer as silence:  # of this call; what an earlier one carried is on its way
        outcome = silence.outcome
    is_about_one = outcome.verdict in ("never", "later") and not outcome.blames and outcome.code in ONE_NUMBER
    if len(letters) == 1 or not is_about_one:
        return [outcome] * len(letters)
    half = len(letters) // 2
    return _by_halves(letters[:half], until) + _by_halves(letters[half:], until)


def _send_batch(letters: Sequence[Letter]) -> Outcome:
    """Its BizId is the call's and not a message's: each stays known by the call's name and its own number."""
    template = template_id("aliyun", letters[0].kind)
    if not template:
        return Outcome("never", code="no_template")
    sign = context.settings().aliyun_sms_sign_name
    said = _ask_cloud(
        "SendBatchSms",
        {
            "PhoneNumberJson": json.dumps([letter.address for letter in letters]),
            "SignNameJson": json.dumps([sign] * len(letters), ensure_ascii=False),
            "TemplateCode": template,
            "TemplateParamJson": json.dumps([letter.values for letter in letters], ensure_ascii=False),
            "OutId": letters[0].batch,
        },
    )
    if said.get("Code") == "OK":
        return Outcome("sent")
    return refusal(str(said.get("Code", "")), str(said.get("Message", "")))


def refusal(code: str, words: str = "") -> Outcome:
    """What a code other than OK means for the message."""
    if not code or code.startswith(AMBIGUOUS):
        return Outcome("unknown", code=code or "no code", blames=True)
    if code.startswith(BLAMED):
        return Outcome("later", code=code, seconds=60, blames=True)
    for prefix, seconds in LATER:
        if code.startswith(prefix):
            return Outcome("later", code=code, seconds=_until(words) or seconds)
    return Outcome("never", code=code)


def _until(words: str) -> float:
    """分钟级, 小时级 and 天级流控 say how long it is not worth trying."""
    table = (("分钟", 65.0), ("小时", 3600.0), ("天", 6 * 3600.0))
    return next((seconds for word, seconds in table if word in words), 0.0)


def ask(letter: Letter) -> Answer:
    """Look for our id among what was sent to this number on those days; taken ones are listed, too."""
    for day in _days(letter.unsure_for):
        for page in range(1, MOST_PAGES + 1):
            query = {
                "PhoneNumber": letter.address,
                "SendDate": day,
                "PageSize": str(PAGE),
                "CurrentPage": str(page),
            }
            said = _ask_cloud("QuerySendDetails", query)
            if said.get("Code") != "OK":
                return Answer("silent", code=str(said.get("Code", "")))
            rows = (said.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
            if found := _found(rows, letter):
                return found
            if len(rows) < PAGE:
                break
        else:
            return Answer("silent")
    return Answer("absent")


def _days(unsure_for: float) -> list[str]:
    now = clock.now()
    first = now - dt.timedelta(seconds=unsure_for + 300)
    days = {clock.local_date(moment) for moment in (first, now, now + dt.timedelta(seconds=300))}
    return [f"{day:%Y%m%d}" for day in sorted(days)]


def _found(rows: list[dict[str, Any]], letter: Letter) -> Answer | None:
    for row in rows:
        if row.get("OutId") in (letter.id, letter.batch or letter.id):
            status = int(row.get("SendStatus") or 1)
            found = {2: "failed", 3: "delivered"}.get(status, "taken")
            return Answer(found, letter.reference, str(row.get("ErrCode") or "") if status == 2 else "")  # type: ignore[arg-type]
    return None
