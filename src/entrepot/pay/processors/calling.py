"""How adapters call out: one answer of bounded size, no redirects, and every failure as the port says it.

What was sent and what came is never logged: it may hold what only the buyer, the processor and we may know.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import msgspec

from entrepot.kernel import Unavailable

TIMEOUT_S = 20.0
CONNECT_S = 5.0
ANSWER_BYTES_MAX = 4_000_000


class Answer(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Caller:
    """Sends requests to one processor. Used by any number of threads."""

    def __init__(self, name: str, transport: httpx.BaseTransport | None = None) -> None:
        """`transport` stands in for the network in tests."""
        self._name = name
        self._client = httpx.Client(
            transport=transport, timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_S), follow_redirects=False
        )

    def send(self, method: str, url: str, *, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
        """One request and its answer. Unavailable when none comes, whether or not the request was acted on."""
        try:
            with self._client.stream(method, url, headers=dict(headers), content=content) as response:
                return Answer(response.status_code, dict(response.headers), self._read(response))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"{self._name} does not answer ({type(error).__name__}): we ask again") from None

    def close(self) -> None:
        """Let go of its connections."""
        self._client.close()

    def _read(self, response: httpx.Response) -> bytes:
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > ANSWER_BYTES_MAX:
                raise Unavailable(f"{self._name} answers with more than {ANSWER_BYTES_MAX} bytes")
        return bytes(body)
