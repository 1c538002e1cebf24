"""How is a picture known again? Its marks, the words to find it by, and the pictures found to be the same."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ForeignKey as To
from sqlalchemy import Identity, Index, Integer, LargeBinary, SmallInteger, Uuid
from sqlalchemy.orm import Mapped

from core import clock
from core.db import column, db, moment


class PictureLook(db.Model):
    """What one photo is known by (`core.files.likeness`); waits to be compared until `compared_at`."""

    __tablename__ = "picture_look"
    __table_args__ = (Index("ix_picture_look_waiting", "number", postgresql_where="compared_at IS NULL"),)

    file_id: Mapped[uuid.UUID] = column(Uuid, To("stored_file.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = column(Integer, Identity(), nullable=False, unique=True)
    marks: Mapped[bytes | None] = column(LargeBinary, data="secret", nullable=True)
    compared_at: Mapped[dt.datetime | None] = moment(nullable=True)


class PictureWord(db.Model):
    """One word of one picture: narrow rows, because there are a hundred for each photo."""

    __tablename__ = "picture_word"

    word: Mapped[int] = column(Integer, data="secret", primary_key=True, autoincrement=False)
    look: Mapped[int] = column(
        Integer, To("picture_look.number", ondelete="CASCADE"), primary_key=True, index=True
    )


class PictureTwin(db.Model):
    """Two photos that are the same picture; kept once, found when the second one came."""

    __tablename__ = "picture_twin"

    file_id: Mapped[uuid.UUID] = column(Uuid, To("stored_file.id", ondelete="CASCADE"), primary_key=True)
    other_file_id: Mapped[uuid.UUID] = column(
        Uuid, To("stored_file.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    distance: Mapped[int] = column(SmallInteger, nullable=False)
    found_at: Mapped[dt.datetime] = moment(nullable=False, default=clock.now)
