"""How good routes are: plans through our door against PyVRP called directly, on the same instance in the same run.

Both get the same seed and time, one after the other. Instances are drawn from a seed, or read from files that
`--instances` names: CVRPLIB's `.vrp` or Solomon's `.txt`. Of a folder the two of the bar are taken, where they are.
Every plan passes our own checker before it counts.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from entrepot.deliver import routes
from entrepot.deliver.routes import Instance, plan_problems
from entrepot.kernel import Invalid

from .report import Measured

SECONDS = 10.0
SEED = 1
POINTS_MAX = 0.1
"""How much more than PyVRP's own cost a plan may have, in percent of it."""
BAR = ("X-n101-k25", "RC208")
VARIABLE = "ENTREPOT_ROUTING_INSTANCES"


def measure_routes(folder: Path, postgres_url: str | None = None) -> list[Measured]:
    """Measure plans of two instances, one without and one with time windows, or of those given."""
    with TemporaryDirectory(dir=folder) as scratch, _files(Path(scratch)) as paths:
        return [figure for path in paths for figure in _measure(routes.read_instance(path))]


def _measure(instance: Instance) -> list[Measured]:
    plan = routes.solve(instance.problem, SECONDS, SEED)
    wrong = plan_problems(instance.problem, plan)
    control = _directly(instance)
    points = 100 * (plan.distance - control) / control
    name = instance.name
    return [
        Measured(f"{name}: our plan", plan.distance, f"in {len(plan.routes)} routes"),
        Measured(f"{name}: PyVRP itself", control, ""),
        Measured(f"{name}: above it", points, "points", floor=POINTS_MAX, goal=0.0, less_is_better=True),
        Measured(f"{name}: what our checker found wrong", len(wrong), "", floor=0, less_is_better=True),
    ]


def _directly(instance: Instance) -> int:
    """PyVRP's cost through its own model, with nothing of ours between but the figures of the file."""
    import pyvrp
    from pyvrp.stop import MaxRuntime

    problem = instance.problem
    model = pyvrp.Model()
    locations = [model.add_location(*point) for point in instance.points]
    depot = model.add_depot(locations[0])
    first = problem.vehicles[0]
    model.add_vehicle_type(
        len(problem.vehicles), capacity=list(first.capacity), start_depot=depot, end_depot=depot,
        tw_early=first.shift_start, tw_late=first.shift_end,
    )  # fmt: skip
    for stop in problem.stops:
        model.add_client(
            locations[stop.place], delivery=list(stop.load), service_duration=stop.service, tw_early=stop.earliest,
            tw_late=stop.latest,
        )  # fmt: skip
    _add_edges(model, locations, problem)
    return int(model.solve(stop=MaxRuntime(SECONDS), seed=SEED, display=False).cost())


def _add_edges(model: Any, locations: Sequence[Any], problem: routes.Problem) -> None:
    for a, one in enumerate(locations):
        for b, other in enumerate(locations):
            if a != b:
                model.add_edge(one, other, distance=problem.distances[a][b], duration=problem.durations[a][b])


@contextmanager
def _files(scratch: Path) -> Iterator[list[Path]]:
    given = os.environ.get(VARIABLE)
    yield _chosen(Path(given), scratch) if given else _drawn(scratch)


def _chosen(given: Path, scratch: Path) -> list[Path]:
    """The file itself; of a folder or archive those of the bar, else its smallest of each kind."""
    if given.suffix == ".zip":
        with zipfile.ZipFile(given) as archive:
            archive.extractall(scratch)
        given = scratch
    if given.is_file():
        return [given]
    files = sorted(path for path in given.rglob("*") if path.suffix.lower() in (".vrp", ".txt"))
    named = [path for name in BAR for path in files if path.stem.upper() == name.upper()]
    if named:
        return named
    kinds: dict[str, list[Path]] = {}
    for path in files:
        kinds.setdefault(path.parent.name, []).append(path)
    plain = [min(kinds[kind], key=lambda path: path.stat().st_size) for kind in ("CVRP", "VRPTW") if kind in kinds]
    if not (plain or files):
        raise Invalid(f"{given} holds no .vrp or .txt file")
    return plain or files[:2]


def _drawn(scratch: Path) -> list[Path]:
    """Two instances of a hundred customers, as files of both formats."""
    random = Random(SEED)
    plain, timed = scratch / "drawn.vrp", scratch / "drawn.txt"
    spots = [(random.randrange(1_000), random.randrange(1_000), random.randrange(1, 100)) for _ in range(101)]
    plain.write_text(
        "\n".join(
            [
                "NAME : drawn, loads", "TYPE : CVRP", "DIMENSION : 101", "EDGE_WEIGHT_TYPE : EUC_2D",
                "CAPACITY : 250", "NODE_COORD_SECTION",
                *(f"{number} {x} {y}" for number, (x, y, _) in enumerate(spots, 1)),
                "DEMAND_SECTION",
                *(f"{number} {0 if number == 1 else load}" for number, (_, _, load) in enumerate(spots, 1)),
                "DEPOT_SECTION", "1", "-1", "EOF",
            ]
        )
    )  # fmt: skip
    rows = ["0 50 50 0 0 1000 0"]
    for number in range(1, 101):
        opens = random.randrange(0, 700)
        place = f"{random.randrange(100)} {random.randrange(100)}"
        rows.append(f"{number} {place} {random.randrange(5, 40)} {opens} {opens + random.randrange(60, 240)} 10")
    timed.write_text("\n".join(["drawn-times", "VEHICLE", "NUMBER CAPACITY", "25 400", "CUSTOMER", *rows]))
    return [plain, timed]
