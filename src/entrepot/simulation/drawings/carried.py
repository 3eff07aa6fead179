"""Bags and the small things one wears or carries."""

from math import cos, pi, sin

from entrepot.simulation.drawings.canvas import Canvas, brightness, darker, lighter, mirrored, mix
from entrepot.simulation.drawings.picture import Look
from entrepot.simulation.drawings.tops import cloth


def backpack(c: Canvas, look: Look) -> None:
    cloth(c, look)
    c.ground = "stand"
    tone, trim = look.colour, look.accent
    c.stroke("M270,112C270,60 370,60 370,112", darker(trim, 0.2), 15)
    for side in (-1, 1):
        c.path(
            f"M{320 + side * 150},300C{320 + side * 214},320 {320 + side * 214},500 {320 + side * 150},530Z",
            darker(tone, 0.35),
        )
    c.path(
        mirrored(
            320, 92, (220, 92, 172, 150, 164, 260), (150, 400, 152, 500, 168, 540), (180, 562, 210, 564), (320, 564)
        ),
        c.gradient(170, 92, 480, 560, lighter(tone, 0.28), tone, darker(tone, 0.28)),
    )
    if look.get("cut", "zip") == "roll":
        c.rect(176, 88, 288, 62, c.gradient(0, 88, 0, 150, lighter(tone, 0.25), darker(tone, 0.25)), 30)
        c.stroke("M320,96V330", darker(trim, 0.1), 24, butt=True)
        c.rect(300, 262, 40, 34, "#c9ccd1", 5)
        c.rect(308, 270, 24, 18, darker(trim, 0.3), 3)
    elif look.get("cut") == "flap":
        c.path(
            mirrored(320, 96, (216, 96, 172, 150, 166, 250), (166, 320, 200, 330), (320, 334)),
            c.gradient(170, 96, 470, 330, lighter(tone, 0.32), darker(tone, 0.1)),
        )
        for x in (236, 404):
            c.stroke(f"M{x},262V398", trim, 24, butt=True)
            c.rect(x - 18, 340, 36, 32, "#c2a05a", 5)
            c.rect(x - 11, 348, 22, 16, darker(trim, 0.2), 3)
    else:
        c.stroke("M176,300C170,180 224,110 320,108C416,110 470,180 464,300", darker(tone, 0.45), 6)
        c.rect(428, 224, 10, 40, trim, 4)
    c.path(
        mirrored(320, 366, (222, 366), (200, 372, 200, 400), (204, 520), (212, 540, 234, 540), (320, 540)),
        c.gradient(200, 360, 440, 540, lighter(tone, 0.2), darker(tone, 0.16)),
        stroke=darker(tone, 0.35),
        width=2,
    )
    c.stroke("M216,404H424", darker(tone, 0.5), 5)
    c.rect(404, 400, 9, 34, trim, 4)
    c.rect(286, 452, 68, 40, trim, 4)
    c.stroke("M300,472H340", lighter(trim, 0.4) if brightness(trim) < 0.6 else darker(trim, 0.5), 4)


def tote(c: Canvas, look: Look) -> None:
    cloth(c, look)
    c.ground = "stand"
    tone, strap = look.colour, look.accent
    for lift, shade in ((0, 0.35), (14, 0.0)):
        c.stroke(f"M224,{262 + lift}C226,{60 + lift} 414,{60 + lift} 416,{262 + lift}", darker(strap, 0.15 + shade), 20)
    c.path(
        "M120,214H520L548,548Q320,566 92,548Z",
        c.ramp(
            92, 0, 548, 0, [(0, darker(tone, 0.24)), (0.25, lighter(tone, 0.14)), (0.55, tone), (1, darker(tone, 0.3))]
        ),
    )
    c.path("M120,214H520L522,238H118Z", darker(tone, 0.2))
    c.fold("M176,270C170,380 190,460 180,540", tone, 11, 0.2)
    c.fold("M470,280C484,380 462,470 476,540", tone, 11, 0.24)
    c.stroke("M224,226V276M416,226V276", strap, 20, butt=True)
    c.seam("M122,246H518", tone)
    if look.get("front", "plain") == "print":
        c.circle(320, 400, 78, strap)
        c.circle(352, 376, 62, tone)
        c.stroke("M236,490H404", strap, 7)
    elif look.get("front") == "stripes":
        c.polygon([(112, 330), (528, 330), (533, 380), (108, 380)], strap)
        c.polygon([(106, 404), (534, 404), (537, 428), (104, 428)], strap)
    elif look.get("front") == "pocket":
        c.path("M214,350H426L432,500H208Z", darker(tone, 0.07), stroke=darker(tone, 0.3), width=2)
        c.seam("M220,362H420", tone)


def handbag(c: Canvas, look: Look) -> None:
    cloth(c, look)
    c.ground = "stand"
    tone, metal = look.colour, look.accent
    saddle = look.get("cut", "saddle") == "saddle"
    c.stroke("M146,270C150,40 490,40 494,270" if saddle else "M220,250C222,110 418,110 420,250", darker(tone, 0.3), 17)
    if saddle:
        c.path(
            mirrored(320, 232, (140, 232), (126, 380, 130, 440), (150, 552, 240, 556), (320, 558)),
            c.gradient(130, 230, 510, 560, lighter(tone, 0.12), tone, darker(tone, 0.35)),
        )
        c.path(
            mirrored(320, 226, (136, 226), (128, 330, 150, 400), (190, 448, 260, 452), (320, 454)),
            c.gradient(140, 226, 500, 450, lighter(tone, 0.34), lighter(tone, 0.05), darker(tone, 0.18)),
        )
        c.seam(
            "M148,238C142,330 162,392 190,416C226,440 270,442 320,442C370,442 414,440 450,416C478,392 498,330 492,238",
            tone,
        )
        c.rect(292, 420, 56, 48, c.metal_fill(292, 420, 348, 468, metal), 10)
        c.circle(320, 444, 9, darker(metal, 0.5))
    else:
        c.path(
            "M132,250H508L540,520Q540,550 510,550H130Q100,550 100,520Z",
            c.gradient(100, 250, 540, 550, lighter(tone, 0.26), tone, darker(tone, 0.32)),
        )
        c.path(
            "M132,250H508L516,318Q320,350 124,318Z", c.gradient(0, 250, 0, 340, lighter(tone, 0.26), darker(tone, 0.05))
        )
        c.seam("M128,308Q320,338 512,308M112,520Q112,538 132,538H508Q528,538 528,520", tone)
        for x in (220, 420):
            c.ring(x, 258, 15, metal, 6)
        c.rect(286, 306, 68, 34, c.metal_fill(286, 306, 354, 340, metal), 8)
    for x in (146, 494) if saddle else ():
        c.ring(x, 262, 14, metal, 6)


def wallet(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone = look.colour
    if look.get("cut", "bifold") == "bifold":
        c.rect(118, 172, 404, 296, darker(tone, 0.4), 18)
        for index, card in enumerate(("#e8dcc6", "#5d7fa8", look.accent)):
            c.rect(150 + index * 14, 140 + index * 20, 330, 120, card, 12)
        c.path(
            "M118,232H522V452A18,18 0 0 1 504,470H136A18,18 0 0 1 118,452Z",
            c.gradient(118, 232, 522, 470, lighter(tone, 0.28), tone, darker(tone, 0.28)),
        )
        c.seam("M130,246H510M130,246V446Q130,458 142,458H498Q510,458 510,446V246", tone)
        c.path("M118,232C200,252 440,252 522,232V238C440,258 200,258 118,238Z", darker(tone, 0.5), 0.5)
        c.rect(404, 400, 80, 30, darker(tone, 0.22), 4)
    else:
        c.rect(188, 110, 264, 420, darker(tone, 0.42), 20)
        for index, card in enumerate((look.accent, "#e8dcc6", "#5d7fa8")):
            c.rect(206, 84 + index * 34, 228, 160, card, 12)
        c.path(
            "M188,232C240,262 400,262 452,232V510A20,20 0 0 1 432,530H208A20,20 0 0 1 188,510Z",
            c.gradient(188, 232, 452, 530, lighter(tone, 0.28), tone, darker(tone, 0.28)),
        )
        c.seam("M200,250C250,274 390,274 440,250M200,250V506Q200,518 212,518H428Q440,518 440,506V250", tone)
        c.path("M188,330C240,352 400,352 452,330V338C400,360 240,360 188,338Z", darker(tone, 0.5), 0.6)


def cap(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone = look.colour
    c.path(
        "M146,400C132,250 220,150 330,150C450,150 520,250 508,400C400,432 250,432 146,400Z",
        c.gradient(160, 160, 500, 420, lighter(tone, 0.28), tone, darker(tone, 0.3)),
    )
    c.stroke("M330,152C270,210 252,320 262,420M330,152C400,210 420,320 408,422", darker(tone, 0.35), 3, 0.7)
    c.seam("M322,154C262,212 244,320 254,418M338,154C408,212 428,320 416,420", tone, 0.5)
    c.ellipse(330, 150, 15, 9, darker(tone, 0.25))
    for x, y in ((230, 236), (428, 236)):
        c.circle(x, y, 6, darker(tone, 0.6))
    brim = look.accent
    c.path(
        "M146,398C250,432 400,432 508,398C570,430 604,474 590,496C520,452 420,440 330,446C250,450 190,440 146,398Z",
        c.gradient(146, 398, 560, 500, lighter(brim, 0.22), brim, darker(brim, 0.3)),
    )
    c.seam("M190,424C300,450 440,428 566,474M220,436C320,452 430,438 556,480", brim)
    if look.get("front", "plain") == "patch":
        c.rect(284, 268, 92, 84, "#f4ecdc", 12)
        c.polygon([(298, 338), (324, 290), (338, 312), (346, 300), (364, 338)], darker(tone, 0.2))


def beanie(c: Canvas, look: Look) -> None:
    c.ground, c.texture = "lay", "knit"
    tone = look.colour
    if look.get("top", "plain") == "pompom":
        c.circle(320, 124, 62, darker(look.accent, 0.18))
        tufts = "".join(f"M320,124l{62 * cos(k * pi / 14):.0f},{62 * sin(k * pi / 14):.0f}" for k in range(28))
        c.stroke(tufts, look.accent, 11)
        c.circle(306, 108, 26, lighter(look.accent, 0.2), 0.5)
    c.path(
        mirrored(320, 142, (210, 142, 152, 250, 148, 420), (320, 436)),
        c.gradient(150, 142, 490, 430, lighter(tone, 0.24), tone, darker(tone, 0.3)),
    )
    for bend in (-130, -86, -43, 0, 43, 86, 130):
        c.stroke(
            f"M{320 + bend * 0.25:g},150C{320 + bend * 0.8:g},220 {320 + bend:g},320 {320 + bend * 1.06:g},412",
            darker(tone, 0.4),
            5,
            0.5,
        )
    c.rect(
        134,
        398,
        372,
        118,
        c.gradient(134, 0, 506, 0, darker(tone, 0.2), lighter(tone, 0.16), tone, darker(tone, 0.34)),
        34,
    )
    c.stroke("".join(f"M{x},406V508" for x in range(152, 498, 14)), darker(tone, 0.45), 5, 0.5)
    c.rect(392, 436, 62, 42, look.accent, 4)


def scarf(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone, ink = look.colour, look.accent
    knitted = c.texture == "knit"
    tails = ((350, 420, 0.16, 560), (214, 300, 0.0, 520))
    for x1, x2, shade, foot in tails:
        t = darker(tone, shade)
        c.stroke("".join(f"M{x},{foot - 8}l{(x - x1) % 5 - 2},46" for x in range(x1 + 5, x2 + 34, 10)), t, 5)
        c.path(
            f"M{x1 + 30},220L{x2 + 20},220L{x2 + 36},{foot}H{x1}Z",
            c.gradient(x1, 0, x2 + 36, 0, darker(t, 0.2), lighter(t, 0.2), t, darker(t, 0.3)),
        )
        if look.get("pattern", "plain") == "stripes":
            for y in range(320, foot - 20, 56):
                k = (y - 220) / (foot - 220)
                c.polygon(
                    [
                        (x1 + 30 - 30 * k, y),
                        (x2 + 20 + 16 * k, y),
                        (x2 + 21 + 16 * k, y + 20),
                        (x1 + 29 - 30 * k, y + 20),
                    ],
                    ink,
                )
        elif look.get("pattern") == "check":
            c.stroke(f"M{x1 + 46},220L{x1 + 28},{foot}M{x1 + 80},220L{x1 + 76},{foot}", ink, 8, 0.55)
            c.stroke("".join(f"M{x1 + 8},{y}H{x2 + 24}" for y in range(280, foot, 56)), ink, 9, 0.55)
    loop = (
        "M320,96C450,96 500,170 470,236C440,300 200,300 170,236C140,170 190,96 320,96ZM320,150"
        "C270,150 244,168 250,186C262,216 378,216 390,186C396,168 370,150 320,150Z"
    )
    c.path(
        loop.replace("ZM320,150", "Z M320,150"),
        c.gradient(160, 100, 480, 300, lighter(tone, 0.26), tone, darker(tone, 0.24)),
    )
    c.path("M320,146C260,146 240,166 248,188C262,222 378,222 392,188C400,166 380,146 320,146Z", darker(tone, 0.6))
    for d in (
        "M176,180C200,250 300,276 380,262",
        "M196,146C180,200 260,250 340,244",
        "M462,190C450,240 400,262 340,268",
    ):
        c.fold(d, tone, 9 if knitted else 7, 0.3)


def belt(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone, metal = look.colour, look.accent
    for radius in (196, 160, 124):
        c.ring(320, 330, radius, darker(tone, 0.5), 36)
        c.ring(320, 328, radius, c.gradient(130, 140, 510, 520, lighter(tone, 0.3), tone, darker(tone, 0.3)), 31)
        c.ring(320, 328, radius - 11, lighter(tone, 0.3), 1.6, 0.6)
    c.rect(302, 110, 190, 44, c.gradient(0, 110, 0, 154, lighter(tone, 0.28), darker(tone, 0.25)), 6)
    c.seam("M310,117H486M310,147H486", tone)
    for x in (370, 404, 438):
        c.circle(x, 132, 5, darker(tone, 0.65))
    if look.get("buckle", "square") == "round":
        c.ring(288, 132, 40, c.metal_fill(248, 92, 328, 172, metal), 14)
    else:
        c.path(
            "M246,92H332A10,10 0 0 1 342,102V162A10,10 0 0 1 332,172H246A10,10 0 0 1 236,162V102A10,10 0 0 1 246,92Z",
            "none",
            stroke=c.metal_fill(236, 92, 342, 172, metal),
            width=15,
        )
    c.stroke("M244,132H336", c.gradient(0, 126, 0, 138, lighter(metal, 0.5), darker(metal, 0.3)), 11)
    c.rect(348, 104, 22, 56, darker(tone, 0.14), 4)


def sunglasses(c: Canvas, look: Look) -> None:
    c.ground = "lay"
    frame, glass = look.colour, look.accent
    cut = look.get("cut", "wayfarer")
    for side in (-1, 1):
        c.stroke(
            f"M{320 + side * 226},270C{320 + side * 244},200 {320 + side * 190},166 {320 + side * 140},150",
            darker(frame, 0.3),
            15,
        )
        x = 320 + side * 122
        if cut == "round":
            c.circle(x, 336, 92, c.gradient(x - 90, 250, x + 90, 430, lighter(frame, 0.4), frame, darker(frame, 0.3)))
            c.circle(x, 336, 80, c.gradient(x - 40, 256, x + 40, 416, darker(glass, 0.55), lighter(glass, 0.15)))
        else:
            drop = 24 if cut == "aviator" else 0
            d = (
                f"M{x - side * 104},{262}C{x - side * 60},{246} {x + side * 70},{246} {x + side * 112},{262}"
                f"C{x + side * 120},{340} {x + side * 96},{410 + drop} {x + side * 10},{418 + drop}"
                f"C{x - side * 70},{418 + drop} {x - side * 100},{350} {x - side * 104},{262}Z"
            )
            c.path(
                d,
                c.gradient(x - 80, 260, x + 80, 430, darker(glass, 0.6), darker(glass, 0.15), lighter(glass, 0.3)),
                stroke=c.gradient(x - 100, 250, x + 100, 420, lighter(frame, 0.35), frame, darker(frame, 0.2)),
                width=7 if cut == "aviator" else 17,
            )
        c.path(f"M{x - 50},{276}L{x - 10},{272}L{x - 46},{392}L{x - 64},{350}Z", "#ffffff", 0.2)
    y = 300 if cut == "round" else 268
    c.stroke(
        f"M216,{y}Q320,{y - 26} 424,{y}"
        if cut == "aviator"
        else f"M{230 if cut != 'round' else 232},{y + 4}Q320,{y - 28} {410 if cut != 'round' else 408},{y + 4}",
        frame,
        8 if cut == "aviator" else 15,
    )
    if cut == "aviator":
        c.stroke("M236,296Q320,274 404,296", frame, 6)


def watch(c: Canvas, look: Look) -> None:
    c.ground = "lay"
    steel = look.cloth == "Stainless steel"
    strap, metal = look.colour, look.colour if steel else look.accent
    if steel:
        for y in (*range(52, 210, 26), *range(432, 590, 26)):
            for x, wide in ((264, 30), (298, 44), (346, 30)):
                c.rect(x, y, wide, 23, c.metal_fill(x, y, x + wide, y + 23, metal), 5)
    else:
        c.texture = "leather" if look.cloth == "Leather" else ""
        fill = c.gradient(262, 0, 378, 0, darker(strap, 0.22), lighter(strap, 0.2), strap, darker(strap, 0.3))
        c.path("M258,230L270,50Q320,38 370,50L382,230ZM258,410L272,592Q320,604 368,592L382,410Z", fill)
        c.seam("M270,226L280,60M370,226L360,60M270,414L282,584M370,414L358,584", strap)
        c.stroke("M320,500V501M320,530V531M320,560V561", darker(strap, 0.7), 9)
    c.rect(436, 304, 24, 32, c.metal_fill(0, 304, 0, 336, metal), 5)
    c.circle(320, 320, 126, c.metal_fill(210, 210, 430, 430, metal))
    face = {"white": "#f7f4ec", "black": "#202024", "green": "#24493a", "blue": "#22375f"}[look.get("face", "white")]
    ink = "#f3efe4" if brightness(face) < 0.5 else "#2a2628"
    c.circle(320, 320, 108, c.gradient(250, 240, 400, 410, lighter(face, 0.12), darker(face, 0.12)))
    ticks = "".join(
        f"M{320 + 84 * sin(k * pi / 6):.1f},{320 - 84 * cos(k * pi / 6):.1f}"
        f"L{320 + 98 * sin(k * pi / 6):.1f},{320 - 98 * cos(k * pi / 6):.1f}"
        for k in range(12)
    )
    c.stroke(ticks, ink, 6)
    if look.get("dials", "plain") == "chrono":
        for x, y in ((282, 332), (358, 332), (320, 374)):
            c.circle(x, y, 24, darker(face, 0.12) if brightness(face) > 0.5 else lighter(face, 0.1))
            c.stroke(f"M{x},{y}L{x + 12},{y - 14}", mix(ink, face, 0.2), 3)
    c.stroke("M320,320L276,272", ink, 8)
    c.stroke("M320,320L366,258", ink, 6)
    c.stroke("M320,344L322,232", "#d8483c", 2.6)
    c.circle(320, 320, 8, ink)
    c.path("M244,262A96,96 0 0 1 330,222L300,300Z", "#ffffff", 0.12)


def umbrella(c: Canvas, look: Look) -> None:
    tone = look.colour
    c.ground = "hang"
    c.stroke(
        "M320,120V520C320,570 262,570 262,524", "#5b4636" if look.get("handle", "wood") == "wood" else "#2d2d31", 13
    )
    c.stroke("M320,72V130", "#b9bcc1", 7)
    edges = [60, 164, 268, 372, 476, 580]
    for index in range(5):
        x1, x2 = edges[index], edges[index + 1]
        shade = (0.24, 0.08, 0.0, 0.14, 0.34)[index]
        panel = darker(tone if index % 2 == 0 or look.get("panels", "plain") == "plain" else look.accent, shade)
        lean1, lean2 = 320 + (x1 - 320) * 0.72, 320 + (x2 - 320) * 0.72
        c.path(
            f"M320,96C{lean1:g},130 {x1},230 {x1},330Q{(x1 + x2) / 2},282 {x2},330C{x2},230 {lean2:g},130 320,96Z",
            c.gradient(0, 96, 0, 330, lighter(panel, 0.24), panel),
        )
    c.stroke(
        "".join(f"M320,96C{320 + (x - 320) * 0.72:g},130 {x},230 {x},330" for x in edges[1:-1]),
        darker(tone, 0.5),
        2,
        0.5,
    )


DRAWINGS = {
    "backpack": backpack,
    "tote": tote,
    "handbag": handbag,
    "wallet": wallet,
    "cap": cap,
    "beanie": beanie,
    "scarf": scarf,
    "belt": belt,
    "sunglasses": sunglasses,
    "watch": watch,
    "umbrella": umbrella,
}
