"""How an operation of the JSON API is declared: its method and address, who may call it, what it reads.

    @endpoint("PUT", "/api/cart/lines", asks=SetLine)
    async def set_cart_line(visit: Visit, asked: SetLine, key: OptionalKey = None) -> orders.CartView: ...

The body is decoded strictly into the type that `asks` names, and the answer encoded as the type that the handler
declares to give (see `wire`). `/openapi.json` is made from the same two types.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import msgspec
from litestar import Response
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from entrepot.kernel import Secret

from .policy import BODY_BYTES_MAX
from .refusals import Unreadable
from .visit import Visit
from .wire import encode

B = TypeVar("B", bound=msgspec.Struct)

JSON = "application/json"
_DEPENDENCY = get_args(NamedDependency)[1]
"""Litestar's mark of a parameter that a provider fills in."""
SECRET_LENGTH_MAX = 1_000
_MISSING = re.compile("missing required field `(.+?)`")
_STATUS = {"GET": 200, "POST": 201, "PUT": 200, "PATCH": 200, "DELETE": 200}
_SIGNED_IN: list[dict[str, list[str]]] = [{"session": []}, {"key": []}]


def endpoint(
    method: str,
    path: str,
    *,
    asks: type[msgspec.Struct] | None = None,
    access: str | None = None,
    status: int | None = None,
    rate: str | None = None,
    bytes_max: int = BODY_BYTES_MAX,
    answers: str = JSON,
    tells: type[msgspec.Struct] | None = None,
    **opt: Any,
) -> Callable[[Callable[..., Awaitable[Any]]], HTTPRouteHandler]:
    """Declare an operation. `access` is as in `admission`; `rate` a class of `rates`; `asks` the type of the body.

    `answers` is the media type of an answer that the handler makes itself; `tells` the type of its JSON where
    that is written by another's rules.
    """

    def declare(handler: Callable[..., Awaitable[Any]]) -> HTTPRouteHandler:
        if asks:
            handler.__annotations__["asked"] = Annotated[asks, _DEPENDENCY]
        gives = get_type_hints(handler, include_extras=True)["return"] if answers == JSON and not tells else None
        route = HTTPRouteHandler(
            path,
            http_method=[method],  # type: ignore[list-item]
            status_code=status or _STATUS[method],
            opt={
                "access": access,
                "rate": rate,
                "asks": asks,
                "gives": gives,
                "tells": tells,
                "answers": answers,
                **opt,
            },
            dependencies={"asked": Provide(body_as(asks))} if asks else None,
            security=_SIGNED_IN if access else None,
            tags=[path.split("/")[2]],
            request_max_body_size=bytes_max,
            operation_id=handler.__name__,
            summary=(handler.__doc__ or "").split("\n")[0],
            media_type=None if opt.get("streams") else answers,  # which a stream's own would not stand against
        )
        return route(_encoded(handler, gives) if gives else handler)

    return declare


def _encoded(handler: Callable[..., Awaitable[Any]], gives: Any) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(handler)
    async def run(*args: Any, **kwargs: Any) -> Response[Any]:
        return Response(encode(await handler(*args, **kwargs), gives), media_type=JSON)

    return run


def body_as(into: type[B]) -> Callable[[Visit], Any]:
    """A provider of the request's body as a type. Unreadable, naming the part, for what is no JSON or does not fit."""
    decoder = msgspec.json.Decoder(into, dec_hook=_secret)

    async def asked(visit: Visit) -> Any:
        try:
            return _read(decoder, await visit.request.body(), into)
        except (Unreadable, HTTPException):
            await visit.confirm_key()
            raise

    return asked


def _read(decoder: msgspec.json.Decoder[B], content: bytes, into: type[B]) -> B:
    try:
        return _decoded(decoder, content, into)
    except msgspec.ValidationError as error:
        raise Unreadable(f"The body does not fit: {error}", fields=_field(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"The body is not JSON: {error}") from None
    except RecursionError:
        raise Unreadable("The body is nested too deeply") from None


def _decoded(decoder: msgspec.json.Decoder[B], content: bytes, into: type[B]) -> B:
    try:
        return decoder.decode(content)
    except msgspec.ValidationError:
        plain = msgspec.json.decode(content)
        if (whole := _whole(plain)) == plain and str(whole) == str(plain):
            raise
        return msgspec.convert(whole, into, dec_hook=_secret)


def _whole(value: Any) -> Any:
    """The same with 5.0 as 5: to JSON they are one number, to us an amount is never a float."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_whole(each) for each in value]
        case dict():
            return {name: _whole(each) for name, each in value.items()}
    return value


def _field(message: str) -> dict[str, str]:
    """msgspec names the place at the end: "Expected `int`, got `str` - at `$.quantity`". What is missing is named in
    the sentence, and the place is of what lacks it."""
    what, _, place = message.partition(" - at `$")
    place = place.rstrip("`").removeprefix(".")
    if missing := _MISSING.search(what):
        place = f"{place}.{missing[1]}" if place else missing[1]
    return {place: what} if place else {}


def _secret(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        if 0 < len(value) <= SECRET_LENGTH_MAX:
            return Secret(value)
        raise msgspec.ValidationError(f"Expected 1 to {SECRET_LENGTH_MAX} characters")
    raise msgspec.ValidationError(f"Expected `{kind.__name__}`")
