"""How often a fault or property test tries: a little in `make test`, fully in `make proof`."""

import os

FULL = os.environ.get("ENTREPOT_PROOF") == "1"


def count(small: int, full: int) -> int:
    """The number of tries this run asks for; `report_count` then prints how many were really made."""
    return full if FULL else small
