"""Checks a plan against its problem, step by step, knowing nothing of how it was found.

It shares no code with `schedule.py` or `solving.py`: a mistake in one of them is to be seen here.
"""

from __future__ import annotations

from collections import Counter

from .types import Plan, Problem, Route, Stop, Vehicle


def plan_problems(problem: Problem, plan: Plan) -> list[str]:
    """What is wrong with a plan, as sentences; empty when every stop and vehicle is treated as it must be."""
    stops = {stop.id: stop for stop in problem.stops}
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    problems = _once_each(problem, plan)
    for route in plan.routes:
        vehicle = vehicles.get(route.vehicle_id)
        if vehicle is None:
            problems.append(f"{route.vehicle_id} drives and is no vehicle of this day")
        elif all(visit.stop_id in stops for visit in route.visits):
            problems += [f"{route.vehicle_id} {wrong}" for wrong in _route_problems(problem, vehicle, route, stops)]
    return problems


def _once_each(problem: Problem, plan: Plan) -> list[str]:
    visited = Counter(visit.stop_id for route in plan.routes for visit in route.visits)
    counted = visited + Counter(plan.left_out)
    known = {stop.id for stop in problem.stops}
    problems = [f"{stop_id} is planned {counted[stop_id]} times" for stop_id in sorted(known) if counted[stop_id] != 1]
    problems += [f"{stop_id} is planned and is no stop of this day" for stop_id in sorted(set(counted) - known)]
    driving = Counter(route.vehicle_id for route in plan.routes)
    problems += [f"{vehicle_id} drives {times} routes at once" for vehicle_id, times in driving.items() if times > 1]
    if problem.must_all and plan.left_out:
        problems.append(f"{len(plan.left_out)} stops are left out")
    return problems


def _route_problems(problem: Problem, vehicle: Vehicle, route: Route, stops: dict[str, Stop]) -> list[str]:
    wrong = _load_problems(vehicle, [stops[visit.stop_id] for visit in route.visits])
    here, clock, distance = vehicle.start, route.departs, 0
    if clock < vehicle.shift_start:
        wrong.append(f"departs at {clock}, before its shift begins at {vehicle.shift_start}")
    for visit in route.visits:
        stop = stops[visit.stop_id]
        clock += problem.durations[here][stop.place]
        distance += problem.distances[here][stop.place]
        if visit.arrives != clock:
            wrong.append(f"says it is at {stop.id} at {visit.arrives}, and is there at {clock}")
        if visit.begins < max(clock, stop.earliest):
            wrong.append(f"begins at {stop.id} at {visit.begins}, which is too early")
        if visit.begins > stop.latest:
            wrong.append(f"begins at {stop.id} at {visit.begins}, and {stop.latest} is the latest")
        if visit.leaves != visit.begins + stop.service:
            wrong.append(f"leaves {stop.id} at {visit.leaves}, and its work ends at {visit.begins + stop.service}")
        if not stop.skills <= vehicle.skills:
            wrong.append(f"goes to {stop.id} without {', '.join(sorted(stop.skills - vehicle.skills))}")
        here, clock = stop.place, visit.leaves
    clock += problem.durations[here][vehicle.end]
    distance += problem.distances[here][vehicle.end]
    if route.returns != clock:
        wrong.append(f"says it is back at {route.returns}, and is at {clock}")
    if clock > vehicle.shift_end:
        wrong.append(f"is back at {clock}, after its shift ends at {vehicle.shift_end}")
    if route.distance != distance:
        wrong.append(f"says it drives {route.distance}, and drives {distance}")
    return wrong


def _load_problems(vehicle: Vehicle, stops: list[Stop]) -> list[str]:
    wrong = []
    for dimension, capacity in enumerate(vehicle.capacity):
        load = sum(stop.load[dimension] for stop in stops)
        if load > capacity:
            wrong.append(f"carries {load} and holds {capacity} (dimension {dimension})")
    if vehicle.stops_max is not None and len(stops) > vehicle.stops_max:
        wrong.append(f"has {len(stops)} stops and may have {vehicle.stops_max}")
    return wrong
