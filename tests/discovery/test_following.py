"""The index follows the catalogue: through events, restarts, damage, rebuilds, and several processes."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from entrepot import catalog, discovery
from entrepot.discovery.index.postings import Postings
from entrepot.kernel import (
    MINUTE,
    SECOND,
    Database,
    ManualClock,
    NotFound,
    Secret,
    catch_up,
    forget_events,
    last_position,
    move_cursor,
)
from entrepot.kernel.testing import settle
from entrepot.signals import Signal, SignalKind, list_signals
from tests.discovery.market import Shop, draft, open_shop


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[Shop]:
    with open_shop(database, tmp_path / "index") as shop:
        yield shop


def test_a_listed_product_is_found_and_a_changed_one_by_its_new_words(shop: Shop) -> None:
    shop.put(draft("a", "Brass lamp", 4_999, brand="Acme"), draft("b", "Oak table"))
    shop.follow()
    [hit] = shop.search("lamp brass").hits[:1]
    assert (hit.external_id, hit.price, hit.currency, hit.merchant, hit.brand) == (
        "a", 4_999, "EUR", "Bruno's Lamps", "Acme",
    )  # fmt: skip
    assert hit.url.startswith("/p/")
    assert hit.why[0] == "Has all your words: lamp, brass"
    shop.put(draft("a", "Copper kettle", 4_999))
    shop.follow()
    assert shop.found("copper") == ["a"]
    assert "a" not in shop.found("brass")


def test_price_stock_and_hiding_show_as_soon_as_the_event_is_placed(shop: Shop) -> None:
    products = shop.put(draft("a", "lamp", 100, quantity=3), draft("b", "lamp", 200, quantity=3))
    shop.follow()
    assert shop.found("lamp", sort="price") == ["a", "b"]
    offer = shop.offer_of(products["a"])
    change = catalog.OfferChange(price_minor=300)
    shop.database.write_now(lambda tx: catalog.update_offer(tx, shop.cast.bruno, offer, change))
    shop.follow()
    assert shop.found("lamp", sort="price") == ["b", "a"]
    shop.database.write_now(lambda tx: catalog.set_stock(tx, shop.cast.bruno, offer, shop.location, 0))
    shop.follow()
    assert shop.found("lamp", sort="price") == ["b"]
    assert shop.search("lamp").total == 1
    shop.database.write_now(lambda tx: catalog.set_stock(tx, shop.cast.bruno, offer, shop.location, 5))
    shop.follow()
    shop.database.write_now(lambda tx: catalog.hide_product(tx, shop.cast.dana, products["b"]))
    shop.follow()
    assert shop.found("lamp") == ["a"]
    shop.database.write_now(lambda tx: catalog.publish_product(tx, shop.cast.dana, products["b"]))
    shop.follow()
    assert sorted(shop.found("lamp")) == ["a", "b"]


def test_what_sold_out_a_moment_ago_is_not_shown_even_before_its_event(shop: Shop) -> None:
    products = shop.put(draft("a", "lamp", quantity=3), draft("b", "lamp", quantity=3))
    shop.follow()
    offer = shop.offer_of(products["a"])
    shop.database.write_now(lambda tx: catalog.set_stock(tx, shop.cast.bruno, offer, shop.location, 0))
    page = shop.search("lamp")
    assert [hit.external_id for hit in page.hits] == ["b"]
    assert page.total == 1


def test_a_suspended_merchants_goods_are_gone_and_come_back(shop: Shop) -> None:
    shop.put(draft("a", "lamp"))
    shop.follow()
    shop.database.write_now(lambda tx: catalog.suspend_merchant(tx, shop.cast.dana, shop.bruno, "fraud"))
    shop.follow()
    assert shop.search("lamp").total == 0
    shop.database.write_now(lambda tx: catalog.approve_merchant(tx, shop.cast.dana, shop.bruno, 1_000))
    shop.follow()
    assert shop.found("lamp") == ["a"]


def test_after_a_restart_the_index_stands_where_it_stood_and_catches_up(shop: Shop) -> None:
    shop.put(draft("a", "lamp"))
    shop.follow()
    shop.indexer.close()
    shop.put(draft("b", "lamp"))
    again = shop.another("first")
    again.open()
    position = again.position
    assert position > 0
    assert again.index.count() == 1
    shop.follow(again)
    assert again.index.count() == 2
    assert again.position > position
    again.close()


def test_an_index_that_a_crash_left_behind_catches_up(shop: Shop) -> None:
    products = shop.put(draft("a", "lamp"), draft("b", "lamp"))
    shop.follow()
    shop.indexer.tick()  # a checkpoint
    shop.put(draft("a", "chandelier"))
    offer = shop.offer_of(products["b"])
    shop.database.write_now(lambda tx: catalog.update_offer(tx, shop.cast.bruno, offer, catalog.OfferChange(7)))
    shop.follow()
    generation = shop.indexer._generation
    assert generation is not None
    generation.close()  # what a kill leaves: files as of the checkpoint, a lease that runs out
    shop.indexer._generation = None
    shop.indexer._writing = False
    clock = shop.database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(MINUTE)
    again = shop.another("second")
    again.open()
    shop.follow(again)
    searcher = discovery.Searcher(shop.database, again.index, shop.meter, shop.signals)
    scope = shop.cast.alice
    assert [hit.external_id for hit in searcher.search(scope, discovery.SearchRequest("chandelier")).hits] == ["a"]
    assert [hit.price for hit in searcher.search(scope, discovery.SearchRequest("lamp")).hits] == [7]
    again.close()


@pytest.mark.parametrize("what", ["manifest.json", "text", "vectors.f32", "everything"])
def test_a_damaged_index_is_built_anew_with_a_sentence(shop: Shop, what: str) -> None:
    shop.put(draft("a", "lamp"), draft("b", "table"))
    shop.follow()
    shop.indexer.close()
    [folder] = [path for path in shop.folder.iterdir() if (path / "manifest.json").exists()]
    target = folder if what == "everything" else folder / what
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink()
    again = shop.another("first")
    with structlog.testing.capture_logs() as logs:
        again.open()
    assert [entry["event"] for entry in logs] == ["the search index is built anew from the catalogue"]
    assert str(folder) in logs[0]["reason"]
    assert again.index.count() == 2
    shop.follow(again)
    assert again.index.count() == 2
    again.close()


def test_an_index_that_was_away_while_events_were_forgotten_is_built_anew(shop: Shop) -> None:
    """One that is at work says where it stands, and nothing behind that is forgotten."""

    def forget() -> int:
        return shop.database.write_now(lambda tx: forget_events(tx, tx.now + 1))

    shop.put(draft("a", "lamp"))
    shop.follow()
    for name in "bcd":
        shop.put(draft(name, "lamp"))
    settle(shop.database, {})
    shop.indexer.tick()
    assert forget() == 0, "the index has not passed them for good"
    shop.indexer.close()
    shop.database.write_now(lambda tx: move_cursor(tx, "index", last_position(tx)))
    assert forget() > 0
    again = shop.another("first")
    with structlog.testing.capture_logs() as logs:
        again.open()
    assert [entry["event"] for entry in logs] == ["the search index is built anew from the catalogue"]
    assert "forgotten" in logs[0]["reason"]
    assert again.index.count() == 4
    again.close()


def test_a_rebuild_switches_while_others_search_and_every_process_follows(shop: Shop) -> None:
    shop.put(*(draft(f"p{n}", "lamp", n + 1) for n in range(30)))
    shop.follow()
    shop.indexer.tick()
    reader = shop.another("second")
    reader.open()
    expected = {f"p{n}" for n in range(30)}
    problems: list[object] = []
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            found = set(shop.found("lamp", limit=100))
            if found != expected:
                problems.append(expected - found)

    thread = threading.Thread(target=search)
    thread.start()
    told: list[int] = []
    for _ in range(3):
        assert shop.indexer.rebuild(told.append) == 30
        shop.follow()
    done.set()
    thread.join()
    assert problems == []
    assert sum(told) == 90
    reader.tick()
    assert reader.index.count() == 30
    reader.close()


def test_one_process_writes_and_the_others_see_stock_at_once_and_words_after_a_checkpoint(shop: Shop) -> None:
    products = shop.put(draft("a", "lamp", quantity=1), draft("b", "lamp", quantity=1))
    shop.follow()
    shop.indexer.tick()
    reader = shop.another("second")
    reader.open()
    shop.follow(reader)
    searcher = discovery.Searcher(shop.database, reader.index, shop.meter, shop.signals)

    def found(q: str) -> list[str]:
        page = searcher.search(shop.cast.alice, discovery.SearchRequest(q, sort="newest"))
        return sorted(hit.external_id for hit in page.hits)

    assert found("lamp") == ["a", "b"]
    offer = shop.offer_of(products["a"])
    shop.database.write_now(lambda tx: catalog.set_stock(tx, shop.cast.bruno, offer, shop.location, 0))
    shop.put(draft("c", "chandelier"))
    shop.follow()
    shop.follow(reader)
    assert found("lamp") == ["b"]
    assert found("chandelier") == []
    shop.indexer._due.clear()
    shop.indexer.tick()
    reader._due.clear()
    reader.tick()
    shop.follow(reader)
    assert found("chandelier") == ["c"]
    assert found("lamp") == ["b"]
    reader.close()


def test_another_process_takes_over_when_the_writer_is_gone(shop: Shop) -> None:
    shop.put(draft("a", "lamp"))
    shop.follow()
    reader = shop.another("second")
    reader.open()
    shop.indexer.close()
    shop.put(draft("b", "lamp"))
    reader._due.clear()
    reader.tick()
    shop.follow(reader)
    assert reader.index.count() == 2
    reader.close()


def test_background_threads_start_and_stop(shop: Shop) -> None:
    shop.indexer.start()
    shop.put(draft("a", "lamp"))
    shop.follow()
    shop.indexer.stop()
    again = shop.another("first")
    again.open()
    assert again.index.count() == 1, "stopping makes durable what was committed"
    again.close()


def test_a_page_notes_what_it_shows_when_there_is_a_session_and_nothing_without(shop: Shop) -> None:
    shop.put(*(draft(f"p{n}", "lamp") for n in range(5)))
    shop.follow()
    shop.search("lamp")
    page = shop.search("lamp", scope=shop.cast.alice, session="ses_1", offset=2, limit=2)
    shop.search("lamp", scope=shop.cast.alice, session="ses_1", limit=0)
    shop.signals.flush()
    noted = [row.signal for row in shop.database.read_now(list_signals)]
    shown = [signal for signal in noted if signal.kind == SignalKind.SHOWN]
    assert [(s.product_id, s.position, s.request_id, s.surface, s.session, s.actor) for s in shown] == [
        (hit.id, n, page.request_id, "search", "ses_1", shop.cast.alice.actor) for n, hit in enumerate(page.hits, 2)
    ]
    assert [signal.query for signal in noted if signal.kind == SignalKind.SEARCH] == ["lamp"]


def test_the_same_request_has_the_same_answer(shop: Shop) -> None:
    shop.put(*(draft(f"p{n}", f"lamp {n % 3}") for n in range(30)))
    shop.follow()
    assert shop.found("lamp 1") == shop.found("lamp 1")


def test_a_query_is_metered_once_for_its_page(shop: Shop) -> None:
    from entrepot import cloud
    from entrepot.identity import Scope

    shop.put(draft("a", "lamp"))
    shop.follow()
    q = f"an illumination for {shop.database.dialect}"
    first = shop.search(q)
    shop.search(q)
    shop.meter.flush()
    operator = Scope("usr_dana", "org_platform", frozenset({"operator"}))
    rows = shop.database.read_now(lambda snapshot: cloud.list_usage(snapshot, operator, 0))
    assert [row.ref for row in rows if row.surface == "search"] == [first.request_id]
    assert {row.surface for row in rows} == {"search", "indexing"}


def test_facets_carry_names_in_the_shoppers_language(shop: Shop) -> None:
    shop.database.write_now(
        lambda tx: catalog.save_categories(
            tx,
            shop.cast.dana,
            [
                catalog.CategoryDraft("home", {"en": "Home", "zh": "家居"}),
                catalog.CategoryDraft("home/lamps", {"en": "Lamps", "zh": "灯具"}),
                catalog.CategoryDraft("home/tables", {"en": "Tables", "zh": "桌子"}),
            ],
        )
    )
    shop.put(
        draft("a", "brass lamp", category="home/lamps", brand="Acme"),
        draft("b", "desk lamp", category="home/lamps", brand="Bolt"),
        draft("c", "desk", category="home/tables", brand="Bolt"),
    )
    shop.follow()
    facets = {facet.name: facet for facet in shop.search("", language="zh").facets}
    assert facets["category"].label == "分类"
    assert [(v.value, v.count, v.label) for v in facets["category"].values] == [
        ("home", 3, "家居"), ("home/lamps", 2, "灯具"), ("home/tables", 1, "桌子"),
    ]  # fmt: skip
    assert sorted(shop.found("", filters={"category": ("home/lamps",)})) == ["a", "b"]
    suggestions = shop.searcher.suggest("des")
    assert [(each.kind, each.text) for each in suggestions] == [
        ("query", "desk"), ("product", "desk"), ("product", "desk lamp"),
    ]  # fmt: skip
    assert suggestions[1].url.startswith("/p/desk")
    assert ("灯具", "category", {"category": ("home/lamps",)}) in [
        (each.text, each.kind, each.filters) for each in shop.searcher.suggest("灯", "zh")
    ]
    assert [each.text for each in shop.searcher.suggest("acm")] == ["Acme", "acme", "brass lamp"]


def test_what_several_people_searched_for_is_suggested(shop: Shop) -> None:
    shop.put(draft("a", "brass lamp for reading"))
    shop.follow()
    for session in ("ses_1", "ses_2"):
        shop.search("Reading  lamp", session=session)
    shop.search("reading table", session="ses_1")
    shop.signals.flush()
    assert "reading lamp" in [each.text for each in shop.searcher.suggest("read")]
    assert "reading table" not in [each.text for each in shop.searcher.suggest("read")]


def test_what_shoppers_chose_lately_stands_higher(shop: Shop) -> None:
    products = shop.put(draft("a", "lamp"), draft("b", "lamp"), draft("c", "lamp"))
    shop.follow()
    last = shop.found("lamp")[-1]
    now = shop.database.clock.now()
    shop.signals.add(Signal(kind=SignalKind.ORDER, session="ses_1", product_id=products[last], at=now - SECOND))
    shop.signals.flush()
    shop.indexer._due.clear()
    shop.indexer.tick()
    page = shop.search("lamp")
    assert page.hits[0].external_id == last
    assert "Other shoppers chose it lately" in page.hits[0].why


def test_a_beacon_is_read_back_and_cannot_be_made_up(shop: Shop) -> None:
    key = Secret("k" * 32)
    token = discovery.beacon_token(key, "req_1", "prd_1", 7)
    assert discovery.read_beacon(key, token) == discovery.Beacon("req_1", "prd_1", 7)
    for wrong in ("", "x", token[:-1], token + "x", discovery.beacon_token(Secret("other"), "req_1", "prd_1", 7)):
        with pytest.raises(NotFound):
            discovery.read_beacon(key, wrong)


def test_prices_have_a_follower_of_their_own_that_does_not_wait_for_words(shop: Shop) -> None:
    products = shop.put(draft("a", "lamp", 100), draft("b", "lamp", 200))
    shop.follow()
    shop.put(*(draft(f"p{n}", "table") for n in range(20)))
    offer = shop.offer_of(products["a"])
    shop.database.write_now(lambda tx: catalog.update_offer(tx, shop.cast.bruno, offer, catalog.OfferChange(300)))
    shop.database.write_now(lambda tx: catalog.hide_product(tx, shop.cast.dana, products["b"]))
    settle(shop.database, {})
    catch_up(shop.database, shop.indexer.columns)
    page = shop.search("lamp", filters={"price": ("300..",)})
    assert [hit.external_id for hit in page.hits] == ["a"]
    assert shop.found("lamp") == ["a"]
    assert shop.found("table") == [], "the words are still to come"
    catch_up(shop.database, shop.indexer)
    assert len(shop.found("table")) == 20
    assert shop.found("lamp") == ["a"]
    shop.indexer.rebuild()
    assert shop.indexer.columns.position <= shop.indexer.position
    catch_up(shop.database, shop.indexer.columns)
    assert shop.found("lamp") == ["a"]


def test_a_change_of_this_process_shows_before_its_event_is_placed(shop: Shop) -> None:
    products = shop.put(draft("a", "lamp", 100), draft("b", "lamp", 200))
    shop.follow()
    offer = shop.offer_of(products["a"])
    shop.database.write_now(lambda tx: catalog.update_offer(tx, shop.cast.bruno, offer, catalog.OfferChange(300)))
    shop.database.write_now(lambda tx: catalog.hide_product(tx, shop.cast.dana, products["b"]))
    assert shop.search("lamp", filters={"price": ("300..",)}).total == 0, "no event was placed yet"
    assert shop.indexer.early.look() == 2
    page = shop.search("lamp", filters={"price": ("300..",)})
    assert [hit.external_id for hit in page.hits] == ["a"]
    assert shop.search("lamp").total == 1
    assert shop.indexer.early.look() == 0, "each once"
    shop.follow()
    assert shop.found("lamp") == ["a"]


def test_an_index_that_fails_halfway_goes_back_to_what_was_whole(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.put(draft("a", "lamp"))
    shop.follow()
    shop.indexer._due.clear()
    shop.indexer.tick()

    failures = iter([OSError(28, "No space left on device")])
    commit = Postings.commit

    def full_once(postings: Postings, count: int) -> None:
        for failure in failures:
            raise failure
        commit(postings, count)

    shop.put(draft("b", "lamp"), draft("c", "lamp"))
    monkeypatch.setattr(Postings, "commit", full_once)
    with pytest.raises(OSError, match="No space"):
        shop.follow()
    assert shop.found("lamp") == ["a"]
    shop.follow()
    assert sorted(shop.found("lamp")) == ["a", "b", "c"]
    generation = shop.indexer.generation
    assert generation is not None
    generation.checkpoint(shop.indexer.position)
