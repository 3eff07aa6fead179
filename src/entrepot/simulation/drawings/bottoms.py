"""Trousers, skirts and socks, laid flat."""

from entrepot.simulation.drawings.canvas import Canvas, darker, lighter, mirrored
from entrepot.simulation.drawings.picture import Look
from entrepot.simulation.drawings.tops import cloth


def _legs(c: Canvas, tone: str, cut: str, length: float) -> None:
    outer, inner = {"slim": (206, 288), "straight": (188, 296), "wide": (150, 308), "tapered": (204, 276)}[cut]
    outline = mirrored(
        320,
        72,
        (222, 66),
        (204, 150, 190, 240),
        ((190 + outer) / 2 - 4, 420, outer, length),
        (inner, length + 8),
        (308, 330, 320, 226),
    )
    c.path(
        outline,
        c.ramp(
            180,
            0,
            460,
            0,
            [
                (0, darker(tone, 0.28)),
                (0.2, lighter(tone, 0.12)),
                (0.44, darker(tone, 0.14)),
                (0.54, darker(tone, 0.22)),
                (0.76, lighter(tone, 0.1)),
                (1, darker(tone, 0.3)),
            ],
        ),
    )
    c.fold("M320,228C300,240 280,244 258,240M320,228C340,240 360,244 382,240", tone, 7, 0.35)
    for side in (-1, 1):
        c.fold(
            f"M{320 + side * 74},330C{320 + side * 60},350 {320 + side * 44},352 {320 + side * 30},344", tone, 8, 0.22
        )


def jeans(c: Canvas, look: Look) -> None:
    cloth(c, look)
    c.texture = "twill"
    tone, cut = look.colour, look.get("cut", "straight")
    thread = "#d39a4e"
    _legs(c, tone, cut, 588)
    if look.get("wash", "rinse") == "faded":
        for side in (-1, 1):
            for width in (44, 32, 20, 10):
                c.stroke(
                    f"M{320 + side * 80},210C{320 + side * 84},280 {320 + side * 76},330 {320 + side * 76},400",
                    lighter(tone, 0.6),
                    width,
                    0.1,
                )
    c.rect(218, 64, 204, 32, c.gradient(0, 64, 0, 96, lighter(tone, 0.1), darker(tone, 0.15)), 3)
    c.seam("M222,70H418M222,91H418M313,98V200Q300,214 290,216", thread, 1)
    c.circle(320, 80, 8, "#c58b52")
    for side in (-1, 1):
        x = 320 + side * 66
        c.rect(x - 6, 58, 12, 44, darker(tone, 0.12), 2)
        c.stroke(
            f"M{320 + side * 56},98C{320 + side * 60},136 {320 + side * 84},146 {320 + side * 116},142",
            darker(tone, 0.45),
            4,
        )
        c.seam(f"M{320 + side * 50},98C{320 + side * 54},142 {320 + side * 84},154 {320 + side * 117},150", thread, 1)
        foot = {"slim": 72, "straight": 78, "wide": 91, "tapered": 80}[cut]
        c.seam(f"M{320 + side * (foot - 36)},578H{320 + side * (foot + 32)}", thread, 1)
    c.rect(372, 68, 34, 22, "#8a5a34", 2)


def chinos(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone = look.colour
    _legs(c, tone, look.get("cut", "tapered"), 586)
    c.rect(218, 64, 204, 28, c.gradient(0, 64, 0, 92, lighter(tone, 0.14), darker(tone, 0.1)), 3)
    c.circle(320, 78, 6, darker(tone, 0.5))
    c.stroke("M320,92V200", darker(tone, 0.4), 2)
    for side in (-1, 1):
        c.rect(320 + side * 66 - 5, 58, 10, 38, darker(tone, 0.1), 2)
        c.stroke(f"M{320 + side * 74},94L{320 + side * 112},166", darker(tone, 0.45), 4)
        if look.get("front", "flat") == "pleated":
            c.fold(f"M{320 + side * 46},94L{320 + side * 60},560", tone, 6, 0.34)
        else:
            c.stroke(f"M{320 + side * 62},200L{320 + side * 74},570", lighter(tone, 0.35), 3, 0.4)


def joggers(c: Canvas, look: Look) -> None:
    cloth(c, look)
    c.texture = "plush"
    tone = look.colour
    _legs(c, tone, "tapered", 556)
    for x1, x2, y in ((214, 426, 62), (202, 282, 548), (358, 438, 548)):
        c.rect(
            x1, y, x2 - x1, 36, c.gradient(x1, 0, x2, 0, darker(tone, 0.28), darker(tone, 0.05), darker(tone, 0.3)), 8
        )
        c.stroke("".join(f"M{x},{y + 5}V{y + 31}" for x in range(int(x1) + 7, int(x2), 9)), darker(tone, 0.5), 3, 0.5)
    c.stroke("M312,84C300,130 306,160 300,180M328,84C340,130 334,150 342,172", look.accent, 6)
    for side in (-1, 1):
        c.stroke(f"M{320 + side * 92},110L{320 + side * 116},184", darker(tone, 0.45), 5)
        if look.get("side", "plain") == "stripe":
            c.stroke(
                f"M{320 + side * 108},140C{320 + side * 122},260 {320 + side * 112},420 {320 + side * 104},540",
                look.accent,
                10,
            )


def shorts(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone, swim = look.colour, look.get("cut", "chino") == "swim"
    outline = mirrored(320, 150, (204, 146), (176, 270, 140, 470), (300, 486), (312, 400, 320, 326))
    c.path(
        outline,
        c.ramp(
            140,
            0,
            500,
            0,
            [
                (0, darker(tone, 0.25)),
                (0.22, lighter(tone, 0.14)),
                (0.47, darker(tone, 0.16)),
                (0.75, lighter(tone, 0.08)),
                (1, darker(tone, 0.3)),
            ],
        ),
    )
    if look.get("print", "plain") == "palms":
        for x, y in ((220, 250), (270, 330), (200, 390), (260, 430), (420, 250), (372, 330), (440, 380), (390, 436)):
            c.stroke(
                f"M{x},{y}q-14,-14 -24,-2M{x},{y}q14,-14 24,-2M{x},{y}q-4,-20 -16,-24M{x},{y}q6,-20 18,-22"
                f"M{x},{y}q-4,16 2,32",
                look.accent,
                5,
            )
    c.rect(200, 138, 240, 34, c.gradient(0, 138, 0, 172, lighter(tone, 0.12), darker(tone, 0.16)), 5)
    if swim:
        c.stroke("".join(f"M{x},144V166" for x in range(210, 436, 9)), darker(tone, 0.45), 2.5, 0.5)
        c.stroke("M312,166C296,210 306,236 296,262M328,166C344,210 336,226 346,254", "#f6f2ea", 6)
    else:
        c.circle(320, 155, 6, darker(tone, 0.5))
        c.stroke("M320,172V300", darker(tone, 0.4), 2)
    for side in (-1, 1):
        c.stroke(f"M{320 + side * 84},174L{320 + side * 130},252", darker(tone, 0.45), 4)
        c.seam(f"M{320 + side * 24},472L{320 + side * 174},458", tone)
        c.fold(f"M{320 + side * 60},330C{320 + side * 76},380 {320 + side * 70},420 {320 + side * 84},452", tone, 8)


def skirt(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone, pleated = look.colour, look.get("cut", "pleated") == "pleated"
    hem = 560 if look.get("length", "midi") == "midi" else 440
    outline = mirrored(320, 92, (228, 88), (190, 200, 128 if pleated else 176, hem), (320, hem + 22))
    c.path(
        outline,
        c.ramp(
            130,
            0,
            510,
            0,
            [(0, darker(tone, 0.26)), (0.3, tone), (0.42, lighter(tone, 0.2)), (0.62, tone), (1, darker(tone, 0.34))],
        ),
    )
    if pleated:
        for index in range(-5, 6):
            top, foot = 320 + index * 16, 320 + index * 35
            c.polygon(
                [(top, 118), (top + 7, 118), (foot + 15, hem + 18 - abs(index) * 3), (foot, hem + 18 - abs(index) * 3)],
                darker(tone, 0.3),
            )
            c.stroke(f"M{top - 2},120L{foot - 3},{hem + 14 - abs(index) * 3}", lighter(tone, 0.4), 3, 0.5)
    else:
        for shift in (-70, -24, 34, 80):
            c.fold(
                f"M{320 + shift * 0.6:g},130C{320 + shift * 0.8:g},250 {320 + shift:g},400 {320 + shift * 1.2:g},{hem}",
                tone,
                10,
                0.2,
            )
        for y in range(140, hem - 20, 58):
            c.circle(320, y, 8, c.gradient(312, y - 8, 328, y + 8, lighter(look.accent, 0.4), darker(look.accent, 0.3)))
        c.stroke(f"M304,112V{hem + 20}M336,112V{hem + 20}", darker(tone, 0.4), 1.6)
    c.rect(226, 80, 188, 36, c.gradient(0, 80, 0, 116, lighter(tone, 0.14), darker(tone, 0.16)), 5)


def socks(c: Canvas, look: Look) -> None:
    c.ground, c.texture = "lay", "knit"
    for dx, dy, tone in ((96, -26, darker(look.colour, 0.12)), (-30, 10, look.colour)):
        x, y = 220 + dx, 96 + dy
        d = (
            f"M{x},{y}H{x + 116}V{y + 250}C{x + 116},{y + 300} {x + 200},{y + 318} {x + 246},{y + 352}"
            f"C{x + 290},{y + 388} {x + 268},{y + 446} {x + 206},{y + 446}"
            f"C{x + 140},{y + 446} {x + 90},{y + 420} {x + 30},{y + 372}"
            f"C{x},{y + 348} {x},{y + 330} {x},{y + 300}Z"
        )
        c.path(d, c.gradient(x, y, x + 200, y + 440, lighter(tone, 0.2), tone, darker(tone, 0.26)))
        c.path(
            f"M{x + 206},{y + 446}C{x + 268},{y + 446} {x + 290},{y + 388} {x + 246},{y + 352}"
            f"C{x + 210},{y + 372} {x + 194},{y + 410} {x + 206},{y + 446}Z",
            look.accent,
        )
        c.path(
            f"M{x},{y + 284}C{x + 40},{y + 292} {x + 54},{y + 350} {x + 30},{y + 372}"
            f"C{x},{y + 348} {x},{y + 330} {x},{y + 284}Z",
            look.accent,
        )
        if look.get("pattern", "stripes") == "stripes":
            c.stroke("".join(f"M{x},{y + r}H{x + 116}" for r in (76, 112, 148, 184)), look.accent, 15, butt=True)
        elif look.get("pattern") == "dots":
            c.stroke(
                "".join(
                    f"M{x + 22 + (r // 38 % 2) * 20 + k * 38},{y + r}v.1"
                    for r in range(76, 260, 38)
                    for k in range(3 - r // 38 % 2)
                ),
                look.accent,
                15,
            )
        c.rect(
            x - 2,
            y - 4,
            120,
            52,
            c.gradient(x, 0, x + 116, 0, darker(tone, 0.1), lighter(tone, 0.12), darker(tone, 0.25)),
            8,
        )
        c.stroke("".join(f"M{x + 6 + k * 9},{y + 2}V{y + 42}" for k in range(13)), darker(tone, 0.45), 3, 0.45)


DRAWINGS = {
    "jeans": jeans,
    "chinos": chinos,
    "joggers": joggers,
    "shorts": shorts,
    "skirt": skirt,
    "socks": socks,
}
