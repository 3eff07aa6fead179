"""Things with a screen: phones, tablets, laptops, monitors, televisions, watches; and what a screen shows."""

from entrepot.simulation.drawings.canvas import Canvas, brightness, darker, lighter, mix
from entrepot.simulation.drawings.picture import Look

_SCENES = {  # sky above, sky below, far hills, near hills
    "dunes": ("#f9c58d", "#f492a5", "#b25f92", "#5a3a78"),
    "lagoon": ("#d7f2ee", "#7fcfd2", "#2f8fa3", "#175069"),
    "aurora": ("#1f2a5c", "#4f5fb5", "#7d4fa8", "#2c1f4e"),
    "meadow": ("#fbe9a9", "#a9d99b", "#4f9f78", "#20634f"),
}


def screen(c: Canvas, x: float, y: float, width: float, height: float, radius: float, scene: str) -> None:
    """A lit screen showing a landscape, with a reflection across it."""
    above, below, far, near = _SCENES.get(scene, _SCENES["dunes"])
    right, bottom = x + width, y + height
    c.rect(x, y, width, height, c.gradient(x, y, x, bottom, above, below), radius)
    sun = min(width, height) * 0.11
    c.circle(x + width * 0.66, y + height * 0.36, sun, lighter(above, 0.6))
    for tone, level, swing in ((far, 0.56, 0.2), (near, 0.74, -0.16)):
        start, end = y + height * (level + swing / 2), y + height * (level - swing / 2)
        c.path(
            f"M{x:g},{start:g}C{x + width * 0.3:g},{start - height * swing:g} "
            f"{x + width * 0.6:g},{end + height * swing:g} {right:g},{end:g}"
            f"V{bottom - radius:g}a{radius:g},{radius:g} 0 0 1 {-radius:g},{radius:g}H{x + radius:g}"
            f"a{radius:g},{radius:g} 0 0 1 {-radius:g},{-radius:g}Z",
            c.gradient(x, y + height * 0.5, x, bottom, lighter(tone, 0.15), tone),
        )
    c.path(
        f"M{x + width * 0.1:g},{y:g}H{x + width * 0.42:g}L{x + width * 0.16:g},{bottom:g}H{x + radius:g}Z",
        "#ffffff",
        0.1,
    )


def laptop(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.rect(116, 128, 408, 276, c.gradient(116, 128, 524, 404, lighter(colour, 0.2), darker(colour, 0.3)), 18)
    c.rect(121, 133, 398, 268, "#17171a", 14)
    screen(c, 132, 146, 376, 236, 4, look.get("scene"))
    c.circle(320, 140, 2.5, "#4a4b52")
    c.path("M116,402H524L588,500H52Z", c.gradient(0, 402, 0, 500, darker(colour, 0.2), lighter(colour, 0.1)))
    c.path("M140,412H500L538,460H102Z", darker(colour, 0.32))
    keys = []
    for row in range(4):
        y, reach = 418 + row * 10.5, 174 + row * 9.5
        keys.append("".join(f"M{320 + (k - 6.5) * reach / 7 + 2.5:g},{y:g}h{reach / 7 - 5:g}" for k in range(14)))
    c.stroke("".join(keys), mix(colour, "#1b1b1e", 0.85), 7)
    c.path("M268,466H372L380,490H260Z", darker(colour, 0.12))
    c.path(
        "M52,500H588V508C588,518 576,520 566,520H74C64,520 52,518 52,508Z",
        c.gradient(0, 500, 0, 520, lighter(colour, 0.35), darker(colour, 0.35)),
    )
    c.path("M272,500H368C366,508 360,509 352,509H288C280,509 274,508 272,500Z", darker(colour, 0.25))


def tablet(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.ground = "lay"
    c.rect(104, 120, 432, 400, c.metal_fill(104, 120, 536, 520, colour), 34)
    c.rect(110, 126, 420, 388, "#18181b", 29)
    screen(c, 126, 142, 388, 356, 14, look.get("scene"))
    for index in range(5):
        x = 180 + index * 58
        c.rect(x, 436, 44, 44, ("#ffffff", "#f6c344", "#ee6f64", "#57b894", "#6c7be0")[index], 11, 0.92)
    if look.get("pen", "no") == "yes":
        c.rect(556, 150, 17, 330, c.round_fill(556, 573, "#f4f3f0"), 8)
        c.path("M556,476H573L566,500H563Z", "#b9bcc1")
        c.rect(556, 176, 17, 8, darker(colour, 0.1))


def phone(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.rect(344, 104, 196, 420, c.soft_fill(344, 104, 540, 524, colour, 0.22), 34)
    c.rect(364, 124, 104, 106, c.soft_fill(364, 124, 468, 230, darker(colour, 0.08), 0.16), 28)
    spots = [(392, 152), (440, 152), (392, 202), (440, 202)][: look.number("lenses", 3)]
    for x, y in spots:
        c.circle(x, y, 20, c.metal_fill(x - 20, y - 20, x + 20, y + 20, colour))
        c.circle(x, y, 15, "#131317")
        c.circle(x, y, 8, c.gradient(x - 8, y - 8, x + 8, y + 8, "#49598f", "#1a1c2c"))
        c.circle(x - 4, y - 5, 3, "#ffffff", 0.8)
    c.stroke("M537,250V300M537,316V362", darker(colour, 0.35), 5)
    c.rect(108, 88, 212, 452, c.metal_fill(108, 88, 320, 540, colour), 38)
    c.rect(113, 93, 202, 442, "#151518", 33)
    screen(c, 120, 100, 188, 428, 27, look.get("scene"))
    c.rect(190, 112, 48, 14, "#101013", 7)
    c.stroke("M180,516H250", "#ffffff", 4, 0.85)


def monitor(c: Canvas, look: Look) -> None:
    colour = look.colour
    curved = look.get("curve", "flat") == "curved"
    c.polygon([(296, 410), (344, 410), (352, 540), (288, 540)], c.metal_fill(288, 0, 352, 0, colour))
    c.ellipse(320, 546, 120, 16, darker(colour, 0.3))
    c.ellipse(320, 541, 120, 15, c.gradient(200, 0, 440, 0, lighter(colour, 0.25), darker(colour, 0.25)))
    if curved:
        c.path("M48,120Q320,160 592,120V424Q320,396 48,424Z", "#1b1b1f")
        c.path(
            "M60,134Q320,172 580,134V410Q320,384 60,410Z", c.gradient(0, 134, 0, 410, "#23305f", "#7350a5", "#f08f94")
        )
        c.path("M60,352Q200,290 330,342T580,300V410Q320,384 60,410Z", c.gradient(0, 300, 0, 410, "#5b3277", "#2b1b46"))
        c.circle(424, 236, 30, "#ffd9b0")
    else:
        c.rect(60, 108, 520, 316, darker(colour, 0.3), 12)
        c.rect(63, 110, 514, 308, "#18181b", 10)
        screen(c, 72, 119, 496, 280, 3, look.get("scene"))
        c.rect(60, 406, 520, 20, c.gradient(0, 406, 0, 426, lighter(colour, 0.1), darker(colour, 0.2)), 8)


def television(c: Canvas, look: Look) -> None:
    feet = look.get("stand", "feet") == "feet"
    if feet:
        c.stroke("M142,478L112,516M142,478L172,516M498,478L468,516M498,478L528,516", "#3a3b40", 9)
    else:
        c.polygon([(284, 476), (356, 476), (372, 514), (268, 514)], c.metal_fill(268, 0, 372, 0, "#7e8086"))
        c.rect(206, 508, 228, 12, "#3a3b40", 6)
    c.rect(36, 150, 568, 332, "#3b3c41", 8)
    c.rect(39, 153, 562, 326, "#121214", 6)
    screen(c, 45, 159, 550, 310, 2, look.get("scene"))
    c.rect(302, 471, 36, 3, look.accent)


def smartwatch(c: Canvas, look: Look) -> None:
    band, case = look.colour, look.accent
    c.ground = "lay"
    strap = c.gradient(250, 0, 390, 0, darker(band, 0.25), lighter(band, 0.2), band, darker(band, 0.3))
    c.path("M256,230L272,60C273,48 281,42 292,42H348C359,42 367,48 368,60L384,230Z", strap)
    c.path("M256,410L274,588C275,598 281,602 290,602H350C359,602 365,598 366,588L384,410Z", strap)
    c.stroke("M320,520V521M320,546V547M320,572V573M320,494V495", darker(band, 0.6), 11)
    c.stroke("M302,64L292,226", lighter(band, 0.6), 4, 0.4)
    c.rect(436, 282, 20, 50, c.metal_fill(0, 282, 0, 332, case), 7)
    if look.get("face", "square") == "round":
        c.circle(320, 320, 124, c.metal_fill(200, 200, 440, 440, case))
        c.circle(320, 320, 108, "#111114")
        radius = 96.0
    else:
        c.rect(200, 192, 240, 256, c.metal_fill(200, 192, 440, 448, case), 62)
        c.rect(210, 202, 220, 236, "#111114", 54)
        radius = 84.0
    _dial(c, radius, look)


def _dial(c: Canvas, radius: float, look: Look) -> None:
    for share, tone, turn in ((0.95, "#f2536b", "1 1"), (0.74, "#8ee07a", "1 1"), (0.53, "#5ac8f0", "0 1")):
        r = radius * share
        c.ring(320, 320, r, darker(tone, 0.72), radius * 0.15)
        end = (320 - r, 320) if turn == "1 1" else (320, 320 + r)
        c.stroke(f"M320,{320 - r:g}A{r:g},{r:g} 0 {turn} {end[0]:g},{end[1]:g}", tone, radius * 0.15)
    c.stroke("M311,304V336M325,304H335L329,336", "#f4f4f6", 5)


def camera(c: Canvas, look: Look) -> None:
    body = look.colour
    leather = mix(body, "#26252a", 0.85) if brightness(body) > 0.4 else mix(body, "#222226", 0.5)
    c.path("M250,212L274,150H366L390,212Z", c.gradient(0, 150, 0, 212, lighter(body, 0.3), darker(body, 0.1)))
    c.rect(80, 204, 480, 312, c.gradient(0, 204, 0, 516, lighter(body, 0.25), body, darker(body, 0.3)), 30)
    c.rect(80, 262, 480, 208, c.gradient(80, 262, 560, 470, lighter(leather, 0.12), darker(leather, 0.2)), 6)
    c.stroke("".join(f"M88,{y}H552" for y in range(270, 468, 9)), lighter(leather, 0.25), 2.4, 0.5, dash="0.1 8")
    for x, wide, tall in ((112, 66, 26), (446, 74, 20), (492, 40, 34)):
        c.metal(x, 206 - tall, wide, tall, body if brightness(body) > 0.3 else "#77787e", 5)
    c.circle(320, 366, 132, c.metal_fill(190, 236, 450, 496, body if brightness(body) > 0.3 else "#55565c"))
    c.circle(320, 366, 118, "#17171a")
    c.ring(320, 366, 106, "#4a4b52", 3)
    c.circle(320, 366, 90, c.gradient(240, 286, 400, 446, "#3d3e45", "#111114"))
    c.circle(320, 366, 66, c.gradient(262, 310, 380, 424, "#5a4f9a", "#1c2a58", "#0c0c14"))
    c.circle(320, 366, 34, c.gradient(290, 336, 350, 400, "#151527", "#36224e"))
    c.ellipse(292, 332, 24, 15, "#ffffff", 0.55)
    c.circle(346, 396, 9, "#ffffff", 0.3)
    c.rect(496, 282, 32, 12, look.accent, 4)
    c.circle(142, 296, 13, "#1b1b1e")
    c.stroke("M82,234C40,240 36,300 46,360M558,234C600,240 604,300 594,360", darker(look.accent, 0.25), 12)


def e_reader(c: Canvas, look: Look) -> None:
    c.ground = "lay"
    c.rect(150, 82, 340, 480, c.soft_fill(150, 82, 490, 562, look.colour, 0.16), 28)
    c.rect(182, 112, 276, 380, c.gradient(0, 112, 0, 492, "#f3f1ea", "#e6e3da"), 5)
    c.stroke("M262,150H378", "#4d4a47", 9)
    rows = []
    for row in range(14):
        rows.append(f"M{212 if row in (0, 5, 10) else 202},{194 + row * 20}H{400 if row in (4, 9) else 438}")
    c.stroke("".join(rows), "#8c8983", 4.6)
    c.rect(292, 516, 56, 18, darker(look.colour, 0.3), 9)


DRAWINGS = {
    "laptop": laptop,
    "tablet": tablet,
    "phone": phone,
    "monitor": monitor,
    "television": television,
    "smartwatch": smartwatch,
    "camera": camera,
    "e_reader": e_reader,
}
