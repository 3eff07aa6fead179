"""A small market of what makes pages break: long names, large prices, many variants, an order in each status."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, TypeVar

from PIL import Image

from entrepot import catalog, cloud, deliver, discovery, group, identity, orders, pay
from entrepot.app import Entrepot, open_home
from entrepot.catalog import CategoryDraft, ProductDraft, ReviewDraft, VariantDraft
from entrepot.discovery import RuleDraft
from entrepot.identity import Address, Scope
from entrepot.kernel import DAY, Tx
from tests.cast import ALICE, BRUNO, DANA, PASSWORD_HASH, Person, join
from tests.cloud.money import use

T = TypeVar("T")

QUIET = {"ENTREPOT_SERVE__RATE_LIMITS": "false", "ENTREPOT_DELIVER__SANDBOX_STEP_S": "0"}
BEA = Person("Bea", "bea@example.com", "Bea's Cups & Plates", identity.OrganisationKind.MERCHANT)
PIA = Person("Pia", "pia@example.com", "Pia's Paper", identity.OrganisationKind.MERCHANT)
BEN = Person("Ben", "ben@example.com")
EVE = Person("Eve", "eve@example.com")
HOME = Address(name="Alice Adler", line1="1 Quay Street", city="Hamburg", postal_code="20095", country="DE")
LONG_TITLE = "Donaudampfschifffahrtsgesellschaftskapitän's lamp for the long evenings of autumn, in brass"
DEAR_MINOR = 123_456_700
COLOURS = {"Brass": (190, 150, 70), "Green": (40, 110, 80), "Ink": (40, 44, 60)}
CATEGORIES = {
    "home": ("Home", "家居"),
    "home/lamps": ("Lamps", "灯具"),
    "home/table": ("Table", "餐桌"),
    "paper": ("Paper", "纸品"),
}


class PageMarket(NamedTuple):
    """The opened home, and what pages are addressed by: slugs by name, orders by status."""

    entrepot: Entrepot
    slugs: dict[str, str]
    variants: dict[str, str]
    orders: dict[str, str]
    parts: dict[str, str]
    listing_id: str
    import_id: str
    payout_id: str
    guest_link: str
    compute_invoice_id: str
    topup_id: str
    models: dict[str, str]

    def photo(self) -> str:
        """What a photograph of a lamp finds."""
        return f"/search/image/{self.entrepot.pictures.see(_png(COLOURS['Brass']))}"

    def rule_id(self) -> str:
        """A rule that pins."""
        dana = Scope("usr_dana", None, frozenset({identity.Role.OPERATOR}))
        rules = self.entrepot.database.read_now(lambda snapshot: discovery.list_rules(snapshot, dana))
        return next(rule.id for rule in rules if rule.draft.action == "pin")


def build(home: Path) -> PageMarket:
    """Make the market and bring everything to rest; what works in the background is not started."""
    return _Builder(open_home(home, QUIET, random=Random(7))).build()


class _Builder:
    def __init__(self, entrepot: Entrepot) -> None:
        self.entrepot = entrepot
        self.offers: dict[str, str] = {}
        self.slugs: dict[str, str] = {}
        self.variants: dict[str, str] = {}

    def do(self, verb: Callable[..., T], *args: Any, **named: Any) -> T:
        return self.entrepot.database.write_now(lambda tx: verb(tx, *args, **named))

    def see(self, query: Callable[..., T], *args: Any, **named: Any) -> T:
        return self.entrepot.database.read_now(lambda snapshot: query(snapshot, *args, **named))

    def build(self) -> PageMarket:
        owner = identity.SignUp(DANA.email, PASSWORD_HASH, DANA.name)
        user_id, organisation = self.do(group.open_market, group.Market("Harbour", "USD"), owner)
        self.dana = Scope(user_id, organisation, frozenset({identity.Role.OPERATOR}))
        people = (ALICE, BRUNO, BEA, PIA, BEN, EVE)
        self.alice, self.bruno, bea, pia, self.ben, _ = (self.do(join, each) for each in people)
        for scope in (self.alice, self.ben):
            self.do(identity.save_address, scope, HOME)
        categories = [CategoryDraft(slug, {"en": en, "zh": zh}) for slug, (en, zh) in CATEGORIES.items()]
        self.do(catalog.save_categories, self.dana, categories)
        self.do(catalog.apply_as_merchant, pia, catalog.MerchantApplication("Pia's Paper", "FR", "USD", "Paper."))
        pictures = self._pictures()
        self._open_shop(self.bruno, BRUNO, lamps(pictures))
        self._open_shop(bea, BEA, cups(pictures))
        self.entrepot.settle()
        bought = self._orders()
        self._rules()
        self._search()
        return PageMarket(
            entrepot=self.entrepot,
            slugs=self.slugs,
            variants=self.variants,
            orders=bought,
            parts={status: self._part(order_id) for status, order_id in bought.items()},
            listing_id=self.see(catalog.list_listings, self.bruno, "evenings")[0].id,
            import_id=self._import(),
            payout_id=self.see(pay.list_payouts, self.bruno)[0].id,
            guest_link=self._guest_link(),
            compute_invoice_id=self._compute(bea),
            topup_id=self.see(cloud.list_topups, bea)[0].id,
            models=self._models(bea),
        )

    def _search(self) -> None:
        """Rules of search of each kind, in force, planned and ended; synonyms; a search that found nothing."""
        cup = self.see(catalog.get_product, self.slugs["cup"]).id
        lamp = self.see(catalog.get_product, self.slugs["lamp"]).id
        later = self.entrepot.database.clock.now() + 10 * DAY
        for draft in (
            RuleDraft("Cups beside lamps, for the weeks before the holidays", "pin", (cup,), queries=("lamp",)),
            RuleDraft("Lumen first", "boost", filters={"brand": ("Lumen",)}, category="home/lamps", weight=3.0),
            RuleDraft("Two of each shop", "spread", most=2),
            RuleDraft("Not before the launch", "exclude", (lamp,), queries=("launch",), starts_at=later),
        ):
            rule = self.do(discovery.add_rule, self.dana, draft)
        self.do(discovery.end_rule, self.dana, rule.id)
        words = discovery.SynonymDraft(("lamp", "luminaire", "table light"))
        self.do(discovery.add_synonym, self.dana, words)
        self.do(discovery.add_synonym, self.dana, discovery.SynonymDraft(("tableware",), ("cup",), "one_way", "en"))
        for session in ("ses_a", "ses_b"):
            asked = discovery.SearchRequest("gramophone", session=session)
            self.entrepot.searcher.search(Scope.public(), asked)
        self.entrepot.signals.flush()
        self.entrepot.settle()

    def _compute(self, scope: Scope) -> str:
        """Bea uses compute: granted, paid, on an invoice that is due in part; her newest payment was declined."""
        settings, organisation = self.entrepot.settings.cloud, str(scope.organisation)
        limits = cloud.limits_of(settings)
        self.do(cloud.ensure_builtin)
        self.do(cloud.publish_prices, self.dana, cloud.MODEL, {"embedding_tokens": 12_345_678_901})
        self.do(cloud.grant_credit, self.dana, organisation, "USD9", 3 * 10**9 + 12_345, "Welcome", limits)
        self.do(cloud.record_payment, self.dana, organisation, "USD", 200, "WIRE-2026-118", limits)
        self.do(cloud.set_credit_line, self.dana, organisation, "USD9", 100 * 10**9, limits)
        self.do(cloud.add_budget, scope, "Nightly imports of the whole catalogue", 9 * 10**9, "day")
        for number in range(3):
            used = {"embedding_tokens": 200_001 + number}
            use(self.entrepot.database, f"req_page{number}", used, cloud.MODEL, organisation)
        refusals, now = cloud.Refusals(), self.entrepot.database.clock.now()
        spent = "The budget 'Nightly imports of the whole catalogue' does not cover what this could cost: raise it"
        for refusal in (cloud.OverBudget(spent), cloud.UnknownModel("There is no model 'gpt-4o' here")):
            refusals.note(organisation, "key_of_nobody", "llama-3.3-70b-instruct", refusal, now)
        self.do(cloud.write_refused, refusals.take())
        issued = self.do(cloud.issue_now, scope, settings)
        self.do(cloud.top_up, scope, 1_000, "tok_decline", settings)
        self.entrepot.rest()
        return issued.id

    def _models(self, scope: Scope) -> dict[str, str]:
        """Models that Bea makes, by the state that they are in; the one that is published was used by the shop."""
        made = {}
        for state in ("draft", "submitted", "refused", "live"):
            name = f"bea-{state}-with-a-long-name-that-wants-to-break-the-table-of-a-phone"
            licence = cloud.Licence("llama-3.2-community", "https://example.com/terms") if state == "live" else None
            file = cloud.ModelFile("weights", "model-00001-of-00003.safetensors", "0" * 64, 123_456_789)
            draft = cloud.ModelDraft(
                name, "embedding", "static", licence or cloud.Licence("MIT"), (file,) if state == "draft" else (),
                "Knows cups.\n\nFails at <b>plates</b>.", base="somebody/cups-base",
            )  # fmt: skip
            known = cloud.Capabilities(context=512, dimensions=256)
            made[state] = model = self.do(cloud.add_model, scope, draft, known).id
            if state != "draft":
                self.do(cloud.set_prices, scope, model, {"embedding_tokens": 12_345_000_000, "rerank_tokens": 0})
                self.do(cloud.submit_model, scope, model)
        self.do(cloud.refuse_model, self.dana, made["refused"], "Its card does not say what it was trained on")
        self.do(cloud.publish_model, self.dana, made["live"], 7_250)
        self.entrepot.settle()
        found = self.see(catalog.iterate_documents, "", 1_000)
        self.slugs["model"] = next(each.slug for each in found if each.external_id.startswith("bea-live"))
        return made

    def _open_shop(self, scope: Scope, person: Person, drafts: Sequence[ProductDraft]) -> None:
        merchant_id = str(scope.organisation)
        about = "Everything by hand, since the harbour had gas light."
        application = catalog.MerchantApplication(str(person.organisation), "DE", "USD", about)
        self.do(catalog.apply_as_merchant, scope, application)
        self.do(catalog.approve_merchant, self.dana, merchant_id, 1_000)
        place = self.do(deliver.add_location, scope, "Store", HOME)
        steps = ((1_000_000, 490),)
        sheet = deliver.RateSheetDraft("Standard", "flat", ("*",), "USD", steps, free_over_minor=100_000)
        self.do(deliver.save_rate_sheet, scope, sheet)
        saved = self.do(catalog.save_products, scope, merchant_id, drafts, place.id)
        for name, product_id in saved.products.items():
            view = self.see(catalog.get_product, product_id)
            self.slugs[name] = view.slug
            self.variants[name] = view.variants[-1].id
            self.offers[name] = view.variants[0].offers[0].id

    def _pictures(self) -> dict[str, str]:
        stored = {name: catalog.store_picture(self.entrepot.blobs, _png(rgb)) for name, rgb in COLOURS.items()}
        self.do(catalog.record_pictures, list(stored.values()))
        return {name: picture.sha256 for name, picture in stored.items()}

    def _rules(self) -> None:
        """What prices follow, made when every order but Ben's is placed: his cart has a code and a gift card."""
        rate = pay.TaxRateDraft
        rates = [
            rate("DE", "VAT", "19"),
            rate("DE", "VAT", "7", category="paper"),
            rate("US", "Sales tax", "8.875", "NY", included=False),
        ]
        self.do(pay.save_tax_rates, self.dana, rates)
        self.do(orders.save_fee, self.dana, orders.FeeDraft("Payment fee", bps=150, fixed={"USD": 30}))
        self.do(
            pay.save_rates,
            self.dana,
            [pay.ExchangeRate("EUR", "0.9215", 0, "ECB"), pay.ExchangeRate("JPY", "150.5", 0)],
        )
        card, code = self.do(pay.issue_gift_card, self.dana, pay.IssueCard("USD", 2_500, "for Ben"))
        self.do(pay.issue_gift_card, self.dana, pay.IssueCard("USD", 500, "", self.entrepot.database.clock.now() + DAY))
        everywhere = orders.Terms(amounts={"USD": 500, "EUR": 500}, minimums={"USD": 1_000, "EUR": 1_000}, seller_bps=0)
        self.do(
            orders.save_promotion,
            self.dana,
            orders.PromotionDraft("Welcome to the harbour", "amount", everywhere, "WELCOME"),
        )
        some = orders.Terms(bps=10_000, buy_quantity=2, get_quantity=1)
        self.do(orders.save_promotion, self.bruno, orders.PromotionDraft("Three for two", "buy_x_get_y", some))
        tenth = orders.Terms(bps=1_000, limit_total=100)
        self.do(orders.save_promotion, self.bruno, orders.PromotionDraft("Spring", "percentage", tenth, "SPRING"))
        self.do(orders.add_code, self.ben, "WELCOME")
        self.do(orders.add_gift_card, self.ben, code)
        assert card.state == "active"

    def _orders(self) -> dict[str, str]:
        """One in each status; the one that is complete is paid out."""
        bought = {}
        for status in ("completed", "delivered", "shipped", "cancelled", "paid"):
            bought[status] = self._buy(self.alice, "lamp", "cup")
        bought["payment_failed"] = self._buy(self.ben, "lamp", method="tok_decline")
        self.do(orders.cancel, self.alice, self._part(bought["cancelled"]), "I found mine again")
        self.do(orders.ship, self.bruno, self._part(bought["shipped"]), orders.Shipment("own", "BB-1"))
        for status in ("delivered", "completed"):
            self.do(orders.ship, self.bruno, self._part(bought[status]), orders.Shipment("sandbox"))
        self.entrepot.settle()
        self.do(orders.confirm_receipt, self.alice, self._part(bought["completed"]))
        self.entrepot.settle()
        pay_out(self.entrepot)
        self.entrepot.settle()
        return bought

    def _buy(self, scope: Scope, *names: str, method: str = "tok_ok") -> str:
        for name in names:
            self.do(orders.set_line, scope, self.offers[name], 1)
        checkout = self.do(orders.quote_cart, scope, HOME, ALICE.email)
        wish = orders.Place(checkout.quote_ids, method, checkout.total_minor)
        placed = self.do(orders.place, scope, wish)
        self.entrepot.settle()
        return placed.order_id

    def _part(self, order_id: str) -> str:
        """What Bruno sends of an order."""
        view = self.see(orders.get_order, self.dana, order_id)
        return next(part.id for part in view.sellers if part.merchant_id == self.bruno.organisation)

    def _guest_link(self) -> str:
        session, _ = self.do(identity.open_session, None, DAY)
        order_id = self._buy(session.scope, "cup")
        return f"/orders/{order_id}?token={orders.sign_order(self.entrepot.secret_key, order_id)}"

    def _import(self) -> str:
        blobs = self.entrepot.blobs
        lines = b'{"external_id": "x", "title": "", "variants": []}\n{"not a product": 1}\n'
        feed = catalog.uploaded_feed(blobs, catalog.feeds_in(blobs).put(lines), "goods-of-autumn.jsonl")
        job = self.do(catalog.start_import, self.bruno, str(self.bruno.organisation), feed)
        self.entrepot.settle()
        return job.id


def pay_out(entrepot: Entrepot) -> None:
    """Ask for what the clock would ask for tomorrow."""
    for entry in pay.SCHEDULE:
        entrepot.database.write_now(lambda tx, entry=entry: Tx.enqueue(tx, entry.kind, entry.body))


def lamps(pictures: dict[str, str]) -> list[ProductDraft]:
    """What Bruno sells: a lamp of three colours and two sizes among them, one title too long, one price too large."""
    colours = [(colour, size) for colour in pictures for size in ("Small", "Large")]
    variants = tuple(
        VariantDraft(
            price_minor=4_999 + 1_000 * number,
            list_price_minor=6_999 + 1_000 * number,
            currency="USD",
            external_id=f"lamp-{number}",
            options={"Colour": colour, "Size": size},
            quantity=0 if (colour, size) == ("Ink", "Large") else 50,
            picture=pictures[colour],
        )
        for number, (colour, size) in enumerate(colours)
    )
    reviews = tuple(
        ReviewDraft(f"Reader {number}", 5 - number % 3, "Warm light.", "Well made", f"2025-0{number + 1}-01T00:00:00Z")
        for number in range(8)
    )
    first = ProductDraft(
        "lamp", "Brass harbour lamp", variants, "<p>Hammered brass.</p><ul><li>Dims</li></ul>", "Lumen",
        category="home/lamps", options=("Colour", "Size"), pictures=tuple(pictures.values()), reviews=reviews,
        attributes={"material": "Brass"},
    )  # fmt: skip
    return [
        first,
        _plain("long", LONG_TITLE, 12_900, pictures["Green"], quantity=2),
        _plain("dear", "The lighthouse lens", DEAR_MINOR, pictures["Ink"], quantity=None),
        _plain("gone", "Lantern of the last ferry", 5_500, pictures["Brass"], quantity=0),
        *(_plain(f"bulb-{n}", f"Lamp bulb number {n}", 300 + n, pictures["Brass"], quantity=100) for n in range(4)),
    ]


def cups(pictures: dict[str, str]) -> list[ProductDraft]:
    """What Bea sells."""
    table = "home/table"
    return [
        _plain("cup", "Stoneware cup", 1_201, pictures["Ink"], quantity=80, category=table),
        _plain("plate", "Stoneware plate", 1_899, pictures["Green"], quantity=None, category=table),
        _plain("bowl", "Bowl without a picture", 2_099, None, quantity=9, category=table),
        _plain("pot", "Stoneware teapot", 5_450, pictures["Brass"], quantity=4, category=table),
    ]


def _plain(
    name: str, title: str, price_minor: int, picture: str | None, *, quantity: int | None, category: str = "home/lamps"
) -> ProductDraft:
    variant = VariantDraft(price_minor=price_minor, currency="USD", external_id=f"{name}-1", quantity=quantity)
    pictures = (picture,) if picture else ()
    return ProductDraft(name, title, (variant,), f"<p>{title}.</p>", "Lumen", category=category, pictures=pictures)


def _png(rgb: tuple[int, int, int]) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (640, 640), rgb).save(written, "PNG")
    return written.getvalue()
