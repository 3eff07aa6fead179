"""Collections: a page of each for buyers; the merchant's console and the operator's keep their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog
from entrepot.catalog import Card, Collection, CollectionDraft, CollectionRule
from entrepot.kernel import Invalid, Refused, Tx, parse_money

from ..claim_forms import picture_in
from ..params import Id, MaybeInQuery, Slug
from ..rendering import redirect, render
from ..visit import Visit
from ..wire import Made, listed
from .merchant.console import MEMBER
from .merchant.console import SECTIONS as MERCHANT_SECTIONS
from .merchant.goods_forms import read_list, typed
from .operator.console import OPERATOR
from .operator.console import SECTIONS as OPERATOR_SECTIONS

PAGE = 24
KEPT = 30
PICTURE_BYTES_MAX = 20_000_000
HANDPICKED_MAX = 1_000
ARRANGED = 100


class Console(NamedTuple):
    """Whose collections are kept, and where."""

    name: str
    sections: Any
    section: str

    @property
    def path(self) -> str:
        """The address of the list."""
        return f"/{self.name}/collections"


MERCHANT = Console("merchant", MERCHANT_SECTIONS, "listings")
MARKET = Console("operator", OPERATOR_SECTIONS, "collections")


class Tile(NamedTuple):
    """A card as lists draw it."""

    id: str
    title: str
    url: str
    image: str | None
    price: int
    price_max: int
    currency: str
    merchant: str
    was: int | None
    lowest_30d: int | None
    rating: float | None
    rating_count: int
    kind: str = "thing"
    meters: tuple[catalog.MeterPrice, ...] = ()
    sponsored: bool = False
    why: tuple[str, ...] = ()


@get("/collections/{slug:str}", include_in_schema=False)
async def collection(visit: Visit, slug: Slug, after: MaybeInQuery = None) -> Response[str]:
    """A collection with its goods, in its order."""
    found = await visit.read(lambda s: catalog.find_collection(s, slug))
    cards, following = await visit.read(lambda s: catalog.list_collection_cards(s, found.id, _place(after), PAGE))
    older = f"{following[0]}.{following[1]}" if following else None
    return await render(visit, "collection.html", collection=found, hits=[_tile(card) for card in cards], older=older)


@get("/merchant/collections", include_in_schema=False, opt=MEMBER)
async def own(visit: Visit, after: MaybeInQuery = None) -> Response[str]:
    """The merchant's own."""
    return await _show_list(visit, MERCHANT, after)


@get("/merchant/collections/new", include_in_schema=False, opt=MEMBER)
async def new_own(visit: Visit) -> Response[str]:
    """An empty form."""
    return await _show_form(visit, MERCHANT, None)


@post("/merchant/collections", include_in_schema=False, opt=MEMBER, request_max_body_size=PICTURE_BYTES_MAX)
async def make_own(visit: Visit) -> Response[Any]:
    """Make one."""
    return await _save(visit, MERCHANT, None)


@get("/merchant/collections/{collection_id:str}", include_in_schema=False, opt=MEMBER)
async def one_own(visit: Visit, collection_id: Id) -> Response[str]:
    """One, to be changed."""
    return await _show_form(visit, MERCHANT, collection_id)


@post(
    "/merchant/collections/{collection_id:str}",
    include_in_schema=False,
    opt=MEMBER,
    request_max_body_size=PICTURE_BYTES_MAX,
)
async def change_own(visit: Visit, collection_id: Id) -> Response[Any]:
    """Change one."""
    return await _save(visit, MERCHANT, collection_id)


@post("/merchant/collections/{collection_id:str}/delete", include_in_schema=False, opt=MEMBER)
async def delete_own(visit: Visit, collection_id: Id) -> Response[Any]:
    """Take one away."""
    return await _delete(visit, MERCHANT, collection_id)


@get("/operator/collections", include_in_schema=False, opt=OPERATOR)
async def markets(visit: Visit, after: MaybeInQuery = None) -> Response[str]:
    """The market's own."""
    return await _show_list(visit, MARKET, after)


@get("/operator/collections/new", include_in_schema=False, opt=OPERATOR)
async def new_markets(visit: Visit) -> Response[str]:
    """An empty form."""
    return await _show_form(visit, MARKET, None)


@post("/operator/collections", include_in_schema=False, opt=OPERATOR, request_max_body_size=PICTURE_BYTES_MAX)
async def make_markets(visit: Visit) -> Response[Any]:
    """Make one."""
    return await _save(visit, MARKET, None)


@get("/operator/collections/{collection_id:str}", include_in_schema=False, opt=OPERATOR)
async def one_markets(visit: Visit, collection_id: Id) -> Response[str]:
    """One, to be changed."""
    return await _show_form(visit, MARKET, collection_id)


@post(
    "/operator/collections/{collection_id:str}",
    include_in_schema=False,
    opt=OPERATOR,
    request_max_body_size=PICTURE_BYTES_MAX,
)
async def change_markets(visit: Visit, collection_id: Id) -> Response[Any]:
    """Change one."""
    return await _save(visit, MARKET, collection_id)


@post("/operator/collections/{collection_id:str}/delete", include_in_schema=False, opt=OPERATOR)
async def delete_markets(visit: Visit, collection_id: Id) -> Response[Any]:
    """Take one away."""
    return await _delete(visit, MARKET, collection_id)


@post("/merchant/collections/{collection_id:str}/order", include_in_schema=False, opt=MEMBER)
async def arrange_own(visit: Visit, collection_id: Id) -> Response[Any]:
    """Put the goods of one in another order."""
    return await _arrange(visit, MERCHANT, collection_id)


@post("/operator/collections/{collection_id:str}/order", include_in_schema=False, opt=OPERATOR)
async def arrange_markets(visit: Visit, collection_id: Id) -> Response[Any]:
    """Put the goods of one in another order."""
    return await _arrange(visit, MARKET, collection_id)


async def _arrange(visit: Visit, console: Console, collection_id: str) -> Response[Any]:
    """The first ones as script sends them, or one that moves a place or to the front."""
    form, scope = await visit.form(), visit.scope

    def command(tx: Tx) -> None:
        catalog.get_collection(tx, scope, collection_id)
        held = catalog.product_ids_of(tx, collection_id, HANDPICKED_MAX)
        catalog.arrange_collection(tx, scope, collection_id, _order(held, form))

    await visit.write(command)
    return redirect(f"{console.path}/{collection_id}#order")


def _order(held: list[str], form: Mapping[str, str]) -> list[str]:
    if form.get("order"):
        return form["order"].split(",")[:HANDPICKED_MAX]
    moved, step = form.get("position", ""), form.get("step", "0")
    if moved not in held:
        return held
    at = held.index(moved)
    to = {"-1": max(at - 1, 0), "1": at + 1}.get(step, 0)
    rest = [each for each in held if each != moved]
    return [*rest[:to], moved, *rest[to:]]


async def _show_list(visit: Visit, console: Console, after: str | None) -> Response[str]:
    found = await visit.read(lambda s: catalog.list_collections(s, visit.scope, after or "", KEPT + 1))
    page = listed(found, KEPT, lambda each: each.id)
    return await _show(visit, console, "collections.html", collections=page.items, older=page.next)


async def _show_form(
    visit: Visit, console: Console, collection_id: str | None, refusal: Refused | None = None
) -> Response[str]:
    found: Collection | None = None
    handles: list[str] = []
    ids: list[str] = []
    if collection_id is not None:
        found = await visit.read(lambda s: catalog.get_collection(s, visit.scope, str(collection_id)))
        ids = await visit.read(lambda s: catalog.product_ids_of(s, str(collection_id), HANDPICKED_MAX))
        handles = await visit.read(lambda s: catalog.handles_of(s, ids, visit.scope)) if not found.rule else []
    said = await visit.form() if refusal else _said(found, handles)
    goods = await visit.read(lambda s: catalog.list_cards(s, ids[:ARRANGED])) if handles else []
    return await _show(visit, console, "collection-edit.html", refusal=refusal, each=found, said=said, goods=goods)


async def _save(visit: Visit, console: Console, collection_id: str | None) -> Response[Any]:
    said = await visit.form()
    try:
        before = await _before(visit, collection_id)
        picture = await picture_in(visit) or (before.picture if before and not said.get("no_picture") else None)
        draft = await _draft(visit, said, picture)

        def command(tx: Tx) -> Made:
            return Made(catalog.save_collection(tx, visit.scope, draft, collection_id).id)

        made = await visit.write(command)
    except Invalid as refusal:
        return await _show_form(visit, console, collection_id, refusal)
    visit.flash("form.saved")
    return redirect(f"{console.path}/{made.id}")


async def _before(visit: Visit, collection_id: str | None) -> Collection | None:
    if collection_id is None:
        return None
    return await visit.read(lambda s: catalog.get_collection(s, visit.scope, collection_id))


async def _delete(visit: Visit, console: Console, collection_id: str) -> Response[Any]:
    await visit.write(lambda tx: catalog.delete_collection(tx, visit.scope, collection_id))
    return redirect(console.path)


async def _draft(visit: Visit, said: Mapping[str, str], picture: str | None) -> CollectionDraft:
    """The form as a draft. By hand, goods are named by their article numbers or addresses, one on each line."""
    shared: dict[str, Any] = {
        "title": " ".join(said.get("title", "").split())[:120],
        "text": said.get("text", "")[:20_000],
        "picture": picture,
        "published": bool(said.get("published")),
    }
    if said.get("kind") == "rule":
        return CollectionDraft(**shared, rule=_rule(said, (await visit.market()).currency))
    names = [line.strip() for line in said.get("goods", "").splitlines() if line.strip()]
    if len(names) > HANDPICKED_MAX:
        raise Invalid(f"A collection by hand has at most {HANDPICKED_MAX} goods")
    found = await visit.read(lambda s: catalog.find_handles(s, names, visit.scope))
    if strange := [name for name in names if name not in found]:
        raise Invalid(
            f"There is nothing called {strange[0][:80]!r} among your goods", fields={"goods": strange[0][:80]}
        )
    return CollectionDraft(**shared, product_ids=tuple(dict.fromkeys(found[name] for name in names)))


def _rule(said: Mapping[str, str], currency: str) -> CollectionRule:
    given = said.get("currency", "").strip().upper() or currency
    low, high = (_amount(said.get(name, ""), given) for name in ("price_from", "price_to"))
    attributes: dict[str, tuple[str, ...]] = {}
    for line in said.get("attributes", "").splitlines():
        code, _, words = line.partition(":")
        if code.strip() and words.strip():
            attributes[code.strip()] = read_list(words)
    return CollectionRule(
        categories=read_list(said.get("categories", "")),
        brands=read_list(said.get("brands", "")),
        tags=read_list(said.get("tags", "")),
        attributes=attributes,
        price_from_minor=low,
        price_to_minor=high,
        currency=given if low is not None or high is not None else None,
        in_stock=bool(said.get("in_stock")),
    )


def _amount(text: str, currency: str) -> int | None:
    return max(parse_money(text, currency), 0) if text.strip() else None


def _said(found: Collection | None, handles: list[str]) -> dict[str, str]:
    """A collection as the form says it."""
    if found is None:
        return {"kind": "hand", "published": "1"}
    rule = found.rule
    said = {"title": found.title, "text": found.text, "kind": "rule" if rule else "hand", "goods": "\n".join(handles)}
    said["published"] = "1" if found.published else ""
    if rule is not None:
        currency = rule.currency or "USD"
        said |= {"categories": ", ".join(rule.categories), "brands": ", ".join(rule.brands)}
        said |= {"tags": ", ".join(rule.tags), "in_stock": "1" if rule.in_stock else ""}
        said |= {"price_from": typed(rule.price_from_minor, currency), "price_to": typed(rule.price_to_minor, currency)}
        said |= {"currency": rule.currency or ""}
        said["attributes"] = "\n".join(f"{code}: {', '.join(words)}" for code, words in rule.attributes.items())
    return said


async def _show(
    visit: Visit, console: Console, template: str, refusal: Refused | None = None, **context: Any
) -> Response[str]:
    return await render(
        visit, f"merchant/{template}", status=400 if refusal else 200, console=console.name, sections=console.sections,
        section=console.section, at=console.path, sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {}, **context,
    )  # fmt: skip


def _place(after: str | None) -> tuple[int, str] | None:
    position, _, product_id = (after or "").partition(".")
    if not (position.isdecimal() and position.isascii() and len(position) < 10 and product_id):
        return None
    return int(position), product_id


def _tile(card: Card) -> Tile:
    return Tile(
        card.id, card.title, f"/p/{card.slug}", f"/m/{card.picture}/320.webp" if card.picture else None,
        card.price_minor, card.price_minor_max, card.currency, card.merchant_name, card.was_minor,
        card.lowest_30d_minor, card.rating.average, card.rating.count, card.kind, card.meters,
    )  # fmt: skip


ROUTES: tuple[ControllerRouterHandler, ...] = (
    collection, own, new_own, make_own, one_own, change_own, arrange_own, delete_own,
    markets, new_markets, make_markets, one_markets, change_markets, arrange_markets, delete_markets,
)  # fmt: skip
