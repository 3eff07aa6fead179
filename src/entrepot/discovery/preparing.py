"""What an index keeps of products, worked out; of many of them by a second process, so that an import has two cores.

Rows are read, vectors made and the index written here. What the values of attributes mean and the words of texts are
half of the work and nothing but Python: they are worked out beside it, a part of the products after the other, while
the part before is written. That process knows nothing but what it is sent, so whatever becomes of it, the same is
worked out here instead; and it ends with this one, or when nothing was sent for a minute.
"""

from __future__ import annotations

import os
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import msgspec
import structlog

from entrepot.catalog import ProductDocument
from entrepot.kernel.memory import settle_memory
from entrepot.pay import Rates

from .documents import document_of
from .index.fields import Fields, fields_of
from .types import Document

LEAST = 200
"""For fewer products no other process is asked."""
PART = 125
PIPE_BYTES = 1 << 20
PATIENCE_S = 60.0
IDLE_S = 60.0
NICE = 5
"""Requests that this machine answers meanwhile come first."""
_COMMAND = "from entrepot.discovery.preparing import work; work()"
_LENGTH = struct.Struct("<Q")
_SILENT = f"it neither reads nor answers for {PATIENCE_S:.0f} s"

log = structlog.get_logger(__name__)


class Prepared(msgspec.Struct, frozen=True):
    """A product as an index sees it, and its words."""

    document: Document
    fields: Fields


class Order(msgspec.Struct, frozen=True):
    """What the other process is asked: these products, at these rates."""

    products: Sequence[ProductDocument]
    rates: Rates


def prepare(order: Order) -> list[Prepared]:
    """Work it out here."""
    documents = [document_of(product, order.rates) for product in order.products]
    return [Prepared(document, fields_of(document)) for document in documents]


class Preparer:
    """Prepares products for one thread at a time."""

    def __init__(self, cores: int | None = None) -> None:
        """`cores` are those this process may use; with one, everything is worked out here."""
        self._is_wanted = (_cores() if cores is None else cores) > 1
        self._other: _Other | None = None
        self._used_at = 0.0

    @property
    def is_shared(self) -> bool:
        """Whether there is another process."""
        return self._other is not None

    def begin(self, products: Sequence[ProductDocument], rates: Rates) -> Iterator[list[Prepared]]:
        """Begin at once; what comes out is in the order of the products, some at a time."""
        orders = [Order(products[start : start + PART], rates) for start in range(0, len(products), PART)]
        if len(products) < LEAST or not self._is_wanted:
            return map(prepare, orders)
        self._send(orders[0])
        return self._answers(orders)

    def rest(self) -> None:
        """Let go of the other process when nothing was asked of it for a minute."""
        if self._other is not None and time.monotonic() - self._used_at > IDLE_S:
            self.close()

    def close(self) -> None:
        """Let go of the other process."""
        if self._other is not None:
            self._other.close()
            self._other = None

    def _answers(self, orders: Sequence[Order]) -> Iterator[list[Prepared]]:
        for place, order in enumerate(orders):
            answer = self._receive()
            if place + 1 < len(orders):
                self._send(orders[place + 1])
            yield prepare(order) if answer is None else answer

    def _send(self, order: Order) -> None:
        """Ask the other process, which is started where there is none."""
        self._used_at = time.monotonic()
        if not self._is_wanted:
            return
        try:
            self._other = self._other or _Other()
            self._other.send(msgspec.msgpack.encode(order))
        except (OSError, ValueError) as error:
            self._give_up(error)

    def _receive(self) -> list[Prepared] | None:
        """Its answer to what it was asked last; None when there is none to be had."""
        if self._other is None:
            return None
        try:
            return msgspec.msgpack.decode(self._other.receive(), type=list[Prepared])
        except (OSError, EOFError, MemoryError, OverflowError, msgspec.MsgspecError) as error:
            self._give_up(error)
            return None

    def _give_up(self, error: Exception) -> None:
        """It is not tried again: what ended it would end the next."""
        log.warning("products are prepared without a second process from now on", reason=str(error) or repr(error))
        self._is_wanted = False
        self.close()


class _Other:
    """The other process, and the pipes to it. One answer is outstanding at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdin.fileno(), False)  # it may have stopped reading: then we wait, but not long
        for pipe in (self._process.stdin, self._process.stdout):
            _widen(pipe.fileno())
        self._outstanding = 0

    def send(self, content: bytes) -> None:
        """Send an order. What was asked before and not waited for is dropped."""
        while self._outstanding:
            self.receive()
        assert self._process.stdin is not None
        rest = memoryview(_LENGTH.pack(len(content)) + content)
        while rest:
            if not select.select([], [self._process.stdin], [], PATIENCE_S)[1]:
                raise TimeoutError(_SILENT)
            rest = rest[self._process.stdin.write(rest) or 0 :]
        self._outstanding += 1

    def receive(self) -> bytes:
        """The answer. EOFError when it has ended, TimeoutError when it says nothing for a minute."""
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        answer = self._read(length)
        self._outstanding -= 1
        return answer

    def close(self) -> None:
        """End it: it ends by itself when nothing more can come."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(1.0 if not self._outstanding else 0.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self, length: int) -> bytes:
        assert self._process.stdout is not None
        parts: list[bytes] = []
        while length:
            if not select.select([self._process.stdout], [], [], PATIENCE_S)[0]:
                raise TimeoutError(_SILENT)
            piece = self._process.stdout.read(min(length, 1 << 20))
            if not piece:
                raise EOFError("it has ended")
            parts.append(piece)
            length -= len(piece)
        return b"".join(parts)


def work() -> None:
    """The other process: answer orders until no more can come."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who interrupts means the first process, which closes our door
    os.nice(NICE)
    settle_memory()
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    while len(head := orders.read(_LENGTH.size)) == _LENGTH.size:
        content = orders.read(*_LENGTH.unpack(head))
        answer = msgspec.msgpack.encode(prepare(msgspec.msgpack.decode(content, type=Order)))
        answers.write(_LENGTH.pack(len(answer)) + answer)
        answers.flush()


def _widen(pipe: int) -> None:
    """Let a whole order or answer lie in a pipe, where the system allows it: each turn of reading one costs a wait for
    the interpreter."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
