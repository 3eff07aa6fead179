"""Devices and what is for them, made from the packs' things, families and words: sets about roles and about fitting.

The generated market sells few accessories, so goods are made for these sets: for each family of devices models, and for
each model the device and several accessories that say what they fit. Titles follow the usual forms of feeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import msgspec

from entrepot import catalog
from entrepot.catalog import DocumentOffer, Pack, ProductDocument
from entrepot.catalog.types import Rating

from .sets import QUERIES, Judged

MODELS = ("4", "7", "9", "11", "12", "12 pro", "13", "13 pro", "14", "14 plus", "mini 6")
MAKERS = ("Kestrel", "Ombra", "Tindal", "Varro", "Quillon", "Fenwick", "Halden", "Sorrel")
FORMS = ("{maker} {what} for {family} {model}", "{maker} {adjective} {what} compatible with {family} {model}",
         "{family} {model} {what} by {maker}, {adjective}", "{adjective} {what} - fits {family} {model}")  # fmt: skip
ADJECTIVES = ("slim", "black", "clear", "rugged", "fast", "magnetic", "soft", "blue")
FAMILIES = 14
WORDS = 24


class Made(msgspec.Struct, frozen=True):
    """A product made for a set: what it is, of which family and model."""

    external_id: str
    title: str
    family: str
    model: str
    what: str
    role: str


def make(seed: int = 3) -> list[Made]:
    """The devices and accessories of every pack that knows families."""
    chance = Random(seed)
    return [each for pack in catalog.list_packs() if pack.fits_families for each in _of_pack(pack, chance)]


def _of_pack(pack: Pack, chance: Random) -> Iterator[Made]:
    families = [each for each in pack.fits_families if each.isascii() and pack.thing_of(each)][:FAMILIES]
    usual = [each for each in pack.accessory_words if each.isascii() and _is_accessory(pack, each)]
    words = [each for each in usual if not _says_another(each, usual)][:WORDS]
    number = 0
    for family in families:
        thing = pack.thing_of(family)
        for model in chance.sample(MODELS, 6):
            number += 1
            assert thing is not None
            title = f"{family.title()} {model.title()} {thing.names['en']} {chance.choice(('64GB', '128GB', 'new'))}"
            yield Made(f"MADE-{number:05d}", title, family, model, thing.names["en"], "device")
            for what in chance.sample(words, 5):
                number += 1
                title = chance.choice(FORMS).format(
                    maker=chance.choice(MAKERS), adjective=chance.choice(ADJECTIVES), what=what,
                    family=family.title(), model=model.title(),
                )  # fmt: skip
                yield Made(f"MADE-{number:05d}", title, family, model, what, "accessory")


def _says_another(word: str, words: list[str]) -> bool:
    """Whether a word is, or is another name for, one of the others: a watch band is a band."""
    others = [other for other in words if other != word]
    return any(set(other.split()) & set(word.split()) or other in catalog.same_words(word) for other in others)


def _is_accessory(pack: Pack, word: str) -> bool:
    thing = pack.thing_of(word)
    return thing is None or thing.role == "accessory"


def documents(made: list[Made]) -> Iterator[ProductDocument]:
    """They as the catalogue would give them to an index."""
    for number, each in enumerate(made):
        offer = DocumentOffer(f"off_M{number:025d}", "", "kestrel", {}, 1_000 + number, "USD", True, None)
        yield ProductDocument(
            id=f"prd_M{number:025d}", slug="", external_id=each.external_id, title=each.title, text="", brand=None,
            category=None, category_names=(), attributes={}, gtins=(), merchant_ids=("kestrel",),
            merchant_id="kestrel", merchant_name="", offer_id=offer.offer_id, price_minor=offer.price_minor,
            currency="USD", sellable=True, available=None, offers=1, rating=Rating(0, 0, 0), picture=None,
            created_at=number, changed_at=number, each_offer=(offer,),
        )  # fmt: skip


def draw(made: list[Made], seed: int = 7, queries: int = QUERIES) -> Iterator[Judged]:
    """Queries for a device, for an accessory, and for what fits a model."""
    chance = Random(f"{seed}/roles")
    yield from _unique(queries, lambda: _role(made, chance))
    yield from _unique(queries, lambda: _fits(made, chance))


def _unique(queries: int, make_one: Callable[[], Judged]) -> Iterator[Judged]:
    seen: set[str] = set()
    for _ in range(queries * 20):
        if len(seen) == queries:
            return
        judged = make_one()
        if judged.q not in seen:
            seen.add(judged.q)
            yield judged


def _role(made: list[Made], chance: Random) -> Judged:
    """The family alone, or with its model, asks for the device; with another word, for the accessory."""
    one = chance.choice(made)
    model = f" {one.model}" if chance.random() < 0.5 else ""
    if one.role == "device" or chance.random() < 0.4:
        text = f"{one.family}{model}"
        return Judged("role", text, _right(made, one.family, one.model if model else "", "device"))
    right = _right(made, one.family, "", "accessory", one.what)
    return Judged(
        "role", f"{one.family} {one.what}" if chance.random() < 0.6 else f"{one.what} for {one.family}", right
    )


def _fits(made: list[Made], chance: Random) -> Judged:
    one = chance.choice([each for each in made if each.role == "accessory"])
    form = chance.choice(("{family} {model} {what}", "{what} for {family} {model}", "{what} {family} {model}"))
    text = form.format(family=one.family, model=one.model, what=one.what)
    return Judged("fits", text, _right(made, one.family, one.model, "accessory", one.what))


def _right(made: list[Made], family: str, model: str, role: str, what: str = "") -> frozenset[str]:
    return frozenset(
        each.external_id
        for each in made
        if each.family == family
        and each.role == role
        and (not model or each.model == model)
        and (not what or each.what == what)
    )
