"""Seats, tables, beds and cupboards. Wood shows its grain, cloth its folds, and everything stands on its feet."""

from entrepot.simulation.drawings.canvas import Canvas, brightness, darker, lighter, mirrored, mix
from entrepot.simulation.drawings.picture import Look

_CLOTHS = {"Bouclé": "boucle", "Linen": "linen", "Linen blend": "linen", "Velvet": "plush", "Leather": "leather", "Wool blend": "boucle", "Woven fabric": "weave", "Corduroy": "twill"}


def board(c: Canvas, x: float, y: float, width: float, height: float, wood: str, radius: float = 3) -> None:
    """A wooden board with its grain along the longer side."""
    c.rect(x, y, width, height, c.gradient(x, y, x + width * 0.3, y + height, lighter(wood, 0.14), wood, darker(wood, 0.12)), radius)
    lines = []
    if width >= height:
        for k in range(1, max(2, int(height / 13))):
            gy = y + k * height / max(2, int(height / 13))
            sway = 5 if k % 2 else -4
            lines.append(f"M{x + 4:g},{gy:g}C{x + width * 0.3:g},{gy + sway * 0.5:g} {x + width * 0.6:g},{gy - sway * 0.5:g} {x + width - 4:g},{gy:g}")
    else:
        for k in range(1, max(2, int(width / 13))):
            gx = x + k * width / max(2, int(width / 13))
            sway = 5 if k % 2 else -4
            lines.append(f"M{gx:g},{y + 4:g}C{gx + sway * 0.5:g},{y + height * 0.3:g} {gx - sway * 0.5:g},{y + height * 0.6:g} {gx:g},{y + height - 4:g}")
    c.stroke("".join(lines), darker(wood, 0.45), 1.6, 0.33)
    if width > 14 and height > 8:
        c.stroke(f"M{x + 3:g},{y + 1.2:g}H{x + width - 3:g}", lighter(wood, 0.5), 1.8, 0.6)


def leg(c: Canvas, x: float, top: float, foot: float, wood: str, lean: float = 0, thick: float = 9) -> None:
    """A tapered leg; `lean` moves the foot sideways."""
    c.polygon([(x - thick, top), (x + thick, top), (x + lean + thick * 0.55, foot), (x + lean - thick * 0.55, foot)], c.gradient(x - thick, 0, x + thick, 0, lighter(wood, 0.16), darker(wood, 0.25)))


def _cushion(c: Canvas, x: float, y: float, width: float, height: float, tone: str, radius: float = 22) -> None:
    c.rect(x, y, width, height, c.gradient(x, y, x + width * 0.25, y + height, lighter(tone, 0.24), tone, darker(tone, 0.2)), radius)
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
        c.rect(ax, 330, 62, 182, c.gradient(ax, 330, ax + 62, 512, lighter(tone, 0.2), tone, darker(tone, 0.26)), 30 if round_arm else 10)
        if round_arm:
            c.circle(ax + 31, 361, 22, darker(tone, 0.1), 0.5)
        c.stroke(f"M{ax + (62 if side == 0 else 0)},350V506", darker(tone, 0.6), 3, 0.35)
    if seats > 2:
        c.path(f"M{x + 84},{318}q46,-26 90,2q-8,48 4,88q-48,14 -92,-4q10,-44 -2,-86Z", c.gradient(x + 84, 310, x + 176, 410, "#fbf1dd", mix(tone, "#f0dfc0", 0.8), mix(tone, "#d8c19a", 0.7)))


def armchair(c: Canvas, look: Look) -> None:
    c.texture = _CLOTHS.get(look.cloth, "weave")
    tone, wood = look.colour, look.accent
    if look.get("cut", "shell") == "shell":
        for x, lean in ((232, -34), (408, 34)):
            leg(c, x, 460, 562, wood, lean)
        c.path(mirrored(320, 118, (214, 112, 170, 190, 166, 300), (112, 300, 104, 352, 112, 400), (126, 470, 180, 486, 320, 488)), c.gradient(130, 130, 500, 490, lighter(tone, 0.24), tone, darker(tone, 0.28)))
        for side in (-1, 1):
            c.stroke(f"M{320 + side * 152},306C{320 + side * 150},360 {320 + side * 140},400 {320 + side * 128},440", darker(tone, 0.6), 5, 0.4)
        for x in (-84, -42, 0, 42, 84):
            c.fold(f"M{320 + x * 0.8:g},150C{320 + x},220 {320 + x * 1.2:g},300 {320 + x * 1.2:g},376", tone, 7, 0.25)
        _cushion(c, 186, 372, 268, 82, lighter(tone, 0.06), 34)
    else:
        for side in (-1, 1):
            c.stroke(f"M{320 + side * 190},318L{320 + side * 176},560M{320 + side * 130},330L{320 + side * 150},560", darker(wood, 0.1), 15)
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
        c.polygon([(x - 9 + lean * 0.3, 380), (x + 9 + lean * 0.3, 380), (x + 8 - lean * 0.6, 96), (x - 8 - lean * 0.6, 96)], c.gradient(x - 9, 0, x + 9, 0, lighter(wood, 0.2), darker(wood, 0.2)))
    if back == "slats":
        for y in (108, 168, 228):
            c.path(f"M226,{y}Q320,{y - 16} 414,{y}V{y + 36}Q320,{y + 20} 226,{y + 36}Z", c.gradient(226, y, 414, y + 36, lighter(wood, 0.2), wood, darker(wood, 0.14)))
    elif back == "spindle":
        c.path("M220,92Q320,70 420,92V126Q320,104 220,126Z", c.gradient(220, 80, 420, 126, lighter(wood, 0.2), darker(wood, 0.14)))
        c.stroke("".join(f"M{x},112L{320 + (x - 320) * 0.9:g},366" for x in range(250, 400, 28)), wood, 9)
    else:
        c.rect(212, 96, 216, 168, c.gradient(212, 96, 428, 264, lighter(seat, 0.24), darker(seat, 0.16)), 44)
        c.fold("M240,180Q320,196 400,180", seat, 6)
    for x in (256, 384):
        leg(c, x, 390, 540, darker(wood, 0.34), (x - 320) * 0.08, 8)
    c.path("M206,352Q320,334 434,352L456,398Q320,416 184,398Z", c.gradient(190, 340, 450, 400, lighter(seat, 0.24), seat, darker(seat, 0.1)))
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
    c.path(mirrored(320, 72, (232, 72, 212, 100, 210, 150), (200, 250, 214, 340), (230, 364, 320, 366)), c.gradient(206, 80, 434, 366, lighter(tone, 0.2), tone, darker(tone, 0.26)))
    if look.get("back", "mesh") == "mesh":
        c.path(mirrored(320, 92, (244, 92, 232, 112, 230, 156), (222, 250, 232, 328), (250, 344, 320, 346)), c.pattern(9, 9, f'<path d="M0,0L9,9M9,0L0,9" stroke="{darker(tone, 0.55)}" stroke-width="1.6"/>'))
        c.stroke("M222,268Q320,290 418,268", darker(frame, 0.1), 16)
    else:
        for y in (150, 214, 278):
            c.fold(f"M222,{y}Q320,{y + 16} 418,{y}", tone, 7, 0.35)
    c.path("M186,396Q190,366 230,366H410Q450,366 454,396Q456,428 420,430H220Q184,428 186,396Z", c.gradient(0, 366, 0, 430, lighter(tone, 0.22), darker(tone, 0.3)))


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
    c.path(f"M196,{top + 12}V{top + 32}A124,30 0 0 0 444,{top + 32}V{top + 12}Z", c.round_fill(196, 444, darker(seat, 0.15), 0.1))
    c.ellipse(320, top + 12, 124, 32, c.gradient(200, top - 20, 440, top + 40, lighter(seat, 0.34), seat, darker(seat, 0.08)))
    if look.get("seat", "wood") == "wood":
        c.stroke(f"M224,{top + 8}Q320,{top - 4} 416,{top + 8}M232,{top + 22}Q320,{top + 12} 408,{top + 22}", darker(seat, 0.4), 2, 0.4)


def table(c: Canvas, look: Look) -> None:
    wood = look.material
    low = look.get("height", "dining") == "coffee"
    top = 380 if low else 262
    if look.get("top", "rect") == "round":
        if look.get("base", "legs") == "pedestal":
            c.path(mirrored(320, top + 20, (296, top + 20), (300, 470, 250, 500, 222, 556), (320, 570)), c.round_fill(226, 414, darker(look.accent, 0.05)))
        elif look.get("base") == "frame":
            for reach in (150, 96):
                c.stroke(f"M{320 - reach},{top + 30}L{320 + reach * 0.7:g},556M{320 + reach},{top + 30}L{320 - reach * 0.7:g},556", darker(look.accent, 0.3 if reach < 100 else 0.05), 13)
        else:
            for x, lean in ((150, -22), (490, 22), (236, 0), (404, 0)):
                leg(c, x, top + 20, 556 if lean else 528, darker(look.accent, 0.0 if lean else 0.3), lean, 12)
        c.ellipse(320, top + 20, 254, 56, darker(wood, 0.42))
        c.ellipse(320, top + 4, 254, 56, c.gradient(80, top - 50, 560, top + 60, lighter(wood, 0.3), wood, darker(wood, 0.08)))
        c.stroke("".join(f"M{320 - reach},{top + 4 + dy}Q320,{top + dy - 6} {320 + reach},{top + 4 + dy}" for dy, reach in ((-34, 180), (-18, 226), (0, 240), (18, 228), (34, 184))), darker(wood, 0.4), 2, 0.32)
        return
    for x, lean in ((96, -10), (544, 10), (168, 0), (472, 0)):
        if look.get("base", "legs") == "frame" and lean:
            c.stroke(f"M{x},{top + 40}L{x + lean * 1.5},560H{320 + (x - 320) * 0.7}L{320 + (x - 320) * 0.76},{top + 40}", look.accent, 13)
        else:
            leg(c, x, top + 36, 562 if lean else 530, darker(look.accent, 0.0 if lean else 0.32), lean, 13)
    c.polygon([(118, top - 52), (522, top - 52), (596, top + 12), (44, top + 12)], c.gradient(118, top - 52, 540, top + 12, lighter(wood, 0.34), wood))
    c.stroke("".join(f"M{118 - k * 14},{top - 52 + k * 12}C{260},{top - 48 + k * 12} {380},{top - 58 + k * 12} {522 + k * 14},{top - 52 + k * 12}" for k in range(1, 5)), darker(wood, 0.4), 2, 0.3)
    board(c, 44, top + 12, 552, 24, darker(wood, 0.14))
    if look.get("drawer", "no") == "yes":
        c.rect(212, top + 36, 216, 44, c.gradient(0, top + 36, 0, top + 80, darker(wood, 0.05), darker(wood, 0.2)), 3)
        c.circle(320, top + 58, 7, "#c2a05a")


def desk(c: Canvas, look: Look) -> None:
    wood, frame = look.material, look.accent
    standing = look.get("cut", "writing") == "standing"
    if standing:
        for x in (140, 500):
            c.metal(x - 17, 300, 34, 250, mix(frame, "#8d9096", 0.2), 3)
            c.rect(x - 24, 300, 48, 110, c.round_fill(x - 24, x + 24, frame), 3)
            c.rect(x - 62, 540, 124, 18, c.gradient(0, 540, 0, 558, lighter(frame, 0.2), darker(frame, 0.3)), 7)
        c.rect(460, 306, 78, 17, "#1d1d20", 5)
    else:
        for x, lean in ((86, -12), (554, 12)):
            leg(c, x, 292, 562, frame, lean, 12)
        for x in (150, 490):
            leg(c, x, 292, 534, darker(frame, 0.32), 0, 10)
        board(c, 74, 286, 492, 64, darker(wood, 0.05))
        for k in range(look.number("drawers", 2)):
            wide = 480 / look.number("drawers", 2)
            c.rect(82 + k * wide, 293, wide - 6, 50, c.gradient(0, 293, 0, 343, lighter(wood, 0.12), darker(wood, 0.08)), 3)
            c.circle(79 + (k + 0.5) * wide, 318, 7, "#c2a05a")
    c.polygon([(112, 214), (528, 214), (592, 270), (48, 270)], c.gradient(112, 214, 540, 270, lighter(wood, 0.34), wood))
    c.stroke("M98,228C260,222 400,236 542,228M82,244C260,250 420,236 560,246", darker(wood, 0.4), 2, 0.32)
    board(c, 48, 268, 544, 22, darker(wood, 0.12))
    c.rect(438, 148, 54, 86, c.gradient(438, 0, 492, 0, "#f6f1e6", "#d8cfbf"), 6)
    c.stroke("M456,150L446,96M468,150L472,84M478,150L492,104", "#7d9a6d", 7)
    c.rect(150, 214, 96, 14, "#c0613f", 2)
    c.rect(158, 202, 84, 12, "#26345a", 2)


def nightstand(c: Canvas, look: Look) -> None:
    wood = look.material
    for x, lean in ((196, -16), (444, 16)):
        leg(c, x, 470, 562, look.accent, lean, 11)
    board(c, 168, 236, 304, 240, wood, 8)
    count = look.number("drawers", 2)
    tall = 212 / count
    for k in range(count):
        y = 252 + k * tall
        c.rect(182, y, 276, tall - 10, c.gradient(182, y, 458, y + tall, lighter(look.colour, 0.16), darker(look.colour, 0.12)), 5)
        c.circle(320, y + tall / 2 - 5, 10, c.gradient(310, y, 330, y + tall, "#e6cd90", "#a07c38"))
    c.polygon([(186, 208), (454, 208), (478, 238), (162, 238)], c.gradient(162, 208, 478, 238, lighter(wood, 0.36), wood))
    c.rect(232, 192, 100, 14, "#9caf8c", 2)
    c.rect(240, 180, 84, 12, "#eab8b0", 2)


def cabinet(c: Canvas, look: Look) -> None:
    """Chests of drawers and sideboards: any number of columns and rows of fronts."""
    wood, front = look.material, look.colour
    columns, rows = look.number("columns", 2), look.number("rows", 3)
    wide, tall = {1: 300, 2: 440, 3: 540}[columns], 88 * rows + 30
    x, y = 320 - wide / 2, 524 - tall
    for foot, lean in ((x + 30, -8), (x + wide - 30, 8)):
        leg(c, foot, 518, 562, look.accent, lean, 11)
    board(c, x, y, wide, tall, wood, 6)
    cell_w, cell_h = (wide - 30) / columns, (tall - 26) / rows
    for column in range(columns):
        door = look.get("doors", "no") == "yes" and column != 1
        for row in range(1 if door else rows):
            cx, cy = x + 15 + column * cell_w, y + 13 + row * cell_h
            h = cell_h * rows if door else cell_h
            c.rect(cx + 3, cy + 3, cell_w - 6, h - 6, c.gradient(cx, cy, cx + cell_w, cy + h, lighter(front, 0.18), front, darker(front, 0.14)), 4)
            if door and look.get("fluted", "no") == "yes":
                c.stroke("".join(f"M{cx + 10 + k * 11:g},{cy + 6:g}V{cy + h - 6:g}" for k in range(int(cell_w / 11) - 1)), darker(front, 0.4), 4, 0.4)
            if look.get("handle", "knob") == "knob":
                c.circle(cx + (cell_w / 2 if not door else (cell_w - 18 if column == 0 else 18)), cy + h / 2, 8, c.gradient(cx, cy, cx + 20, cy + h, "#e6cd90", "#96732f"))
            else:
                c.stroke(f"M{cx + cell_w / 2 - 26:g},{cy + 16:g}h52", darker(front, 0.5), 7)
    c.polygon([(x + 22, y - 26), (x + wide - 22, y - 26), (x + wide + 6, y), (x - 6, y)], c.gradient(x, y - 26, x + wide, y, lighter(wood, 0.36), wood))
    c.rect(x - 6, y, wide + 12, 9, darker(wood, 0.2), 2)


def bookshelf(c: Canvas, look: Look) -> None:
    wood = look.material
    open_back = look.get("back", "open") == "open"
    shelves = look.number("shelves", 4)
    c.rect(152, 62, 336, 500, darker(wood, 0.5 if not open_back else 0.1), 4, 1 if not open_back else 0.12)
    gap = 480 / shelves
    books = ("#c0613f", "#26345a", "#9caf8c", "#d49b2a", "#efe2c8", "#6f2036", "#1f7d80", "#eab8b0")
    for k in range(shelves):
        floor = 72 + (k + 1) * gap - 12
        x = 176.0 if k % 2 == 0 else 260.0
        for b in range(7 if k % 3 != 2 else 4):
            w, h = 15 + (b * 7 + k * 5) % 12, gap * (0.52 + ((b * 3 + k * 2) % 5) * 0.07)
            c.rect(x, floor - h, w, h, c.gradient(x, 0, x + w, 0, lighter(books[(b + k * 3) % 8], 0.18), darker(books[(b + k * 3) % 8], 0.12)), 2)
            x += w + 2
        if k % 3 == 1:
            c.path(f"M190,{floor}C176,{floor - 30} 196,{floor - 40} 200,{floor - 58}H220C224,{floor - 40} 244,{floor - 30} 230,{floor}Z", c.round_fill(184, 236, "#e8dcc8"))
        elif k % 3 == 2:
            c.rect(372, floor - 40, 62, 40, c.round_fill(372, 434, "#c9a377"), 8)
    metal = look.get("frame", "wood") == "metal"
    for k in range(shelves + 1):
        y = 62 + k * gap
        board(c, 146, y, 348, 15, wood)
    for x in (146, 480):
        if metal:
            c.metal(x, 56, 14, 508, look.accent, 2)
        else:
            board(c, x - 2, 58, 18, 506, darker(wood, 0.06))


def bed(c: Canvas, look: Look) -> None:
    frame, linen = look.material, look.accent
    padded = look.get("head", "wood") == "padded"
    head = look.colour if padded else frame
    if padded:
        c.rect(92, 168, 456, 250, c.gradient(92, 168, 548, 400, lighter(head, 0.24), head, darker(head, 0.24)), 26)
        for k in range(1, 6):
            c.fold(f"M{92 + k * 76},180V380", head, 8, 0.3)
    else:
        board(c, 92, 196, 456, 70, head, 8)
        board(c, 92, 276, 456, 60, head, 4)
        for x in (92, 530):
            board(c, x, 186, 18, 330, head)
    for x in (196, 342):
        c.rect(x - 40, 286, 150, 84, c.gradient(x - 40, 286, x + 80, 370, "#ffffff", "#e3dfd8"), 32)
        c.fold(f"M{x},340q40,14 84,0", "#d8d2c8", 5)
    c.path("M104,362H536L572,508H68Z", c.gradient(80, 362, 560, 508, lighter(linen, 0.3), linen, darker(linen, 0.14)))
    c.path("M104,352H536L545,396Q320,416 95,396Z", c.gradient(0, 352, 0, 410, "#ffffff", "#e6e1d8"))
    for d in ("M190,410C180,450 196,480 184,506", "M330,414C342,450 322,480 334,506", "M452,410C470,440 456,480 472,506"):
        c.fold(d, linen, 9, 0.24)
    c.path("M68,504H572V520H68Z", darker(linen, 0.2))
    board(c, 60, 512, 520, 34, frame, 5)
    for x in (84, 556):
        leg(c, x, 544, 572, darker(frame, 0.2), 0, 11)


DRAWINGS = {
    "sofa": sofa,
    "armchair": armchair,
    "chair": chair,
    "office_chair": office_chair,
    "stool": stool,
    "table": table,
    "desk": desk,
    "nightstand": nightstand,
    "cabinet": cabinet,
    "bookshelf": bookshelf,
    "bed": bed,
}
