"""Callers who send a head without an end, or nothing at all: their connection ends, and nobody else's."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from entrepot.web.connections import BODY_BYTES_MIN, HEAD_BYTES_MAX, HEAD_S, WINDOW_S, Connection

HEAD = b"POST / HTTP/1.1\r\nhost: shop.example\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
LARGE = b"x" * (1 << 22)


class Caller:
    """Somebody on a connection to a server whose application tells what it was sent."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.read = 0
        self.reads = asyncio.Event()
        """Set: the application reads bodies."""
        self.reads.set()

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope)
        await self.reads.wait()
        self.read, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.read, more = self.read + len(message["body"]), message["more_body"]
        answer = LARGE if scope["path"] == "/large" else b"%d bytes" % self.read
        headers = [(b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def __aenter__(self) -> "Caller":
        config = uvicorn.Config(
            self.app, http=Connection, ws="none", lifespan="off", log_config=None, interface="asgi3"
        )
        made: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()

        def make() -> Connection:
            made.set_result(Connection(config, ServerState(), {}))
            return made.result()

        self._server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
        self.reader, self.writer = await asyncio.open_connection(*self._server.sockets[0].getsockname())
        self.connection = await made
        return self

    async def __aexit__(self, *_: object) -> None:
        self.reads.set()
        self.writer.close()
        self.connection.transport.abort()
        self._server.close()

    async def send(self, *parts: bytes) -> None:
        """Send, and have the server take it."""
        with suppress(ConnectionError):
            for part in parts:
                self.writer.write(part)
                await self.writer.drain()

    async def until(self, holds: Callable[[], object]) -> None:
        while not holds():  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.001)

    async def answer(self) -> bytes:
        """The head of the next answer and what came with it; empty when the connection has ended."""
        try:
            return await self.reader.read(1 << 16)
        except ConnectionError:
            return b""

    def pass_by(self, seconds: float) -> bool:
        """Whether the connection outlives the server's look at it, so many seconds from now."""
        self.connection.end_if_overdue(asyncio.get_running_loop().time() + seconds)
        return not self.connection.transport.is_closing()


def with_caller(act: Callable[[Caller], Awaitable[None]]) -> None:
    async def run() -> None:
        async with Caller() as caller:
            await act(caller)

    asyncio.run(asyncio.wait_for(run(), 60))


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (HEAD, b"a: b\r\n"),
        (HEAD + b"a: ", b"b"),
        (b"GET /", b"a"),
        (CHUNKED + b"0\r\n", b"a: b\r\n"),
        (CHUNKED + b"2;", b"a"),
    ],
    ids=["headers", "header", "address", "trailers", "extension"],
)
def test_what_is_no_body_has_an_end(begin: bytes, more: bytes) -> None:
    async def act(caller: Caller) -> None:
        caller.reads.clear()
        await caller.send(begin, more * (HEAD_BYTES_MAX // len(more)))
        await caller.send(more * 100_000)
        assert (await caller.answer())[:13] in (b"HTTP/1.1 431 ", b""), "what still came may have cut the answer off"
        await caller.until(caller.connection.transport.is_closing)

    with_caller(act)


def test_bodies_may_be_longer_than_heads_and_come_in_pieces() -> None:
    async def act(caller: Caller) -> None:
        length = 20 * HEAD_BYTES_MAX
        for _ in range(2):
            await caller.send(HEAD + b"content-length: %d\r\n\r\n" % length, b"x" * length)
            assert b"%d bytes" % length in await caller.answer()
        await caller.send(CHUNKED, b"1\r\nx\r\n" * 40_000, b"0\r\n\r\n")
        assert b"40000 bytes" in await caller.answer()

    with_caller(act)


def test_trailers_say_nothing_of_the_caller() -> None:
    async def act(caller: Caller) -> None:
        await caller.send(CHUNKED + b"0\r\nx-forwarded-for: 203.0.113.9\r\n\r\n")
        assert b"0 bytes" in await caller.answer()
        assert dict(caller.asked[0]["headers"]) == {b"host": b"shop.example", b"transfer-encoding": b"chunked"}

    with_caller(act)


@pytest.mark.parametrize("begun", [b"", b"GET", HEAD], ids=["nothing", "method", "header"])
@pytest.mark.parametrize("before", [b"", b"GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n"], ids=["first", "second"])
def test_a_head_has_its_time(before: bytes, begun: bytes) -> None:
    async def act(caller: Caller) -> None:
        if before:
            await caller.send(before)
            assert b"0 bytes" in await caller.answer()
            assert caller.pass_by(10 * HEAD_S), "uvicorn itself ends what rests between two requests"
            begin = begun or b"\r\n"
            await caller.send(begin)
            await caller.until(lambda: caller.connection._in_head)
        else:
            await caller.send(begun)
        assert caller.pass_by(HEAD_S - 5)
        assert not caller.pass_by(HEAD_S + 1)

    with_caller(act)


def test_a_body_must_come_and_one_that_we_do_not_read_may_wait() -> None:
    async def act(caller: Caller) -> None:
        caller.reads.clear()
        await caller.send(HEAD + b"content-length: 1000000\r\n\r\n", b"x" * BODY_BYTES_MIN)
        await caller.until(lambda: caller.connection._body_bytes == BODY_BYTES_MIN)
        assert caller.pass_by(WINDOW_S + 1), "enough came"
        await caller.send(b"x" * 100_000)
        await caller.until(lambda: caller.connection.flow.read_paused)
        caller.connection._body_bytes = 0
        assert caller.pass_by(10 * WINDOW_S), "we hold it back"
        caller.reads.set()
        await caller.until(lambda: caller.read == BODY_BYTES_MIN + 100_000)
        assert caller.pass_by(WINDOW_S - 5)
        caller.connection._body_bytes = BODY_BYTES_MIN - 1
        assert not caller.pass_by(WINDOW_S + 1)
        assert len(caller.asked) == 1

    with_caller(act)


def test_whoever_waits_for_an_answer_may_wait_and_must_take_it() -> None:
    async def act(caller: Caller) -> None:
        caller.reads.clear()
        await caller.send(b"GET /large HTTP/1.1\r\nhost: shop.example\r\n\r\n")
        await caller.until(lambda: caller.asked)
        assert caller.pass_by(100 * WINDOW_S)
        caller.reads.set()
        await caller.until(lambda: caller.connection.flow.write_paused)
        assert caller.pass_by(WINDOW_S - 5)
        assert not caller.pass_by(WINDOW_S + 1)

    with_caller(act)
