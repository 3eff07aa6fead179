"""Goods that a form is about: found by their words, ticked, and sent with the rest of the form. No script is needed.

A merchant finds among its own goods, the operator among all that buyers see. Each is a box named `pick.` and its id;
addresses and article numbers may be typed beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from entrepot import catalog
from entrepot.discovery import SearchRequest
from entrepot.identity import Scope
from entrepot.kernel import Snapshot

from ..visit import CurrentVisit

BOX = "pick."
FOUND = 20
WORDS_LENGTH_MAX = 200


class Goods(NamedTuple):
    """A product to be ticked; without a price where buyers do not see it now."""

    id: str
    title: str
    price_minor: int | None
    currency: str


def ticked(said: Mapping[str, str]) -> tuple[str, ...]:
    """The ids of the boxes that a form was sent with."""
    return tuple(name.removeprefix(BOX) for name in said if name.startswith(BOX))


def read_chosen(snapshot: Snapshot, scope: Scope, names: Iterable[str]) -> tuple[list[Goods], list[str]]:
    """What ids, addresses and article numbers mean; and those that mean nothing, as they were typed."""
    wanted = list(dict.fromkeys(names))
    known = catalog.find_handles(snapshot, wanted, scope) if wanted else {}
    cards = {card.id: card for card in catalog.list_cards(snapshot, list(known.values()))}
    chosen = {
        product_id: Goods(product_id, card.title, card.price_minor, card.currency)
        if (card := cards.get(product_id))
        else Goods(product_id, name, None, "")
        for name, product_id in known.items()
    }
    return list(chosen.values()), [name for name in wanted if name not in known]


async def find_goods(visit: CurrentVisit, words: str, *, mine: bool, chosen: Iterable[Goods]) -> list[Goods]:
    """The first few products with these words that are not chosen yet."""
    words, taken = words.strip()[:WORDS_LENGTH_MAX], {each.id for each in chosen}
    if mine:
        listings = await visit.read(lambda s: catalog.list_listings(s, visit.scope, words, most=FOUND))
        found = [Goods(each.product_id, each.title, each.price_minor, each.currency) for each in listings]
    else:
        page = await visit.search(SearchRequest(q=words, limit=FOUND))
        found = [Goods(hit.id, hit.title, hit.price, hit.currency) for hit in page.hits]
    return [each for each in found if each.id not in taken]
