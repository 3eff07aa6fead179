"""The paper the pictures are drawn on: SVG text, collected shape by shape.

Coordinates are those of a square of 640. Two facts about the renderer shape the interface: an opaque linear gradient
costs a third of anything translucent, and a group with its own opacity or clip costs a full sheet. So bodies are opaque
gradients, translucent strokes and glosses are small, and nothing is grouped or clipped.
"""

from collections.abc import Sequence

SIDE = 640

Colour = str  # "#rrggbb"
Segment = tuple[float, ...]  # 2 numbers: a line to; 4: a quadratic curve to; 6: a cubic curve to


def channels(colour: Colour) -> tuple[int, int, int]:
    """Red, green and blue, each 0..255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """The colour that is `share` (0..1) of the way from one to the other."""
    pairs = zip(channels(one), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def lighter(colour: Colour, share: float) -> Colour:
    return mix(colour, "#ffffff", share)


def darker(colour: Colour, share: float) -> Colour:
    # Towards a warm near-black: shadows that go to pure grey look like dirt.
    return mix(colour, "#120d12", share)


def brightness(colour: Colour) -> float:
    """Perceived brightness, 0 (black) to 1 (white)."""
    red, green, blue = channels(colour)
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def ink_on(colour: Colour) -> Colour:
    """A colour for letters that reads well on the given one."""
    return "#2a2326" if brightness(colour) > 0.58 else "#fbf7ef"


def mirrored(x: float, y: float, *segments: Segment) -> str:
    """A closed path, symmetrical about the middle of the sheet; only its left half is given, from top to bottom."""
    left = [f"M{x:g},{y:g}"]
    ends: list[tuple[float, float]] = [(x, y)]
    for segment in segments:
        left.append("LLLQQC"[len(segment) - 1] + ",".join(f"{value:g}" for value in segment))
        ends.append((segment[-2], segment[-1]))
    right = [f"L{SIDE - ends[-1][0]:g},{ends[-1][1]:g}"]
    for segment, (end_x, end_y) in zip(reversed(segments), reversed(ends[:-1]), strict=True):
        controls = list(zip(segment[:-2:2], segment[1:-2:2], strict=True))[::-1]
        points = [*controls, (end_x, end_y)]
        right.append(" LQC"[len(points)] + " ".join(f"{SIDE - px:g},{py:g}" for px, py in points))
    return "".join([*left, *right, "Z"])


class Canvas:
    """Collects shapes in painting order and gives back the SVG text."""

    def __init__(self) -> None:
        self.ground = "stand"  # how it meets the studio: stand on the floor, lay on a table, hang on a wall
        self.texture = ""  # a cloth or skin felt over the whole thing; the names are the studio's
        self._definitions: dict[str, str] = {}
        self._shapes: list[str] = []

    def svg(self, view: tuple[float, float, float, float], size: tuple[int, int]) -> str:
        """The part of the drawing inside `view` (x, y, width, height), to be rendered at `size` pixels."""
        box = " ".join(f"{value:g}" for value in view)
        definitions = "".join(content.replace("@", name, 1) for content, name in self._definitions.items())
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" viewBox="{box}">'
            f"<defs>{definitions}</defs>{''.join(self._shapes)}</svg>"
        )

    def _define(self, content: str) -> str:
        name = self._definitions.setdefault(content, f"d{len(self._definitions)}")
        return f"url(#{name})"

    # Fills

    def gradient(self, x1: float, y1: float, x2: float, y2: float, *colours: Colour) -> str:
        """A linear gradient from one point to another, its colours evenly spaced; gives the fill's name."""
        last = max(len(colours) - 1, 1)
        stops = [(index / last, colour) for index, colour in enumerate(colours)]
        return self.ramp(x1, y1, x2, y2, stops)

    def ramp(self, x1: float, y1: float, x2: float, y2: float, stops: Sequence[tuple[float, Colour]]) -> str:
        """A linear gradient with colours at given places (0..1)."""
        marks = "".join(f'<stop offset="{at:.3g}" stop-color="{colour}"/>' for at, colour in stops)
        return self._define(
            f'<linearGradient id="@" gradientUnits="userSpaceOnUse" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}">'
            f"{marks}</linearGradient>"
        )

    def glow(self, x: float, y: float, radius: float, inner: Colour, outer: Colour) -> str:
        """A radial gradient around a point."""
        return self._define(
            f'<radialGradient id="@" gradientUnits="userSpaceOnUse" cx="{x:g}" cy="{y:g}" r="{radius:g}">'
            f'<stop offset="0" stop-color="{inner}"/><stop offset="1" stop-color="{outer}"/></radialGradient>'
        )

    def pattern(self, width: float, height: float, content: str) -> str:
        """A fill that repeats a small tile of SVG; bare parts of the tile let through what is below."""
        return self._define(
            f'<pattern id="@" patternUnits="userSpaceOnUse" width="{width:g}" height="{height:g}">{content}</pattern>'
        )

    def round_fill(self, x1: float, x2: float, colour: Colour, shine: float = 0.28) -> str:
        """The fill of something upright and round, lit from the left."""
        return self.ramp(
            x1, 0, x2, 0,
            [
                (0, darker(colour, 0.30)), (0.10, darker(colour, 0.10)), (0.28, lighter(colour, shine)),
                (0.46, colour), (0.80, darker(colour, 0.22)), (0.94, darker(colour, 0.40)), (1, darker(colour, 0.28)),
            ],
        )  # fmt: skip

    def soft_fill(self, x1: float, y1: float, x2: float, y2: float, colour: Colour, depth: float = 0.2) -> str:
        """A matte fill, lighter at the first point than at the second."""
        return self.gradient(x1, y1, x2, y2, lighter(colour, depth), colour, darker(colour, depth))

    def metal_fill(self, x1: float, y1: float, x2: float, y2: float, colour: Colour) -> str:
        """A fill with the hard reflections of polished metal."""
        return self.ramp(
            x1, y1, x2, y2,
            [
                (0, darker(colour, 0.25)), (0.14, lighter(colour, 0.55)), (0.3, lighter(colour, 0.15)),
                (0.5, darker(colour, 0.22)), (0.64, lighter(colour, 0.1)), (0.84, lighter(colour, 0.4)),
                (1, darker(colour, 0.35)),
            ],
        )  # fmt: skip

    # Shapes

    def path(self, d: str, fill: str = "none", alpha: float = 1, stroke: str = "", width: float = 0) -> None:
        """A filled path, optionally with an outline; `alpha` applies to both."""
        style = f' fill="{fill}"'
        if alpha < 1 and fill != "none":
            style += f' fill-opacity="{alpha:g}"'
        if stroke:
            style += f' stroke="{stroke}" stroke-width="{width:g}" stroke-linejoin="round" stroke-linecap="round"'
            if alpha < 1:
                style += f' stroke-opacity="{alpha:g}"'
        self._shapes.append(f'<path d="{d}"{style}/>')

    def stroke(self, d: str, colour: str, width: float, alpha: float = 1, dash: str = "", butt: bool = False) -> None:
        """An open line; `dash` in SVG's notation, for seams; `butt` cuts its ends off square."""
        style = f' stroke-dasharray="{dash}"' if dash else ""
        style += f' stroke-opacity="{alpha:g}"' if alpha < 1 else ""
        cap = "butt" if butt else "round"
        self._shapes.append(
            f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"'
            f' stroke-linecap="{cap}"{style}/>'
        )

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, radius: float = 0, alpha: float = 1
    ) -> None:
        opacity = f' fill-opacity="{alpha:g}"' if alpha < 1 else ""
        corner = f' rx="{radius:g}"' if radius else ""
        self._shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"{corner} fill="{fill}"{opacity}/>'
        )

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: str, alpha: float = 1) -> None:
        opacity = f' fill-opacity="{alpha:g}"' if alpha < 1 else ""
        self._shapes.append(f'<ellipse cx="{x:g}" cy="{y:g}" rx="{rx:g}" ry="{ry:g}" fill="{fill}"{opacity}/>')

    def circle(self, x: float, y: float, radius: float, fill: str, alpha: float = 1) -> None:
        self.ellipse(x, y, radius, radius, fill, alpha)

    def ring(self, x: float, y: float, radius: float, colour: str, width: float, alpha: float = 1) -> None:
        d = (
            f"M{x - radius:g},{y:g}a{radius:g},{radius:g} 0 1 0 {2 * radius:g},0"
            f"a{radius:g},{radius:g} 0 1 0 {-2 * radius:g},0Z"
        )
        self.stroke(d, colour, width, alpha)

    def polygon(self, points: Sequence[tuple[float, float]], fill: str, alpha: float = 1) -> None:
        self.path("M" + "L".join(f"{x:g},{y:g}" for x, y in points) + "Z", fill, alpha)

    # Solid things

    def tube(self, x: float, y: float, width: float, height: float, colour: Colour, radius: float = 0) -> None:
        """Something upright and round: a bottle's neck, a lamp's pole."""
        self.rect(x, y, width, height, self.round_fill(x, x + width, colour), radius)

    def metal(self, x: float, y: float, width: float, height: float, colour: Colour, radius: float = 0) -> None:
        """A polished metal bar, reflecting across its narrow side."""
        across = (x, 0.0, x + width, 0.0) if width <= height else (0.0, y, 0.0, y + height)
        self.rect(x, y, width, height, self.metal_fill(*across, colour), radius)

    def solid(self, d: str, colour: Colour, box: tuple[float, float, float, float], depth: float = 0.2) -> None:
        """A matte body of any outline, lit from the top left corner of its box (x1, y1, x2, y2)."""
        self.path(d, self.soft_fill(*box, colour, depth))

    def fold(self, d: str, colour: Colour, width: float = 7, strength: float = 0.22) -> None:
        """A soft crease in cloth: a shadow line with a light one beside it."""
        self.stroke(d, darker(colour, 0.75), width, strength * 0.6)
        self.stroke(d, darker(colour, 0.75), width * 0.4, strength * 0.7)

    def seam(self, d: str, colour: Colour, alpha: float = 0.75) -> None:
        """A line of stitches."""
        tone = darker(colour, 0.4) if brightness(colour) > 0.35 else lighter(colour, 0.35)
        self.stroke(d, tone, 2, alpha, dash="6 4", butt=True)

    def shine(self, d: str, alpha: float = 0.3) -> None:
        """A reflection of the studio's window."""
        self.path(d, "#ffffff", alpha)
