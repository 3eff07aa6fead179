"""When a vehicle is where, on a given sequence of stops: as early as possible, without waiting at its first stop."""

from __future__ import annotations

from collections.abc import Sequence

from .types import Problem, Route, Stop, Vehicle, Visit


def scheduled(problem: Problem, vehicle: Vehicle, stops: Sequence[Stop]) -> Route:
    """The route of a vehicle over these stops in this order; whether it is possible, the checker says."""
    departs = vehicle.shift_start
    if stops:
        departs = max(departs, stops[0].earliest - problem.durations[vehicle.start][stops[0].place])
    at, now, distance = vehicle.start, departs, 0
    visits = []
    for stop in stops:
        distance += problem.distances[at][stop.place]
        arrives = now + problem.durations[at][stop.place]
        begins = max(arrives, stop.earliest)
        now = begins + stop.service
        visits.append(Visit(stop.id, arrives, begins, now))
        at = stop.place
    distance += problem.distances[at][vehicle.end]
    return Route(vehicle.id, departs, tuple(visits), now + problem.durations[at][vehicle.end], distance)
