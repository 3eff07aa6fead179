"""What values mean: numbers with units, sizes of clothes and shoes, colours, yes and no. Pure; the data lie beside.

Nothing is guessed: what cannot be read for certain is None here, and stays the text that it was.
"""

from .colours import MULTICOLOR, colour_words, family_of, split_colours
from .data import plain
from .numbers import read_number, written
from .quantities import Measure, Quantity, read_quantity
from .sizes import convert_size, letter_order, read_clothing_size, read_shoe_size
from .spellings import is_same_unit, is_unit, same_quantities, unit_words
from .units import DIMENSIONS, Unit, find_unit, unit_of
from .words import read_boolean

__all__ = [
    "DIMENSIONS",
    "MULTICOLOR",
    "Measure",
    "Quantity",
    "Unit",
    "colour_words",
    "convert_size",
    "family_of",
    "find_unit",
    "is_same_unit",
    "is_unit",
    "letter_order",
    "plain",
    "read_boolean",
    "read_clothing_size",
    "read_number",
    "read_quantity",
    "read_shoe_size",
    "same_quantities",
    "split_colours",
    "unit_of",
    "unit_words",
    "written",
]
