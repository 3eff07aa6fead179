"""What a promotion gives, to whom, on what and how often; and what must be true of one before it is kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

import msgspec

from entrepot.kernel import Invalid, decimals_of
from entrepot.kernel.money import MINOR_MAX

PromotionKind = Literal["percentage", "amount", "buy_x_get_y", "free_shipping"]
PromotionState = Literal["active", "paused", "ended"]

PLATFORM = "platform"
"""The owner of the operator's promotions."""
CODE = re.compile(r"[^\s\x00-\x1f\x7f]{3,40}")
NAME_LENGTH_MAX = 100
LISTED_MAX = 500
COUNT_MAX = 1_000_000_000
WHOLE_BPS = 10_000


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The figures and conditions of a promotion. Amounts by currency, in minor units; empty lists mean everything.

    `percentage` takes `bps` off the goods it is for, up to `amount_max`; `amount` takes `amounts` off all of them
    together; `buy_x_get_y` takes `bps` off the cheapest `get_quantity` of every `buy_quantity + get_quantity` pieces;
    `free_shipping` takes the delivery off, up to `amount_max`.

    A promotion with amounts or minimums is for orders in their currencies. `minimums` and `minimum_quantity` count the
    goods it is for, at their prices before any discount. Of those that share a `group` one applies: the one of the
    highest `priority`, among equals the best for the buyer. One that does not `combine` applies alone. `seller_bps` is
    the share of its cost that the merchants bear.
    """

    bps: int = 0
    amounts: Mapping[str, int] = {}
    amount_max: Mapping[str, int] = {}
    buy_quantity: int = 0
    get_quantity: int = 0
    minimums: Mapping[str, int] = {}
    minimum_quantity: int = 0
    limit_total: int | None = None
    limit_per_buyer: int | None = None
    first_order: bool = False
    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    merchants: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    group: str = ""
    priority: int = 0
    combines: bool = True
    seller_bps: int = WHOLE_BPS

    @property
    def is_limited(self) -> bool:
        """Whether it counts its uses."""
        return self.limit_total is not None or self.buyer_limit is not None

    @property
    def buyer_limit(self) -> int | None:
        """How often one buyer may use it: a first order comes once."""
        if not self.first_order:
            return self.limit_per_buyer
        return 1

    def sells_in(self, currency: str) -> bool:
        """Whether it can be used in an order in this currency."""
        listed = not self.currencies or currency in self.currencies
        priced = all(currency in each for each in (self.amounts, self.minimums) if each)
        return listed and priced


class PromotionDraft(msgspec.Struct, frozen=True):
    """A promotion to be kept; with an `id` it replaces the one of that id. Without a code it applies by itself."""

    name: str
    kind: PromotionKind
    terms: Terms
    code: str | None = None
    starts_at: int | None = None
    ends_at: int | None = None
    id: str | None = None


class Promotion(msgspec.Struct, frozen=True):
    """A promotion of a merchant, or of the platform. `ended` ones are kept for their figures."""

    id: str
    owner: str
    name: str
    kind: PromotionKind
    code: str | None
    state: PromotionState
    terms: Terms
    starts_at: int
    ends_at: int | None
    created_at: int

    @property
    def is_platforms(self) -> bool:
        """Whether the operator made it, for every merchant's goods."""
        return self.owner == PLATFORM

    @property
    def order(self) -> tuple[bool, int, int, str]:
        """Merchants' promotions first, then by priority, then the older one: so they are applied."""
        return (self.is_platforms, -self.terms.priority, self.created_at, self.id)


def code_key(code: str) -> str:
    """How codes compare: without regard to case, width of letters and spaces at the ends."""
    return unicodedata.normalize("NFKC", code).strip().casefold()


def check_draft(draft: PromotionDraft, owner: str, now: int) -> PromotionDraft:
    """A draft that can be kept, tidied. Invalid, by field, for what makes no sense."""
    terms = draft.terms if owner == PLATFORM else msgspec.structs.replace(draft.terms, seller_bps=WHOLE_BPS)
    draft = msgspec.structs.replace(draft, name=" ".join(draft.name.split()), terms=terms, code=_tidy_code(draft.code))
    fields = {**_wrong_head(draft), **_wrong_kind(draft.kind, terms), **_wrong_limits(terms)}
    if owner != PLATFORM and terms.merchants:
        fields["merchants"] = "A merchant's promotion is for the merchant's own goods"
    if draft.ends_at is not None and draft.ends_at <= (draft.starts_at or now):
        fields["ends_at"] = "It must end after it begins"
    if fields:
        raise Invalid("This promotion cannot be kept: look at the marked fields", fields=fields)
    return draft


def _tidy_code(code: str | None) -> str | None:
    code = (code or "").strip()
    return code or None


def _wrong_head(draft: PromotionDraft) -> dict[str, str]:
    fields = {}
    if not 0 < len(draft.name) <= NAME_LENGTH_MAX or "\0" in draft.name:
        fields["name"] = f"Give it a name of 1 to {NAME_LENGTH_MAX} characters: buyers see it"
    if draft.code is not None and not CODE.fullmatch(draft.code):
        fields["code"] = "A code has 3 to 40 letters and digits, without spaces"
    return fields


def _wrong_kind(kind: PromotionKind, terms: Terms) -> dict[str, str]:
    match kind:
        case "percentage" if not 0 < terms.bps <= WHOLE_BPS:
            return {"bps": "Take more than 0 and at most 100 percent off"}
        case "amount" if not terms.amounts or any(amount <= 0 for amount in terms.amounts.values()):
            return {"amounts": "Say how much to take off, in at least one currency"}
        case "buy_x_get_y" if not (terms.buy_quantity > 0 and terms.get_quantity > 0 and 0 < terms.bps <= WHOLE_BPS):
            return {"buy_quantity": "Say how many to buy, how many of them are cheaper, and by how many percent"}
    return {}


def _wrong_limits(terms: Terms) -> dict[str, str]:
    fields = {}
    for name in ("amounts", "amount_max", "minimums"):
        if why := wrong_amounts(getattr(terms, name)):
            fields[name] = why
    for name in ("limit_total", "limit_per_buyer"):
        limit = getattr(terms, name)
        if limit is not None and not 0 < limit <= COUNT_MAX:
            fields[name] = "Leave it empty for no limit, or allow one use or more"
    for name in ("buy_quantity", "get_quantity", "minimum_quantity"):
        if not 0 <= getattr(terms, name) <= COUNT_MAX:
            fields[name] = "Count 0 pieces or more"
    if not 0 <= terms.seller_bps <= WHOLE_BPS:
        fields["seller_bps"] = "The merchants' share is 0 to 100 percent"
    if not 0 <= terms.bps <= WHOLE_BPS:
        fields["bps"] = "Take at most 100 percent off"
    if not -1_000 <= terms.priority <= 1_000:
        fields["priority"] = "A priority is -1000 to 1000"
    if len(terms.group) > NAME_LENGTH_MAX or "\0" in terms.group:
        fields["group"] = f"A group's name has up to {NAME_LENGTH_MAX} characters"
    for name in ("products", "categories", "collections", "merchants", "currencies"):
        if len(getattr(terms, name)) > LISTED_MAX:
            fields[name] = f"Name up to {LISTED_MAX}"
    return fields


def wrong_amounts(amounts: Mapping[str, int]) -> str | None:
    """What is wrong with amounts by currency, in minor units; None when nothing is."""
    for currency, amount in amounts.items():
        try:
            decimals_of(currency)
        except Invalid as error:
            return error.sentence
        if not 0 <= amount < MINOR_MAX:
            return f"The amount in {currency} is too large, or below zero"
    return None
