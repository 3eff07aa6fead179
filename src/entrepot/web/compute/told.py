"""What OpenAI's clients are told: the usage with its cost, and errors in their shape."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response

from entrepot import cloud

JSON = "application/json"
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
}


def cost_of(bill: cloud.Bill, currency: str) -> dict[str, Any]:
    """What a call cost: exact, as a decimal and in thousand-millionths of the currency."""
    amount = f"{bill.price // 10**9}.{bill.price % 10**9:09d}"
    return {"amount": amount, "currency": currency, "nano": bill.price}


def usage_of(bill: cloud.Bill, currency: str) -> dict[str, Any]:
    """The usage of a generated text as it was billed, with its cost."""
    meters = bill.quantities
    cached = meters.get("cached_input_tokens", 0)
    read, written = meters.get("input_tokens", 0) + cached, meters.get("output_tokens", 0)
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": cached},
        "cost": cost_of(bill, currency),
    }


def total_of(bill: cloud.Bill, currency: str) -> dict[str, Any]:
    """The usage of work that reads only."""
    tokens = sum(bill.quantities.values())
    return {"prompt_tokens": tokens, "total_tokens": tokens, "cost": cost_of(bill, currency)}


def failure_body(status: int, kind: str, sentence: str, fields: dict[str, str]) -> dict[str, Any]:
    """An error in OpenAI's shape."""
    param = next(iter(fields), None)
    error = {"message": sentence, "type": _TYPES.get(status, "api_error"), "param": param, "code": kind}
    return {"error": error}


def failure(status: int, kind: str, sentence: str, fields: dict[str, str], headers: dict[str, str]) -> Response[Any]:
    """An answer that is an error in OpenAI's shape."""
    body = msgspec.json.encode(failure_body(status, kind, sentence, fields))
    return Response(body, status_code=status, media_type=JSON, headers=headers)
