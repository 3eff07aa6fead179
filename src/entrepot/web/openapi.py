"""`/openapi.json`: made from the handlers' own types, completed by what is true of every route.

Each operation under /api names the refusals it can give, as problem details, and how a caller is known.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

import entrepot

from .errors import PROBLEM_JSON

PATH = "/openapi.json"
_SUMMARY = """Everything a person can do on the pages, as JSON, from the same verbs.

Amounts are whole minor units with their currency; times are RFC 3339 in UTC. A caller is known by
`Authorization: Bearer` and an API key, or by the session cookie; with the cookie a change also needs the header
`X-CSRF-Token`, whose value `GET /api/session` gives. `Idempotency-Key` makes a change safe to repeat: the same key with
the same body has its effect once; it is required where money or stock moves. Lists are paged: pass `next` as `after`.
"""
_PROBLEMS = {
    400: "The request cannot be read, or a part of it does not fit",
    401: "Somebody must sign in first",
    403: "The caller has no right to this",
    404: "There is no such thing, or it belongs to somebody else",
    409: "The state of things does not permit this now",
    413: "The request is larger than its limit",
    415: "The body is in a media type that is not read here",
    422: "The input cannot be used as it is",
    429: "Too many requests: see Retry-After",
    503: "Something we depend on does not answer",
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong, after RFC 9457; `detail` is a sentence a person can act on",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


class _Document(JsonRenderPlugin):
    """Renders the completed document, made once."""

    def __init__(self) -> None:
        super().__init__(path="/")
        self._text: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document as JSON."""
        if self._text is None:
            self._text = msgspec.json.encode(complete(openapi_schema))
        return self._text


def openapi_config() -> OpenAPIConfig:
    """What Litestar needs to make the document."""
    schemes = {
        "key": SecurityScheme(type="http", scheme="bearer", description="An API key"),
        "session": SecurityScheme(type="apiKey", name="entrepot", security_scheme_in="cookie"),
    }
    document = _Document()
    return OpenAPIConfig(
        title="Entrepot",
        version=entrepot.__version__,
        description=_SUMMARY,
        path=PATH,
        render_plugins=[document],
        components=Components(security_schemes=schemes),  # type: ignore[arg-type]
        use_handler_docstrings=True,
    )


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add the refusals that each operation can give."""
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM_SCHEMA
    components["responses"] = {f"Problem{status}": _response(status) for status in _PROBLEMS}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            responses = operation["responses"]
            if (given := responses.get("400")) is not None and "Problem" not in str(given):
                del responses["400"]
            for status in _statuses(path, method, operation):
                responses.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
    return document


def _response(status: int) -> dict[str, Any]:
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": _PROBLEMS[status], "content": {PROBLEM_JSON: schema}}


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[int]:
    """Which refusals are possible: of reading, of rights, of the state of things."""
    statuses = {400, 401, 429, 503}
    if "{" in path:
        statuses.add(404)
    if operation.get("security"):
        statuses |= {403, 404}
    if method != "get":
        statuses |= {403, 404, 409, 413, 415, 422}
    elif operation.get("parameters"):
        statuses.add(422)
    return sorted(statuses)
