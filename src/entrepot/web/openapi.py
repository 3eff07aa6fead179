"""`/openapi.json`: addresses and parameters from the routes, bodies and answers from the types that do the decoding.

Each operation under /api names the refusals it can give, as problem details, and how a caller is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import HTTPRoute

import entrepot
from entrepot import cloud
from entrepot.kernel import Secret

from .endpoints import SECRET_LENGTH_MAX
from .errors import PROBLEM_JSON, Problem
from .wire import twin

PATH = "/openapi.json"
_JSON = "application/json"
_EVENTS = "text/event-stream"
_REF = "#/components/schemas/{name}"
_COMPUTE = "/v1/"
"""What is below speaks OpenAI's format: its answers and its errors are theirs."""
_ABOUT = """Everything a person can do on the pages, as JSON, from the same verbs; under /v1 models, in OpenAI's format.

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


class _Document(JsonRenderPlugin):
    """Renders the completed document, made once."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.JSON)
        self._text: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document as JSON."""
        if self._text is None:
            self._text = msgspec.json.encode(complete(request.app, openapi_schema))
        return self._text


def openapi_config() -> OpenAPIConfig:
    """What Litestar needs to make the document."""
    schemes = {
        "key": SecurityScheme(type="http", scheme="bearer", description="An API key"),
        "session": SecurityScheme(type="apiKey", name="entrepot", security_scheme_in="cookie"),
    }
    return OpenAPIConfig(
        title="Entrepot",
        version=entrepot.__version__,
        description=_ABOUT,
        path=PATH,
        render_plugins=[_Document()],
        components=Components(security_schemes=schemes),  # type: ignore[arg-type]
        use_handler_docstrings=True,
    )


def operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Every operation of the API: its method, its address as in the document, and its handler."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if handler.resolve_include_in_schema():
                    yield from ((method.lower(), route.path_format, handler) for method in handler.http_methods)


def complete(app: Litestar, document: dict[str, Any]) -> dict[str, Any]:
    """Put in the bodies, the answers and the refusals of each operation."""
    every = list(operations(app))
    kinds = list({id(kind): kind for _, _, handler in every for kind in _kinds(handler)}.values())
    kinds += [Problem, cloud.Failure]
    schemas, definitions = msgspec.json.schema_components(kinds, schema_hook=_hook, ref_template=_REF)
    schema_of = dict(zip(map(id, kinds), schemas, strict=False))
    document["components"] |= {"schemas": definitions, "responses": _problem_responses()}
    for method, path, handler in every:
        _complete(document["paths"][path][method], path, method, handler, schema_of)
    return document


def _kinds(handler: HTTPRouteHandler) -> list[Any]:
    """The types of an operation's body and answer."""
    asks, told = handler.opt.get("asks"), _told(handler.opt)
    return [*([asks] if asks else []), *([told] if told else [])]


def _told(opt: dict[str, Any]) -> Any:
    """The type of an operation's answer as it goes over the wire."""
    return twin(opt["gives"]) if opt.get("gives") else opt.get("tells")


def _complete(
    operation: dict[str, Any], path: str, method: str, handler: HTTPRouteHandler, schema_of: dict[int, Any]
) -> None:
    opt = handler.opt
    operation.setdefault("parameters", []).extend(opt.get("parameters", ()))
    if body := opt.get("form"):
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": body}}}
    elif opt.get("asks"):
        operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": schema_of[id(opt["asks"])]}}}
    schema = schema_of[id(_told(opt))] if _told(opt) else {"type": "string"}
    content = {opt.get("answers", _JSON): {"schema": schema}}
    if opt.get("streams"):
        content[_EVENTS] = {"schema": {"type": "string", "description": "Server-sent events, where `stream` is true"}}
    responses: dict[str, Any] = {str(handler.status_code): {"description": "It is done", "content": content}}
    name = "Failure" if path.startswith(_COMPUTE) else "Problem"
    for status in _statuses(path, method, operation):
        responses[str(status)] = {"$ref": f"#/components/responses/{name}{status}"}
    operation["responses"] = responses


def _hook(kind: type) -> dict[str, Any]:
    if kind is Secret:
        return {"type": "string", "format": "password", "minLength": 1, "maxLength": SECRET_LENGTH_MAX}
    raise NotImplementedError(kind)


def _problem_responses() -> dict[str, Any]:
    return {
        f"{name}{status}": {"description": what, "content": {kind: {"schema": {"$ref": _REF.format(name=name)}}}}
        for name, kind in (("Problem", PROBLEM_JSON), ("Failure", _JSON))
        for status, what in _PROBLEMS.items()
    }


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[int]:
    """Which refusals are possible: of reading, of rights, of the state of things."""
    statuses = {400, 401, 422, 429, 503}
    if operation.get("security") or re.search(r"\{", path):
        statuses |= {403, 404}
    if method != "get":
        statuses |= {403, 404, 409, 413, 415}
    if path.startswith(_COMPUTE):
        statuses -= {422}  # OpenAI's clients know 400 for whatever is wrong with a request
    return sorted(statuses)
