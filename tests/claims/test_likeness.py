"""Is the same picture found again, and are other bills of the same form left alone? On drawn bills."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from bench.receipts import CHANGES, again, jpeg, photographed, receipt, scanned
from claims import jobs
from claims.models import PictureLook, PictureTwin, PictureWord
from claims.queries import likeness as queries
from claims.service import likeness as service
from core.files import likeness
from core.files.keeping import erase
from core.files.models import StoredFile
from tests.claims.paper import hidden

RECALL, FALSE_ALARMS = 0.95, 0.01
BILLS = 8
FETCH = {"X-Requested-With": "fetch"}


def bill(seed: int, like: int | None = None) -> Image.Image:
    """Every other one is a scan, whose form lies on the same pixels each time."""
    paper = receipt(seed, like)
    return Image.open(io.BytesIO(jpeg(photographed(paper, seed) if seed % 2 else scanned(paper))))


def known(image: Image.Image) -> likeness.Likeness:
    """As the job sees it: the preview."""
    small = image.convert("RGB")
    small.thumbnail((1280, 1280))
    return likeness.likeness_of(Image.open(io.BytesIO(jpeg(small, 60))))


def distance(one: likeness.Likeness, other: likeness.Likeness) -> int:
    laid = likeness.laid_over(one.marks, other.marks)
    return likeness.UNRELATED if laid is None else likeness.difference(one.page, other.page, laid)


@pytest.fixture(scope="module")
def bills() -> list[likeness.Likeness]:
    return [known(bill(seed)) for seed in range(BILLS)]


def test_the_same_picture_is_known_after_every_change(bills: list[likeness.Likeness]) -> None:
    """GX-23: turned, skewed ≤ 3°, cropped ≤ 10 %, recompressed, relit, and all of it together."""
    missed = [
        (change, seed, far)
        for change in CHANGES
        for seed in range(BILLS)
        if (far := distance(known(again(bill(seed), change, seed)), bills[seed])) > likeness.SAME_UP_TO
    ]
    assert len(missed) <= (1 - RECALL) * BILLS * len(CHANGES), missed


def test_another_bill_of_the_same_form_is_another(bills: list[likeness.Likeness]) -> None:
    """Even where person, hospital and items are the same and only numbers, date and sums differ."""
    pairs = [(a, b, distance(bills[a], bills[b])) for a in range(BILLS) for b in range(a)]
    pairs += [
        (seed, -seed, distance(known(bill(seed + 1000, like=seed)), bills[seed])) for seed in range(BILLS)
    ]
    wrong = [pair for pair in pairs if pair[2] <= likeness.SAME_UP_TO]
    assert len(wrong) <= FALSE_ALARMS * len(pairs), wrong


@pytest.mark.parametrize("quarters", range(4))
def test_a_quarter_turn_only_moves_the_bits_of_a_word(quarters: int) -> None:
    word = 0b1000_0100_0010_0001_1100_0110_0011_1001
    assert likeness.turned(likeness.turned(word, quarters), (4 - quarters) % 4) == word


def test_marks_and_probes_survive_the_store(bills: list[likeness.Likeness]) -> None:
    it = bills[0]
    assert likeness.unpacked(likeness.packed(it.marks)) == it.marks
    assert likeness.probes_unpacked(likeness.probes_packed(it.probes)) == it.probes


# -- with the index, in claims ---------------------------------------------------------------------------


def send(worker: Any, at: str, image: Image.Image, kind: str = "invoice") -> Any:
    token = hidden(worker.get(f"{at}/1").get_data(as_text=True))["csrf_token"]
    data = {"csrf_token": token, "kind": kind, "photo": (io.BytesIO(jpeg(image)), "bill.jpg")}
    answer = worker.client.post(f"{at}/documents", data=data, headers=FETCH)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.get_json()


def test_a_bill_that_comes_again_in_another_claim_is_found(worker: Any, db: Any) -> None:
    """GX-23: both claims know of each other; a draft does not count; the other bills are not named."""
    first = worker.start()
    one = send(worker, first, bill(1))["id"]
    send(worker, first, bill(3))
    claim = worker.claim(first)
    claim.state = "withdrawn"  # out of the way of the next draft, for now
    db.session.commit()
    second = worker.start()
    other = send(worker, second, again(bill(1), "all together", 1))["id"]
    jobs.compare_pictures()
    db.session.expire_all()
    mine, theirs = worker.claim(first), worker.claim(second)
    assert mine.id != theirs.id
    assert queries.twins_of(theirs.id) == []  # withdrawn applications do not count
    mine.state = theirs.state = "first_review"
    db.session.commit()
    found = queries.twins_of(theirs.id)
    assert [(str(twin.document_id), str(twin.other_document_id), twin.other_claim_id) for twin in found] == [
        (other, one, mine.id)
    ]
    assert 0 <= found[0].distance <= likeness.SAME_UP_TO
    assert [str(twin.other_document_id) for twin in queries.twins_of(mine.id)] == [other]
    assert queries.twins_of(uuid.uuid4()) == []


def test_whoever_finds_somebody_comparing_does_something_else(
    worker: Any, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GX-14: comparing takes seconds; a worker that waited its turn would hold up the codes by SMS."""
    at = worker.start()
    for seed in (1, 3):
        send(worker, at, bill(seed))
    waiting = db.session.query(PictureLook).filter(PictureLook.compared_at.is_(None))
    with db.engine.connect() as other, other.begin():
        other.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": service.ONE_AT_A_TIME})
        assert service.compare_waiting() == 0
    assert waiting.count() == 2
    monkeypatch.setattr(service, "AT_ONCE", 1)
    rung: list[str] = []
    monkeypatch.setattr(service.bell, "ring", lambda name: rung.append(name))
    assert (service.compare_waiting(), waiting.count(), rung) == (1, 1, [service.JOB]), (
        "and rings for the rest"
    )
    assert (service.compare_waiting(), service.compare_waiting(), waiting.count()) == (1, 0, 0)


def test_what_is_erased_is_forgotten(worker: Any, db: Any) -> None:
    at = worker.start()
    send(worker, at, bill(1))
    jobs.compare_pictures()
    assert db.session.query(PictureWord).count() > 50
    assert worker.send(f"{at}/delete").status_code == 303
    assert db.session.query(PictureWord).count() == db.session.query(PictureLook).count() == 0


def test_a_photo_whose_bytes_are_gone_stops_nobody(worker: Any, db: Any) -> None:
    at = worker.start()
    send(worker, at, bill(1))
    erase(db.session.query(StoredFile).one())  # as by another room, without a word to this one
    db.session.commit()
    jobs.compare_pictures()
    assert db.session.query(PictureLook).filter(PictureLook.compared_at.is_(None)).count() == 0
    assert db.session.query(PictureTwin).count() == 0


def test_the_same_photo_sent_again_is_kept_once(worker: Any, db: Any) -> None:
    """GX-23: an upload whose answer was lost is tried again and must not be refused as one too many."""
    at = worker.start()
    answers = [send(worker, at, bill(1), "id_front") for _ in range(2)]
    assert answers[0]["id"] == answers[1]["id"]
    assert db.session.query(StoredFile).count() == 1


MANY = """
    INSERT INTO stored_file (id, kind, media_type, size, content_bi, created_at)
    SELECT gen_random_uuid(), 'claim', 'image/jpeg', 1, ''::bytea, now() FROM generate_series(1, 1000);
    INSERT INTO picture_look (file_id, compared_at) SELECT id, now() FROM stored_file;
    INSERT INTO picture_word SELECT (random() * 2000000000)::int, number FROM picture_look,
    generate_series(1, 100) ON CONFLICT DO NOTHING;
"""


def test_candidates_come_from_the_index(db: Any) -> None:
    """No sequential scan, however many pictures there are."""
    for statement in MANY.split(";")[:3]:
        db.session.execute(text(statement))
    db.session.execute(text("ANALYZE picture_word"))
    plan = "\n".join(queries.plan_of_candidates([[1, 2, 3], [4, 5]]))
    assert "Seq Scan on picture_word" not in plan, plan
    assert "Index" in plan
    assert queries.candidates(1, [[1, 2, 3], [4, 5]]) == []
