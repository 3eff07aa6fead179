"""Where a payment's money comes from: the processor, gift cards, and the platform's subsidy. Pure.

Each source of each leg is a hold of its own into the leg's escrow, so that all of them are set aside, captured and let
go in one post.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from entrepot import ledger
from entrepot.kernel import Invalid, derive_id

from . import accounts
from .rows import Leg, LegGift
from .types import GiftUse, Payment, PaymentLeg


class Source(NamedTuple):
    """An amount from one account for one leg."""

    hold_id: str
    seller_order_id: str
    account: ledger.Account
    code: str
    amount_minor: int


def hold_id(payment_id: str, seller_order_id: str, *source: str) -> str:
    """The hold of a leg: of the processor's part, or of a gift card's or the subsidy's when it is named."""
    return derive_id("hld", payment_id, seller_order_id, *source)


def sources_of(payment: Payment, legs: Iterable[Leg | PaymentLeg], gifts: Iterable[LegGift]) -> list[Source]:
    """Every amount that this payment sets aside."""
    currency = payment.currency
    bank, platform = accounts.processor(payment.processor, currency), accounts.subsidy(currency)
    found = []
    for leg in legs:
        key = (payment.id, leg.seller_order_id)
        found += [
            Source(hold_id(*key), leg.seller_order_id, bank, accounts.CAPTURE, leg.amount_minor),
            Source(hold_id(*key, "subsidy"), leg.seller_order_id, platform, accounts.SUBSIDY, leg.subsidy_minor),
        ]
    for gift in gifts:
        held = hold_id(payment.id, gift.seller_order_id, gift.card_id)
        card = accounts.gift_card(gift.card_id, currency)
        found.append(Source(held, gift.seller_order_id, card, accounts.GIFT, gift.amount_minor))
    return [source for source in found if source.amount_minor]


def holds_plan(sources: Iterable[Source], currency: str) -> ledger.Plan:
    """Set everything aside for its escrow."""
    return ledger.Plan(
        tuple(
            ledger.Hold(
                each.hold_id, each.account, accounts.escrow(each.seller_order_id, currency), each.amount_minor,
                each.code, each.seller_order_id,
            )
            for each in sources
        )
    )  # fmt: skip


def capture_plan(sources: Iterable[Source]) -> ledger.Plan:
    """All of it is escrow's now."""
    return ledger.Plan(
        tuple(
            ledger.Capture(
                derive_id("trf", each.hold_id, accounts.CAPTURE), each.hold_id, each.amount_minor, each.code,
                each.seller_order_id, final=True,
            )
            for each in sources
        )
    )  # fmt: skip


def release_plan(sources: Iterable[Source]) -> ledger.Plan:
    """None of it will be."""
    return ledger.Plan(
        tuple(
            ledger.Void(
                derive_id("trf", each.hold_id, accounts.VOID), each.hold_id, accounts.VOID, each.seller_order_id
            )
            for each in sources
        )
    )


def spread(gifts: Sequence[GiftUse], legs: Sequence[PaymentLeg]) -> list[LegGift]:
    """Which card pays how much of which leg: cards in their order, legs in theirs, each filled before the next."""
    check_gifts(gifts, legs)
    open_minor = {leg.seller_order_id: leg.gift_minor for leg in legs}
    found = []
    for gift in gifts:
        left_minor = gift.amount_minor
        for seller_order_id, wanted_minor in open_minor.items():
            if (part_minor := min(left_minor, wanted_minor)) > 0:
                found.append(LegGift(seller_order_id, gift.card_id, part_minor))
                open_minor[seller_order_id] -= part_minor
                left_minor -= part_minor
    return found


def check_gifts(gifts: Sequence[GiftUse], legs: Sequence[PaymentLeg]) -> None:
    """Refuse cards that do not pay just what the legs expect of them."""
    if any(gift.amount_minor <= 0 for gift in gifts):
        raise Invalid("A gift card pays more than nothing, or is left out")
    if len({gift.card_id for gift in gifts}) < len(gifts):
        raise Invalid("A gift card may be used once in a payment")
    if sum(gift.amount_minor for gift in gifts) != sum(leg.gift_minor for leg in legs):
        raise Invalid("The gift cards do not sum to what the order takes of them")
