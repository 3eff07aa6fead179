"""Wood, as boards with their grain and as tapered legs."""

from entrepot.simulation.drawings.canvas import Canvas, darker, lighter


def board(c: Canvas, x: float, y: float, width: float, height: float, wood: str, radius: float = 3) -> None:
    """A wooden board with its grain along the longer side."""
    c.rect(
        x,
        y,
        width,
        height,
        c.gradient(x, y, x + width * 0.3, y + height, lighter(wood, 0.14), wood, darker(wood, 0.12)),
        radius,
    )
    lines = []
    if width >= height:
        for k in range(1, max(2, int(height / 13))):
            gy = y + k * height / max(2, int(height / 13))
            sway = 5 if k % 2 else -4
            lines.append(
                f"M{x + 4:g},{gy:g}C{x + width * 0.3:g},{gy + sway * 0.5:g} "
                f"{x + width * 0.6:g},{gy - sway * 0.5:g} {x + width - 4:g},{gy:g}"
            )
    else:
        for k in range(1, max(2, int(width / 13))):
            gx = x + k * width / max(2, int(width / 13))
            sway = 5 if k % 2 else -4
            lines.append(
                f"M{gx:g},{y + 4:g}C{gx + sway * 0.5:g},{y + height * 0.3:g} "
                f"{gx - sway * 0.5:g},{y + height * 0.6:g} {gx:g},{y + height - 4:g}"
            )
    c.stroke("".join(lines), darker(wood, 0.45), 1.6, 0.33)
    if width > 14 and height > 8:
        c.stroke(f"M{x + 3:g},{y + 1.2:g}H{x + width - 3:g}", lighter(wood, 0.5), 1.8, 0.6)


def leg(c: Canvas, x: float, top: float, foot: float, wood: str, lean: float = 0, thick: float = 9) -> None:
    """A tapered leg; `lean` moves the foot sideways."""
    c.polygon(
        [(x - thick, top), (x + thick, top), (x + lean + thick * 0.55, foot), (x + lean - thick * 0.55, foot)],
        c.gradient(x - thick, 0, x + thick, 0, lighter(wood, 0.16), darker(wood, 0.25)),
    )
