"""How well queries are answered where plain systems fail, beside plain BM25 over the same goods in the same run.

Each set is drawn from the packs and the generated market (`sets`, `accessories`, `languages`). Where n products are
right, at most ten, a query scores how many of its first n results are. The control is tantivy with English stemming
over the same texts: every word, or, where nothing has them all, any. Beside it, how long understanding takes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from entrepot.discovery.meaning import packs
from entrepot.discovery.understanding import Asker, understand

from ..report import Measured
from . import accessories, asking, languages, sets
from .market import CURRENCY, Market
from .sets import QUERIES, Judged

PRODUCTS, PRODUCTS_BESIDE = 3_000, 300
FLOOR, GOAL = 1.0, 1.2
"""An answer is never worse than the control's; most sets should be a fifth better."""


def measure_understanding(
    folder: Path,
    postgres_url: str | None = None,
    products: int = PRODUCTS,
    queries: int = QUERIES,
    encoder: str = "wordllama",
) -> list[Measured]:
    """Ask every set of the search and of the control. The databases make no difference: nothing is read from them."""
    with TemporaryDirectory(dir=folder) as scratch:
        market = Market(Path(scratch) / "market", products, encoder=encoder)
        found = list(_measured(market, [*_of_market(market, queries)]))
        market.close()
        made = accessories.make()
        beside = Market(Path(scratch) / "made", PRODUCTS_BESIDE, encoder=encoder)
        beside.add(accessories.documents(made))
        found += _measured(beside, list(accessories.draw(made, queries=queries)))
        beside.close()
    return found


def _of_market(market: Market, queries: int) -> Iterator[Judged]:
    yield from sets.draw(market.catalogue, queries=queries)
    yield from languages.draw(market.catalogue, queries=queries)


def _measured(market: Market, judged: Sequence[Judged]) -> Iterator[Measured]:
    """The success of each set with its control, and the time that understanding took."""
    plain = asking.Plain(market.documents)
    ours = asking.scores(judged, lambda each: asking.answer(market, each.q, each.language))
    control = asking.scores(judged, lambda each: plain.answer(each.q))
    times = _times(market, judged)
    for name, scores in ours.items():
        score, before = asking.mean(scores), asking.mean(control[name])
        ratio = score / before if before else float(np.inf) if score else 1.0
        what = f"{name}: right first, {len(scores)} queries (control {before:.3f})"
        yield Measured(what, score, "", "BM25", min(ratio, 99.0), FLOOR, GOAL)
    yield Measured("a query understood, p50", float(np.percentile(times, 50)), "ms", None, None, 1.0, 0.5, True)
    yield Measured("a query understood, p95", float(np.percentile(times, 95)), "ms")


def _times(market: Market, judged: Sequence[Judged]) -> list[float]:
    """What understanding each query takes once its words were asked for."""
    times = []
    for each in judged:
        asker = Asker(CURRENCY, each.language, units=market.units)
        began = time.perf_counter()
        understand(each.q, market.index, packs(), asker)
        times.append((time.perf_counter() - began) * 1_000)
    return times


__all__ = ["Judged", "Market", "measure_understanding"]
