"""The problem of a day and its plan. Whole numbers throughout: metres and seconds, or whatever unit an instance has."""

from __future__ import annotations

import msgspec

Matrix = tuple[tuple[int, ...], ...]
"""From place to place, by index."""
FOREVER = 2**40


class Stop(msgspec.Struct, frozen=True):
    """Somewhere to go: a place by its index, what is unloaded there in each dimension, and when it may begin."""

    id: str
    place: int
    load: tuple[int, ...]
    service: int = 0
    earliest: int = 0
    latest: int = FOREVER
    skills: frozenset[str] = frozenset()


class Vehicle(msgspec.Struct, frozen=True):
    """What drives: its capacity in each dimension, where and when it starts and ends, what it can do."""

    id: str
    capacity: tuple[int, ...]
    start: int = 0
    end: int = 0
    shift_start: int = 0
    shift_end: int = FOREVER
    skills: frozenset[str] = frozenset()
    stops_max: int | None = None


class Problem(msgspec.Struct, frozen=True):
    """A day: vehicles that may drive, stops to reach, and how far and how long it is between places.

    `must_all`: a plan that leaves a stop out is no plan. Else a stop that cannot be reached in time is left out.
    """

    vehicles: tuple[Vehicle, ...]
    stops: tuple[Stop, ...]
    distances: Matrix
    durations: Matrix
    must_all: bool = False


class Visit(msgspec.Struct, frozen=True):
    """A stop on a route: when the vehicle is there, when it begins, and when it leaves."""

    stop_id: str
    arrives: int
    begins: int
    leaves: int


class Route(msgspec.Struct, frozen=True):
    """What one vehicle does."""

    vehicle_id: str
    departs: int
    visits: tuple[Visit, ...]
    returns: int
    distance: int


class Plan(msgspec.Struct, frozen=True):
    """The routes of a day, and the stops that none of them reaches."""

    routes: tuple[Route, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def distance(self) -> int:
        """Of all routes."""
        return sum(route.distance for route in self.routes)
