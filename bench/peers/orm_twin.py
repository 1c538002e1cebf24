"""What does the same callback cost when it is written with objects? Flask-SQLAlchemy, select then add."""

from __future__ import annotations

import datetime as dt

from flask import Flask, Response
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bench.peers import chat

db = SQLAlchemy()


class Person(db.Model):  # type: ignore[name-defined]
    __tablename__ = "person"
    __table_args__ = {"schema": "bench"}
    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str]
    name: Mapped[str]
    claims: Mapped[list[Claim]] = relationship()


class Claim(db.Model):  # type: ignore[name-defined]
    __tablename__ = "claim"
    __table_args__ = {"schema": "bench"}
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("bench.person.id"))
    number: Mapped[str]
    state: Mapped[str]


class Event(db.Model):  # type: ignore[name-defined]
    __tablename__ = "event"
    __table_args__ = {"schema": "bench"}
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    body: Mapped[str]
    reply: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


def create() -> Flask:
    app, crypto = chat.application(), chat.crypto()
    app.config["SQLALCHEMY_DATABASE_URI"] = chat.database_url()
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 8, "pool_pre_ping": True}
    db.init_app(app)

    @app.post("/wechat/callback")
    def receive() -> Response:
        xml, message = chat.opened(crypto)
        key = f"{message.source}:{message.id}"
        event = db.session.scalar(select(Event).where(Event.key == key))
        if event is None:
            person = db.session.scalar(select(Person).where(Person.openid == message.source))
            waiting = ("returned", "pay_failed", "draft")
            todo = sum(claim.state in waiting for claim in person.claims) if person else 0
            text = chat.words(person.name if person else None, todo)
            event = Event(key=key, body=xml, reply=chat.rendered(text, message))
            db.session.add(event)
            db.session.commit()
        return chat.sealed(crypto, event.reply)

    return app
