"""Products that are one: found, joined, split; and what a feed says afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import catalog
from entrepot.catalog import twins
from entrepot.catalog.matching import model_key
from entrepot.identity import Scope
from entrepot.kernel import MINUTE, SECOND, Conflict, Database, ManualClock, NotFound, find_fact, write_fact
from tests.catalog.shop import SYSTEM, Shop, draft, events, open_shop, state, variant

GTIN, OTHER_GTIN = "4006381333931", "4006381333948"


@pytest.fixture
def bea(database: Database) -> Shop:
    """Another merchant."""
    return open_shop(database, "Bea's Lamps")


def _save(shop: Shop, *drafts: catalog.ProductDraft) -> None:
    """A second after whatever was before."""
    assert isinstance(shop.database.clock, ManualClock)
    shop.database.clock.advance(SECOND)
    shop.save(*drafts)


def _look(database: Database) -> None:
    """As the task does, when what was saved has settled."""
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(MINUTE)
    while twins.find_twins(database):
        pass


def _open(shop: Shop) -> list[catalog.Twin]:
    return shop.database.read_now(lambda s: catalog.list_twins(s, shop.scope))


def _decide(shop: Shop, verb: Any, twin: catalog.Twin) -> None:
    shop.database.write_now(lambda tx: verb(tx, shop.scope, twin.id))


def test_brand_and_model_number_match_whatever_their_spelling(shop: Shop, bea: Shop) -> None:
    _save(shop, draft("a", brand="Fjell", mpn="FJ-100 x"))
    _save(bea, draft("b", brand="FJELL", mpn="fj100X", gtin=GTIN))
    assert bea.product("b").id == shop.product("a").id
    assert bea.product("b").owner_id == shop.id


def test_two_gtins_are_two_articles_whatever_the_model_number_says(shop: Shop, bea: Shop) -> None:
    _save(shop, draft("a", brand="Fjell", mpn="FJ-100", gtin=GTIN))
    _save(bea, draft("b", brand="Fjell", mpn="FJ-100", gtin=OTHER_GTIN))
    assert bea.product("b").id != shop.product("a").id


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_model_key_does_not_mind_case_and_signs(brand: str, mpn: str) -> None:
    key = model_key(brand, mpn)
    assert key == model_key(brand.swapcase().swapcase(), f" {mpn}-") or key is None
    assert model_key("", "ABC-123") is None
    assert model_key("Fjell", "1") is None


def test_titles_that_say_nearly_the_same_are_proposed_and_others_are_not(shop: Shop, bea: Shop) -> None:
    _save(shop, draft("a", title="Fjell desk lamp brass 40 cm", brand="Fjell"), draft("x", title="Fjell lamp 12"))
    _save(
        bea,
        draft("b", title="Fjell brass desk lamp, 40 cm", brand="Fjell"),
        draft("c", title="Fjell brass desk lamp, 50 cm", brand="Fjell"),
        draft("d", title="Fjell desk lamp brass 40 cm", brand="Other"),
    )
    _look(shop.database)
    [twin] = _open(bea)
    assert (twin.product.id, twin.other.id) == (shop.product("a").id, bea.product("b").id)
    assert (twin.reason, twin.score_bps) == ("title", 10_000)
    assert _open(shop) == [], "only who would give up words of its own decides"
    _look(shop.database)
    assert len(_open(bea)) == 1


def test_a_merchant_approved_later_with_the_same_gtin_is_proposed_to_join(shop: Shop, database: Database) -> None:
    late = open_shop(database, "Late", approved=False)
    _save(late, draft("l", gtin=GTIN, title="Some lamp"))
    _save(shop, draft("a", gtin=GTIN))
    _look(database)
    database.write_now(lambda tx: catalog.approve_merchant(tx, SYSTEM, late.id, 500))
    database.write_now(lambda tx: twins.look_again(tx, catalog.MerchantApproved(late.id)))
    _look(database)
    [twin] = database.read_now(lambda s: catalog.list_twins(s, SYSTEM))
    assert twin.reason == "gtin"
    assert {twin.product.id, twin.other.id} == {late.product("l").id, shop.product("a").id}


def test_a_join_moves_everything_and_a_split_puts_it_back(shop: Shop, bea: Shop, database: Database) -> None:
    both = {"options": ("Size",), "variants": (
        variant("s", 100, options={"Size": "S"}, gtin=GTIN), variant("m", 200, options={"Size": "M"}))}  # fmt: skip
    _save(shop, draft("a", title="Fjell lamp", brand="Fjell", variants=(variant("a1", 90, options={"Size": "s"}),),
                    options=("Size",)))  # fmt: skip
    review = catalog.ReviewDraft("Ana", 5, "Fine")
    _save(bea, draft("b", title="Fjell lamp", brand="Fjell", reviews=(review,), **both))
    older, newer = shop.product("a"), bea.product("b")
    before = state(shop), state(bea)
    _look(database)
    [twin] = _open(bea)
    told = len(events(database))
    _decide(bea, catalog.join_twins, twin)

    joined = database.read_now(lambda s: catalog.get_product(s, newer.slug))
    assert (joined.id, joined.slug, joined.title, joined.rating.count) == (older.id, older.slug, "Fjell lamp", 1)
    assert database.read_now(lambda s: catalog.get_product(s, newer.id)).id == older.id
    assert {offer.id for offer in joined.offers} == {each.id for view in (older, newer) for each in view.offers}
    assert [len(each.offers) for each in joined.variants] == [2, 1]
    assert joined.variants[0].gtin == GTIN.zfill(14)
    assert database.read_now(lambda s: catalog.list_cards(s, [newer.id])) == []
    names = [name for name, _ in events(database, told)]
    assert names.index("catalog.ProductsHidden") < names.index("catalog.ProductsListed")
    assert database.read_now(lambda s: [x for proof in catalog.PROOFS for x in proof.check(s).breaches]) == []
    with pytest.raises(Conflict):
        _decide(bea, catalog.join_twins, twin)

    _decide(bea, catalog.keep_apart, twin)
    assert (state(shop), state(bea)) == before
    assert database.read_now(lambda s: catalog.get_product(s, newer.slug)).id == newer.id
    _look(database)
    assert _open(bea) == []


def test_a_joined_listing_stays_when_its_feed_says_something_new(shop: Shop, bea: Shop, database: Database) -> None:
    _save(shop, draft("a", title="Fjell lamp", brand="Fjell"))
    _save(bea, draft("b", title="Fjell lamp", brand="Fjell"))
    _look(database)
    _decide(bea, catalog.join_twins, _open(bea)[0])
    _save(bea, draft("b", title="My own words", brand="Fjell", price_minor=4_000))
    assert bea.product("b").id == shop.product("a").id
    assert shop.product("a").title == "Fjell lamp"
    _save(bea, draft("b", title="My own words", options=("Size",), variants=(
        variant("b", 4_000, options={"Size": "S"}), variant("b2", 4_100, options={"Size": "M"}))))  # fmt: skip
    assert len(shop.product("a").variants) == 2
    third = database.read_now(lambda s: catalog.list_twins(s, bea.scope, "joined"))[0]
    _decide(bea, catalog.keep_apart, third)
    assert {offer.external_id for offer in bea.product("b").offers} == {"b", "b2"}
    assert bea.product("b").id != shop.product("a").id


def test_nobody_else_decides(shop: Shop, bea: Shop, database: Database) -> None:
    _save(shop, draft("a", title="Fjell lamp", brand="Fjell"))
    _save(bea, draft("b", title="Fjell lamp", brand="Fjell"))
    _look(database)
    twin = _open(bea)[0]
    other = open_shop(database, "Third")
    for verb in (catalog.join_twins, catalog.keep_apart):
        for scope in (shop.scope, other.scope, Scope.public()):
            with pytest.raises(NotFound):
                database.write_now(lambda tx, v=verb, c=scope: v(tx, c, twin.id))
    database.write_now(lambda tx: catalog.join_twins(tx, SYSTEM, twin.id))
    assert bea.product("b").id == shop.product("a").id


# --- how much is looked at


def test_of_many_that_are_alike_the_most_alike_are_proposed(
    shop: Shop, bea: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twins, "MOST_ALIKE", 2)
    words = "tall oak floor lamp with dimmer"
    _save(
        shop,
        *(draft(f"a{n}", title=f"{words} {more}", brand="Fjell") for n, more in enumerate(("", "new", "old fine"))),
    )
    _look(shop.database)
    _save(bea, draft("b", title=words, brand="Fjell"))
    _look(shop.database)
    assert sorted(pair.score_bps for pair in _open(bea)) == [8_571, 10_000]


def test_of_very_many_of_a_brand_and_category_none_is_compared_by_its_title(
    shop: Shop, bea: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twins, "GROUP_MAX", 2)
    _save(
        shop, draft("a", title="Oak floor lamp", brand="Fjell"), draft("x", title="Quite another thing", brand="Fjell")
    )
    _save(bea, draft("b", title="Oak floor lamp", brand="Fjell"))
    _look(shop.database)
    assert _open(bea) == []


def test_what_is_to_be_looked_at_again_meanwhile_is_looked_at_again(
    shop: Shop, bea: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    _save(shop, draft("a", title="Oak floor lamp", brand="Fjell"))
    _save(bea, draft("b", title="Oak floor lamp", brand="Fjell"))
    find = twins.find_likely

    def moved(snapshot: Any, fresh: Any) -> Any:
        found = find(snapshot, fresh)
        monkeypatch.setattr(twins, "find_likely", find)
        shop.database.write_now(lambda tx: write_fact(tx, twins._CURSOR, "prd_"))
        return found

    monkeypatch.setattr(twins, "find_likely", moved)
    _look(shop.database)
    assert [pair.reason for pair in _open(bea)] == ["title"]
    assert shop.database.read_now(lambda s: find_fact(s, twins._CURSOR)) == bea.product("b").id
