"""One connection of the server: what a caller may send before anything of ours looks at it, and how slowly.

uvicorn takes a head of any size, at any speed. So one stranger could fill the memory with headers that never end, and a
thousand could keep the sockets by saying nothing. Here:

1. a head, and whatever else is no body (trailers, the framing of chunks), is bounded in bytes;
2. a head has a bounded time; a body must come, and an answer be taken, at some rate, or the connection ends. What we
   hold back ourselves, because a handler reads slowly, counts for nobody;
3. trailers are dropped.

The server looks at all its connections once a second, so that a request pays for no timer.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024
HEAD_S = 20.0
"""From the connection, or the first byte of a further request, to the end of its head."""
WINDOW_S = 60.0
BODY_BYTES_MIN = 16 * 1024
"""Of a body within each window; what is shorter may take one window."""
_FRAMED = 8
"""So many bytes of framing a byte of body may have: a chunk of one byte has six."""
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Connection(HttpToolsProtocol):
    """uvicorn's connection, within bounds."""

    cycle: Any  # the request under way, or the one before; None before the first
    _framing: int
    _full_since: float

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take what came, or end the connection when it is more than a head may have."""
        self._framing += len(data)
        super().data_received(data)
        if self._framing > HEAD_BYTES_MAX and not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self._is_whole and not self._in_head and self.cycle.response_complete:  # empty lines between requests
            self._await_head()

    def on_message_begin(self) -> None:
        """A further request begins."""
        super().on_message_begin()
        if not self._in_head:
            self._await_head()

    def on_headers_complete(self) -> None:
        """The head is whole; a body may follow."""
        self._in_head = False
        self._open_window()
        super().on_headers_complete()
        self.headers = []  # of the trailers: among the headers they would overrule what a proxy says of the caller

    def on_body(self, body: bytes) -> None:
        """Pass a part of the body on."""
        self._framing = max(0, self._framing - len(body) * (1 + _FRAMED))
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._framing = 0
        self._is_whole = True
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The caller does not take what we send."""
        self._full_since = self.loop.time()
        super().pause_writing()

    def end_if_overdue(self, now: float) -> None:
        """Let go of a caller who is too slow. `now` is the loop's time."""
        if self.flow.write_paused:
            is_overdue = now - self._full_since > WINDOW_S
        elif self._in_head:
            is_overdue = now - self._since > HEAD_S
        else:
            is_overdue = not self._is_whole and self._starves(now)
        if is_overdue:
            self.transport.abort()

    def _starves(self, now: float) -> bool:
        """Whether less of a body came than must come in a window; one that we held back begins anew."""
        if not self.flow.read_paused:
            if now - self._since <= WINDOW_S:
                return False
            if self._body_bytes < BODY_BYTES_MIN:
                return True
        self._open_window()
        return False

    def _open_window(self) -> None:
        self._since, self._body_bytes = self.loop.time(), 0

    def _await_head(self) -> None:
        self._in_head, self._is_whole, self._framing = True, False, 0
        self._open_window()

    def _unsupported_upgrade_warning(self) -> None:
        """Whoever asks for another protocol is answered in this one, which is no event."""
