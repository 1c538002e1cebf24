"""An editor's desk: pages of content through the service, an editor who is signed in, pictures to upload."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from content import service
from content.models import Article
from content.rules import EDITORS, Page
from content.service import pictures
from core.access import Actor
from core.db import transaction
from core.files import take_picture
from core.roles import EDITOR
from tests.world import World


def jpeg(colour: str = "teal", size: tuple[int, int] = (900, 600), kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


@pytest.fixture
def world(db: Any) -> World:
    return World()


@pytest.fixture
def editor() -> Actor:
    return Actor("staff", uuid.uuid4(), "周编辑", frozenset({EDITOR}))


@pytest.fixture
def desk(world: World, client: Any) -> Any:
    """A client of a signed-in editor."""
    return world.sign_in(client, staff=world.staff(EDITOR, name="李编辑"))


@pytest.fixture
def picture(db: Any, editor: Actor) -> str:
    """The digest of a picture that was uploaded."""
    made = take_picture(jpeg())
    with transaction():
        return pictures.keep(made, editor)


@pytest.fixture
def write(db: Any, editor: Actor) -> Callable[..., Article]:
    """`write("标题", kind="article", state="published", is_pinned=True, body=…)`"""

    def make(
        title: str = "示例公告", *, state: str = "published", is_pinned: bool = False, **typed: Any
    ) -> Article:
        page = Page(**{"kind": "notice", "body": "示例正文。", **typed, "title": title})
        with transaction():
            row = service.create(page, editor)
            if state in ("published", "taken_down"):
                service.publish(row, editor, row.version)
            if is_pinned:
                service.pin(row, True, editor, row.version)
            if state == "taken_down":
                service.take_down(row, editor, row.version)
            if state == "scheduled":
                service.schedule(row, editor, row.version)
        return row

    return make


__all__ = ["EDITORS", "jpeg"]
