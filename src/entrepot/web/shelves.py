"""What lists of products share: the industries above them, and the tokens that report what was seen."""

from __future__ import annotations

import msgspec

from entrepot import catalog, discovery
from entrepot.discovery import SearchPage
from entrepot.kernel import Snapshot

from .visit import Visit

INDUSTRIES_MAX = 12


class Industry(msgspec.Struct, frozen=True):
    """A category at the top of the tree."""

    slug: str
    name: str


def list_industries(snapshot: Snapshot, language: str) -> list[Industry]:
    """The market's own categories at the top of the tree, in their order; where it has none, the merchants'."""
    roots = [node.category for node in catalog.category_tree(snapshot)]
    own = [root for root in roots if root.source is None]
    return [Industry(root.slug, root.name_in(language)) for root in (own or roots)[:INDUSTRIES_MAX]]


def tokens_of(visit: Visit, found: SearchPage, first: int = 0) -> dict[str, str]:
    """For each hit, what the browser sends when it was seen or clicked. Without a session nothing is sent."""
    if visit.session is None:
        return {}
    key, session, now = visit.entrepot.secret_key, visit.session.id, visit.now
    return {
        hit.id: discovery.beacon_token(
            key, found.request_id, hit.id, first + place, hit.variant_id if "?" in hit.url else "", session, now
        )
        for place, hit in enumerate(found.hits)
    }
