"""The page of a product: its variants, who sells it and for how much, when it comes, what buyers say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import catalog, cloud, deliver, identity
from entrepot.catalog import AttributeDefinition, CartOffer, Merchant, OfferView, ProductView, VariantView
from entrepot.discovery import Hit, SearchRequest
from entrepot.group import Market
from entrepot.identity import Scope
from entrepot.kernel import NotFound, Refused, Snapshot

from ..countries import country_name
from ..params import Slug
from ..rendering import quoted, render
from ..shelves import list_industries
from ..visit import Visit
from .specs import list_specs
from .voices import voices_of

RELATED = 6
EVERYWHERE = "*"


class Choice(msgspec.Struct, frozen=True):
    """Something to choose a variant by."""

    name: str
    chosen: str
    values: tuple[ChoiceValue, ...]
    by_picture: bool


class ChoiceValue(msgspec.Struct, frozen=True):
    """A value, the address and the picture of the variant that has it, and whether that variant can be had."""

    label: str
    on: bool
    there: bool
    url: str
    picture: str | None


@get("/p/{slug:str}", include_in_schema=False)
async def product(visit: Visit, slug: Slug) -> Response[str]:
    """A product, with one of its variants chosen."""
    view = await visit.read(lambda s: catalog.get_product(s, slug))
    if slug not in (view.slug, view.id):
        return _moved(view.slug, visit.request.scope["query_string"].decode("latin-1"))
    if view.kind == "model":
        return await _model(visit, view)
    attributes = await visit.read(catalog.list_attributes)
    variant = _chosen_variant(view, visit.request.query_params.get("variant"))
    offer = variant.featured if variant else None
    seller = await visit.read(lambda s: _seller(s, offer)) if offer else None
    nearby = _nearby(await visit.market(), seller)
    return await render(
        visit,
        "product.html",
        view=view,
        offer=offer,
        others=variant.offers[1:] if variant else (),
        why=catalog.why_first(variant.offers) if variant else "",
        parts=await visit.read(lambda s: _parts(s, offer)) if offer and offer.bundle else [],
        choices=_choices(view, variant, _names(attributes, visit.language)),
        pictures=_pictures(view, variant),
        specs=list_specs(view, attributes, visit.language),
        structured=catalog.schema_org(view, catalog.Site(visit.entrepot.settings.public_url)),
        seller=seller,
        seller_country=country_name(seller.country, visit.language) if seller else "",
        promise=await visit.read(lambda s: _promise(s, visit.scope, offer, nearby)) if offer and nearby else None,
        related=await _related(visit, view),
        **await voices_of(visit, view),
        confirm_days=visit.entrepot.settings.orders.confirm_days,
        industries=await visit.read(lambda s: list_industries(s, visit.language)),
        here=view.category[0].slug if view.category else None,
    )


async def _model(visit: Visit, view: ProductView) -> Response[str]:
    """The page of a model: its card, its price by the meter, how to call it, and the way to where it is used."""
    name, offer = view.external_id, view.offers[0] if view.offers else None
    model = await visit.read(lambda s: cloud.find_live(s, name))
    above = await visit.read(lambda s: cloud.ancestors(s, model)) if model else []
    return await render(
        visit,
        "model.html",
        view=view,
        model=model,
        currency=offer.currency if offer else visit.entrepot.settings.cloud.currency,
        made_from=[f"{each.name}@{each.version}" for each in above] or ([model.base] if model and model.base else []),
        made_of_it=await visit.read(lambda s: cloud.descendants(s, model)) if model else [],
        address=visit.entrepot.settings.public_url,
        **await voices_of(visit, view),
        industries=await visit.read(lambda s: list_industries(s, visit.language)),
        here=view.category[0].slug if view.category else None,
    )


def _moved(slug: str, query: str) -> Response[Any]:
    """A product that was joined to another has moved there for good."""
    address = f"/p/{quoted(slug)}{f'?{query}' if query else ''}"
    return Response(None, status_code=301, headers={"Location": address}, media_type="text/plain")


def _parts(snapshot: Snapshot, offer: OfferView) -> list[tuple[CartOffer, int]]:
    """What a set is made of, by name."""
    parts = catalog.offers_for_cart(snapshot, [offer_id for offer_id, _ in offer.bundle])
    return [(parts[offer_id], pieces) for offer_id, pieces in offer.bundle if offer_id in parts]


# --- variants


def _chosen_variant(view: ProductView, wanted: str | None) -> VariantView | None:
    """The variant of the address, else that of the featured offer, else the first."""
    by_id = {variant.id: variant for variant in view.variants}
    if wanted in by_id:
        return by_id[str(wanted)]
    for variant in view.variants:
        if any(offer.id == view.featured_offer_id for offer in variant.offers):
            return variant
    return view.variants[0] if view.variants else None


def _choices(view: ProductView, chosen: VariantView | None, names: dict[str, str]) -> list[Choice]:
    if chosen is None or len(view.variants) < 2:
        return []
    choices = []
    for option in view.options:
        values = tuple(_choice_value(view, chosen, option.name, value) for value in option.values)
        pictures = {value.picture for value in values}
        by_picture = None not in pictures and len(pictures) == len(values) > 1
        name = names.get(option.name.lower(), option.name[:1].upper() + option.name[1:].replace("_", " "))
        choices.append(Choice(name, chosen.options.get(option.name, ""), values, by_picture))
    return choices


def _choice_value(view: ProductView, chosen: VariantView, name: str, value: str) -> ChoiceValue:
    """The variant with this value that shares most of the rest with the chosen one."""
    wanted = {**chosen.options, name: value}
    fitting = [variant for variant in view.variants if variant.options.get(name) == value]
    best = max(fitting, key=lambda v: sum(v.options.get(k) == w for k, w in wanted.items()), default=None)
    there = best is not None and best.options == wanted and _is_sold(best.featured)
    url = f"/p/{view.slug}?variant={best.id}" if best else f"/p/{view.slug}"
    return ChoiceValue(value, chosen.options.get(name) == value, there, url, best.picture if best else None)


def _is_sold(offer: OfferView | None) -> bool:
    return offer is not None and offer.sellable


def _pictures(view: ProductView, variant: VariantView | None) -> list[catalog.PictureView]:
    """The stored pictures; the one that shows the chosen variant first."""
    stored = [picture for picture in view.pictures if picture.sha256]
    shown = variant.picture if variant else None
    return sorted(stored, key=lambda picture: picture.sha256 != shown)


# --- its seller


def _seller(snapshot: Snapshot, offer: OfferView) -> Merchant | None:
    try:
        return catalog.get_merchant(snapshot, offer.merchant_id)
    except NotFound:
        return None


def _promise(snapshot: Snapshot, visitor: Scope, offer: OfferView, nearby: str) -> deliver.Estimate | None:
    """When and for how much the offer's seller delivers one piece: to the visitor's first address, else `nearby`."""
    saved = identity.list_addresses(snapshot, visitor) if visitor.is_person else []
    country = saved[0].address.country if saved else nearby
    sizes = (offer.length_mm, offer.width_mm, offer.height_mm)
    size_mm = None if None in sizes else sizes
    want = deliver.Want(offer.merchant_id, offer.weight_g, size_mm, offer.price_minor, offer.currency, country)  # type: ignore[arg-type]
    return deliver.estimate(snapshot, [want])[0]


def _nearby(market: Market, seller: Merchant | None) -> str:
    """Where a visitor without an address is thought to be: the market's first country, else the seller's."""
    named = [country for country in market.countries if country != EVERYWHERE]
    return named[0] if named else (seller.country if seller else "")


# --- what else is said of it


def _names(definitions: Sequence[AttributeDefinition], language: str) -> dict[str, str]:
    """What attributes are called, by their codes and by their names in other languages."""
    names: dict[str, str] = {}
    for definition in definitions:
        name = definition.names.get(language) or definition.names.get("en", definition.code)
        names |= {each.lower(): name for each in (definition.code, *definition.names.values())}
    return names


async def _related(visit: Visit, view: ProductView) -> list[Hit]:
    if not view.category:
        return []
    request = SearchRequest(
        filters={"category": (view.category[-1].slug,), "in_stock": ("true",)}, limit=RELATED + 1, surface="related"
    )
    try:
        found = await visit.search(request)
    except Refused:
        return []
    return [hit for hit in found.hits if hit.id != view.id][:RELATED]


ROUTES: tuple[ControllerRouterHandler, ...] = (product,)
