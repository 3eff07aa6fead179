"""What a bench found, as a table for people and as JSON for machines."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec


class Measured(msgspec.Struct, frozen=True, omit_defaults=True):
    """One figure. `ratio` compares it with its control; `floor` and `goal` bound the ratio, or the value without one.

    Bounds are at most when `less_is_better`, else at least.
    """

    what: str
    value: float
    unit: str
    control: str | None = None
    ratio: float | None = None
    floor: float | None = None
    goal: float | None = None
    less_is_better: bool = False

    @property
    def verdict(self) -> str:
        """How it stands to its bar."""
        if self.floor is None:
            return ""
        found = self.value if self.ratio is None else self.ratio
        sign = -1 if self.less_is_better else 1
        if self.goal is not None and found * sign >= self.goal * sign:
            return "goal"
        return "floor" if found * sign >= self.floor * sign else "MISSED"


class Report(msgspec.Struct, frozen=True):
    """A bench that was run, and where."""

    name: str
    machine: str
    measured: Sequence[Measured]


def machine() -> str:
    """The day, the processor and how busy it is with other work, the system and the programs under us."""
    cpu = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = [
            line.partition(":")[2].strip() for line in information.read_text().splitlines() if "model name" in line
        ]
        cpu = names[0] if names else cpu
    today = datetime.now(UTC).date().isoformat()
    return (
        f"{today}, {os.cpu_count()} cores of {cpu}, load {os.getloadavg()[0]:.1f}, {platform.system()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def render(report: Report) -> str:
    """A table for people."""
    head = ("measured", "value", "", "ratio", "floor", "goal", "")
    rows = [head, *map(_cells, report.measured)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(_placed(cell, width, n) for n, (cell, width) in enumerate(zip(row, widths, strict=True)))
             for row in rows]  # fmt: skip
    return "\n".join([f"{report.name}: {report.machine}", *(line.rstrip() for line in lines)])


def to_json(reports: Sequence[Report]) -> str:
    """The same for machines."""
    return msgspec.json.format(msgspec.json.encode(reports), indent=2).decode()


def _cells(measured: Measured) -> tuple[str, ...]:
    sign = "≤ " if measured.less_is_better else "≥ "
    bounds = ["" if bound is None else f"{sign}{_number(bound)}" for bound in (measured.floor, measured.goal)]
    ratio = "" if measured.ratio is None else f"{measured.ratio:.2f} × {measured.control}"
    return (measured.what, _number(measured.value), measured.unit, ratio, *bounds, measured.verdict)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _placed(cell: str, width: int, column: int) -> str:
    return cell.rjust(width) if column == 1 else cell.ljust(width)
