"""Waiting for what happens in the background: for the fact itself, however slow the machine is today."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

WAIT_S = 200.0
"""No promise of the program's: only so that what never comes is told, and where, before the test's own time is over."""


def eventually(look: Callable[[], T], told: Callable[[], object] = lambda: "") -> T:
    """What `look` gives once it gives something; when it never does, the failure says what is `told`."""
    until, pause_s = time.monotonic() + WAIT_S, 0.005
    while not (found := look()):
        assert time.monotonic() < until, f"it did not happen in {WAIT_S:.0f} seconds {told()}"
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.05)
    return found
