"""What is the least a durable callback costs? Flask, wechatpy and two statements on a psycopg pool."""

from __future__ import annotations

import os

from flask import Flask, Response
from psycopg_pool import ConnectionPool

from bench.peers import chat

PERSON = """
SELECT p.name, (SELECT count(*) FROM bench.claim c
  WHERE c.person_id = p.id AND c.state IN ('returned', 'pay_failed', 'draft'))
FROM bench.person p WHERE p.openid = %s
"""
KEEP = "INSERT INTO bench.event (key, body, reply) VALUES (%s, %s, %s) ON CONFLICT (key) DO NOTHING"
KEPT = "SELECT reply FROM bench.event WHERE key = %s"


def create() -> Flask:
    app, crypto = chat.application(), chat.crypto()
    url = chat.database_url().replace("postgresql+psycopg://", "postgresql://", 1)
    pool = ConnectionPool(url, min_size=1, max_size=int(os.environ.get("POOL", "8")), open=True)

    @app.post("/wechat/callback")
    def receive() -> Response:
        xml, message = chat.opened(crypto)
        with pool.connection() as connection:
            found = connection.execute(PERSON, [message.source]).fetchone()
            reply = chat.rendered(chat.words(*(found or (None, 0))), message)
            key = f"{message.source}:{message.id}"
            if not connection.execute(KEEP, [key, xml, reply]).rowcount:
                reply = connection.execute(KEPT, [key]).fetchone()[0]
        return chat.sealed(crypto, reply)

    return app
