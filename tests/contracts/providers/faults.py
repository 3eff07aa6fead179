"""How a provider's line fails: before it acted, or after."""

from collections.abc import Callable

import httpx

Answering = Callable[[httpx.Request], httpx.Response]


class Line:
    """The way to a provider. `next_fault` befalls the next change: `lost` (never arrives), `silent` (acted, no answer
    comes), or a status that the provider answers without having acted."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self.next_fault: str | int | None = None
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.method == "GET":
            return self._answer(request)
        fault, self.next_fault = self.next_fault, None
        if fault == "lost":
            raise httpx.ConnectError("nobody listens", request=request)
        if isinstance(fault, int):
            return httpx.Response(fault, json={"error": {"type": "api_error", "message": "no"}})
        response = self._answer(request)
        if fault == "silent":
            raise httpx.ReadTimeout("no answer came", request=request)
        return response
