"""What does an SMS gateway take? Every POST after 20 ms; it notes when and which: `gateway PORT`.

GET /ledger gives {"taken", "different", "seconds"} since the last POST /reset; a repeat is taken again.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

LATENCY = 0.02


class Gateway:
    def __init__(self) -> None:
        self.taken: list[tuple[float, str]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = 0
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        length = int(line[15:])
                body = await reader.readexactly(length) if length else b""
                said = json.dumps(await self._answer(head.split(b" ", 2)[1], body)).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(said), said)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, path: bytes, body: bytes) -> dict[str, object]:
        if path == b"/ledger":
            times = [at for at, _ in self.taken]
            seconds = max(times) - min(times) if times else 0.0
            return {"taken": len(times), "different": len({i for _, i in self.taken}), "seconds": seconds}
        if path == b"/reset":
            self.taken.clear()
            return {}
        given = json.loads(body)
        ids = [one["id"] for one in given["messages"]] if "messages" in given else [given["id"]]
        await asyncio.sleep(LATENCY)
        self.taken += [(time.monotonic(), one) for one in ids]
        said = [{"id": one, "status": "taken"} for one in ids]
        return {"results": said} if "messages" in given else said[0]


async def main(port: int) -> None:
    server = await asyncio.start_server(Gateway().serve, "127.0.0.1", port, backlog=256)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
