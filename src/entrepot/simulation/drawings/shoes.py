"""Shoes, side by side."""

from entrepot.simulation.drawings.canvas import Canvas, brightness, darker, lighter, mix
from entrepot.simulation.drawings.picture import Look
from entrepot.simulation.drawings.tops import cloth


def _pair(c: Canvas, look: Look) -> list[tuple[float, float, str]]:
    """Where the two shoes of a pair stand: the far one a little higher and in shade."""
    return [(44, -58, darker(look.colour, 0.22)), (-14, 0, look.colour)]


def sneakers(c: Canvas, look: Look) -> None:
    sole = "#f4f1ea" if brightness(look.colour) < 0.85 else "#e3d9c6"
    high = 92 if look.get("height", "low") == "high" else -34
    for dx, dy, tone in _pair(c, look):
        x, y = dx, dy + 40
        upper = (
            f"M{x + 112},{y + 414}C{x + 104},{y + 350} {x + 116},{y + 300 - high} {x + 130},{y + 246 - high}"
            f"C{x + 150},{y + 258 - high} {x + 210},{y + 262 - high} {x + 246},{y + 242 - high}"
            f"C{x + 270},{y + 282} {x + 330},{y + 340} {x + 420},{y + 352}"
            f"C{x + 500},{y + 360} {x + 524},{y + 388} {x + 524},{y + 420}Z"
        )
        c.path(upper, c.gradient(x + 120, y + 230, x + 480, y + 430, lighter(tone, 0.25), tone, darker(tone, 0.18)))
        c.path(
            f"M{x + 524},{y + 420}C{x + 524},{y + 388} {x + 500},{y + 362} {x + 440},{y + 354}"
            f"C{x + 418},{y + 372} {x + 414},{y + 398} {x + 420},{y + 420}Z",
            darker(tone, 0.1) if look.get("toe") != "cap" else sole,
        )
        c.path(
            f"M{x + 112},{y + 414}C{x + 106},{y + 370} {x + 110},{y + 330} {x + 120},{y + 290}"
            f"C{x + 170},{y + 320} {x + 186},{y + 380} {x + 190},{y + 416}Z",
            mix(look.accent, tone, 0.15),
        )
        c.path(
            f"M{x + 232},{y + 414}C{x + 250},{y + 370} {x + 290},{y + 342} {x + 330},{y + 334}L{x + 352},{y + 344}"
            f"C{x + 310},{y + 356} {x + 282},{y + 384} {x + 274},{y + 416}Z",
            look.accent,
        )
        c.path(
            f"M{x + 128},{y + 250 - high}"
            f"C{x + 150},{y + 262 - high} {x + 210},{y + 266 - high} {x + 248},{y + 246 - high}"
            f"L{x + 238},{y + 226 - high}"
            f"C{x + 210},{y + 244 - high} {x + 160},{y + 246 - high} {x + 134},{y + 232 - high}Z",
            darker(tone, 0.45),
        )
        laces = "".join(
            f"M{x + 262 + k * 27},{y + 282 + k * 17 - (high * (3 - k) / 5 if k < 3 else 0):g}l-24,26" for k in range(5)
        )
        c.stroke(laces, darker(tone, 0.5), 10)
        c.stroke(laces, "#fbf8f2", 7)
        c.path(
            f"M{x + 100},{y + 412}C{x + 200},{y + 424} {x + 400},{y + 424} {x + 530},{y + 414}"
            f"C{x + 546},{y + 430} {x + 544},{y + 466} {x + 520},{y + 472}"
            f"H{x + 122}C{x + 100},{y + 468} {x + 94},{y + 430} {x + 100},{y + 412}Z",
            c.gradient(0, y + 410, 0, y + 472, lighter(sole, 0.4), sole, darker(sole, 0.22)),
        )
        c.stroke(f"M{x + 104},{y + 452}H{x + 536}", look.accent, 4, 0.8)


def boots(c: Canvas, look: Look) -> None:
    cloth(c, look)
    c.ground = "stand"
    chelsea = look.get("cut", "chelsea") == "chelsea"
    for dx, dy, tone in _pair(c, look):
        x, y = dx, dy + 44
        c.path(
            f"M{x + 132},{y + 440}C{x + 122},{y + 330} {x + 140},{y + 220} {x + 136},{y + 120}H{x + 300}"
            f"C{x + 296},{y + 220} {x + 310},{y + 300} {x + 380},{y + 330}"
            f"C{x + 450},{y + 344} {x + 512},{y + 372} {x + 512},{y + 440}Z",
            c.gradient(x + 130, y + 120, x + 450, y + 440, lighter(tone, 0.26), tone, darker(tone, 0.28)),
        )
        if chelsea:
            c.path(
                f"M{x + 192},{y + 124}H{x + 262}L{x + 252},{y + 320}Q{x + 226},{y + 338} {x + 204},{y + 320}Z",
                darker(tone, 0.5),
            )
            c.stroke(
                "".join(f"M{x + 200 + k * 9},{y + 128}L{x + 208 + k * 6},{y + 320}" for k in range(7)),
                lighter(tone, 0.1),
                2,
                0.35,
            )
            c.stroke(f"M{x + 150},{y + 124}C{x + 140},{y + 70} {x + 186},{y + 80} {x + 176},{y + 124}", look.accent, 11)
        else:
            c.path(
                f"M{x + 262},{y + 122}L{x + 300},{y + 122}C{x + 298},{y + 220} {x + 312},{y + 292} {x + 384},{y + 330}"
                f"L{x + 340},{y + 350}C{x + 280},{y + 300} {x + 262},{y + 220} {x + 262},{y + 122}Z",
                darker(tone, 0.35),
            )
            rungs = "".join(f"M{x + 254 + k * k * 2.2:g},{y + 146 + k * 31}l50,{-6 - k * 2}" for k in range(6))
            c.stroke(rungs, look.accent, 7)
            c.path(f"M{x + 128},{y + 112}H{x + 306}V{y + 140}H{x + 134}Z", darker(tone, 0.2))
        c.fold(f"M{x + 310},{y + 330}C{x + 330},{y + 346} {x + 340},{y + 380} {x + 330},{y + 436}", tone, 7, 0.3)
        c.stroke(
            f"M{x + 400},{y + 352}C{x + 440},{y + 358} {x + 470},{y + 376} {x + 480},{y + 396}", "#ffffff", 8, 0.28
        )
        sole = "#2b2624" if look.get("sole", "dark") == "dark" else "#c79e6b"
        c.path(
            f"M{x + 126},{y + 436}H{x + 516}C{x + 524},{y + 452} {x + 520},{y + 466} {x + 506},{y + 468}"
            f"H{x + 280}L{x + 270},{y + 486}H{x + 132}Z",
            c.gradient(0, y + 436, 0, y + 486, lighter(sole, 0.16), darker(sole, 0.2)),
        )
        c.seam(f"M{x + 136},{y + 431}H{x + 508}", look.accent)


def loafers(c: Canvas, look: Look) -> None:
    cloth(c, look)
    c.ground = "stand"
    for dx, dy, tone in _pair(c, look):
        x, y = dx, dy + 30
        c.path(
            f"M{x + 104},{y + 430}C{x + 92},{y + 370} {x + 104},{y + 330} {x + 120},{y + 306}"
            f"C{x + 180},{y + 330} {x + 240},{y + 344} {x + 300},{y + 322}"
            f"C{x + 360},{y + 320} {x + 440},{y + 350} {x + 500},{y + 372}"
            f"C{x + 530},{y + 384} {x + 536},{y + 410} {x + 532},{y + 434}Z",
            c.gradient(x + 100, y + 300, x + 480, y + 440, lighter(tone, 0.3), tone, darker(tone, 0.3)),
        )
        c.path(
            f"M{x + 120},{y + 306}C{x + 180},{y + 330} {x + 240},{y + 344} {x + 300},{y + 322}"
            f"C{x + 250},{y + 300} {x + 170},{y + 296} {x + 120},{y + 306}Z",
            darker(tone, 0.55),
        )
        c.path(
            f"M{x + 286},{y + 326}C{x + 320},{y + 312} {x + 400},{y + 334} {x + 470},{y + 364}"
            f"C{x + 440},{y + 386} {x + 360},{y + 384} {x + 320},{y + 372}Z",
            lighter(tone, 0.08),
            stroke=darker(tone, 0.4),
            width=3,
        )
        if look.get("front", "penny") == "penny":
            c.path(
                f"M{x + 306},{y + 318}L{x + 350},{y + 320}L{x + 330},{y + 420}H{x + 276}Z",
                darker(tone, 0.12),
                stroke=darker(tone, 0.45),
                width=2,
            )
            c.rect(x + 312, y + 346, 24, 8, darker(tone, 0.6), 3)
        elif look.get("front") == "horsebit":
            c.stroke(f"M{x + 322},{y + 324}L{x + 300},{y + 376}", look.accent, 9)
            c.ring(x + 324, y + 326, 9, look.accent, 5)
            c.ring(x + 298, y + 378, 9, look.accent, 5)
        else:
            c.stroke(
                f"M{x + 340},{y + 334}l-30,44M{x + 340},{y + 334}l-8,50M{x + 340},{y + 334}l10,48",
                darker(tone, 0.25),
                10,
            )
        c.path(
            f"M{x + 98},{y + 428}H{x + 536}V{y + 446}H{x + 230}L{x + 222},{y + 470}H{x + 104}Z",
            c.gradient(0, y + 428, 0, y + 470, "#4a3226", "#2a1d17"),
        )
        c.stroke(
            f"M{x + 420},{y + 366}C{x + 450},{y + 372} {x + 480},{y + 382} {x + 500},{y + 396}", "#ffffff", 7, 0.35
        )


def sandals(c: Canvas, look: Look) -> None:
    c.ground = "lay"
    for index, x in enumerate((196, 444)):
        m = 1 if index else -1
        sole = "#c9a06c" if look.get("sole", "cork") == "cork" else "#3a3533"
        c.path(
            f"M{x - m * 22},76C{x - m * 92},84 {x - m * 104},210 {x - m * 74},310"
            f"C{x - m * 66},400 {x - m * 84},540 {x},556"
            f"C{x + m * 76},548 {x + m * 68},420 {x + m * 84},300C{x + m * 104},190 {x + m * 66},70 {x - m * 22},76Z",
            darker(sole, 0.3),
        )
        c.path(
            f"M{x - m * 20},88C{x - m * 80},96 {x - m * 92},210 {x - m * 62},310"
            f"C{x - m * 54},400 {x - m * 72},530 {x},544"
            f"C{x + m * 64},536 {x + m * 56},420 {x + m * 72},300C{x + m * 92},190 {x + m * 56},82 {x - m * 20},88Z",
            c.gradient(x - 80, 90, x + 80, 540, lighter(sole, 0.28), sole, darker(sole, 0.12)),
        )
        straps = ((170, 56), (268, 50)) if look.get("straps", "two") == "two" else ((186, 52),)
        for y, wide in straps:
            c.stroke(
                f"M{x - 90},{y + 22}Q{x},{y - 30} {x + 90},{y + 22}", darker(look.colour, 0.4), wide + 6, butt=True
            )
            c.stroke(
                f"M{x - 90},{y + 18}Q{x},{y - 34} {x + 90},{y + 18}",
                c.gradient(
                    x - 90, y - 30, x + 90, y + 40, lighter(look.colour, 0.25), look.colour, darker(look.colour, 0.25)
                ),
                wide,
                butt=True,
            )
            c.rect(x + m * 50 - 15, y - 14, 30, 36, look.accent, 5)
            c.rect(x + m * 50 - 8, y - 7, 16, 22, darker(look.colour, 0.2), 3)
        if look.get("straps") == "cross":
            c.stroke(
                f"M{x - 86},330Q{x - 20},270 {x + 78},250M{x + 82},330Q{x + 20},270 {x - 74},250",
                c.gradient(x - 90, 0, x + 90, 0, lighter(look.colour, 0.2), darker(look.colour, 0.25)),
                30,
                butt=True,
            )


DRAWINGS = {
    "sneakers": sneakers,
    "boots": boots,
    "loafers": loafers,
    "sandals": sandals,
}
