"""Better words for weak searches: proposed from what people asked next, kept only where they win in our own index."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.discovery import list_rewrites
from entrepot.discovery.rewriting import NEXT_WITHIN, Proposal, RewriteSearches, propose, rewrite_task, winning
from entrepot.kernel import Database, Workers
from entrepot.signals import Signal, SignalKind, Stored
from tests.discovery.market import Shop, draft, open_shop


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[Shop]:
    """A shop whose index is open."""
    with open_shop(database, tmp_path) as shop:
        yield shop


def row(number: int, session: str, kind: SignalKind, query: str = "", product: str = "", at: int = 0) -> Stored:
    """A signal as it is read."""
    signal = Signal(kind=kind, session=session, at=at or number, surface="search", query=query or None,
                    product_id=product or None)  # fmt: skip
    return Stored(number, signal)


def way(number: int, session: str, query: str, better: str, product: str) -> list[Stored]:
    """A session that searched in vain, then in other words, and chose."""
    return [
        row(number, session, SignalKind.SEARCH, query),
        row(number + 1, session, SignalKind.SEARCH, better),
        row(number + 2, session, SignalKind.CLICK, product=product),
    ]


def test_the_next_search_of_a_session_that_chose_nothing_proposes_its_words() -> None:
    rows = [*way(1, "a", "torchiere", "floor lamp", "prd_1"), *way(10, "b", "torchiere", "floor lamp", "prd_2")]
    assert propose(rows) == [Proposal("torchiere", "floor lamp", 2, frozenset({"prd_1", "prd_2"}))]
    chosen = [row(1, "a", SignalKind.SEARCH, "lamp"), row(2, "a", SignalKind.CLICK, product="prd_1")]
    assert propose([*chosen, *way(3, "a", "cup", "cups", "prd_3")]) == []
    late = [row(1, "a", SignalKind.SEARCH, "x"), row(2, "a", SignalKind.SEARCH, "lamp", at=NEXT_WITHIN * 2),
            row(3, "a", SignalKind.CLICK, product="prd_1")]  # fmt: skip
    assert propose(late) == []


def test_only_what_wins_in_our_own_index_is_kept() -> None:
    found = {"torchiere": [], "floor lamp": ["prd_1"], "cup": ["prd_2"], "beaker": ["prd_9", "prd_2"]}
    better = Proposal("torchiere", "floor lamp", 2, frozenset({"prd_1"}))
    worse = Proposal("cup", "beaker", 5, frozenset({"prd_2"}))
    lonely = Proposal("beaker", "cup", 1, frozenset({"prd_2"}))
    kept = winning([better, worse, lonely], lambda words: found[words])
    assert [(each.query, each.better, each.before, each.after) for each in kept] == [
        ("torchiere", "floor lamp", 0.0, 1.0)
    ]


def test_no_rewrite_leads_to_another() -> None:
    found = {"a lamp": [], "b lamp": ["prd_1", "prd_2"], "c lamp": ["prd_2"]}
    chain = [
        Proposal("a lamp", "b lamp", 2, frozenset({"prd_1"})),
        Proposal("b lamp", "c lamp", 2, frozenset({"prd_2"})),
    ]
    kept = winning(chain, lambda words: found[words])
    assert {each.query for each in kept}.isdisjoint({each.better for each in kept})


def test_a_rewrite_is_searched_told_and_dropped_when_it_no_longer_wins(shop: Shop) -> None:
    ids = shop.put(draft("lamp", "Arc floor lamp"), draft("cup", "Blue cup"))
    shop.follow()
    now = shop.database.clock.now()
    for session in ("one", "two"):
        for at, (kind, query, product) in enumerate(
            ((SignalKind.SEARCH, "torchiere", None), (SignalKind.SEARCH, "floor lamp", None),
             (SignalKind.CLICK, None, ids["lamp"]))
        ):  # fmt: skip
            shop.signals.add(Signal(kind=kind, session=session, at=now + at, surface="search", query=query,
                                    product_id=product))  # fmt: skip
    shop.signals.flush()
    run_task(shop)
    assert [(each.query, each.better) for each in shop.database.read_now(list_rewrites)] == [
        ("torchiere", "floor lamp")
    ]
    shop.searcher.meaning.forget()
    page = shop.search("torchiere")
    assert page.corrected == "floor lamp"
    assert page.understood is not None
    assert page.understood.typed == "torchiere"
    assert page.hits[0].external_id == "lamp"
    assert shop.search("torchiere", exact=True).corrected is None
    shop.put(draft("lamp", "Torchiere"))
    shop.follow()
    run_task(shop)
    assert shop.database.read_now(list_rewrites) == []


def run_task(shop: Shop) -> None:
    """Run the task once."""
    kind = rewrite_task(shop.searcher.ranked)
    shop.database.write_now(lambda tx: tx.enqueue(kind.name, RewriteSearches()))
    Workers(shop.database, (kind,), "test").drain()
