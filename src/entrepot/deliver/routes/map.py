"""A map without outside tiles: depot, stops and routes as lines and signs in the plane, with a scale.

Degrees become the plane by the cosine of the middle latitude, which is true enough for a day's drive. What is drawn is
data; the page's template writes it as SVG, with colours of its theme.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

WIDTH, HEIGHT, MARGIN = 960, 620, 40
COLOURS = 8
"""Lines have so many colours, and a different dash when they begin again."""
METRES_A_DEGREE = 111_320
SCALES_M: tuple[int, ...] = tuple(int(step * 10**power) for power in range(1, 7) for step in (1, 2, 5))


class Spot(msgspec.Struct, frozen=True):
    """A sign on the map, with what is written beside it."""

    x: float
    y: float
    label: str


class Line(msgspec.Struct, frozen=True):
    """A route: its points as SVG has them, its colour and dash, whose it is, and its stops in order."""

    points: str
    colour: int
    dash: int
    name: str
    stops: tuple[Spot, ...]


class Map(msgspec.Struct, frozen=True):
    """What is drawn, in a frame of `width` × `height`; the scale is a bar of so many pixels for so many metres."""

    width: int
    height: int
    depots: tuple[Spot, ...]
    lines: tuple[Line, ...]
    scale_px: float
    scale_m: int


class Drawn(msgspec.Struct, frozen=True):
    """A route to draw: from a depot over stops, each with latitude, longitude (in degrees) and a label, to a depot."""

    name: str
    start: tuple[float, float, str]
    stops: tuple[tuple[float, float, str], ...]
    end: tuple[float, float, str]


def draw_map(routes: Sequence[Drawn]) -> Map | None:
    """The map of these routes; None where there is nothing to draw."""
    spots = [spot for route in routes for spot in (route.start, *route.stops, route.end)]
    if not spots:
        return None
    frame = _Frame([(latitude, longitude) for latitude, longitude, _ in spots])
    depots = dict.fromkeys(spot for route in routes for spot in (route.start, route.end))
    scale_m = _scale(frame.metres_a_pixel)
    return Map(
        WIDTH,
        HEIGHT,
        tuple(frame.spot(*depot) for depot in depots),
        tuple(_line(frame, number, route) for number, route in enumerate(routes)),
        round(scale_m / frame.metres_a_pixel, 1),
        scale_m,
    )


def _line(frame: _Frame, number: int, route: Drawn) -> Line:
    stops = tuple(frame.spot(*stop) for stop in route.stops)
    way = [frame.spot(*route.start), *stops, frame.spot(*route.end)]
    points = " ".join(f"{spot.x:g},{spot.y:g}" for spot in way)
    return Line(points, number % COLOURS, number // COLOURS % 3, route.name, stops)


def _scale(metres_a_pixel: float) -> int:
    """The roundest length that is about a sixth of the map."""
    wanted = metres_a_pixel * WIDTH / 6
    return max((scale for scale in SCALES_M if scale <= wanted), default=SCALES_M[0])


class _Frame:
    """Fits points into the map, north up, both directions to one scale."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        latitudes, longitudes = [point[0] for point in points], [point[1] for point in points]
        self._middle = (min(latitudes) + max(latitudes)) / 2
        self._west, self._north = min(longitudes), max(latitudes)
        self._shrink = max(math.cos(math.radians(self._middle)), 0.01)
        wide = (max(longitudes) - self._west) * self._shrink * METRES_A_DEGREE
        high = (self._north - min(latitudes)) * METRES_A_DEGREE
        room_x, room_y = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
        self.metres_a_pixel = max(wide / room_x, high / room_y, 0.05)
        self._left = (WIDTH - wide / self.metres_a_pixel) / 2
        self._top = (HEIGHT - high / self.metres_a_pixel) / 2

    def spot(self, latitude: float, longitude: float, label: str) -> Spot:
        x = (longitude - self._west) * self._shrink * METRES_A_DEGREE / self.metres_a_pixel + self._left
        y = (self._north - latitude) * METRES_A_DEGREE / self.metres_a_pixel + self._top
        return Spot(round(x, 1), round(y, 1), label)
