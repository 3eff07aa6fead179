"""Pictures of products, drawn by us: `draw` a spec, get WebP bytes.

`canvas` is the paper, `letters` the lettering, `studio` the light and the backdrop; every other file draws one family
of things. A drawing is a function of a canvas and a look; it decides nothing by chance, so equal specs give equal
pictures.
"""

from collections.abc import Callable

import msgspec

from entrepot.simulation.drawings import (
    bottles,
    bottoms,
    carpentry,
    carried,
    decor,
    gadgets,
    groceries,
    kitchen,
    lamps,
    outerwear,
    screens,
    seats,
    shoes,
    sound,
    textiles,
    tops,
)
from entrepot.simulation.drawings.canvas import SIDE, Canvas
from entrepot.simulation.drawings.picture import COLOURS, MATERIALS, Look, PictureSpec, look_of
from entrepot.simulation.drawings.studio import BACKDROPS, photograph

Drawing = Callable[[Canvas, Look], None]

DRAWINGS: dict[str, Drawing] = {
    **bottles.DRAWINGS,
    **bottoms.DRAWINGS,
    **carpentry.DRAWINGS,
    **carried.DRAWINGS,
    **decor.DRAWINGS,
    **gadgets.DRAWINGS,
    **groceries.DRAWINGS,
    **kitchen.DRAWINGS,
    **lamps.DRAWINGS,
    **outerwear.DRAWINGS,
    **screens.DRAWINGS,
    **seats.DRAWINGS,
    **shoes.DRAWINGS,
    **sound.DRAWINGS,
    **textiles.DRAWINGS,
    **tops.DRAWINGS,
}
_VIEWS = {"main": (0, 0, SIDE, SIDE), "detail": (190, 200, 250, 250)}


# Materials that no picture tells apart.
_ALIKE = {
    "Organic cotton": "Cotton",
    "Oxford cotton": "Cotton",
    "Canvas": "Cotton",
    "Viscose": "",
    "Recycled nylon": "",
    "Recycled cotton": "Wool",
    "Merino wool": "Cotton knit",
    "Lambswool": "Cotton knit",
    "Cashmere": "Cotton knit",
    "Chunky wool": "Cotton knit",
    "Wool blend": "Wool",
    "Linen blend": "Linen",
    "Waxed canvas": "Linen",
    "Fleece": "French terry",
    "Vegan leather": "Leather",
    "Recycled plastic": "Silicone",
    "ABS": "",
    "PBT": "",
    "Carbon fibre": "",
}


def same_look(spec: PictureSpec) -> PictureSpec:
    """The spec that stands for all that look the same as this one."""
    return msgspec.structs.replace(spec, material=_ALIKE.get(spec.material, spec.material))


def draw(spec: PictureSpec) -> bytes:
    """The picture as WebP, 640 by 640."""
    canvas = Canvas()
    DRAWINGS[spec.drawing](canvas, look_of(spec))
    return photograph(canvas, spec.backdrop, _VIEWS[spec.view])


__all__ = ["BACKDROPS", "COLOURS", "DRAWINGS", "MATERIALS", "SIDE", "PictureSpec", "draw", "same_look"]
