"""Do photos come in clean, stay private, and go away when they should?"""

from __future__ import annotations

import io
import re
import struct
import uuid
import zlib
from typing import Any

import pytest

from claims.models import ClaimDocument
from core import context
from core.files.models import StoredFile
from tests.claims.paper import hidden, photo, says

FETCH = {"X-Requested-With": "fetch"}


def bomb() -> bytes:
    """A PNG of a few kilobytes that says it is 12,000 × 12,000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 12_000, 12_000, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(12_001) * 12_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


REFUSED = [
    ("a text", b"hello, I am no picture", 415, "这个文件不是照片，请上传 JPG 或 PNG"),
    ("an SVG", b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', 415, "这个文件不是照片"),
    ("nothing", b"", 422, "这个文件是空的，请重新选择照片。"),
    ("a bomb", bomb(), 413, "照片的像素太多，打不开"),
    (
        "too many bytes",
        b"\xff\xd8\xff" + bytes(11 << 20),
        413,
        "照片太大（超过 10 MB），请重新拍一张或压缩后再传。",
    ),
    ("half a photo", photo()[0].getvalue()[:3000], 422, "照片没有传完整或已损坏"),
]


def upload(worker: Any, at: str, kind: str = "id_front", file: Any = None, **headers: str) -> Any:
    token = hidden(worker.get(f"{at}/1").get_data(as_text=True))["csrf_token"]
    data = {"csrf_token": token, "kind": kind, "photo": file or photo(7)}
    return worker.client.post(f"{at}/documents", data=data, headers={**FETCH, **headers})


@pytest.mark.parametrize(("what", "content", "status", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_no_photo_is_refused_kindly(
    worker: Any, what: str, content: bytes, status: int, words: str
) -> None:
    at = worker.start()
    answer = upload(worker, at, file=(io.BytesIO(content), "photo.jpg"))
    assert answer.status_code == status
    assert words in answer.get_json()["error"]
    assert worker.claim(at).step == 1


def test_sixty_megabytes_are_refused_before_they_are_read(worker: Any) -> None:
    at = worker.start()
    answer = upload(worker, at, file=(io.BytesIO(bytes(60 << 20)), "photo.jpg"))
    assert answer.status_code == 413
    assert answer.get_json()["error"] == "照片太大（超过 10 MB），请重新拍一张或压缩后再传。"


def test_a_photo_arrives_by_script_with_its_addresses(worker: Any) -> None:
    at = worker.start()
    answer = upload(worker, at)
    said = answer.get_json()
    assert answer.status_code == 201
    assert set(said) == {"id", "thumb_url", "delete_url", "label", "message", "warnings"}
    for size in ("thumb", "preview", "full"):
        shown = worker.get(f"{at}/documents/{said['id']}/{size}")
        assert shown.status_code == 200
        assert shown.mimetype == "image/jpeg"
        assert shown.data.startswith(b"\xff\xd8\xff")
        assert shown.headers["Cache-Control"] == "no-store"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert worker.get(f"{at}/documents/{said['id']}/huge").status_code == 404


def test_a_photo_arrives_without_javascript(worker: Any) -> None:
    at = worker.start()
    token = hidden(worker.get(f"{at}/1").get_data(as_text=True))["csrf_token"]
    data = {"csrf_token": token, "kind": "id_back", "photo": photo(3)}
    assert worker.client.post(f"{at}/documents", data=data).location == f"{at}/1"
    assert "删除" in says(worker.get(f"{at}/1"))


def test_what_lies_in_the_store_is_sealed(worker: Any, app: Any, db: Any) -> None:
    at = worker.start()
    upload(worker, at)
    row = db.session.query(StoredFile).one()
    for size in "012":
        sealed = context.storage().get(f"{row.id}/{size}")
        assert b"JFIF" not in sealed
        assert b"\xff\xd8\xff" not in sealed[:8]


def test_one_photo_is_not_both_sides_of_a_certificate_gx_23(worker: Any, db: Any) -> None:
    """GX-23: by script and by plain form the second side is asked for again; the first stays."""
    at = worker.start()
    assert upload(worker, at, file=photo(7)).status_code == 201
    assert upload(worker, at, file=photo(7)).status_code == 201, "the same side once more is the same photo"
    answer = upload(worker, at, "id_back", photo(7))
    words = "这张照片和“身份证正面”是同一张。这里要“身份证背面”，请换一张照片。"
    assert (answer.status_code, answer.get_json()["error"]) == (422, words)
    page = worker.send(f"{at}/1", {"do": "next", "id_back": photo(7)})
    assert page.status_code == 422 and words in says(page)
    assert [row.kind for row in db.session.query(ClaimDocument)] == ["id_front"]
    assert worker.send(f"{at}/1", {"do": "next", "id_back": photo(8)}).status_code == 303


def test_one_sheet_with_two_papers_is_kept_with_a_word_gx_23(worker: Any, db: Any) -> None:
    at = worker.fill(upto=1)
    first, second = upload(worker, at, "invoice", photo(9)), upload(worker, at, "settlement", photo(9))
    assert first.get_json()["warnings"] != second.get_json()["warnings"]
    assert any("已经传过一次" in words for words in second.get_json()["warnings"])
    assert second.status_code == 201


def test_one_too_many_is_refused(worker: Any) -> None:
    at = worker.start()
    assert upload(worker, at).status_code == 201
    answer = upload(worker, at, file=photo(8))
    assert answer.status_code == 422
    assert answer.get_json()["error"] == "最多上传 1 张，请先删掉不需要的"


@pytest.mark.parametrize("kind", ["payee_id_front", "nonsense", "", "../../etc"])
def test_a_photo_nobody_asked_for_is_refused(worker: Any, kind: str) -> None:
    at = worker.start()
    assert upload(worker, at, kind).status_code == 422


def test_deleting_asks_first_and_keeps_what_was_typed(worker: Any, db: Any) -> None:
    """JavaScript off: 删除 sends the whole form; a page asks; the answer deletes and erases the bytes."""
    at = worker.fill(upto=1)
    page = worker.get(f"{at}/2").get_data(as_text=True)
    token = hidden(page)
    data = {"csrf_token": token["csrf_token"], "kind": "invoice", "photo": photo(5)}
    photo_id = worker.client.post(f"{at}/documents", data=data, headers=FETCH).get_json()["id"]
    delete = f"{at}/documents/{photo_id}/delete"
    asked = worker.client.post(delete, data={**token, "hospital": "没写完的医院"})
    assert asked.status_code == 200
    assert "确定删除这张照片吗？" in says(asked)
    assert worker.claim(at).hospital == "没写完的医院"
    file_id = db.session.get(ClaimDocument, uuid.UUID(photo_id)).file_id
    again = {**hidden(asked.get_data(as_text=True)), "do": "confirm"}
    assert worker.client.post(delete, data=again).location == f"{at}/2"
    assert worker.get(f"{at}/documents/{photo_id}/thumb").status_code == 404
    assert not context.storage().exists(f"{file_id}/0")


def test_deleting_by_script_answers_204(worker: Any) -> None:
    at = worker.start()
    delete_url = upload(worker, at).get_json()["delete_url"]
    token = hidden(worker.get(f"{at}/1").get_data(as_text=True))["csrf_token"]
    answer = worker.client.post(delete_url, data={"csrf_token": token}, headers=FETCH)
    assert (answer.status_code, answer.data) == (204, b"")
    assert worker.client.post(delete_url, data={"csrf_token": token}, headers=FETCH).status_code == 404


def test_photos_of_a_page_that_is_refused_are_kept(worker: Any) -> None:
    """Without JavaScript nobody should have to choose the same photos twice."""
    at = worker.fill(upto=1)
    answer = worker.send(f"{at}/2", {"hospital": "", **worker.photos(2)})
    assert answer.status_code == 422
    assert "请上传住院医疗费用发票" not in says(answer)
    assert answer.get_data(as_text=True).count("data-done>") == 3


def test_certificate_photos_of_the_last_application_can_be_used_again(worker: Any, db: Any) -> None:
    """E7: 已有证件照片, and deleting the new draft leaves the old application's photos alone."""
    worker.submit()
    at = worker.start()
    assert "已有证件照片（2026-11 上传），可直接用" in says(worker.get(f"{at}/1"))
    assert worker.send(f"{at}/1", {"do": "reuse"}).location == f"{at}/1"
    assert worker.send(f"{at}/1", {"do": "next"}).location == f"{at}/2"
    assert worker.send(f"{at}/delete").status_code == 303
    assert db.session.query(StoredFile).filter(StoredFile.erased_at.isnot(None)).count() == 0


def test_deleting_a_draft_erases_its_photos(worker: Any, db: Any) -> None:
    at = worker.fill(upto=1)
    files = [row.id for row in db.session.query(StoredFile)]
    assert worker.send(f"{at}/delete").status_code == 303
    assert files
    assert not any(context.storage().exists(f"{file_id}/{size}") for file_id in files for size in "012")


def test_photos_of_a_submitted_application_cannot_be_changed(worker: Any) -> None:
    at = worker.submit()
    token = re.search(r'csrf_token" value="([^"]+)', worker.get(f"{at}/withdraw").get_data(as_text=True))
    assert token
    data = {"csrf_token": token[1], "kind": "invoice", "photo": photo(9)}
    assert worker.client.post(f"{at}/documents", data=data, headers=FETCH).status_code == 409
