"""Lamps, textiles, kitchenware and what makes a room pleasant."""

from math import cos, pi, sin

from entrepot.simulation.drawings.canvas import Canvas, brightness, darker, lighter, mirrored, mix
from entrepot.simulation.drawings.furniture import board, leg
from entrepot.simulation.drawings.labels import label
from entrepot.simulation.drawings.picture import Look

_WARM = "#fff1cf"


def _shade(c: Canvas, look: Look, top: float, foot: float, narrow: float, wide: float) -> None:
    tone = look.colour
    c.path(f"M{320 - narrow},{top}H{320 + narrow}L{320 + wide},{foot}H{320 - wide}Z", c.ramp(320 - wide, 0, 320 + wide, 0, [(0, darker(tone, 0.22)), (0.3, mix(lighter(tone, 0.3), _WARM, 0.4)), (0.5, mix(lighter(tone, 0.4), _WARM, 0.5)), (0.75, mix(tone, _WARM, 0.2)), (1, darker(tone, 0.28))]))
    c.ellipse(320, foot, wide, wide * 0.1, mix(_WARM, tone, 0.12))
    c.stroke(f"M{320 - wide},{foot}A{wide},{wide * 0.1:g} 0 0 0 {320 + wide},{foot}", darker(tone, 0.25), 4)
    c.ellipse(320, top, narrow, narrow * 0.1, darker(tone, 0.2))


def table_lamp(c: Canvas, look: Look) -> None:
    base = look.material
    if look.get("base", "gourd") == "gourd":
        c.path(mirrored(320, 318, (298, 318), (296, 360, 222, 380, 218, 452), (216, 520, 260, 548, 276, 556), (320, 560)), c.round_fill(218, 422, base, 0.4))
        c.path("M246,420C242,460 250,500 266,524L276,518C262,490 258,460 262,420Z", "#ffffff", 0.35)
    elif look.get("base") == "mushroom":
        c.tube(278, 300, 84, 250, base, 10)
        c.ellipse(320, 548, 92, 18, c.gradient(228, 530, 412, 566, lighter(base, 0.3), darker(base, 0.3)))
        c.path("M112,330C112,180 220,116 320,116C420,116 528,180 528,330C460,352 180,352 112,330Z", c.ramp(112, 0, 528, 0, [(0, darker(look.colour, 0.25)), (0.3, mix(lighter(look.colour, 0.35), _WARM, 0.3)), (0.55, look.colour), (1, darker(look.colour, 0.32))]))
        c.ellipse(320, 332, 206, 22, mix(_WARM, look.colour, 0.15))
        return
    else:
        c.metal(308, 300, 24, 230, base, 4)
        c.ellipse(320, 542, 96, 22, darker(base, 0.4))
        c.ellipse(320, 534, 96, 22, c.gradient(224, 515, 416, 555, lighter(base, 0.4), darker(base, 0.2)))
    _shade(c, look, 110, 320, 96, 168)


def floor_lamp(c: Canvas, look: Look) -> None:
    metal = look.accent
    if look.get("cut", "tripod") == "arc":
        c.ellipse(216, 552, 92, 16, darker(metal, 0.3))
        c.ellipse(216, 545, 92, 16, c.gradient(124, 530, 308, 560, lighter(metal, 0.35), darker(metal, 0.2)))
        c.stroke("M216,545V250C216,60 440,40 450,160", darker(metal, 0.2), 13)
        c.stroke("M213,540V250C213,62 436,44 447,156", lighter(metal, 0.5), 4, 0.7)
        c.path("M366,262C366,190 410,158 450,158C490,158 534,190 534,262Z", c.gradient(366, 160, 534, 262, lighter(look.colour, 0.35), look.colour, darker(look.colour, 0.25)))
        c.ellipse(450, 262, 84, 14, _WARM)
        return
    for lean in (-96, 96, 16):
        c.stroke(f"M320,230L{320 + lean},562", darker(look.material, 0.3 if lean == 16 else 0.06), 15)
    c.circle(320, 252, 16, metal)
    _shade(c, look, 66, 232, 84, 132)


def pendant(c: Canvas, look: Look) -> None:
    c.ground = "hang"
    tone, cut = look.colour, look.get("cut", "dome")
    c.stroke("M320,0V180", "#3a3738", 5)
    if cut == "dome":
        c.tube(298, 160, 44, 48, look.accent, 6)
        c.path("M104,416C104,270 210,200 320,200C430,200 536,270 536,416Z", c.ramp(104, 0, 536, 0, [(0, darker(tone, 0.3)), (0.26, lighter(tone, 0.4)), (0.5, tone), (1, darker(tone, 0.36))]))
        c.ellipse(320, 416, 216, 34, darker(look.accent, 0.1))
        c.ellipse(320, 419, 204, 28, c.gradient(120, 0, 520, 0, "#f4d58d", "#fff6dc", "#f0cd84"))
        c.circle(320, 432, 36, "#fffaf0")
    elif cut == "globe":
        c.tube(296, 150, 48, 44, look.accent, 6)
        c.circle(320, 336, 156, c.gradient(210, 210, 440, 470, "#ffffff", mix("#f7ecd4", tone, 0.25), mix("#dcc59a", tone, 0.4)))
        c.ellipse(262, 268, 36, 24, "#ffffff", 0.7)
    else:
        c.path(mirrored(320, 170, (260, 180, 140, 260, 132, 370), (160, 470, 280, 500), (320, 502)), c.gradient(132, 180, 508, 500, lighter(look.material, 0.35), look.material, darker(look.material, 0.25)))
        for k in range(-5, 6):
            c.stroke(f"M320,172C{320 + k * 24},200 {320 + k * 37},300 {320 + k * 36},372S{320 + k * 16},488 {320 + k * 7},500", darker(look.material, 0.42), 3, 0.7)
        for y, reach in ((230, 118), (286, 160), (342, 178), (398, 170), (446, 128)):
            c.stroke(f"M{320 - reach},{y}Q320,{y + 30} {320 + reach},{y}", darker(look.material, 0.35), 3, 0.6)
        c.circle(320, 350, 40, _WARM, 0.75)


def rug(c: Canvas, look: Look) -> None:
    c.texture, c.ground = ("boucle" if look.cloth != "Jute" else "weave"), "lay"
    tone, ink = look.colour, look.accent
    for x in (92, 548):
        c.stroke("".join(f"M{x},{y}h{-22 if x < 300 else 22}" for y in range(168, 478, 10)), lighter(tone, 0.35), 4)
    c.rect(92, 160, 456, 324, c.gradient(92, 160, 548, 484, lighter(tone, 0.14), tone, darker(tone, 0.1)), 5)
    pattern = look.get("pattern", "border")
    if pattern == "border":
        for inset, width in ((22, 9), (40, 4)):
            c.stroke(f"M{92 + inset},{160 + inset}H{548 - inset}V{484 - inset}H{92 + inset}Z", ink, width)
        for x in (220, 320, 420):
            c.polygon([(x, 262), (x + 46, 322), (x, 382), (x - 46, 322)], ink)
            c.polygon([(x, 292), (x + 22, 322), (x, 352), (x - 22, 322)], tone)
    elif pattern == "stripes":
        for x in range(112, 530, 76):
            c.rect(x, 160, 38, 324, ink)
    elif pattern == "arches":
        for x, y in ((206, 484), (434, 484), (320, 322)):
            for r, paint in ((112, ink), (80, tone), (48, lighter(ink, 0.35))):
                c.path(f"M{x - r},{y}A{r},{r} 0 0 1 {x + r},{y}Z", paint)
    else:
        lines = "".join(f"M{x},160L{x + 108},322L{x},484" for x in range(130, 440, 108)) + "M440,484L548,322L440,160"
        c.stroke(lines, ink, 8)


def cushion(c: Canvas, look: Look) -> None:
    c.ground = "stand"
    c.texture = {"Linen": "linen", "Velvet": "plush", "Bouclé": "boucle", "Cotton knit": "knit", "Cotton": "weave"}.get(look.cloth, "weave")
    tone, ink = look.colour, look.accent
    d = "M136,148C240,168 400,168 504,148C528,146 538,160 532,184C516,280 516,400 534,500C538,528 526,538 504,534C400,516 240,516 136,534C112,538 102,526 106,500C124,400 124,280 108,184C102,160 112,144 136,148Z"
    c.path(d, c.gradient(130, 150, 520, 540, lighter(tone, 0.26), tone, darker(tone, 0.24)))
    if look.get("pattern", "plain") == "stripes":
        c.stroke("M200,160C190,280 190,400 200,524M260,164C256,280 256,400 260,520M380,164C384,280 384,400 380,520M440,160C450,280 450,400 440,524", ink, 17, butt=True)
    elif look.get("pattern") == "sprig":
        for x, y in ((220, 250), (330, 220), (430, 270), (240, 400), (350, 350), (430, 430), (300, 470)):
            c.stroke(f"M{x},{y + 26}Q{x + 4},{y} {x},{y - 28}M{x},{y + 10}q16,-4 20,-18M{x},{y + 4}q-16,-4 -20,-18M{x + 1},{y - 8}q12,-4 15,-14M{x + 1},{y - 10}q-12,-4 -15,-14", ink, 5)
    elif look.get("pattern") == "tassel":
        for x, y, m in ((112, 152, -1), (528, 152, 1), (112, 530, -1), (528, 530, 1)):
            c.stroke("".join(f"M{x},{y}l{m * (18 + k * 5)},{34 - abs(k - 2) * 3}" for k in range(5)), ink, 5)
            c.circle(x + m * 4, y + 4, 10, ink)
    for d in ("M150,176C190,210 210,230 220,250", "M490,176C450,210 430,230 420,250", "M150,506C190,476 210,456 220,440", "M490,506C450,476 430,456 420,440"):
        c.fold(d, tone, 12, 0.2)


def throw(c: Canvas, look: Look) -> None:
    c.texture = "knit" if look.get("weave", "knit") == "knit" else "boucle"
    tone, ink = look.colour, look.accent
    for index, (y, tall) in enumerate(((452, 102), (354, 104), (256, 104))):
        shade = darker(tone, 0.08 * (2 - index))
        c.rect(104, y, 432, tall, c.gradient(0, y, 0, y + tall, lighter(shade, 0.26), shade, darker(shade, 0.28)), 44)
        if look.get("pattern", "plain") == "stripes":
            c.rect(380, y, 26, tall, ink)
            c.rect(418, y, 12, tall, ink)
    c.path("M150,262C260,232 400,232 490,262L514,420C500,430 460,420 440,424C420,430 220,430 200,424C170,418 140,430 126,420Z", c.gradient(130, 240, 500, 430, lighter(tone, 0.3), tone, darker(tone, 0.16)))
    c.stroke("".join(f"M{x},{420 + (x * 7) % 5}v{40 + (x * 3) % 9}" for x in range(136, 510, 13)), lighter(tone, 0.14), 7)
    if look.get("pattern", "plain") == "stripes":
        c.stroke("M138,372Q320,386 504,372M134,392Q320,406 508,392", ink, 9)


def towels(c: Canvas, look: Look) -> None:
    c.texture = "plush"
    for index, tone in enumerate((look.colour, look.accent, lighter(look.colour, 0.25))[: look.number("count", 3)]):
        y = 448 - index * 108
        x = 110 + index * 12
        c.rect(x, y, 420 - index * 24, 108, c.gradient(0, y, 0, y + 108, lighter(tone, 0.25), tone, darker(tone, 0.22)), 40)
        c.stroke(f"M{x + 22},{y + 54}H{x + 398 - index * 24}", darker(tone, 0.6), 4, 0.4)
        c.path(f"M{x + 20},{y + 54}C{x - 2},{y + 40} {x + 8},{y + 16} {x + 36},{y + 10}", stroke=darker(tone, 0.5), width=3, alpha=0.35)
        for k in (0, 14):
            c.stroke(f"M{x + 300 - index * 24 + k},{y + 4}V{y + 104}", lighter(tone, 0.45), 5, 0.7)


def mug(c: Canvas, look: Look) -> None:
    tone, glaze = look.colour, look.accent
    c.stroke("M444,270C560,250 560,440 436,440", darker(tone, 0.25), 38)
    c.stroke("M444,266C550,250 552,430 438,434", c.gradient(440, 260, 540, 440, lighter(tone, 0.3), tone, darker(tone, 0.1)), 27)
    c.path(mirrored(320, 200, (170, 200), (172, 420), (178, 530, 220, 548), (320, 552)), c.round_fill(170, 470, tone, 0.35))
    if look.get("finish", "plain") == "dipped":
        c.path(mirrored(320, 420, (250, 400, 172, 420), (178, 530, 220, 548), (320, 552)), c.round_fill(170, 470, glaze, 0.3))
    elif look.get("finish") == "speckled":
        c.stroke("".join(f"M{186 + (k * 67) % 266},{236 + (k * 41) % 290}v.1" for k in range(60)), darker(glaze, 0.2), 5, 0.8)
    elif look.get("finish") == "rings":
        c.stroke("M174,300Q320,330 466,300M176,336Q320,366 464,336", glaze, 12)
    c.ellipse(320, 200, 150, 34, lighter(tone, 0.35))
    c.ellipse(320, 202, 136, 27, darker(tone, 0.4))
    c.ellipse(320, 212, 118, 18, "#5a3724")
    c.stroke("M196,250C194,330 196,420 206,480", "#ffffff", 11, 0.45)


def plates(c: Canvas, look: Look) -> None:
    tone, rim = look.colour, look.accent
    for index, (cx, cy, r) in enumerate(((250, 270, 178), (404, 400, 138), (200, 456, 92))):
        c.ellipse(cx + 6, cy + 12, r, r, "#4a3f38", 0.18)
        c.circle(cx, cy, r, c.gradient(cx - r, cy - r, cx + r, cy + r, lighter(tone, 0.3), tone, darker(tone, 0.2)))
        c.ring(cx, cy, r - 5, rim, 8)
        c.circle(cx, cy, r * 0.68, c.gradient(cx + r, cy + r, cx - r, cy - r, lighter(tone, 0.3), darker(tone, 0.1)))
        if look.get("finish", "rim") == "speckled":
            c.stroke("".join(f"M{cx + r * 0.9 * ((k * 37) % 100 / 100) ** 0.5 * cos(k * 2.4):.0f},{cy + r * 0.9 * ((k * 37) % 100 / 100) ** 0.5 * sin(k * 2.4):.0f}v.1" for k in range(40)), darker(rim, 0.1), 4, 0.8)
        if index == 2:
            c.circle(cx, cy, r * 0.7, c.gradient(cx - 40, cy - 40, cx + 50, cy + 60, darker(tone, 0.32), tone))
    c.ground = "lay"


def pan(c: Canvas, look: Look) -> None:
    metal, handle = look.material, look.accent
    c.ground = "lay"
    c.path("M396,396L566,556C578,568 562,590 544,578L372,424Z", c.gradient(400, 400, 560, 580, lighter(handle, 0.25), darker(handle, 0.2)))
    c.circle(546, 560, 7, "#2a2a2e")
    c.circle(270, 282, 208, c.metal_fill(90, 100, 450, 470, metal))
    c.circle(270, 282, 192, c.gradient(140, 150, 410, 420, darker(look.colour, 0.25), lighter(look.colour, 0.18)))
    c.circle(270, 286, 160, c.gradient(160, 170, 380, 400, lighter(look.colour, 0.16), darker(look.colour, 0.14)))
    for r in (120, 84, 48):
        c.ring(270, 286, r, lighter(look.colour, 0.3), 1.6, 0.4)
    if look.get("food", "no") == "egg":
        c.path("M210,240C250,200 330,214 350,260C380,300 350,360 300,356C240,370 180,330 190,290C180,270 196,256 210,240Z", "#fbf8f0")
        c.circle(276, 282, 42, c.gradient(246, 252, 310, 320, "#ffd65c", "#ef9f22"))
        c.ellipse(262, 266, 11, 8, "#ffffff", 0.7)
    c.stroke("M118,220A170,170 0 0 1 220,110", "#ffffff", 9, 0.3)


def pot(c: Canvas, look: Look) -> None:
    tone, knob = look.colour, look.accent
    for side in (-1, 1):
        c.stroke(f"M{320 + side * 186},330h{side * 46}q14,0 14,16t-14,16h{-side * 46}", darker(tone, 0.25), 17)
    c.path(mirrored(320, 290, (126, 290), (130, 480), (134, 548, 180, 552), (320, 556)), c.round_fill(126, 514, tone, 0.3))
    c.rect(116, 276, 408, 26, c.round_fill(116, 524, darker(tone, 0.08)), 12)
    c.path("M126,278C140,214 230,196 320,196C410,196 500,214 514,278Z", c.round_fill(126, 514, lighter(tone, 0.04), 0.36))
    c.rect(296, 172, 48, 28, c.round_fill(296, 344, knob), 6)
    c.ellipse(320, 170, 38, 15, c.gradient(282, 155, 358, 185, lighter(knob, 0.5), darker(knob, 0.2)))
    c.stroke("M160,320C158,400 162,470 172,510", "#ffffff", 12, 0.35)


def kettle(c: Canvas, look: Look) -> None:
    tone, trim = look.colour, look.accent
    if look.get("cut", "dome") == "gooseneck":
        c.stroke("M414,470C520,460 470,260 548,228", c.gradient(410, 230, 550, 470, lighter(tone, 0.25), darker(tone, 0.3)), 19)
        c.path("M176,250C80,240 84,440 176,430", stroke=trim, width=24)
        c.path(mirrored(320, 226, (246, 226), (214, 300, 186, 440, 186, 520), (190, 552, 220, 556), (320, 556)), c.round_fill(186, 454, tone, 0.35))
    else:
        c.path("M196,250C190,90 450,90 444,250", stroke=darker(trim, 0.1), width=26)
        c.path("M440,350L548,270L560,300L470,440Z", c.gradient(440, 270, 560, 440, lighter(tone, 0.2), darker(tone, 0.3)))
        c.path(mirrored(320, 230, (230, 230, 150, 280, 146, 440), (150, 540, 170, 552), (320, 556)), c.round_fill(146, 494, tone, 0.35))
    c.ellipse(320, 228, 76, 17, darker(tone, 0.3))
    c.path("M246,226C260,196 380,196 394,226Z", c.round_fill(246, 394, lighter(tone, 0.06)))
    c.circle(320, 192, 17, c.gradient(303, 175, 337, 209, lighter(trim, 0.4), darker(trim, 0.2)))
    c.rect(180, 540, 280, 20, darker(trim, 0.2), 8)


def knife(c: Canvas, look: Look) -> None:
    c.ground = "lay"
    wide = {"chef": 96, "santoku": 104, "paring": 58}[look.get("cut", "chef")]
    tip = {"chef": 84, "santoku": 110, "paring": 190}[look.get("cut", "chef")]
    y = 300
    if look.get("cut") == "santoku":
        d = f"M380,{y - 8}H{tip + 60}C{tip + 20},{y - 4} {tip},{y + wide * 0.6:g} {tip + 10},{y + wide}H380Z"
    else:
        d = f"M380,{y - 8}L{tip + 30},{y + 6}Q{tip},{y + 12} {tip},{y + 16}C{tip + 80},{y + wide} {tip + 140},{y + wide} 380,{y + wide}Z"
    c.path(d, c.gradient(0, y - 10, 0, y + wide, "#e9ebee", "#b4b8be", "#dfe2e6", "#8d9197"))
    c.stroke(f"M{tip + 60},{y + wide - 12}H376", "#ffffff", 3, 0.7)
    if look.get("blade", "plain") == "damask":
        for k in range(5):
            c.stroke(f"M{tip + 90},{y + 12 + k * 8}q24,-7 48,0t48,0t48,0t48,0t{max(0, 380 - tip - 284)},0", "#7c828a", 2, 0.6)
    c.metal(376, y - 12, 20, wide - 4, "#c6c9ce", 3)
    wood = look.material
    c.path(f"M394,{y - 10}H560C584,{y - 8} 590,{y + 26} 574,{y + 44}C556,{y + 30} 450,{y + 24} 394,{y + 36}Z", c.gradient(0, y - 10, 0, y + 44, lighter(wood, 0.25), wood, darker(wood, 0.3)))
    c.stroke(f"M402,{y + 4}C450,{y} 520,{y + 6} 572,{y + 10}", darker(wood, 0.45), 2, 0.5)
    for x in (424, 480, 536):
        c.circle(x, y + 11, 6, "#d9c28a")


def cutting_board(c: Canvas, look: Look) -> None:
    c.ground = "lay"
    wood = look.material
    if look.get("cut", "handle") == "round":
        c.circle(320, 340, 210, c.gradient(130, 150, 510, 540, lighter(wood, 0.26), wood, darker(wood, 0.16)))
        c.stroke("".join(f"M{320 - r},{340 + dy}Q320,{336 + dy + (dy % 7) - 3} {320 + r},{340 + dy}" for dy in range(-180, 200, 24) for r in [int((205**2 - dy**2) ** 0.5) - 6]), darker(wood, 0.4), 2.4, 0.35)
        c.ring(320, 340, 182, darker(wood, 0.35), 5, 0.6)
    else:
        c.path("M290,60H350C362,60 366,70 364,84L360,150C360,170 372,180 400,182H460A22,22 0 0 1 482,204V556A22,22 0 0 1 460,578H180A22,22 0 0 1 158,556V204A22,22 0 0 1 180,182H240C268,180 280,170 280,150L276,84C274,70 278,60 290,60Z", c.gradient(158, 60, 482, 578, lighter(wood, 0.26), wood, darker(wood, 0.18)))
        c.stroke("".join(f"M{x},{192 + (x * 7) % 11}C{x + 5},300 {x - 5},420 {x},{566 - (x * 5) % 9}" for x in range(176, 476, 19)), darker(wood, 0.42), 2.2, 0.34)
        c.circle(320, 96, 13, darker(wood, 0.6))
        if look.get("groove", "no") == "yes":
            c.path("M190,214H450V546H190Z", stroke=darker(wood, 0.35), width=7, alpha=0.5)
    if look.get("stripe", "no") == "yes":
        c.rect(236, 196, 22, 372, darker(wood, 0.4))
        c.rect(268, 196, 8, 372, darker(wood, 0.4))


def glasses(c: Canvas, look: Look) -> None:
    tint = look.colour
    for x, y in ((150, 224), (330, 208)):
        d = f"M{x},{y}L{x + 18},{y + 340}Q{x + 20},{y + 352} {x + 34},{y + 352}H{x + 126}Q{x + 140},{y + 352} {x + 142},{y + 340}L{x + 160},{y}Z"
        c.path(d, c.ramp(x, 0, x + 160, 0, [(0, darker(tint, 0.16)), (0.1, lighter(tint, 0.6)), (0.2, lighter(tint, 0.2)), (0.6, lighter(tint, 0.35)), (0.9, darker(tint, 0.08)), (1, darker(tint, 0.24))]))
        c.path(f"M{x + 8},{y + 130}L{x + 18},{y + 330}Q{x + 20},{y + 336} {x + 32},{y + 336}H{x + 128}Q{x + 140},{y + 336} {x + 142},{y + 330}L{x + 152},{y + 130}Z", mix(look.accent, "#ffffff", 0.25), 0.75)
        c.ellipse(x + 80, y + 130, 72, 11, lighter(look.accent, 0.5))
        if look.get("cut", "plain") == "ribbed":
            c.stroke("".join(f"M{x + 14 + k * 15},{y + 16}L{x + 28 + k * 12.4:g},{y + 340}" for k in range(10)), "#ffffff", 4, 0.45)
        c.ellipse(x + 80, y, 80, 15, "#ffffff", 0.6)
        c.ellipse(x + 80, y + 2, 73, 11, darker(tint, 0.12), 0.8)
        c.stroke(f"M{x + 22},{y + 30}L{x + 34},{y + 310}", "#ffffff", 8, 0.6)


def vase(c: Canvas, look: Look) -> None:
    tone, cut = look.colour, look.get("cut", "bottle")
    c.stroke("M320,260C310,180 270,120 240,70M320,260C330,170 350,110 400,54M320,260C320,180 322,120 316,40", "#8a8d5c" if look.get("stems", "pampas") == "olive" else "#b59b6b", 5)
    for x, y, lean in ((240, 70, -0.5), (400, 54, 0.55), (316, 40, -0.02)):
        if look.get("stems", "pampas") == "pampas":
            c.path(f"M{x + 4 - lean * 60},{y + 130}C{x - 44},{y + 60} {x - 20},{y - 10} {x + lean * 30},{y - 22}C{x + 36},{y + 6} {x + 40},{y + 70} {x + 4 - lean * 60},{y + 130}Z", c.gradient(x - 30, y, x + 30, y + 100, "#f1e2c4", "#cfb386"))
        else:
            for k in range(6):
                side = 1 if k % 2 else -1
                px, py = x + (320 - x) * k * 0.13, y + k * 28
                c.path(f"M{px},{py}q{side * 14},-26 {side * 46},-22q-8,26 {-side * 46},22Z", c.gradient(px, py - 24, px, py, "#a9bd8b", "#6f8a5a"))
    shapes = {
        "bottle": mirrored(320, 236, (286, 236), (290, 330, 196, 350, 196, 452), (196, 540, 240, 558), (320, 560)),
        "urn": mirrored(320, 236, (244, 232), (262, 280, 180, 310, 184, 400), (190, 500, 250, 520, 256, 556), (320, 560)),
        "ball": mirrored(320, 262, (282, 258), (280, 286, 180, 300, 180, 420), (180, 520, 250, 560, 320, 560)),
    }
    c.path(shapes[cut], c.round_fill(182, 458, tone, 0.36))
    if look.get("finish", "plain") == "ribbed":
        for k in range(-4, 5):
            c.stroke(f"M{320 + k * 7},250C{320 + k * 8},330 {320 + k * 31},360 {320 + k * 31},450S{320 + k * 22},540 {320 + k * 20},554", darker(tone, 0.4), 3.5, 0.5)
    elif look.get("finish") == "dipped":
        c.path(mirrored(320, 470, (260, 486, 197, 464), (204, 540, 244, 558), (320, 560)), c.round_fill(196, 444, look.accent, 0.3))
    c.stroke("M222,430C220,470 228,506 244,528", "#ffffff", 10, 0.4)


def plant(c: Canvas, look: Look) -> None:
    pot_tone, kind = look.colour, look.get("kind", "monstera")
    green = {"monstera": "#3f7d4e", "snake": "#4f8a5c", "rubber": "#2f5a44", "fern": "#62a05a"}[kind]
    if kind == "snake":
        for k, (x, top, lean) in enumerate(((250, 150, -40), (392, 130, 44), (290, 90, -14), (350, 110, 18), (322, 60, 0))):
            d = f"M{x - 20},420C{x - 30 + lean},{300} {x + lean - 12},{top + 60} {x + lean},{top}C{x + lean + 16},{top + 60} {x + 34 + lean},300 {x + 24},420Z"
            c.path(d, c.gradient(x - 30, 0, x + 40, 0, lighter(green, 0.25), darker(green, 0.2 + 0.05 * (k % 2))), stroke="#d9d489", width=5)
    elif kind == "fern":
        for k in range(-6, 7):
            end = (320 + k * 40, 150 + abs(k) ** 1.7 * 9)
            c.stroke(f"M320,420Q{320 + k * 18},{190 + abs(k) * 6} {end[0]},{end[1]:g}", green, 4)
            for t in range(2, 10):
                s = t / 10
                x = (1 - s) ** 2 * 320 + 2 * s * (1 - s) * (320 + k * 18) + s * s * end[0]
                y = (1 - s) ** 2 * 420 + 2 * s * (1 - s) * (190 + abs(k) * 6) + s * s * end[1]
                c.stroke(f"M{x:.0f},{y:.0f}l{20 - t:g},{-12 if k < 0 else 14}M{x:.0f},{y:.0f}l{-20 + t:g},{14 if k < 0 else -12}", lighter(green, 0.1 * (abs(k) % 3)), 7)
    else:
        for index, (x, y, turn) in enumerate(((200, 190, -50), (440, 180, 48), (320, 110, 0), (150, 310, -76), (490, 310, 74), (262, 270, -22), (392, 280, 26))):
            c.stroke(f"M320,430Q{320 + (x - 320) * 0.3:g},{y + 90} {x},{y}", darker(green, 0.1), 6)
            _leaf(c, x, y, turn, darker(green, 0.12) if index % 2 else lighter(green, 0.1), kind == "monstera")
    c.path(mirrored(320, 396, (206, 396), (222, 530), (226, 558, 250, 562), (320, 564)), c.round_fill(206, 434, pot_tone, 0.32))
    c.rect(194, 386, 252, 34, c.round_fill(194, 446, lighter(pot_tone, 0.06), 0.32), 8)
    c.ellipse(320, 388, 120, 10, "#4a3527")


def _leaf(c: Canvas, x: float, y: float, turn: float, tone: str, slit: bool) -> None:
    a = turn * pi / 180

    def at(px: float, py: float) -> str:
        return f"{x + px * cos(a) - py * sin(a):.0f},{y + px * sin(a) + py * cos(a):.0f}"

    c.path(f"M{at(0, 40)}C{at(-80, 30)} {at(-76, -60)} {at(0, -90)}C{at(76, -60)} {at(80, 30)} {at(0, 40)}Z", c.gradient(x - 60, y - 60, x + 60, y + 40, lighter(tone, 0.24), darker(tone, 0.12)))
    c.stroke(f"M{at(0, 40)}L{at(0, -82)}", lighter(tone, 0.35), 3, 0.8)
    if slit:
        for py in (-40, -12, 14):
            for side in (-1, 1):
                c.stroke(f"M{at(side * 62, py - 16)}L{at(side * 26, py)}", "#e4ecdf", 7)
    else:
        c.stroke("".join(f"M{at(0, py)}L{at(side * 40, py - 24)}" for py in (20, -10, -40) for side in (-1, 1)), lighter(tone, 0.3), 2, 0.5)


def candle(c: Canvas, look: Look) -> None:
    tone = look.colour
    c.path("M320,96C346,136 348,168 320,184C292,168 294,136 320,96Z", c.gradient(0, 96, 0, 184, "#fff3c4", "#ffb341", "#f08a2c"))
    c.stroke("M320,178V246", "#3a2f2a", 5)
    if look.get("vessel", "glass") == "tin":
        c.rect(150, 300, 340, 256, c.metal_fill(150, 0, 490, 0, look.accent), 12)
        c.ellipse(320, 302, 170, 42, lighter(look.accent, 0.4))
    else:
        c.path(mirrored(320, 250, (178, 250), (182, 520), (186, 558, 224, 560), (320, 560)), c.round_fill(178, 462, tone, 0.4))
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
        d = "M300,92C420,70 520,170 500,300C490,400 540,470 440,530C340,580 200,560 160,450C130,360 180,320 170,240C170,150 230,100 300,92Z"
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
            c.stroke(f"M{320 + 150 * s:.1f},{320 - 150 * t:.1f}L{320 + (172 if k % 3 else 176) * s:.1f},{320 - (172 if k % 3 else 176) * t:.1f}", ink, 6 if k % 3 else 11)
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
        c.stroke(f"M{320 + side * 168},292C{320 + side * 236},270 {320 + side * 240},360 {320 + side * 172},370", darker(fibre, 0.25), 17)
    c.path(mirrored(320, 240, (136, 240), (150, 480), (156, 552, 200, 558), (320, 562)), c.round_fill(136, 504, fibre, 0.22))
    c.ellipse(320, 240, 184, 40, darker(fibre, 0.55))
    for row in range(9):
        y = 270 + row * 33
        reach = 180 - row * 3
        c.stroke("".join(f"M{320 - reach + k * 24},{y + 14 - abs(k - 7.5) * 1.1:g}q12,{-13 if (k + row) % 2 else 13} 24,0" for k in range(int(reach / 12))), darker(fibre, 0.42), 5, 0.6)
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


def bench(c: Canvas, look: Look) -> None:
    wood = look.material
    for x, lean in ((110, -12), (530, 12), (168, 0), (472, 0)):
        leg(c, x, 400, 560 if lean else 534, darker(wood, 0.05 if lean else 0.32), lean, 12)
    c.stroke("M130,500H510", darker(wood, 0.25), 13)
    if look.get("seat", "wood") == "padded":
        c.rect(70, 330, 500, 72, c.gradient(70, 330, 300, 402, lighter(look.colour, 0.25), look.colour, darker(look.colour, 0.25)), 24)
        for x in (195, 320, 445):
            c.fold(f"M{x},336V396", look.colour, 7, 0.3)
        board(c, 84, 398, 472, 18, wood)
    else:
        c.polygon([(104, 342), (536, 342), (584, 388), (56, 388)], c.gradient(104, 342, 540, 388, lighter(wood, 0.34), wood))
        board(c, 56, 386, 528, 26, darker(wood, 0.1))


DRAWINGS = {
    "table_lamp": table_lamp,
    "floor_lamp": floor_lamp,
    "pendant": pendant,
    "rug": rug,
    "cushion": cushion,
    "throw": throw,
    "towels": towels,
    "mug": mug,
    "plates": plates,
    "pan": pan,
    "pot": pot,
    "kettle": kettle,
    "knife": knife,
    "cutting_board": cutting_board,
    "glasses": glasses,
    "vase": vase,
    "plant": plant,
    "candle": candle,
    "mirror": mirror,
    "clock": clock,
    "basket": basket,
    "frame": frame,
    "bench": bench,
}
