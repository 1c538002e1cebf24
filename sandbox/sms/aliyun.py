"""How does Alibaba Cloud SMS answer? SendSms, SendBatchSms, QuerySendDetails, ACS3 signature verified.

Parameters come in the query string of a POST, as its SDK sends them; a form body works too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Request, Response, request

from sandbox.clock import shown
from sandbox.sms.inbox import accept, fate_of, places_in, plain_number, recent, text_of
from sandbox.state import Sms, World, world

cloud = Blueprint("sms_aliyun", __name__)

SKEW = 900
CODE_LIMITS = ((60, 1, "分钟"), (3600, 5, "小时"), (86400, 10, "天"))
NOTICE_LIMIT = (86400, 50, "天")


class Failed(Exception):
    """`http` 200 for business errors, 4xx for everything about access."""

    def __init__(self, code: str, words: str, http: int = 200) -> None:
        super().__init__(code)
        self.code = code
        self.words = words
        self.http = http


@cloud.post("/sms/aliyun")
@cloud.post("/sms/aliyun/")
def serve() -> Response:
    try:
        check_signature(world().settings, request)
        action = request.headers.get("x-acs-action", "")
        if action not in _ACTIONS:
            raise Failed("InvalidAction.NotFound", "Specified api is not found.", 404)
        return _answer({"Code": "OK", "Message": "OK", **_ACTIONS[action](world(), request.values.to_dict())})
    except Failed as error:
        return _answer({"Code": error.code, "Message": error.words}, error.http)


def _answer(fields: dict[str, Any], status: int = 200) -> Response:
    body = json.dumps({**fields, "RequestId": str(uuid.uuid4()).upper()}, ensure_ascii=False)
    return Response(body, status, content_type="application/json;charset=utf-8")


# -- signature ---------------------------------------------------------------------------
AUTHORIZATION = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([\w;-]+), ?Signature=(\w+)")


def check_signature(settings: Any, given: Request) -> None:
    match = AUTHORIZATION.fullmatch(given.headers.get("Authorization", ""))
    if match is None:
        raise Failed("IncompleteSignature", "The request signature does not conform to ACS3.", 400)
    key_id, names, signature = match.groups()
    if not settings.aliyun_sms_access_key_id or key_id != settings.aliyun_sms_access_key_id:
        raise Failed("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
    _check_moment(given.headers.get("x-acs-date", ""))
    if given.headers.get("x-acs-content-sha256") != hashlib.sha256(given.get_data()).hexdigest():
        raise Failed("SignatureDoesNotMatch", "x-acs-content-sha256 is not that of the body.", 400)
    wanted = [_acs3(settings.aliyun_sms_access_key_secret, names, path, given) for path in (given.path, "/")]
    if not any(hmac.compare_digest(w, signature) for w in wanted):
        raise Failed("SignatureDoesNotMatch", "Specified signature is not matched with our calculation.", 400)


def _check_moment(text: str) -> None:
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise Failed(
            "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.", 400
        ) from None
    if abs(time.time() - moment) > SKEW:
        raise Failed("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.", 400)


def _acs3(secret: str, names: str, path: str, given: Request) -> str:
    headers = "".join(f"{n}:{given.headers.get(n, '').strip()}\n" for n in names.split(";"))
    pairs = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in given.args.items(multi=True))
    query = "&".join(f"{k}={v}" for k, v in pairs)
    canonical = "\n".join(
        [given.method, path, query, headers, names, given.headers.get("x-acs-content-sha256", "")]
    )
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()


# -- sending -------------------------------------------------------------------------------
def send(here: World, given: dict[str, str]) -> dict[str, Any]:
    numbers = [n for n in given.get("PhoneNumbers", "").split(",") if n]
    if not 1 <= len(numbers) <= 1000:
        raise Failed("isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制")
    params = _params(given.get("TemplateParam") or "{}")
    for number in numbers:
        _check(here, number, given.get("SignName", ""), given.get("TemplateCode", ""), params)
    biz_id = f"{here.next_id()}^0"
    for number in numbers:
        _keep(here, biz_id, number, given["SignName"], given["TemplateCode"], params, given.get("OutId", ""))
    return {"BizId": biz_id}


def send_batch(here: World, given: dict[str, str]) -> dict[str, Any]:
    numbers, signs = json.loads(given["PhoneNumberJson"]), json.loads(given["SignNameJson"])
    rows = json.loads(given.get("TemplateParamJson") or json.dumps([{}] * len(numbers)))
    if not len(numbers) == len(signs) == len(rows) <= 100:
        raise Failed("isv.PARAM_LENGTH_LIMIT", "参数数量不一致")
    template, biz_id = given["TemplateCode"], f"{here.next_id()}^0"
    for number, sign, row in zip(numbers, signs, rows, strict=True):
        _check(here, number, sign, template, row)
    for number, sign, row in zip(numbers, signs, rows, strict=True):
        _keep(here, biz_id, number, sign, template, row, given.get("OutId", ""))
    return {"BizId": biz_id}


def _params(text: str) -> dict[str, str]:
    try:
        params = json.loads(text)
    except ValueError:
        raise Failed("isv.INVALID_JSON_PARAM", "参数格式错误，请修改为字符串值") from None
    if not isinstance(params, dict):
        raise Failed("isv.INVALID_JSON_PARAM", "参数格式错误，请修改为字符串值")
    return params


def _check(here: World, number: str, sign: str, template: str, params: dict[str, str]) -> None:
    phone = plain_number(number)
    if code := fate_of(here, phone).get("code"):
        raise Failed(str(code), str(fate_of(here, phone).get("reason", code)))
    if not re.fullmatch(r"(\+?86)?1\d{10}", number):
        raise Failed("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号")
    if sign != here.settings.aliyun_sms_sign_name:
        raise Failed("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法")
    if here.sms_templates and template not in here.sms_templates:
        raise Failed("isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板")
    if missing := [p for p in places_in(here, template) if p not in params]:
        raise Failed("isv.TEMPLATE_MISSING_PARAMETERS", f"模板变量缺少对应参数值 {','.join(missing)}")
    if here.sms_limits:
        _check_limits(here, phone, template)


def _check_limits(here: World, phone: str, template: str) -> None:
    is_code = here.sms_templates.get(template, {}).get("kind") == "code"
    for seconds, most, word in CODE_LIMITS if is_code else (NOTICE_LIMIT,):
        sent = [s for s in recent(here, "aliyun", phone, seconds) if is_code or s.template == template]
        if len(sent) >= most:
            raise Failed("isv.BUSINESS_LIMIT_CONTROL", f"触发{word}级流控Permits:{most}")


def _keep(here: World, biz_id: str, number: str, sign: str, template: str, params: dict, out_id: str) -> None:
    text, listed = text_of(here, template, params, sign), [str(v) for v in params.values()]
    phone = plain_number(number)
    accept(here, Sms(biz_id, "aliyun", phone, sign, template, listed, text, here.clock.now(), context=out_id))


# -- receipts -------------------------------------------------------------------------------
def receipt(sms: Sms) -> dict[str, Any]:
    is_there = sms.status == "delivered"
    return {
        "phone_number": sms.phone,
        "send_time": shown(sms.at),
        "report_time": shown(sms.reported_at or time.time()),
        "success": is_there,
        "err_code": "DELIVERED" if is_there else "MK:0001",
        "err_msg": "用户接收成功" if is_there else sms.reason,
        "sms_size": str(1 + len(sms.text) // 71),
        "biz_id": sms.id,
        "out_id": sms.context,
    }


def query_details(here: World, given: dict[str, str]) -> dict[str, Any]:
    phone, biz_id, day = (
        plain_number(given.get("PhoneNumber", "")),
        given.get("BizId"),
        given.get("SendDate", ""),
    )
    found = [
        s
        for s in recent(here, "aliyun", phone, 31 * 86400)
        if (not biz_id or s.id == biz_id) and shown(s.at)[:10].replace("-", "") == day
    ]
    size, page = int(given.get("PageSize", 10)), int(given.get("CurrentPage", 1))
    rows = [_detail(s) for s in found[(page - 1) * size : page * size]]
    return {"TotalCount": str(len(found)), "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}}


def _detail(sms: Sms) -> dict[str, Any]:
    status = {"pending": 1, "failed": 2, "delivered": 3}[sms.status]
    return {
        "ErrCode": receipt(sms)["err_code"] if status != 1 else "",
        "TemplateCode": sms.template,
        "OutId": sms.context,
        "ReceiveDate": shown(sms.reported_at) if status != 1 else "",
        "SendDate": shown(sms.at),
        "PhoneNum": sms.phone,
        "Content": sms.text,
        "SendStatus": status,
    }


_ACTIONS = {"SendSms": send, "SendBatchSms": send_batch, "QuerySendDetails": query_details}
