"""Jackets, coats, puffers and dresses, laid flat."""

from entrepot.simulation.drawings.canvas import Canvas, darker, lighter, mirrored, mix
from entrepot.simulation.drawings.picture import Look
from entrepot.simulation.drawings.tops import cloth, cuffs, rib, torso


def jacket(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone, bomber = look.colour, look.get("cut", "bomber") == "bomber"
    torso(c, tone, "long", hem=514, waist=190)
    c.path("M262,112Q320,132 378,112L330,190H310Z", darker(tone, 0.55))
    if bomber:
        trim = mix(tone, "#1f1f22", 0.35)
        rib(c, trim, 190, 450, 506, 46)
        cuffs(c, trim)
        c.stroke("M254,112Q270,160 318,186M386,112Q370,160 322,186", trim, 26)
        c.stroke("M320,186V550", darker(tone, 0.6), 11)
        c.stroke("M320,186V550", look.accent, 5, dash="4 3", butt=True)
        c.stroke("M230,400L262,470M410,400L378,470", darker(tone, 0.6), 5)
        return
    for side in (-1, 1):
        c.path(
            f"M{320 + side * 62},104L{320 + side * 4},180L{320 + side * 62},232L{320 + side * 92},134Z",
            c.gradient(0, 100, 0, 230, lighter(tone, 0.2), darker(tone, 0.12)),
            stroke=darker(tone, 0.4),
            width=2,
        )
        x = 320 + side * 66
        c.rect(x - 30, 268, 60, 66, darker(tone, 0.05), 3)
        c.path(
            f"M{x - 33},262H{x + 33}V288L{x},302L{x - 33},288Z",
            lighter(tone, 0.05),
            stroke=darker(tone, 0.4),
            width=1.6,
        )
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
    outline = mirrored(
        320,
        110,
        (272, 92),
        (216, 104, 196, 116),
        (150, 190, 112, 420),
        (166, 432),
        (190, 330, 206, 250),
        (206, 420, 176, 590),
        (320, 598),
    )
    c.path(
        outline,
        c.ramp(
            110,
            0,
            530,
            0,
            [(0, darker(tone, 0.22)), (0.25, tone), (0.4, lighter(tone, 0.15)), (0.6, tone), (1, darker(tone, 0.34))],
        ),
    )
    for side in (-1, 1):
        c.fold(f"M{320 + side * 116},150C{320 + side * 104},200 {320 + side * 112},280 {320 + side * 114},560", tone, 9)
        c.path(
            f"M{320 + side * 38},92C{320 + side * 70},96 {320 + side * 84},120 {320 + side * 88},150"
            f"L{320 + side * 74},172L{320 + side * 84},196L{320 + side * 10},300L{320 + side * 2},250Z",
            c.gradient(240, 90, 400, 300, lighter(tone, 0.22), darker(tone, 0.06)),
            stroke=darker(tone, 0.45),
            width=2,
        )
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
                c.circle(
                    x,
                    y,
                    10,
                    c.gradient(x - 8, y - 8, x + 8, y + 8, lighter(look.accent, 0.35), darker(look.accent, 0.3)),
                )


def puffer(c: Canvas, look: Look) -> None:
    c.ground = "lay"
    tone, vest = look.colour, look.get("cut", "jacket") == "vest"
    if not vest:
        for side in (-1, 1):
            for index in range(6):
                x, y = 320 + side * (146 + index * 15), 168 + index * 54
                c.path(
                    f"M{x - side * 26},{y - 22}Q{x + side * 48},{y - 40} {x + side * 52},{y + 4}"
                    f"Q{x + side * 54},{y + 42} {x + side * 30},{y + 40}"
                    f"L{x - side * 34},{y + 26}Q{x - side * 46},{y} {x - side * 26},{y - 22}Z",
                    c.gradient(x, y - 30, x, y + 40, lighter(tone, 0.34), tone, darker(tone, 0.36)),
                )
    for index in range(7):
        y, wide = 148 + index * 56, (104, 128, 132, 132, 133, 134, 132)[index]
        c.path(
            f"M{320 - wide},{y}Q320,{y + 8} {320 + wide},{y}Q{320 + wide + 20},{y + 30} {320 + wide - 2},{y + 60}"
            f"Q320,{y + 68} {322 - wide},{y + 60}Q{300 - wide},{y + 30} {320 - wide},{y}Z",
            c.gradient(0, y, 0, y + 62, lighter(tone, 0.38), lighter(tone, 0.06), darker(tone, 0.36)),
        )
        c.stroke(f"M{250 - index * 2},{y + 18}Q{270},{y + 24} {290},{y + 20}", "#ffffff", 7, 0.3)
    c.path(
        mirrored(320, 78, (244, 78, 232, 120, 236, 160), (280, 190, 320, 190)),
        c.gradient(236, 78, 404, 190, lighter(tone, 0.34), tone, darker(tone, 0.3)),
    )
    c.path(mirrored(320, 100, (272, 100, 266, 130, 276, 158), (300, 176, 320, 180)), darker(look.accent, 0.2))
    c.stroke("M320,170V546", darker(tone, 0.6), 10)
    c.stroke("M320,170V546", look.accent, 4, dash="4 3", butt=True)
    c.rect(314, 190, 12, 26, "#c9ccd1", 4)
    c.rect(378, 236, 34, 16, look.accent, 3)


def _print(c: Canvas, look: Look, outline: str) -> None:
    """Dots or flowers all over the cloth."""
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


def dress(c: Canvas, look: Look) -> None:
    cloth(c, look)
    tone, cut = look.colour, look.get("cut", "wrap")
    long = 606 if look.get("length", "midi") == "midi" else 520
    if cut == "slip":
        c.stroke("M262,44L268,150M378,44L372,150", darker(tone, 0.15), 6)
        outline = mirrored(
            320,
            156,
            (290, 160, 262, 116),
            (244, 180, 240, 220),
            (236, 290, 250, 320),
            (216, 450, 190, long),
            (320, long + 12),
        )
    else:
        outline = mirrored(
            320,
            150,
            (290, 96, 270, 70),
            (224, 82, 206, 92),
            (160, 140, 146, 196),
            (206, 226),
            (216, 200, 228, 180),
            (238, 250, 246, 296),
            (204, 430, 158, long),
            (320, long + 16),
        )
    c.path(
        outline,
        c.ramp(
            150,
            0,
            490,
            0,
            [(0, darker(tone, 0.24)), (0.3, tone), (0.42, lighter(tone, 0.2)), (0.6, tone), (1, darker(tone, 0.32))],
        ),
    )
    for shift, strength in ((-86, 0.3), (-44, 0.22), (10, 0.2), (52, 0.26), (96, 0.3)):
        c.fold(
            f"M{320 + shift * 0.5:g},322"
            f"C{320 + shift * 0.8:g},400 {320 + shift:g},480 {320 + shift * 1.35:g},{long - 4}",
            tone,
            10,
            strength,
        )
    _print(c, look, outline)
    if cut == "wrap":
        c.path("M270,72L320,152L370,72Q320,96 270,72Z", darker(tone, 0.5))
        c.stroke("M370,72C350,150 300,220 248,286", darker(tone, 0.4), 4)
    if cut != "slip":
        c.path("M246,288Q320,304 394,288V318Q320,334 246,318Z", darker(look.accent if cut == "belted" else tone, 0.22))
        c.path(
            "M262,310C240,340 236,400 240,430L256,424C254,390 262,350 276,322Z",
            darker(tone, 0.24),
            0.9 if cut == "wrap" else 0,
        )


DRAWINGS = {
    "jacket": jacket,
    "coat": coat,
    "puffer": puffer,
    "dress": dress,
}
