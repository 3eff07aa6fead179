"""Food in jars, tins, boxes and pouches; brand and product stand on the label."""

from entrepot.simulation.drawings.canvas import Canvas, brightness, darker, ink_on, lighter, mirrored, mix
from entrepot.simulation.drawings.labels import PAPER, icon, label
from entrepot.simulation.drawings.letters import write, write_lines
from entrepot.simulation.drawings.picture import Look


def pasta_bag(c: Canvas, look: Look) -> None:
    grain, tone = "#e5b95f" if look.get("grain", "wheat") == "wheat" else "#b98a55", look.colour
    c.path(
        mirrored(320, 84, (196, 84), (190, 108, 200, 130), (172, 280, 178, 540), (192, 562, 230, 562), (320, 562)),
        c.gradient(176, 0, 464, 0, darker(grain, 0.22), lighter(grain, 0.25), grain, darker(grain, 0.25)),
    )
    shape = look.get("shape", "long")
    if shape == "long":
        c.stroke("".join(f"M{x},{146 + (x * 7) % 13}V552" for x in range(196, 450, 8)), darker(grain, 0.25), 2.4, 0.7)
    elif shape == "tube":
        for row, y in enumerate(range(158, 548, 27)):
            c.stroke(
                "".join(f"M{x},{y}l22,{(x * 3 + row * 5) % 21 - 10}" for x in range(198 + row % 2 * 15, 428, 36)),
                darker(grain, 0.28),
                17,
            )
            c.stroke(
                "".join(f"M{x},{y - 2}l22,{(x * 3 + row * 5) % 21 - 10}" for x in range(198 + row % 2 * 15, 428, 36)),
                lighter(grain, 0.2),
                12,
            )
    else:
        for row, y in enumerate(range(158, 548, 27)):
            for x in range(200 + row % 2 * 15, 440, 34):
                c.path(
                    f"M{x - 13},{y - 8}q13,6 26,0l-9,9l9,9q-13,-6 -26,0l9,-9Z",
                    lighter(grain, 0.22),
                    stroke=darker(grain, 0.3),
                    width=2,
                )
    c.rect(188, 66, 264, 66, c.gradient(0, 66, 0, 132, lighter(tone, 0.2), darker(tone, 0.16)), 4)
    c.stroke("M192,80H448M192,90H448", lighter(tone, 0.3), 2, 0.7)
    label(c, look, 190, 236, 260, 226, 8)
    c.path("M196,150C188,260 188,400 194,520L206,520C200,400 202,260 212,150Z", "#ffffff", 0.32)


def rice_sack(c: Canvas, look: Look) -> None:
    c.texture = "weave"
    tone = look.colour
    c.path(
        mirrored(320, 120, (206, 120), (170, 200, 158, 330), (146, 500, 172, 556), (220, 570, 320, 570)),
        c.gradient(150, 0, 490, 0, darker(tone, 0.24), lighter(tone, 0.2), tone, darker(tone, 0.3)),
    )
    c.path(
        mirrored(320, 62, (226, 54), (216, 90, 236, 124), (320, 132)),
        c.gradient(220, 0, 420, 0, darker(tone, 0.15), lighter(tone, 0.2), darker(tone, 0.25)),
    )
    c.stroke("M232,124Q320,140 408,124", look.accent, 13)
    c.stroke("M352,130C390,150 380,190 404,206M352,130C360,170 346,190 356,222", look.accent, 7)
    for x in (246, 282, 318, 354, 390):
        c.fold(f"M{x},70Q{x + (320 - x) * 0.15:g},96 {x},122", tone, 5, 0.3)
    label(c, look, 196, 246, 248, 252, 10)


def jar(c: Canvas, look: Look) -> None:
    """Honey, jam, nut butter, sauce: the filling shows above and below the label."""
    filling, lid = look.colour, look.accent
    body = look.get("body", "round")
    wide, top = {"round": (168, 190), "tall": (204, 150), "hex": (176, 196)}[body]
    if body == "hex":
        d = (
            f"M{wide + 34},{top}H{606 - wide}L{640 - wide},{top + 50}V520L{606 - wide},566H{wide + 34}"
            f"L{wide},520V{top + 50}Z"
        )
        fill = c.ramp(
            wide,
            0,
            640 - wide,
            0,
            [
                (0, darker(filling, 0.3)),
                (0.26, darker(filling, 0.12)),
                (0.27, lighter(filling, 0.3)),
                (0.72, filling),
                (0.73, darker(filling, 0.18)),
                (1, darker(filling, 0.36)),
            ],
        )
    else:
        d = mirrored(
            320,
            top,
            (wide + 26, top),
            (wide + 20, top + 30, wide, top + 36),
            (wide, top + 50, wide, top + 66),
            (wide, 530),
            (wide, 566, wide + 40, 568),
            (320, 568),
        )
        fill = c.round_fill(wide, 640 - wide, filling, 0.34)
    c.path(d, fill)
    c.rect(wide + 10, top - 74, 620 - 2 * wide, 84, c.round_fill(wide + 10, 630 - wide, lid), 12)
    c.stroke(
        "".join(f"M{x},{top - 62}V{top + 2}" for x in range(wide + 20, 624 - wide, 10)), darker(lid, 0.4), 2.4, 0.4
    )
    c.ellipse(320, top - 70, (620 - 2 * wide) / 2 - 4, 11, lighter(lid, 0.3), 0.8)
    if look.get("cloth", "no") == "yes":
        c.path(
            f"M{wide - 12},{top - 8}Q{wide + 10},{top - 92} 320,{top - 92}"
            f"Q{630 - wide},{top - 92} {652 - wide},{top - 8}"
            f"Q320,{top + 34} {wide - 12},{top - 8}Z",
            lid,
        )
        c.stroke(
            "".join(f"M{x},{top - 84}L{320 + (x - 320) * 1.3:g},{top + 4}" for x in range(wide + 30, 616 - wide, 26)),
            lighter(lid, 0.5),
            6,
            0.5,
        )
        c.stroke(f"M{wide + 2},{top - 26}Q320,{top + 6} {638 - wide},{top - 26}", "#d8c09a", 6)
    label(c, look, wide + 22, top + 84, 596 - 2 * wide, 440 - top, 8)
    c.path(f"M{wide + 16},{top + 60}H{wide + 34}V520H{wide + 20}Z", "#ffffff", 0.3)


def tin(c: Canvas, look: Look) -> None:
    tone = look.colour
    flat = look.get("body", "tall") == "flat"
    top, wide = (300, 118) if flat else (150, 178)
    c.rect(wide, top, 640 - 2 * wide, 552 - top, c.metal_fill(wide, 0, 640 - wide, 0, "#c6c9ce"), 8)
    c.ellipse(320, 552, 320 - wide, 17, "#85888e")
    c.rect(wide, top + 26, 640 - 2 * wide, 500 - top, c.round_fill(wide, 640 - wide, tone, 0.2))
    c.ellipse(
        320,
        top,
        320 - wide,
        24 if not flat else 30,
        c.gradient(wide, top - 24, 640 - wide, top + 24, "#f1f2f4", "#9da0a6"),
    )
    c.ellipse(320, top, 290 - wide, 18, "#b9bcc1")
    c.ellipse(320, top + 1, 262 - wide, 13, "#d6d8dc")
    c.ring(352, top - 4, 16, "#8d9096", 5)
    ink = ink_on(tone)
    height = 500 - top
    write(c, look.words(0), 320, top + 26 + height * 0.1, height * 0.12, 420 - wide, ink, 1.9)
    c.ellipse(320, top + 26 + height * 0.5, height * 0.23, height * 0.21, PAPER)
    icon(c, look.get("icon", "pod"), 320, top + 26 + height * 0.5, height * 0.15, look.accent, PAPER)
    write_lines(c, look.words(1), 320, top + 26 + height * 0.77, height * 0.085, 430 - wide, ink, 1.6, 2)


def spice_jar(c: Canvas, look: Look) -> None:
    spice, lid = look.colour, look.accent
    c.path(
        mirrored(320, 190, (232, 190), (222, 210), (222, 544), (226, 562, 244, 562), (320, 562)),
        c.ramp(
            222,
            0,
            418,
            0,
            [
                (0, "#b9c6c6"),
                (0.06, "#eef3f2"),
                (0.09, darker(spice, 0.2)),
                (0.3, lighter(spice, 0.25)),
                (0.6, spice),
                (0.9, darker(spice, 0.3)),
                (0.94, "#e4ebea"),
                (1, "#a9b6b6"),
            ],
        ),
    )
    c.stroke("".join(f"M{234 + (y * 37) % 170},{y}v.1" for y in range(240, 552, 3)), darker(spice, 0.4), 6, 0.5)
    c.stroke("".join(f"M{234 + (y * 53) % 170},{y}v.1" for y in range(240, 552, 3)), lighter(spice, 0.4), 5, 0.5)
    c.rect(224, 190, 192, 44, "#eaf0ef", 0, 0.75)
    cork = look.get("lid", "cork") == "cork"
    c.rect(
        238 if cork else 218,
        98,
        164 if cork else 204,
        100,
        c.round_fill(238 if cork else 218, 402 if cork else 422, "#c99e68" if cork else lid),
        10,
    )
    if cork:
        c.stroke("M262,130v.1M300,118v.1M352,142v.1M378,120v.1M284,160v.1M332,170v.1", "#8d6638", 7)
    label(c, look, 230, 296, 180, 216, 4)
    c.path("M232,240H246V540H236Z", "#ffffff", 0.4)


def chocolate(c: Canvas, look: Look) -> None:
    c.ground = "lay"
    cocoa, wrap = {"dark": "#4a2c20", "milk": "#7b4a2f", "white": "#f0e2c4"}[look.get("cocoa", "dark")], look.colour
    c.rect(196, 60, 248, 200, darker(cocoa, 0.3), 8)
    for row in range(3):
        for column in range(4):
            x, y = 200 + column * 61, 64 + row * 62
            c.rect(x, y, 57, 58, c.gradient(x, y, x + 57, y + 58, lighter(cocoa, 0.25), cocoa, darker(cocoa, 0.25)), 6)
            c.rect(
                x + 9,
                y + 9,
                39,
                40,
                c.gradient(x + 48, y + 48, x + 9, y + 9, lighter(cocoa, 0.16), darker(cocoa, 0.08)),
                4,
            )
    zigzag = "".join(f"L{190 + i * 13:g},{196 + (14 if i % 2 else -4)}" for i in range(21))
    c.path(
        f"M190,196{zigzag}L450,250H190Z",
        c.metal_fill(190, 180, 450, 260, "#d9c28a" if look.get("foil", "gold") == "gold" else "#d3d6da"),
    )
    c.rect(
        186,
        232,
        268,
        350,
        c.gradient(186, 0, 454, 0, darker(wrap, 0.2), lighter(wrap, 0.16), wrap, darker(wrap, 0.22)),
        6,
    )
    ink = ink_on(wrap)
    c.rect(186, 244, 268, 6, look.accent)
    c.rect(186, 564, 268, 6, look.accent)
    write(c, look.words(0), 320, 280, 34, 220, ink, 1.9)
    icon(c, look.get("icon", "cocoa"), 320, 396, 56, look.accent, wrap)
    write_lines(c, look.words(1), 320, 478, 22, 222, ink, 1.6, 2)
    write(c, look.words(2), 320, 538, 13, 180, ink, 1.4)


def box(c: Canvas, look: Look) -> None:
    """A folding box: biscuits, tea bags, granola."""
    tone = look.colour
    c.polygon(
        [(150, 112), (446, 112), (446, 560), (150, 560)],
        c.gradient(150, 112, 446, 560, lighter(tone, 0.2), tone, darker(tone, 0.08)),
    )
    c.polygon(
        [(446, 112), (520, 92), (520, 528), (446, 560)],
        c.gradient(446, 0, 520, 0, darker(tone, 0.22), darker(tone, 0.4)),
    )
    c.polygon([(150, 112), (446, 112), (520, 92), (232, 92)], lighter(tone, 0.36))
    ink = ink_on(tone)
    write(c, look.words(0), 298, 150, 40, 250, ink, 2)
    c.ellipse(298, 328, 118, 112, PAPER)
    icon(c, look.get("icon", "cookie"), 298, 328, 74, look.accent, PAPER)
    c.path("M150,462C210,434 280,486 446,440V560H150Z", look.accent)
    write_lines(c, look.words(1), 298, 478, 25, 250, ink_on(look.accent), 1.7, 2)
    write(c, look.words(2), 298, 540, 12, 190, ink_on(look.accent), 1.4)


def pouch(c: Canvas, look: Look) -> None:
    """A pillow bag of crisps, sealed at both ends."""
    tone = look.colour
    c.path(
        mirrored(320, 96, (178, 96), (196, 190, 176, 320), (190, 460, 172, 560), (320, 560)),
        c.ramp(
            172,
            0,
            468,
            0,
            [
                (0, darker(tone, 0.3)),
                (0.1, lighter(tone, 0.08)),
                (0.24, lighter(tone, 0.42)),
                (0.38, tone),
                (0.72, darker(tone, 0.08)),
                (0.84, lighter(tone, 0.2)),
                (1, darker(tone, 0.35)),
            ],
        ),
    )
    for y in (70, 546):
        c.rect(170, y, 300, 36, c.gradient(0, y, 0, y + 36, lighter(tone, 0.3), darker(tone, 0.15)), 3)
        c.stroke("".join(f"M{x},{y + 4}V{y + 32}" for x in range(178, 466, 8)), darker(tone, 0.35), 2, 0.45)
    ink = ink_on(tone)
    c.ellipse(320, 360, 116, 100, look.accent)
    c.ellipse(320, 356, 116, 100, lighter(look.accent, 0.3))
    icon(c, look.get("icon", "crisp"), 320, 352, 66, darker(look.accent, 0.3), lighter(look.accent, 0.3))
    write(c, look.words(0), 320, 150, 46, 230, ink, 2.2)
    below = write_lines(c, look.words(1), 320, 478, 22, 232, ink, 1.7, 2)
    write(c, look.words(2), 320, below + 1, 12, 170, ink, 1.4)
    c.path("M212,120C226,200 206,320 214,460L226,460C222,320 244,200 236,120Z", "#ffffff", 0.25)


def stand_pouch(c: Canvas, look: Look) -> None:
    """A stand-up pouch with a window: nuts, granola, dried fruit."""
    tone, filling = look.colour, look.accent
    c.path(
        mirrored(320, 88, (188, 88), (178, 300), (170, 470, 178, 540), (200, 572, 320, 572)),
        c.gradient(172, 0, 468, 0, darker(tone, 0.26), lighter(tone, 0.2), tone, darker(tone, 0.3)),
    )
    c.rect(186, 66, 268, 50, c.gradient(0, 66, 0, 116, lighter(tone, 0.22), darker(tone, 0.12)), 5)
    c.stroke("M190,128H450M190,138H450", darker(tone, 0.35), 2.5, 0.7)
    c.path("M178,540Q320,500 462,540Q450,572 320,572Q190,572 178,540Z", darker(tone, 0.25), 0.5)
    c.rect(214, 396, 212, 112, darker(filling, 0.35), 50)
    for row in range(4):
        for x in range(236 + row % 2 * 14, 412, 28):
            y = 416 + row * 24
            c.ellipse(
                x, y, 15, 11, c.gradient(x - 12, y - 10, x + 12, y + 10, lighter(filling, 0.35), darker(filling, 0.1))
            )
    ink = ink_on(tone)
    write(c, look.words(0), 320, 162, 34, 224, ink, 1.9)
    icon(c, look.get("icon", "nut"), 320, 252, 40, mix(ink, tone, 0.15), tone)
    below = write_lines(c, look.words(1), 320, 322, 21, 226, ink, 1.6, 2)
    write(c, look.words(2), 320, max(526, below), 13, 150, ink, 1.4)


def cheese(c: Canvas, look: Look) -> None:
    paste, rind = look.colour, look.accent
    c.ellipse(320, 516, 262, 46, "#9a6238")
    c.ellipse(320, 504, 262, 46, c.gradient(60, 460, 580, 550, "#c98f57", "#8a5530"))
    c.polygon([(120, 420), (470, 250), (540, 300), (540, 420), (470, 500), (130, 500)], darker(paste, 0.1))
    c.polygon(
        [(112, 396), (452, 236), (548, 308)], c.gradient(112, 396, 520, 240, lighter(paste, 0.45), lighter(paste, 0.12))
    )
    c.polygon(
        [(112, 396), (548, 308), (548, 424), (112, 506)],
        c.gradient(112, 320, 548, 500, lighter(paste, 0.16), paste, darker(paste, 0.12)),
    )
    c.path("M452,236L548,308V424L566,412V300Q520,240 470,224Z", rind)
    c.path("M452,236L548,308L566,300Q520,240 470,224Z", lighter(rind, 0.25))
    if look.get("holes", "no") == "yes":
        for x, y, r in (
            (220, 440, 20),
            (300, 400, 13),
            (380, 430, 24),
            (470, 362, 17),
            (330, 468, 11),
            (180, 476, 10),
            (440, 410, 8),
        ):
            c.ellipse(x, y, r, r * 0.86, darker(paste, 0.32))
            c.ellipse(x + 2, y + 3, r * 0.8, r * 0.66, darker(paste, 0.14))
    elif look.get("holes") == "veins":
        c.stroke(
            "M150,470q20,-30 50,-12t40,-30M260,460q20,-24 44,-8t50,-32M380,440q16,-30 46,-20t60,-40"
            "M210,412q20,6 40,-6M330,400q24,4 50,-14M470,400q20,0 40,-16",
            "#5f7f86",
            8,
            0.7,
        )
    c.path("M300,478L384,462L396,538L312,552Z", PAPER, stroke=darker(PAPER, 0.2), width=2)
    write(c, look.words(0), 346, 484, 13, 68, "#4a3628", 1.7)
    write_lines(c, look.words(1), 350, 506, 9, 70, "#4a3628", 1.6, 2)


def eggs(c: Canvas, look: Look) -> None:
    card, shell = "#b9a58c" if brightness(look.colour) > 0.5 else "#8f8a84", look.colour
    count = 5
    for row, (y, size) in enumerate(((330, 0.92), (392, 1.0))):
        for k in range(count):
            x = 320 + (k - 2) * 96 * size
            tone = (shell, darker(shell, 0.1), lighter(shell, 0.2), darker(shell, 0.05), shell)[(k + row * 2) % 5]
            c.path(
                f"M{x:g},{y - 86 * size:g}"
                f"C{x + 38 * size:g},{y - 80 * size:g} {x + 50 * size:g},{y - 20 * size:g} {x + 46 * size:g},{y + 20:g}"
                f"H{x - 46 * size:g}C{x - 50 * size:g},{y - 20 * size:g} {x - 38 * size:g},{y - 80 * size:g} "
                f"{x:g},{y - 86 * size:g}"
                "Z",
                c.gradient(x - 40, y - 80, x + 46, y + 20, lighter(tone, 0.45), tone, darker(tone, 0.24)),
            )
        rim = "".join(
            f"Q{320 + (k - 2) * 96 * size:g},{y + 44:g} {320 + (k - 1.5) * 96 * size:g},{y + 2:g}" for k in range(count)
        )
        c.path(
            f"M{320 - 2.5 * 96 * size:g},{y + 2:g}{rim}L{320 + 2.6 * 96 * size:g},{y + 90:g}H{320 - 2.6 * 96 * size:g}"
            "Z",
            c.gradient(0, y, 0, y + 90, lighter(card, 0.2), darker(card, 0.06)),
        )
    c.path(
        "M72,404H568L548,532Q546,544 534,544H106Q94,544 92,532Z",
        c.gradient(0, 404, 0, 544, lighter(card, 0.18), darker(card, 0.16)),
    )
    c.rect(156, 424, 328, 100, PAPER, 6)
    c.rect(156, 424, 328, 10, look.accent)
    write(c, look.words(0), 320, 444, 26, 290, darker(look.accent, 0.45), 1.9)
    write_lines(c, look.words(1), 320, 480, 16, 300, darker(look.accent, 0.45), 1.6, 2)


DRAWINGS = {
    "pasta_bag": pasta_bag,
    "rice_sack": rice_sack,
    "jar": jar,
    "tin": tin,
    "spice_jar": spice_jar,
    "chocolate": chocolate,
    "box": box,
    "pouch": pouch,
    "stand_pouch": stand_pouch,
    "cheese": cheese,
    "eggs": eggs,
}
