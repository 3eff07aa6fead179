"""Packing goods into boxes: first-fit decreasing, with all six ways to turn a piece.

1. A piece that fits into no box travels in its own wrapping.
2. The others go in by size, the largest first. Where there are very many, equal ones are first stacked to blocks.
3. All that is left goes into the smallest box that takes it.
4. Where none does, the largest box takes what fits, and the rest begins again at 3.

A box keeps the empty cuboids that are left in it. A piece goes into the smallest that holds it, and cuts what remains
of it into three. Nobody packs better without searching.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import permutations

import msgspec

from entrepot.kernel import Conflict

from .types import Box, Item

PIECES_MAX = 60
"""More than this are stacked to blocks first: a basket is priced while somebody waits."""
PARCELS_MAX = 200
BLOCKS_MAX = 400

_TOO_MUCH = f"This comes to more than {PARCELS_MAX} parcels: make several orders of it"

Sides = tuple[int, int, int]


class Placed(msgspec.Struct, frozen=True):
    """Where a piece, or a block of equal ones, lies in its box: the corner nearest to the origin, and its sides."""

    item: int
    pieces: int
    at: Sides
    sides: Sides
    weight_g: int


class Packed(msgspec.Struct, frozen=True):
    """A parcel: what it weighs with its box, and its outer sides, the longest first; None what nobody knows.

    `volume_mm3` is of the box, or of the goods where they travel without one.
    """

    weight_g: int | None
    sides: Sides | None
    volume_mm3: int | None
    box_id: str | None = None
    contents: tuple[Placed, ...] = ()


class _Piece(msgspec.Struct, frozen=True):
    item: int
    pieces: int
    sides: Sides
    weight_g: int

    @property
    def volume(self) -> int:
        return self.sides[0] * self.sides[1] * self.sides[2]


@lru_cache(maxsize=4_096)
def pack(items: tuple[Item, ...], boxes: tuple[Box, ...]) -> tuple[Packed, ...]:
    """The parcels that these goods make; one, of unknown size, when there are no boxes or a measure is missing.

    Conflict when it comes to more parcels than one order can have.
    """
    items = tuple(item for item in items if item.quantity > 0)
    pieces = _pieces(items) if boxes else None
    if pieces is None:
        return (_loose(items),)
    ordered = sorted(boxes, key=lambda box: (box.length_mm * box.width_mm * box.height_mm, box.load_g_max, box.id))
    left = sorted(_blocks(pieces, ordered[-1]), key=lambda piece: (-piece.volume, -max(piece.sides), piece.item))
    parcels = [_by_itself(piece) for piece in left if not any(_fits(piece, box) for box in boxes)]
    left = [piece for piece in left if any(_fits(piece, box) for box in boxes)]
    while left:
        if len(parcels) >= PARCELS_MAX:
            raise Conflict(_TOO_MUCH)
        parcel, left = _next_parcel(left, ordered)
        parcels.append(parcel)
    if len(parcels) > PARCELS_MAX:
        raise Conflict(_TOO_MUCH)
    return tuple(parcels)


def _pieces(items: Sequence[Item]) -> list[_Piece] | None:
    """Equal pieces together, or None when a measure is missing."""
    pieces = []
    for place, item in enumerate(items):
        sides = _sides(item)
        if item.weight_g is None or min(sides) <= 0:
            return None
        pieces.append(_Piece(place, item.quantity, sides, item.weight_g))
    return pieces


def _loose(items: Sequence[Item]) -> Packed:
    """Everything in one parcel of which nobody knows the shape; a single piece has its own."""
    weights = [None if item.weight_g is None else item.weight_g * item.quantity for item in items]
    weight_g = None if None in weights else sum(weight for weight in weights if weight is not None)
    volumes = [_volume(item) for item in items]
    volume = None if None in volumes or not volumes else sum(each for each in volumes if each is not None)
    alone = len(items) == 1 and items[0].quantity == 1 and volume is not None
    return Packed(weight_g, _longest_first(_sides(items[0])) if alone else None, volume)


def _volume(item: Item) -> int | None:
    if not (item.length_mm and item.width_mm and item.height_mm):
        return None
    return item.length_mm * item.width_mm * item.height_mm * item.quantity


def _longest_first(sides: Sides) -> Sides:
    longest, middle, shortest = sorted(sides, reverse=True)
    return longest, middle, shortest


def _sides(item: Item) -> Sides:
    return item.length_mm or 0, item.width_mm or 0, item.height_mm or 0


def _blocks(pieces: Sequence[_Piece], box: Box) -> list[_Piece]:
    """Every piece by itself; where there are too many, whole blocks, layers and stacks of equal ones."""
    many = sum(piece.pieces for piece in pieces) > PIECES_MAX
    blocks: list[_Piece] = []
    for piece in pieces:
        single = _Piece(piece.item, 1, _ordered(piece.sides), piece.weight_g)
        for block, count in _stacked(single, piece.pieces, box) if many else [(single, piece.pieces)]:
            if len(blocks) + count > BLOCKS_MAX:
                raise Conflict(_TOO_MUCH)
            blocks += [block] * count
    return blocks


def _stacked(single: _Piece, pieces: int, box: Box) -> list[tuple[_Piece, int]]:
    """So many pieces as blocks that the box holds, one of the rest of each kind, and how many of each."""
    room = _ordered((box.length_mm, box.width_mm, box.height_mm))
    if any(side > end for side, end in zip(single.sides, room, strict=True)) or single.weight_g > box.load_g_max:
        return [(single, pieces)]
    kinds = [single]
    for turn in range(3):
        last = kinds[-1]
        by_load = box.load_g_max // last.weight_g if last.weight_g else pieces
        kinds.append(_grown(last, turn, max(1, min(room[turn] // last.sides[turn], by_load))))
    found, left = [], pieces
    for turn in (2, 1, 0):
        count, left = divmod(left, kinds[turn + 1].pieces)
        found.append((kinds[turn + 1], count))
        rest, left = divmod(left, kinds[turn].pieces)
        if rest:
            found.append((_grown(kinds[turn], turn, rest), 1))
    assert left == 0
    return [(block, count) for block, count in found if count]


def _grown(piece: _Piece, turn: int, times: int) -> _Piece:
    """So many of a block, one beside the other along one side."""
    a, b, c = (side * times if place == turn else side for place, side in enumerate(piece.sides))
    return _Piece(piece.item, piece.pieces * times, (a, b, c), piece.weight_g * times)


def _ordered(sides: Sides) -> Sides:
    a, b, c = sorted(sides)
    return a, b, c


def _next_parcel(left: list[_Piece], boxes: Sequence[Box]) -> tuple[Packed, list[_Piece]]:
    """One parcel of what is left, and what is left then."""
    for box in boxes:
        if _could_hold(box, left):
            packed, rest = _fill(box, left)
            if not rest:
                return packed, []
    for box in reversed(boxes):
        packed, rest = _fill(box, left)
        if packed.contents:
            return packed, rest
    raise AssertionError("each piece fits into some box")


def _by_itself(piece: _Piece) -> Packed:
    alone = Placed(piece.item, piece.pieces, (0, 0, 0), piece.sides, piece.weight_g)
    return Packed(piece.weight_g, _longest_first(piece.sides), piece.volume, None, (alone,))


def _fits(piece: _Piece, box: Box) -> bool:
    room = sorted((box.length_mm, box.width_mm, box.height_mm))
    return piece.weight_g <= box.load_g_max and all(a <= b for a, b in zip(sorted(piece.sides), room, strict=True))


def _could_hold(box: Box, pieces: Sequence[_Piece]) -> bool:
    room = box.length_mm * box.width_mm * box.height_mm
    return sum(p.volume for p in pieces) <= room and sum(p.weight_g for p in pieces) <= box.load_g_max


def _fill(box: Box, pieces: Sequence[_Piece]) -> tuple[Packed, list[_Piece]]:
    """A box with what fits of these, in their order, and what does not."""
    spaces: list[tuple[Sides, Sides]] = [((0, 0, 0), (box.length_mm, box.width_mm, box.height_mm))]
    load_g, inside, rest = 0, [], []
    for piece in pieces:
        found = _find_space(spaces, piece.sides) if load_g + piece.weight_g <= box.load_g_max else None
        if found is None:
            rest.append(piece)
            continue
        place, sides = found
        at, room = spaces.pop(place)
        inside.append(Placed(piece.item, piece.pieces, at, sides, piece.weight_g))
        load_g += piece.weight_g
        spaces += _cut(at, room, sides)
        spaces.sort(key=lambda space: space[1][0] * space[1][1] * space[1][2])
    sides = _longest_first((box.length_mm, box.width_mm, box.height_mm))
    volume = box.length_mm * box.width_mm * box.height_mm
    return Packed(load_g + box.tare_g, sides, volume, box.id, tuple(inside)), rest


def _find_space(spaces: Sequence[tuple[Sides, Sides]], sides: Sides) -> tuple[int, Sides] | None:
    """The smallest space that takes the piece, and how it is turned: so that it leaves the least beside it."""
    shortest, middle, longest = sorted(sides)
    for place, (_, room) in enumerate(spaces):
        a, b, c = sorted(room)
        if shortest <= a and middle <= b and longest <= c:
            turned = [t for t in set(permutations(sides)) if t[0] <= room[0] and t[1] <= room[1] and t[2] <= room[2]]
            return place, min(turned, key=lambda t: (min(room[0] - t[0], room[1] - t[1], room[2] - t[2]), t))  # type: ignore[return-value]
    return None


def _cut(at: Sides, room: Sides, sides: Sides) -> list[tuple[Sides, Sides]]:
    """The three cuboids that are left of a space: beside the piece over the whole room, behind it, above it."""
    (x, y, z), (length, width, height), (a, b, c) = at, room, sides
    if (length - a) * width >= (width - b) * length:
        beside, behind = (length - a, width, height), (a, width - b, height)
    else:
        beside, behind = (length - a, b, height), (length, width - b, height)
    parts = [((x + a, y, z), beside), ((x, y + b, z), behind), ((x, y, z + c), (a, b, height - c))]
    return [(corner, part) for corner, part in parts if min(part) > 0]
