"""Does the other scheme's profile file a claim by its own words, papers and levels, with the same code?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.claims.conftest import Worker
from tests.claims.paper import STAY, account, photo, says
from tests.world import World


@pytest.fixture
def xiamen(make_app: Callable[..., Any]) -> Any:
    app = make_app(SCHEME="xiamen")
    with app.app_context():
        from core.db import db

        world = World()
        person = world.employee()
        world.bind(person)
        world.cover(person, "XM-2026")
        yield Worker(world, app.test_client(), person)
        db.session.rollback()
        db.session.remove()


def test_xiamen_asks_for_its_own_papers_and_starts_at_the_union(xiamen: Any) -> None:
    """XM-100, XM-101, XM-92 待基层审核."""
    at = xiamen.fill(upto=1)
    page = says(xiamen.get(f"{at}/2"))
    assert "福建省基本医疗(生育)保险结算单" in page
    assert "申请审批表" in page
    answer = xiamen.send(f"{at}/2", {**STAY, **xiamen.photos(2), "application_form": photo(90)})
    assert answer.location == f"{at}/3", says(answer)
    assert xiamen.send(f"{at}/3", {**account(xiamen.person), **xiamen.photos(3)}).location == f"{at}/check"
    assert "住院天数补助" in says(xiamen.get(f"{at}/check"))
    xiamen.submit(at)
    assert xiamen.claim(at).state == "union_review"
    detail = says(xiamen.get(at))
    for words in ("待基层审核", "初审", "复审", "打款", "办结"):
        assert words in detail
