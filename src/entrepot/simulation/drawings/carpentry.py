"""Tables, desks, beds and cupboards."""

from entrepot.simulation.drawings.canvas import Canvas, darker, lighter, mirrored, mix
from entrepot.simulation.drawings.picture import Look
from entrepot.simulation.drawings.wood import board, leg


def _round_table(c: Canvas, look: Look, top: float) -> None:
    wood = look.material
    if look.get("base", "legs") == "pedestal":
        c.path(
            mirrored(320, top + 20, (296, top + 20), (300, 470, 250, 500, 222, 556), (320, 570)),
            c.round_fill(226, 414, darker(look.accent, 0.05)),
        )
    elif look.get("base") == "frame":
        for reach in (150, 96):
            c.stroke(
                f"M{320 - reach},{top + 30}L{320 + reach * 0.7:g},556M{320 + reach},{top + 30}"
                f"L{320 - reach * 0.7:g},556",
                darker(look.accent, 0.3 if reach < 100 else 0.05),
                13,
            )
    else:
        for x, lean in ((150, -22), (490, 22), (236, 0), (404, 0)):
            leg(c, x, top + 20, 556 if lean else 528, darker(look.accent, 0.0 if lean else 0.3), lean, 12)
    c.ellipse(320, top + 20, 254, 56, darker(wood, 0.42))
    c.ellipse(
        320, top + 4, 254, 56, c.gradient(80, top - 50, 560, top + 60, lighter(wood, 0.3), wood, darker(wood, 0.08))
    )
    c.stroke(
        "".join(
            f"M{320 - reach},{top + 4 + dy}Q320,{top + dy - 6} {320 + reach},{top + 4 + dy}"
            for dy, reach in ((-34, 180), (-18, 226), (0, 240), (18, 228), (34, 184))
        ),
        darker(wood, 0.4),
        2,
        0.32,
    )


def table(c: Canvas, look: Look) -> None:
    wood = look.material
    low = look.get("height", "dining") == "coffee"
    top = 380 if low else 262
    if look.get("top", "rect") == "round":
        _round_table(c, look, top)
        return
    base = look.get("base", "legs")
    for x, lean in ((96, -10), (544, 10), (168, 0), (472, 0)):
        if base == "pedestal":
            c.tube(320 + (x - 320) * 0.45 - 20, top + 30, 40, 520 - top, darker(look.accent, 0.0 if lean else 0.3), 6)
            c.rect(320 + (x - 320) * 0.45 - 62, 544, 124, 20, darker(look.accent, 0.15), 9)
        elif base == "frame" and lean:
            c.stroke(
                f"M{x},{top + 40}L{x + lean * 1.5},560H{320 + (x - 320) * 0.7}L{320 + (x - 320) * 0.76},{top + 40}",
                look.accent,
                13,
            )
        else:
            leg(c, x, top + 36, 562 if lean else 530, darker(look.accent, 0.0 if lean else 0.32), lean, 13)
    c.polygon(
        [(118, top - 52), (522, top - 52), (596, top + 12), (44, top + 12)],
        c.gradient(118, top - 52, 540, top + 12, lighter(wood, 0.34), wood),
    )
    c.stroke(
        "".join(
            f"M{118 - k * 14},{top - 52 + k * 12}"
            f"C{260},{top - 48 + k * 12} {380},{top - 58 + k * 12} {522 + k * 14},{top - 52 + k * 12}"
            for k in range(1, 5)
        ),
        darker(wood, 0.4),
        2,
        0.3,
    )
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
            c.rect(
                82 + k * wide, 293, wide - 6, 50, c.gradient(0, 293, 0, 343, lighter(wood, 0.12), darker(wood, 0.08)), 3
            )
            c.circle(79 + (k + 0.5) * wide, 318, 7, "#c2a05a")
    c.polygon(
        [(112, 214), (528, 214), (592, 270), (48, 270)], c.gradient(112, 214, 540, 270, lighter(wood, 0.34), wood)
    )
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
        c.rect(
            182,
            y,
            276,
            tall - 10,
            c.gradient(182, y, 458, y + tall, lighter(look.colour, 0.16), darker(look.colour, 0.12)),
            5,
        )
        c.circle(320, y + tall / 2 - 5, 10, c.gradient(310, y, 330, y + tall, "#e6cd90", "#a07c38"))
    c.polygon(
        [(186, 208), (454, 208), (478, 238), (162, 238)], c.gradient(162, 208, 478, 238, lighter(wood, 0.36), wood)
    )
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
            c.rect(
                cx + 3,
                cy + 3,
                cell_w - 6,
                h - 6,
                c.gradient(cx, cy, cx + cell_w, cy + h, lighter(front, 0.18), front, darker(front, 0.14)),
                4,
            )
            if door and look.get("fluted", "no") == "yes":
                c.stroke(
                    "".join(f"M{cx + 10 + k * 11:g},{cy + 6:g}V{cy + h - 6:g}" for k in range(int(cell_w / 11) - 1)),
                    darker(front, 0.4),
                    4,
                    0.4,
                )
            if look.get("handle", "knob") == "knob":
                c.circle(
                    cx + (cell_w / 2 if not door else (cell_w - 18 if column == 0 else 18)),
                    cy + h / 2,
                    8,
                    c.gradient(cx, cy, cx + 20, cy + h, "#e6cd90", "#96732f"),
                )
            else:
                c.stroke(f"M{cx + cell_w / 2 - 26:g},{cy + 16:g}h52", darker(front, 0.5), 7)
    c.polygon(
        [(x + 22, y - 26), (x + wide - 22, y - 26), (x + wide + 6, y), (x - 6, y)],
        c.gradient(x, y - 26, x + wide, y, lighter(wood, 0.36), wood),
    )
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
            c.rect(
                x,
                floor - h,
                w,
                h,
                c.gradient(x, 0, x + w, 0, lighter(books[(b + k * 3) % 8], 0.18), darker(books[(b + k * 3) % 8], 0.12)),
                2,
            )
            x += w + 2
        if k % 3 == 1:
            c.path(
                f"M190,{floor}C176,{floor - 30} 196,{floor - 40} 200,{floor - 58}H220"
                f"C224,{floor - 40} 244,{floor - 30} 230,{floor}Z",
                c.round_fill(184, 236, "#e8dcc8"),
            )
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
    for d in (
        "M190,410C180,450 196,480 184,506",
        "M330,414C342,450 322,480 334,506",
        "M452,410C470,440 456,480 472,506",
    ):
        c.fold(d, linen, 9, 0.24)
    c.path("M68,504H572V520H68Z", darker(linen, 0.2))
    board(c, 60, 512, 520, 34, frame, 5)
    for x in (84, 556):
        leg(c, x, 544, 572, darker(frame, 0.2), 0, 11)


DRAWINGS = {
    "table": table,
    "desk": desk,
    "nightstand": nightstand,
    "cabinet": cabinet,
    "bookshelf": bookshelf,
    "bed": bed,
}
