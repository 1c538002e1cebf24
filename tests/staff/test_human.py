"""The puzzle before a code: good once, for one browser, for ten minutes; with eyes or without (XM-13)."""

from __future__ import annotations

import base64
import concurrent.futures
import datetime as dt
import io
import json

import pytest
from PIL import Image
from sqlalchemy import text

from core.db import transaction
from core.errors import Refused, TooMany
from staff.rules import recovery as rules
from staff.service import human
from tests.staff.coming_back import Guest


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> str:
    """The dice show these letters."""
    monkeypatch.setattr(human, "_letters", lambda: "ACEF")
    return "ACEF"


def picture(holder: str = "one") -> bytes:
    with transaction():
        return human.set_picture(holder, "192.0.2.1")


@pytest.mark.parametrize("typed", ["ACEF", "acef", " a c e f ", "ＡＣＥＦ"])
def test_the_letters_are_taken_as_people_type_them(db, letters, typed: str) -> None:
    shown = Image.open(io.BytesIO(picture()))
    assert shown.size == (180, 66)
    human.check("one", typed, "")


@pytest.mark.parametrize("typed", ["ACEG", "ACE", "ACEFF", "%", "A" * 40])
def test_wrong_letters_use_the_picture_up(db, letters, typed: str) -> None:
    picture()
    with pytest.raises(Refused, match="不对"):
        human.check("one", typed, "")
    with pytest.raises(Refused, match="不对"):
        human.check("one", letters, "")


def test_a_picture_is_good_once(db, letters) -> None:
    picture()
    human.check("one", letters, "")
    with pytest.raises(Refused):
        human.check("one", letters, "")


def test_a_picture_is_good_in_its_own_browser(db, letters) -> None:
    picture("one")
    with pytest.raises(Refused):
        human.check("other", letters, "")


def test_a_new_picture_ends_the_one_before(db, monkeypatch) -> None:
    """XM-17: 如验证码看不清, 可点击图片刷新."""
    words = iter(("ACEF", "GHJK"))
    monkeypatch.setattr(human, "_letters", lambda: next(words))
    picture()
    picture()
    with pytest.raises(Refused):
        human.check("one", "ACEF", "")


def test_a_picture_is_old_after_ten_minutes(db, letters) -> None:
    picture()
    db.session.execute(text("UPDATE human_check SET set_at = set_at - interval '601 seconds'"))
    db.session.commit()
    with pytest.raises(Refused):
        human.check("one", letters, "")


def test_a_sum_is_good_once_and_in_its_own_browser(client, db, sandbox) -> None:
    guest, other = Guest(client, sandbox), Guest(client.application.test_client(), sandbox)
    answer = guest.solved()
    typed = {"account": "13800000001", "solved": answer}
    other.solved()
    assert other.client.submit("/admin/recover", typed).status_code == 422
    assert guest.client.submit("/admin/recover", typed).status_code == 303
    assert guest.client.submit("/admin/recover", typed).status_code == 422


def test_a_hundred_at_once_count_as_one(app, db, letters) -> None:
    """Single use holds for parallel tries too."""
    picture()

    def go(_: int) -> bool:
        with app.app_context():
            try:
                human.check("one", letters, "")
            except Refused:
                return False
            return True

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(go, range(24))) == 1


def _tampered(answer: str, **changes: object) -> str:
    said = json.loads(base64.b64decode(answer))
    for place, value in changes.items():
        where, _, key = place.partition("__")
        target = said["challenge"]["parameters"] if where == "parameters" else said[where]
        target[key] = value
    return base64.b64encode(json.dumps(said).encode()).decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters__keyPrefix": ""},
        {"parameters__cost": 1},
        {"parameters__expiresAt": 9999999999},
        {"parameters__data": {"n": "0" * 32}},
        {"solution__counter": -1},
        {"solution__derivedKey": "00" * 32},
        {"challenge__signature": "0" * 64},
    ],
)
def test_a_sum_that_was_made_easier_is_not_taken(client, db, sandbox, changes) -> None:
    answer = _tampered(Guest(client, sandbox).solved(), **changes)
    assert human._worked(answer) == ""


@pytest.mark.parametrize(
    "junk", ["x", "e30=", "bnVsbA==", "W10=", "\ud800", "A" * 5000, "eyJjaGFsbGVuZ2UiOiB7fX0="]
)
def test_junk_for_an_answer_is_refused(db, junk: str) -> None:
    with pytest.raises(Refused):
        human.check("one", "", junk)


def test_puzzles_are_not_handed_out_without_end(db, letters) -> None:
    with pytest.raises(TooMany):
        for _ in range(61):
            picture()


def test_without_script_the_picture_is_there_and_can_be_renewed(client, db) -> None:
    """XM-11: what was typed stays when another picture is asked for."""
    page = client.submit("/admin/recover", {"account": "13812345678", "do": "refresh"}).get_data(as_text=True)
    assert (
        "13812345678" in page and rules.PICTURE_HINT in page and '<img src="/admin/recover/picture"' in page
    )
    assert client.get("/admin/recover/picture").mimetype == "image/png"


def test_no_sign_is_taken_for_another() -> None:
    assert not set("0O1IL2Z5S8B") & set(rules.SIGNS) and len(rules.SIGNS) >= 20
    assert dt.timedelta(minutes=10) == human.LIFE
