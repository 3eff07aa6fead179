"""Lamps on tables, on floors and under ceilings."""

from entrepot.simulation.drawings.canvas import Canvas, darker, lighter, mirrored, mix
from entrepot.simulation.drawings.picture import Look

_WARM = "#fff1cf"


def _shade(c: Canvas, look: Look, top: float, foot: float, narrow: float, wide: float) -> None:
    tone = look.colour
    c.path(
        f"M{320 - narrow},{top}H{320 + narrow}L{320 + wide},{foot}H{320 - wide}Z",
        c.ramp(
            320 - wide,
            0,
            320 + wide,
            0,
            [
                (0, darker(tone, 0.22)),
                (0.3, mix(lighter(tone, 0.3), _WARM, 0.4)),
                (0.5, mix(lighter(tone, 0.4), _WARM, 0.5)),
                (0.75, mix(tone, _WARM, 0.2)),
                (1, darker(tone, 0.28)),
            ],
        ),
    )
    c.ellipse(320, foot, wide, wide * 0.1, mix(_WARM, tone, 0.12))
    c.stroke(f"M{320 - wide},{foot}A{wide},{wide * 0.1:g} 0 0 0 {320 + wide},{foot}", darker(tone, 0.25), 4)
    c.ellipse(320, top, narrow, narrow * 0.1, darker(tone, 0.2))


def table_lamp(c: Canvas, look: Look) -> None:
    base = look.material
    if look.get("base", "gourd") == "gourd":
        c.path(
            mirrored(320, 318, (298, 318), (296, 360, 222, 380, 218, 452), (216, 520, 260, 548, 276, 556), (320, 560)),
            c.round_fill(218, 422, base, 0.4),
        )
        c.path("M246,420C242,460 250,500 266,524L276,518C262,490 258,460 262,420Z", "#ffffff", 0.35)
    elif look.get("base") == "mushroom":
        c.tube(278, 300, 84, 250, base, 10)
        c.ellipse(320, 548, 92, 18, c.gradient(228, 530, 412, 566, lighter(base, 0.3), darker(base, 0.3)))
        c.path(
            "M112,330C112,180 220,116 320,116C420,116 528,180 528,330C460,352 180,352 112,330Z",
            c.ramp(
                112,
                0,
                528,
                0,
                [
                    (0, darker(look.colour, 0.25)),
                    (0.3, mix(lighter(look.colour, 0.35), _WARM, 0.3)),
                    (0.55, look.colour),
                    (1, darker(look.colour, 0.32)),
                ],
            ),
        )
        c.ellipse(320, 332, 206, 22, mix(_WARM, look.colour, 0.15))
        return
    else:
        c.metal(308, 300, 24, 230, base, 4)
        c.ellipse(320, 542, 96, 22, darker(base, 0.4))
        c.ellipse(320, 534, 96, 22, c.gradient(224, 515, 416, 555, lighter(base, 0.4), darker(base, 0.2)))
    _shade(c, look, 110, 320, 96, 168)


def floor_lamp(c: Canvas, look: Look) -> None:
    metal = look.accent
    if look.get("cut", "tripod") == "arc":
        c.ellipse(216, 552, 92, 16, darker(metal, 0.3))
        c.ellipse(216, 545, 92, 16, c.gradient(124, 530, 308, 560, lighter(metal, 0.35), darker(metal, 0.2)))
        c.stroke("M216,545V250C216,60 440,40 450,160", darker(metal, 0.2), 13)
        c.stroke("M213,540V250C213,62 436,44 447,156", lighter(metal, 0.5), 4, 0.7)
        c.path(
            "M366,262C366,190 410,158 450,158C490,158 534,190 534,262Z",
            c.gradient(366, 160, 534, 262, lighter(look.colour, 0.35), look.colour, darker(look.colour, 0.25)),
        )
        c.ellipse(450, 262, 84, 14, _WARM)
        return
    for lean in (-96, 96, 16):
        c.stroke(f"M320,230L{320 + lean},562", darker(look.material, 0.3 if lean == 16 else 0.06), 15)
    c.circle(320, 252, 16, metal)
    _shade(c, look, 66, 232, 84, 132)


def pendant(c: Canvas, look: Look) -> None:
    c.ground = "hang"
    tone, cut = look.colour, look.get("cut", "dome")
    c.stroke("M320,0V180", "#3a3738", 5)
    if cut == "dome":
        c.tube(298, 160, 44, 48, look.accent, 6)
        c.path(
            "M104,416C104,270 210,200 320,200C430,200 536,270 536,416Z",
            c.ramp(
                104,
                0,
                536,
                0,
                [(0, darker(tone, 0.3)), (0.26, lighter(tone, 0.4)), (0.5, tone), (1, darker(tone, 0.36))],
            ),
        )
        c.ellipse(320, 416, 216, 34, darker(look.accent, 0.1))
        c.ellipse(320, 419, 204, 28, c.gradient(120, 0, 520, 0, "#f4d58d", "#fff6dc", "#f0cd84"))
        c.circle(320, 432, 36, "#fffaf0")
    elif cut == "globe":
        c.tube(296, 150, 48, 44, look.accent, 6)
        c.circle(
            320,
            336,
            156,
            c.gradient(210, 210, 440, 470, "#ffffff", mix("#f7ecd4", tone, 0.25), mix("#dcc59a", tone, 0.4)),
        )
        c.ellipse(262, 268, 36, 24, "#ffffff", 0.7)
    else:
        c.path(
            mirrored(320, 170, (260, 180, 140, 260, 132, 370), (160, 470, 280, 500), (320, 502)),
            c.gradient(132, 180, 508, 500, lighter(look.material, 0.35), look.material, darker(look.material, 0.25)),
        )
        for k in range(-5, 6):
            c.stroke(
                f"M320,172C{320 + k * 24},200 {320 + k * 37},300 {320 + k * 36},372"
                f"S{320 + k * 16},488 {320 + k * 7},500",
                darker(look.material, 0.42),
                3,
                0.7,
            )
        for y, reach in ((230, 118), (286, 160), (342, 178), (398, 170), (446, 128)):
            c.stroke(f"M{320 - reach},{y}Q320,{y + 30} {320 + reach},{y}", darker(look.material, 0.35), 3, 0.6)
        c.circle(320, 350, 40, _WARM, 0.75)


DRAWINGS = {
    "table_lamp": table_lamp,
    "floor_lamp": floor_lamp,
    "pendant": pendant,
}
