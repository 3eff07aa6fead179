"""From a room's views to what goes over the wire: the same names, and times as RFC 3339 instead of microseconds.

Rooms write their views for pages and programs alike, so the API shows them as they are. For each view there is a
*twin*, made once: a struct of the same name and fields, in which every time is a `datetime` and nothing may be left
out. Answers are encoded from the twin, and the schema in `/openapi.json` is made from it, so that they cannot differ.

A field is a time when it is an integer and is named like one: `at`, `since`, or ending in `_at`, `_by`, `_from` or
`_to`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from entrepot.kernel import NotFound

T = TypeVar("T")

Convert = Callable[[Any], Any]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone: RFC 3339 on the wire."""

_TIME_NAMES = ("at", "since")
_TIME_ENDS = ("_at", "_by", "_from", "_to")


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list. `next` is what to send as `after` for the page behind it; null on the last page."""

    items: list[T]
    next: str | None = None


class Made(msgspec.Struct, frozen=True):
    """What a change made or changed."""

    id: str


class Done(msgspec.Struct, frozen=True):
    """It is done."""

    done: bool = True


def listed(found: list[T], most: int, cursor: Callable[[T], str]) -> Listed[T]:
    """A page from a list for which one more than `most` was asked."""
    here = found[:most]
    return Listed(here, cursor(here[-1]) if len(found) > most else None)


def with_id(found: Iterable[T], id_: str) -> T:
    """The one of these that has this id. NotFound when it is there no longer."""
    for each in found:
        if getattr(each, "id", None) == id_:
            return each
    raise NotFound("This was there, and is no longer")


def encode(value: object, declared: Any) -> bytes:
    """The JSON of a value that a handler declares to give."""
    return msgspec.json.encode(_converter(declared)(value))


def time_of(at: int) -> datetime:
    """Microseconds as a time in UTC."""
    return datetime.fromtimestamp(at // 1_000_000, UTC).replace(microsecond=at % 1_000_000)


@functools.cache
def twin(declared: Any) -> Any:
    """The type of what is sent for a declared type."""
    origin, arguments = get_origin(declared), get_args(declared)
    if origin is Annotated:
        return Annotated[(twin(arguments[0]), *arguments[1:])]
    if origin in (Union, UnionType):
        return Union[tuple(twin(each) for each in arguments)]  # noqa: UP007 - made of a tuple
    if origin in (list, tuple, frozenset, set):
        return list[twin(arguments[0])]  # type: ignore[misc]
    if origin is dict:
        return dict[str, twin(arguments[1])]  # type: ignore[misc]
    if _is_struct(origin or declared):
        return _twin_struct(declared)
    return declared


def _twin_struct(declared: Any) -> type[msgspec.Struct]:
    kind = get_origin(declared) or declared
    name = "".join([kind.__name__, *(f"Of{argument.__name__}" for argument in get_args(declared))])
    fields = [(field, twin(hint)) for field, hint in _hints(declared)]
    made = msgspec.defstruct(name, fields, namespace={"__doc__": kind.__doc__}, frozen=True, tag=_tag(kind))
    made.__module__ = f"{kind.__module__}.told"  # a type that is also asked for has another schema of the same name
    return made


def _tag(kind: Any) -> str | None:
    tag = kind.__struct_config__.tag
    return tag if isinstance(tag, str) else None


def _hints(declared: Any) -> list[tuple[str, Any]]:
    """The fields of a struct with their types; times as `datetime`, type variables filled in."""
    kind = get_origin(declared) or declared
    filled = dict(zip(getattr(kind, "__parameters__", ()), get_args(declared), strict=True))
    hints = get_type_hints(kind, include_extras=True)
    fields = [(field.name, _fill(hints[field.name], filled)) for field in msgspec.structs.fields(kind)]
    return [(name, _as_time(hint) if _is_time(name, hint) else hint) for name, hint in fields]


def _fill(hint: Any, filled: dict[Any, Any]) -> Any:
    parameters = getattr(hint, "__parameters__", ())
    if isinstance(hint, TypeVar):
        return filled[hint]
    return hint[tuple(filled[each] for each in parameters)] if parameters and filled else hint


def _is_time(name: str, hint: Any) -> bool:
    named = name in _TIME_NAMES or name.endswith(_TIME_ENDS)
    return named and (hint is int or set(get_args(hint)) == {int, NoneType})


def _as_time(hint: Any) -> Any:
    return Moment if hint is int else Moment | None


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


@functools.cache
def _converter(declared: Any) -> Convert:
    """From a declared type's value to its twin's."""
    origin, arguments = get_origin(declared), get_args(declared)
    if origin is Annotated:
        return _converter(arguments[0])
    if origin in (Union, UnionType):
        return _either([each for each in arguments if each is not NoneType])
    if origin in (list, tuple, frozenset, set):
        inner = _converter(arguments[0])
        return lambda values: [inner(value) for value in values]
    if origin is dict:
        inner = _converter(arguments[1])
        return lambda values: {name: inner(value) for name, value in values.items()}
    if declared is datetime:
        return time_of
    if _is_struct(origin or declared):
        made = twin(declared)
        fields = [(name, _converter(hint)) for name, hint in _hints(declared)]
        return lambda value: made(*[convert(getattr(value, name)) for name, convert in fields])
    return _plain


def _either(kinds: list[Any]) -> Convert:
    if len(kinds) == 1:
        inner = _converter(kinds[0])
        return lambda value: None if value is None else inner(value)
    by_kind = {kind: _converter(kind) for kind in kinds}
    return lambda value: by_kind.get(type(value), _plain)(value)


def _plain(value: Any) -> Any:
    return value
