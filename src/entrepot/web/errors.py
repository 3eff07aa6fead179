"""Refusals and failures as answers: one table from kind to status, RFC 9457 for programs, a page for people.

What nobody foresaw is logged with the request's id; the answer carries the id and no details.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from entrepot import cloud
from entrepot.kernel import Kind, Refused

from .compute.refusing import count_refusal
from .compute.told import failure
from .house import visit_of
from .refusals import UnknownMediaType, Unreadable
from .rendering import failure_page

PROBLEM_JSON = "application/problem+json"

STATUS: dict[Kind, int] = {
    Kind.INVALID: 422,
    Kind.NOT_SIGNED_IN: 401,
    Kind.NOT_ALLOWED: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}
_SENTENCES = {
    404: "There is nothing at this address",
    405: "This address does not answer to this method",
    413: "The request is larger than this address accepts",
}

log = structlog.get_logger(__name__)


_OWN_STATUS: dict[type[Refused], int] = {UnknownMediaType: 415, Unreadable: 400}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong, after RFC 9457. `detail` is a sentence a person can act on."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str = ""
    fields: dict[str, str] = {}


def refused(request: Request[Any, Any, Any], error: Refused) -> Response[Any]:
    """The answer to a refusal of a room or of the edge."""
    count_refusal(request, error)
    status = _OWN_STATUS.get(type(error)) or STATUS[error.kind]
    if isinstance(error, cloud.OutOfCredit | cloud.OverBudget):
        return answer(request, 429, "insufficient_quota", error.sentence, error.fields, {"x-should-retry": "false"})
    headers: dict[str, str] = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    elif status == 409 and _is_compute(request):
        headers["x-should-retry"] = "false"  # OpenAI's clients would send it twice more
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    kind = cloud.failure_of(error)[1].error.code if _is_compute(request) else error.kind.value
    return answer(request, status, kind or "", error.sentence, error.fields, headers)


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """The answer to what Litestar refuses: no such route, another method, a body or parameter that does not fit."""
    if error.status_code >= 500:
        return unexpected(request, error)
    fields, in_path = _fields(error.extra)
    status = 404 if in_path else error.status_code
    sentence = _SENTENCES.get(status) or _detail(error, fields)
    kind = HTTPStatus(status).phrase.lower().replace(" ", "_")
    return answer(request, status, kind, sentence, fields, dict(error.headers or {}))


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to what may not happen."""
    log.error("a request failed", request_id=request_id(request), method=request.method, exc_info=error)
    sentence = "Something went wrong on our side. It was noted; please try again, or tell us the request's id"
    return answer(request, 500, "internal_error", sentence, {}, {})


def answer(
    request: Request[Any, Any, Any],
    status: int,
    kind: str,
    sentence: str,
    fields: dict[str, str],
    headers: dict[str, str],
) -> Response[Any]:
    """A problem for programs, a page for browsers; a browser that is not signed in is sent to do so."""
    if _is_compute(request):
        return failure(400 if status == 422 else status, kind, sentence, fields, headers)
    if for_people(request):
        return failure_page(visit_of(request), status, sentence, headers)
    title = HTTPStatus(status).phrase
    problem = Problem(f"urn:entrepot:problem:{kind}", title, status, sentence, request_id(request), fields)
    return Response(msgspec.json.encode(problem), status_code=status, media_type=PROBLEM_JSON, headers=headers)


def _is_compute(request: Request[Any, Any, Any]) -> bool:
    return f"{request.scope['path']}/".startswith("/v1/")


def for_people(request: Request[Any, Any, Any]) -> bool:
    """Whether a browser's page is wanted, and not data."""
    if request.scope["path"].startswith(("/api/", "/v1/", "/m/", "/i/", "/static/")):
        return False
    return "text/html" in request.headers.get("accept", "")


def request_id(request: Request[Any, Any, Any]) -> str:
    """The id under which this request is in the log."""
    return str(request.scope["state"].get("request_id", ""))


def _detail(error: HTTPException, fields: dict[str, str]) -> str:
    if fields:
        return "The request does not fit: " + "; ".join(f"{name}: {what}" for name, what in sorted(fields.items()))
    return error.detail


def _fields(extra: object) -> tuple[dict[str, str], bool]:
    """Each faulty part with its sentence, and whether a part of the path is among them."""
    fields: dict[str, str] = {}
    in_path = False
    for each in extra if isinstance(extra, list) else []:
        if isinstance(each, dict) and "message" in each:
            fields[str(each.get("key", "body"))] = str(each["message"])
            in_path |= each.get("source") == "path"
    return fields, in_path
