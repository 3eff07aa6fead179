"""Rugs, cushions, throws and towels."""

from entrepot.simulation.drawings.canvas import Canvas, darker, lighter
from entrepot.simulation.drawings.picture import Look


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
    c.texture = {"Linen": "linen", "Velvet": "plush", "Bouclé": "boucle", "Cotton knit": "knit", "Cotton": "weave"}.get(
        look.cloth, "weave"
    )
    tone, ink = look.colour, look.accent
    d = (
        "M136,148C240,168 400,168 504,148C528,146 538,160 532,184C516,280 516,400 534,500C538,528 526,538 504,534"
        "C400,516 240,516 136,534C112,538 102,526 106,500C124,400 124,280 108,184C102,160 112,144 136,148Z"
    )
    c.path(d, c.gradient(130, 150, 520, 540, lighter(tone, 0.26), tone, darker(tone, 0.24)))
    if look.get("pattern", "plain") == "stripes":
        c.stroke(
            "M200,160C190,280 190,400 200,524M260,164C256,280 256,400 260,520M380,164C384,280 384,400 380,520"
            "M440,160C450,280 450,400 440,524",
            ink,
            17,
            butt=True,
        )
    elif look.get("pattern") == "sprig":
        for x, y in ((220, 250), (330, 220), (430, 270), (240, 400), (350, 350), (430, 430), (300, 470)):
            c.stroke(
                f"M{x},{y + 26}Q{x + 4},{y} {x},{y - 28}M{x},{y + 10}q16,-4 20,-18M{x},{y + 4}q-16,-4 -20,-18"
                f"M{x + 1},{y - 8}q12,-4 15,-14M{x + 1},{y - 10}q-12,-4 -15,-14",
                ink,
                5,
            )
    elif look.get("pattern") == "tassel":
        for x, y, m in ((112, 152, -1), (528, 152, 1), (112, 530, -1), (528, 530, 1)):
            c.stroke("".join(f"M{x},{y}l{m * (18 + k * 5)},{34 - abs(k - 2) * 3}" for k in range(5)), ink, 5)
            c.circle(x + m * 4, y + 4, 10, ink)
    for d in (
        "M150,176C190,210 210,230 220,250",
        "M490,176C450,210 430,230 420,250",
        "M150,506C190,476 210,456 220,440",
        "M490,506C450,476 430,456 420,440",
    ):
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
    c.path(
        "M150,262C260,232 400,232 490,262L514,420C500,430 460,420 440,424C420,430 220,430 200,424"
        "C170,418 140,430 126,420Z",
        c.gradient(130, 240, 500, 430, lighter(tone, 0.3), tone, darker(tone, 0.16)),
    )
    c.stroke(
        "".join(f"M{x},{420 + (x * 7) % 5}v{40 + (x * 3) % 9}" for x in range(136, 510, 13)), lighter(tone, 0.14), 7
    )
    if look.get("pattern", "plain") == "stripes":
        c.stroke("M138,372Q320,386 504,372M134,392Q320,406 508,392", ink, 9)


def towels(c: Canvas, look: Look) -> None:
    c.texture = "plush"
    for index, tone in enumerate((look.colour, look.accent, lighter(look.colour, 0.25))[: look.number("count", 3)]):
        y = 448 - index * 108
        x = 110 + index * 12
        c.rect(
            x, y, 420 - index * 24, 108, c.gradient(0, y, 0, y + 108, lighter(tone, 0.25), tone, darker(tone, 0.22)), 40
        )
        c.stroke(f"M{x + 22},{y + 54}H{x + 398 - index * 24}", darker(tone, 0.6), 4, 0.4)
        c.path(
            f"M{x + 20},{y + 54}C{x - 2},{y + 40} {x + 8},{y + 16} {x + 36},{y + 10}",
            stroke=darker(tone, 0.5),
            width=3,
            alpha=0.35,
        )
        for k in (0, 14):
            c.stroke(f"M{x + 300 - index * 24 + k},{y + 4}V{y + 104}", lighter(tone, 0.45), 5, 0.7)


DRAWINGS = {
    "rug": rug,
    "cushion": cushion,
    "throw": throw,
    "towels": towels,
}
