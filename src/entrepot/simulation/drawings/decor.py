"""What makes a room pleasant: vases, plants, candles, mirrors, clocks, baskets, prints."""

from math import cos, pi, sin

from entrepot.simulation.drawings.canvas import Canvas, brightness, darker, lighter, mirrored, mix
from entrepot.simulation.drawings.labels import label
from entrepot.simulation.drawings.picture import Look
from entrepot.simulation.drawings.wood import board


def vase(c: Canvas, look: Look) -> None:
    tone, cut = look.colour, look.get("cut", "bottle")
    c.stroke(
        "M320,260C310,180 270,120 240,70M320,260C330,170 350,110 400,54M320,260C320,180 322,120 316,40",
        "#8a8d5c" if look.get("stems", "pampas") == "olive" else "#b59b6b",
        5,
    )
    for x, y, lean in ((240, 70, -0.5), (400, 54, 0.55), (316, 40, -0.02)):
        if look.get("stems", "pampas") == "pampas":
            c.path(
                f"M{x + 4 - lean * 60},{y + 130}C{x - 44},{y + 60} {x - 20},{y - 10} {x + lean * 30},{y - 22}"
                f"C{x + 36},{y + 6} {x + 40},{y + 70} {x + 4 - lean * 60},{y + 130}Z",
                c.gradient(x - 30, y, x + 30, y + 100, "#f1e2c4", "#cfb386"),
            )
        else:
            for k in range(6):
                side = 1 if k % 2 else -1
                px, py = x + (320 - x) * k * 0.13, y + k * 28
                c.path(
                    f"M{px},{py}q{side * 14},-26 {side * 46},-22q-8,26 {-side * 46},22Z",
                    c.gradient(px, py - 24, px, py, "#a9bd8b", "#6f8a5a"),
                )
    shapes = {
        "bottle": mirrored(320, 236, (286, 236), (290, 330, 196, 350, 196, 452), (196, 540, 240, 558), (320, 560)),
        "urn": mirrored(
            320, 236, (244, 232), (262, 280, 180, 310, 184, 400), (190, 500, 250, 520, 256, 556), (320, 560)
        ),
        "ball": mirrored(320, 262, (282, 258), (280, 286, 180, 300, 180, 420), (180, 520, 250, 560, 320, 560)),
    }
    c.path(shapes[cut], c.round_fill(182, 458, tone, 0.36))
    if look.get("finish", "plain") == "ribbed":
        for k in range(-4, 5):
            c.stroke(
                f"M{320 + k * 7},250C{320 + k * 8},330 {320 + k * 31},360 {320 + k * 31},450"
                f"S{320 + k * 22},540 {320 + k * 20},554",
                darker(tone, 0.4),
                3.5,
                0.5,
            )
    elif look.get("finish") == "dipped":
        c.path(
            mirrored(320, 470, (260, 486, 197, 464), (204, 540, 244, 558), (320, 560)),
            c.round_fill(196, 444, look.accent, 0.3),
        )
    c.stroke("M222,430C220,470 228,506 244,528", "#ffffff", 10, 0.4)


def plant(c: Canvas, look: Look) -> None:
    pot_tone, kind = look.colour, look.get("kind", "monstera")
    green = {"monstera": "#3f7d4e", "snake": "#4f8a5c", "rubber": "#2f5a44", "fern": "#62a05a"}[kind]
    if kind == "snake":
        for k, (x, top, lean) in enumerate(
            ((250, 150, -40), (392, 130, 44), (290, 90, -14), (350, 110, 18), (322, 60, 0))
        ):
            d = (
                f"M{x - 20},420C{x - 30 + lean},{300} {x + lean - 12},{top + 60} {x + lean},{top}"
                f"C{x + lean + 16},{top + 60} {x + 34 + lean},300 {x + 24},420Z"
            )
            c.path(
                d,
                c.gradient(x - 30, 0, x + 40, 0, lighter(green, 0.25), darker(green, 0.2 + 0.05 * (k % 2))),
                stroke="#d9d489",
                width=5,
            )
    elif kind == "fern":
        for k in range(-6, 7):
            end = (320 + k * 40, 150 + abs(k) ** 1.7 * 9)
            c.stroke(f"M320,420Q{320 + k * 18},{190 + abs(k) * 6} {end[0]},{end[1]:g}", green, 4)
            for t in range(2, 10):
                s = t / 10
                leaf_x = (1 - s) ** 2 * 320 + 2 * s * (1 - s) * (320 + k * 18) + s * s * end[0]
                leaf_y = (1 - s) ** 2 * 420 + 2 * s * (1 - s) * (190 + abs(k) * 6) + s * s * end[1]
                c.stroke(
                    f"M{leaf_x:.0f},{leaf_y:.0f}l{20 - t:g},{-12 if k < 0 else 14}M{leaf_x:.0f},{leaf_y:.0f}"
                    f"l{-20 + t:g},{14 if k < 0 else -12}",
                    lighter(green, 0.1 * (abs(k) % 3)),
                    7,
                )
    else:
        for index, (x, y, turn) in enumerate(
            (
                (200, 190, -50),
                (440, 180, 48),
                (320, 110, 0),
                (150, 310, -76),
                (490, 310, 74),
                (262, 270, -22),
                (392, 280, 26),
            )
        ):
            c.stroke(f"M320,430Q{320 + (x - 320) * 0.3:g},{y + 90} {x},{y}", darker(green, 0.1), 6)
            _leaf(c, x, y, turn, darker(green, 0.12) if index % 2 else lighter(green, 0.1), kind == "monstera")
    c.path(
        mirrored(320, 396, (206, 396), (222, 530), (226, 558, 250, 562), (320, 564)),
        c.round_fill(206, 434, pot_tone, 0.32),
    )
    c.rect(194, 386, 252, 34, c.round_fill(194, 446, lighter(pot_tone, 0.06), 0.32), 8)
    c.ellipse(320, 388, 120, 10, "#4a3527")


def _leaf(c: Canvas, x: float, y: float, turn: float, tone: str, slit: bool) -> None:
    a = turn * pi / 180

    def at(px: float, py: float) -> str:
        return f"{x + px * cos(a) - py * sin(a):.0f},{y + px * sin(a) + py * cos(a):.0f}"

    c.path(
        f"M{at(0, 40)}C{at(-80, 30)} {at(-76, -60)} {at(0, -90)}C{at(76, -60)} {at(80, 30)} {at(0, 40)}Z",
        c.gradient(x - 60, y - 60, x + 60, y + 40, lighter(tone, 0.24), darker(tone, 0.12)),
    )
    c.stroke(f"M{at(0, 40)}L{at(0, -82)}", lighter(tone, 0.35), 3, 0.8)
    if slit:
        for py in (-40, -12, 14):
            for side in (-1, 1):
                c.stroke(f"M{at(side * 62, py - 16)}L{at(side * 26, py)}", "#e4ecdf", 7)
    else:
        c.stroke(
            "".join(f"M{at(0, py)}L{at(side * 40, py - 24)}" for py in (20, -10, -40) for side in (-1, 1)),
            lighter(tone, 0.3),
            2,
            0.5,
        )


def candle(c: Canvas, look: Look) -> None:
    tone = look.colour
    c.path(
        "M320,96C346,136 348,168 320,184C292,168 294,136 320,96Z",
        c.gradient(0, 96, 0, 184, "#fff3c4", "#ffb341", "#f08a2c"),
    )
    c.stroke("M320,178V246", "#3a2f2a", 5)
    if look.get("vessel", "glass") == "tin":
        c.rect(150, 300, 340, 256, c.metal_fill(150, 0, 490, 0, look.accent), 12)
        c.ellipse(320, 302, 170, 42, lighter(look.accent, 0.4))
    else:
        c.path(
            mirrored(320, 250, (178, 250), (182, 520), (186, 558, 224, 560), (320, 560)),
            c.round_fill(178, 462, tone, 0.4),
        )
        c.ellipse(320, 250, 142, 36, lighter(tone, 0.5))
    y = 302 if look.get("vessel", "glass") == "tin" else 250
    c.ellipse(320, y + 4, 132, 30, c.glow(320, y, 130, "#fff4d2", mix("#f1e6d2", tone, 0.2)))
    c.stroke(f"M320,178V{y + 2}", "#3a2f2a", 5)
    label(c, look, 222, 350, 196, 176, 6)


def mirror(c: Canvas, look: Look) -> None:
    c.ground = "hang"
    frame, cut = look.material if look.cloth else look.colour, look.get("cut", "round")
    glass = c.gradient(180, 100, 480, 540, "#f6fafb", "#d3e0e4", "#eef4f5", "#b7c8ce")
    if cut == "round":
        c.circle(320, 320, 226, c.metal_fill(130, 130, 510, 510, frame))
        c.circle(320, 320, 204, glass)
        c.path("M180,250L330,130L370,124L150,340Z", "#ffffff", 0.4)
    elif cut == "arch":
        c.path("M160,566V250A160,170 0 0 1 480,250V566Z", c.metal_fill(160, 100, 480, 566, frame))
        c.path("M178,548V252A142,152 0 0 1 462,252V548Z", glass)
        c.path("M200,400L400,150L432,176L210,470Z", "#ffffff", 0.4)
    else:
        d = (
            "M300,92C420,70 520,170 500,300C490,400 540,470 440,530C340,580 200,560 160,450C130,360 180,320 170,240"
            "C170,150 230,100 300,92Z"
        )
        c.path(d, glass, stroke=c.metal_fill(130, 90, 510, 560, frame), width=17)
        c.path("M210,280L350,140L390,150L220,350Z", "#ffffff", 0.4)


def clock(c: Canvas, look: Look) -> None:
    c.ground = "hang"
    frame, face = look.material if look.cloth else look.colour, look.accent
    c.circle(320, 320, 220, c.gradient(160, 160, 480, 500, lighter(frame, 0.35), frame, darker(frame, 0.3)))
    c.circle(320, 320, 192, darker(face, 0.25))
    c.circle(320, 322, 190, c.gradient(200, 180, 440, 480, lighter(face, 0.3), darker(face, 0.06)))
    ink = "#2a2628" if brightness(face) > 0.5 else "#f3efe4"
    bold = look.get("face", "ticks") == "ticks"
    for k in range(12):
        s, t = sin(k * pi / 6), cos(k * pi / 6)
        if bold:
            c.stroke(
                f"M{320 + 150 * s:.1f},{320 - 150 * t:.1f}"
                f"L{320 + (172 if k % 3 else 176) * s:.1f},{320 - (172 if k % 3 else 176) * t:.1f}",
                ink,
                6 if k % 3 else 11,
            )
        else:
            c.circle(320 + 158 * s, 320 - 158 * t, 6 if k % 3 else 10, ink)
    c.stroke("M320,320L236,262", ink, 13)
    c.stroke("M320,320L398,196", ink, 9)
    c.stroke("M310,356L336,176", "#d8483c", 4)
    c.circle(320, 320, 12, ink)
    c.path("M170,280A152,152 0 0 1 330,168L300,210A120,120 0 0 0 206,300Z", "#ffffff", 0.16)


def basket(c: Canvas, look: Look) -> None:
    fibre = look.material if look.cloth else look.colour
    for side in (-1, 1):
        c.stroke(
            f"M{320 + side * 168},292C{320 + side * 236},270 {320 + side * 240},360 {320 + side * 172},370",
            darker(fibre, 0.25),
            17,
        )
    c.path(
        mirrored(320, 240, (136, 240), (150, 480), (156, 552, 200, 558), (320, 562)),
        c.round_fill(136, 504, fibre, 0.22),
    )
    c.ellipse(320, 240, 184, 40, darker(fibre, 0.55))
    for row in range(9):
        y = 270 + row * 33
        reach = 180 - row * 3
        c.stroke(
            "".join(
                f"M{320 - reach + k * 24},{y + 14 - abs(k - 7.5) * 1.1:g}q12,{-13 if (k + row) % 2 else 13} 24,0"
                for k in range(int(reach / 12))
            ),
            darker(fibre, 0.42),
            5,
            0.6,
        )
    if look.get("band", "no") == "yes":
        c.path(f"M{146},420Q320,470 494,420L490,500Q320,548 150,500Z", look.accent, 0.85)
    c.stroke("M136,240A184,40 0 0 0 504,240", lighter(fibre, 0.25), 11)


def frame(c: Canvas, look: Look) -> None:
    c.ground = "hang"
    wood = look.material
    board(c, 130, 70, 380, 500, wood, 4)
    c.rect(150, 90, 340, 460, darker(wood, 0.4))
    c.rect(152, 92, 336, 456, "#f8f4ec")
    c.rect(200, 146, 240, 348, c.gradient(0, 146, 0, 494, lighter(look.colour, 0.55), lighter(look.colour, 0.2)))
    if look.get("art", "hills") == "hills":
        c.circle(372, 230, 36, look.accent)
        c.path("M200,380C260,320 320,350 360,380S420,360 440,340V494H200Z", look.colour)
        c.path("M200,430C280,390 330,440 440,410V494H200Z", darker(look.colour, 0.35))
    else:
        c.circle(290, 290, 70, look.accent)
        c.path("M300,494V360A70,70 0 0 1 440,360V494Z", look.colour)
        c.rect(200, 420, 130, 74, darker(look.colour, 0.35))
    c.path("M160,540L300,92H380L240,548Z", "#ffffff", 0.13)


DRAWINGS = {
    "vase": vase,
    "plant": plant,
    "candle": candle,
    "mirror": mirror,
    "clock": clock,
    "basket": basket,
    "frame": frame,
}
