"""Does a page believe the drop-in `wx`? A real browser uploads a picture and consents to messages."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image
from werkzeug.wrappers import Response

from sandbox.wechat_mp import jsapi_signature
from tests.sandbox.conftest import Heard, Listener, Outside

PAGE = """<!doctype html><meta charset="utf-8"><title>x</title><p id="out"></p>
<button id="pick">选择照片</button><wx-open-subscribe template="TPL_A,TPL_B">
<script type="text/wxtag-template"><button id="ask">订阅</button></script></wx-open-subscribe>
<script src="{script}"></script><script>
  var out = function (text) {{ document.getElementById("out").textContent += text + " | "; }};
  wx.config({config});
  wx.ready(function () {{ out("ready"); }});
  wx.error(function (e) {{ out(e.errMsg); }});
  document.getElementById("pick").onclick = function () {{
    wx.chooseImage({{ count: 1, success: function (chosen) {{
      var done = function (r) {{ out("media " + r.serverId); }};
      wx.uploadImage({{ localId: chosen.localIds[0], success: done }});
    }} }});
  }};
  document.querySelector("wx-open-subscribe").addEventListener("success", function (e) {{
    out(Object.keys(JSON.parse(e.detail.subscribeDetails)).join("+"));
  }});
</script>"""


@pytest.fixture
def shown_page(outside: Outside, product: Listener) -> Any:
    def make(is_signed: bool) -> str:
        ticket = outside.call("/cgi-bin/ticket/getticket", type="jsapi")["ticket"]
        url = f"{product.url}/h5/claims/new"
        signature = jsapi_signature(f"jsapi_ticket={ticket}&noncestr=n&timestamp=1760000000&url={url}")
        config = {"appId": outside.settings.wechat_app_id, "timestamp": 1760000000, "nonceStr": "n"}
        config |= {
            "signature": signature if is_signed else "0" * 40,
            "jsApiList": ["chooseImage", "uploadImage"],
        }
        page = PAGE.format(script=f"{outside.url}/wechat/jssdk.js", config=json.dumps(config))

        def answer(heard: Heard) -> Response | bytes:
            return Response(page, mimetype="text/html") if heard.path.startswith("/h5/") else b"success"

        product.answer = answer
        return url

    return make


def test_a_signed_page_may_use_the_phone(
    outside: Outside, product: Listener, page: Any, shown_page: Any
) -> None:
    page.context.add_cookies([{"name": "sandbox_person", "value": "zhang", "url": outside.url}])
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(shown_page(True))
    page.get_by_text("ready").wait_for()
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "JPEG")
    with page.expect_file_chooser() as chooser:
        page.click("#pick")
    chooser.value.set_files({"name": "claim.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()})
    page.get_by_text("media ").wait_for()
    media_id = page.inner_text("#out").split("media ")[1].split(" |")[0]
    assert outside.world.live_media(media_id).content == picture.getvalue()
    page.click("#ask")
    page.get_by_text("TPL_A+TPL_B").wait_for()
    assert outside.get("/phone/zhang.json").json()["grants"] == {"TPL_A": 1, "TPL_B": 1}


def test_a_page_with_a_wrong_signature_may_not(product: Listener, page: Any, shown_page: Any) -> None:
    page.goto(shown_page(False))
    page.get_by_text("config:fail,Error: invalid signature").wait_for()
