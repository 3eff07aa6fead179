"""Routing instances from text files: CVRPLIB (`.vrp`, with or without time windows) and Solomon's (`.txt`).

Distances are as their literature has them. Without time windows they are rounded to whole numbers; with time windows
everything is counted in tenths, and distances are cut off there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from entrepot.kernel import Invalid

from .types import FOREVER, Matrix, Problem, Stop, Vehicle

TENTHS = 10
NODES_MAX = 20_000


class Instance(msgspec.Struct, frozen=True):
    """A problem with its name, and where its places lie."""

    name: str
    problem: Problem
    points: tuple[tuple[float, float], ...]


class _Node(msgspec.Struct, frozen=True):
    x: float
    y: float
    demand: int = 0
    earliest: int = 0
    latest: int = FOREVER
    service: int = 0


def read_instance(path: Path) -> Instance:
    """Read an instance; its first place is the depot. Invalid, naming what is missing, when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8", errors="strict")
        return _vrplib(text) if "NODE_COORD_SECTION" in text else _solomon(text)
    except (ValueError, IndexError, KeyError, UnicodeDecodeError) as problem:
        raise Invalid(f"{path.name} is no instance that can be read: {problem}") from None


def _vrplib(text: str) -> Instance:
    facts, sections = _sections(text)
    if facts.get("EDGE_WEIGHT_TYPE", "EUC_2D") != "EUC_2D":
        raise ValueError("only EUC_2D distances are known")
    timed = "TIME_WINDOW_SECTION" in sections
    scale = TENTHS if timed else 1
    count = int(facts["DIMENSION"])
    if not 2 <= count <= NODES_MAX:
        raise ValueError(f"DIMENSION is from 2 to {NODES_MAX}")
    rows = {int(row[0]): (float(row[1]), float(row[2])) for row in sections["NODE_COORD_SECTION"]}
    demands = {int(row[0]): int(row[1]) for row in sections["DEMAND_SECTION"]}
    windows = {int(row[0]): (int(row[1]), int(row[2])) for row in sections.get("TIME_WINDOW_SECTION", [])}
    service = {int(row[0]): int(row[1]) for row in sections.get("SERVICE_TIME_SECTION", [])}
    every = int(facts.get("SERVICE_TIME", "0"))
    nodes = [
        _Node(
            *rows[number], demands[number],
            windows[number][0] * scale if timed else 0, windows[number][1] * scale if timed else FOREVER,
            0 if number == 1 else service.get(number, every) * scale,
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    return _instance(facts["NAME"], nodes, int(facts["CAPACITY"]), int(facts.get("VEHICLES", count - 1)), timed)


def _sections(text: str) -> tuple[dict[str, str], dict[str, list[list[str]]]]:
    """The facts `NAME : value` of a file, and its tables."""
    facts: dict[str, str] = {}
    sections: dict[str, list[list[str]]] = {}
    current: list[list[str]] | None = None
    for line in map(str.strip, text.splitlines()):
        if line == "EOF":
            break
        if line.endswith("_SECTION"):
            current = sections.setdefault(line, [])
        elif current is None and ":" in line:
            name, _, value = line.partition(":")
            facts[name.strip()] = value.strip()
        elif current is not None and line:
            current.append(line.split())
    return facts, sections


def _solomon(text: str) -> Instance:
    lines = [line.split() for line in text.splitlines() if line.strip()]
    numbers = [line for line in lines if all(_is_number(word) for word in line)]
    vehicles, capacity = (int(word) for word in numbers[0])
    nodes = [
        _Node(
            float(x), float(y), int(float(demand)), round(float(ready) * TENTHS), round(float(due) * TENTHS),
            round(float(service) * TENTHS),
        )
        for _, x, y, demand, ready, due, service in numbers[1:]
    ]  # fmt: skip
    if not 2 <= len(nodes) <= NODES_MAX:
        raise ValueError("it has no customers")
    return _instance(lines[0][0], nodes, capacity, vehicles, timed=True)


def _instance(name: str, nodes: Sequence[_Node], capacity: int, vehicles: int, timed: bool) -> Instance:
    ways = _tenths(nodes) if timed else _whole(nodes)
    depot = nodes[0]
    return Instance(
        name,
        Problem(
            tuple(
                Vehicle(f"vehicle {number}", (capacity,), shift_start=depot.earliest, shift_end=depot.latest)
                for number in range(1, vehicles + 1)
            ),
            tuple(
                Stop(str(number), number, (node.demand,), node.service, node.earliest, node.latest)
                for number, node in enumerate(nodes)
                if number
            ),
            ways,
            ways,
            must_all=True,
        ),
        tuple((node.x, node.y) for node in nodes),
    )


def _whole(nodes: Sequence[_Node]) -> Matrix:
    # CVRPLIB rounds to the nearest, a half up.
    return tuple(tuple(math.floor(math.dist((a.x, a.y), (b.x, b.y)) + 0.5) for b in nodes) for a in nodes)


def _tenths(nodes: Sequence[_Node]) -> Matrix:
    return tuple(tuple(int(TENTHS * math.dist((a.x, a.y), (b.x, b.y))) for b in nodes) for a in nodes)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
