"""The application on an event loop in a thread of its own, called by ordinary blocking clients."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from litestar import Litestar

from tests.waiting import WAIT_S


class Calls(httpx.BaseTransport):
    """Brings a blocking client's requests to the application, from an address of its own."""

    def __init__(self, app: Litestar, loop: asyncio.AbstractEventLoop, address: str = "127.0.0.1") -> None:
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50_000))
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request and its whole answer."""
        return asyncio.run_coroutine_threadsafe(self._answer(request), self._loop).result(WAIT_S)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        asked = httpx.Request(request.method, request.url, headers=request.headers, content=content)
        answer = await self._inner.handle_async_request(asked)
        body = b"".join([part async for part in answer.aiter_raw()])  # packed, if it is: the caller unpacks it
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=httpx.ByteStream(body), request=request
        )


@contextmanager
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that runs until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="test-loop", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
