"""One thread for each numeric library, said before the first of them is loaded.

A serving process has its own threads; libraries that each start one per core stand in each other's way (p99 of a
search: 48 ms with, 6 ms without). An operator's own setting is left as it is.
"""

from __future__ import annotations

import os

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


def limit() -> None:
    """Set what is not set."""
    for variable in VARIABLES:
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


limit()
