"""Letters of our own, as strokes, so that labels look the same on a machine without a single font.

Each letter stands on a grid ten high; the number is its width. Small letters are drawn as capitals, which suits labels.
"""

import unicodedata

from entrepot.simulation.drawings.canvas import Canvas

_LETTERS: dict[str, tuple[float, str]] = {
    "A": (7.2, "M0,10L3.6,0L7.2,10M1.3,6.7H5.9"),
    "B": (5.8, "M0,4.7H3.3A2.6,2.6 0 0 1 3.3,10H0V0H2.9A2.35,2.35 0 0 1 2.9,4.7"),
    "C": (7.2, "M7.2,2.1A4.5,5 0 1 0 7.2,7.9"),
    "D": (6.8, "M0,0V10H2.2A4.6,5 0 0 0 2.2,0Z"),
    "E": (5, "M5,0H0V10H5M0,4.8H4.3"),
    "F": (4.8, "M4.8,0H0V10M0,4.9H4.1"),
    "G": (7.6, "M7.2,1.9A4.5,5 0 1 0 7.6,7V5.5H4.6"),
    "H": (6.4, "M0,0V10M6.4,0V10M0,4.8H6.4"),
    "I": (0.2, "M0.1,0V10"),
    "J": (4, "M4,0V7.2A2.1,2.8 0 0 1 0,7.4"),
    "K": (6, "M0,0V10M5.6,0L0,6M2.1,3.9L6,10"),
    "L": (4.6, "M0,0V10H4.6"),
    "M": (8, "M0,10V0L4,6.6L8,0V10"),
    "N": (6.6, "M0,10V0L6.6,10V0"),
    "O": (8.4, "M4.2,0A4.2,5 0 0 0 4.2,10A4.2,5 0 0 0 4.2,0Z"),
    "P": (5.6, "M0,10V0H2.9A2.75,2.75 0 0 1 2.9,5.5H0"),
    "Q": (8.4, "M4.2,0A4.2,5 0 0 0 4.2,10A4.2,5 0 0 0 4.2,0ZM5.4,7.4L8,10.6"),
    "R": (5.9, "M0,10V0H2.9A2.7,2.7 0 0 1 2.9,5.4H0M3,5.4L5.9,10"),
    "S": (6, "M5.5,1.7C4.9,.5 4,0 2.9,0C1.3,0 .2,1 .2,2.5C.2,4.2 1.6,4.7 3,5.1"
             "C4.6,5.5 6,6.1 6,7.6C6,9.1 4.7,10 3,10C1.5,10 .5,9.3 0,8.1"),
    "T": (6.2, "M0,0H6.2M3.1,0V10"),
    "U": (6.4, "M0,0V6.7A3.2,3.3 0 0 0 6.4,6.7V0"),
    "V": (7, "M0,0L3.5,10L7,0"),
    "W": (10, "M0,0L2.5,10L5,1.6L7.5,10L10,0"),
    "X": (6.4, "M0,0L6.4,10M6.4,0L0,10"),
    "Y": (6.4, "M0,0L3.2,5L6.4,0M3.2,5V10"),
    "Z": (5.8, "M0,0H5.8L0,10H5.8"),
    "0": (5.8, "M2.9,0A2.9,5 0 0 0 2.9,10A2.9,5 0 0 0 2.9,0Z"),
    "1": (2.6, "M0,2.2L2.6,0V10"),
    "2": (5.6, "M.2,2.6A2.7,2.7 0 1 1 4.9,4.3L0,10H5.6"),
    "3": (5.4, "M.3,1.9A2.45,2.4 0 1 1 2.6,4.6A2.7,2.7 0 1 1 0,7.8"),
    "4": (6, "M4.5,10V0L0,7.2H6"),
    "5": (5.4, "M4.9,0H.9L.4,4.5A2.9,2.9 0 1 1 0,8.3"),
    "6": (5.6, "M4.4,0L.6,5.6A2.8,2.8 0 1 0 2.8,4.3"),
    "7": (5.4, "M0,0H5.4L1.6,10"),
    "8": (5.6, "M2.8,4.6A2.3,2.3 0 1 1 2.9,4.6A2.75,2.7 0 1 1 2.7,4.6"),
    "9": (5.6, "M1.2,10L5,4.4A2.8,2.8 0 1 0 2.8,5.7"),
    "&": (7, "M7,10L1.6,3.4A2,2 0 1 1 4.9,2.6C4.5,4.4 0,5 0,7.4A2.8,2.7 0 0 0 5.4,8.2L6.6,5.6"),
    "-": (3.4, "M0,5.2H3.4"),
    "/": (4, "M0,10L4,0"),
    "+": (5, "M0,5H5M2.5,2.5V7.5"),
    "%": (7, "M1.5,.4A1.5,1.7 0 0 0 1.5,3.8A1.5,1.7 0 0 0 1.5,.4Z"
             "M5.5,6.4A1.5,1.7 0 0 0 5.5,9.8A1.5,1.7 0 0 0 5.5,6.4ZM6.2,0L.8,10"),
    ".": (0.2, "M.1,9.8V10"),
    ",": (0.6, "M.5,9.6L0,11.2"),
    ":": (0.2, "M.1,3.6V3.8M.1,9V9.2"),
    "'": (0.2, "M.1,0V1.8"),
    "!": (0.2, "M.1,0V7M.1,9.8V10"),
    "(": (1.8, "M1.8,-.6C-.6,3 -.6,7 1.8,10.6"),
    ")": (1.8, "M0,-.6C2.4,3 2.4,7 0,10.6"),
    " ": (3.2, ""),
}  # fmt: skip
_GAP = 2.4


def plain(text: str) -> str:
    """The text in the letters we have: capitals, without accents."""
    bare = unicodedata.normalize("NFKD", text.upper())
    return "".join(letter for letter in bare if letter in _LETTERS)


def width_of(text: str) -> float:
    """How wide the text is at a height of ten."""
    return sum(_LETTERS[letter][0] + _GAP for letter in plain(text)) - _GAP


def write(
    canvas: Canvas, text: str, x: float, y: float, height: float, width_max: float, ink: str, weight: float = 1.5
) -> float:
    """Write one line centred on x with its top at y, shrunk to fit `width_max`; gives the height it took.

    `weight` is the thickness of the strokes, in tenths of the letter height.
    """
    letters = plain(text)
    if not letters:
        return 0
    scale = min(height / 10, width_max / (width_of(letters) + weight))
    at = x - width_of(letters) * scale / 2
    strokes = []
    for letter in letters:
        width, shape = _LETTERS[letter]
        strokes.append(_moved(shape, at, y, scale))
        at += (width + _GAP) * scale
    canvas.stroke("".join(strokes), ink, weight * scale)
    return 10 * scale


def _moved(shape: str, x: float, y: float, scale: float) -> str:
    """The letter's path with its numbers scaled and shifted to its place."""
    out: list[str] = []
    for command, numbers in _steps(shape):
        if command == "H":
            values = [x + numbers[0] * scale]
        elif command == "V":
            values = [y + numbers[0] * scale]
        elif command == "A":
            rx, ry, turn, large, sweep, to_x, to_y = numbers
            values = [rx * scale, ry * scale, turn, large, sweep, x + to_x * scale, y + to_y * scale]
        else:
            values = [(y if odd % 2 else x) + value * scale for odd, value in enumerate(numbers)]
        out.append(command + " ".join(f"{value:.5g}" for value in values))
    return "".join(out)


def _steps(shape: str) -> list[tuple[str, list[float]]]:
    steps: list[tuple[str, list[float]]] = []
    for piece in "".join(f"|{sign}" if sign.isalpha() else sign for sign in shape).split("|")[1:]:
        steps.append((piece[0], [float(number) for number in piece[1:].replace(",", " ").split()]))
    return steps


def write_lines(
    canvas: Canvas,
    text: str,
    x: float,
    y: float,
    height: float,
    width_max: float,
    ink: str,
    weight: float = 1.5,
    lines_max: int = 3,
) -> float:
    """Write centred lines broken between words, from y downwards; gives the y below the last."""
    for line in broken(text, width_max / (height / 10), lines_max):
        y += write(canvas, line, x, y, height, width_max, ink, weight) + height * 0.5
    return y


def broken(text: str, width_max: float, lines_max: int) -> list[str]:
    """The words in at most `lines_max` lines; the last line takes what is left over."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and (width_of(joined) <= width_max or len(lines) == lines_max):
            lines[-1] = joined
        else:
            lines.append(word)
    return lines
