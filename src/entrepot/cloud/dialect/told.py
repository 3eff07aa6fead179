"""What OpenAI's clients are told: answers with their usage and cost, and errors in their shape."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from entrepot.kernel import Kind, Refused

from ..admission import OutOfCredit, OverBudget
from ..engines.gateway import Bill
from ..refusals import TooLong, UnknownModel

Finish = Literal["stop", "length", "tool_calls"]
Seconds = Annotated[int, msgspec.Meta(description="Seconds since 1970, UTC")]


class Cost(msgspec.Struct, frozen=True):
    """What a call cost, exactly: a decimal text, and thousand-millionths of the currency."""

    amount: str
    currency: str
    nano: int


class PromptDetails(msgspec.Struct, frozen=True):
    """Of what was read: what came from a cache."""

    cached_tokens: int


class TextUsage(msgspec.Struct, frozen=True):
    """The usage of a written text as it was billed."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptDetails
    cost: Cost


class ReadUsage(msgspec.Struct, frozen=True):
    """The usage of work that only reads."""

    prompt_tokens: int
    total_tokens: int
    cost: Cost


class FunctionCall(msgspec.Struct, frozen=True):
    """The function that is to be called, and its arguments as JSON."""

    name: str
    arguments: str


class ToolCall(msgspec.Struct, frozen=True):
    """A call that the model asks for."""

    id: str
    function: FunctionCall
    type: Literal["function"] = "function"


class AnswerMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the model said."""

    role: Literal["assistant"]
    content: str | None
    tool_calls: list[ToolCall] = []


class ChatChoice(msgspec.Struct, frozen=True):
    """The answer; there is one."""

    index: int
    message: AnswerMessage
    finish_reason: Finish


class ChatCompletion(msgspec.Struct, frozen=True):
    """A conversation, answered."""

    id: str
    object: Literal["chat.completion"]
    created: Seconds
    model: str
    choices: list[ChatChoice]
    usage: TextUsage


class TextChoice(msgspec.Struct, frozen=True):
    """The text; there is one."""

    index: int
    text: str
    finish_reason: Finish


class Completion(msgspec.Struct, frozen=True):
    """A text, continued."""

    id: str
    object: Literal["text_completion"]
    created: Seconds
    model: str
    choices: list[TextChoice]
    usage: TextUsage


class Embedding(msgspec.Struct, frozen=True):
    """A text's vector: numbers, or their bytes (little-endian float32) in base64."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class Embeddings(msgspec.Struct, frozen=True):
    """Vectors, in the order of the texts."""

    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: ReadUsage


class RankedText(msgspec.Struct, frozen=True):
    """A document's text, where it was asked for."""

    text: str


class RankedDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """A document by its place in what was sent, and how well it answers."""

    index: int
    relevance_score: float
    document: RankedText | None = None


class Reranking(msgspec.Struct, frozen=True):
    """Documents, the best first."""

    object: Literal["list"]
    model: str
    results: list[RankedDocument]
    usage: ReadUsage


class FailureDetail(msgspec.Struct, frozen=True):
    """What went wrong: a sentence a person can act on, the part of the request at fault, and a code for programs."""

    message: str
    type: str
    param: str | None
    code: str | None


class Failure(msgspec.Struct, frozen=True):
    """An error in OpenAI's shape."""

    error: FailureDetail


STATUS: dict[Kind, int] = {
    Kind.INVALID: 400,
    Kind.NOT_SIGNED_IN: 401,
    Kind.NOT_ALLOWED: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}
"""OpenAI's status for each kind of refusal. It stands here, not at the edge: the files of a batch carry it, too."""
_TYPES = {403: "permission_error", 409: "conflict_error", 429: "rate_limit_error"}
QUOTA = "insufficient_quota"
"""The type and the code of what credit or a budget does not cover."""
_CODES: dict[Kind, str] = {Kind.NOT_SIGNED_IN: "invalid_api_key", Kind.TOO_MANY: "rate_limit_exceeded"}
"""Codes that OpenAI's clients look for; others are ours."""


def cost_of(price: int, currency: str) -> Cost:
    """A price in nano units as it is told."""
    return Cost(f"{price // 10**9}.{price % 10**9:09d}", currency, price)


def text_usage(bill: Bill, currency: str) -> TextUsage:
    """The usage of a written text."""
    meters = bill.quantities
    cached = meters.get("cached_input_tokens", 0)
    read, written = meters.get("input_tokens", 0) + cached, meters.get("output_tokens", 0)
    return TextUsage(read, written, read + written, PromptDetails(cached), cost_of(bill.price, currency))


def read_usage(bill: Bill, currency: str) -> ReadUsage:
    """The usage of work that only reads."""
    tokens = sum(bill.quantities.values())
    return ReadUsage(tokens, tokens, cost_of(bill.price, currency))


def failure(status: int, code: str, sentence: str, fields: dict[str, str]) -> Failure:
    """An error for a status."""
    kind = code if code == QUOTA else _TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
    return Failure(FailureDetail(sentence, kind, next(iter(fields), None), code))


def failure_of(refusal: Refused) -> tuple[int, Failure]:
    """A refusal as a status and an error."""
    if isinstance(refusal, OutOfCredit | OverBudget):
        return 429, failure(429, QUOTA, refusal.sentence, {})
    status = STATUS[refusal.kind]
    return status, failure(status, _code(refusal), refusal.sentence, refusal.fields)


def _code(refusal: Refused) -> str:
    if isinstance(refusal, UnknownModel):
        return "model_not_found"
    if isinstance(refusal, TooLong):
        return "context_length_exceeded"
    return _CODES.get(refusal.kind, refusal.kind.value)
