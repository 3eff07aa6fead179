"""Printed labels and the little pictures on them."""

from collections.abc import Callable
from math import cos, pi, sin

from entrepot.simulation.drawings.canvas import Canvas, brightness, darker, ink_on, lighter, mix
from entrepot.simulation.drawings.letters import write, write_lines
from entrepot.simulation.drawings.picture import Look

PAPER = "#faf4e6"


def label(c: Canvas, look: Look, x: float, y: float, width: float, height: float, radius: float = 6) -> None:
    """A label with brand, picture and product name, in the style the look asks for."""
    middle = x + width / 2
    style, tone = look.get("style", "paper"), look.accent
    if style == "band":
        ground, ink = tone, ink_on(tone)
        c.rect(
            x,
            y,
            width,
            height,
            c.gradient(x, 0, x + width, 0, darker(tone, 0.14), lighter(tone, 0.12), tone, darker(tone, 0.2)),
            radius,
        )
        c.rect(x, y + height * 0.26, width, 3, ink, 0, 0.8)
    elif style == "split":
        ground, ink = PAPER, darker(tone, 0.45)
        c.rect(
            x, y, width, height, c.gradient(x, 0, x + width, 0, darker(PAPER, 0.1), PAPER, darker(PAPER, 0.12)), radius
        )
        c.rect(
            x,
            y,
            width,
            height * 0.3,
            c.gradient(x, 0, x + width, 0, darker(tone, 0.12), lighter(tone, 0.1), darker(tone, 0.16)),
            radius,
        )
    elif style == "kraft":
        ground, ink = "#c9a377", "#3b2a1e"
        c.rect(
            x,
            y,
            width,
            height,
            c.gradient(x, 0, x + width, 0, darker(ground, 0.12), lighter(ground, 0.1), darker(ground, 0.14)),
            radius,
        )
        c.rect(x + 7, y + 7, width - 14, 3, tone)
        c.rect(x + 7, y + height - 10, width - 14, 3, tone)
    else:
        ground, ink = PAPER, darker(tone, 0.5)
        c.rect(
            x, y, width, height, c.gradient(x, 0, x + width, 0, darker(PAPER, 0.1), PAPER, darker(PAPER, 0.12)), radius
        )
        c.path(f"M{x + 6:g},{y + 6:g}H{x + width - 6:g}V{y + height - 6:g}H{x + 6:g}Z", stroke=tone, width=2.4)
    top = ink_on(tone) if style == "split" else ink
    write(c, look.words(0), middle, y + height * 0.1, height * 0.115, width * 0.8, top, 1.7)
    size = min(width * 0.2, height * 0.145)
    icon(
        c,
        look.get("icon", "leaf"),
        middle,
        y + height * 0.455,
        size,
        mix(tone, ink, 0.1) if style != "band" else ink,
        ground,
    )
    _words(c, look, middle, y, width, height, ink)


def _words(c: Canvas, look: Look, middle: float, y: float, width: float, height: float, ink: str) -> None:
    below = write_lines(c, look.words(1), middle, y + height * 0.655, height * 0.078, width * 0.84, ink, 1.5, 2)
    write(
        c, look.words(2), middle, max(below - height * 0.015, y + height * 0.86), height * 0.045, width * 0.7, ink, 1.4
    )


def icon(c: Canvas, name: str, x: float, y: float, size: float, tone: str, ground: str) -> None:
    """A small picture centred on a point; `size` is half its height."""
    _ICONS[name](c, x, y, size, tone, ground)


def _leaf(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    c.path(
        f"M{x:g},{y + s:g}C{x - s:g},{y + s * 0.3:g} {x - s * 0.8:g},{y - s * 0.7:g} {x:g},{y - s:g}"
        f"C{x + s * 0.8:g},{y - s * 0.7:g} {x + s:g},{y + s * 0.3:g} {x:g},{y + s:g}Z",
        tone,
    )
    c.stroke(
        f"M{x:g},{y - s * 0.6:g}V{y + s * 1.25:g}M{x:g},{y + s * 0.2:g}l{s * 0.4:g},{-s * 0.35:g}"
        f"M{x:g},{y + s * 0.5:g}l{-s * 0.4:g},{-s * 0.35:g}",
        ground,
        s * 0.1,
    )


def _bean(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    for dx, lean in ((-0.45, -1), (0.5, 1)):
        cx = x + dx * s
        c.path(
            f"M{cx - s * 0.5:g},{y + lean * s * 0.2:g}"
            f"C{cx - s * 0.5:g},{y - s * 0.9:g} {cx + s * 0.5:g},{y - s * 0.9:g} {cx + s * 0.5:g},{y:g}"
            f"C{cx + s * 0.5:g},{y + s * 0.9:g} {cx - s * 0.5:g},{y + s * 0.9:g} "
            f"{cx - s * 0.5:g},{y + lean * s * 0.2:g}"
            "Z",
            tone,
        )
        c.stroke(
            f"M{cx + lean * s * 0.18:g},{y - s * 0.56:g}"
            f"C{cx - s * 0.3:g},{y - s * 0.2:g} {cx + s * 0.3:g},{y + s * 0.2:g} "
            f"{cx - lean * s * 0.1:g},{y + s * 0.58:g}",
            ground,
            s * 0.12,
        )


def _round_fruit(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    c.circle(x, y + s * 0.15, s * 0.85, tone)
    c.path(
        f"M{x:g},{y - s * 0.6:g}C{x:g},{y - s * 1.2:g} {x + s * 0.7:g},{y - s * 1.2:g} {x + s * 0.8:g},{y - s:g}"
        f"C{x + s * 0.6:g},{y - s * 0.6:g} {x + s * 0.3:g},{y - s * 0.5:g} {x:g},{y - s * 0.6:g}Z",
        "#5a8a4a",
    )
    c.stroke(
        f"M{x - s * 0.5:g},{y:g}A{s * 0.55:g},{s * 0.55:g} 0 0 1 {x - s * 0.1:g},{y - s * 0.4:g}", ground, s * 0.13, 0.8
    )


def _citrus(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    c.circle(x, y, s, tone)
    c.circle(x, y, s * 0.84, ground)
    for k in range(8):
        a, b = k * pi / 4 + 0.06, (k + 1) * pi / 4 - 0.06
        r = s * 0.74
        c.polygon(
            [
                (x + 0.1 * s * cos((a + b) / 2), y + 0.1 * s * sin((a + b) / 2)),
                (x + r * cos(a), y + r * sin(a)),
                (x + r * 1.06 * cos((a + b) / 2), y + r * 1.06 * sin((a + b) / 2)),
                (x + r * cos(b), y + r * sin(b)),
            ],
            tone,
        )


def _berries(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    for dx, dy in ((-0.45, 0.3), (0.45, 0.35), (0.0, -0.35)):
        c.circle(x + dx * s, y + dy * s, s * 0.5, tone)
        c.circle(x + (dx - 0.15) * s, y + (dy - 0.16) * s, s * 0.12, ground, 0.9)
    c.stroke(
        f"M{x:g},{y - s * 0.8:g}l{s * 0.3:g},{-s * 0.4:g}M{x:g},{y - s * 0.8:g}l{-s * 0.35:g},{-s * 0.25:g}",
        "#5a8a4a",
        s * 0.16,
    )


def _wheat(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    c.stroke(f"M{x:g},{y + s:g}V{y - s * 0.7:g}", tone, s * 0.1)
    for row in range(4):
        h = y + s * (0.45 - row * 0.42)
        c.stroke(
            f"M{x:g},{h:g}q{s * 0.45:g},{-s * 0.05:g} {s * 0.5:g},{-s * 0.42:g}M{x:g},{h:g}"
            f"q{-s * 0.45:g},{-s * 0.05:g} {-s * 0.5:g},{-s * 0.42:g}",
            tone,
            s * 0.2,
        )


def _olive(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    c.stroke(
        f"M{x - s:g},{y - s * 0.5:g}"
        f"C{x - s * 0.3:g},{y - s * 0.2:g} {x + s * 0.4:g},{y - s * 0.3:g} {x + s:g},{y - s * 0.8:g}",
        "#6d7a46",
        s * 0.1,
    )
    for dx, dy in ((-0.35, 0.35), (0.4, 0.15)):
        c.ellipse(x + dx * s, y + dy * s, s * 0.36, s * 0.52, tone)
        c.ellipse(x + (dx - 0.12) * s, y + (dy - 0.18) * s, s * 0.08, s * 0.14, ground, 0.8)
    for dx, dy in ((-0.8, -0.9), (0.1, -0.95), (0.85, -0.2)):
        c.ellipse(x + dx * s, y + dy * s, s * 0.13, s * 0.32, "#8a9a5e")


def _comb(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    for dx, dy in ((0, -0.62), (-0.55, 0.32), (0.55, 0.32)):
        points = [(x + dx * s + s * 0.56 * sin(k * pi / 3), y + dy * s + s * 0.56 * cos(k * pi / 3)) for k in range(6)]
        c.polygon(points, tone, 0.95 if dx else 0.75)


def _nut(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    c.path(
        f"M{x:g},{y - s:g}C{x + s * 0.9:g},{y - s * 0.4:g} {x + s * 0.8:g},{y + s:g} {x:g},{y + s:g}"
        f"C{x - s * 0.8:g},{y + s:g} {x - s * 0.9:g},{y - s * 0.4:g} {x:g},{y - s:g}Z",
        tone,
    )
    c.stroke(
        f"M{x:g},{y - s * 0.6:g}C{x + s * 0.2:g},{y:g} {x - s * 0.1:g},{y + s * 0.3:g} {x:g},{y + s * 0.75:g}"
        f"M{x - s * 0.35:g},{y - s * 0.1:g}V{y + s * 0.6:g}M{x + s * 0.38:g},{y - s * 0.05:g}V{y + s * 0.6:g}",
        ground,
        s * 0.08,
    )


def _chili(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    c.path(
        f"M{x + s * 0.5:g},{y - s * 0.7:g}C{x + s:g},{y:g} {x:g},{y + s * 0.9:g} {x - s:g},{y + s * 0.8:g}"
        f"C{x - s * 0.3:g},{y + s * 0.4:g} {x - s * 0.1:g},{y - s * 0.2:g} {x - s * 0.05:g},{y - s * 0.6:g}Z",
        tone,
    )
    c.stroke(f"M{x + s * 0.22:g},{y - s * 0.65:g}q0,{-s * 0.3:g} {s * 0.3:g},{-s * 0.4:g}", "#5a8a4a", s * 0.18)


def _cow(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    c.path(f"M{x - s:g},{y + s * 0.6:g}L{x + s * 0.9:g},{y - s * 0.5:g}V{y + s * 0.6:g}Z", tone)
    for dx, dy, r in ((0.1, 0.3, 0.14), (0.55, 0.1, 0.18), (0.6, 0.45, 0.1)):
        c.circle(x + dx * s, y + dy * s, r * s, ground)


def _drop(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    c.path(
        f"M{x:g},{y - s:g}C{x + s * 0.4:g},{y - s * 0.4:g} {x + s * 0.75:g},{y:g} {x + s * 0.75:g},{y + s * 0.3:g}"
        f"A{s * 0.75:g},{s * 0.75:g} 0 0 1 {x - s * 0.75:g},{y + s * 0.3:g}"
        f"C{x - s * 0.75:g},{y:g} {x - s * 0.4:g},{y - s * 0.4:g} {x:g},{y - s:g}Z",
        tone,
    )
    c.stroke(
        f"M{x - s * 0.4:g},{y + s * 0.3:g}A{s * 0.42:g},{s * 0.42:g} 0 0 0 {x:g},{y + s * 0.7:g}", ground, s * 0.14
    )


def _cocoa(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    c.path(
        f"M{x:g},{y - s:g}C{x + s * 0.95:g},{y - s * 0.5:g} {x + s * 0.8:g},{y + s * 0.8:g} {x:g},{y + s:g}"
        f"C{x - s * 0.8:g},{y + s * 0.8:g} {x - s * 0.95:g},{y - s * 0.5:g} {x:g},{y - s:g}Z",
        tone,
    )
    c.stroke(
        "".join(f"M{x:g},{y - s * 0.9:g}Q{x + k * s:g},{y:g} {x:g},{y + s * 0.9:g}" for k in (-0.7, 0.0, 0.7)),
        ground,
        s * 0.09,
    )


def _sun(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    c.circle(x, y, s * 0.55, tone)
    c.stroke(
        "".join(
            f"M{x + s * 0.72 * cos(k * pi / 6):.1f},{y + s * 0.72 * sin(k * pi / 6):.1f}"
            f"L{x + s * cos(k * pi / 6):.1f},{y + s * sin(k * pi / 6):.1f}"
            for k in range(12)
        ),
        tone,
        s * 0.13,
    )


def _pod(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    c.path(
        f"M{x - s:g},{y - s * 0.2:g}"
        f"C{x - s * 0.6:g},{y + s * 0.9:g} {x + s * 0.6:g},{y + s * 0.9:g} {x + s:g},{y - s * 0.4:g}"
        f"C{x + s * 0.4:g},{y + s * 0.1:g} {x - s * 0.5:g},{y + s * 0.2:g} {x - s:g},{y - s * 0.2:g}Z",
        tone,
    )
    for dx, dy in ((-0.45, 0.22), (0.0, 0.32), (0.45, 0.18)):
        c.circle(
            x + dx * s, y + dy * s, s * 0.19, lighter(tone, 0.35) if brightness(tone) < 0.75 else darker(tone, 0.2)
        )


def _crisp(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    for dx, dy, lean in ((-0.5, 0.2, -0.2), (0.45, 0.1, 0.25), (0.0, -0.35, 0.0)):
        c.path(
            f"M{x + (dx - 0.6) * s:g},{y + (dy + lean) * s:g}"
            f"C{x + (dx - 0.4) * s:g},{y + (dy - 0.6) * s:g} {x + (dx + 0.5) * s:g},{y + (dy - 0.5) * s:g} "
            f"{x + (dx + 0.6) * s:g},{y + (dy - lean) * s:g}"
            f"C{x + (dx + 0.4) * s:g},{y + (dy + 0.5) * s:g} {x + (dx - 0.4) * s:g},{y + (dy + 0.6) * s:g} "
            f"{x + (dx - 0.6) * s:g},{y + (dy + lean) * s:g}"
            "Z",
            lighter("#eebb4d", 0.2),
            stroke="#c98a2c",
            width=s * 0.06,
        )


def _cookie(c: Canvas, x: float, y: float, s: float, tone: str, ground: str) -> None:
    c.circle(x, y, s, "#c98f4e")
    c.circle(x - s * 0.1, y - s * 0.1, s * 0.82, "#dba868")
    for dx, dy in ((-0.4, -0.3), (0.25, -0.45), (0.4, 0.2), (-0.2, 0.4), (0.0, 0.0), (-0.6, 0.2)):
        c.circle(x + dx * s, y + dy * s, s * 0.15, "#4c2e20")


_ICONS: dict[str, Callable[[Canvas, float, float, float, str, str], None]] = {
    "leaf": _leaf,
    "bean": _bean,
    "fruit": _round_fruit,
    "citrus": _citrus,
    "berries": _berries,
    "wheat": _wheat,
    "olive": _olive,
    "comb": _comb,
    "nut": _nut,
    "chili": _chili,
    "cheese": _cow,
    "drop": _drop,
    "cocoa": _cocoa,
    "sun": _sun,
    "pod": _pod,
    "crisp": _crisp,
    "cookie": _cookie,
}
