"""Which messages did the provider take? `python -m bench.chaos.provider PORT SEED`, faults scripted.

It keeps no ids apart: what is sent twice is taken twice. GET /ledger gives everything it took.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter

LATENCY = 0.02
HANG = 3.0
FAULTS = (("before", 0.03), ("after", 0.03), ("hang", 0.02), ("busy", 0.02))


class Provider:
    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.taken: list[tuple[str, str]] = []
        self.ids: set[str] = set()
        self.faults: Counter[str] = Counter()

    def fault(self) -> str:
        thrown = self.dice.random()
        for name, share in FAULTS:
            if thrown < share:
                self.faults[name] += 1
                return name
            thrown -= share
        return ""

    def take(self, body: bytes) -> dict[str, object]:
        given = json.loads(body)
        rows = given.get("messages", [given])
        self.taken += [(row["id"], row["phone"]) for row in rows]
        self.ids |= {row["id"] for row in rows}
        said = [{"id": row["id"], "status": "pending"} for row in rows]
        return {"results": said} if "messages" in given else said[0]

    async def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, object]]:
        """Raises `ConnectionResetError` where the connection is to be cut."""
        if path == "/ledger":
            return 200, {"taken": self.taken, "faults": dict(self.faults)}
        if method == "GET":
            known = path.rpartition("/")[2]
            return (200, {"id": known, "status": "pending"}) if known in self.ids else (404, {})
        fault = self.fault()
        if fault == "busy":
            return 429, {}
        if fault == "before":
            return 500, {}
        await asyncio.sleep(LATENCY)
        taken = self.take(body)
        if fault == "hang":
            await asyncio.sleep(HANG)
            raise ConnectionResetError
        return (500, {}) if fault == "after" else (200, taken)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").split("\r\n")
                method, path, _ = lines[0].split(" ", 2)
                length = next((int(v[15:]) for v in lines if v.lower().startswith("content-length:")), 0)
                status, said = await self.answer(method, path, await reader.readexactly(length))
                content = json.dumps(said).encode()
                top = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n"
                writer.write(f"{top}Content-Length: {len(content)}\r\n\r\n".encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def main(port: int, seed: int) -> None:
    provider = Provider(seed)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
