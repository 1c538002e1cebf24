"""Strange text in every place of the forms and addresses: never a crash."""

from __future__ import annotations

from typing import Any

import pytest

from changes.rules import FIELDS
from core.roles import FIRST_REVIEWER
from tests.changes.conftest import HOME, NEW, Person
from tests.world import World

STRANGE = ["\x00", "'; DROP TABLE--", "<script>", "a" * 5000, "🤷‍♂️", "\u202e", "%00", "{{7*7}}", "²", "-1"]


@pytest.mark.parametrize("strange", STRANGE)
def test_strange_text_never_crashes(person: Person, app: Any, world: World, strange: str) -> None:
    clerk = world.sign_in(app.test_client(), staff=world.staff(FIRST_REVIEWER))
    for page in ("", "/edit", "/delete", "/submitted"):
        assert person.client.get(f"{HOME}/{strange[:50]}{page}").status_code in (303, 308, 404)
        assert clerk.get(f"/admin/changes/{strange[:50]}{page}").status_code in (308, 404)
    for query in ("state", "before", "after"):
        assert clerk.get("/admin/changes", query_string={query: strange}).status_code == 200
        assert person.client.get(HOME, query_string={query: strange}).status_code == 200
    typed = {**dict.fromkeys(FIELDS, strange), "code": strange}
    for more in ({}, {"op": strange}, {"seen": strange}, {"number": strange, "version": strange}):
        answer = person.send(data={**typed, **more}, paper=False)
        assert answer.status_code in (409, 422), (answer.status_code, more)
    for path in ("/code", "/photos"):
        answer = person.send(f"{HOME}{path}", {**typed, "number": strange}, page=NEW, paper=False)
        assert answer.status_code in (404, 422)
