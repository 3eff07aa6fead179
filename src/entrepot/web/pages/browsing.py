"""Places to look around in: categories with their tree, brands, merchants' shops, collections.

Each is a list of its own, with the filters, sorts and pages that a search has; its address says what it is, and the
rest is asked of it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from entrepot import catalog, discovery
from entrepot.catalog import Category, CategoryNode
from entrepot.kernel import NotFound, Snapshot

from ..params import Slug, SlugPath
from ..rendering import redirect
from ..visit import Visit
from .filters import Link, Place
from .searching import show_list

PARTS_MAX = 24


@get("/category/{path:path}", include_in_schema=False, opt={"rate": "search"})
async def category(visit: Visit, path: SlugPath) -> Response[Any]:
    """A category: where it stands in the tree, what it divides into, and its goods."""
    wanted = path.strip("/")
    place = await visit.read(lambda s: _category(s, wanted, visit.language))
    return await show_list(visit, place)


@get("/brand/{name:str}", include_in_schema=False, opt={"rate": "search"})
async def brand(visit: Visit, name: Slug) -> Response[Any]:
    """Everything of one brand. NotFound for one of which there is nothing."""
    asked = discovery.SearchRequest(filters={"brand": (name,)}, limit=1, language=visit.language, facets=False)
    found = await visit.search(asked)
    if not found.hits:
        raise NotFound("There is nothing of this brand at the moment")
    shown = found.hits[0].brand or name
    return await show_list(visit, Place("brand", shown, brand_address(shown), ("brand", shown)))


@get("/m/{slug:str}", include_in_schema=False, opt={"rate": "search"})
async def merchant(visit: Visit, slug: Slug) -> Response[Any]:
    """A merchant's shop: who they are, and what they sell."""
    found = await visit.read(lambda s: catalog.get_merchant(s, slug))
    if found.status != "approved":
        raise NotFound("There is no such merchant")
    if slug != found.slug:
        return redirect(f"/m/{quote(found.slug)}")
    place = Place(
        "merchant",
        found.name,
        f"/m/{quote(found.slug)}",
        ("merchant", found.id),
        text=found.about,
        country=found.country,
        since=found.created_at,
    )
    return await show_list(visit, place)


@get("/collection/{slug:str}", include_in_schema=False, opt={"rate": "search"})
async def collection(visit: Visit, slug: Slug) -> Response[Any]:
    """A collection: what it is about, and its goods. NotFound for one that is not published."""
    found = await visit.read(lambda s: catalog.find_collection(s, slug))
    address = f"/collection/{quote(found.slug)}"
    return await show_list(
        visit, Place("collection", found.title, address, ("collection", found.slug), html=found.text)
    )


def category_address(slug: str) -> str:
    """The address of a category's page."""
    return f"/category/{quote(slug)}"


def brand_address(name: str) -> str:
    """The address of a brand's page."""
    return f"/brand/{quote(name, safe='')}"


def _category(snapshot: Snapshot, slug: str, language: str) -> Place:
    """The category's place. NotFound for one that is none; one without goods has a page that says so."""
    found = catalog.get_category(snapshot, slug)
    above = [catalog.get_category(snapshot, path) for path in _prefixes(found.slug)[:-1]]
    node = _node(catalog.category_tree(snapshot), _prefixes(found.slug))
    parts = tuple(_link(child.category, language) for child in (node.children if node else ())[:PARTS_MAX])
    return Place(
        "category",
        found.name_in(language),
        category_address(found.slug),
        ("category", found.slug),
        crumbs=tuple(_link(each, language) for each in above),
        parts=parts,
    )


def _node(nodes: tuple[CategoryNode, ...], path: list[str]) -> CategoryNode | None:
    """The node at the end of a path of slugs."""
    for node in nodes:
        if node.category.slug == path[0]:
            return node if len(path) == 1 else _node(node.children, path[1:])
    return None


def _link(found: Category, language: str) -> Link:
    return Link(found.name_in(language), category_address(found.slug))


def _prefixes(slug: str) -> list[str]:
    parts = slug.split("/")
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


ROUTES: tuple[ControllerRouterHandler, ...] = (category, brand, merchant, collection)
