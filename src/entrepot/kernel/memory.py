"""The garbage collector, told what kind of program this is: much that stays, and work in batches of many small things.

Almost everything is let go of by reference counts; the collector only looks for cycles, and stops every thread for it.
"""

from __future__ import annotations

import gc

THRESHOLD = 10_000
"""How many new objects make it look again. At the interpreter's 700 an import spends a fifth of its time in it."""


def settle_memory() -> None:
    """Take what is loaded by now out of the collector's sight, and let it look less often.

    A full collection over some hundred thousand objects of modules and routes, which stay as long as the process does,
    takes a quarter of a second. `gc.unfreeze` gives them back.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(THRESHOLD)
    gc.enable()
