"""The merchant's goods, many at once: statuses, edits, stock between places, bundles, collections, matches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import catalog, identity
from entrepot.catalog import (
    BulkEdit,
    BulkPreview,
    BundlePart,
    Card,
    Collection,
    CollectionDraft,
    Edit,
    ListingStatus,
    Movement,
    NamedLine,
    PriceStep,
    ProductContent,
    ProductDraft,
    Proposal,
    Twin,
)
from entrepot.identity import Scope
from entrepot.kernel import Tx

from ..endpoints import endpoint
from ..params import ID, NO_NUL, After, Id, Key, Most, OptionalKey, Slug
from ..visit import Visit
from ..wire import Done, Listed, Made, listed

Ids = Annotated[tuple[Annotated[str, Meta(pattern=ID)], ...], Meta(min_length=1, max_length=500)]
Place = Annotated[str, QueryParameter(name="location_id", max_length=60, pattern=NO_NUL, description="One of yours")]
StateOfTwin = Annotated[
    Literal["open", "joined", "apart"], QueryParameter(name="state", description="Open, joined or kept apart")
]
Note = Annotated[str, Meta(pattern=NO_NUL, max_length=1_000)]


class SetStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Publish, schedule (with a time ahead), hide or delist listings."""

    listing_ids: Ids
    status: Literal["published", "scheduled", "hidden", "delisted"]
    publish_at: Annotated[datetime, Meta(tz=True)] | None = None


class Changed(msgspec.Struct, frozen=True):
    """How many were another before."""

    changed: int


class MoveStock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many free pieces go from one place to another."""

    from_location_id: Id
    to_location_id: Id
    quantity: Annotated[int, Meta(ge=1, le=10**9)]


class MakeBundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A product with one variant and no stock of its own, and the offers that it is made of."""

    product: ProductDraft
    parts: Annotated[tuple[BundlePart, ...], Meta(min_length=1, max_length=50)]


class Propose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other words for a product that somebody else owns."""

    product_id: Id
    content: ProductContent
    note: Note = ""


class LowStock(msgspec.Struct, frozen=True):
    """An offer that has come down to the number at which its seller wants to be told."""

    offer_id: str
    listing_id: str
    title: str
    left: int
    low_stock_at: int


class CollectionPage(msgspec.Struct, frozen=True):
    """A collection and a page of its goods; `next` is what to send as `after`."""

    collection: Collection
    items: list[Card]
    next: str | None


@endpoint("POST", "/api/merchant/listings/status", asks=SetStatus, access="member", status=200)
async def set_listing_status(visit: Visit, asked: SetStatus, key: OptionalKey = None) -> Changed:
    """Publish, schedule, hide or delist up to 500 listings at once."""
    at = None if asked.publish_at is None else _microseconds(asked.publish_at)
    status: ListingStatus = asked.status

    def command(tx: Tx) -> Changed:
        return Changed(catalog.set_listing_status(tx, visit.scope, asked.listing_ids, status, at))

    return await visit.once(key, command, Changed)


@endpoint("POST", "/api/merchant/offers/{offer_id:str}/move", asks=MoveStock, access="member", status=200)
async def move_stock(visit: Visit, offer_id: Id, asked: MoveStock, key: Key) -> Done:
    """Carry pieces from one place to another; what is held for orders stays."""

    def command(tx: Tx) -> Done:
        catalog.move_stock(tx, visit.scope, offer_id, asked.from_location_id, asked.to_location_id, asked.quantity)
        return Done()

    return await visit.once(key, command, Done)


@endpoint("GET", "/api/merchant/offers/{offer_id:str}/movements", access="member")
async def list_movements(
    visit: Visit, offer_id: Id, location_id: Place, after: After = None, most: Most = 50
) -> Listed[Movement]:
    """What changed of an offer's stock at a place, newest first."""
    found = await visit.read(lambda s: catalog.list_movements(s, visit.scope, offer_id, location_id, after, most + 1))
    return listed(found, most, lambda each: each.id)


@endpoint("GET", "/api/merchant/offers/{offer_id:str}/prices", access="member")
async def list_prices(visit: Visit, offer_id: Id, most: Most = 100) -> Listed[PriceStep]:
    """What an offer cost, newest first."""
    return Listed(await visit.read(lambda s: catalog.list_prices(s, visit.scope, offer_id, most)))


@endpoint("GET", "/api/merchant/low-stock", access="member")
async def list_low_stock(visit: Visit, after: After = None, most: Most = 50) -> Listed[LowStock]:
    """Offers that have run low."""
    found = await visit.read(lambda s: catalog.list_low_stock(s, visit.scope, after or "", most + 1))
    return listed([LowStock(*each) for each in found], most, lambda each: each.offer_id)


@endpoint("POST", "/api/merchant/edits/preview", asks=Edit, access="member", status=200)
async def preview_edit(visit: Visit, asked: Edit) -> BulkPreview:
    """What an edit of many listings would do; changes nothing."""
    return await visit.read(lambda s: catalog.preview_edit(s, visit.scope, asked))


@endpoint("POST", "/api/merchant/edits", asks=Edit, access="member")
async def start_edit(visit: Visit, asked: Edit, key: Key) -> BulkEdit:
    """Edit many listings in the background."""

    def command(tx: Tx) -> Made:
        return Made(catalog.start_edit(tx, visit.scope, asked).id)

    made = await visit.once(key, command, Made)
    return await visit.read(lambda s: catalog.get_edit(s, visit.scope, made.id))


@endpoint("GET", "/api/merchant/edits", access="member")
async def list_edits(visit: Visit, after: After = None, most: Most = 20) -> Listed[BulkEdit]:
    """Edits, newest first."""
    found = await visit.read(lambda s: catalog.list_edits(s, visit.scope, after or "", most + 1))
    return listed(found, most, lambda each: each.id)


@endpoint("GET", "/api/merchant/edits/{edit_id:str}", access="member")
async def get_edit(visit: Visit, edit_id: Id) -> BulkEdit:
    """How far an edit is."""
    return await visit.read(lambda s: catalog.get_edit(s, visit.scope, edit_id))


@endpoint("GET", "/api/merchant/edits/{edit_id:str}/lines", access="member")
async def list_edit_lines(visit: Visit, edit_id: Id, after: After = None, most: Most = 200) -> Listed[NamedLine]:
    """What an edit did to each thing."""
    first = int(after) if after and after.isascii() and after.isdecimal() and len(after) < 12 else 0
    found = await visit.read(lambda s: catalog.list_edit_lines(s, visit.scope, edit_id, first, most + 1))
    page = listed(found, most, lambda each: str(each[0]))
    return Listed([line for _, line in page.items], page.next)


@endpoint("POST", "/api/merchant/edits/{edit_id:str}/undo", access="member")
async def undo_edit(visit: Visit, edit_id: Id, key: Key) -> BulkEdit:
    """Take an edit back, as an edit of its own: what changed since stays."""

    def command(tx: Tx) -> Made:
        return Made(catalog.undo_edit(tx, visit.scope, edit_id).id)

    made = await visit.once(key, command, Made)
    return await visit.read(lambda s: catalog.get_edit(s, visit.scope, made.id))


@endpoint("POST", "/api/merchant/bundles", asks=MakeBundle, access="member")
async def save_bundle(visit: Visit, asked: MakeBundle, key: OptionalKey = None) -> Made:
    """List a bundle, or change the one of its external id; gives the product's id."""
    organisation = identity.require_organisation(visit.scope)

    def command(tx: Tx) -> Made:
        return Made(catalog.save_bundle(tx, visit.scope, organisation, asked.product, asked.parts))

    return await visit.once(key, command, Made)


@endpoint("GET", "/api/collections/{slug:str}")
async def get_public_collection(visit: Visit, slug: Slug, after: After = None, most: Most = 40) -> CollectionPage:
    """A published collection with its goods, in its order."""
    position, _, product_id = (after or "").partition(".")
    place = (int(position), product_id) if position.isascii() and position.isdecimal() and len(position) < 10 else None
    found = await visit.read(lambda s: catalog.find_collection(s, slug))
    cards, following = await visit.read(lambda s: catalog.list_collection_cards(s, found.id, place, most))
    return CollectionPage(found, cards, f"{following[0]}.{following[1]}" if following else None)


@endpoint("GET", "/api/merchant/collections", access="member")
async def list_collections(visit: Visit, after: After = None, most: Most = 50) -> Listed[Collection]:
    """The merchant's own collections, newest first."""
    found = await visit.read(lambda s: catalog.list_collections(s, visit.scope, after or "", most + 1))
    return listed(found, most, lambda each: each.id)


@endpoint("POST", "/api/merchant/collections", asks=CollectionDraft, access="member")
async def make_collection(visit: Visit, asked: CollectionDraft, key: OptionalKey = None) -> Collection:
    """Make a collection, by hand or by a rule."""

    def command(tx: Tx) -> Made:
        return Made(catalog.save_collection(tx, visit.scope, asked).id)

    made = await visit.once(key, command, Made)
    return await visit.read(lambda s: catalog.get_collection(s, visit.scope, made.id))


@endpoint("GET", "/api/merchant/collections/{collection_id:str}", access="member")
async def get_collection(visit: Visit, collection_id: Id) -> Collection:
    """One of them."""
    return await visit.read(lambda s: catalog.get_collection(s, visit.scope, collection_id))


@endpoint("PUT", "/api/merchant/collections/{collection_id:str}", asks=CollectionDraft, access="member")
async def change_collection(
    visit: Visit, collection_id: Id, asked: CollectionDraft, key: OptionalKey = None
) -> Collection:
    """Change one; what is left out is as if it were new."""

    def command(tx: Tx) -> Made:
        return Made(catalog.save_collection(tx, visit.scope, asked, collection_id).id)

    await visit.once(key, command, Made)
    return await visit.read(lambda s: catalog.get_collection(s, visit.scope, collection_id))


@endpoint("DELETE", "/api/merchant/collections/{collection_id:str}", access="member")
async def delete_collection(visit: Visit, collection_id: Id) -> Done:
    """Take one away; its goods stay."""
    await visit.write(lambda tx: catalog.delete_collection(tx, visit.scope, collection_id))
    return Done()


@endpoint("GET", "/api/merchant/matches", access="member")
async def list_matches(visit: Visit, which: StateOfTwin = "open", after: After = None, most: Most = 50) -> Listed[Twin]:
    """Products of the merchant's that may be what another seller listed before."""
    found = await visit.read(lambda s: catalog.list_twins(s, visit.scope, which, after or "", most + 1))
    return listed(found, most, lambda each: each.id)


@endpoint("POST", "/api/merchant/matches/{twin_id:str}/join", access="member", status=200)
async def join_match(visit: Visit, twin_id: Id, key: OptionalKey = None) -> Made:
    """Make one product of the two; gives its id."""

    def command(tx: Tx) -> Made:
        return Made(catalog.join_twins(tx, visit.scope, twin_id))

    return await visit.once(key, command, Made)


@endpoint("POST", "/api/merchant/matches/{twin_id:str}/apart", access="member", status=200)
async def keep_match_apart(visit: Visit, twin_id: Id, key: OptionalKey = None) -> Done:
    """Keep two products apart, or split them again."""

    def command(tx: Tx) -> Done:
        catalog.keep_apart(tx, visit.scope, twin_id)
        return Done()

    return await visit.once(key, command, Done)


@endpoint("GET", "/api/merchant/proposals", access="member")
async def list_proposals(visit: Visit, after: After = None, most: Most = 50) -> Listed[Proposal]:
    """Open proposals of other words: for the merchant's products, and those that it made."""
    found = await visit.read(lambda s: catalog.list_proposals(s, visit.scope, "open", after or "", most + 1))
    return listed(found, most, lambda each: each.id)


@endpoint("POST", "/api/merchant/proposals", asks=Propose, access="member")
async def propose_content(visit: Visit, asked: Propose, key: OptionalKey = None) -> Proposal:
    """Propose other words for a product that one sells and somebody else owns."""

    def command(tx: Tx) -> Made:
        return Made(catalog.propose_content(tx, visit.scope, asked.product_id, asked.content, asked.note).id)

    made = await visit.once(key, command, Made)
    return await visit.read(lambda s: catalog.get_proposal(s, visit.scope, made.id))


@endpoint("POST", "/api/merchant/proposals/{proposal_id:str}/accept", access="member", status=200)
async def accept_proposal(visit: Visit, proposal_id: Id, key: OptionalKey = None) -> Proposal:
    """Make what another seller proposes the words of one's product."""
    return await _decide(visit, proposal_id, key, catalog.accept_proposal)


@endpoint("POST", "/api/merchant/proposals/{proposal_id:str}/decline", access="member", status=200)
async def decline_proposal(visit: Visit, proposal_id: Id, key: OptionalKey = None) -> Proposal:
    """Leave the words as they are."""
    return await _decide(visit, proposal_id, key, catalog.decline_proposal)


@endpoint("POST", "/api/merchant/proposals/{proposal_id:str}/withdraw", access="member", status=200)
async def withdraw_proposal(visit: Visit, proposal_id: Id, key: OptionalKey = None) -> Proposal:
    """Take one's own proposal back."""
    return await _decide(visit, proposal_id, key, catalog.withdraw_proposal)


async def _decide(
    visit: Visit, proposal_id: str, key: str | None, verb: Callable[[Tx, Scope, str], Proposal]
) -> Proposal:
    def command(tx: Tx) -> Made:
        return Made(verb(tx, visit.scope, proposal_id).id)

    await visit.once(key, command, Made)
    return await visit.read(lambda s: catalog.get_proposal(s, visit.scope, proposal_id))


def _microseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000 + at.microsecond


ROUTES: tuple[ControllerRouterHandler, ...] = (
    set_listing_status, move_stock, list_movements, list_prices, list_low_stock, preview_edit, start_edit, list_edits,
    get_edit, list_edit_lines, undo_edit, save_bundle, get_public_collection, list_collections, make_collection,
    get_collection, change_collection, delete_collection, list_matches, join_match, keep_match_apart, list_proposals,
    propose_content, accept_proposal, decline_proposal, withdraw_proposal,
)  # fmt: skip
