"""Headphones, earbuds, speakers, soundbars and turntables."""

from entrepot.simulation.drawings.canvas import Canvas, brightness, darker, ink_on, lighter, mirrored, mix
from entrepot.simulation.drawings.picture import Look

_DARK = "#26262a"


def headphones(c: Canvas, look: Look) -> None:
    colour, trim = look.colour, look.accent
    slim = look.get("band") == "slim"
    tall = 96 if look.get("cup", "oval") == "oval" else 82
    wide = 66 if look.get("cup", "oval") == "oval" else 80
    band = "M186,372C150,150 250,92 320,92C390,92 490,150 454,372"
    c.stroke(band, darker(colour, 0.35), 26 if slim else 40)
    c.stroke(
        "M188,360C154,154 252,96 320,96C388,96 486,154 452,360",
        c.gradient(180, 90, 470, 330, lighter(colour, 0.3), colour, darker(colour, 0.25)),
        17 if slim else 29,
    )
    c.stroke("M238,118C262,103 290,98 318,98", lighter(colour, 0.7), 5, 0.55)
    if not slim:
        c.stroke("M222,142C250,116 285,108 320,108C355,108 390,116 418,142", darker(colour, 0.5), 13)
    for side in (-1, 1):
        x = 320 + side * 140
        c.metal(x - 9, 268, 18, 96, "#c9ccd1" if brightness(colour) < 0.8 else "#b4b7bc", 8)
        c.ellipse(x - side * 34, 404, wide * 0.62, tall * 0.98, darker(mix(colour, _DARK, 0.75), 0.25))
        c.ellipse(x - side * 22, 404, wide * 0.7, tall * 1.02, c.round_fill(x - 60, x + 40, mix(colour, _DARK, 0.7)))
        c.ellipse(
            x + side * 8,
            404,
            wide,
            tall,
            c.gradient(x - 70, 310, x + 80, 500, lighter(colour, 0.3), colour, darker(colour, 0.35)),
        )
        c.ellipse(
            x + side * 16,
            404,
            wide * 0.76,
            tall * 0.78,
            c.gradient(x + 60, 480, x - 60, 330, lighter(colour, 0.12), darker(colour, 0.12)),
        )
        c.ring(x + side * 16, 404, wide * 0.33, trim, 5)
        c.stroke(
            f"M{x + side * 8 - wide * 0.62:g},{404 - tall * 0.6:g}"
            f"q{wide * 0.3:g},{-tall * 0.28:g} {wide * 0.66:g},{-tall * 0.28:g}",
            "#ffffff",
            6,
            0.4,
        )


def earbuds(c: Canvas, look: Look) -> None:
    colour = look.colour
    stem = look.get("shape", "stem") == "stem"
    c.rect(150, 372, 340, 186, c.soft_fill(180, 372, 400, 560, colour, 0.24), 78)
    c.path("M150,438V450A78,78 0 0 0 228,470H412A78,78 0 0 0 490,450V430Z", darker(colour, 0.25), 0.28)
    c.stroke("M152,440H488", darker(colour, 0.5), 3, 0.7)
    c.circle(320, 500, 7, "#69d39b")
    c.stroke("M196,392C230,380 290,378 340,378", "#ffffff", 7, 0.45)
    for side in (-1, 1):
        x = 320 + side * 82
        if stem:
            c.path(
                f"M{x - 17},190C{x - 17},170 {x + 17},170 {x + 17},190L{x + 12},348H{x - 12}Z",
                c.round_fill(x - 17, x + 17, colour),
            )
            c.metal(x - 12, 338, 24, 12, "#b9bcc1", 4)
        c.circle(
            x + side * 8,
            196,
            54,
            c.gradient(x - 30, 140, x + 60, 250, lighter(colour, 0.35), colour, darker(colour, 0.3)),
        )
        c.ellipse(x + side * 16, 196, 20, 27, darker(colour, 0.6))
        c.ellipse(x + side * 16, 196, 14, 20, c.gradient(0, 176, 0, 216, "#3b3b40", "#77787d"))
        c.ellipse(
            x - side * 40,
            206,
            26,
            34,
            c.round_fill(x - side * 40 - 26, x - side * 40 + 26, mix(look.accent, "#ffffff", 0.1), 0.15),
        )
        c.ellipse(x - side * 50, 206, 9, 17, _DARK)
        c.stroke(f"M{x - 26},162q14,-14 36,-14", "#ffffff", 6, 0.55)


def _cloth_dots(c: Canvas, x1: int, y1: int, x2: int, y2: int, tone: str, step: int = 11) -> None:
    rows = [f"M{x1 + (step // 2 if (y - y1) // step % 2 else 0)},{y}H{x2}" for y in range(y1, y2, step)]
    c.stroke("".join(rows), tone, 4, 0.5, dash=f"0.1 {step}")


def speaker(c: Canvas, look: Look) -> None:
    {"barrel": _barrel, "tower": _tower, "cube": _radio}[look.get("body", "barrel")](c, look)


def _barrel(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.rect(
        92,
        232,
        456,
        236,
        c.gradient(
            0, 232, 0, 468, lighter(colour, 0.28), lighter(colour, 0.1), darker(colour, 0.12), darker(colour, 0.4)
        ),
        96,
    )
    _cloth_dots(c, 164, 252, 478, 460, darker(colour, 0.5))
    for x, side in ((112, 1), (528, -1)):
        c.ellipse(
            x + side * 22,
            350,
            44,
            112,
            c.gradient(0, 240, 0, 460, lighter(mix(colour, _DARK, 0.6), 0.2), darker(colour, 0.75)),
        )
        c.ellipse(x + side * 20, 350, 30, 82, c.gradient(0, 270, 0, 430, "#17171a", "#45464c"))
        c.ellipse(x + side * 20, 350, 15, 42, look.accent)
    c.rect(262, 318, 116, 60, darker(colour, 0.45), 30, 0.5)
    c.stroke("M288,348H304M296,340V356M336,348H352", ink_on(darker(colour, 0.45)), 4)
    c.stroke("M180,250C260,240 380,240 460,250", "#ffffff", 7, 0.35)


def _tower(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.rect(206, 110, 228, 450, c.round_fill(206, 434, colour, 0.22), 60)
    _cloth_dots(c, 216, 186, 428, 540, darker(colour, 0.5), 12)
    c.ellipse(
        320, 136, 106, 34, c.gradient(0, 100, 0, 172, lighter(mix(colour, _DARK, 0.4), 0.2), mix(colour, _DARK, 0.6))
    )
    c.ellipse(320, 134, 72, 20, mix(colour, _DARK, 0.75))
    c.ellipse(320, 134, 50, 12, look.accent, 0.9)
    c.rect(206, 520, 228, 18, mix(colour, _DARK, 0.6), 6)
    c.stroke("M434,200C478,220 478,300 436,320", darker(look.accent, 0.2), 14)


def _radio(c: Canvas, look: Look) -> None:
    wood = look.material if look.cloth else darker(look.colour, 0.3)
    c.stroke(
        "M214,212C224,120 416,120 426,212",
        c.gradient(210, 0, 430, 0, darker(look.accent, 0.2), look.accent, darker(look.accent, 0.3)),
        22,
    )
    c.rect(104, 204, 432, 340, c.gradient(104, 204, 536, 544, lighter(wood, 0.18), wood, darker(wood, 0.28)), 34)
    c.stroke("".join(f"M112,{y}C240,{y - 5} 400,{y + 7} 528,{y}" for y in (216, 528, 536)), darker(wood, 0.5), 2, 0.4)
    c.rect(128, 228, 384, 228, c.gradient(128, 228, 512, 456, lighter(look.colour, 0.14), darker(look.colour, 0.2)), 18)
    _cloth_dots(c, 142, 240, 504, 452, darker(look.colour, 0.55), 12)
    c.ring(320, 342, 82, lighter(look.colour, 0.25), 6, 0.7)
    for x in (176, 232, 464):
        c.circle(x, 500, 23, c.metal_fill(x - 22, 480, x + 22, 520, look.accent))
        c.circle(x, 500, 15, c.gradient(x - 14, 486, x + 14, 514, lighter(look.accent, 0.4), darker(look.accent, 0.15)))
    c.rect(280, 488, 140, 24, "#241f1d", 8)
    c.stroke("M292,500H408", "#f2d9a0", 3, 0.9, dash="2 8", butt=True)


def soundbar(c: Canvas, look: Look) -> None:
    colour = look.colour
    if look.get("sub", "no") == "yes":
        c.rect(222, 176, 196, 252, c.soft_fill(222, 176, 418, 428, colour, 0.2), 16)
        c.circle(320, 330, 66, darker(colour, 0.5))
        c.circle(320, 330, 54, c.glow(304, 312, 70, lighter(colour, 0.25), darker(colour, 0.6)))
        c.ring(320, 330, 40, darker(colour, 0.6), 3)
    c.rect(44, 410, 552, 96, c.gradient(0, 410, 0, 506, lighter(colour, 0.3), colour, darker(colour, 0.35)), 26)
    c.rect(44, 424, 552, 82, c.gradient(0, 424, 0, 506, lighter(colour, 0.06), darker(colour, 0.4)), 24)
    _cloth_dots(c, 66, 434, 580, 500, darker(colour, 0.6), 10)
    c.rect(270, 414, 100, 7, darker(colour, 0.5), 3)
    c.circle(556, 478, 5, look.accent)
    c.stroke("M72,417H250", "#ffffff", 4, 0.4)


def turntable(c: Canvas, look: Look) -> None:
    case = look.material if look.cloth else look.colour
    c.polygon(
        [(86, 300), (504, 250), (584, 420), (130, 490)],
        c.gradient(86, 260, 560, 480, lighter(case, 0.28), case, darker(case, 0.1)),
    )
    c.polygon(
        [(130, 490), (584, 420), (584, 474), (130, 548)],
        c.gradient(130, 0, 584, 0, darker(case, 0.12), darker(case, 0.38)),
    )
    c.polygon([(86, 300), (130, 490), (130, 548), (86, 352)], darker(case, 0.48))
    c.ellipse(316, 372, 172, 92, darker("#303034", 0.4))
    c.ellipse(316, 364, 172, 92, c.gradient(150, 290, 480, 450, "#1c1c1f", "#3f4046", "#17171a", "#3a3b41", "#1b1b1e"))
    for radius in (0.9, 0.78, 0.66, 0.54):
        c.stroke(
            f"M{316 - 172 * radius:g},364a{172 * radius:g},{92 * radius:g} 0 1 0 {344 * radius:g},0"
            f"a{172 * radius:g},{92 * radius:g} 0 1 0 {-344 * radius:g},0",
            "#6a6b72",
            1.2,
            0.6,
        )
    c.ellipse(316, 364, 58, 31, look.accent)
    c.ellipse(316, 364, 40, 21, lighter(look.accent, 0.25))
    c.ellipse(316, 363, 6, 4, "#e8e8ea")
    c.ellipse(506, 306, 30, 17, c.gradient(476, 290, 536, 320, "#e9eaec", "#8d9096"))
    c.stroke("M506,300C520,350 488,392 404,400", "#d9dbdf", 8)
    c.stroke("M506,298C519,348 487,389 406,397", "#ffffff", 2.5, 0.8)
    c.path("M386,388l34,4l-4,22l-32,-6Z", "#303034")
    c.ellipse(530, 392, 17, 10, c.gradient(513, 382, 547, 402, "#e4e5e8", "#8d9096"))


def microphone(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.ellipse(320, 536, 116, 26, darker(colour, 0.5))
    c.ellipse(320, 528, 116, 26, c.gradient(204, 505, 436, 550, lighter(colour, 0.25), colour, darker(colour, 0.4)))
    c.metal(309, 420, 22, 108, "#b9bcc1")
    c.stroke("M212,250V330C212,410 428,410 428,330V250", darker(colour, 0.15), 18)
    c.stroke("M208,254V330C208,362 232,380 262,388", lighter(colour, 0.45), 4, 0.6)
    c.rect(300, 394, 40, 34, c.round_fill(300, 340, colour), 6)
    c.rect(238, 244, 164, 142, c.round_fill(238, 402, colour), 26)
    c.path(
        mirrored(320, 86, (246, 86, 240, 150, 240, 180), (240, 262), (320, 262)), c.round_fill(240, 400, "#bfc2c7", 0.4)
    )
    c.stroke("".join(f"M{x},{104 + abs(x - 320) // 3}V258" for x in range(250, 398, 10)), "#4c4e54", 2.6, 0.75)
    c.stroke("".join(f"M244,{y}H396" for y in range(124, 258, 10)), "#4c4e54", 2.2, 0.6)
    c.rect(236, 250, 168, 16, c.metal_fill(236, 0, 404, 0, look.accent), 5)
    c.circle(320, 326, 17, c.gradient(303, 309, 337, 343, "#e4e5e8", "#85888e"))
    c.circle(320, 286, 5, "#ee5a52")


DRAWINGS = {
    "headphones": headphones,
    "earbuds": earbuds,
    "speaker": speaker,
    "soundbar": soundbar,
    "turntable": turntable,
    "microphone": microphone,
}
