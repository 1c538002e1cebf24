"""How is the sandbox put together? Settings in, one Flask app out; refuses everything that looks real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from sandbox.bank import bank
from sandbox.catalogue import file_templates
from sandbox.errands import Errands
from sandbox.faults import FaultyDoor
from sandbox.identity import identity
from sandbox.keeping import Keeper
from sandbox.oidc import oidc
from sandbox.pages import pages
from sandbox.phone import Phone, phone
from sandbox.sms import BLUEPRINTS, aliyun, neutral, tencent
from sandbox.sms.inbox import Receipts
from sandbox.state import World
from sandbox.switchboard import switchboard
from sandbox.transfers import desk as transfers
from sandbox.wechat_api import api
from sandbox.wechat_mp import mp_host
from sandbox.wechat_open import open_host
from sandbox.wechat_push import PushEngine

PREFIX = "wx0sandbox"
ROOMS = (api, open_host, mp_host, phone, bank, transfers, identity, oidc, switchboard, pages)


class NotHere(RuntimeError):
    """The sandbox does not start with these settings."""


def create_sandbox(settings: Any, keeps: bool = False) -> Flask:
    """`keeps` reads and writes DATA_DIR/sandbox.json, so that chats survive a restart."""
    check(settings)
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    here = World(settings)
    errands = Errands(here)
    engine = PushEngine(here, errands)
    receipts = Receipts(here, errands)
    receipts.shapes = {"tencent": tencent.receipt, "aliyun": aliyun.receipt, "sandbox": neutral.receipt}
    app.extensions["sandbox_world"] = here
    app.extensions["sandbox_push"] = engine
    app.extensions["sandbox_phone"] = Phone(here, engine)
    app.extensions["sandbox_receipts"] = receipts
    for blueprint in (*ROOMS, *BLUEPRINTS):
        app.register_blueprint(blueprint)
    app.add_url_rule("/", endpoint="cloud_root", view_func=cloud_root, methods=["POST"])
    app.wsgi_app = FaultyDoor(app.wsgi_app, here.faults)  # type: ignore[method-assign,assignment]
    if keeps:
        Keeper(here, Path(settings.data_dir) / "sandbox.json").start()
    file_templates(here)
    if keeps:
        receipts.catch_up()
    return app


def check(settings: Any) -> None:
    if settings.app_env == "production":
        raise NotHere("APP_ENV=production: the sandbox does not start")
    if not settings.wechat_app_id.startswith(PREFIX):
        raise NotHere(f"WECHAT_APP_ID: the sandbox only plays accounts that start with {PREFIX}")


def cloud_root() -> Response | tuple[str, int]:
    """The clouds' own SDKs know a host and no path: tell them apart by their headers."""
    if "X-TC-Action" in request.headers:
        return tencent.serve()
    if "x-acs-action" in request.headers:
        return aliyun.serve()
    return "", 404
