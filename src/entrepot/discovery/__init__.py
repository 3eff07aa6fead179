"""Discovery: finding things. Search, browse and suggest, over an index that follows the catalogue.

The set that a query finds, its total, facets and pages always speak of one and the same thing, and nothing that cannot
be bought is ever in it. No language model is asked while a shopper waits.
"""

from entrepot import cloud as _cloud  # noqa: F401 - it limits the threads of numeric libraries before they are loaded

from .beacons import Beacon, beacon_token, read_beacon
from .building import build
from .index.served import ServedIndex
from .indexing import Indexer
from .rebuilding import REBUILD, Rebuild, rebuild_task, request_rebuild
from .searching import Searcher
from .settings import Settings
from .types import (
    LIMIT_MAX,
    OFFSET_MAX,
    SORTS,
    Document,
    Facet,
    FacetValue,
    Hit,
    Offer,
    SearchPage,
    SearchRequest,
    Suggestion,
)

__all__ = [
    "LIMIT_MAX",
    "OFFSET_MAX",
    "REBUILD",
    "SORTS",
    "Beacon",
    "Document",
    "Facet",
    "FacetValue",
    "Hit",
    "Indexer",
    "Offer",
    "Rebuild",
    "SearchPage",
    "SearchRequest",
    "Searcher",
    "ServedIndex",
    "Settings",
    "Suggestion",
    "beacon_token",
    "build",
    "read_beacon",
    "rebuild_task",
    "request_rebuild",
]
