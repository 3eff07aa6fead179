"""Clothes for the upper body and dresses, laid flat. One torso is shared; collars, closings and cloth make the garment."""

from entrepot.simulation.drawings.canvas import Canvas, Segment, brightness, darker, lighter, mirrored, mix
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


def _torso(c: Canvas, tone: str, sleeve: str, hem: float = 552, waist: float = 194, neck: float = 152) -> str:
    """Body and sleeves in one; `sleeve` is short, long or none; `waist` is the x of the left hem. Gives the outline."""
    arms: dict[str, tuple[Segment, ...]] = {
        "short": ((240, 108, 196, 128, 172, 148), (128, 196, 84, 258), (152, 302), (176, 270, 200, 240)),
        "long": ((240, 108, 196, 128, 172, 148), (130, 200, 78, 474), (138, 490), (176, 320, 200, 262)),
        "none": ((246, 114, 232, 116, 226, 122), (232, 210, 196, 246)),
    }
    outline = mirrored(320, neck, (276, neck, 262, 112), *arms[sleeve], (198, 400, waist, hem), (320, hem + 8))
    c.path(outline, c.ramp(90, 0, 550, 0, [(0, darker(tone, 0.18)), (0.24, tone), (0.38, lighter(tone, 0.16)), (0.55, tone), (0.8, darker(tone, 0.1)), (1, darker(tone, 0.3))]))
    for side in (-1, 1):
        x = [320 + side * offset for offset in (122, 124, 112, 96)]
        if sleeve != "none":
            c.fold(f"M{320 + side * 148},150C{320 + side * 128},190 {320 + side * 122},220 {320 + side * 121},262", tone, 6)
        c.fold(f"M{x[0]},300C{x[1] - side * 30},350 {x[2] - side * 14},430 {x[3]},{hem - 20}", tone, 11, 0.16)
    c.fold(f"M352,300C340,380 362,440 350,{hem - 30}", tone, 12, 0.1)
    return outline


def _back_of_neck(c: Canvas, tone: str, depth: float = 152) -> None:
    c.path(f"M262,112Q320,128 378,112Q364,{depth} 320,{depth}Q276,{depth} 262,112Z", darker(tone, 0.45))
    c.rect(307, 124, 26, 14, "#f4f0e8", 2)


def _rib(c: Canvas, tone: str, x1: float, x2: float, y: float, height: float) -> None:
    c.rect(x1, y, x2 - x1, height, c.gradient(x1, 0, x2, 0, darker(tone, 0.3), darker(tone, 0.05), darker(tone, 0.32)), 6)
    count = int((x2 - x1) / 9)
    c.stroke("".join(f"M{x1 + 6 + i * 9:g},{y + 3:g}V{y + height - 3:g}" for i in range(count)), darker(tone, 0.5), 3, 0.5)


def _cuffs(c: Canvas, tone: str) -> None:
    for side in (-1, 1):
        d = f"M{320 + side * 243},458L{320 + side * 181},474"
        c.stroke(d, darker(tone, 0.28), 36, butt=True)
        c.stroke(d, darker(tone, 0.5), 32, 0.4, dash="3 6", butt=True)


def _print(c: Canvas, look: Look) -> None:
    ink, motif = look.accent, look.get("print", "plain")
    if motif == "stripes":
        c.stroke("".join(f"M{200 + (y - 250) * -0.01:g},{y}Q320,{y + 7} 440,{y}" for y in range(262, 540, 34)), ink, 13, 0.92, butt=True)
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
    _torso(c, tone, "short", neck=186 if deep else 152)
    if deep:
        c.path("M262,112Q320,128 378,112L320,190Z", darker(tone, 0.45))
        c.rect(307, 122, 26, 14, "#f4f0e8", 2)
        c.stroke("M260,112L320,192L380,112", darker(tone, 0.12), 10)
    else:
        _back_of_neck(c, tone)
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
    outline = _torso(c, tone, "short" if short else "long", waist=190)
    pattern, ink = look.get("pattern", "plain"), look.accent
    if pattern == "check":
        bars = "".join(f'<path d="{d}" stroke="{ink}" stroke-width="15" stroke-opacity=".5"/>' for d in ("M10,0V34", "M0,17H34"))
        c.path(outline, c.pattern(34, 34, bars))
    elif pattern == "pin":
        c.path(outline, c.pattern(16, 16, f'<path d="M8,0V16" stroke="{ink}" stroke-width="2.4" stroke-opacity=".6"/>'))
    c.path("M262,112Q320,132 378,112L320,176Z", darker(tone, 0.45))
    c.rect(306, 174, 28, 382, c.gradient(306, 0, 334, 0, lighter(tone, 0.12), darker(tone, 0.08)))
    c.stroke("M306,176V556M334,176V556", darker(tone, 0.35), 1.6, 0.6)
    for side in (-1, 1):
        c.path(f"M{320 + side * 60},108L{320 + side * 2},172L{320 + side * 50},214L{320 + side * 78},130Z", c.gradient(320, 100, 320, 220, lighter(tone, 0.2), darker(tone, 0.1)), stroke=darker(tone, 0.35), width=1.6)
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
    _torso(c, tone, "long", hem=520, waist=186)
    if look.get("stitch", "plain") == "cable":
        for x in (250, 320, 390):
            d = "".join(f"M{x - 13},{y}C{x - 13},{y + 16} {x + 13},{y + 16} {x + 13},{y + 32}M{x + 13},{y}C{x + 13},{y + 16} {x - 13},{y + 16} {x - 13},{y + 32}" for y in range(190, 500, 32))
            c.stroke(d, darker(tone, 0.35), 12, 0.55)
            c.stroke(d, lighter(tone, 0.16), 7)
    elif look.get("stitch") == "fairisle":
        for y, ink in ((214, look.accent), (250, lighter(tone, 0.5)), (286, look.accent)):
            c.stroke("".join(f"M{x},{y}l11,13l11,-13" for x in range(206, 424, 22)), ink, 6)
    elif look.get("stitch") == "block":
        c.path("M196,400Q320,412 444,400L454,520Q320,528 186,520Z", c.gradient(186, 0, 454, 0, darker(look.accent, 0.15), lighter(look.accent, 0.1), darker(look.accent, 0.25)))
    _rib(c, tone, 186, 454, 512, 44)
    _cuffs(c, tone)
    if neck == "roll":
        c.rect(250, 76, 140, 76, c.gradient(250, 0, 390, 0, darker(tone, 0.3), lighter(tone, 0.1), darker(tone, 0.32)), 22)
        c.stroke("".join(f"M{x},84V146" for x in range(262, 386, 10)), darker(tone, 0.45), 3, 0.5)
    elif neck == "v":
        c.path("M262,112Q320,128 378,112L320,206Z", darker(tone, 0.5))
        c.stroke("M258,112L320,210L382,112", darker(tone, 0.2), 16)
    else:
        _back_of_neck(c, tone)
        c.stroke("M258,110Q276,160 320,160Q364,160 382,110", darker(tone, 0.2), 21)


def hoodie(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone = look.colour
    _torso(c, tone, "long", hem=522, waist=188)
    c.path(mirrored(320, 66, (236, 66, 226, 130, 240, 176), (276, 222, 320, 224)), c.gradient(230, 66, 410, 220, lighter(tone, 0.2), tone, darker(tone, 0.2)))
    c.path(mirrored(320, 96, (268, 96, 262, 140, 276, 168), (300, 196, 320, 206)), darker(tone, 0.55))
    c.fold("M240,178C262,214 300,226 320,226C340,226 378,214 400,178", tone, 8, 0.4)
    for side in (-1, 1):
        c.stroke(f"M{320 + side * 26},202C{320 + side * 30},250 {320 + side * 20},280 {320 + side * 26},314", look.accent, 7)
        c.stroke(f"M{320 + side * 26},300V318", "#b9bcc1", 8)
    if look.get("front", "pullover") == "zip":
        c.stroke("M320,222V520", darker(tone, 0.5), 10)
        c.stroke("M320,222V520", "#c9ccd1", 5, dash="4 3", butt=True)
    c.path(mirrored(320, 404, (262, 404), (214, 476), (214, 508), (320, 512)), darker(tone, 0.08), stroke=darker(tone, 0.35), width=2)
    c.seam("M262,410L220,478M378,410L420,478", tone)
    _rib(c, tone, 188, 452, 514, 42)
    _cuffs(c, tone)


def jacket(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone, bomber = look.colour, look.get("cut", "bomber") == "bomber"
    _torso(c, tone, "long", hem=514, waist=190)
    c.path("M262,112Q320,132 378,112L330,190H310Z", darker(tone, 0.55))
    if bomber:
        trim = mix(tone, "#1f1f22", 0.35)
        _rib(c, trim, 190, 450, 506, 46)
        _cuffs(c, trim)
        c.stroke("M254,112Q270,160 318,186M386,112Q370,160 322,186", trim, 26)
        c.stroke("M320,186V550", darker(tone, 0.6), 11)
        c.stroke("M320,186V550", look.accent, 5, dash="4 3", butt=True)
        c.stroke("M230,400L262,470M410,400L378,470", darker(tone, 0.6), 5)
        return
    for side in (-1, 1):
        c.path(f"M{320 + side * 62},104L{320 + side * 4},180L{320 + side * 62},232L{320 + side * 92},134Z", c.gradient(0, 100, 0, 230, lighter(tone, 0.2), darker(tone, 0.12)), stroke=darker(tone, 0.4), width=2)
        x = 320 + side * 66
        c.rect(x - 30, 268, 60, 66, darker(tone, 0.05), 3)
        c.path(f"M{x - 33},262H{x + 33}V288L{x},302L{x - 33},288Z", lighter(tone, 0.05), stroke=darker(tone, 0.4), width=1.6)
        c.circle(x, 288, 5, look.accent)
        c.seam(f"M{x - 24},336L{x - 10},500M{x + 24},336L{x + 10},500", look.accent)
        c.stroke(f"M{320 + side * 242},456L{320 + side * 180},474", darker(tone, 0.16), 32, butt=True)
    c.rect(186, 502, 268, 40, c.gradient(0, 502, 0, 542, lighter(tone, 0.08), darker(tone, 0.16)), 5)
    c.seam("M194,510H446M194,534H446M306,200V500M334,200V500", look.accent)
    for y in (226, 286, 346, 406, 466, 522):
        c.circle(320, y, 7, c.gradient(313, y - 7, 327, y + 7, lighter(look.accent, 0.5), darker(look.accent, 0.3)))


def coat(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone = look.colour
    outline = mirrored(320, 110, (272, 92), (216, 104, 196, 116), (150, 190, 112, 420), (166, 432), (190, 330, 206, 250), (206, 420, 176, 590), (320, 598))
    c.path(outline, c.ramp(110, 0, 530, 0, [(0, darker(tone, 0.22)), (0.25, tone), (0.4, lighter(tone, 0.15)), (0.6, tone), (1, darker(tone, 0.34))]))
    for side in (-1, 1):
        c.fold(f"M{320 + side * 116},150C{320 + side * 104},200 {320 + side * 112},280 {320 + side * 114},560", tone, 9)
        c.path(f"M{320 + side * 38},92C{320 + side * 70},96 {320 + side * 84},120 {320 + side * 88},150L{320 + side * 74},172L{320 + side * 84},196L{320 + side * 10},300L{320 + side * 2},250Z", c.gradient(240, 90, 400, 300, lighter(tone, 0.22), darker(tone, 0.06)), stroke=darker(tone, 0.45), width=2)
        c.stroke(f"M{320 + side * 70},420L{320 + side * 118},408", darker(tone, 0.5), 9)
        c.stroke(f"M{320 + side * 205},398L{320 + side * 158},408", darker(tone, 0.4), 5)
    c.path("M284,92L320,250L356,92Q320,104 284,92Z", darker(tone, 0.6))
    c.stroke("M322,300C326,400 326,500 324,596", darker(tone, 0.5), 3)
    if look.get("closing", "double") == "belt":
        c.rect(202, 356, 236, 34, c.gradient(0, 356, 0, 390, lighter(tone, 0.12), darker(tone, 0.25)), 4)
        c.stroke("M288,350V396H340V350Z", look.accent, 8)
        c.path("M340,386L372,500L346,506L318,390Z", darker(tone, 0.12))
    else:
        columns = (276, 364) if look.get("closing", "double") == "double" else (306,)
        for x in columns:
            for y in (320, 384, 448):
                c.circle(x, y + 2, 11, darker(tone, 0.6))
                c.circle(x, y, 10, c.gradient(x - 8, y - 8, x + 8, y + 8, lighter(look.accent, 0.35), darker(look.accent, 0.3)))


def puffer(c: Canvas, look: Look) -> None:
    c.ground = "lay"
    tone, vest = look.colour, look.get("cut", "jacket") == "vest"
    if not vest:
        for side in (-1, 1):
            for index in range(6):
                x, y = 320 + side * (146 + index * 15), 168 + index * 54
                c.path(f"M{x - side * 26},{y - 22}Q{x + side * 48},{y - 40} {x + side * 52},{y + 4}Q{x + side * 54},{y + 42} {x + side * 30},{y + 40}L{x - side * 34},{y + 26}Q{x - side * 46},{y} {x - side * 26},{y - 22}Z", c.gradient(x, y - 30, x, y + 40, lighter(tone, 0.34), tone, darker(tone, 0.36)))
    for index in range(7):
        y, wide = 148 + index * 56, (104, 128, 132, 132, 133, 134, 132)[index]
        c.path(f"M{320 - wide},{y}Q320,{y + 8} {320 + wide},{y}Q{320 + wide + 20},{y + 30} {320 + wide - 2},{y + 60}Q320,{y + 68} {322 - wide},{y + 60}Q{300 - wide},{y + 30} {320 - wide},{y}Z", c.gradient(0, y, 0, y + 62, lighter(tone, 0.38), lighter(tone, 0.06), darker(tone, 0.36)))
        c.stroke(f"M{250 - index * 2},{y + 18}Q{270},{y + 24} {290},{y + 20}", "#ffffff", 7, 0.3)
    c.path(mirrored(320, 78, (244, 78, 232, 120, 236, 160), (280, 190, 320, 190)), c.gradient(236, 78, 404, 190, lighter(tone, 0.34), tone, darker(tone, 0.3)))
    c.path(mirrored(320, 100, (272, 100, 266, 130, 276, 158), (300, 176, 320, 180)), darker(look.accent, 0.2))
    c.stroke("M320,170V546", darker(tone, 0.6), 10)
    c.stroke("M320,170V546", look.accent, 4, dash="4 3", butt=True)
    c.rect(314, 190, 12, 26, "#c9ccd1", 4)
    c.rect(378, 236, 34, 16, look.accent, 3)


def dress(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone, cut = look.colour, look.get("cut", "wrap")
    long = 606 if look.get("length", "midi") == "midi" else 520
    if cut == "slip":
        c.stroke("M262,44L268,150M378,44L372,150", darker(tone, 0.15), 6)
        outline = mirrored(320, 156, (290, 160, 262, 116), (244, 180, 240, 220), (236, 290, 250, 320), (216, 450, 190, long), (320, long + 12))
    else:
        outline = mirrored(320, 150, (290, 96, 270, 70), (224, 82, 206, 92), (160, 140, 146, 196), (206, 226), (216, 200, 228, 180), (238, 250, 246, 296), (204, 430, 158, long), (320, long + 16))
    c.path(outline, c.ramp(150, 0, 490, 0, [(0, darker(tone, 0.24)), (0.3, tone), (0.42, lighter(tone, 0.2)), (0.6, tone), (1, darker(tone, 0.32))]))
    for shift, strength in ((-86, 0.3), (-44, 0.22), (10, 0.2), (52, 0.26), (96, 0.3)):
        c.fold(f"M{320 + shift * 0.5:g},322C{320 + shift * 0.8:g},400 {320 + shift:g},480 {320 + shift * 1.35:g},{long - 4}", tone, 10, strength)
    if look.get("print", "plain") == "dots":
        spots = "".join(f'<circle cx="{x}" cy="{y}" r="5.5" fill="{look.accent}"/>' for x, y in ((9, 9), (27, 27)))
        c.path(outline, c.pattern(36, 36, spots))
    elif look.get("print") == "flowers":
        blooms = "".join(
            f'<path d="M{x - 7},{y}h14M{x},{y - 7}v14" stroke="{look.accent}" stroke-width="9" stroke-linecap="round"/>'
            f'<circle cx="{x}" cy="{y}" r="4" fill="#f7d774"/>'
            for x, y in ((14, 14), (41, 41))
        )
        c.path(outline, c.pattern(54, 54, blooms))
    if cut == "wrap":
        c.path("M270,72L320,152L370,72Q320,96 270,72Z", darker(tone, 0.5))
        c.stroke("M370,72C350,150 300,220 248,286", darker(tone, 0.4), 4)
    if cut != "slip":
        c.path("M246,288Q320,304 394,288V318Q320,334 246,318Z", darker(look.accent if cut == "belted" else tone, 0.22))
        c.path("M262,310C240,340 236,400 240,430L256,424C254,390 262,350 276,322Z", darker(tone, 0.24), 0.9 if cut == "wrap" else 0)


DRAWINGS = {
    "tshirt": tshirt,
    "shirt": shirt,
    "sweater": sweater,
    "hoodie": hoodie,
    "jacket": jacket,
    "coat": coat,
    "puffer": puffer,
    "dress": dress,
}
