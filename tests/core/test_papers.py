"""What may be handed in as a paper, and what is said about the rest? A photo or a PDF, told by its bytes."""

from __future__ import annotations

import io

import pytest

from core.db import transaction
from core.errors import Missing, Refused
from core.files import papers
from core.files.pictures import MAX_BYTES, Picture

WHOLE = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def take(content: bytes) -> Picture | papers.Pdf:
    return papers.take_paper(io.BytesIO(content), "file")


@pytest.mark.parametrize(
    "content,words,status",
    [
        (b"%PDF-1.7\n1 0 obj", papers.NOT_WHOLE, 422),
        (WHOLE.replace(b"/Root", b"/Encrypt 2 0 R/Root"), papers.LOCKED, 422),
        (WHOLE.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript/JS(x)>>"), papers.ACTIVE, 422),
        (WHOLE.replace(b"/Catalog", b"/Catalog/AA<</S/Launch>>"), papers.ACTIVE, 422),
        (WHOLE + b" " * MAX_BYTES, papers.TOO_LARGE, 413),
    ],
    ids=["cut", "locked", "script", "launch", "large"],
)
def test_a_pdf_that_will_not_do_is_refused_in_words(content: bytes, words: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        take(content)
    assert (refused.value.text, refused.value.status, refused.value.field) == (words, status, "file")


def test_what_is_neither_photo_nor_pdf_is_refused_as_photos_are() -> None:
    with pytest.raises(Refused):
        take(b"PK\x03\x04 not a picture")


def test_a_pdf_comes_back_as_it_went_in_and_can_be_forgotten(db) -> None:
    with transaction():
        row = papers.store_paper(take(WHOLE), "paper")
    assert row.media_type == papers.PDF and papers.read_paper(row) == WHOLE
    with transaction():
        papers.erase_paper(row)
    with pytest.raises(Missing):
        papers.read_paper(row)
