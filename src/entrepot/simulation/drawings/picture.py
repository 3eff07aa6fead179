"""What a picture shows, said so completely that equal descriptions are equal pictures."""

from hashlib import sha256

import msgspec

COLOURS: dict[str, str] = {
    "Black": "#2b2a2d",
    "Charcoal": "#4a4b50",
    "Grey": "#8f9196",
    "Light Grey": "#c6c7c9",
    "Silver": "#c9ccd1",
    "White": "#f6f4f0",
    "Ivory": "#f1e8d8",
    "Cream": "#efe2c8",
    "Sand": "#d9c3a0",
    "Camel": "#bf8e57",
    "Tan": "#b47a48",
    "Cognac": "#98532b",
    "Brown": "#6d4730",
    "Chocolate": "#4a2f25",
    "Terracotta": "#c0613f",
    "Rust": "#a8482a",
    "Red": "#c72f35",
    "Burgundy": "#6f2036",
    "Coral": "#ee7b66",
    "Blush": "#eab8b0",
    "Pink": "#e58aa5",
    "Plum": "#6b3a63",
    "Lavender": "#b3a4d6",
    "Navy": "#26345a",
    "Blue": "#2f66b5",
    "Light Blue": "#9ec1e0",
    "Denim Blue": "#4d6d97",
    "Teal": "#1f7d80",
    "Turquoise": "#4fbab4",
    "Mint": "#a9d8bd",
    "Sage": "#9caf8c",
    "Olive": "#6c6b3c",
    "Forest Green": "#2c5a41",
    "Green": "#3d8b51",
    "Mustard": "#d49b2a",
    "Yellow": "#f0c33c",
    "Orange": "#e8803a",
    "Gold": "#c9a24f",
    "Rose Gold": "#d6a192",
    "Copper": "#b9714c",
    "Brass": "#c2a05a",
    "Clear": "#d7e6e8",
    "Amber": "#b5712c",
}

MATERIALS: dict[str, str] = {
    "Oak": "#c79b66",
    "Light oak": "#dcb988",
    "Ash": "#dcc6a0",
    "Beech": "#d6a877",
    "Birch": "#e3cba3",
    "Pine": "#e0b878",
    "Bamboo": "#d8b06a",
    "Acacia": "#9a6238",
    "Walnut": "#75492d",
    "Teak": "#a06a3c",
    "Olive wood": "#b98a4f",
    "Rattan": "#c99d62",
    "Marble": "#ebe8e4",
    "Steel": "#b9bcc1",
    "Stainless steel": "#c3c6ca",
    "Carbon steel": "#5d5e63",
    "Cast iron": "#343336",
    "Aluminium": "#c4c8cd",
    "Brass": "#c2a05a",
    "Copper": "#b9714c",
    "Glass": "#cfe0e2",
    "Concrete": "#a7a5a2",
}


class PictureSpec(msgspec.Struct, frozen=True, order=True):
    """One picture. Equal specs give equal bytes, on every machine with the same renderer."""

    drawing: str
    colour: str = ""  # a name of COLOURS
    accent: str = ""
    material: str = ""  # a name of MATERIALS, or a cloth
    details: tuple[tuple[str, str], ...] = ()
    label: tuple[str, ...] = ()  # the words printed on it, brand first
    backdrop: str = "linen"
    view: str = "main"  # main | detail | size

    @property
    def name(self) -> str:
        """A file name that is the same for equal specs only."""
        return f"{self.drawing}-{sha256(msgspec.json.encode(self)).hexdigest()[:16]}.webp"


class Look(msgspec.Struct, frozen=True):
    """A picture's words turned into paint: what a drawing function is given."""

    colour: str
    accent: str
    material: str
    cloth: str
    details: dict[str, str]
    label: tuple[str, ...]

    def get(self, detail: str, otherwise: str = "") -> str:
        return self.details.get(detail, otherwise)

    def number(self, detail: str, otherwise: int) -> int:
        return int(self.details.get(detail, otherwise))

    def words(self, index: int) -> str:
        return self.label[index] if index < len(self.label) else ""


def look_of(spec: PictureSpec) -> Look:
    """The paint of a spec; a material without a tone of its own takes the colour."""
    colour = COLOURS.get(spec.colour) or MATERIALS.get(spec.colour) or MATERIALS.get(spec.material) or COLOURS["Grey"]
    return Look(
        colour=colour,
        accent=COLOURS.get(spec.accent) or MATERIALS.get(spec.accent) or colour,
        material=MATERIALS.get(spec.material, colour),
        cloth=spec.material,
        details=dict(spec.details),
        label=spec.label,
    )
