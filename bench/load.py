"""How is a server asked many times? A small HTTP/1.1 client on one event loop, loopback only.

`flood` keeps every connection busy (how much can it do?); `pace` sends at fixed moments whether or not the
last answer is there, and counts from the moment a request was due (how long does a person wait?).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

PATIENCE = 60.0


@dataclass
class Asked:
    """What became of a run: seconds each answer took, by the wall, and answers other than wanted."""

    seconds: list[float] = field(default_factory=list)
    wall: float = 0.0
    wrong: int = 0

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.wall


def request(
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes of one request."""
    target = f"{path}?{urlencode(query)}" if query else path
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: keep-alive"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def flood(port: int, requests: Iterable[bytes], connections: int = 32, status: int = 200) -> Asked:
    """Send all requests as fast as the server takes them."""
    return asyncio.run(_flood(port, deque(requests), connections, status))


def pace(port: int, requests: Sequence[bytes], rate: float, connections: int = 32) -> Asked:
    """Send `rate` requests a second; waiting for a free connection counts as waiting."""
    return asyncio.run(_pace(port, requests, rate, connections))


async def _flood(port: int, waiting: deque[bytes], connections: int, status: int) -> Asked:
    asked = Asked()

    async def work() -> None:
        line = await _Line.open(port)
        while waiting:
            started = time.perf_counter()
            code = await line.ask(waiting.popleft())
            asked.seconds.append(time.perf_counter() - started)
            asked.wrong += code != status
            if line.is_over:
                line = await _Line.open(port)
        line.close()

    started = time.perf_counter()
    await asyncio.wait_for(asyncio.gather(*(work() for _ in range(connections))), PATIENCE)
    asked.wall = time.perf_counter() - started
    return asked


async def _pace(port: int, requests: Sequence[bytes], rate: float, connections: int) -> Asked:
    asked = Asked()
    free: asyncio.Queue[_Line] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(await _Line.open(port))
    started = time.perf_counter()

    async def send(due: float, content: bytes) -> None:
        line = await free.get()
        if line.is_over:
            line = await _Line.open(port)
        asked.wrong += await line.ask(content) != 200
        asked.seconds.append(time.perf_counter() - due)
        free.put_nowait(line)

    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        for n, content in enumerate(requests):
            due = started + n / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(send(due, content))
    asked.wall = time.perf_counter() - started
    while not free.empty():
        free.get_nowait().close()
    return asked


class _Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self.is_over = False
        self._got = bytearray()
        self._answer: asyncio.Future[int] | None = None

    @classmethod
    async def open(cls, port: int) -> _Line:
        _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def ask(self, content: bytes) -> asyncio.Future[int]:
        self._answer = asyncio.get_running_loop().create_future()
        self._got.clear()
        self._transport.write(content)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._got += data
        end = self._got.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._got[:end]).lower()
        mark = head.find(b"content-length:")
        if mark < 0:
            raise ValueError("an answer without Content-Length")
        length = int(head[mark + 15 :].split(b"\r\n", 1)[0])
        if len(self._got) >= end + 4 + length:
            self.is_over = b"connection: close" in head
            self._tell(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        self.is_over = True
        self._tell(0)

    def close(self) -> None:
        self._transport.close()

    def _tell(self, status: int) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(status)
