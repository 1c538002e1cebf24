"""What is the least a durable callback costs? Flask, wechatpy, two plain statements on SQLAlchemy's pool."""

from __future__ import annotations

from flask import Flask, Response
from sqlalchemy import create_engine, text

from bench.peers import chat

PERSON = text("""
SELECT p.name, (SELECT count(*) FROM bench.claim c
  WHERE c.person_id = p.id AND c.state IN ('returned', 'pay_failed')) AS todo
FROM bench.person p WHERE p.openid = :openid
""")
KEEP = text(
    "INSERT INTO bench.event (key, body, reply) VALUES (:key, :body, :reply) ON CONFLICT (key) DO NOTHING"
)
KEPT = text("SELECT reply FROM bench.event WHERE key = :key")


def create() -> Flask:
    app, crypto = chat.application(), chat.crypto()
    engine = create_engine(chat.database_url(), pool_size=8, pool_pre_ping=True)

    @app.post("/wechat/callback")
    def receive() -> Response:
        xml, message = chat.opened(crypto)
        with engine.begin() as connection:
            found = connection.execute(PERSON, {"openid": message.source}).one_or_none()
            reply = chat.rendered(chat.words(*(found or (None, 0))), message)
            row = {"key": f"{message.source}:{message.id}", "body": xml, "reply": reply}
            if not connection.execute(KEEP, row).rowcount:
                reply = connection.execute(KEPT, row).scalar_one()
        return chat.sealed(crypto, reply)

    return app
