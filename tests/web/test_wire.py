"""What goes over the wire: the twin of a view, which says times as times and leaves nothing out."""

from enum import StrEnum
from typing import Any

import msgspec

from entrepot.kernel.testing import NOON
from entrepot.web.wire import Listed, encode, listed, twin


class Colour(StrEnum):
    RED = "red"


class Inner(msgspec.Struct, frozen=True):
    at: int
    count: int = 3


class Outer(msgspec.Struct, frozen=True):
    id: str
    made_at: int
    ended_at: int | None
    created_by: str
    colour: Colour
    inner: Inner
    many: tuple[Inner, ...] = ()
    named: dict[str, Inner] = {}
    maybe: Inner | None = None
    steps: tuple[tuple[int, int], ...] = ()


OUTER = Outer("x", NOON, None, "usr_1", Colour.RED, Inner(NOON + 1), (Inner(0),), {"a": Inner(NOON)}, None, ((1, 2),))


def test_times_are_times_and_nothing_is_left_out() -> None:
    assert msgspec.json.decode(encode(OUTER, Outer)) == {
        "id": "x",
        "made_at": "2026-01-01T12:00:00Z",
        "ended_at": None,
        "created_by": "usr_1",
        "colour": "red",
        "inner": {"at": "2026-01-01T12:00:00.000001Z", "count": 3},
        "many": [{"at": "1970-01-01T00:00:00Z", "count": 3}],
        "named": {"a": {"at": "2026-01-01T12:00:00Z", "count": 3}},
        "maybe": None,
        "steps": [[1, 2]],
    }


def test_the_schema_is_of_what_is_sent() -> None:
    (schema,), parts = msgspec.json.schema_components([twin(Outer)])
    outer: dict[str, Any] = parts["Outer"]
    assert set(outer["required"]) == set(Outer.__struct_fields__)
    assert outer["properties"]["made_at"] == {"type": "string", "format": "date-time"}
    assert outer["properties"]["created_by"] == {"type": "string"}
    assert schema == {"$ref": "#/$defs/Outer"}


def test_a_page_of_a_list_names_where_the_next_begins() -> None:
    found = [Inner(0, number) for number in range(4)]
    page = listed(found, 3, lambda inner: str(inner.count))
    assert (len(page.items), page.next) == (3, "2")
    assert listed(found[:3], 3, lambda inner: str(inner.count)).next is None
    assert msgspec.json.decode(encode(page, Listed[Inner]))["items"][0]["at"] == "1970-01-01T00:00:00Z"
