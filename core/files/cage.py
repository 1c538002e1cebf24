"""Who opens strangers' files for us, and who waits? A few warm, caged decoder processes per web process.

A decoder is started when first needed, by a thread that lives as long as this process: Linux kills a
decoder when the *thread* that started it ends, and request threads come and go. Every picture has a wall
clock; a decoder that hits any limit, or has served its share, is replaced. After a fork the child process
forgets the parent's decoders and starts its own.
"""

from __future__ import annotations

import io
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from core.errors import Refused
from core.files.decode_words import BUSY, WORDS

PROGRAM = Path(__file__).with_name("decode_worker.py")
DECODERS = 2
WAITING = 64
WAIT_SECONDS = 20.0
WALL_SECONDS = 15.0
PICTURES_PER_DECODER = 200
DROP = struct.pack(">I", 0xFFFFFFFF)
KNOW = struct.pack(">I", 0xFFFFFFFE)
END = struct.pack(">I", 0)
MAX_HEAD = 4096
MAX_PART = 16 << 20


class DecoderEnded(Exception):
    """The decoder ended in the middle of a picture; `is_asleep` when it had only gone home."""

    def __init__(self, returncode: int | None) -> None:
        super().__init__(returncode)
        self.is_asleep = returncode in (0, -signal.SIGALRM)


class Decoder:
    """One caged process and the two pipes to it."""

    def __init__(self) -> None:
        self.served = 0
        self.is_spent = False
        # -I: neither the working directory nor PYTHON* variables reach it; no variable of ours does either.
        self.process = subprocess.Popen(  # noqa: S603  our own file, run by our own interpreter
            [sys.executable, "-I", str(PROGRAM), str(os.getpid())],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
            cwd="/",
        )
        self._to = cast(io.FileIO, self.process.stdin)  # unbuffered: no lock to be caught by a fork
        self._from = cast(io.FileIO, self.process.stdout)

    @property
    def is_fit(self) -> bool:
        return not self.is_spent and self.served < PICTURES_PER_DECODER and self.process.poll() is None

    def ask(self, chunks: Iterable[bytes], to: bytes = b"") -> tuple[dict[str, Any], list[bytes]]:
        """Send one picture (`to` in front says what is wanted), read what was made of it.

        Raises `DecoderEnded`; whatever `chunks` raises.
        """
        self.served += 1
        with self._wall_clock():
            try:
                self._write(to)
                self._send(chunks)
                return self._answer()
            except (BrokenPipeError, EOFError, ValueError):
                self.end()
                raise DecoderEnded(self.process.returncode) from None

    def _send(self, chunks: Iterable[bytes]) -> None:
        try:
            for chunk in chunks:
                self._write(struct.pack(">I", len(chunk)))
                self._write(chunk)
        except BrokenPipeError:
            raise
        except BaseException:
            self._write(DROP)
            raise
        self._write(END)

    def _answer(self) -> tuple[dict[str, Any], list[bytes]]:
        # a reader for this answer only: it fills each part in place, without a second copy
        buffered = io.BufferedReader(self._from, 4096)
        reader = cast(BinaryIO, buffered)
        try:
            (length,) = struct.unpack(">I", _exactly(reader, 4))
            if length > MAX_HEAD:
                raise ValueError("head too long")
            head = json.loads(_exactly(reader, length))
            sizes = head.pop("sizes")
            if len(sizes) > 3 or any(not 0 < size <= MAX_PART for size in sizes):
                raise ValueError("parts too long")
            self.is_spent = bool(head.pop("spent", False))
            return head, [_exactly(reader, size) for size in sizes]
        finally:
            buffered.detach()

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._to.write(view) or 0 :]

    @contextmanager
    def _wall_clock(self) -> Iterator[None]:
        lock, is_over = threading.Lock(), False

        def ring() -> None:
            with lock:
                if not is_over:
                    self.is_spent = True
                    self.process.kill()

        timer = threading.Timer(WALL_SECONDS, ring)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            with lock:
                is_over = True
            timer.cancel()

    def end(self) -> None:
        """Kill the process and collect it."""
        self.is_spent = True
        self.process.kill()
        self.process.wait()
        self.forget()

    def forget(self) -> None:
        """Close the pipes; in a forked child also leave the process to the parent it belongs to."""
        self._to.close()
        self._from.close()


def _exactly(reader: BinaryIO, length: int) -> bytes:
    data = reader.read(length)
    if len(data) < length:
        raise EOFError
    return data


class Cage:
    """At most DECODERS pictures at once; the others wait in line; a line too long is turned away."""

    def __init__(
        self, decoders: int = DECODERS, waiting: int = WAITING, seconds: float = WAIT_SECONDS
    ) -> None:
        self._decoders, self._waiting_limit, self._seconds = decoders, waiting, seconds
        self._door = threading.Condition()
        self._busy = self._waiting = 0
        self._idle: list[Decoder] = []
        self._all: set[Decoder] = set()
        self._orders: queue.SimpleQueue[Future[Decoder]] | None = None

    def ask(
        self, chunks: Callable[[], Iterable[bytes]], *, again: bool, to: bytes = b""
    ) -> tuple[dict[str, Any], list[bytes]]:
        """What a decoder says about the picture that `chunks()` yields.

        `to` is KNOW for what one of our previews is known by.
        `again` tells that `chunks` can be called twice, for a decoder that went home just now.
        """
        with self._place():
            decoder = self._taken()
            try:
                try:
                    return decoder.ask(chunks(), to)
                except DecoderEnded as end:
                    if not (end.is_asleep and again):
                        raise
                self._discard(decoder)
                decoder = self._started()
                return decoder.ask(chunks(), to)
            except DecoderEnded:
                return {"refused": "too_hard"}, []
            finally:
                self._put_back(decoder)

    @contextmanager
    def _place(self) -> Iterator[None]:
        with self._door:
            if self._busy >= self._decoders and self._waiting >= self._waiting_limit:
                raise Refused(WORDS[BUSY][0], status=WORDS[BUSY][1])
            self._waiting += 1
            is_in = self._door.wait_for(lambda: self._busy < self._decoders, self._seconds)
            self._waiting -= 1
            if not is_in:
                raise Refused(WORDS[BUSY][0], status=WORDS[BUSY][1])
            self._busy += 1
        try:
            yield
        finally:
            with self._door:
                self._busy -= 1
                self._door.notify()

    def _taken(self) -> Decoder:
        while True:
            with self._door:
                decoder = self._idle.pop() if self._idle else None
            if decoder is None:
                return self._started()
            if decoder.is_fit:
                return decoder
            self._discard(decoder)

    def _put_back(self, decoder: Decoder) -> None:
        if decoder.is_fit:
            with self._door:
                self._idle.append(decoder)
        else:
            self._discard(decoder)

    def _started(self) -> Decoder:
        with self._door:
            if self._orders is None:
                self._orders = queue.SimpleQueue()
                threading.Thread(
                    target=_start_decoders, args=(self._orders,), daemon=True, name="decoder starter"
                ).start()
        order: Future[Decoder] = Future()
        self._orders.put(order)
        decoder = order.result()
        with self._door:
            self._all.add(decoder)
        return decoder

    def _discard(self, decoder: Decoder) -> None:
        with self._door:
            self._all.discard(decoder)
        decoder.end()

    def decoder_ids(self) -> list[int]:
        """The process ids of the decoders in being."""
        with self._door:
            return [decoder.process.pid for decoder in self._all]

    def close(self) -> None:
        """End the idle decoders; the next picture starts new ones."""
        with self._door:
            idle, self._idle = self._idle, []
        for decoder in idle:
            self._discard(decoder)

    def forget(self) -> None:
        """Called in a forked child, where no other thread exists: the decoders are the parent's."""
        for decoder in self._all:
            decoder.forget()
            decoder.process.returncode = 0


def _start_decoders(orders: queue.SimpleQueue[Future[Decoder]]) -> None:
    while True:
        order = orders.get()
        try:
            order.set_result(Decoder())
        except BaseException as error:  # noqa: BLE001  the asking thread gets it
            order.set_exception(error)


_cage = Cage()


def cage() -> Cage:
    """This process's cage."""
    return _cage


def _after_fork() -> None:
    global _cage
    _cage.forget()
    _cage = Cage()


os.register_at_fork(after_in_child=_after_fork)
