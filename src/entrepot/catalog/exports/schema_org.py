"""A product in the words of schema.org, for the script element of its page: search engines read prices from it.

A product with choices is a ProductGroup with its variants, another a Product. What is said is what buyers see: prices
now, what can be bought, reviews and where they come from.
"""

from __future__ import annotations

from typing import Any, Final

from entrepot.kernel.clock import to_rfc3339

from ..texts import code_of, plain_text
from ..types import OfferView, ProductView, Review, VariantView
from .writing import Site, figure

VARIANTS_MAX: Final = 100
OFFERS_MAX: Final = 20
DESCRIPTION_MAX: Final = 5_000
REVIEWS_MAX: Final = 10
_PLAIN: Final = ("color", "size", "material", "pattern")
_CONDITIONS: Final = {"new": "NewCondition", "refurbished": "RefurbishedCondition", "used": "UsedCondition"}


def schema_org(view: ProductView, site: Site) -> dict[str, Any]:
    """The JSON-LD of a product's page. Pure; nothing in it is escaped for HTML."""
    shared = _shared(view, site)
    if len(view.variants) > 1:
        return shared | {
            "@type": "ProductGroup",
            "productGroupID": view.id,
            "variesBy": [_property(option.name) for option in view.options],
            "hasVariant": [_variant(view, variant, site) for variant in view.variants[:VARIANTS_MAX]],
        }
    only = view.variants[0] if view.variants else None
    return shared | {
        "@type": "Product",
        "productID": view.id,
        "offers": [_offer(offer, site.product(view.slug)) for offer in view.offers[:OFFERS_MAX]],
        **(_identity(only) if only else {}),
    }


def _shared(view: ProductView, site: Site) -> dict[str, Any]:
    chosen = {code_of(option.name) for option in view.options}
    described = {
        "@context": "https://schema.org",
        "name": view.title,
        "url": site.product(view.slug),
        "description": plain_text(view.description_html)[:DESCRIPTION_MAX],
        "brand": {"@type": "Brand", "name": view.brand} if view.brand else None,
        "category": " > ".join(category.names["en"] for category in view.category),
        "image": [_image(picture.sha256 or picture.url or "", site) for picture in view.pictures],
        "additionalProperty": [
            {"@type": "PropertyValue", "name": name, "value": values[0] if len(values) == 1 else list(values)}
            for name, values in view.attributes.items()
            if name not in chosen and values
        ],
        "aggregateRating": _rating(view),
        "review": [_review(each) for each in view.reviews[:REVIEWS_MAX]],
    }
    return {name: value for name, value in described.items() if value}


def _rating(view: ProductView) -> dict[str, Any] | None:
    if not view.rating.count:
        return None
    return {"@type": "AggregateRating", "ratingValue": view.rating.average, "reviewCount": view.rating.count}


def _review(review: Review) -> dict[str, Any]:
    return {
        "@type": "Review",
        "author": {"@type": "Person", "name": review.author},
        "reviewRating": {"@type": "Rating", "ratingValue": review.rating, "bestRating": 5},
        "name": review.title,
        "reviewBody": review.body,
        "datePublished": to_rfc3339(review.written_at),
    }


def _variant(view: ProductView, variant: VariantView, site: Site) -> dict[str, Any]:
    address = site.product(view.slug, variant.id)
    choices = {_property(name): value for name, value in variant.options.items()}
    own: dict[str, Any] = {
        "@type": "Product",
        "name": f"{view.title} – {variant.label}" if variant.label else view.title,
        "url": address,
        **{name: value for name, value in choices.items() if name in _PLAIN},
        "offers": [_offer(offer, address) for offer in variant.offers[:OFFERS_MAX]],
        **_identity(variant),
    }
    if extra := {name: value for name, value in choices.items() if name not in _PLAIN}:
        own["additionalProperty"] = [
            {"@type": "PropertyValue", "name": name, "value": value} for name, value in extra.items()
        ]
    if variant.picture:
        own["image"] = _image(variant.picture, site)
    return own


def _identity(variant: VariantView) -> dict[str, Any]:
    return {"sku": variant.id} | ({"gtin": variant.gtin} if variant.gtin else {})


def _property(name: str) -> str:
    """The word that schema.org has for an option, else the option's own name."""
    return code if (code := code_of(name)) in _PLAIN else name


def _image(source: str, site: Site) -> str:
    return site.picture_url(source)


def _offer(offer: OfferView, address: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "@type": "Offer",
        "url": address,
        "price": figure(offer.price_minor, offer.currency),
        "priceCurrency": offer.currency,
        "availability": f"https://schema.org/{'InStock' if offer.sellable else 'OutOfStock'}",
        "itemCondition": f"https://schema.org/{_CONDITIONS[offer.condition]}",
        "seller": {"@type": "Organization", "name": offer.merchant_name},
    }
    before = offer.regular_price_minor if offer.is_reduced else offer.list_price_minor
    if before and before > offer.price_minor:
        made["priceSpecification"] = {
            "@type": "UnitPriceSpecification",
            "priceType": "https://schema.org/StrikethroughPrice",
            "price": figure(before, offer.currency),
            "priceCurrency": offer.currency,
        }
    if offer.is_reduced and offer.sale_ends_at is not None:
        made["priceValidUntil"] = to_rfc3339(offer.sale_ends_at)
    return made
