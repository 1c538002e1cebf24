"""When are photos compared with those of other claims? After they came in, one at a time, by a job."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, text

from claims.models import PictureLook, PictureTwin, PictureWord
from claims.queries.likeness import candidates, signed
from core import bell, clock
from core.db import after_commit, db, transaction
from core.errors import Missing
from core.files import keeping, likeness
from core.files.models import StoredFile
from core.files.pictures import known_by

JOB = "claims.compare_pictures"
ONE_AT_A_TIME = 7_310_441  # two that came at once must see each other
AT_ONCE = 5  # then whoever waits for a code comes first


def expect(file: StoredFile) -> None:
    """This new photo is to be compared; a worker is told after the commit."""
    db.session.add(PictureLook(file_id=file.id))
    db.session.flush()
    after_commit(_tell)


def _tell() -> None:
    bell.ring(JOB)


def forget(file: StoredFile) -> None:
    """Its bytes go: so does what it was known by. That it was the same as another stays on record."""
    db.session.execute(delete(PictureLook).where(PictureLook.file_id == file.id))


def compare_waiting() -> int:
    """Compare photos that wait, each in a transaction of its own, and ring for the rest; how many there were.

    While somebody else compares there is nothing to do: a worker that waited would keep messages waiting.
    """
    for done in range(AT_ONCE):
        with transaction():
            if not db.session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME}):
                return done
            waiting = select(PictureLook).where(PictureLook.compared_at.is_(None))
            look = db.session.scalars(waiting.order_by(PictureLook.number).limit(1)).first()
            if look is None:
                return done
            _compare(look)
    bell.ring(JOB)
    return AT_ONCE


def _compare(look: PictureLook) -> None:
    look.compared_at = clock.now()
    it = _known(look)
    if it is None:
        return
    look.marks = likeness.packed(it.marks)
    for number in candidates(look.number, it.probes):
        other = db.session.scalars(select(PictureLook).where(PictureLook.number == number)).one()
        distance = _distance(it, other)
        if distance <= likeness.SAME_UP_TO:
            db.session.add(PictureTwin(file_id=look.file_id, other_file_id=other.file_id, distance=distance))
    rows = [{"word": signed(word), "look": look.number} for word in {word for _, _, word in it.marks}]
    db.session.execute(insert(PictureWord), rows)


def _distance(it: likeness.Likeness, other: PictureLook) -> int:
    laid = likeness.laid_over(it.marks, likeness.unpacked(other.marks or b""))
    if laid is None or (known := _known(other)) is None:
        return likeness.UNRELATED
    return likeness.difference(it.page, known.page, laid)


def _known(look: PictureLook) -> likeness.Likeness | None:
    """From the sealed preview, through the cage; None when there is nothing (any more) to compare."""
    try:
        return known_by(keeping.read(look.file_id, "preview"))
    except Missing:
        return None
