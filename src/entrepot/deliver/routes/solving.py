"""Plans by PyVRP: iterated local search with a seed and a time limit, so that a plan can be repeated."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import structs

from entrepot.kernel import Conflict

from .checker import plan_problems
from .schedule import scheduled
from .types import Plan, Problem, Stop, Vehicle

Progress = Callable[[float], None]
"""Told now and then how much of the time is over, from 0 to 1; may raise to give up."""

_TOLD_EVERY_S = 1.0
FAR = 2**32
"""A way that cannot be taken: PyVRP's own largest value is larger, and sums of these stay within 64 bits."""


def solve(problem: Problem, seconds: float, seed: int, progress: Progress | None = None) -> Plan:
    """The best plan found in this time. Every plan passes the checker before it is given out.

    Conflict when none was found that reaches all stops, where it must; else what did not fit in time is left out.
    """
    if not problem.stops or not problem.vehicles:
        return Plan((), tuple(stop.id for stop in problem.stops))
    # Imported here: it takes a tenth of a second and 25 MB that only those pay who plan routes.
    import pyvrp

    data, order = _data(pyvrp, problem)
    clock = _Stop(seconds, progress)
    best = pyvrp.solve(data, stop=clock, seed=seed, collect_stats=False, display=False).best
    if not best.is_feasible() and problem.must_all:
        raise Conflict("No plan was found that keeps to every time and load: give it more time, or more vehicles")
    plan = _plan(problem, best, order)
    problems = plan_problems(problem, plan)
    assert not problems, problems[0]
    return plan


class _Stop:
    """Ends the search when its time is over, and tells of progress meanwhile."""

    def __init__(self, seconds: float, progress: Progress | None) -> None:
        self._seconds = seconds
        self._progress = progress
        self._began: float | None = None
        self._told = 0.0

    def __call__(self, best_cost: int) -> bool:
        now = time.perf_counter()
        if self._began is None:
            self._began = now
        past = now - self._began
        if self._progress is not None and past - self._told >= _TOLD_EVERY_S:
            self._told = past
            self._progress(min(1.0, past / self._seconds) if self._seconds else 1.0)
        return past > self._seconds


def _data(pyvrp: Any, problem: Problem) -> tuple[Any, list[list[Vehicle]]]:
    """The problem as PyVRP has it, and the vehicles of each of its types."""
    import numpy as np

    kinds: dict[Any, list[Vehicle]] = {}
    for vehicle in problem.vehicles:
        kinds.setdefault(_kind(vehicle), []).append(vehicle)
    depots = sorted({place for vehicle in problem.vehicles for place in (vehicle.start, vehicle.end)})
    counted = any(vehicle.stops_max is not None for vehicle in problem.vehicles)
    skills = sorted({vehicle.skills for vehicle in problem.vehicles}, key=sorted)
    distances = np.array(problem.distances, dtype=np.int64)
    durations = np.array(problem.durations, dtype=np.int64)
    prize = 0 if problem.must_all else _prize(problem)
    clients = [
        pyvrp.Client(
            stop.place, delivery=[*stop.load, *([1] if counted else [])], service_duration=stop.service,
            tw_early=stop.earliest, tw_late=stop.latest, prize=prize, required=problem.must_all,
        )
        for stop in problem.stops
    ]  # fmt: skip
    types = [
        pyvrp.VehicleType(
            num_available=len(vehicles), capacity=_capacity(vehicles[0], counted, len(problem.stops)),
            start_depot=depots.index(vehicles[0].start), end_depot=depots.index(vehicles[0].end),
            tw_early=vehicles[0].shift_start, tw_late=vehicles[0].shift_end, profile=skills.index(vehicles[0].skills),
        )
        for vehicles in kinds.values()
    ]  # fmt: skip
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0)] * len(problem.distances),
        clients=clients,
        depots=[pyvrp.Depot(place) for place in depots],
        vehicle_types=types,
        distance_matrices=[_allowed(distances, problem.stops, has) for has in skills],
        duration_matrices=[durations] * len(skills),
    )
    return data, list(kinds.values())


def _kind(vehicle: Vehicle) -> Any:
    """What vehicles must share to be one type."""
    return (
        vehicle.capacity, vehicle.start, vehicle.end, vehicle.shift_start, vehicle.shift_end, vehicle.skills,
        vehicle.stops_max,
    )  # fmt: skip


def _capacity(vehicle: Vehicle, counted: bool, most: int) -> list[int]:
    return [*vehicle.capacity, *([most if vehicle.stops_max is None else vehicle.stops_max] if counted else [])]


def _prize(problem: Problem) -> int:
    """More than any detour costs, so that a stop is left out only where nobody can reach it."""
    longest = max(max(row) for row in problem.distances)
    return min(4 * longest * (len(problem.vehicles) + 1) + 1_000, FAR // 2)


def _allowed(distances: Any, stops: Sequence[Stop], skills: frozenset[str]) -> Any:
    """The distances for vehicles with these skills: to a stop that needs another, there is no way."""
    closed = sorted({stop.place for stop in stops if not stop.skills <= skills})
    if not closed:
        return distances
    barred = distances.copy()
    barred[closed, :] = barred[:, closed] = FAR
    for place in closed:
        barred[place, place] = 0
    return barred


def _plan(problem: Problem, best: Any, order: list[list[Vehicle]]) -> Plan:
    free = [list(vehicles) for vehicles in order]
    routes, seen = [], set()
    for found in best.routes():
        vehicle = free[found.vehicle_type()].pop(0)
        stops = [problem.stops[step.idx] for step in found.schedule() if step.is_client()]
        # A stop that nobody may serve could only be reached by a way that is none.
        stops = [stop for stop in stops if stop.skills <= vehicle.skills]
        if not best.is_feasible():
            stops = _kept(problem, vehicle, stops)
        if not stops:
            continue
        seen |= {stop.id for stop in stops}
        routes.append(scheduled(problem, vehicle, stops))
    return Plan(tuple(routes), tuple(stop.id for stop in problem.stops if stop.id not in seen))


def _kept(problem: Problem, vehicle: Vehicle, stops: Sequence[Stop]) -> list[Stop]:
    """Of a route that breaks a bound, the stops that it can keep, taken one after the other from its beginning."""
    kept: list[Stop] = []
    for stop in stops:
        tried = [*kept, stop]
        alone = structs.replace(problem, vehicles=(vehicle,), stops=tuple(tried), must_all=False)
        if not plan_problems(alone, Plan((scheduled(alone, vehicle, tried),))):
            kept = tried
    return kept
