"""What do mp.weixin.qq.com and the JS-SDK script host serve? QR pictures and a drop-in `wx`."""

from __future__ import annotations

import hashlib
import io
import time
from urllib.parse import urlsplit

import segno
from flask import Blueprint, Response, abort, current_app, jsonify, request, send_from_directory

from sandbox.state import World, world
from sandbox.wechat_api.gate import WeChatError, error_body
from sandbox.wechat_api.media import accept, bytes_of
from sandbox.wechat_open import COOKIE

mp_host = Blueprint("wechat_mp", __name__, url_prefix="/wechat")


@mp_host.get("/mp/cgi-bin/showqrcode")
@mp_host.get("/mp/showqrcode")
def show_qrcode() -> Response:
    found = world().qr.get(request.args.get("ticket", ""))
    if found is None:
        abort(404)
    picture = io.BytesIO()
    segno.make(found.url).save(picture, kind="png", scale=6, border=4)
    return Response(picture.getvalue(), content_type="image/png")


@mp_host.get("/mp/media/<media_id>")
def show_media(media_id: str) -> Response:
    """What the phone page shows; WeChat's own pictures need no token either."""
    media = world().live_media(media_id)
    if media is None:
        abort(404)
    return bytes_of(media)


@mp_host.get("/jssdk.js")
def script() -> Response:
    return send_from_directory(current_app.static_folder or "", "jssdk.js", max_age=0)


@mp_host.after_request
def allow_the_product(response: Response) -> Response:
    """The product's pages call us from their own origin, with the person's cookie."""
    parts = urlsplit(world().settings.public_url)
    response.headers["Access-Control-Allow-Origin"] = f"{parts.scheme}://{parts.netloc}"
    response.headers["Access-Control-Allow-Credentials"] = "true"
    response.headers["Access-Control-Allow-Headers"] = "Content-Type"
    return response


@mp_host.post("/jssdk/check")
def check_signature() -> Response:
    """Is this wx.config valid for this page? The errMsg is the one the real library gives."""
    here, given = world(), request.get_json(force=True)
    return jsonify(errMsg=_verdict(here, given))


def _verdict(here: World, given: dict) -> str:
    if given.get("appId") != here.settings.wechat_app_id:
        return "config:fail,invalid appid"
    url = str(given.get("url", "")).partition("#")[0]
    if urlsplit(url).netloc != urlsplit(here.settings.public_url).netloc:
        return "config:fail,invalid url domain"
    with here.lock:
        ticket = here.tokens.jsapi_ticket().value
    text = (
        f"jsapi_ticket={ticket}&noncestr={given.get('nonceStr')}&timestamp={given.get('timestamp')}&url={url}"
    )
    is_right = given.get("signature") == jsapi_signature(text)
    return "config:ok" if is_right else "config:fail,Error: invalid signature"


def jsapi_signature(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - WeChat's protocol


@mp_host.post("/jssdk/upload")
def upload() -> Response:
    """wx.uploadImage: the picture the person chose becomes a media id, as on a phone."""
    try:
        media = accept(world(), "image", request.files.get("media"))
    except WeChatError as error:
        return jsonify(errMsg=f"uploadImage:fail {error_body(error)['errmsg']}")
    return jsonify(errMsg="uploadImage:ok", serverId=media.media_id)


@mp_host.post("/jssdk/subscribe")
def subscribe() -> Response | tuple[Response, int]:
    """<wx-open-subscribe>: the person's answers, kept as grants and told to the product."""
    here, given = world(), request.get_json(force=True)
    person = here.person(str(given.get("person") or request.cookies.get(COOKIE, "")))
    if person is None:
        return jsonify(errMsg="subscribe:fail no person"), 400
    answers = {str(k): str(v) for k, v in (given.get("answers") or {}).items()}
    current_app.extensions["sandbox_phone"].answer_popup(person, answers, scene=1)
    details = {k: {"status": v, "timestamp": int(time.time())} for k, v in answers.items()}
    return jsonify(errMsg="subscribe:ok", subscribeDetails=details)
