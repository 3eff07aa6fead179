"""Paging: pages part a list; one that is read by a cursor stands still while prices and stock change under it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import catalog
from entrepot.discovery import LIMIT_MAX, OFFSET_MAX, lists, passing
from entrepot.discovery.lists import Kept, Lists
from entrepot.kernel import Database, Invalid
from tests.discovery.market import Shop, draft, open_shop


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[Shop]:
    with open_shop(database, tmp_path / "index") as shop:
        yield shop


def read_on(shop: Shop, cursor: str | None, limit: int) -> list[list[str]]:
    pages = []
    while cursor is not None:
        page = shop.search(cursor=cursor, limit=limit)
        pages.append([hit.external_id for hit in page.hits])
        cursor = page.next
    return pages


def reprice(shop: Shop, product_id: str, price_minor: int) -> None:
    offer, change = shop.offer_of(product_id), catalog.OfferChange(price_minor)
    shop.database.write_now(lambda tx: catalog.update_offer(tx, shop.cast.bruno, offer, change))


def test_a_list_read_by_a_cursor_has_everything_once_while_prices_and_stock_change(shop: Shop) -> None:
    products = shop.put(*(draft(f"p{n:02}", "lamp", 100 + n, quantity=5) for n in range(30)))
    shop.follow()
    first = shop.search("lamp", sort="price", limit=7, cursor="*")
    assert [hit.external_id for hit in first.hits] == [f"p{n:02}" for n in range(7)]
    assert first.total == 30
    assert first.facets == ()
    for n in (3, 8, 20):  # what was seen becomes the dearest, what is to come the cheapest
        reprice(shop, products[f"p{n:02}"], 9_000 if n == 3 else n)
    sold, place = shop.offer_of(products["p15"]), str(shop.location)
    shop.database.write_now(lambda tx: catalog.set_stock(tx, shop.cast.bruno, sold, place, 0))
    shop.put(draft("new", "lamp", 1))
    shop.follow()
    rest = read_on(shop, first.next, 5)
    assert [len(page) for page in rest] == [5, 4, 5, 5, 3]
    assert [each for page in rest for each in page] == [f"p{n:02}" for n in range(7, 30) if n != 15]
    [eighth] = [hit for hit in shop.search(cursor=first.next, limit=5).hits if hit.external_id == "p08"]
    assert eighth.price == 8, "prices are those of now"


def test_filters_of_a_list_hold_on_every_page(shop: Shop) -> None:
    products = shop.put(*(draft(f"p{n}", "lamp", 100 + n) for n in range(6)))
    shop.follow()
    first = shop.search("lamp", sort="price", filters={"price": ("..104",)}, limit=2, cursor="*")
    reprice(shop, products["p3"], 500)
    shop.follow()
    assert read_on(shop, first.next, 2) == [["p2"], ["p4"]]


def test_other_processes_and_restarts_know_the_list(shop: Shop) -> None:
    shop.put(*(draft(f"p{n}", "lamp") for n in range(6)))
    shop.follow()
    page = shop.search("lamp", limit=2, cursor="*")
    other = Lists(shop.folder / "lists")
    assert len(other.find(str(page.next))[1].ids) == 6


@pytest.mark.parametrize("cursor", ["x", "0" * 32 + ".0", "../../etc/passwd.1", "*.0", "0" * 33])
def test_a_cursor_that_leads_nowhere_is_refused_with_a_sentence(shop: Shop, cursor: str) -> None:
    with pytest.raises(Invalid, match="begin"):
        shop.search("lamp", cursor=cursor)


def test_deep_pages_are_refused_with_the_way_on(shop: Shop) -> None:
    assert shop.search("", offset=OFFSET_MAX, limit=LIMIT_MAX).hits == ()
    with pytest.raises(Invalid, match="cursor"):
        shop.search("", offset=OFFSET_MAX + 1, limit=LIMIT_MAX)
    with pytest.raises(Invalid, match="cursor or an offset"):
        shop.search("", offset=1, cursor="*")


def test_old_lists_and_too_many_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, one = Lists(tmp_path), Kept("a", {}, "relevance", ("prd_1",))
    old = kept.keep(one)
    os.utime(tmp_path / f"{old}.json", (0, time.time() - passing.KEPT_S - 1))
    monkeypatch.setattr(lists, "LISTS_MAX", 3)
    names = [kept.keep(one) for _ in range(8)]
    left = {path.stem for path in tmp_path.iterdir()}
    assert old not in left
    assert names[-1] in left
    assert len(left) <= 4
    with pytest.raises(Invalid, match="narrow"):
        kept.keep(Kept("a", {}, "relevance", ("prd_1",) * (lists.LIST_MAX + 1)))


@given(st.integers(0, 40), st.integers(1, 9), st.sampled_from(["relevance", "price", "-price", "newest"]))
def test_pages_part_the_list(many: int, limit: int, sort: str) -> None:
    from entrepot.discovery.index.base import IndexQuery
    from entrepot.discovery.index.plain import PlainIndex
    from tests.discovery.conftest import product, put

    plain = PlainIndex()
    put(plain, *(product(n, "lamp", price_minor=n % 4, created_at=n % 3) for n in range(many)))
    ids, _ = plain.list_ids(IndexQuery("lamp", sort=sort))
    assert len(ids) == len(set(ids)) == many
    pages = [plain.search(IndexQuery(among=tuple(ids[at : at + limit]), limit=limit)) for at in range(0, many, limit)]
    assert [hit.id for page in pages for hit in page.hits] == ids
