"""Sofas, armchairs, chairs, stools and benches."""

from entrepot.simulation.drawings.canvas import Canvas, darker, lighter, mirrored, mix
from entrepot.simulation.drawings.picture import Look
from entrepot.simulation.drawings.wood import board, leg

_CLOTHS = {
    "Bouclé": "boucle",
    "Linen": "linen",
    "Linen blend": "linen",
    "Velvet": "plush",
    "Leather": "leather",
    "Wool blend": "boucle",
    "Woven fabric": "weave",
    "Corduroy": "twill",
}


def _cushion(c: Canvas, x: float, y: float, width: float, height: float, tone: str, radius: float = 22) -> None:
    c.rect(
        x,
        y,
        width,
        height,
        c.gradient(x, y, x + width * 0.25, y + height, lighter(tone, 0.24), tone, darker(tone, 0.2)),
        radius,
    )
    c.stroke(f"M{x + radius:g},{y + height - 4:g}H{x + width - radius:g}", darker(tone, 0.6), 4, 0.35)
    c.stroke(f"M{x + radius:g},{y + 5:g}H{x + width - radius:g}", "#ffffff", 3, 0.22)


def sofa(c: Canvas, look: Look) -> None:
    c.texture = _CLOTHS.get(look.cloth, "weave")
    tone, wood, seats = look.colour, look.accent, look.number("seats", 3)
    wide = {2: 380, 3: 480, 4: 540}[seats]
    x = 320 - wide / 2
    for foot, lean in ((x + 40, -8), (x + wide - 40, 8)):
        leg(c, foot, 500, 556, wood, lean)
    round_arm = look.get("arms", "round") == "round"
    c.rect(x + 24, 232, wide - 48, 220, darker(tone, 0.22), 34)
    seat = (wide - 92) / min(seats, 3)
    for index in range(min(seats, 3)):
        _cushion(c, x + 46 + index * seat + 1, 246, seat - 2, 160, tone, 28)
        if look.get("tufts", "no") == "yes":
            for bx, by in ((0.3, 300), (0.7, 300), (0.5, 344)):
                c.circle(x + 46 + index * seat + seat * bx, by, 5, darker(tone, 0.5))
    c.rect(x + 20, 436, wide - 40, 74, c.gradient(0, 436, 0, 510, darker(tone, 0.06), darker(tone, 0.32)), 14)
    for index in range(min(seats, 3)):
        _cushion(c, x + 46 + index * seat + 1, 392, seat - 2, 66, lighter(tone, 0.06), 18)
    for side, ax in ((0, x), (1, x + wide - 62)):
        c.rect(
            ax,
            330,
            62,
            182,
            c.gradient(ax, 330, ax + 62, 512, lighter(tone, 0.2), tone, darker(tone, 0.26)),
            30 if round_arm else 10,
        )
        if round_arm:
            c.circle(ax + 31, 361, 22, darker(tone, 0.1), 0.5)
        c.stroke(f"M{ax + (62 if side == 0 else 0)},350V506", darker(tone, 0.6), 3, 0.35)
    if seats > 2:
        c.path(
            f"M{x + 84},{318}q46,-26 90,2q-8,48 4,88q-48,14 -92,-4q10,-44 -2,-86Z",
            c.gradient(x + 84, 310, x + 176, 410, "#fbf1dd", mix(tone, "#f0dfc0", 0.8), mix(tone, "#d8c19a", 0.7)),
        )


def armchair(c: Canvas, look: Look) -> None:
    c.texture = _CLOTHS.get(look.cloth, "weave")
    tone, wood = look.colour, look.accent
    if look.get("cut", "shell") == "shell":
        for x, lean in ((232, -34), (408, 34)):
            leg(c, x, 460, 562, wood, lean)
        c.path(
            mirrored(
                320, 118, (214, 112, 170, 190, 166, 300), (112, 300, 104, 352, 112, 400), (126, 470, 180, 486, 320, 488)
            ),
            c.gradient(130, 130, 500, 490, lighter(tone, 0.24), tone, darker(tone, 0.28)),
        )
        for side in (-1, 1):
            c.stroke(
                f"M{320 + side * 152},306C{320 + side * 150},360 {320 + side * 140},400 {320 + side * 128},440",
                darker(tone, 0.6),
                5,
                0.4,
            )
        for x in (-84, -42, 0, 42, 84):
            c.fold(f"M{320 + x * 0.8:g},150C{320 + x},220 {320 + x * 1.2:g},300 {320 + x * 1.2:g},376", tone, 7, 0.25)
        _cushion(c, 186, 372, 268, 82, lighter(tone, 0.06), 34)
    else:
        for side in (-1, 1):
            c.stroke(
                f"M{320 + side * 190},318L{320 + side * 176},560M{320 + side * 130},330L{320 + side * 150},560",
                darker(wood, 0.1),
                15,
            )
            c.stroke(f"M{320 + side * 204},312H{320 + side * 118}", lighter(wood, 0.1), 20)
        _cushion(c, 186, 140, 268, 270, tone, 36)
        c.stroke("M196,276H444", darker(tone, 0.6), 4, 0.3)
        _cushion(c, 176, 384, 288, 92, lighter(tone, 0.06), 26)
        board(c, 178, 474, 284, 22, wood)


def chair(c: Canvas, look: Look) -> None:
    wood, seat = look.material, look.colour
    back = look.get("back", "slats")
    for x, lean in ((218, -16), (422, 16)):
        leg(c, x, 372, 566, darker(wood, 0.1), lean, 10)
        c.polygon(
            [(x - 9 + lean * 0.3, 380), (x + 9 + lean * 0.3, 380), (x + 8 - lean * 0.6, 96), (x - 8 - lean * 0.6, 96)],
            c.gradient(x - 9, 0, x + 9, 0, lighter(wood, 0.2), darker(wood, 0.2)),
        )
    if back == "slats":
        for y in (108, 168, 228):
            c.path(
                f"M226,{y}Q320,{y - 16} 414,{y}V{y + 36}Q320,{y + 20} 226,{y + 36}Z",
                c.gradient(226, y, 414, y + 36, lighter(wood, 0.2), wood, darker(wood, 0.14)),
            )
    elif back == "spindle":
        c.path(
            "M220,92Q320,70 420,92V126Q320,104 220,126Z",
            c.gradient(220, 80, 420, 126, lighter(wood, 0.2), darker(wood, 0.14)),
        )
        c.stroke("".join(f"M{x},112L{320 + (x - 320) * 0.9:g},366" for x in range(250, 400, 28)), wood, 9)
    else:
        c.rect(212, 96, 216, 168, c.gradient(212, 96, 428, 264, lighter(seat, 0.24), darker(seat, 0.16)), 44)
        c.fold("M240,180Q320,196 400,180", seat, 6)
    for x in (256, 384):
        leg(c, x, 390, 540, darker(wood, 0.34), (x - 320) * 0.08, 8)
    c.path(
        "M206,352Q320,334 434,352L456,398Q320,416 184,398Z",
        c.gradient(190, 340, 450, 400, lighter(seat, 0.24), seat, darker(seat, 0.1)),
    )
    c.path("M184,398Q320,416 456,398V414Q320,434 184,414Z", darker(wood if back != "padded" else seat, 0.26))


def office_chair(c: Canvas, look: Look) -> None:
    tone, frame = look.colour, look.accent
    c.stroke("M320,500L176,548M320,500L464,548M320,500L248,560M320,500L392,560", darker(frame, 0.15), 17)
    for x, y in ((176, 556), (464, 556), (248, 568), (392, 568)):
        c.circle(x, y, 14, "#242428")
    c.metal(307, 420, 26, 96, "#9b9ea4", 5)
    for side in (-1, 1):
        c.stroke(f"M{320 + side * 118},404H{320 + side * 154}V310", darker(frame, 0.1), 15)
        c.rect(320 + side * 154 - 26, 294, 52, 22, "#2d2d31", 11)
    c.path(
        mirrored(320, 72, (232, 72, 212, 100, 210, 150), (200, 250, 214, 340), (230, 364, 320, 366)),
        c.gradient(206, 80, 434, 366, lighter(tone, 0.2), tone, darker(tone, 0.26)),
    )
    if look.get("back", "mesh") == "mesh":
        c.path(
            mirrored(320, 92, (244, 92, 232, 112, 230, 156), (222, 250, 232, 328), (250, 344, 320, 346)),
            c.pattern(9, 9, f'<path d="M0,0L9,9M9,0L0,9" stroke="{darker(tone, 0.55)}" stroke-width="1.6"/>'),
        )
        c.stroke("M222,268Q320,290 418,268", darker(frame, 0.1), 16)
    else:
        for y in (150, 214, 278):
            c.fold(f"M222,{y}Q320,{y + 16} 418,{y}", tone, 7, 0.35)
    c.path(
        "M186,396Q190,366 230,366H410Q450,366 454,396Q456,428 420,430H220Q184,428 186,396Z",
        c.gradient(0, 366, 0, 430, lighter(tone, 0.22), darker(tone, 0.3)),
    )


def stool(c: Canvas, look: Look) -> None:
    wood, seat = look.material, look.colour
    tall = look.get("height", "bar") == "bar"
    top = 150 if tall else 300
    for x, lean in ((250, -54), (390, 54)):
        leg(c, x, top + 36, 566, wood, lean, 12)
    for x, lean in ((292, -16), (348, 16)):
        leg(c, x, top + 36, 540, darker(wood, 0.3), lean, 10)
    y = 440 if tall else 480
    c.stroke(f"M{214},{y}H{426}", darker(wood, 0.1), 13)
    c.stroke(f"M{270},{y - 40}H{370}", darker(wood, 0.35), 10)
    c.path(
        f"M196,{top + 12}V{top + 32}A124,30 0 0 0 444,{top + 32}V{top + 12}Z",
        c.round_fill(196, 444, darker(seat, 0.15), 0.1),
    )
    c.ellipse(
        320, top + 12, 124, 32, c.gradient(200, top - 20, 440, top + 40, lighter(seat, 0.34), seat, darker(seat, 0.08))
    )
    if look.get("seat", "wood") == "wood":
        c.stroke(
            f"M224,{top + 8}Q320,{top - 4} 416,{top + 8}M232,{top + 22}Q320,{top + 12} 408,{top + 22}",
            darker(seat, 0.4),
            2,
            0.4,
        )


def bench(c: Canvas, look: Look) -> None:
    wood = look.material
    for x, lean in ((110, -12), (530, 12), (168, 0), (472, 0)):
        leg(c, x, 400, 560 if lean else 534, darker(wood, 0.05 if lean else 0.32), lean, 12)
    c.stroke("M130,500H510", darker(wood, 0.25), 13)
    if look.get("seat", "wood") == "padded":
        c.rect(
            70,
            330,
            500,
            72,
            c.gradient(70, 330, 300, 402, lighter(look.colour, 0.25), look.colour, darker(look.colour, 0.25)),
            24,
        )
        for x in (195, 320, 445):
            c.fold(f"M{x},336V396", look.colour, 7, 0.3)
        board(c, 84, 398, 472, 18, wood)
    else:
        c.polygon(
            [(104, 342), (536, 342), (584, 388), (56, 388)], c.gradient(104, 342, 540, 388, lighter(wood, 0.34), wood)
        )
        board(c, 56, 386, 528, 26, darker(wood, 0.1))


DRAWINGS = {
    "sofa": sofa,
    "armchair": armchair,
    "chair": chair,
    "office_chair": office_chair,
    "stool": stool,
    "bench": bench,
}
