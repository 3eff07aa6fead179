"""Routes of vans: the problem of a day, its solution by PyVRP, a checker of our own, instances from files, a map.

Nothing here touches the database; `deliver/fleet.py` knows vehicles and parcels.
"""

from .checker import plan_problems
from .instances import Instance, read_instance
from .map import Map, draw_map
from .schedule import scheduled
from .solving import Progress, solve
from .types import Plan, Problem, Route, Stop, Vehicle, Visit

__all__ = [
    "Instance",
    "Map",
    "Plan",
    "Problem",
    "Progress",
    "Route",
    "Stop",
    "Vehicle",
    "Visit",
    "draw_map",
    "plan_problems",
    "read_instance",
    "scheduled",
    "solve",
]
