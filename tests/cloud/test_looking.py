"""Who comes while a look is under way shares the next one; nobody is forgotten when one fails or its caller leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from entrepot.cloud.asks import Ask
from entrepot.cloud.engines.looking import Looking
from entrepot.kernel import Unavailable


class Slow:
    """A database whose looks end when they are told to: with their number, or with what was put in its place."""

    def __init__(self) -> None:
        self.looks: list[asyncio.Future[Any]] = []

    async def glance(self, _: Callable[[Any], Any]) -> Any:
        self.looks.append(asyncio.get_running_loop().create_future())
        return await self.looks[-1]


def ask(number: int, organisation: str = "org_1") -> Ask:
    return Ask(f"req_{number}", organisation, "key_1", "m", {"output_tokens": 1})


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def begin(looking: Looking, *asks: Ask) -> list[asyncio.Task[Any]]:
    tasks = [asyncio.ensure_future(looking.find(each)) for each in asks]
    await turns()
    return tasks


def test_all_who_come_during_a_look_share_the_next() -> None:
    async def act() -> None:
        database = Slow()
        looking = Looking(database)  # type: ignore[arg-type]
        tasks = await begin(looking, *map(ask, range(5)))
        assert len(database.looks) == 1
        database.looks[0].set_result("first")
        await turns()
        assert [task.done() for task in tasks] == [True] + [False] * 4, "a look of before tells them nothing"
        tasks += await begin(looking, ask(5))
        assert len(database.looks) == 2
        database.looks[1].set_result("second")
        await turns()
        database.looks[2].set_result("third")
        assert await asyncio.gather(*tasks) == ["first", *["second"] * 4, "third"]
        [alone] = await begin(looking, ask(6))
        database.looks[3].set_result("alone")
        assert await alone == "alone"

    asyncio.run(act())


def test_a_look_that_fails_fails_those_who_share_it_and_no_other() -> None:
    async def act() -> None:
        database = Slow()
        looking = Looking(database)  # type: ignore[arg-type]
        tasks = await begin(looking, *map(ask, range(3)))
        database.looks[0].set_exception(Unavailable("The database does not answer"))
        await turns()
        database.looks[1].set_result("second")
        with pytest.raises(Unavailable):
            await tasks[0]
        assert [await tasks[1], await tasks[2]] == ["second", "second"]

    asyncio.run(act())


def test_callers_who_leave_keep_nobody_waiting() -> None:
    async def act() -> None:
        database = Slow()
        looking = Looking(database)  # type: ignore[arg-type]
        tasks = await begin(looking, *map(ask, range(3)))
        tasks[0].cancel()
        tasks[1].cancel()
        await turns()
        database.looks[1].set_result("second")
        assert await tasks[2] == "second"
        others = await begin(looking, ask(3), ask(4, "org_2"))
        assert len(database.looks) == 4, "organisations do not wait for each other"
        for look in database.looks[2:]:
            look.set_result("now")
        assert await asyncio.gather(*others) == ["now", "now"]

    asyncio.run(act())
