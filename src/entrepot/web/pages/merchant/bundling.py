"""Bundles: a form that makes one of the merchant's own goods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog
from entrepot.catalog import BundlePart, ProductDraft, VariantDraft
from entrepot.kernel import Invalid, Tx

from ...rendering import redirect
from ...visit import Visit
from ...wire import Made
from ..reading import read_amount
from .console import MEMBER, own_merchant, show
from .goods_forms import read_count


@get("/merchant/bundles/new", include_in_schema=False, opt=MEMBER)
async def new_bundle(visit: Visit) -> Response[str]:
    """An empty form."""
    merchant = await own_merchant(visit)
    return await show(visit, "listings", "bundle.html", said={}, currency=merchant.currency)


@post("/merchant/bundles", include_in_schema=False, opt=MEMBER)
async def make_bundle(visit: Visit) -> Response[Any]:
    """List it, or change the one with its article number."""
    said = await visit.form()
    merchant = await own_merchant(visit)
    try:
        names = _parts(said.get("parts", ""))
        offers = await visit.read(lambda s: catalog.find_offers(s, merchant.id, list(names)))
        if strange := [name for name in names if name not in offers]:
            raise Invalid(f"You have nothing called {strange[0][:80]!r}", fields={"parts": strange[0][:80]})
        draft = ProductDraft(
            external_id=said.get("article", "").strip(),
            title=said.get("title", "").strip(),
            description=said.get("text", ""),
            variants=(VariantDraft(read_amount(said.get("price", ""), merchant.currency), merchant.currency),),
        )
        parts = [BundlePart(offers[name], pieces) for name, pieces in names.items()]

        def command(tx: Tx) -> Made:
            return Made(catalog.save_bundle(tx, visit.scope, merchant.id, draft, parts))

        await visit.once(said.get("_key"), command, Made)
        article = draft.external_id
        found = await visit.read(lambda s: catalog.list_listings(s, visit.scope, article, most=10))
        listing = next(each for each in found if each.external_id == article)
    except Invalid as refusal:
        return await show(visit, "listings", "bundle.html", refusal=refusal, said=said, currency=merchant.currency)
    visit.flash("form.saved")
    return redirect(f"/merchant/listings/{listing.id}")


def _parts(text: str) -> Mapping[str, int]:
    """A line for each part: `2 x article`, or only the article number for one piece."""
    found: dict[str, int] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        count, cross, name = line.strip().replace("×", " x ").partition(" x ")
        pieces, article = (read_count(count), name.strip()) if cross else (1, line.strip())
        found[article] = found.get(article, 0) + pieces
    return found


ROUTES: tuple[ControllerRouterHandler, ...] = (new_bundle, make_bundle)
