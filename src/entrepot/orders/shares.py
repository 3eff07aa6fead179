"""What refunds take of an order: its lines and its delivery, each by parts that sum to the whole again. Pure.

Each share has its own legs: who got how much of it, and what the platform had paid in the buyer's place. A refund takes
pieces of a line, an amount, or all that is left; whatever is taken keeps the proportions that were frozen when the
order was placed, to the unit: commission, tax and subsidy go back at their own rates, and no leg gives more
than it got.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from entrepot.kernel import Conflict, Invalid

from .money import legs_of_part, line_legs, shipping_legs
from .types import Legs, Line, SellerOrder

SHIPPING = "shipping"
"""The name of the share that is the delivery."""
NOTHING = Legs(0, 0, 0, 0)


class Taken(msgspec.Struct, frozen=True):
    """What a refund takes of one share: so many pieces of goods, with these legs."""

    part: str
    pieces: int
    legs: Legs


class Share(msgspec.Struct, frozen=True):
    """A line, or the delivery, and what refunds have taken of it so far."""

    part: str
    pieces: int
    whole: Legs
    taken: Legs = NOTHING
    taken_pieces: int = 0

    @property
    def left(self) -> Legs:
        """What is left to take."""
        return self.whole - self.taken

    @property
    def left_pieces(self) -> int:
        """Pieces that nobody has been paid back."""
        return self.pieces - self.taken_pieces


def shares_of(seller: SellerOrder, lines: Sequence[Line], taken: Iterable[Taken]) -> dict[str, Share]:
    """The shares of a seller order by part, less what was taken of them."""
    shares = {line.id: Share(line.id, line.quantity, line_legs(line)) for line in lines}
    shares[SHIPPING] = Share(SHIPPING, 0, shipping_legs(seller))
    for each in taken:
        shares[each.part] = less(shares[each.part], each)
    return shares


def less(share: Share, taken: Taken) -> Share:
    """A share after a refund."""
    return msgspec.structs.replace(
        share, taken=share.taken + taken.legs, taken_pieces=share.taken_pieces + taken.pieces
    )


def take_pieces(share: Share, pieces: int) -> Taken:
    """So many pieces of a line, each worth what is left of the line for each piece; the last one takes the rest."""
    if not 0 < pieces <= share.left_pieces:
        raise Conflict(f"Only {share.left_pieces} pieces of this are left to give back")
    return Taken(share.part, pieces, _part(share, share.left.total_minor * pieces // share.left_pieces))


def take_paid(share: Share, paid_minor: int) -> Taken:
    """An amount of what the buyer paid, with the subsidy that belongs to it; the goods stay with the buyer."""
    if paid_minor <= 0:
        raise Invalid("Say how much to give back: more than zero")
    if paid_minor > share.left.paid_minor:
        raise Conflict("This would give back more than was paid")
    least, most = 0, share.left.total_minor
    while least < most:  # what is paid grows with what is taken, by one unit at most
        middle = (least + most) // 2
        if _part(share, middle).paid_minor < paid_minor:
            least = middle + 1
        else:
            most = middle
    return Taken(share.part, 0, _part(share, least))


def take_rest(share: Share) -> Taken:
    """All that is left."""
    return Taken(share.part, share.left_pieces, share.left)


def sum_of_legs(taken: Iterable[Taken]) -> Legs:
    """What these take together."""
    return sum((each.legs for each in taken), NOTHING)


def left_of(shares: Mapping[str, Share]) -> Legs:
    """What is left of a seller order, for whoever gets it in the end."""
    return sum((share.left for share in shares.values()), NOTHING)


def gift_part(paid_minor: int, gift_left_minor: int, paid_left_minor: int) -> int:
    """What of a refund goes to gift cards: their part of what is left, rounded up, so that they are filled first."""
    assert 0 <= gift_left_minor <= paid_left_minor
    assert 0 <= paid_minor <= paid_left_minor
    return -(-paid_minor * gift_left_minor // paid_left_minor) if paid_left_minor else 0


def _part(share: Share, total_minor: int) -> Legs:
    """The next so many units of a share, whoever they belong to."""
    return legs_of_part(share.whole, share.taken.total_minor, total_minor, share.whole.total_minor)
