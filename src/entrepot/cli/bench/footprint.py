"""How soon a server answers, and how much memory its process tree takes, without a chat model."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

from .report import Measured
from .shop import environment, make_shop, serving

PRODUCTS = 500
SEARCHES = 200
WORDS = ("thing", "bench", "number", "thing number 7", "bench thing")


def measure_footprint(folder: Path, postgres_url: str | None = None) -> list[Measured]:
    """Measure a server over a home of 500 products, before and after it was used."""
    with TemporaryDirectory(dir=folder) as home:
        make_shop(Path(home), environment(None), offers=PRODUCTS, pieces=100, buyers=1)
        with serving(Path(home), environment(None)) as (address, pid, ready_s):
            started_mb = tree_mb(pid)
            for n in range(SEARCHES):
                word = WORDS[n % len(WORDS)].replace(" ", "+")
                with urllib.request.urlopen(f"{address}/search?q={word}+{n}") as answer:
                    answer.read()
            used_mb = tree_mb(pid)
    return [
        Measured("serve: ready", ready_s, "s", floor=5, goal=3, less_is_better=True),
        Measured("memory of the process tree when ready", started_mb, "MB", floor=700, goal=500, less_is_better=True),
        Measured(f"the same after {SEARCHES} search pages", used_mb, "MB", floor=700, goal=500, less_is_better=True),
    ]


def tree_mb(pid: int) -> float:
    """Resident memory of a process and those below it, in millions of bytes; shared pages count in each."""
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(status.parent.name)] = int(fields[1])
    tree = {pid}
    while more := {child for child, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return sum(_resident(each) for each in tree) / 1_000_000


def _resident(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))
