"""Does the sandbox seal and sign as Tencent's published examples do, and does the product's library agree?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from wechatpy.crypto import WeChatCrypto

from sandbox.wechat_crypto import Unsealed, seal, sign, unseal
from sandbox.wechat_mp import jsapi_signature

DATA = Path(__file__).parent / "data"
CRYPTO = json.loads((DATA / "crypto.json").read_text())
SIGNATURES = json.loads((DATA / "signature.json").read_text())
JSSDK = json.loads((DATA / "jssdk.json").read_text())


@pytest.mark.parametrize("v", CRYPTO["positive"], ids=lambda v: v["id"])
def test_seal_unseal_and_sign(v: dict) -> None:
    made = seal(v["plaintext"], v["encoding_aes_key"], v["appid"], v["random16"].encode())
    assert made == v["ciphertext"]
    assert unseal(made, v["encoding_aes_key"], v["appid"]) == v["plaintext"]
    assert sign(v["token"], v["timestamp"], v["nonce"], made) == v["msg_signature"]
    assert sign(v["token"], v["timestamp"], v["nonce"]) == v["url_signature"]


@pytest.mark.parametrize("v", CRYPTO["negative"][1:], ids=lambda v: v["id"])
def test_what_is_not_ours_stays_sealed(v: dict) -> None:
    with pytest.raises(Unsealed):
        unseal(v["ciphertext"], v["encoding_aes_key"], v["appid"])


@pytest.mark.parametrize(
    "v", [v for v in SIGNATURES if v.get("expect", {}).get("status") == 200], ids=lambda v: v["id"]
)
def test_url_signatures(v: dict) -> None:
    assert sign(v["token"], v["query"]["timestamp"], v["query"]["nonce"]) == v["query"]["signature"]


@pytest.mark.parametrize("v", JSSDK, ids=lambda v: v["id"])
def test_page_signatures(v: dict) -> None:
    text = (
        f"jsapi_ticket={v['jsapi_ticket']}&noncestr={v['noncestr']}&timestamp={v['timestamp']}&url={v['url']}"
    )
    assert jsapi_signature(text) == v["signature"]


@pytest.mark.parametrize("length", [1, 11, 12, 31, 32, 33, 1000])
def test_wechatpy_opens_what_the_sandbox_seals(length: int) -> None:
    key, app_id = "sandboxAESkey0123456789sandboxAESkey0123456", "wx0sandbox00000001"
    text = "<xml>" + "互" * length + "</xml>"
    sealed = seal(text, key, app_id)
    signature = sign("token", "1760000000", "n", sealed)
    body = f"<xml><ToUserName>x</ToUserName><Encrypt>{sealed}</Encrypt></xml>"
    opened = WeChatCrypto("token", key, app_id).decrypt_message(body, signature, "1760000000", "n")
    assert (opened.decode() if isinstance(opened, bytes) else opened) == text
