"""What lists of products share: the industries above them, and the tokens that report what was seen."""

from __future__ import annotations

import msgspec

from entrepot import catalog, discovery
from entrepot.discovery import SearchPage
from entrepot.kernel import Snapshot

from .visit import Visit


class Industry(msgspec.Struct, frozen=True):
    """A category at the top of the tree."""

    slug: str
    name: str


def list_industries(snapshot: Snapshot, language: str) -> list[Industry]:
    """The market's own categories at the top of the tree, in their order."""
    return [
        Industry(node.category.slug, node.category.name_in(language))
        for node in catalog.category_tree(snapshot)
        if node.category.source is None
    ]


def tokens_of(visit: Visit, found: SearchPage, first: int = 0) -> dict[str, str]:
    """For each hit, what the browser sends when it was seen or clicked. Without a session nothing is sent."""
    if visit.session is None:
        return {}
    key = visit.entrepot.secret_key
    return {
        hit.id: discovery.beacon_token(key, found.request_id, hit.id, first + place)
        for place, hit in enumerate(found.hits)
    }
