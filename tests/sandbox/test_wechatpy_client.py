"""Does the unchanged public client library believe the sandbox? wechatpy 2, with its hosts rewritten."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from PIL import Image
from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient, WeChatOAuth
from wechatpy.exceptions import WeChatClientException, WeChatOAuthException

from tests.sandbox.conftest import FIELDS, WANG, ZHANG, Listener, Outside


class Rewritten(HTTPAdapter):
    """The one change: WeChat's hosts become the sandbox's."""

    def __init__(self, url: str) -> None:
        super().__init__()
        hosts = {"api.weixin.qq.com": "api", "open.weixin.qq.com": "open", "mp.weixin.qq.com": "mp"}
        self.to = {f"https://{host}": f"{url}/wechat/{name}" for host, name in hosts.items()}

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        for real, ours in self.to.items():
            request.url = (request.url or "").replace(real, ours)
        return super().send(request, **kwargs)


@pytest.fixture
def client(outside: Outside) -> WeChatClient:
    client = WeChatClient(
        outside.settings.wechat_app_id, outside.settings.wechat_app_secret, auto_retry=False
    )
    client._http.mount("https://", Rewritten(outside.url))
    return client


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG")
    return out.getvalue()


def test_token_ticket_and_addresses(client: WeChatClient) -> None:
    assert client.fetch_access_token()["expires_in"] == 7200
    assert client.jsapi.get_ticket()["expires_in"] in (7199, 7200)
    assert client.misc.get_wechat_ips() == ["127.0.0.1"]


def test_followers_are_listed_without_names(client: WeChatClient) -> None:
    assert ZHANG in client.user.get_followers()["data"]["openid"]
    info = client.user.get(ZHANG)
    assert (info["subscribe"], info["nickname"]) == (1, "")
    assert client.user.get(WANG) == {"subscribe": 0, "openid": WANG}
    with pytest.raises(WeChatClientException, match="40003"):
        client.user.get("oNobody")


def test_template_message_arrives_and_its_result_is_pushed(
    client: WeChatClient, outside: Outside, product: Listener
) -> None:
    outside.add_template()
    sent = client.message.send_template(ZHANG, "TPL_CLAIM", FIELDS, url="https://example.invalid/s/claims")
    assert sent["errcode"] == 0
    product.wait_for(1, "/wechat/callback")
    chat = outside.get("/phone/zhang.json").json()["chat"]
    assert chat[-1]["kind"] == "template"
    assert "BZ1340000000" in chat[-1]["content"]["text"]
    (push,) = outside.get("/push.json").json()["pushes"]
    assert f"<MsgID>{sent['msgid']}</MsgID><Status><![CDATA[success]]></Status>" in push["body"]
    assert client.template.get_all_private_template()["template_list"][0]["template_id"] == "TPL_CLAIM"


def test_subscription_notification(client: WeChatClient, outside: Outside, product: Listener) -> None:
    outside.add_template("TPL_ONCE", 2)
    outside.post("/phone/wang/subscribe", {"answers": {"TPL_ONCE": "accept"}})
    assert client.message.send_subscribe_message(WANG, "TPL_ONCE", FIELDS)["errcode"] == 0
    with pytest.raises(WeChatClientException, match="43101"):
        client.message.send_subscribe_message(WANG, "TPL_ONCE", FIELDS)
    listed = client.get("https://api.weixin.qq.com/wxaapi/newtmpl/gettemplate")
    assert [(t["priTmplId"], t["type"]) for t in listed["data"]] == [("TPL_ONCE", 2)]


def test_customer_service_messages(client: WeChatClient, outside: Outside) -> None:
    outside.post("/phone/zhang/say", {"text": "您好"})
    client.message.send_text(ZHANG, "稍等")
    media_id = client.media.upload("image", ("claim.jpg", picture(), "image/jpeg"))["media_id"]
    client.message.send_image(ZHANG, media_id)
    kinds = [
        line["kind"] for line in outside.get("/phone/zhang.json").json()["chat"] if line["by"] == "account"
    ]
    assert kinds == ["text", "image"]


def test_media_go_up_and_come_down_unchanged(client: WeChatClient) -> None:
    media_id = client.media.upload("image", ("claim.jpg", picture(), "image/jpeg"))["media_id"]
    answer = client.media.download(media_id)
    assert answer.content == picture()
    assert answer.headers["Content-Type"] == "image/jpeg"
    with pytest.raises(WeChatClientException, match="40005"):
        client.media.upload("image", io.BytesIO(picture()))  # BytesIO has no file name
    with pytest.raises(WeChatClientException, match="40007"):
        client.media.download("no-such-media")


def test_menu_comes_back_as_it_was_made(client: WeChatClient) -> None:
    with pytest.raises(WeChatClientException, match="46003"):
        client.get("menu/get")
    buttons = {"button": [{"type": "click", "name": "理赔进度", "key": "CLAIM_PROGRESS"}]}
    client.menu.create(buttons)
    assert client.menu.get()["menu"] == buttons
    client.menu.delete()
    assert client.menu.get() is None


def test_qr_code_with_a_scene(client: WeChatClient, outside: Outside) -> None:
    made = client.qrcode.create(
        {
            "expire_seconds": 600,
            "action_name": "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": "bind7f3a"}},
        }
    )
    assert made["expire_seconds"] == 600
    shown = outside.get("/wechat/mp/cgi-bin/showqrcode", ticket=made["ticket"])
    assert shown.content.startswith(b"\x89PNG")


def test_oauth_gives_the_openid_of_the_person(outside: Outside) -> None:
    oauth = WeChatOAuth(
        outside.settings.wechat_app_id,
        outside.settings.wechat_app_secret,
        f"{outside.settings.public_url}/wechat/oauth/callback",
        "snsapi_base",
        "abc123",
    )
    oauth._http.mount("https://", Rewritten(outside.url))
    page = oauth.authorize_url.replace("https://open.weixin.qq.com", f"{outside.url}/wechat/open")
    back = requests.get(page, cookies={"sandbox_person": "zhang"}, allow_redirects=False, timeout=5)
    query = parse_qs(urlsplit(back.headers["Location"]).query)
    assert query["state"] == ["abc123"]
    assert oauth.fetch_access_token(query["code"][0])["openid"] == ZHANG
    assert oauth.check_access_token()
    with pytest.raises(WeChatOAuthException, match="40163"):
        oauth.fetch_access_token(query["code"][0])
