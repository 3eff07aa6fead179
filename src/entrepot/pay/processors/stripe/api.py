"""Calls of Stripe's API: form-encoded, one version, every change under an idempotency key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlencode

import httpx
import msgspec

from entrepot.kernel import Conflict, NotFound, Secret, Unavailable

from ..base import RefusedByProcessor
from ..calling import Caller
from .objects import Page, PaymentIntent, read

VERSION = "2024-06-20"
"""Pinned, so that what comes back is as we read it, whatever the account's default becomes."""
PAGES_MAX = 100
_LATER = ("lock_timeout", "balance_insufficient", "rate_limit", "idempotency_key_in_use")


class ApiError(msgspec.Struct, frozen=True):
    """What Stripe says is wrong."""

    type: str = ""
    code: str | None = None
    message: str = ""
    param: str | None = None
    decline_code: str | None = None
    payment_intent: PaymentIntent | None = None


class Problem(msgspec.Struct, frozen=True):
    """The body of a refusal."""

    error: ApiError


class Declined(Conflict):
    """The buyer's bank has refused a card; the payment intent says which payment it was."""

    def __init__(self, error: ApiError) -> None:
        super().__init__("The card was declined")
        self.error = error


class Api:
    """Stripe's API with our key."""

    def __init__(self, key: Secret, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._key = key
        self._url = url.rstrip("/")
        self._caller = Caller("Stripe", transport)

    def close(self) -> None:
        """Let go of its connections."""
        self._caller.close()

    def get(self, path: str, params: Mapping[str, object] | None = None) -> bytes:
        """Read an object or a list. NotFound when there is none."""
        query = f"?{urlencode(flat(params))}" if params else ""
        return self._send("GET", path + query, None, None)

    def post(self, path: str, params: Mapping[str, object], key: str) -> bytes:
        """Change something, once for each key."""
        return self._send("POST", path, urlencode(flat(params)).encode(), key)

    def walk(self, path: str, params: Mapping[str, object]) -> Iterator[msgspec.Raw]:
        """Every object of a list, page by page."""
        after: dict[str, object] = {}
        for _ in range(PAGES_MAX):
            page = read(self.get(path, {**params, "limit": 100, **after}), Page)
            yield from page.data
            if not page.has_more or not page.data:
                return
            after = {"starting_after": msgspec.json.decode(page.data[-1])["id"]}

    def _send(self, method: str, path: str, content: bytes | None, key: str | None) -> bytes:
        headers = {"Authorization": f"Bearer {self._key.reveal()}", "Stripe-Version": VERSION}
        if content is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if key is not None:
            headers["Idempotency-Key"] = key
        answer = self._caller.send(method, self._url + path, headers=headers, content=content)
        if 200 <= answer.status < 300:
            return answer.body
        raise refusal(answer.status, answer.body)


def refusal(status: int, body: bytes) -> Exception:
    """A refusal of Stripe's as the port says it. Stripe's own words are left out where they may repeat what we sent."""
    try:
        error = msgspec.json.decode(body, type=Problem).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        error = ApiError()
    if status in (401, 403):
        return RefusedByProcessor("Stripe does not accept our key: check pay.stripe_key, and what it may do")
    if error.type == "card_error":
        return Declined(error)
    if error.code in _LATER or status in (409, 429) or status >= 500:
        return Unavailable(f"Stripe asks us to come back later ({status} {error.code or ''})".replace(" )", ")"))
    if status == 404 or error.code == "resource_missing":
        return NotFound(f"Stripe does not know {error.param or 'this'}")
    if error.type == "idempotency_error":
        return Conflict("Stripe was asked for something else under the same key")
    return Conflict(f"Stripe refuses this: {error.code or error.type or status} {error.param or ''}".rstrip())


def flat(params: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    """Nested parameters as Stripe has them in forms: `a[b][0][c]=…`; what is None is left out.

    >>> flat({"a": {"b": [1, True]}})
    [('a[b][0]', '1'), ('a[b][1]', 'true')]
    """
    found: list[tuple[str, str]] = []
    for name, value in params.items():
        full = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, Mapping):
            found += flat(value, full)
        elif isinstance(value, list | tuple):
            found += flat({str(place): each for place, each in enumerate(value)}, full)
        elif value is not None:
            found.append((full, str(value).lower() if isinstance(value, bool) else str(value)))
    return found


def segment(name: str) -> str:
    """A name as a part of a path: nothing in it can lead elsewhere."""
    return quote(name, safe="")
