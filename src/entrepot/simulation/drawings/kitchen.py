"""What one cooks with and eats from."""

from math import cos, sin, sqrt

from entrepot.simulation.drawings.canvas import Canvas, darker, lighter, mirrored, mix
from entrepot.simulation.drawings.picture import Look


def mug(c: Canvas, look: Look) -> None:
    tone, glaze = look.colour, look.accent
    c.stroke("M444,270C560,250 560,440 436,440", darker(tone, 0.25), 38)
    c.stroke(
        "M444,266C550,250 552,430 438,434",
        c.gradient(440, 260, 540, 440, lighter(tone, 0.3), tone, darker(tone, 0.1)),
        27,
    )
    c.path(
        mirrored(320, 200, (170, 200), (172, 420), (178, 530, 220, 548), (320, 552)), c.round_fill(170, 470, tone, 0.35)
    )
    if look.get("finish", "plain") == "dipped":
        c.path(
            mirrored(320, 420, (250, 400, 172, 420), (178, 530, 220, 548), (320, 552)),
            c.round_fill(170, 470, glaze, 0.3),
        )
    elif look.get("finish") == "speckled":
        c.stroke(
            "".join(f"M{186 + (k * 67) % 266},{236 + (k * 41) % 290}v.1" for k in range(60)), darker(glaze, 0.2), 5, 0.8
        )
    elif look.get("finish") == "rings":
        c.stroke("M174,300Q320,330 466,300M176,336Q320,366 464,336", glaze, 12)
    c.ellipse(320, 200, 150, 34, lighter(tone, 0.35))
    c.ellipse(320, 202, 136, 27, darker(tone, 0.4))
    c.ellipse(320, 212, 118, 18, "#5a3724")
    c.stroke("M196,250C194,330 196,420 206,480", "#ffffff", 11, 0.45)


def _spread(k: int) -> float:
    """How far from the middle the speckle with a number lies, so that they cover a disc evenly."""
    return 0.9 * sqrt((k * 37) % 100 / 100)


def plates(c: Canvas, look: Look) -> None:
    tone, rim = look.colour, look.accent
    for index, (cx, cy, r) in enumerate(((250, 270, 178), (404, 400, 138), (200, 456, 92))):
        c.ellipse(cx + 6, cy + 12, r, r, "#4a3f38", 0.18)
        c.circle(cx, cy, r, c.gradient(cx - r, cy - r, cx + r, cy + r, lighter(tone, 0.3), tone, darker(tone, 0.2)))
        c.ring(cx, cy, r - 5, rim, 8)
        c.circle(cx, cy, r * 0.68, c.gradient(cx + r, cy + r, cx - r, cy - r, lighter(tone, 0.3), darker(tone, 0.1)))
        if look.get("finish", "rim") == "speckled":
            c.stroke(
                "".join(
                    f"M{cx + r * _spread(k) * cos(k * 2.4):.0f},{cy + r * _spread(k) * sin(k * 2.4):.0f}v.1"
                    for k in range(40)
                ),
                darker(rim, 0.1),
                4,
                0.8,
            )
        if index == 2:
            c.circle(cx, cy, r * 0.7, c.gradient(cx - 40, cy - 40, cx + 50, cy + 60, darker(tone, 0.32), tone))
    c.ground = "lay"


def pan(c: Canvas, look: Look) -> None:
    metal, handle = look.material, look.accent
    c.ground = "lay"
    c.path(
        "M396,396L566,556C578,568 562,590 544,578L372,424Z",
        c.gradient(400, 400, 560, 580, lighter(handle, 0.25), darker(handle, 0.2)),
    )
    c.circle(546, 560, 7, "#2a2a2e")
    c.circle(270, 282, 208, c.metal_fill(90, 100, 450, 470, metal))
    c.circle(270, 282, 192, c.gradient(140, 150, 410, 420, darker(look.colour, 0.25), lighter(look.colour, 0.18)))
    c.circle(270, 286, 160, c.gradient(160, 170, 380, 400, lighter(look.colour, 0.16), darker(look.colour, 0.14)))
    for r in (120, 84, 48):
        c.ring(270, 286, r, lighter(look.colour, 0.3), 1.6, 0.4)
    if look.get("food", "no") == "egg":
        c.path(
            "M210,240C250,200 330,214 350,260C380,300 350,360 300,356C240,370 180,330 190,290C180,270 196,256 210,240Z",
            "#fbf8f0",
        )
        c.circle(276, 282, 42, c.gradient(246, 252, 310, 320, "#ffd65c", "#ef9f22"))
        c.ellipse(262, 266, 11, 8, "#ffffff", 0.7)
    c.stroke("M118,220A170,170 0 0 1 220,110", "#ffffff", 9, 0.3)


def pot(c: Canvas, look: Look) -> None:
    tone, knob = look.colour, look.accent
    for side in (-1, 1):
        c.stroke(f"M{320 + side * 186},330h{side * 46}q14,0 14,16t-14,16h{-side * 46}", darker(tone, 0.25), 17)
    c.path(
        mirrored(320, 290, (126, 290), (130, 480), (134, 548, 180, 552), (320, 556)), c.round_fill(126, 514, tone, 0.3)
    )
    c.rect(116, 276, 408, 26, c.round_fill(116, 524, darker(tone, 0.08)), 12)
    c.path(
        "M126,278C140,214 230,196 320,196C410,196 500,214 514,278Z", c.round_fill(126, 514, lighter(tone, 0.04), 0.36)
    )
    c.rect(296, 172, 48, 28, c.round_fill(296, 344, knob), 6)
    c.ellipse(320, 170, 38, 15, c.gradient(282, 155, 358, 185, lighter(knob, 0.5), darker(knob, 0.2)))
    c.stroke("M160,320C158,400 162,470 172,510", "#ffffff", 12, 0.35)


def kettle(c: Canvas, look: Look) -> None:
    tone, trim = look.colour, look.accent
    if look.get("cut", "dome") == "gooseneck":
        c.stroke(
            "M414,470C520,460 470,260 548,228",
            c.gradient(410, 230, 550, 470, lighter(tone, 0.25), darker(tone, 0.3)),
            19,
        )
        c.path("M176,250C80,240 84,440 176,430", stroke=trim, width=24)
        c.path(
            mirrored(320, 226, (246, 226), (214, 300, 186, 440, 186, 520), (190, 552, 220, 556), (320, 556)),
            c.round_fill(186, 454, tone, 0.35),
        )
    else:
        c.path("M196,250C190,90 450,90 444,250", stroke=darker(trim, 0.1), width=26)
        c.path(
            "M440,350L548,270L560,300L470,440Z", c.gradient(440, 270, 560, 440, lighter(tone, 0.2), darker(tone, 0.3))
        )
        c.path(
            mirrored(320, 230, (230, 230, 150, 280, 146, 440), (150, 540, 170, 552), (320, 556)),
            c.round_fill(146, 494, tone, 0.35),
        )
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
        d = (
            f"M380,{y - 8}L{tip + 30},{y + 6}Q{tip},{y + 12} {tip},{y + 16}"
            f"C{tip + 80},{y + wide} {tip + 140},{y + wide} 380,{y + wide}Z"
        )
    c.path(d, c.gradient(0, y - 10, 0, y + wide, "#e9ebee", "#b4b8be", "#dfe2e6", "#8d9197"))
    c.stroke(f"M{tip + 170},{y + wide - 10}H372", "#ffffff", 3, 0.7)
    if look.get("blade", "plain") == "damask":
        for k in range(5):
            c.stroke(
                f"M{tip + 90},{y + 12 + k * 8}q24,-7 48,0t48,0t48,0t48,0t{max(0, 380 - tip - 284)},0", "#7c828a", 2, 0.6
            )
    c.metal(376, y - 12, 20, wide - 4, "#c6c9ce", 3)
    wood = look.material
    c.path(
        f"M394,{y - 10}H560C584,{y - 8} 590,{y + 26} 574,{y + 44}C556,{y + 30} 450,{y + 24} 394,{y + 36}Z",
        c.gradient(0, y - 10, 0, y + 44, lighter(wood, 0.25), wood, darker(wood, 0.3)),
    )
    c.stroke(f"M402,{y + 4}C450,{y} 520,{y + 6} 572,{y + 10}", darker(wood, 0.45), 2, 0.5)
    for x in (424, 480, 536):
        c.circle(x, y + 11, 6, "#d9c28a")


def cutting_board(c: Canvas, look: Look) -> None:
    c.ground = "lay"
    wood = look.material
    if look.get("cut", "handle") == "round":
        c.circle(320, 340, 210, c.gradient(130, 150, 510, 540, lighter(wood, 0.26), wood, darker(wood, 0.16)))
        c.stroke(
            "".join(
                f"M{320 - r},{340 + dy}Q320,{336 + dy + (dy % 7) - 3} {320 + r},{340 + dy}"
                for dy in range(-180, 200, 24)
                for r in [int((205**2 - dy**2) ** 0.5) - 6]
            ),
            darker(wood, 0.4),
            2.4,
            0.35,
        )
        c.ring(320, 340, 182, darker(wood, 0.35), 5, 0.6)
    else:
        c.path(
            "M290,60H350C362,60 366,70 364,84L360,150C360,170 372,180 400,182H460A22,22 0 0 1 482,204"
            "V556A22,22 0 0 1 460,578H180A22,22 0 0 1 158,556V204A22,22 0 0 1 180,182H240C268,180 280,170 280,150"
            "L276,84C274,70 278,60 290,60Z",
            c.gradient(158, 60, 482, 578, lighter(wood, 0.26), wood, darker(wood, 0.18)),
        )
        c.stroke(
            "".join(
                f"M{x},{192 + (x * 7) % 11}C{x + 5},300 {x - 5},420 {x},{566 - (x * 5) % 9}"
                for x in range(176, 476, 19)
            ),
            darker(wood, 0.42),
            2.2,
            0.34,
        )
        c.circle(320, 96, 13, darker(wood, 0.6))
        if look.get("groove", "no") == "yes":
            c.path("M190,214H450V546H190Z", stroke=darker(wood, 0.35), width=7, alpha=0.5)
    if look.get("stripe", "no") == "yes":
        c.rect(236, 196, 22, 372, darker(wood, 0.4))
        c.rect(268, 196, 8, 372, darker(wood, 0.4))


def glasses(c: Canvas, look: Look) -> None:
    tint = look.colour
    for x, y in ((150, 224), (330, 208)):
        d = (
            f"M{x},{y}L{x + 18},{y + 340}Q{x + 20},{y + 352} {x + 34},{y + 352}H{x + 126}"
            f"Q{x + 140},{y + 352} {x + 142},{y + 340}"
            f"L{x + 160},{y}Z"
        )
        c.path(
            d,
            c.ramp(
                x,
                0,
                x + 160,
                0,
                [
                    (0, darker(tint, 0.16)),
                    (0.1, lighter(tint, 0.6)),
                    (0.2, lighter(tint, 0.2)),
                    (0.6, lighter(tint, 0.35)),
                    (0.9, darker(tint, 0.08)),
                    (1, darker(tint, 0.24)),
                ],
            ),
        )
        c.path(
            f"M{x + 8},{y + 130}L{x + 18},{y + 330}Q{x + 20},{y + 336} {x + 32},{y + 336}H{x + 128}"
            f"Q{x + 140},{y + 336} {x + 142},{y + 330}L{x + 152},{y + 130}Z",
            mix(look.accent, "#ffffff", 0.25),
            0.75,
        )
        c.ellipse(x + 80, y + 130, 72, 11, lighter(look.accent, 0.5))
        if look.get("cut", "plain") == "ribbed":
            c.stroke(
                "".join(f"M{x + 14 + k * 15},{y + 16}L{x + 28 + k * 12.4:g},{y + 340}" for k in range(10)),
                "#ffffff",
                4,
                0.45,
            )
        c.ellipse(x + 80, y, 80, 15, "#ffffff", 0.6)
        c.ellipse(x + 80, y + 2, 73, 11, darker(tint, 0.12), 0.8)
        c.stroke(f"M{x + 22},{y + 30}L{x + 34},{y + 310}", "#ffffff", 8, 0.6)


DRAWINGS = {
    "mug": mug,
    "plates": plates,
    "pan": pan,
    "pot": pot,
    "kettle": kettle,
    "knife": knife,
    "cutting_board": cutting_board,
    "glasses": glasses,
}
