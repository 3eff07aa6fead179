"""Connections to an engine's server: kept, closed, and every way of an answer to end that HTTP has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from entrepot.cloud.engines.base import EngineFault
from entrepot.cloud.engines.connecting import Connections, Patience, Silent
from entrepot.kernel import Invalid, Secret
from tests.waiting import WAIT_S

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Work = Callable[[Connections, "Server"], Awaitable[None]]


class Server:
    """Sends to each request the next of its answers; `reset` closes the connection after an answer, rudely."""

    def __init__(self, *answers: bytes, reset: bool = False) -> None:
        self.answers = list(answers)
        self.reset = reset
        self.connections = 0
        self.heads: list[bytes] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while self.answers:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(self.answers.pop(0))
                await writer.drain()
                if self.reset:
                    await asyncio.sleep(0.01)
                    writer.transport.abort()
                    return
            writer.close()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def run(server: Server, work: Work, key: str = "sk-1", patience: Patience = Patience(WAIT_S)) -> None:  # noqa: B008
    async def whole() -> None:
        listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        connections = Connections(f"http://127.0.0.1:{port}/v1/", Secret(key), patience=patience)
        try:
            await work(connections, server)
        finally:
            connections.close()
            listener.close()
            await asyncio.sleep(0.02)

    asyncio.run(whole())


async def read(connections: Connections, body: bytes | None = None) -> bytes:
    async with connections.ask("things", body) as answer:
        return await answer.read(1_000)


def test_one_that_is_in_use_when_all_are_closed_is_not_kept() -> None:
    async def work(connections: Connections, server: Server) -> None:
        async with connections.ask("things") as answer:
            connections.close()
            assert await answer.read(1_000) == b"ok"
        assert await read(connections) == b"ok"
        assert server.connections == 2

    run(Server(WHOLE, WHOLE), work)


def test_a_connection_is_used_again_and_the_key_is_sent() -> None:
    async def work(connections: Connections, server: Server) -> None:
        assert [await read(connections) for _ in range(3)] == [b"ok"] * 3
        assert server.connections == 1
        assert server.heads[0].startswith(b"GET /v1/things HTTP/1.1\r\n")
        assert b"authorization: Bearer sk-1\r\n" in server.heads[0]

    run(Server(WHOLE, WHOLE, WHOLE), work)


def test_a_kept_connection_that_was_reset_meanwhile_is_no_fault() -> None:
    async def work(connections: Connections, server: Server) -> None:
        for _ in range(3):
            assert await read(connections, b"{}"[:0]) == b"ok"
            await asyncio.sleep(0)
        assert server.connections == 3

    run(Server(WHOLE, WHOLE, WHOLE, reset=True), work)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE,
        b"HTTP/1.0 200 OK\r\n\r\nok",
    ],
    ids=["chunks", "an interim answer", "the end of the connection"],
)
def test_an_answer_ends_in_each_of_the_ways_there_are(answer: bytes) -> None:
    async def work(connections: Connections, _: Server) -> None:
        assert await read(connections) == b"ok"

    run(Server(answer), work)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok", "broke off"),
        (b"SSH-2.0-x\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"x-much: " + b"y" * 70_000, "headers without end|no HTTP"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n" + b"y" * 2_000, "too large"),
        (b"", "closed the connection"),
    ],
    ids=["half", "another protocol", "endless headers", "too large", "nothing"],
)
def test_an_answer_that_is_none_is_an_engine_fault(answer: bytes, sentence: str) -> None:
    async def work(connections: Connections, _: Server) -> None:
        with pytest.raises(EngineFault, match=sentence):
            await read(connections)

    run(Server(answer), work)


def test_a_server_that_says_nothing_is_left() -> None:
    async def work(connections: Connections, _: Server) -> None:
        with pytest.raises(EngineFault, match="said nothing"):
            await read(connections)

    run(Server(b"HTTP/1.1 200 OK\r\n", b""), work, patience=Patience(0.3))


def test_a_server_that_says_nothing_is_left_sooner_when_its_process_does_nothing() -> None:
    """And not before the end of all patience while it works: a long text takes long to read."""
    done = iter([3, 5, 5])
    looks: list[int] = []

    def worked() -> int | None:
        looks.append(1)
        return next(done, 9 + len(looks))

    async def work(connections: Connections, _: Server) -> None:
        with pytest.raises(Silent, match="said nothing"):
            await read(connections)

    run(Server(b"HTTP/1.1 200 OK\r\n", b""), work, patience=Patience(10 * WAIT_S, 0.1, worked))
    assert len(looks) == 3
    began = time.monotonic()
    run(Server(b"HTTP/1.1 200 OK\r\n", b""), work, patience=Patience(0.5, 0.1, worked))
    assert time.monotonic() - began >= 0.5, "it works all the time, and is left when all patience is over"


def test_a_key_with_a_line_in_it_is_refused_and_an_address_that_is_none() -> None:
    with pytest.raises(Invalid, match="printable"):
        Connections("http://127.0.0.1:1/v1", Secret("sk\r\nx-evil: 1"))
    with pytest.raises(Invalid, match="no address"):
        Connections("there/v1")
