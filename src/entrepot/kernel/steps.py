"""Steps of a request: what was done for it and how long each part took, noted for whoever traces it.

Nobody notes anything unless the edge has begun to: then `step` and `note` add to what it began, from wherever in the
same asynchronous context the work is done; otherwise they cost one look at a variable. It knows no tracing system.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

import msgspec

Value = str | int | float | bool


class Step(msgspec.Struct, frozen=True):
    """A part of the work, from one time to another, in nanoseconds of the wall clock."""

    name: str
    began_ns: int
    ended_ns: int
    attributes: dict[str, Value] = {}


class Steps:
    """What was noted of one request."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.attributes: dict[str, Value] = {}


_noted: ContextVar[Steps | None] = ContextVar("entrepot_steps", default=None)


def begin_steps() -> tuple[Steps, Token[Steps | None]]:
    """Begin to note; the token is for `end_steps`."""
    steps = Steps()
    return steps, _noted.set(steps)


def end_steps(token: Token[Steps | None]) -> None:
    """Note no more in this context."""
    _noted.reset(token)


def note(**attributes: Value) -> None:
    """Say something of the request that is worked on."""
    if (steps := _noted.get()) is not None:
        steps.attributes.update(attributes)


def note_step(name: str, began_ns: int, **attributes: Value) -> None:
    """A part of the work has ended now that began then."""
    if (steps := _noted.get()) is not None:
        steps.steps.append(Step(name, began_ns, time.time_ns(), attributes))


@contextmanager
def step(name: str, **attributes: Value) -> Iterator[None]:
    """A part of the work: the block, however it ends."""
    if _noted.get() is None:
        yield
        return
    began = time.time_ns()
    try:
        yield
    finally:
        note_step(name, began, **attributes)
