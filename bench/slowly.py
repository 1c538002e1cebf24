"""How does the product behave with a slow database? A TCP proxy that holds every answer back."""

from __future__ import annotations

import asyncio
import threading

from tools.embedded import free_port


class SlowLine:
    """Stands on a port of its own before PostgreSQL's unix socket; `delay` may change at any time."""

    def __init__(self, socket: str) -> None:
        self.delay = 0.0
        self.port = free_port()
        self._socket = socket
        self._loop = asyncio.new_event_loop()
        self._is_up = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        self._is_up.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._is_up.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_database, to_database = await asyncio.open_unix_connection(self._socket)
        there = asyncio.create_task(_pass_on(reader, to_database))
        while content := await from_database.read(65536):
            # every round trip waits once; what is under way at the same time waits together
            self._loop.call_later(self.delay, _write, writer, content)
        writer.close()
        there.cancel()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while content := await reader.read(65536):
        writer.write(content)
    writer.close()


def _write(writer: asyncio.StreamWriter, content: bytes) -> None:
    if not writer.is_closing():
        writer.write(content)
