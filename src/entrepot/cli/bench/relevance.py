"""How relevant search is on rated queries: as it serves, beside words alone (BM25), with intervals.

The queries and ratings are those of `ENTREPOT_JUDGMENTS` (our CSV, WANDS or ESCI), asked of the market in
`ENTREPOT_HOME`; or, with `ENTREPOT_DATA` set (or the shared data beside this project), icecat-chorus, imported into an
empty home. The control is tantivy over the same products' titles and descriptions: every word must be there, then any.

A learned ranker is measured on queries it was not trained on, whatever serves: each fold by one trained on the others.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import tantivy

from entrepot import catalog, discovery
from entrepot.app import Entrepot, open_home
from entrepot.discovery import LIMIT_MAX, Measure, SearchRequest
from entrepot.identity import Scope
from entrepot.kernel import Unavailable

from .imports import import_feed
from .report import Measured

TOLERANCE = 0.01
ENCODER = "ENTREPOT_DISCOVERY__ENCODER"
Lists = dict[str, list[str]]


def measure_relevance(folder: Path, postgres_url: str | None = None) -> list[Measured]:
    """Measure re-rank and whole NDCG@10, bad places, queries made worse, and head, torso and tail."""
    named, home = os.environ.get("ENTREPOT_JUDGMENTS"), os.environ.get("ENTREPOT_HOME")
    if named and home:
        with closing(open_home(Path(home))) as entrepot:
            entrepot.open_index()
            return _measure(entrepot, Path(named))
    data = _data()
    if data is None:
        return [Measured("no ratings at hand: set ENTREPOT_HOME and ENTREPOT_JUDGMENTS", 0, "")]
    with TemporaryDirectory(dir=folder) as scratch:
        encoder = os.environ.get(ENCODER, "wordllama")
        with closing(open_home(Path(scratch) / "home", {ENCODER: encoder})) as entrepot:
            import_feed(entrepot, data)
            return _measure(entrepot, data / "judgments.csv.gz")


def _data() -> Path | None:
    named = os.environ.get("ENTREPOT_DATA")
    data = (Path(named) if named else Path("../shared/data")) / "icecat-chorus"
    return data if (data / "judgments.csv.gz").is_file() else None


def _measure(entrepot: Entrepot, path: Path) -> list[Measured]:
    ratings = discovery.read_judgments(path).ratings
    control, served = _control(entrepot, ratings), _served(entrepot, ratings)
    found = _told(f"as it serves ({entrepot.indexer.index.encoder})", served, control, ratings)
    examples = discovery.collect_examples(entrepot.database, entrepot.searcher, ratings)
    try:
        trained = discovery.train_ranker(examples, ratings, entrepot.indexer.index.encoder)
    except Unavailable:
        return found  # LightGBM is not installed: there is nothing to learn with
    for name, measured in trained.after.items():
        found.append(Measured(f"learned, queries kept aside: {name} NDCG@10", measured.ndcg, ""))
        if measured.bad is not None:
            found.append(Measured(f"learned, queries kept aside: {name} bad@10", measured.bad, ""))
    return found


def _told(what: str, lists: Lists, control: Lists, ratings: dict[str, dict[str, float]]) -> list[Measured]:
    found = []
    for protocol in discovery.PROTOCOLS:
        measured = discovery.measure(lists, ratings, protocol, baseline=control, tolerance=TOLERANCE)
        found += _rows(f"{what}: {protocol}", measured, discovery.measure(control, ratings, protocol).ndcg)
    counts: dict[str, int] = {}
    scorable = [query for query, rated in ratings.items() if any(rating > 0 for rating in rated.values())]
    for part, queries in discovery.thirds(counts, scorable).items():
        if queries:
            some = {query: ratings[query] for query in queries}
            found.append(Measured(f"{what}: re-rank, {part} ({len(queries)} queries)",
                                  discovery.measure(lists, some, "re-rank").ndcg, ""))  # fmt: skip
    return found


def _rows(what: str, measured: Measure, control: float) -> list[Measured]:
    rows = [
        Measured(f"{what} NDCG@10", measured.ndcg, "", "BM25", measured.ndcg / control),
        Measured(f"{what} NDCG@10, 95 % from", measured.low, ""),
        Measured(f"{what} NDCG@10, 95 % to", measured.high, ""),
        Measured(f"{what} judged@10", measured.judged, ""),
    ]
    if measured.bad is not None:
        rows.append(Measured(f"{what} bad@10", measured.bad, ""))
    if measured.compared is not None:
        rows.append(Measured(f"{what} better than BM25 by", measured.compared.difference, ""))
        rows.append(Measured(f"{what} queries worse than BM25", measured.compared.worse, ""))
    return rows


def _served(entrepot: Entrepot, ratings: dict[str, dict[str, float]]) -> Lists:
    lists = {}
    for query, rated in ratings.items():
        page = entrepot.searcher.search(Scope.public(), SearchRequest(query, limit=LIMIT_MAX, facets=False))
        lists[query] = [hit.id if hit.id in rated else hit.external_id for hit in page.hits]
    return lists


def _control(entrepot: Entrepot, ratings: dict[str, dict[str, float]]) -> Lists:
    """BM25 over title and description: the products with every word of the query, then those with any."""
    builder = tantivy.SchemaBuilder()
    for name in ("title", "body"):
        builder.add_text_field(name, tokenizer_name="en_stem")
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    index = tantivy.Index(builder.build())
    writer = index.writer(64_000_000, 1)
    after, most = "", 1_000
    while True:
        start = after
        products = entrepot.database.read_now(lambda snapshot: catalog.iterate_documents(snapshot, start, most))  # noqa: B023
        for product in products:
            writer.add_document(tantivy.Document(title=product.title, body=product.text, id=product.external_id))
        if len(products) < most:
            break
        after = products[-1].id
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return {query: _ask(index, query) for query in ratings}


def _ask(index: tantivy.Index, query: str) -> list[str]:
    searcher, found = index.searcher(), dict[str, None]()
    words = "".join(sign if sign.isalnum() else " " for sign in query)
    for every in (True, False):
        parsed = index.parse_query(words, ["title", "body"], conjunction_by_default=every)
        for _, address in searcher.search(parsed, LIMIT_MAX).hits:
            found[str(searcher.doc(address).get_first("id"))] = None
    return list(found)
