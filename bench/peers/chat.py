"""What do the callback's references share? The same table of people, the same words, the usual library.

Both take WeChat's safe mode with wechatpy, look up who writes, keep the message once with its reply and
answer. They neither seal what they keep nor refuse odd bodies, which the product does.
"""

from __future__ import annotations

import os
import time

from flask import Flask, Response, abort, request
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto

TOKEN = "sandboxtoken0001"
AES_KEY = "sandboxAESkey0123456789sandboxAESkey0123456"
APP_ID = "wx0sandbox00000001"
FRESH = 300

TABLES = """
CREATE SCHEMA bench;
CREATE TABLE bench.person (id serial PRIMARY KEY, openid text UNIQUE NOT NULL, name text NOT NULL);
CREATE TABLE bench.claim (id serial PRIMARY KEY, person_id integer NOT NULL REFERENCES bench.person,
  number text NOT NULL, state text NOT NULL);
CREATE INDEX ON bench.claim (person_id);
CREATE TABLE bench.event (id serial PRIMARY KEY, key text UNIQUE NOT NULL, body text NOT NULL,
  reply text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
"""


def words(name: str | None, todo: int) -> str:
    """As long an answer as the product's."""
    doors = "\n".join(
        f'<a href="http://127.0.0.1:8000/wechat/oauth?next=%2Fh5%2F{page}">{label}</a>'
        for page, label in (("me", "个人中心"), ("claims", "补助申请"), ("coverage", "职工参保"))
    )
    if not name:
        return f"您还没有绑定，绑定后可查看参保和补助。\n{doors}"
    waiting = f"您有 {todo} 件申请需要处理，请尽快查看。\n" if todo else ""
    return f"此微信已绑定 {name}。\n{waiting}{doors}"


def opened(crypto: WeChatCrypto) -> tuple[str, object]:
    """The decrypted body of the present request, and its message."""
    given = request.args
    if abs(time.time() - int(given["timestamp"])) > FRESH:
        abort(403)
    xml = crypto.decrypt_message(
        request.get_data(), given["msg_signature"], given["timestamp"], given["nonce"]
    )
    return xml, parse_message(xml)


def sealed(crypto: WeChatCrypto, reply: str) -> Response:
    xml = crypto.encrypt_message(reply, request.args["nonce"], str(int(time.time())))
    return Response(xml, content_type="application/xml")


def rendered(text: str, message: object) -> str:
    return str(create_reply(text, message).render())


def crypto() -> WeChatCrypto:
    return WeChatCrypto(TOKEN, AES_KEY, APP_ID)


def application() -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/healthz", view_func=lambda: "ok", endpoint="alive")
    return app


def database_url() -> str:
    return os.environ["DATABASE_URL"]
