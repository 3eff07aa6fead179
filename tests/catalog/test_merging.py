"""Attributes and values that mean another: seen so in documents and pages, announced in batches, taken back whole."""

from collections.abc import Callable
from typing import Any

import pytest

from entrepot import catalog
from entrepot.catalog import merging
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotAllowed, NotFound, Workers
from tests.catalog.shop import SYSTEM, Shop, draft, events, variant


def _do(shop: Shop, verb: Callable[..., Any], *args: Any) -> Any:
    return shop.database.write_now(lambda tx: verb(tx, SYSTEM, *args))


def _said(shop: Shop, product_id: str) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """What the index is told of a product, and what its page says."""
    document = shop.database.read_now(lambda s: catalog.documents_of(s, [product_id]))[0]
    page = shop.database.read_now(lambda s: catalog.get_product(s, product_id))
    return document.attributes, page.attributes


def test_merged_words_are_one_for_documents_collections_and_pages_until_taken_back(shop: Shop) -> None:
    one = shop.save(draft("one", attributes={"farbton": "RD", "shape": "round"})).products["one"]
    two = shop.save(draft("two", attributes={"hue": ["red", "rd"]})).products["two"]
    before = [_said(shop, each) for each in (one, two)]

    _do(shop, catalog.merge_attribute, "Farbton", "hue")
    _do(shop, catalog.merge_value, "hue", "rd", "red")
    for said in _said(shop, one):
        assert said == {"hue": ("red",), "shape": ("round",)}
    for said in _said(shop, two):
        assert said == {"hue": ("red",)}, "two words for one are one value"
    assert [(m.attribute, m.word, m.into) for m in shop.database.read_now(lambda s: catalog.list_mergings(s, SYSTEM))] \
        == [("farbton", "", "hue"), ("hue", "rd", "red")]  # fmt: skip

    _do(shop, catalog.undo_merging, "hue", "rd")
    _do(shop, catalog.undo_merging, "farbton", "")
    assert [_said(shop, each) for each in (one, two)] == before


def test_choices_of_variants_follow(shop: Shop) -> None:
    variants = tuple(variant(name, options={"Farbton": name}, quantity=1) for name in ("Rot", "Blau"))
    saved = shop.save(draft("lamp", variants=variants, options=("Farbton",))).products["lamp"]
    _do(shop, catalog.merge_attribute, "farbton", "hue")
    _do(shop, catalog.merge_value, "farbton", "rot", "red")
    document = shop.database.read_now(lambda s: catalog.documents_of(s, [saved]))[0]
    assert document.attributes["hue"] == ("red", "Blau")
    assert {each.choices["hue"] for each in document.each_offer} == {("red",), ("Blau",)}


def test_those_that_say_it_are_announced_in_batches(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "BATCH", 2)
    wanted = {
        shop.save(draft(f"l{n}", attributes={"farbton" if n % 2 else "shape": "x"})).products[f"l{n}"]: n % 2
        for n in range(7)
    }
    _do(shop, catalog.merge_attribute, "farbton", "hue")
    told = len(events(shop.database))
    Workers(shop.database, merging.TASKS, "test").drain()
    fresh = [body["product_ids"] for name, body in events(shop.database, told) if name == "catalog.ProductsListed"]
    assert {each for ids in fresh for each in ids} == {name for name, odd in wanted.items() if odd}
    assert len(fresh) > 1


def test_chains_strangers_and_nonsense_are_refused(shop: Shop) -> None:
    _do(shop, catalog.merge_attribute, "farbton", "hue")
    for refused, verb, args in (
        (Conflict, catalog.merge_attribute, ("tint", "farbton")),
        (Conflict, catalog.merge_attribute, ("hue", "tone")),
        (Invalid, catalog.merge_attribute, ("hue", "Hue")),
        (Invalid, catalog.merge_attribute, ("Colour", "color")),
        (Invalid, catalog.merge_attribute, ("", "hue")),
        (Invalid, catalog.merge_value, ("hue", "Red", "red")),
        (Invalid, catalog.merge_value, ("hue", " ", "red")),
        (NotFound, catalog.undo_merging, ("tint", "")),
    ):
        with pytest.raises(refused):
            _do(shop, verb, *args)
    _do(shop, catalog.merge_value, "hue", "rd", "red")
    for args in (("hue", "red", "crimson"), ("hue", "r", "RD")):
        with pytest.raises(Conflict):
            _do(shop, catalog.merge_value, *args)
    stranger: Scope = shop.scope
    for act in (
        lambda tx: catalog.merge_attribute(tx, stranger, "a", "b"),
        lambda tx: catalog.merge_value(tx, stranger, "a", "b", "c"),
        lambda tx: catalog.undo_merging(tx, stranger, "farbton"),
        lambda tx: catalog.list_mergings(tx, stranger),
    ):
        with pytest.raises(NotAllowed):
            shop.database.write_now(act)
