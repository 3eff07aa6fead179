"""Every page a person can come to, and who looks at it: made from the market that is served."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.cast import ALICE, BRUNO, DANA, Person
from tests.pages.market import BEA, BEN, EVE, PIA, PageMarket

MODEL_NAME = "bea-live-with-a-long-name-that-wants-to-break-the-table-of-a-phone"


class Place(NamedTuple):
    """A page: what it is called here, who looks, its address, and the status it answers with."""

    name: str
    person: Person | None
    path: Callable[[PageMarket], str]
    status: int = 200

    def __str__(self) -> str:
        return self.name


def _at(name: str, person: Person | None, path: str, status: int = 200) -> Place:
    return Place(name, person, lambda market: path, status)


def _order(status: str, person: Person = ALICE) -> Place:
    return Place(f"order {status}", person, lambda market: f"/orders/{market.orders[status]}")


def _part(status: str) -> Place:
    return Place(f"merchant order {status}", BRUNO, lambda market: f"/merchant/orders/{market.parts[status]}")


def _model(state: str) -> Place:
    return Place(f"own model {state}", BEA, lambda market: f"/cloud/publishing/{market.models[state]}")


def _decision(state: str) -> Place:
    return Place(f"model {state} for the operator", DANA, lambda market: f"/operator/models/{market.models[state]}")


def _product(name: str) -> Place:
    return Place(f"product {name}", None, lambda market: f"/p/{market.slugs[name]}")


SHOP = (
    _at("home", None, "/"),
    _at("search", None, "/search"),
    _at("search for words", None, "/search?q=lamp&sort=price"),
    _at("search filtered", None, "/search?filter.category=home/lamps&filter.brand=Lumen&filter.price=1000..9999"),
    _at("filters", None, "/search?filter.category=home#filters"),
    _at("search with no result", None, "/search?q=xylophonequartz"),
    _at("search by photo", None, "/search/image"),
    Place("found by photo", None, lambda market: market.photo()),
    Place("found by photo filtered", None, lambda market: market.photo() + "?filter.price=1..2"),
    _at("category", None, "/category/home"),
    _at("category filtered", None, "/category/home/lamps?filter.price=1..2"),
    _at("brand", None, "/brand/Lumen"),
    _at("shop", None, "/m/bruno-s-lamps"),
    _product("lamp"),
    Place("product with a variant sold out", None, lambda m: f"/p/{m.slugs['lamp']}?variant={m.variants['lamp']}"),
    *(_product(name) for name in ("long", "dear", "gone", "bowl")),
    _at("cart empty", EVE, "/cart"),
    _at("sign in", None, "/sign-in"),
    _at("sign up", None, "/sign-up"),
    _at("password forgotten", None, "/account/forgotten"),
    _at("password anew", None, "/account/reset?token=anything"),
    _at("help", None, "/help"),
    _at("sell, as a stranger", None, "/sell"),
    _at("sell", EVE, "/sell"),
    _at("account", ALICE, "/account"),
    _at("account without addresses", EVE, "/account"),
    _at("people", BRUNO, "/account/people"),
    _at("orders", ALICE, "/orders"),
    _at("no orders", EVE, "/orders"),
    _at("notices", ALICE, "/notices"),
    _at("no notices", EVE, "/notices"),
    *(_order(status) for status in ("paid", "shipped", "delivered", "completed", "cancelled")),
    _order("payment_failed", BEN),
    _at("cart", BEN, "/cart"),
    _at("gift card", None, "/gift-card"),
    _at("checkout, the address", BEN, "/checkout?edit=1"),
    _at("checkout", BEN, "/checkout"),
    Place("order of a guest", None, lambda market: market.guest_link),
    _at("nothing there", None, "/p/nothing-of-this-name", 404),
    _at("not allowed", ALICE, "/operator", 403),
)
MERCHANT = (
    _at("today", BRUNO, "/merchant"),
    _at("today of a shop that waits", PIA, "/merchant"),
    _at("merchant orders", BRUNO, "/merchant/orders"),
    _at("no merchant orders", PIA, "/merchant/orders?status=paid"),
    *(_part(status) for status in ("paid", "shipped", "completed", "cancelled")),
    _at("listings", BRUNO, "/merchant/listings"),
    _at("no listings", PIA, "/merchant/listings"),
    Place("listing", BRUNO, lambda market: f"/merchant/listings/{market.listing_id}"),
    Place("pictures", BRUNO, lambda market: f"/merchant/listings/{market.listing_id}/media"),
    _at("voices", BRUNO, "/merchant/voices?all=1"),
    _at("no voices", PIA, "/merchant/voices"),
    _at("imports", BRUNO, "/merchant/imports"),
    _at("no imports", PIA, "/merchant/imports"),
    Place("import with errors", BRUNO, lambda market: f"/merchant/imports/{market.import_id}"),
    _at("delivery", BRUNO, "/merchant/delivery"),
    _at("no delivery", PIA, "/merchant/delivery"),
    _at("money", BRUNO, "/merchant/money"),
    _at("no money", PIA, "/merchant/money"),
    _at("invoices", BRUNO, "/merchant/invoices"),
    _at("no invoices", PIA, "/merchant/invoices"),
    Place("packing slip", BRUNO, lambda market: f"/merchant/orders/{market.parts['completed']}/packing-slip"),
    Place("statement", BRUNO, lambda market: f"/merchant/statements/{market.payout_id}"),
)
OPERATOR = (
    _at("overview", DANA, "/operator"),
    _at("promotions", BRUNO, "/merchant/promotions"),
    _at("no promotions", PIA, "/merchant/promotions"),
    _at("operator promotions", DANA, "/operator/promotions"),
    _at("taxes", DANA, "/operator/taxes"),
    _at("fees", DANA, "/operator/fees"),
    _at("exchange rates", DANA, "/operator/exchange"),
    _at("gift cards", DANA, "/operator/gift-cards"),
    _at("merchants", DANA, "/operator/merchants"),
    _at("taxonomy", DANA, "/operator/taxonomy"),
    _at("search rules", DANA, "/operator/search"),
    _at("new search rule", DANA, "/operator/search/rules/new?q=lamp&action=include"),
    Place("search rule", DANA, lambda market: f"/operator/search/rules/{market.rule_id()}?q=lamp"),
    _at("synonyms", DANA, "/operator/search/synonyms"),
    _at("weak searches", DANA, "/operator/search/weak"),
    _at("explained page", DANA, "/operator/search/explain?q=lamp"),
    _at("explained page without words", DANA, "/operator/search/explain?q=lamp&without=text&filter.category=home"),
    _at("explained page of nothing", DANA, "/operator/search/explain?q=xylophonequartz"),
    _at("search as the operator", DANA, "/search?q=lamp"),
    _at("moderation", DANA, "/operator/moderation"),
    _at("no merchants", DANA, "/operator/merchants?status=suspended"),
    _at("operator orders", DANA, "/operator/orders"),
    _at("operator delivery", DANA, "/operator/delivery"),
    _at("pickup points", DANA, "/operator/points"),
    _at("fleet", DANA, "/operator/fleet"),
    _at("payouts", DANA, "/operator/payouts"),
    _at("processors", DANA, "/operator/processors"),
    _at("reconciliation", DANA, "/operator/reconciliation"),
    _at("failures", DANA, "/operator/failures"),
    _at("ledger", DANA, "/operator/ledger"),
    Place("ledger of an order", DANA, lambda market: f"/operator/ledger?ref={market.parts['completed']}"),
    _at("compute", DANA, "/operator/compute?days=30"),
    _at("search for a model", None, "/search?q=bea+live+model"),
    _product("model"),
    _at("begin with compute, as a stranger", None, "/cloud/start"),
    _at("begin with compute", EVE, "/cloud/start"),
    _at("first steps with compute", PIA, "/cloud"),
    _at("models", BEA, "/cloud/models"),
    _at("playground", BEA, "/cloud/playground"),
    _at("playground of vectors", PIA, "/cloud/playground?model=wordllama-l2-supercat-256"),
    Place("model with terms", PIA, lambda market: f"/cloud/models/{MODEL_NAME}"),
    _at("publishing", BEA, "/cloud/publishing"),
    _at("nothing published", PIA, "/cloud/publishing"),
    _at("send a model", BEA, "/cloud/publishing/new"),
    *(_model(state) for state in ("draft", "submitted", "refused", "live")),
    _at("models for the operator", DANA, "/operator/models"),
    *(_decision(state) for state in ("submitted", "live")),
    _at("use of compute, and what was refused", BEA, "/cloud/usage"),
    _at("use of compute by the shop", DANA, "/cloud/usage"),
    _at("no use of compute", BRUNO, "/cloud/usage?days=7"),
    _at("credit", BEA, "/cloud/credit"),
    _at("no credit", PIA, "/cloud/credit"),
    Place("payment that was declined", BEA, lambda market: f"/cloud/credit/topups/{market.topup_id}"),
    _at("budgets", BEA, "/cloud/budgets"),
    _at("compute invoices", BEA, "/cloud/invoices"),
    _at("no compute invoices", PIA, "/cloud/invoices"),
    Place("compute invoice", BEA, lambda market: f"/cloud/invoices/{market.compute_invoice_id}"),
    Place("calls of an invoice", BEA, lambda market: f"/cloud/invoices/{market.compute_invoice_id}/rows?line=1"),
    _at("compute customers", DANA, "/operator/compute/customers"),
    _at("compute prices", DANA, "/operator/compute/prices"),
    _at("verify", DANA, "/operator/verify"),
    _at("audit", DANA, "/operator/audit"),
)
PLACES = (*SHOP, *MERCHANT, *OPERATOR)
