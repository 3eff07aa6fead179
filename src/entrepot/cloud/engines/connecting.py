"""Connections to an engine's server: HTTP/1.1, kept while they are idle, closed the moment a caller leaves.

httptools parses what comes; this keeps the sockets. A general client costs more than admission and settling together
(1.0 ms of CPU for a short streamed answer, 0.07 here), and does much that an engine must not: follow redirects, keep
cookies, ask a proxy, undo compression. Everything that goes wrong is an `EngineFault`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httptools
import msgspec

from entrepot.kernel import Invalid, Secret

from .base import EngineFault

CONNECT_S = 5.0
SILENCE_S = 120.0
"""An engine that says nothing for so long has failed."""
STALL_S = 15.0
"""One of whose work we can tell whether it goes on has failed when it says nothing, and does nothing, for so long."""
IDLE_MAX = 64
READ_BYTES = 65_536
HEAD_BYTES_MAX = 65_536
REST_S = 0.2
"""How long the end of a stream that has said all is waited for, so that its connection can be used again."""


class Silent(EngineFault):
    """It goes on saying nothing: the process behind it hangs."""


class Patience(msgspec.Struct, frozen=True):
    """How long an engine may say nothing: `silence_s` at most. Where `work` tells how much its process has worked so
    far, only `stall_s` in which it does nothing."""

    silence_s: float = SILENCE_S
    stall_s: float = STALL_S
    work: Callable[[], int | None] = lambda: None


class Answer:
    """A server's answer as it comes. `status` is known once `connect` gave it out."""

    def __init__(self, reader: asyncio.StreamReader, patience: Patience) -> None:
        self.status = 0
        self.is_whole = False
        self.keeps_alive = False
        self.has_begun = False
        self._reader = reader
        self._patience = patience
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._has_head = False
        self._has_length = False

    async def next(self) -> bytes:
        """The next piece of the body as it comes; nothing at its end. A generator that is left in the middle would be
        closed by a task of its own, and two turns of the event loop."""
        while not self._parts and not self.is_whole:
            await self._more()
        joined = b"".join(self._parts)
        self._parts.clear()
        return joined

    async def read(self, most: int) -> bytes:
        """The whole body. EngineFault when it has more bytes than `most`."""
        parts: list[bytes] = []
        size = 0
        while part := await self.next():
            parts.append(part)
            size += len(part)
            if size > most:
                raise EngineFault("The engine's answer is too large")
        return b"".join(parts)

    async def read_head(self) -> None:
        """Wait for the status and the headers."""
        size = 0
        while not self._has_head:
            size += await self._more()
            if size > HEAD_BYTES_MAX:
                raise EngineFault("The engine's answer has headers without end")

    async def read_rest(self) -> None:
        """Let a stream that has said all come to its end, if it does so soon."""
        try:
            async with asyncio.timeout(REST_S):
                while await self.next():
                    pass
        except (EngineFault, TimeoutError):
            self.keeps_alive = False

    async def _more(self) -> int:
        """Read and parse what comes next; returns how many bytes those were."""
        try:
            data = await self._read()
        except OSError as error:
            raise _Closed(f"The engine's answer broke off: {type(error).__name__}") from error
        if not data:
            self._at_end()
            return 0
        self.has_begun = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise EngineFault("The engine's answer is no HTTP") from error
        return len(data)

    async def _read(self) -> bytes:
        """The next bytes. Silent when none come for too long."""
        patience, waited_s, worked = self._patience, 0.0, None
        while True:
            look_s = min(patience.stall_s, patience.silence_s - waited_s)
            try:
                async with asyncio.timeout(look_s):
                    return await self._reader.read(READ_BYTES)
            except TimeoutError as error:
                waited_s, before, worked = waited_s + look_s, worked, patience.work()
                if waited_s >= patience.silence_s or (worked is not None and worked == before):
                    raise Silent(f"The engine said nothing for {waited_s:.0f} s") from error

    def _at_end(self) -> None:
        """The server closed the connection: that ends a body whose length it had not told, and breaks off any other."""
        if not self._has_head:
            raise _Closed("The engine does not answer: it closed the connection")
        if self._has_length:
            raise EngineFault("The engine's answer broke off before its end")
        self.is_whole = True

    # --- what the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer."""
        if name.lower() in (b"content-length", b"transfer-encoding"):
            self._has_length = True

    def on_headers_complete(self) -> None:
        """All headers came; those of an interim answer (1xx) are not the answer's."""
        self.status = self._parser.get_status_code()
        self._has_head = self.status >= 200

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self._has_head:
            self.is_whole = True
            self.keeps_alive = self._parser.should_keep_alive()


class Connections:
    """The connections to one server. Used from one event loop."""

    def __init__(self, base_url: str, key: Secret | None = None, *, patience: Patience | None = None) -> None:
        """`base_url` is the address that paths are put behind, `key` is sent as a bearer's."""
        place = urlsplit(base_url)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise Invalid(f"{base_url[:200]!r} is no address of a server: write http:// or https://, and its name")
        said = base_url + (key.reveal() if key else "")
        if not (said.isascii() and said.isprintable()) or " " in base_url:
            raise Invalid("An engine's address and its key are printable ASCII: look for a line's end in the setting")
        self._host = place.hostname
        self._tls = ssl.create_default_context() if place.scheme == "https" else None
        self._port = place.port or (443 if self._tls else 80)
        self._path = place.path.rstrip("/")
        self._patience = patience or Patience()
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._idle_max = IDLE_MAX
        head = f"host: {place.netloc.rpartition('@')[2]}\r\naccept-encoding: identity\r\n"
        if key:
            head += f"authorization: Bearer {key.reveal()}\r\n"
        self._head = head.encode()

    @asynccontextmanager
    async def ask(self, path: str, body: bytes | None = None) -> AsyncIterator[Answer]:
        """Post a JSON body, or get without one. Leaving before the answer is whole closes the connection."""
        method = "GET" if body is None else "POST"
        what = b"" if body is None else b"content-type: application/json\r\ncontent-length: %d\r\n" % len(body)
        request = b"%b %b/%b HTTP/1.1\r\n%b%b\r\n%b" % (
            method.encode(), self._path.encode(), path.lstrip("/").encode(), self._head, what, body or b"",
        )  # fmt: skip
        answer, reader, writer = await self._begin(request)
        try:
            yield answer
            if not answer.is_whole:
                await answer.read_rest()
        finally:
            if answer.is_whole and answer.keeps_alive and len(self._idle) < self._idle_max and not reader.at_eof():
                self._idle.append((reader, writer))
            else:
                writer.close()

    def close(self) -> None:
        """Close those that are idle; one in use is closed by whoever uses it, and none is kept any more."""
        self._idle_max = 0
        while self._idle:
            self._idle.pop()[1].close()

    async def _begin(self, request: bytes) -> tuple[Answer, asyncio.StreamReader, asyncio.StreamWriter]:
        """Send a request and wait for the answer's head. A kept connection that the server closed meanwhile, without a
        byte of answer, is no fault: the request goes out again on a fresh one."""
        while (kept := self._take()) is not None:
            try:
                return await self._send(request, *kept)
            except _Stale:
                continue
        try:
            async with asyncio.timeout(CONNECT_S):
                fresh = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        except (OSError, TimeoutError) as error:
            raise EngineFault(f"The engine does not answer: {type(error).__name__}") from error
        return await self._send(request, *fresh, is_fresh=True)

    def _take(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return None

    async def _send(
        self, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_fresh: bool = False
    ) -> tuple[Answer, asyncio.StreamReader, asyncio.StreamWriter]:
        answer = Answer(reader, self._patience)
        try:
            writer.write(request)
            await writer.drain()
            await answer.read_head()
        except (_Closed, OSError) as error:
            writer.close()
            if not is_fresh and not answer.has_begun:
                raise _Stale from error
            if isinstance(error, _Closed):
                raise
            raise EngineFault(f"The engine does not answer: {type(error).__name__}") from error
        except BaseException:
            writer.close()
            raise
        return answer, reader, writer


class _Closed(EngineFault):
    """The server closed the connection."""


class _Stale(Exception):
    """A kept connection had been closed by the server before it was asked."""
