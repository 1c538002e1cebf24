"""Is somebody else's application exactly as absent as one that never was? And how much does a page ask?"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from claims.models import Claim, ClaimDocument
from core.db import db as database
from core.db import transaction
from tests.claims.paper import CARD, STAY, account, hidden, photo

ABSENT = "/h5/claims/BZ1000000000000000000"
GETS = ["", "/1", "/2", "/3", "/check", "/submitted", "/fix", "/payee", "/withdraw", "/delete", "/appeal"]
POSTS = ["/1", "/2", "/3", "/draft", "/check", "/fix", "/fix/unchanged", "/payee", "/withdraw", "/delete"]


def body(answer: Any) -> str:
    """The page without what differs on every answer."""
    return re.sub(r'nonce="[^"]*"|csrf_token" value="[^"]*"', "", answer.get_data(as_text=True))


@pytest.mark.parametrize("is_submitted", [True, False])
def test_anothers_application_looks_like_none(new_worker: Any, is_submitted: bool) -> None:
    owner, other = new_worker(), new_worker()
    at = owner.submit() if is_submitted else owner.fill(upto=1)
    document = database.session.query(ClaimDocument).first()
    token = hidden(other.get("/h5/claims/new").get_data(as_text=True))["csrf_token"]
    data = {"csrf_token": token, **STAY, "declared": "y", "do": "confirm", "kind": "id_front"}
    photos = [f"/documents/{document.id}/{size}" for size in ("thumb", "preview", "full")]
    for path in [*GETS, *photos]:
        theirs, none = other.get(at + path), other.get(ABSENT + path)
        assert (theirs.status_code, body(theirs)) == (404, body(none)), path
        assert owner.get(at + path).status_code in (200, 303), path
    for path in [*POSTS, f"/documents/{document.id}/delete"]:
        theirs, none = other.client.post(at + path, data=data), other.client.post(ABSENT + path, data=data)
        assert (theirs.status_code, body(theirs)) == (404, body(none)), path
    for address in (at, ABSENT):
        answer = other.client.post(f"{address}/documents", data={**data, "photo": photo()})
        assert answer.status_code == 404
    assert other.get(f"/h5/claims/{owner.claim(at).id}").status_code == 404
    assert owner.get(f"/h5/claims/{owner.claim(at).id}").location == at, "messages link by id"
    assert owner.claim(at).version == (1 if is_submitted else 0)


def test_a_photo_of_one_application_is_not_found_under_another(worker: Any) -> None:
    first, second = worker.fill(upto=1), worker.fill(upto=1)
    document = database.session.query(ClaimDocument).filter_by(claim_id=worker.claim(first).id).first()
    assert worker.get(f"{first}/documents/{document.id}/thumb").status_code == 200
    assert worker.get(f"{second}/documents/{document.id}/thumb").status_code == 404


@pytest.mark.parametrize(
    "path", ["", "/new", "/BZ1", "/BZ1/1", "/BZ1/check", f"/BZ1/documents/{uuid.UUID(int=1)}/full"]
)
def test_nobody_signed_in_is_sent_to_sign_in(client: Any, path: str) -> None:
    answer = client.get(f"/h5/claims{path}")
    assert answer.status_code == 303
    assert "/h5/claims" not in answer.location.split("?")[0]


def test_no_canary_stands_in_an_address(worker: Any) -> None:
    """No name, number, card, hospital or diagnosis in any link, form or redirect."""
    at = worker.fill()
    pages = [worker.get(f"{at}{path}") for path in ("/1", "/2", "/3", "/check")]
    worker.submit(at)
    pages += [worker.get(path) for path in (at, f"{at}/submitted", "/h5/claims")]
    secrets = [worker.person.name, worker.person.id_number, worker.person.phone, CARD, CARD[-4:]]
    secrets += [STAY["hospital"], STAY["diagnosis"], STAY["receipt_number"]]
    for page in pages:
        for address in re.findall(r'(?:href|src|action|formaction|data-[a-z-]+url)="([^"]*)"', body(page)):
            assert not [secret for secret in secrets if secret and secret in address], address


def test_the_detail_page_masks_the_card_and_the_steps_the_certificate(worker: Any) -> None:
    at = worker.submit()
    assert CARD not in body(worker.get(at))
    assert "**** 0128" in body(worker.get(at))
    at = worker.start()
    assert worker.person.id_number not in body(worker.get(f"{at}/1"))


def many(worker: Any, n: int) -> None:
    """Drafts without walking through the pages."""
    with transaction():
        for serial in range(n):
            claim = Claim(
                number=f"BZ-TEST-{serial}",
                kind="hospital",
                employee_id=worker.person.id,
                union_id=worker.person.union_id,
                filed_by_kind="employee",
                filed_by_id=worker.person.id,
                state="draft",
                version=0,
            )
            database.session.add(claim)


@pytest.fixture
def counted(db: Any) -> Any:
    def count(ask: Callable[[], Any]) -> int:
        said: list[str] = []

        def listen(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            said.append(statement)

        event.listen(db.engine, "before_cursor_execute", listen)
        try:
            assert ask().status_code == 200
        finally:
            event.remove(db.engine, "before_cursor_execute", listen)
        return len(said)

    return count


def test_pages_ask_the_database_the_same_few_questions_whatever_is_there(worker: Any, counted: Any) -> None:
    """B2: list and detail in at most 6 statements, whether there is one application or 25."""
    at = worker.submit()
    few = [counted(lambda p=path: worker.get(p)) for path in ("/h5/claims", at)]
    many(worker, 24)
    later = [counted(lambda p=path: worker.get(p)) for path in ("/h5/claims", at)]
    assert few == later
    assert max(later) <= 6, later


def test_older_applications_are_behind_a_key_not_an_offset(worker: Any) -> None:
    many(worker, 21)
    page = worker.get("/h5/claims").get_data(as_text=True)
    assert page.count("申报号") == 20
    link = re.search(r'href="(/h5/claims\?before=[^"]+)"', page)
    assert link
    older = worker.get(link[1]).get_data(as_text=True)
    assert older.count("申报号") == 1
    assert "看更早的申请" not in older


def test_another_persons_account_changes_nothing_of_mine(new_worker: Any) -> None:
    """A2: columns that no form asks for cannot be posted."""
    worker = new_worker()
    at = worker.fill(upto=2)
    extra = {
        "state": "paid",
        "award_fen": "999999",
        "employee_id": str(uuid.uuid4()),
        "number": "BZ1",
        "version": "7",
    }
    worker.send(f"{at}/3", {**account(worker.person), **worker.photos(3), **extra})
    claim = worker.claim(at)
    assert (claim.state, claim.award_fen, claim.employee_id, claim.version) == (
        "draft",
        None,
        worker.person.id,
        0,
    )
