"""Collections: by hand, and by rules that follow what changes."""

from __future__ import annotations

from typing import Any

import pytest

from entrepot import catalog
from entrepot.catalog import CollectionDraft, CollectionRule
from entrepot.catalog.rules import TASKS, matches
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Database, Invalid, NotFound
from entrepot.kernel.testing import settle
from tests.catalog.shop import SYSTEM, Shop, draft, events, open_shop


def _save(shop: Shop, scope: Any = None, id_: str | None = None, **values: Any) -> catalog.Collection:
    asked = CollectionDraft(**{"title": "Bright things", **values})
    made = shop.database.write_now(lambda tx: catalog.save_collection(tx, scope or shop.scope, asked, id_))
    _settle(shop.database)
    return shop.database.read_now(lambda s: catalog.get_collection(s, scope or shop.scope, made.id))


def _settle(database: Database) -> None:
    settle(database, catalog.reactions(), TASKS)


def _held(shop: Shop, collection: catalog.Collection) -> set[str]:
    """External ids of what is in it."""
    ids = shop.database.read_now(lambda s: catalog.product_ids_of(s, collection.id))
    views = [shop.database.read_now(lambda s, i=each: catalog.get_product(s, i, SYSTEM)) for each in ids]
    return {view.external_id for view in views}


def test_a_collection_by_hand_keeps_its_order_and_what_is_hidden(shop: Shop) -> None:
    shop.save(draft("a"), draft("b"), draft("c"))
    ids = tuple(shop.product(each).id for each in "cab")
    made = _save(shop, product_ids=ids, text="<p>Hello</p><script>x</script>")
    assert made.slug == "bruno-s-lamps-bright-things"
    assert "script" not in made.text

    def shown() -> list[str]:
        found = shop.database.read_now(lambda s: catalog.find_collection(s, made.slug))
        first, after = shop.database.read_now(lambda s: catalog.list_collection_cards(s, found.id, None, 2))
        rest, end = shop.database.read_now(lambda s: catalog.list_collection_cards(s, found.id, after, 2))
        assert end is None
        return [card.external_id for card in (*first, *rest)]

    assert shown() == ["c", "a", "b"]
    shop.database.write_now(lambda tx: catalog.hide_product(tx, shop.scope, ids[1]))
    assert shown() == ["c", "b"]
    shop.database.write_now(lambda tx: catalog.publish_product(tx, shop.scope, ids[1]))
    assert shown() == ["c", "a", "b"]
    [document] = shop.database.read_now(lambda s: catalog.documents_of(s, [ids[0]]))
    assert document.collections == (made.slug,)
    told = len(events(shop.database))
    _save(shop, id_=made.id, product_ids=ids[:2], published=False)
    listed = [each for name, body in events(shop.database, told) if name.endswith("Listed") for each in
              body["product_ids"]]  # fmt: skip
    assert set(listed) == set(ids), "search hears of what came, what went and what is not shown any more"
    with pytest.raises(NotFound):
        shop.database.read_now(lambda s: catalog.find_collection(s, made.slug))


def test_a_rule_fills_itself_and_follows_what_changes(shop: Shop, database: Database) -> None:
    shop.save(
        draft("in", category="home/lamps", brand="Fjell", attributes={"lamp_kind": "Red"}, tags=("sale",)),
        draft("dear", category="home/lamps", brand="Fjell", attributes={"lamp_kind": "red"}, price_minor=9_900),
        draft("other", category="garden", brand="Fjell", attributes={"lamp_kind": "red"}),
    )
    rule = CollectionRule(
        categories=("home",), brands=("fjell",), attributes={"lamp_kind": ("red", "blue")}, price_to_minor=5_000,
        currency="USD", in_stock=True,
    )  # fmt: skip
    made = _save(shop, rule=rule)
    assert (made.filling, _held(shop, made)) == (False, {"in"})
    offer = shop.offer("dear").id
    database.write_now(lambda tx: catalog.update_offer(tx, shop.scope, offer, catalog.OfferChange(price_minor=4_000)))
    _settle(database)
    assert _held(shop, made) == {"in", "dear"}
    database.write_now(lambda tx: catalog.set_stock(tx, shop.scope, offer, shop.location_id, 0))
    _settle(database)
    assert _held(shop, made) == {"in"}
    database.write_now(lambda tx: catalog.hide_product(tx, shop.scope, shop.product("in").id))
    _settle(database)
    assert _held(shop, made) == set()
    shop.save(draft("new", category="home", brand="FJELL", attributes={"lamp_kind": "Blue"}))
    _settle(database)
    assert _held(shop, made) == {"new"}
    _save(shop, id_=made.id, rule=CollectionRule(tags=("sale",)))
    assert _held(shop, made) == set(), "what is hidden is in no rule's collection"


def test_a_merchants_rule_holds_its_own_goods_and_the_markets_all(shop: Shop, database: Database) -> None:
    other = open_shop(database, "Other")
    shop.save(draft("mine", brand="Fjell", tags=("x",)))
    other.save(draft("theirs", brand="Fjell", tags=("y",)))
    assert _held(shop, _save(shop, rule=CollectionRule(brands=("Fjell",)))) == {"mine"}
    assert _held(shop, _save(shop, rule=CollectionRule(tags=("y",)))) == set()
    assert _held(shop, _save(shop, SYSTEM, rule=CollectionRule(brands=("Fjell",)))) == {"mine", "theirs"}
    assert _held(shop, _save(shop, SYSTEM, rule=CollectionRule(merchants=(other.id,)))) == {"theirs"}
    with pytest.raises(Invalid):
        _save(shop, rule=CollectionRule(merchants=(other.id,)))
    with pytest.raises(Invalid):
        _save(shop, product_ids=(other.product("theirs").id,))


def test_nobody_else_sees_or_changes_a_collection(shop: Shop, database: Database) -> None:
    shop.save(draft("a"))
    made = _save(shop, product_ids=(shop.product("a").id,))
    other = open_shop(database, "Other")
    for verb in (
        lambda tx: catalog.get_collection(tx, other.scope, made.id),
        lambda tx: catalog.save_collection(tx, other.scope, CollectionDraft("x"), made.id),
        lambda tx: catalog.delete_collection(tx, other.scope, made.id),
        lambda tx: catalog.get_collection(tx, SYSTEM, made.id),
    ):
        with pytest.raises(NotFound):
            database.write_now(verb)
    assert database.read_now(lambda s: catalog.list_collections(s, other.scope)) == []
    database.write_now(lambda tx: catalog.suspend_merchant(tx, SYSTEM, shop.id, "x"))
    with pytest.raises(NotFound):
        database.read_now(lambda s: catalog.find_collection(s, made.slug))
    database.write_now(lambda tx: catalog.delete_collection(tx, shop.scope, made.id))
    assert database.read_now(lambda s: catalog.list_collections(s, shop.scope)) == []


def test_rules_that_say_nothing_or_too_much_are_refused(shop: Shop) -> None:
    for values in (
        {"rule": CollectionRule()}, {"rule": CollectionRule(price_to_minor=5)}, {"title": " "},
        {"rule": CollectionRule(brands=("a",)), "product_ids": ("prd_x",)},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            _save(shop, **values)


def test_a_category_means_all_below_it_and_nothing_beside_it(shop: Shop) -> None:
    shop.save(draft("a", category="home/lamps"), draft("b", category="homeware"), draft("c"))
    documents = shop.database.read_now(lambda s: catalog.iterate_documents(s, "", 10))
    found = {each.external_id for each in documents if matches(CollectionRule(categories=("home",)), each, ())}
    assert found == {"a"}


def test_goods_of_a_collection_by_hand_are_put_in_order(shop: Shop) -> None:
    ids = [shop.save(draft(f"thing{n}")).products[f"thing{n}"] for n in range(4)]
    made = shop.database.write_now(
        lambda tx: catalog.save_collection(tx, shop.scope, CollectionDraft("Choice", product_ids=tuple(ids)))
    )

    def arrange(*wanted: str, scope: Scope = shop.scope, of: str = made.id) -> list[str]:
        shop.database.write_now(lambda tx: catalog.arrange_collection(tx, scope, of, wanted))
        return shop.database.read_now(lambda s: catalog.product_ids_of(s, of))

    assert arrange(ids[2], ids[0]) == [ids[2], ids[0], ids[1], ids[3]], "the others follow as they stood"
    assert arrange(ids[3], "prd_strange", ids[3]) == [ids[3], ids[2], ids[0], ids[1]]
    with pytest.raises(NotFound):
        arrange(ids[0], scope=open_shop(shop.database, "Other").scope)
    ruled = shop.database.write_now(
        lambda tx: catalog.save_collection(tx, shop.scope, CollectionDraft("Rule", rule=CollectionRule(tags=("x",))))
    )
    with pytest.raises(Conflict):
        arrange(ids[0], of=ruled.id)
