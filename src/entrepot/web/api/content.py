"""Pictures and quality of a merchant's listings; the operator's categories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import catalog
from entrepot.catalog import Brought, Category, ManagedPicture, Quality
from entrepot.kernel import Tx

from ..endpoints import endpoint
from ..params import NO_NUL, PLAIN, After, Id, Most, OptionalKey
from ..visit import Visit
from ..wire import Done, Listed, Made, listed

Position = Annotated[int, Meta(ge=0, le=100_000)]
Path = Annotated[str, Meta(pattern=NO_NUL, max_length=700)]
Label = Annotated[str, Meta(pattern=PLAIN, max_length=80)]


class ArrangePictures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Positions of pictures in their new order; what is left out follows."""

    order: Annotated[tuple[Position, ...], Meta(max_length=100)]


class DescribePicture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a picture shows, and under which licence it stands (null leaves that as it is)."""

    position: Position
    alt: Annotated[str, Meta(pattern=NO_NUL, max_length=500)]
    licence: Annotated[str, Meta(pattern=NO_NUL, max_length=500)] | None = None


class RemovePicture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which picture."""

    position: Position


class NameCategory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a category is called."""

    en: Annotated[str, Meta(pattern=PLAIN, min_length=1, max_length=80)]
    zh: Label = ""


class PlaceCategory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A category's path or id; empty for the top."""

    path: Path = ""


class SettleCategories(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By the id of each category of a feed the id of ours that it means, or its own to keep it."""

    choices: Annotated[dict[Id, Id], Meta(max_length=500)]


@endpoint("GET", "/api/merchant/listings/{listing_id:str}/quality", access="member")
async def get_quality(visit: Visit, listing_id: Id) -> Quality:
    """How good a listing is, and what it lacks."""
    listing = await visit.read(lambda s: catalog.get_listing(s, visit.scope, listing_id))
    view = await visit.read(lambda s: catalog.get_product(s, listing.product_id, visit.scope))
    return catalog.check_listing(view, listing.offers)


@endpoint("GET", "/api/merchant/products/{product_id:str}/pictures", access="member")
async def list_pictures(visit: Visit, product_id: Id) -> Listed[ManagedPicture]:
    """The pictures of a product whose content one owns, in their order."""
    return Listed(await visit.read(lambda s: catalog.list_pictures(s, visit.scope, product_id)))


@endpoint("PUT", "/api/merchant/products/{product_id:str}/pictures", asks=ArrangePictures, access="member")
async def arrange_pictures(
    visit: Visit, product_id: Id, asked: ArrangePictures, key: OptionalKey = None
) -> Listed[ManagedPicture]:
    """Set the order of a product's pictures; the first is the main one."""
    return await _pictures(
        visit, key, product_id, lambda tx: catalog.arrange_pictures(tx, visit.scope, product_id, asked.order)
    )


@endpoint("PATCH", "/api/merchant/products/{product_id:str}/pictures", asks=DescribePicture, access="member")
async def describe_picture(
    visit: Visit, product_id: Id, asked: DescribePicture, key: OptionalKey = None
) -> Listed[ManagedPicture]:
    """Say what a picture shows, and its licence."""
    return await _pictures(
        visit,
        key,
        product_id,
        lambda tx: catalog.describe_picture(tx, visit.scope, product_id, asked.position, asked.alt, asked.licence),
    )


@endpoint("POST", "/api/merchant/products/{product_id:str}/pictures/remove", asks=RemovePicture, access="member")
async def remove_picture(
    visit: Visit, product_id: Id, asked: RemovePicture, key: OptionalKey = None
) -> Listed[ManagedPicture]:
    """Take a picture away from a product."""
    return await _pictures(
        visit, key, product_id, lambda tx: catalog.remove_picture(tx, visit.scope, product_id, asked.position)
    )


@endpoint("GET", "/api/operator/categories/brought", access="operator")
async def list_brought(visit: Visit, after: After = None, most: Most = 50) -> Listed[Brought]:
    """Categories that feeds brought and that are none of the market's, each with one that it may mean."""
    found = await visit.read(lambda s: catalog.list_brought(s, visit.scope, after or "", most + 1))
    return listed(found, most, lambda each: each.slug)


@endpoint("POST", "/api/operator/categories/brought", asks=SettleCategories, access="operator")
async def settle_brought(visit: Visit, asked: SettleCategories, key: OptionalKey = None) -> Done:
    """Say what categories of feeds mean; products move, and the merchants' next feeds go there."""

    def command(tx: Tx) -> Done:
        catalog.settle_brought(tx, visit.scope, asked.choices)
        return Done()

    return await visit.once(key, command, Done)


@endpoint("PATCH", "/api/operator/categories/{category_id:str}", asks=NameCategory, access="operator")
async def rename_category(visit: Visit, category_id: Id, asked: NameCategory, key: OptionalKey = None) -> Category:
    """Call a category otherwise; its path stays."""
    names = {"en": asked.en, "zh": asked.zh}
    return await _category(visit, key, lambda tx: catalog.rename_category(tx, visit.scope, category_id, names))


@endpoint("POST", "/api/operator/categories/{category_id:str}/move", asks=PlaceCategory, access="operator")
async def move_category(visit: Visit, category_id: Id, asked: PlaceCategory, key: OptionalKey = None) -> Category:
    """Hang a category, with all below it, elsewhere."""
    under = asked.path or None
    return await _category(visit, key, lambda tx: catalog.move_category(tx, visit.scope, category_id, under))


@endpoint("POST", "/api/operator/categories/{category_id:str}/merge", asks=PlaceCategory, access="operator")
async def merge_category(visit: Visit, category_id: Id, asked: PlaceCategory, key: OptionalKey = None) -> Category:
    """Make one of two categories."""
    return await _category(visit, key, lambda tx: catalog.merge_categories(tx, visit.scope, category_id, asked.path))


async def _pictures(visit: Visit, key: str | None, product_id: str, act: Callable[[Tx], Any]) -> Listed[ManagedPicture]:
    def command(tx: Tx) -> Done:
        act(tx)
        return Done()

    await visit.once(key, command, Done)
    return Listed(await visit.read(lambda s: catalog.list_pictures(s, visit.scope, product_id)))


async def _category(visit: Visit, key: str | None, act: Callable[[Tx], Category]) -> Category:
    made = await visit.once(key, lambda tx: Made(act(tx).id), Made)
    return await visit.read(lambda s: catalog.get_category(s, made.id))


ROUTES: tuple[ControllerRouterHandler, ...] = (
    get_quality,
    list_pictures,
    arrange_pictures,
    describe_picture,
    remove_picture,
    list_brought,
    settle_brought,
    rename_category,
    move_category,
    merge_category,
)
