"""The outermost layer of the application: what is true of every answer, also of those that no route gives.

A request gets an id and a nonce; an answer gets security headers, the visit's cookies, one line in the log and its
measure. HEAD is answered as GET without the body.
"""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64encode
from typing import Any

import structlog
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import Message, Receive, Scope, Send

from .errors import PROBLEM_JSON
from .house import House
from .tracing import tracing

_WRONG_HOST = (
    b'{"type":"urn:entrepot:problem:wrong_host","title":"Misdirected Request","status":421,'
    b'"detail":"This host name is not served here: see the setting serve.allowed_hosts"}'
)

ID_BYTES, NONCE_BYTES = 8, 18
"""Eighteen are a whole number of characters in base 64."""

log = structlog.get_logger(__name__)


class Edge:
    """Wraps the whole application."""

    def __init__(self, app: Litestar) -> None:
        self._app = app.asgi_handler
        self._litestar = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        house: House = self._litestar.state.house
        exchange = _Exchange(scope, send, house)
        with tracing(house.tracer, exchange.scope, lambda: exchange.status):
            try:
                if house.policy.answers(exchange.host):
                    await self._app(exchange.scope, receive, exchange.send)
                else:
                    await exchange.refuse_host()
            finally:
                exchange.note()


class _Exchange:
    """One request and its answer, as seen from outside."""

    def __init__(self, scope: Any, send: Send, house: House) -> None:
        self.scope: Any = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        self.status = 0
        # Two of them are none of ours: who stands before us may have read the other one.
        self.host = b",".join(value for name, value in scope["headers"] if name == b"host").decode("latin-1")
        self._send = send
        self._house = house
        self._without_body = scope["method"] == "HEAD"
        self._method = scope["method"]
        self._started = time.perf_counter()
        chance = secrets.token_bytes(ID_BYTES + NONCE_BYTES)  # asked for once: each time others get the interpreter
        self._nonce = urlsafe_b64encode(chance[ID_BYTES:]).decode()
        scope["state"]["request_id"] = chance[:ID_BYTES].hex()
        scope["state"]["nonce"] = self._nonce

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*self._given(message), *self._headers(message)]
        elif message["type"] == "http.response.body" and self._without_body:
            message["body"] = b""
        await self._send(message)

    async def refuse_host(self) -> None:
        """Answer a request that was meant for another host."""
        headers = [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(_WRONG_HOST)).encode())]
        await self.send({"type": "http.response.start", "status": 421, "headers": headers})
        await self.send({"type": "http.response.body", "body": _WRONG_HOST, "more_body": False})

    def note(self) -> None:
        """One line in the log and one measure, by the route's template: paths may hold tokens."""
        took_s = time.perf_counter() - self._started
        route = str(self.scope.get("path_template") or "(none)")
        self._house.measures.request(self._method, route, self.status, took_s)
        log.info(
            "request",
            method=self._method,
            route=route,
            status=self.status,
            ms=round(took_s * 1000, 1),
            request_id=self.scope["state"]["request_id"],
        )

    def _given(self, message: Any) -> list[tuple[bytes, bytes]]:
        """The answer's own headers. Litestar's OPTIONS names the methods of an address's first handler only."""
        methods = self._house.methods.get(self.scope.get("path_template", ""))
        if self._method != "OPTIONS" or methods is None:
            return list(message["headers"])
        kept = [(name, value) for name, value in message["headers"] if name.lower() != b"allow"]
        return [*kept, (b"allow", ", ".join(methods).encode())]

    def _headers(self, message: Any) -> list[tuple[bytes, bytes]]:
        there = {name.lower() for name, _ in message["headers"]}
        headers = [*self._house.policy.headers(self._nonce), ("x-request-id", self.scope["state"]["request_id"])]
        headers.append(("cache-control", "private, no-cache"))
        wanted = [(name.encode(), value.encode()) for name, value in headers if name.encode() not in there]
        visit = self.scope["state"].get("visit")
        # What everybody may keep (a picture) must not carry one visitor's cookies, or their removal, to the others.
        is_shared = any(name.lower() == b"cache-control" and b"public" in value for name, value in message["headers"])
        cookies = visit.new_cookies if visit is not None and not is_shared else []
        return wanted + [(b"set-cookie", cookie.encode("latin-1")) for cookie in cookies]
