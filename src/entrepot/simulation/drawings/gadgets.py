"""What goes with devices: keyboards, mice, cables, chargers, lenses, tripods, drives, routers, controllers."""

from math import cos, pi, sin

from entrepot.simulation.drawings.canvas import Canvas, brightness, darker, ink_on, lighter, mirrored, mix
from entrepot.simulation.drawings.picture import Look


def keyboard(c: Canvas, look: Look) -> None:
    colour, cap = look.colour, look.accent
    c.ground = "lay"
    wide = look.get("layout", "full") == "full"
    x0, columns = (34, 15) if wide else (94, 12)
    width = columns * 37 + 17
    c.rect(x0, 206, width, 238, c.gradient(x0, 206, x0 + width, 444, lighter(colour, 0.25), darker(colour, 0.2)), 22)
    c.rect(x0 + 7, 213, width - 14, 224, darker(colour, 0.42), 16)
    special = lighter(cap, 0.05) if brightness(cap) < 0.5 else darker(cap, 0.05)
    for row in range(5):
        x, y = x0 + 14.0, 220 + row * 42
        spans = [1.0] * columns if row < 4 else [1.5, 1, 1.5, columns - 8.0, 1.5, 1, 1.5]
        for index, span in enumerate(spans):
            edge = index in (0, len(spans) - 1)
            tone = look.material if look.cloth and edge and row in (0, 3) else (special if edge else cap)
            c.rect(x, y, span * 36 - 4, 38, darker(tone, 0.3), 7)
            c.rect(x + 2.5, y + 1, span * 36 - 9, 31, c.gradient(0, y, 0, y + 32, lighter(tone, 0.18), tone), 6)
            x += span * 36 + (1 if row < 4 else 0.7)
    c.circle(x0 + width - 26, 229, 0.1, "#ffffff")


def mouse(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.ground = "lay"
    if look.get("wire", "no") == "yes":
        c.stroke("M320,120C320,60 380,40 430,60S520,60 560,20", "#3a3b40", 9)
    outline = mirrored(320, 104, (220, 104, 192, 176, 190, 290), (188, 430, 216, 536, 320, 536))
    c.path(outline, c.gradient(210, 110, 440, 530, lighter(colour, 0.35), colour, darker(colour, 0.35)))
    c.stroke("M320,106V268M192,276C250,290 390,290 448,276", darker(colour, 0.5), 3.5, 0.8)
    c.rect(304, 158, 32, 82, darker(colour, 0.6), 16)
    c.rect(309, 166, 22, 66, c.gradient(0, 166, 0, 232, "#55565c", lighter(look.accent, 0.2), "#2b2b30"), 11)
    c.stroke("".join(f"M310,{y}H330" for y in range(176, 228, 9)), "#1b1b1e", 2, 0.6)
    c.path("M190,300C186,340 190,390 200,420L212,416C204,384 202,340 204,304Z", darker(colour, 0.45), 0.9)
    c.path("M236,170C244,130 276,118 300,118V130C276,134 256,150 250,190C244,230 236,220 236,170Z", "#ffffff", 0.35)
    c.circle(320, 466, 9, look.accent)


def portable_drive(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.ground = "lay"
    c.stroke("M320,560C320,600 420,560 440,600S540,620 560,560", "#3a3b40", 13)
    c.rect(304, 512, 32, 46, "#c9ccd1", 6)
    c.rect(200, 100, 240, 416, c.metal_fill(200, 100, 440, 300, colour), 36)
    c.rect(207, 107, 226, 402, c.soft_fill(207, 107, 433, 509, colour, 0.22), 30)
    if look.get("case", "smooth") == "ribbed":
        c.stroke("".join(f"M222,{y}H418" for y in range(210, 480, 18)), darker(colour, 0.35), 6, 0.6)
    else:
        c.path(
            "M207,320C280,260 360,300 433,230V479A30,30 0 0 1 403,509H237A30,30 0 0 1 207,479Z",
            darker(colour, 0.25),
            0.35,
        )
    c.stroke("M290,160H350", ink_on(colour), 7, 0.85)
    c.circle(408, 134, 5, "#62d0a0")


def usb_hub(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.stroke("M150,300C60,280 70,420 150,430S220,520 150,560", "#4a4b51", 16)
    c.rect(96, 548, 60, 28, "#c9ccd1", 6)
    c.polygon(
        [(140, 262), (470, 224), (560, 300), (220, 346)], c.gradient(140, 224, 560, 346, lighter(colour, 0.35), colour)
    )
    c.polygon(
        [(220, 346), (560, 300), (560, 366), (220, 420)],
        c.gradient(220, 0, 560, 0, darker(colour, 0.1), darker(colour, 0.3)),
    )
    c.polygon([(140, 262), (220, 346), (220, 420), (140, 330)], darker(colour, 0.4))
    ports = look.number("ports", 4)
    for index in range(ports):
        x = 244 + index * (300 / ports)
        wide = 190 / ports
        y = 344 - (x - 220) * 0.135
        c.polygon(
            [(x, y + 14), (x + wide, y + 14 - wide * 0.135), (x + wide, y + 38 - wide * 0.135), (x, y + 38)], "#151518"
        )
        c.polygon(
            [
                (x + 4, y + 19),
                (x + wide - 4, y + 20 - wide * 0.135),
                (x + wide - 4, y + 26 - wide * 0.135),
                (x + 4, y + 25),
            ],
            look.accent,
        )
    c.circle(500, 282, 5, "#ffffff", 0.9)


def webcam(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.rect(120, 460, 400, 90, "#2a2a2e", 8)
    c.rect(128, 478, 384, 72, c.gradient(0, 478, 0, 550, "#4b5a86", "#c78aa5"))
    c.polygon(
        [(270, 372), (370, 372), (392, 462), (248, 462)],
        c.gradient(248, 0, 392, 0, darker(colour, 0.1), darker(colour, 0.4)),
    )
    c.rect(236, 446, 168, 22, darker(colour, 0.3), 8)
    c.rect(128, 196, 384, 184, c.gradient(128, 196, 512, 380, lighter(colour, 0.3), colour, darker(colour, 0.3)), 92)
    c.circle(320, 288, 72, "#111114")
    c.circle(320, 288, 58, c.gradient(270, 240, 370, 336, "#4a4b52", "#17171a"))
    c.circle(320, 288, 38, c.gradient(290, 260, 350, 320, "#4f62ac", "#11131f"))
    c.ellipse(306, 272, 13, 9, "#ffffff", 0.7)
    c.circle(426, 288, 7, "#67d58f")
    c.stroke("M184,264V312M200,274V302M216,264V312", darker(colour, 0.6), 5, 0.7)
    c.stroke("M190,212C240,204 400,204 450,212", "#ffffff", 6, 0.4)


def router(c: Canvas, look: Look) -> None:
    colour = look.colour
    for index in range(look.number("antennas", 4)):
        x = 130 + index * 380 / max(1, look.number("antennas", 4) - 1)
        lean = (x - 320) * 0.12
        c.polygon(
            [(x + lean - 9, 130), (x + lean + 9, 130), (x + 13, 420), (x - 13, 420)],
            c.round_fill(x - 20, x + 20, mix(colour, "#2b2b30", 0.5)),
        )
    c.path(
        "M92,412C96,392 110,384 130,384H510C530,384 544,392 548,412L580,470H60Z",
        c.gradient(0, 384, 0, 470, lighter(colour, 0.3), colour),
    )
    c.path(
        "M60,470H580V512C580,528 570,536 556,536H84C70,536 60,528 60,512Z",
        c.gradient(0, 470, 0, 536, darker(colour, 0.08), darker(colour, 0.35)),
    )
    c.stroke(
        "".join(f"M{x},400L{320 + (x - 320) * 1.12:g},456" for x in range(190, 470, 20)), darker(colour, 0.35), 5, 0.5
    )
    for index in range(5):
        c.circle(252 + index * 34, 502, 6, "#68d793" if index < 4 else look.accent)


def phone_case(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.ground = "lay"
    leather = look.cloth == "Leather"
    c.texture = "leather" if leather else ""
    c.rect(196, 78, 248, 484, darker(colour, 0.35), 50)
    c.rect(202, 82, 236, 476, c.gradient(202, 82, 438, 558, lighter(colour, 0.26), colour, darker(colour, 0.2)), 46)
    c.rect(222, 106, 124, 126, darker(colour, 0.5), 36)
    c.rect(228, 112, 112, 114, "#2a2a2f", 31)
    c.rect(230, 116, 108, 110, "#d8dde1", 30)
    for x, y in ((258, 144), (310, 144), (258, 196))[:3]:
        c.circle(x, y, 19, "#8f949b")
        c.circle(x, y, 15, "#16161a")
        c.circle(x - 4, y - 4, 4, "#7687c0")
    if look.get("back", "plain") == "ring":
        c.ring(320, 366, 82, lighter(colour, 0.4) if brightness(colour) < 0.6 else darker(colour, 0.2), 15, 0.7)
        c.stroke("M320,478V510", lighter(colour, 0.4) if brightness(colour) < 0.6 else darker(colour, 0.2), 15, 0.7)
    elif look.get("back") == "card":
        c.path("M222,420H418V524C418,536 410,542 398,542H242C230,542 222,536 222,524Z", darker(colour, 0.1))
        c.seam("M230,428V522C230,530 236,534 244,534H396C404,534 410,530 410,522V428", colour)
        c.stroke("M222,420H418", darker(colour, 0.5), 4)
    elif look.get("back") == "waves":
        for row in range(5):
            y = 290 + row * 54
            c.stroke(f"M206,{y}C260,{y - 44} 300,{y + 44} 340,{y}S410,{y - 30} 434,{y - 6}", look.accent, 12)
    c.stroke("M214,140V480", "#ffffff", 5, 0.3)


def charger(c: Canvas, look: Look) -> None:
    colour = look.colour
    for x in (286, 354):
        c.rect(x - 9, 96, 18, 96, c.metal_fill(x - 9, 0, x + 9, 0, "#c9ccd1"), 8)
    c.rect(176, 176, 288, 356, c.gradient(176, 176, 464, 532, lighter(colour, 0.3), colour, darker(colour, 0.25)), 58)
    c.rect(176, 228, 288, 4, darker(colour, 0.35), 0, 0.5)
    for index in range(look.number("ports", 2)):
        y = 286 + index * 72
        c.rect(262, y, 116, 38, darker(colour, 0.3), 19)
        c.rect(268, y + 5, 104, 28, "#141417", 14)
        c.rect(286, y + 15, 68, 8, look.accent if index == 0 else "#8b8d93", 4)
    c.stroke("M200,250V470", "#ffffff", 8, 0.35)


def power_bank(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.rect(
        190,
        96,
        260,
        456,
        c.gradient(190, 0, 450, 0, darker(colour, 0.25), lighter(colour, 0.22), colour, darker(colour, 0.3)),
        40,
    )
    c.rect(204, 104, 232, 42, darker(colour, 0.45), 21)
    c.rect(226, 116, 58, 18, "#101013", 9)
    c.rect(302, 114, 44, 22, "#101013", 3)
    c.rect(308, 126, 32, 6, look.accent)
    c.rect(366, 114, 44, 22, "#101013", 3)
    if look.get("style", "plain") == "grip":
        c.stroke("".join(f"M192,{y}L448,{y - 40}" for y in range(270, 560, 26)), darker(colour, 0.4), 6, 0.5)
    for index in range(4):
        c.circle(288 + index * 22, 190, 6, "#f5f5f2" if index < 3 else darker(colour, 0.5))
    c.stroke("M216,170V520", "#ffffff", 6, 0.22)
    c.stroke("M334,300L304,346H330L306,394", ink_on(colour), 8, 0.75)


def cable(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.ground = "lay"
    braid = look.cloth == "Braided nylon"
    coil = []
    for index in range(4):
        r = 170 - index * 17
        coil.append(f"M{320 - r},{300 + index * 3}a{r},{r} 0 1 0 {2 * r},0a{r},{r} 0 1 0 {-2 * r},0")
    for d in [*coil, "M150,320C150,470 180,540 250,556", "M490,320C500,450 470,520 404,552"]:
        c.stroke(d, darker(colour, 0.4), 17)
        c.stroke(d, colour, 13)
        if braid:
            c.stroke(d, darker(colour, 0.45), 11, 0.7, dash="3 5", butt=True)
        c.stroke(d, lighter(colour, 0.5), 3.5, 0.55)
    c.rect(286, 96, 68, 92, c.round_fill(286, 354, darker(look.accent, 0.1)), 12)
    for x, lean in ((250, 1), (404, -1)):
        c.path(
            f"M{x},536h{lean * 62}v40h{-lean * 62}Z",
            c.gradient(0, 536, 0, 576, lighter(look.accent, 0.3), darker(look.accent, 0.25)),
        )
        c.path(f"M{x + lean * 62},544h{lean * 30}v24h{-lean * 30}Z", c.gradient(0, 544, 0, 568, "#eceded", "#9a9da3"))


def lens(c: Canvas, look: Look) -> None:
    body = look.colour
    long = look.get("reach", "short") == "long"
    top = 84 if long else 168
    c.rect(196, top + 20, 248, 556 - top - 60, c.round_fill(196, 444, body, 0.25), 14)
    c.ellipse(320, top + 22, 132, 40, c.gradient(188, 0, 452, 0, lighter(body, 0.25), darker(body, 0.4)))
    c.ellipse(320, top + 20, 118, 33, "#0e0e12")
    c.ellipse(320, top + 24, 98, 26, c.gradient(230, top, 410, top + 50, "#8064c8", "#21306c", "#0d1018"))
    c.ellipse(284, top + 18, 34, 7, "#ffffff", 0.6)
    for y, tall in ((top + 90, 84), (top + 216, 60)) if long else ((top + 84, 92),):
        c.rect(188, y, 264, tall, c.round_fill(188, 452, mix(body, "#1b1b1e", 0.75), 0.12), 8)
        c.stroke("".join(f"M{x},{y + 6}V{y + tall - 6}" for x in range(200, 446, 11)), "#000000", 4, 0.4)
    c.rect(196, 440, 248, 9, c.round_fill(196, 444, look.accent))
    c.stroke("M240,480H262M290,480H318M346,480H362", "#f5f2ea", 6, 0.85)
    c.rect(208, 514, 224, 40, c.round_fill(208, 432, "#b6b9be"), 8)


def tripod(c: Canvas, look: Look) -> None:
    colour = look.colour
    for foot, bend in ((150, 250), (490, 390), (334, 326)):
        c.stroke(f"M320,240L{bend},390", darker(colour, 0.15 if foot != 334 else 0.4), 22, butt=True)
        c.stroke(
            f"M{bend - (bend - 320) * 0.1:g},375L{foot},556",
            c.gradient(foot - 10, 0, foot + 20, 0, lighter(colour, 0.2), darker(colour, 0.4)),
            14,
        )
        c.stroke(
            f"M{bend - (bend - 320) * 0.06:g},{382}L{bend + (foot - bend) * 0.08:g},404", look.accent, 24, butt=True
        )
        c.circle(foot, 556, 10, "#1d1d20")
    c.metal(309, 150, 22, 260, "#9b9ea4", 4)
    c.rect(286, 214, 68, 56, c.round_fill(286, 354, colour), 12)
    c.circle(320, 150, 34, c.glow(308, 138, 44, lighter(colour, 0.45), darker(colour, 0.3)))
    c.rect(250, 96, 140, 30, c.gradient(0, 96, 0, 126, lighter(colour, 0.3), darker(colour, 0.3)), 8)
    c.rect(264, 88, 112, 12, "#2a2a2e", 4)
    c.stroke("M350,150L452,196", darker(colour, 0.1), 13)
    c.circle(368, 158, 12, look.accent)


def controller(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.ground = "lay"
    outline = mirrored(
        320, 206, (244, 206), (226, 192, 190, 188, 168, 198), (112, 222, 66, 386, 64, 452),
        (64, 506, 100, 520, 128, 498), (166, 468, 180, 424, 222, 416), (320, 416),
    )  # fmt: skip
    c.path(outline, c.gradient(100, 190, 520, 500, lighter(colour, 0.32), colour, darker(colour, 0.28)))
    c.rect(262, 218, 116, 66, c.gradient(0, 218, 0, 284, darker(colour, 0.18), darker(colour, 0.32)), 14)
    for x, y in ((250, 360), (390, 360)):
        c.circle(x, y, 44, darker(colour, 0.4))
        c.circle(x, y, 36, c.glow(x - 10, y - 12, 50, "#55565c", "#18181b"))
        c.ring(x, y, 24, "#2f3035", 3)
    c.path("M150,266h22v-22h26v22h22v26h-22v22h-26v-22h-22Z", "#25252a")
    for x, y, tone in ((456, 244, "#e2b83d"), (488, 278, "#d9534f"), (424, 278, "#4b8fd6"), (456, 312, "#51a86a")):
        c.circle(x, y, 18, "#25252a")
        c.circle(x, y, 15, c.gradient(x - 12, y - 14, x + 12, y + 14, lighter(tone, 0.35), tone))
    c.circle(320, 318, 14, look.accent)
    c.stroke("M140,226C122,266 100,330 92,380", "#ffffff", 8, 0.32)


def drone(c: Canvas, look: Look) -> None:
    colour = look.colour
    for x, y in ((120, 250), (520, 250), (170, 420), (470, 420)):
        c.stroke(f"M320,340L{x},{y + 26}", c.gradient(0, 250, 0, 440, lighter(colour, 0.1), darker(colour, 0.35)), 24)
        c.rect(x - 18, y - 6, 36, 50, c.round_fill(x - 18, x + 18, darker(colour, 0.15)), 10)
        c.ellipse(x, y - 10, 104, 13, "#2b2b30", 0.22)
        c.path(
            f"M{x - 98},{y - 14}Q{x},{y - 4} {x},{y - 10}Q{x},{y - 16} {x + 98},{y - 6}Q{x},{y - 22} {x},{y - 10}Z",
            "#2b2b30",
        )
        c.circle(x, y - 10, 8, look.accent)
    c.path(
        mirrored(320, 282, (250, 284, 222, 310, 216, 350), (220, 400, 260, 424, 320, 424)),
        c.gradient(230, 280, 410, 424, lighter(colour, 0.32), colour, darker(colour, 0.3)),
    )
    c.rect(278, 396, 84, 62, "#2a2a2e", 20)
    c.circle(320, 430, 25, "#0f0f13")
    c.circle(320, 430, 15, c.gradient(308, 418, 332, 442, "#6a7cd0", "#161a30"))
    c.stroke("M236,410L222,492H196M404,410L418,492H444", darker(colour, 0.35), 9)
    c.stroke("M252,318C280,302 350,300 384,314", "#ffffff", 6, 0.45)


def projector(c: Canvas, look: Look) -> None:
    colour = look.colour
    c.rect(110, 246, 420, 276, c.gradient(110, 246, 530, 522, lighter(colour, 0.3), colour, darker(colour, 0.25)), 56)
    c.rect(130, 262, 380, 244, c.gradient(130, 262, 510, 506, lighter(colour, 0.1), darker(colour, 0.12)), 44)
    if look.get("lens", "left") == "slim":
        c.rect(110, 246, 420, 52, c.gradient(0, 246, 0, 298, lighter(colour, 0.5), lighter(colour, 0.1)), 26)
        c.stroke("M180,240C200,170 440,170 460,240", darker(look.accent, 0.2), 15)
    c.circle(252, 384, 88, c.metal_fill(164, 296, 340, 472, look.accent))
    c.circle(252, 384, 74, "#121216")
    c.circle(252, 384, 54, c.gradient(206, 338, 298, 430, "#7fb0e8", "#36459a", "#141524"))
    c.ellipse(232, 360, 18, 12, "#ffffff", 0.7)
    points = [(424 + 16 * col, 330 + 16 * row) for col in range(-2, 5) for row in range(8)]
    c.stroke("".join(f"M{x},{y}v.1" for x, y in points), darker(colour, 0.55), 7)
    for angle in (0.2, 0.8):
        c.circle(320 + 150 * cos(pi * angle), 522 + 6 * sin(pi * angle), 0.1, colour)
    c.rect(150, 518, 60, 18, "#2a2a2e", 6)
    c.rect(430, 518, 60, 18, "#2a2a2e", 6)


DRAWINGS = {
    "keyboard": keyboard,
    "mouse": mouse,
    "portable_drive": portable_drive,
    "usb_hub": usb_hub,
    "webcam": webcam,
    "router": router,
    "phone_case": phone_case,
    "charger": charger,
    "power_bank": power_bank,
    "cable": cable,
    "lens": lens,
    "tripod": tripod,
    "controller": controller,
    "drone": drone,
    "projector": projector,
}
