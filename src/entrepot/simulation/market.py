"""The demo market: its owner, merchants with their goods and pictures, and the index. Through the rooms' verbs alone.

Steps:

1. the market is opened, with its cast: Alice shops, Bruno sells, Chen buys compute, Dana operates;
2. pictures are drawn and stored, by two processes;
3. every merchant applies, is approved, says where goods leave from and what delivery costs, and lists its goods over
   some weeks, so that there are newer and older ones.

Time and chance come from outside: the same seed and end give the same market.
"""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from html import escape
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from entrepot import catalog, cloud, deliver, group, identity, ledger
from entrepot.app import Entrepot
from entrepot.catalog import (
    AttributeDefinition,
    CategoryDraft,
    MerchantApplication,
    ProductDraft,
    ReviewDraft,
    StoredPicture,
    VariantDraft,
)
from entrepot.deliver import RateSheetDraft
from entrepot.group import Market
from entrepot.identity import Address, OrganisationKind, Role, Scope, SignUp
from entrepot.kernel import DAY, HOUR, Blobs, Lane, ManualClock, Tx, to_rfc3339, write_fact

from . import catalogue
from .types import DemoCatalogue, DemoMerchant, DemoOffer, DemoPicture, DemoProduct, DemoVariant

COMPUTE_CREDIT = 25 * 10**9
"""What Chen may spend on compute, in nano units."""
NO_PASSWORD = "!"
"""No hash has this form: these people sign in by a click, in a demo home and on loopback only."""
CAST = "demo.cast"
"""The fact that makes a home a demo, and says who may sign in by a click."""
LISTED_AT_ONCE = 50
CURRENCY = "USD"
EVERYWHERE = ("*",)
SPELLED = {"colour": "color", "frame_colour": "frame_color"}
"""The catalogue's own spelling of codes; feeds may use either."""

Say = Callable[[str, int, int], None]
"""Told how far a step is: its name, done, total."""


class Seller(msgspec.Struct, frozen=True):
    """A merchant of the demo: what the grammar says of it, who acts for it, and where its goods lie."""

    demo: DemoMerchant
    scope: Scope
    location_id: str

    @property
    def id(self) -> str:
        """The merchant's id."""
        assert self.scope.organisation is not None
        return self.scope.organisation


class Cast(msgspec.Struct, frozen=True):
    """Who plays, and the merchants; `ids` are product ids by merchant slug and external id."""

    alice: Scope
    dana: Scope
    sellers: tuple[Seller, ...]
    ids: dict[tuple[str, str], str]


def open_market(
    entrepot: Entrepot, clock: ManualClock, made: DemoCatalogue, until: int, random: Random, say: Say
) -> Cast:
    """Open an empty home as this market; goods are listed between the clock's time and `until`."""
    database = entrepot.database
    alice, dana = database.write_now(lambda tx: _open(tx, made))
    stored = store_pictures(entrepot.home / "blobs", made, say)
    sellers = tuple(_seller(entrepot, dana, demo, number) for number, demo in enumerate(made.merchants))
    database.write_now(lambda tx: _cast(tx, alice, dana, sellers))
    ids = _list_goods(entrepot, clock, made, sellers, stored, until, random, say)
    return Cast(alice, dana, sellers, ids)


def _open(tx: Tx, made: DemoCatalogue) -> tuple[Scope, Scope]:
    owner = SignUp("dana@harbour.example", NO_PASSWORD, "Dana", "en")
    user, platform = group.open_market(tx, Market("Harbour Market", CURRENCY), owner)
    dana = Scope(user, platform, frozenset({Role.OPERATOR}))
    catalog.save_categories(tx, dana, [_category(each, place) for place, each in enumerate(made.categories)])
    catalog.save_attributes(tx, dana, [_attribute(each) for each in made.attributes])
    for name, steps, days in (
        ("Standard", ((1_000, 390), (5_000, 590), (20_000, 1_290), (100_000, 3_900), (1_000_000, 9_900)), (3, 6)),
        ("Express", ((1_000, 990), (5_000, 1_490), (20_000, 2_990), (100_000, 7_900), (1_000_000, 17_900)), (1, 2)),
    ):
        draft = RateSheetDraft(name, "weight", EVERYWHERE, CURRENCY, steps, None, *days)
        deliver.save_rate_sheet(tx, dana, draft)
    return Scope(new_person(tx, "Alice", "alice@harbour.example")), dana


def new_person(tx: Tx, name: str, email: str, language: str = "en") -> str:
    """Open an account that nobody can sign in to with a password; returns its id."""
    user = identity.sign_up(tx, SignUp(email, NO_PASSWORD, name, language))
    assert user is not None, f"{email} is taken"
    return user.id


def _seller(entrepot: Entrepot, dana: Scope, demo: DemoMerchant, number: int) -> Seller:
    def apply(tx: Tx) -> Seller:
        person = new_person(tx, "Bruno" if number == 0 else demo.name, f"{demo.slug}@harbour.example")
        application = MerchantApplication(
            demo.name, demo.country, CURRENCY, f"{demo.tagline.rstrip('.')}. {demo.about}"
        )
        merchant = catalog.apply_as_merchant(tx, Scope(person), application)
        catalog.approve_merchant(tx, dana, merchant.id, demo.commission_bps)
        scope = Scope(person, merchant.id, frozenset({Role.MERCHANT}))
        return Seller(demo, scope, deliver.add_location(tx, scope, demo.ship_from.name, _address(demo)).id)

    return entrepot.database.write_now(apply)


def _address(demo: DemoMerchant) -> Address:
    place = demo.ship_from
    return Address(
        name=demo.name, line1="1 Warehouse Lane", line2="", city=place.city, region="", postal_code=place.postcode,
        country=place.country, phone="",
    )  # fmt: skip


def _cast(tx: Tx, alice: Scope, dana: Scope, sellers: tuple[Seller, ...]) -> None:
    chen = new_person(tx, "Chen", "chen@harbour.example")
    lab = identity.create_organisation(tx, Scope(chen), OrganisationKind.DEVELOPER, "Chen's lab")
    bruno = sellers[0].scope
    players = [
        ("Alice", alice.actor, None, "/"),
        ("Bruno", bruno.actor, bruno.organisation, "/merchant"),
        ("Chen", chen, lab, "/cloud"),
        ("Dana", dana.actor, dana.organisation, "/operator"),
    ]
    names = ("name", "user_id", "organisation", "start")
    write_fact(tx, CAST, [dict(zip(names, player, strict=True)) for player in players])
    unit = cloud.nano(cloud.Settings().currency)
    ledger.post(tx, cloud.credit_plan(lab, unit, COMPUTE_CREDIT, "demo", granted=True))


# Pictures


def store_pictures(folder: Path, made: DemoCatalogue, say: Say) -> dict[str, StoredPicture]:
    """Draw every picture once and store it, by two processes; the stored ones by the picture's name."""
    specs = catalogue.pictures(made)
    stored: dict[str, StoredPicture] = {}
    # Fresh processes: a fork would copy the writer's thread in the middle of what it does.
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        drawn = pool.map(partial(_draw_and_store, folder), specs, chunksize=8)
        for spec, picture in zip(specs, drawn, strict=True):
            stored[catalogue.picture_name(spec)] = picture
            say("Drawing pictures", len(stored), len(specs))
    return stored


def _draw_and_store(folder: Path, spec: catalogue.PictureSpec) -> StoredPicture:
    return catalog.store_picture(Blobs(folder), catalogue.render(spec))


# Goods


def _list_goods(
    entrepot: Entrepot,
    clock: ManualClock,
    made: DemoCatalogue,
    sellers: tuple[Seller, ...],
    stored: dict[str, StoredPicture],
    until: int,
    random: Random,
    say: Say,
) -> dict[tuple[str, str], str]:
    """List everything, a few dozen at a time, the clock going on between two times."""
    lots = list(_lots(made, sellers, random))
    step = max(1, (until - clock.now()) // max(1, len(lots)))
    ids: dict[tuple[str, str], str] = {}
    done = 0
    for seller, products in lots:
        drafts = [_draft(product, seller, stored, clock.now()) for product in products]
        wanted = [stored[catalogue.picture_name(p.spec)] for product in products for p in product.pictures]

        def save(tx: Tx, seller: Seller = seller, drafts: Any = drafts, wanted: Any = wanted) -> catalog.Saved:
            catalog.record_pictures(tx, wanted)
            return catalog.save_products(tx, seller.scope, seller.id, drafts, seller.location_id)

        saved = entrepot.database.write_now(save, Lane.BULK)
        ids.update({(seller.demo.slug, external): product for external, product in saved.products.items()})
        clock.advance(step)
        done += len(products)
        say("Listing goods", done, sum(len(each) for _, each in lots))
    return ids


def _lots(
    made: DemoCatalogue, sellers: tuple[Seller, ...], random: Random
) -> Iterator[tuple[Seller, list[DemoProduct]]]:
    """Who lists what together: first listers before the others who sell the same, otherwise mixed."""
    by_slug = {seller.demo.slug: seller for seller in sellers}
    for rank in (0, 1, 2):
        lots: list[tuple[Seller, list[DemoProduct]]] = []
        for slug, seller in by_slug.items():
            mine = [p for p in made.products if len(p.merchants) > rank and p.merchants[rank] == slug]
            lots += [(seller, mine[at : at + LISTED_AT_ONCE]) for at in range(0, len(mine), LISTED_AT_ONCE)]
        random.shuffle(lots)
        yield from lots


def _draft(product: DemoProduct, seller: Seller, stored: dict[str, StoredPicture], now: int) -> ProductDraft:
    offers = {offer.variant: offer for offer in product.offers if offer.merchant == seller.demo.slug}
    axes = tuple(dict.fromkeys(name for variant in product.variants for name in variant.options))
    first = product.merchants[0] == seller.demo.slug
    return ProductDraft(
        external_id=product.external_id,
        title=product.title,
        description=_html(product),
        brand=product.brand,
        gtin=product.variants[0].gtin if len(product.variants) == 1 else None,
        category=product.category,
        attributes={code: value for code, value in product.attributes.items() if code not in axes},
        options=axes,
        variants=tuple(_variant(product, each, offers[each.external_id], stored) for each in product.variants),
        pictures=tuple(dict.fromkeys(_sha(picture, stored) for picture in product.pictures)),
        reviews=tuple(_reviews(product, now)) if first else (),
    )


def _variant(
    product: DemoProduct, variant: DemoVariant, offer: DemoOffer, stored: dict[str, StoredPicture]
) -> VariantDraft:
    return VariantDraft(
        price_minor=offer.price_minor,
        currency=offer.currency,
        external_id=variant.external_id,
        options=variant.options,
        list_price_minor=offer.list_price_minor,
        quantity=offer.quantity,
        weight_g=variant.weight_g,
        gtin=variant.gtin if len(product.variants) > 1 else None,
        picture=next((_sha(picture, stored) for picture in product.pictures if _shows(picture, variant)), None),
    )


def _shows(picture: DemoPicture, variant: DemoVariant) -> bool:
    """Whether a picture is of this variant, not of all of them."""
    return bool(picture.options) and picture.options.items() <= variant.options.items()


def _sha(picture: DemoPicture, stored: dict[str, StoredPicture]) -> str:
    return stored[catalogue.picture_name(picture.spec)].sha256


def _reviews(product: DemoProduct, now: int) -> Iterator[ReviewDraft]:
    """What buyers said elsewhere, before the goods came here."""
    for review in product.reviews:
        at = to_rfc3339(now - review.days_ago * DAY - HOUR)
        yield ReviewDraft(review.author, review.rating, review.text, review.title, at)


def _html(product: DemoProduct) -> str:
    """The description as the feed of a shop would carry it."""
    paragraphs = re.split(r"\n+", product.description)
    points = "".join(f"<li>{escape(bullet)}</li>" for bullet in product.bullets)
    return "".join(f"<p>{escape(text)}</p>" for text in paragraphs) + f"<ul>{points}</ul>"


def _category(each: catalogue.DemoCategory, place: int) -> CategoryDraft:
    return CategoryDraft(each.path, {"en": each.name_en, "zh": each.name_zh}, place)


def _attribute(each: catalogue.DemoAttribute) -> AttributeDefinition:
    names = {"en": each.name_en, "zh": each.name_zh}
    kind: Any = each.kind
    code = SPELLED.get(each.code, each.code)
    return AttributeDefinition(code, kind, names, each.unit or None, each.is_facet, each.makes_variants)
