"""Who follows the account? /cgi-bin/user/get, user/info; no names and no pictures, as since 2021."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from sandbox.people import Person
from sandbox.state import World
from sandbox.wechat_api.gate import WeChatError, answer, call, sent_json

PAGE = 10_000


@call("/cgi-bin/user/get", ("GET",))
def followers(here: World) -> Response:
    with here.lock:
        openids = sorted(p.openid for p in here.people.values() if p.is_follower)
    start = request.args.get("next_openid", "")
    page = [o for o in openids if o > start][:PAGE]
    reply: dict[str, Any] = {"total": len(openids), "count": len(page)}
    if page:
        reply |= {"data": {"openid": page}}
    return answer(reply | {"next_openid": page[-1] if page else ""})


@call("/cgi-bin/user/info", ("GET",))
def info(here: World) -> Response:
    return answer(_shown(here, request.args.get("openid", "")))


@call("/cgi-bin/user/info/batchget")
def many(here: World) -> Response:
    rows = sent_json().get("user_list") or []
    if len(rows) > 100:
        raise WeChatError(40032, "invalid openid list size")
    return answer({"user_info_list": [_shown(here, str(row.get("openid", ""))) for row in rows]})


def _shown(here: World, openid: str) -> dict[str, Any]:
    person = here.people.get(openid)
    if person is None:
        raise WeChatError(40003)
    if not person.is_follower:
        return {"subscribe": 0, "openid": openid}
    return _follower(person)


def _follower(person: Person) -> dict[str, Any]:
    return {
        "subscribe": 1,
        "openid": person.openid,
        "nickname": "",
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": person.followed_at,
        "unionid": person.unionid,
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": person.follow_scene,
        "qr_scene": int(person.qr_scene) if person.qr_scene.isdigit() else 0,
        "qr_scene_str": "" if person.qr_scene.isdigit() else person.qr_scene,
    }
