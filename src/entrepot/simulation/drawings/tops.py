"""Shirts, sweaters and hoodies, laid flat. One torso is shared; collars, closings and cloth make the garment."""

from entrepot.simulation.drawings.canvas import Canvas, Segment, brightness, darker, lighter, mirrored
from entrepot.simulation.drawings.letters import write
from entrepot.simulation.drawings.picture import Look

_TEXTURES = {
    "Merino wool": "knit",
    "Lambswool": "knit",
    "Cashmere": "knit",
    "Cotton knit": "knit",
    "Chunky wool": "knit",
    "Linen": "linen",
    "Linen blend": "linen",
    "Denim": "twill",
    "Cotton twill": "twill",
    "Wool": "boucle",
    "Wool blend": "boucle",
    "Corduroy": "twill",
    "Leather": "leather",
    "Suede": "plush",
    "Fleece": "plush",
    "French terry": "plush",
    "Cotton": "weave",
    "Organic cotton": "weave",
    "Brushed flannel": "plush",
    "Oxford cotton": "weave",
    "Canvas": "weave",
    "Waxed canvas": "linen",
}


def cloth(c: Canvas, look: Look) -> None:
    """Lay the thing flat and let its material be felt."""
    c.ground = "lay"
    c.texture = _TEXTURES.get(look.cloth, "")


def torso(c: Canvas, tone: str, sleeve: str, hem: float = 552, waist: float = 194, neck: float = 152) -> str:
    """Body and sleeves in one; `sleeve` is short, long or none; `waist` is the x of the left hem. Gives the outline."""
    arms: dict[str, tuple[Segment, ...]] = {
        "short": ((240, 108, 196, 128, 172, 148), (128, 196, 84, 258), (152, 302), (176, 270, 200, 240)),
        "long": ((240, 108, 196, 128, 172, 148), (130, 200, 78, 474), (138, 490), (176, 320, 200, 262)),
        "none": ((246, 114, 232, 116, 226, 122), (232, 210, 196, 246)),
    }
    outline = mirrored(320, neck, (276, neck, 262, 112), *arms[sleeve], (198, 400, waist, hem), (320, hem + 8))
    c.path(
        outline,
        c.ramp(
            90,
            0,
            550,
            0,
            [
                (0, darker(tone, 0.18)),
                (0.24, tone),
                (0.38, lighter(tone, 0.16)),
                (0.55, tone),
                (0.8, darker(tone, 0.1)),
                (1, darker(tone, 0.3)),
            ],
        ),
    )
    for side in (-1, 1):
        x = [320 + side * offset for offset in (122, 124, 112, 96)]
        if sleeve != "none":
            c.fold(
                f"M{320 + side * 148},150C{320 + side * 128},190 {320 + side * 122},220 {320 + side * 121},262", tone, 6
            )
        c.fold(f"M{x[0]},300C{x[1] - side * 30},350 {x[2] - side * 14},430 {x[3]},{hem - 20}", tone, 11, 0.16)
    c.fold(f"M352,300C340,380 362,440 350,{hem - 30}", tone, 12, 0.1)
    return outline


def back_of_neck(c: Canvas, tone: str, depth: float = 152) -> None:
    c.path(f"M262,112Q320,128 378,112Q364,{depth} 320,{depth}Q276,{depth} 262,112Z", darker(tone, 0.45))
    c.rect(307, 124, 26, 14, "#f4f0e8", 2)


def rib(c: Canvas, tone: str, x1: float, x2: float, y: float, height: float) -> None:
    c.rect(
        x1, y, x2 - x1, height, c.gradient(x1, 0, x2, 0, darker(tone, 0.3), darker(tone, 0.05), darker(tone, 0.32)), 6
    )
    count = int((x2 - x1) / 9)
    c.stroke(
        "".join(f"M{x1 + 6 + i * 9:g},{y + 3:g}V{y + height - 3:g}" for i in range(count)), darker(tone, 0.5), 3, 0.5
    )


def cuffs(c: Canvas, tone: str) -> None:
    for side in (-1, 1):
        d = f"M{320 + side * 243},458L{320 + side * 181},474"
        c.stroke(d, darker(tone, 0.28), 36, butt=True)
        c.stroke(d, darker(tone, 0.5), 32, 0.4, dash="3 6", butt=True)


def _print(c: Canvas, look: Look) -> None:
    ink, motif = look.accent, look.get("print", "plain")
    if motif == "stripes":
        c.stroke(
            "".join(f"M{200 + (y - 250) * -0.01:g},{y}Q320,{y + 7} 440,{y}" for y in range(262, 540, 34)),
            ink,
            13,
            0.92,
            butt=True,
        )
    elif motif == "sun":
        c.circle(320, 280, 50, ink)
        c.stroke("M250,332H390M262,350H378M280,368H360", ink, 8)
    elif motif == "peaks":
        c.polygon([(244, 350), (304, 250), (332, 296), (352, 268), (400, 350)], ink)
        c.polygon([(304, 250), (288, 277), (302, 288), (314, 278), (320, 277)], look.colour)
    elif motif == "leaf":
        c.path("M320,372C250,330 262,264 320,226C378,264 390,330 320,372Z", ink)
        c.stroke("M320,246V400M320,300L350,276M320,300L290,276M320,334L354,308M320,334L286,308", look.colour, 4)
    elif motif == "word":
        write(c, look.words(0) or "SLOW", 320, 270, 44, 190, ink, 2.2)
        c.stroke("M236,334H404", ink, 5)


def tshirt(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone, deep = look.colour, look.get("neck", "crew") == "v"
    torso(c, tone, "short", neck=186 if deep else 152)
    if deep:
        c.path("M262,112Q320,128 378,112L320,190Z", darker(tone, 0.45))
        c.rect(307, 122, 26, 14, "#f4f0e8", 2)
        c.stroke("M260,112L320,192L380,112", darker(tone, 0.12), 10)
    else:
        back_of_neck(c, tone)
        c.stroke("M260,111Q278,156 320,156Q362,156 380,111", darker(tone, 0.12), 13)
    c.seam("M198,540Q320,552 442,540M94,248L156,290M546,248L484,290", tone)
    _print(c, look)
    if look.get("print", "plain") == "pocket":
        c.path("M352,250H414V316L383,330L352,316Z", darker(tone, 0.07), stroke=darker(tone, 0.3), width=1.5)
        c.seam("M356,258H410", tone)


def shirt(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone = look.colour
    short = look.get("sleeve", "long") == "short"
    outline = torso(c, tone, "short" if short else "long", waist=190)
    pattern, ink = look.get("pattern", "plain"), look.accent
    if pattern == "check":
        bars = "".join(
            f'<path d="{d}" stroke="{ink}" stroke-width="15" stroke-opacity=".5"/>' for d in ("M10,0V34", "M0,17H34")
        )
        c.path(outline, c.pattern(34, 34, bars))
    elif pattern == "pin":
        c.path(outline, c.pattern(16, 16, f'<path d="M8,0V16" stroke="{ink}" stroke-width="2.4" stroke-opacity=".6"/>'))
    c.path("M262,112Q320,132 378,112L320,176Z", darker(tone, 0.45))
    c.rect(306, 174, 28, 382, c.gradient(306, 0, 334, 0, lighter(tone, 0.12), darker(tone, 0.08)))
    c.stroke("M306,176V556M334,176V556", darker(tone, 0.35), 1.6, 0.6)
    for side in (-1, 1):
        c.path(
            f"M{320 + side * 60},108L{320 + side * 2},172L{320 + side * 50},214L{320 + side * 78},130Z",
            c.gradient(320, 100, 320, 220, lighter(tone, 0.2), darker(tone, 0.1)),
            stroke=darker(tone, 0.35),
            width=1.6,
        )
        if not short:
            c.stroke(f"M{320 + side * 242},456L{320 + side * 180},474", darker(tone, 0.14), 34, butt=True)
            c.circle(320 + side * 192, 474, 4, "#f6f2ea")
    for y in range(200, 540, 58):
        c.circle(320, y, 6, darker(tone, 0.45))
        c.circle(320, y - 1, 5, "#f6f2ea" if brightness(tone) < 0.75 else "#8a6a4c")
    c.path("M358,256H424V328L391,342L358,328Z", darker(tone, 0.08), stroke=darker(tone, 0.32), width=1.6)


def sweater(c: Canvas, look: Look) -> None:
    cloth(c, look)
    c.texture = "knit"
    tone, neck = look.colour, look.get("neck", "crew")
    torso(c, tone, "long", hem=520, waist=186)
    if look.get("stitch", "plain") == "cable":
        for x in (250, 320, 390):
            d = "".join(
                f"M{x - 13},{y}C{x - 13},{y + 16} {x + 13},{y + 16} {x + 13},{y + 32}"
                f"M{x + 13},{y}C{x + 13},{y + 16} {x - 13},{y + 16} {x - 13},{y + 32}"
                for y in range(190, 500, 32)
            )
            c.stroke(d, darker(tone, 0.35), 12, 0.55)
            c.stroke(d, lighter(tone, 0.16), 7)
    elif look.get("stitch") == "fairisle":
        for y, ink in ((214, look.accent), (250, lighter(tone, 0.5)), (286, look.accent)):
            c.stroke("".join(f"M{x},{y}l11,13l11,-13" for x in range(206, 424, 22)), ink, 6)
    elif look.get("stitch") == "block":
        c.path(
            "M196,400Q320,412 444,400L454,520Q320,528 186,520Z",
            c.gradient(186, 0, 454, 0, darker(look.accent, 0.15), lighter(look.accent, 0.1), darker(look.accent, 0.25)),
        )
    rib(c, tone, 186, 454, 512, 44)
    cuffs(c, tone)
    if neck == "roll":
        c.rect(
            250, 76, 140, 76, c.gradient(250, 0, 390, 0, darker(tone, 0.3), lighter(tone, 0.1), darker(tone, 0.32)), 22
        )
        c.stroke("".join(f"M{x},84V146" for x in range(262, 386, 10)), darker(tone, 0.45), 3, 0.5)
    elif neck == "v":
        c.path("M262,112Q320,128 378,112L320,206Z", darker(tone, 0.5))
        c.stroke("M258,112L320,210L382,112", darker(tone, 0.2), 16)
    else:
        back_of_neck(c, tone)
        c.stroke("M258,110Q276,160 320,160Q364,160 382,110", darker(tone, 0.2), 21)


def hoodie(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone = look.colour
    torso(c, tone, "long", hem=522, waist=188)
    c.path(
        mirrored(320, 66, (236, 66, 226, 130, 240, 176), (276, 222, 320, 224)),
        c.gradient(230, 66, 410, 220, lighter(tone, 0.2), tone, darker(tone, 0.2)),
    )
    c.path(mirrored(320, 96, (268, 96, 262, 140, 276, 168), (300, 196, 320, 206)), darker(tone, 0.55))
    c.fold("M240,178C262,214 300,226 320,226C340,226 378,214 400,178", tone, 8, 0.4)
    for side in (-1, 1):
        c.stroke(
            f"M{320 + side * 26},202C{320 + side * 30},250 {320 + side * 20},280 {320 + side * 26},314", look.accent, 7
        )
        c.stroke(f"M{320 + side * 26},300V318", "#b9bcc1", 8)
    if look.get("front", "pullover") == "zip":
        c.stroke("M320,222V520", darker(tone, 0.5), 10)
        c.stroke("M320,222V520", "#c9ccd1", 5, dash="4 3", butt=True)
    c.path(
        mirrored(320, 404, (262, 404), (214, 476), (214, 508), (320, 512)),
        darker(tone, 0.08),
        stroke=darker(tone, 0.35),
        width=2,
    )
    c.seam("M262,410L220,478M378,410L420,478", tone)
    rib(c, tone, 188, 452, 514, 42)
    cuffs(c, tone)


DRAWINGS = {
    "tshirt": tshirt,
    "shirt": shirt,
    "sweater": sweater,
    "hoodie": hoodie,
}
