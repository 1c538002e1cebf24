"""What do the WeChat tests stand on? The application, with pages to land on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.conftest import EachRequestAlone
from tests.wechat.letters import Letter
from wechat.hooks import product_hooks
from wechat.views import use_hooks

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from config.settings import Settings


def serve(app: Flask) -> Flask:
    """Add the pages sign-in lands on here, where the product does not serve them itself."""
    from flask import Blueprint

    from core.access import allow

    pages = Blueprint("landings_of_these_tests", __name__)
    known = {rule.rule for rule in app.url_map.iter_rules()}
    for path in ("/h5/", "/h5/claims", "/h5/claims/<number>", "/s/<kind>"):
        if path not in known:
            pages.add_url_rule(path, path.replace("/", "_"), allow("guest")(lambda **_: "page"))
    app.register_blueprint(pages)
    return app


@pytest.fixture(scope="session")
def one_wechat_app(settings: Settings) -> Iterator[Flask]:
    from app import create_app
    from core.db import db

    app = serve(create_app(settings))
    app.test_client_class = EachRequestAlone
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(one_wechat_app: Flask, clean_stores: None) -> Iterator[Flask]:
    use_hooks(one_wechat_app, product_hooks())
    yield one_wechat_app


@pytest.fixture
def post(client: FlaskClient) -> Callable[[Letter], TestResponse]:
    """Post one letter to the callback."""

    def send(letter: Letter) -> TestResponse:
        return client.post("/wechat/callback", query_string=letter.query, data=letter.body)

    return send
