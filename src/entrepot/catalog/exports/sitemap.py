"""The map of a market for search engines: an index of parts, each with at most 50,000 addresses.

A part is named by the last product before it, so a part that is full never changes its borders: what is new comes at
the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import escape

from sqlalchemy import bindparam, select

from entrepot.kernel import Prepared, Snapshot, prepare
from entrepot.kernel.clock import to_rfc3339

from .. import tables
from ..visibility import SEEN

ADDRESSES_MAX: Final = 50_000
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE: Final = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


class Part(NamedTuple):
    """A part of the map: the product behind which it begins (empty for the first), and its last change."""

    after: str
    changed_at: int


class Address(NamedTuple):
    """A product's page, and when it changed last."""

    slug: str
    changed_at: int


def list_parts(snapshot: Snapshot) -> list[Part]:
    """The parts of the map, in order; none where nothing is to be seen."""
    parts: list[Part] = []
    after = ""
    while rows := snapshot.all(_ids, after=after, most=ADDRESSES_MAX):
        parts.append(Part(after, max(row.changed_at for row in rows)))
        after = rows[-1].id
        if len(rows) < ADDRESSES_MAX:
            break
    return parts


def list_addresses(snapshot: Snapshot, after: str) -> list[Address]:
    """The addresses of one part."""
    return snapshot.all(_addresses, after=after, most=ADDRESSES_MAX)


def write_index(parts: Sequence[Part], site: str) -> str:
    """The index of the map."""
    return "".join((
        _HEAD, f"<sitemapindex {_SPACE}>\n",
        *(f"<sitemap><loc>{_part(site, part)}</loc><lastmod>{_day(part.changed_at)}</lastmod></sitemap>\n"
          for part in parts),
        "</sitemapindex>\n",
    ))  # fmt: skip


def write_part(addresses: Sequence[Address], site: str) -> Iterator[str]:
    """One part of the map."""
    yield f"{_HEAD}<urlset {_SPACE}>\n"
    for each in addresses:
        yield f"<url><loc>{escape(site)}/p/{escape(each.slug)}</loc><lastmod>{_day(each.changed_at)}</lastmod></url>\n"
    yield "</urlset>\n"


def _part(site: str, part: Part) -> str:
    return f"{escape(site)}/sitemaps/{part.after or 'first'}.xml"


def _day(at: int) -> str:
    return to_rfc3339(at)


_p = tables.products.c
_ids: Prepared[Any] = prepare(
    select(_p.id, _p.changed_at).where(_p.id > bindparam("after"), SEEN).order_by(_p.id).limit(bindparam("most"))
)
_addresses: Prepared[Address] = prepare(
    select(_p.slug, _p.changed_at).where(_p.id > bindparam("after"), SEEN).order_by(_p.id).limit(bindparam("most")),
    Address,
)
