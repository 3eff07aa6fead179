"""What a call can use at most: an answer of a given length must fit, one of no given length takes what there is."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from entrepot.cloud.capabilities import Capabilities
from entrepot.cloud.engines.base import Generation, Message, Overlong
from entrepot.cloud.engines.limits import limits_of


def limits(tokens: int, work: Generation, *, exactly: bool = True) -> dict[str, int]:
    async def capabilities() -> Capabilities:
        return Capabilities(context=1_000, chat=True)

    async def count(_: Generation) -> int:
        return tokens

    engine = SimpleNamespace(capabilities=capabilities, count=count, counts_exactly=exactly)
    loaded: Any = SimpleNamespace(engine=engine, model=SimpleNamespace(name="m"))
    return asyncio.run(limits_of(loaded, work))


def asked(most: int, *, may_shrink: bool) -> Generation:
    return Generation(most, messages=(Message("user", "Hello"),), may_shrink=may_shrink)


def test_an_answer_of_no_given_length_takes_the_room_that_the_input_leaves() -> None:
    assert limits(100, asked(512, may_shrink=True))["output_tokens"] == 512
    assert limits(900, asked(512, may_shrink=True))["output_tokens"] == 100
    assert limits(999, asked(512, may_shrink=True))["output_tokens"] == 1
    with pytest.raises(Overlong, match="shorten it"):
        limits(1_000, asked(512, may_shrink=True))


def test_an_answer_of_a_given_length_must_fit() -> None:
    assert limits(488, asked(512, may_shrink=False))["output_tokens"] == 512
    with pytest.raises(Overlong, match="512 may be written"):
        limits(489, asked(512, may_shrink=False))


def test_where_tokens_are_only_bounded_the_engine_is_asked() -> None:
    assert limits(5_000, asked(512, may_shrink=True), exactly=False)["output_tokens"] == 512
