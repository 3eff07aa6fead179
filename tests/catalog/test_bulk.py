"""Edits of many listings: what the preview says is what happens, and taking it back puts everything back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import catalog, deliver
from entrepot.catalog import Change, Edit, PriceChange, SaleChange, Selection, StatusChange, StockChange
from entrepot.catalog.bulk.planning import near
from entrepot.catalog.bulk.running import run_batch
from entrepot.kernel import DAY, Conflict, Database, Invalid, NotFound, Workers, to_rfc3339
from tests.catalog.shop import ADDRESS, SYSTEM, Shop, draft, events, open_shop, state, variant


@pytest.fixture
def shelf(shop: Shop) -> Shop:
    """Six hundred lamps: three batches; a third of them in a category, one of two variants, one in another currency."""
    rows = [draft(f"l-{n:03}", title=f"Lamp {n}", price_minor=1_000 + n, category="home/lamps" if n % 3 == 0 else None,
                  tags=("old",) if n % 2 else ()) for n in range(598)]  # fmt: skip
    shop.save(*rows[:400])
    both = draft("both", title="Lamp in two sizes", options=("Size",), variants=(
        variant("b-s", 2_000, options={"Size": "S"}), variant("b-m", 3_000, options={"Size": "M"})))  # fmt: skip
    shop.save(*rows[400:], both, draft("euros", title="Lamp for euros", currency="EUR", price_minor=5_000))
    return shop


def _edit(shop: Shop, change: Change, selection: Selection | None = None) -> catalog.BulkEdit:
    """Preview, run and compare what both say."""
    asked = Edit(selection or Selection(), change, "USD")
    looked = shop.database.read_now(lambda s: catalog.preview_edit(s, shop.scope, asked))
    edit = shop.database.write_now(lambda tx: catalog.start_edit(tx, shop.scope, asked))
    done = _run(shop, edit.id)
    assert (done.changed, done.unchanged, done.refused) == (looked.changed, looked.unchanged, looked.refused)
    assert looked.complete
    return done


def _run(shop: Shop, edit_id: str) -> catalog.BulkEdit:
    Workers(shop.database, (catalog.bulk_task(),), "test").drain()
    done = shop.database.read_now(lambda s: catalog.get_edit(s, shop.scope, edit_id))
    assert (done.state, done.done) == ("done", done.total)
    return done


def _prices(shop: Shop) -> dict[str, int]:
    found = shop.database.read_now(lambda s: catalog.list_listings(s, shop.scope, most=700))
    return {offer.external_id: offer.price_minor for listing in found for offer in listing.offers}


def test_six_hundred_prices_change_and_change_back(shelf: Shop) -> None:
    before = _prices(shelf)
    told = len(events(shelf.database))
    done = _edit(shelf, Change(price=PriceChange("raise", percent_bps=1_000)))
    assert (done.changed, done.unchanged, done.refused) == (600, 0, 1)
    assert _prices(shelf) == {
        name: (price * 11 + 5) // 10 if name != "euros" else price for name, price in before.items()
    }
    said = [body for name, body in events(shelf.database, told) if name == "catalog.OffersChanged"]
    assert len(said) <= 6, "set-wise"
    assert sum(len(body["product_ids"]) for body in said) == 599
    lines = shelf.database.read_now(lambda s: catalog.list_edit_lines(s, shelf.scope, done.id))
    assert len(lines) == 601
    assert [line.external_id for _, line in lines if line.reason] == ["euros"]

    offer = shelf.offer("l-005")
    shelf.database.write_now(
        lambda tx: catalog.update_offer(tx, shelf.scope, offer.id, catalog.OfferChange(price_minor=77))
    )
    undo = shelf.database.write_now(lambda tx: catalog.undo_edit(tx, shelf.scope, done.id))
    taken_back = _run(shelf, undo.id)
    assert (taken_back.changed, taken_back.refused) == (599, 1)
    assert _prices(shelf) == before | {"l-005": 77}
    with pytest.raises(Conflict):
        shelf.database.write_now(lambda tx: catalog.undo_edit(tx, shelf.scope, done.id))


def test_every_kind_of_value_changes_and_comes_back(shop: Shop) -> None:
    berlin = shop.database.write_now(lambda tx: deliver.add_location(tx, shop.scope, "Berlin", ADDRESS)).id
    shop.database.write_now(
        lambda tx: catalog.save_categories(
            tx, SYSTEM, [catalog.CategoryDraft("home", {"en": "Home"}), catalog.CategoryDraft("garden", {"en": "G"})]
        )
    )
    shop.save(
        draft("a", category="home", tags=("x",), list_price_minor=6_000), draft("b", quantity="uncounted"),
        draft("c", published=False),
    )  # fmt: skip
    before = {each: shop.offer(each) for each in "abc"}, state(shop)
    at = to_rfc3339(shop.database.clock.now() + DAY)
    for change, changed in (
        (Change(price=PriceChange("set", amount_minor=5_500)), 3),
        (Change(price=PriceChange("lower", percent_bps=500, step_minor=100, ending_minor=99)), 3),
        (Change(sale=SaleChange(percent_bps=2_000, ends_at=at)), 3),
        (Change(stock=StockChange(berlin, "set", 4)), 3),
        (Change(stock=StockChange(shop.location_id, "lower", 20)), 2),
        (Change(low_stock_at=50), 3),
        (Change(status=StatusChange("hidden")), 2),
        (Change(status=StatusChange("scheduled", at)), 3),
        (Change(status=StatusChange("delisted")), 3),
        (Change(category="garden"), 3),
        (Change(add_tags=("new",), remove_tags=("x",)), 3),
    ):
        done = _edit(shop, change)
        assert done.changed == changed, change
        undo = shop.database.write_now(lambda tx, id=done.id: catalog.undo_edit(tx, shop.scope, id))
        assert _run(shop, undo.id).changed == changed, change
        assert ({each: shop.offer(each) for each in "abc"}, state(shop)) == before, change


def test_a_selection_means_what_fits_and_nothing_else(shop: Shop, database: Database) -> None:
    shop.save(
        draft("a", title="Red 100% lamp", category="home/lamps", tags=("50%", "x"), brand="Fjell", price_minor=100),
        draft("b", title="Red chair", category="home", price_minor=200), draft("c", published=False, price_minor=300),
    )  # fmt: skip
    open_shop(database, "Other").save(draft("a"))
    mine = {each.external_id: each.id for each in database.read_now(lambda s: catalog.list_listings(s, shop.scope))}

    def meant(**selection: Any) -> int:
        return database.read_now(lambda s: catalog.count_selected(s, shop.id, Selection(**selection)))

    assert meant() == 3
    assert (meant(q="red"), meant(q="100%"), meant(q="%"), meant(q="b")) == (2, 1, 1, 2)
    assert (meant(category="home"), meant(category="home/lamps"), meant(category="hom")) == (2, 1, 0)
    assert (meant(tag="x"), meant(tag="50%"), meant(tag="5"), meant(brand="fjell")) == (1, 1, 0, 1)
    assert (meant(status="draft"), meant(status="published"), meant(status="delisted")) == (1, 2, 0)
    assert (meant(price_from_minor=200), meant(price_from_minor=150, price_to_minor=250)) == (2, 1)
    assert meant(listing_ids=(mine["a"], "lst_none")) == 1


def test_an_edit_that_cannot_be_is_refused_before_it_starts(shop: Shop, database: Database) -> None:
    shop.save(draft("a"))
    other = open_shop(database, "Other")
    for change in (
        Change(), Change(price=PriceChange("set")), Change(price=PriceChange("set", amount_minor=0)),
        Change(price=PriceChange("raise", amount_minor=1, percent_bps=1)), Change(sale=SaleChange()),
        Change(sale=SaleChange(price_minor=1, ends_at="soon")), Change(status=StatusChange("scheduled")),
        Change(status=StatusChange("hidden", "2030-01-01T00:00:00Z")), Change(category="no/such"),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            database.write_now(lambda tx, c=change: catalog.start_edit(tx, shop.scope, Edit(Selection(), c, "USD")))
    theirs = Change(stock=StockChange(other.location_id, "set", 1))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: catalog.start_edit(tx, shop.scope, Edit(Selection(), theirs, "USD")))
    done = _edit(shop, Change(price=PriceChange("lower", amount_minor=5_000)))
    assert (done.changed, done.refused) == (0, 1), "a price below nothing is refused, line by line"
    with pytest.raises(NotFound):
        database.read_now(lambda s: catalog.get_edit(s, other.scope, done.id))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: catalog.undo_edit(tx, other.scope, done.id))


def test_an_edit_that_stops_midway_goes_on_where_it_stood(shelf: Shop) -> None:
    before = _prices(shelf)
    asked = Edit(Selection(q="lamp"), Change(price=PriceChange("raise", amount_minor=10)), "USD")
    edit = shelf.database.write_now(lambda tx: catalog.start_edit(tx, shelf.scope, asked))
    first = shelf.database.write_now(lambda tx: run_batch(tx, edit.id))
    assert 0 < first.done < first.total
    _run(shelf, edit.id)
    assert _prices(shelf) == {name: price + (10 if name != "euros" else 0) for name, price in before.items()}


@given(st.integers(1, 10**6), st.integers(1, 1_000), st.integers(0, 999))
def test_the_nearest_price_with_an_ending(price: int, step: int, ending: int) -> None:
    found = near(price, step, ending)
    assert found > 0
    assert found % step == ending % step
    others = [each for each in range(max(price - 2 * step, 1), price + 2 * step) if each % step == ending % step]
    assert abs(found - price) == min(abs(each - price) for each in others)


def test_a_sheet_goes_out_and_comes_back(shop: Shop) -> None:
    berlin = shop.database.write_now(lambda tx: deliver.add_location(tx, shop.scope, "Berlin", ADDRESS)).id
    shop.save(*(draft(f"l-{n:03}", price_minor=1_000 + n) for n in range(300)))
    places = [(shop.location_id, "Workshop"), (berlin, "Berlin")]

    def download() -> list[list[str]]:
        rows, after = [catalog.sheet_header(places)], "start"
        while after:
            after = "" if after == "start" else after
            some, after = shop.database.read_now(
                lambda s, a=after: catalog.sheet_lines(s, shop.id, Selection(), places, a)
            )
            rows += some
        return rows

    def upload(rows: list[list[str]]) -> catalog.BulkEdit:
        sheet = catalog.read_sheet("\n".join(";".join(row) for row in rows), places)
        edit = shop.database.write_now(lambda tx: catalog.start_sheet(tx, shop.scope, sheet))
        return _run(shop, edit.id)

    first = download()
    assert len(first) == 301
    assert (upload(first).changed, upload(first).refused) == (0, 0), "what was not changed changes nothing"
    names = first[0]
    by_article = {row[1]: row for row in first}
    by_article["l-000"][names.index("price")] = "12.34"
    by_article["l-000"][names.index("sale_price")] = "10"
    by_article["l-000"][names.index("sale_until")] = "2030-01-01T00:00:00Z"
    by_article["l-001"][names.index("stock: Berlin")] = "7"
    by_article["l-002"][names.index("price")] = "much"
    by_article["l-003"][0] = "off_none"
    done = upload(first)
    assert (done.changed, done.refused) == (2, 2)
    view = shop.offer("l-000")
    assert (view.regular_price_minor, view.price_minor) == (1_234, 1_000)
    assert shop.offer("l-001").available == 17
    undo = shop.database.write_now(lambda tx: catalog.undo_edit(tx, shop.scope, done.id))
    assert _run(shop, undo.id).changed == 2
    assert (shop.offer("l-000").price_minor, shop.offer("l-001").available) == (1_000, 10)
    for bad in ("", "title\nx", "offer;stock: Moon\noff_1;3"):
        with pytest.raises(Invalid):
            catalog.read_sheet(bad, places)
