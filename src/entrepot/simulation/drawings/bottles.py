"""Food and household goods in bags, bottles, cans and cartons; brand and product stand on the label."""

from entrepot.simulation.drawings.canvas import Canvas, darker, ink_on, lighter, mirrored, mix
from entrepot.simulation.drawings.labels import icon, label
from entrepot.simulation.drawings.letters import write, write_lines
from entrepot.simulation.drawings.picture import Look


def coffee_bag(c: Canvas, look: Look) -> None:
    tone = look.colour
    c.path(
        mirrored(320, 96, (200, 96), (184, 180, 176, 300), (170, 480, 182, 556), (320, 566)),
        c.ramp(
            170,
            0,
            470,
            0,
            [
                (0, darker(tone, 0.3)),
                (0.1, lighter(tone, 0.1)),
                (0.22, darker(tone, 0.14)),
                (0.45, lighter(tone, 0.14)),
                (0.8, tone),
                (0.9, darker(tone, 0.26)),
                (1, darker(tone, 0.4)),
            ],
        ),
    )
    c.rect(192, 72, 256, 62, c.gradient(0, 72, 0, 134, lighter(tone, 0.2), darker(tone, 0.2)), 8)
    c.stroke("M196,112H444", darker(tone, 0.4), 3)
    c.stroke("M196,134H444", lighter(tone, 0.25), 4, 0.6)
    c.rect(180, 96, 280, 15, look.accent, 5)
    c.circle(320, 166, 13, darker(tone, 0.35))
    c.circle(320, 166, 7, darker(tone, 0.6))
    label(c, look, 206, 204, 228, 300, 8)


def tea_tin(c: Canvas, look: Look) -> None:
    tone = look.colour
    c.rect(182, 168, 276, 392, c.round_fill(182, 458, tone), 10)
    c.ellipse(320, 556, 138, 16, darker(tone, 0.45))
    c.rect(182, 500, 276, 54, c.round_fill(182, 458, tone))
    c.rect(174, 112, 292, 92, c.round_fill(174, 466, mix(tone, "#2b2523", 0.25)), 10)
    c.ellipse(320, 114, 146, 22, c.gradient(174, 95, 466, 130, lighter(tone, 0.3), darker(tone, 0.15)))
    c.ellipse(320, 112, 118, 15, darker(tone, 0.08))
    c.rect(182, 214, 276, 7, c.round_fill(182, 458, look.accent))
    c.rect(182, 530, 276, 7, c.round_fill(182, 458, look.accent))
    label(c, look, 206, 236, 228, 282, 5)


def juice_bottle(c: Canvas, look: Look) -> None:
    juice = look.colour
    c.path(
        mirrored(
            320,
            120,
            (284, 120),
            (282, 180),
            (282, 220, 214, 230, 210, 300),
            (206, 540),
            (206, 560, 236, 562),
            (320, 564),
        ),
        c.ramp(
            206,
            0,
            434,
            0,
            [
                (0, darker(juice, 0.25)),
                (0.08, lighter(juice, 0.35)),
                (0.24, lighter(juice, 0.12)),
                (0.5, juice),
                (0.86, darker(juice, 0.18)),
                (0.95, lighter(juice, 0.15)),
                (1, darker(juice, 0.3)),
            ],
        ),
    )
    c.rect(278, 68, 84, 58, c.round_fill(278, 362, look.accent), 8)
    c.stroke("".join(f"M{x},74V118" for x in range(288, 360, 9)), darker(look.accent, 0.4), 2.4, 0.5)
    c.rect(284, 126, 72, 34, "#e9f1f0", 0, 0.55)
    label(c, look, 206, 300, 228, 218, 2)
    c.path("M226,280C230,250 262,236 280,222L288,232C262,250 246,262 242,290Z", "#ffffff", 0.45)


def can(c: Canvas, look: Look) -> None:
    tone = look.colour
    c.path(
        mirrored(320, 108, (244, 108), (216, 146), (216, 540), (238, 568), (320, 570)),
        c.ramp(
            216,
            0,
            424,
            0,
            [
                (0, darker(tone, 0.25)),
                (0.12, lighter(tone, 0.15)),
                (0.25, lighter(tone, 0.5)),
                (0.42, tone),
                (0.85, darker(tone, 0.2)),
                (0.93, lighter(tone, 0.1)),
                (1, darker(tone, 0.35)),
            ],
        ),
    )
    for y, inset in ((108, 28), (548, 8)):
        c.path(
            f"M{216 + inset},{y}H{424 - inset}L{430 - inset - (0 if y < 300 else 16)},{y + 22}"
            f"H{210 + inset + (0 if y < 300 else 16)}Z",
            c.metal_fill(216, 0, 424, 0, "#c6c9ce"),
        )
    c.ellipse(320, 106, 78, 13, c.gradient(242, 95, 398, 118, "#eceef0", "#9a9da3"))
    c.ellipse(320, 105, 62, 9, "#b4b7bc")
    c.ellipse(330, 104, 20, 5, "#dfe1e4")
    ink = ink_on(tone)
    write(c, look.words(0), 320, 186, 32, 178, ink, 1.9)
    icon(c, look.get("icon", "citrus"), 320, 322, 60, look.accent, lighter(look.accent, 0.65))
    for x, y, r in ((258, 262, 7), (388, 270, 5), (270, 400, 6), (372, 392, 8), (392, 330, 4), (246, 344, 4)):
        c.circle(x, y, r, ink, 0.35)
    write_lines(c, look.words(1), 320, 428, 21, 180, ink, 1.6, 2)
    write(c, look.words(2), 320, 504, 13, 150, ink, 1.4)


def carton(c: Canvas, look: Look) -> None:
    tone = look.colour
    c.polygon(
        [(212, 190), (408, 190), (408, 560), (212, 560)], c.gradient(212, 190, 408, 560, lighter(tone, 0.16), tone)
    )
    c.polygon(
        [(408, 190), (470, 172), (470, 536), (408, 560)],
        c.gradient(408, 0, 470, 0, darker(tone, 0.2), darker(tone, 0.34)),
    )
    c.polygon(
        [(212, 190), (408, 190), (390, 112), (230, 112)],
        c.gradient(0, 112, 0, 190, lighter(tone, 0.3), lighter(tone, 0.04)),
    )
    c.polygon([(408, 190), (470, 172), (446, 112), (390, 112)], darker(tone, 0.28))
    c.rect(224, 84, 226, 32, c.gradient(0, 84, 0, 116, lighter(tone, 0.25), darker(tone, 0.12)), 3)
    c.ellipse(312, 164, 33, 13, darker(look.accent, 0.4))
    c.rect(279, 134, 66, 30, c.round_fill(279, 345, look.accent), 6)
    c.ellipse(312, 135, 33, 11, lighter(look.accent, 0.25))
    ink = ink_on(tone)
    write(c, look.words(0), 310, 226, 30, 168, ink, 1.8)
    c.path("M212,440C260,400 300,470 350,430S400,410 408,416V560H212Z", look.accent)
    icon(c, look.get("icon", "wheat"), 310, 340, 56, look.accent, lighter(tone, 0.3))
    write_lines(c, look.words(1), 310, 466, 22, 172, ink_on(look.accent), 1.6, 2)
    write(c, look.words(2), 310, 536, 12, 120, ink_on(look.accent), 1.4)


def oil_bottle(c: Canvas, look: Look) -> None:
    glass = look.colour
    slim = look.get("body", "round") == "slim"
    wide = 206 if not slim else 232
    c.path(
        mirrored(
            320,
            104,
            (294, 104),
            (292, 210),
            (292, 262, wide, 262, wide, 330),
            (wide, 544),
            (wide + 2, 562, wide + 30, 564),
            (320, 564),
        ),
        c.ramp(
            wide,
            0,
            640 - wide,
            0,
            [
                (0, darker(glass, 0.45)),
                (0.09, lighter(glass, 0.4)),
                (0.2, darker(glass, 0.1)),
                (0.5, lighter(glass, 0.08)),
                (0.8, darker(glass, 0.3)),
                (0.92, lighter(glass, 0.18)),
                (1, darker(glass, 0.5)),
            ],
        ),
    )
    c.tube(284, 62, 72, 62, look.accent, 6)
    c.rect(290, 124, 60, 12, c.round_fill(290, 350, lighter(look.accent, 0.2)), 3)
    label(c, look, wide + 8, 336, 624 - 2 * wide, 196, 4)
    c.path(
        f"M{wide + 18},330C{wide + 22},296 290,280 300,240L308,246C304,290 {wide + 44},300 {wide + 38},330Z",
        "#ffffff",
        0.4,
    )


def soap_bottle(c: Canvas, look: Look) -> None:
    tone, cap = look.colour, look.accent
    pump = look.get("top", "flip") == "pump"
    if pump:
        c.stroke("M320,190V110H236L222,128", c.gradient(220, 0, 330, 0, lighter(cap, 0.2), darker(cap, 0.25)), 20)
        c.rect(284, 92, 72, 26, c.round_fill(284, 356, cap), 8)
        c.rect(276, 176, 88, 52, c.round_fill(276, 364, cap), 8)
        d = mirrored(320, 222, (282, 222), (216, 226, 212, 290), (208, 536), (208, 562, 236, 562), (320, 562))
        left = 208
    else:
        c.rect(282, 84, 76, 66, c.round_fill(282, 358, cap), 10)
        c.rect(302, 62, 36, 30, c.round_fill(302, 338, lighter(cap, 0.1)), 6)
        d = mirrored(
            320,
            146,
            (276, 146),
            (262, 190, 224, 200, 216, 260),
            (212, 330, 226, 360, 222, 420),
            (214, 500, 216, 540),
            (220, 562, 244, 562),
            (320, 562),
        )
        left = 216
    c.path(
        d,
        c.ramp(
            left,
            0,
            640 - left,
            0,
            [
                (0, darker(tone, 0.28)),
                (0.1, lighter(tone, 0.45)),
                (0.28, lighter(tone, 0.1)),
                (0.6, tone),
                (0.9, darker(tone, 0.2)),
                (1, darker(tone, 0.36)),
            ],
        ),
    )
    label(c, look, left + 24, 306, 592 - 2 * left, 220, 12)
    c.path(
        f"M{left + 16},300C{left + 14},260 {left + 40},240 {left + 60},232L{left + 62},242"
        f"C{left + 40},256 {left + 34},280 {left + 32},300Z",
        "#ffffff",
        0.5,
    )


DRAWINGS = {
    "coffee_bag": coffee_bag,
    "tea_tin": tea_tin,
    "juice_bottle": juice_bottle,
    "can": can,
    "carton": carton,
    "oil_bottle": oil_bottle,
    "soap_bottle": soap_bottle,
}
