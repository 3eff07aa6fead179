"""Who may do what: nobody without signing in, nobody with another tenant's ids, on any route."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar import Litestar

from entrepot import catalog, cloud, identity, orders, pay
from entrepot.app import Entrepot
from tests.cloud.money import give, use
from tests.orders.market import CUP, LAMP, Market
from tests.waiting import eventually
from tests.web.routes import Operation, operations
from tests.web.visitors import ADDRESS, PAGE, Visitor

BODIES: dict[str, Any] = {
    "SetStatus": {"listing_ids": ["lst_01KDWPVNG0000000000000000Z"], "status": "hidden"},
    "MoveStock": {
        "from_location_id": "loc_01KDWPVNG0000000000000000Z",
        "to_location_id": "loc_01KDWPVNG0000000000000000Y",
        "quantity": 1,
    },
    "Edit": {"selection": {"q": "none"}, "change": {"low_stock_at": 1}, "currency": "USD"},
    "MakeBundle": {
        "product": {"external_id": "b", "title": "B", "variants": [{"price_minor": 1, "currency": "USD"}]},
        "parts": [{"offer_id": "off_01KDWPVNG0000000000000000Z", "quantity": 2}],
    },
    "CollectionDraft": {"title": "Lamps", "rule": {"brands": ["x"]}},
    "Propose": {"product_id": "prd_01KDWPVNG0000000000000000Z", "content": {"title": "x"}},
    "PostalAddress": ADDRESS,
    "Merge": {"attribute": "farbe", "into": "color"},
    "AddMember": {"email": "nobody@example.com"},
    "Cancel": {"reason": "no longer wanted"},
    "ChangeOffer": {"price_minor": 1},
    "SetStock": {"location_id": "loc_01KDWPVNG0000000000000000Z", "on_hand": 1},
    "Ship": {"carrier": "sandbox"},
    "SaveRateSheet": {
        "name": "x", "kind": "flat", "countries": ["*"], "currency": "USD",
        "steps": [{"weight_g_max": 1000, "amount_minor": 1}],
    },
    "SaveZone": {"name": "x", "places": ["DE"]},
    "SaveBox": {"name": "x", "length_mm": 1, "width_mm": 1, "height_mm": 1, "tare_g": 0, "load_g_max": 1},
    "SavePoint": {"name": "x", "address": ADDRESS, "capacity": 1},
    "SaveVan": {"name": "x", "location_id": "loc_01KDWPVNG0000000000000000Z"},
    "PlanDay": {"day": "2026-01-05"},
    "RecordScan": {"code": "delivered", "at": "2026-01-01T12:00:00Z", "source_id": "s1"},
    "WriteReview": {"rating": 1},
    "Approve": {"commission_bps": 0},
    "Suspend": {"reason": "x"},
    "SavePromotion": {"name": "x", "kind": "percentage", "bps": 1},
    "SetState": {"state": "paused"},
    "ChooseCurrency": {"currency": "USD"},
    "UseCode": {"code": "xyz"},
    "UseGiftCard": {"code": "xyz"},
    "SaveTaxRates": {"rates": [{"country": "DE", "name": "x", "percent": "1"}]},
    "TaxRounding": {"rounding": "line"},
    "SaveFee": {"name": "x", "bps": 1},
    "SaveExchangeRates": {"rates": [{"currency": "EUR", "rate": "1"}]},
    "IssueGiftCard": {"currency": "USD", "amount_minor": 1},
    "MapColumns": {"columns": {"No": "external_id"}},
    "AskRefund": {"shipping_minor": 1},
    "MakeRefund": {"shipping_minor": 1, "reason": "x"},
    "AskReturn": {"reason": "damaged", "pieces": {"oln_01KDWPVNG0000000000000000Z": 1}},
    "AnswerReturn": {"accept": True},
    "SendReturn": {"carrier": "own"},
    "InspectReturn": {"accepted": {}},
    "OpenDispute": {"kind": "missing", "reason": "x"},
    "AddEvidence": {"text": "x"},
    "Decide": {"reason": "x"},
    "CancelPart": {"reason": "x"},
    "AddEndpoint": {"url": "https://shop.example/hook"},
    "Words": {"body": "words"},
    "Report": {"reason": "x"},
    "MergeQuestion": {"into": "qst_01KDWPVNG0000000000000000Z"},
    "Moderate": {"decision": "kept"},
    "ArrangePictures": {"order": []},
    "DescribePicture": {"position": 0, "alt": "x"},
    "RemovePicture": {"position": 0},
    "NameCategory": {"en": "x"},
    "PlaceCategory": {"path": "x"},
    "SettleCategories": {"choices": {}},
    "Resolve": {"resolution": "explained", "note": "x"},
    "TopUp": {"amount_minor": 1000, "method": "tok_ok"},
    "SetBilling": {"name": "x"},
    "SetBudget": {"name": "x", "amount": 1},
    "ChangeBudget": {"amount": 1},
    "GrantCompute": {"amount": 1, "ref": "x"},
    "RecordPayment": {"amount_minor": 1, "ref": "x"},
    "SetCreditLine": {"amount": 1},
    "AskRepayment": {"amount_minor": 1},
    "DeclineRepayment": {"reason": "x"},
    "ModelPrices": {"nano": {"embedding_tokens": 1}},
    "AskedShare": {},
    "NewShare": {"share_bps": 1},
    "Reason": {"reason": "x"},
    "SetPrices": {"model": "x", "nano": {"gpu_ms": 1}},
    "RuleDraft": {"name": "x", "action": "spread"},
    "PreviewRule": {"rule": {"name": "x", "action": "spread"}},
    "SynonymDraft": {"words": ["lamp", "light"]},
    "RetryReaction": {"event_id": "evt_01KDWPVNG0000000000000000Z", "handler": "orders.mark_paid"},
}  # fmt: skip
PUBLIC = {
    "attribute",
    "carrier",
    "code",
    "export_format",
    "file_name",
    "merchant",
    "name",
    "part",
    "path",
    "photo",
    "processor",
    "product_id",
    "question_id",
    "sha256",
    "slug",
    "subject_id",
    "token",
}
"""What anybody may name: goods, what people say of them, pictures, our own files, languages, tokens that are a right
by themselves."""
OPERATORS = ("/api/operator/", "/operator")


@pytest.fixture(scope="module")
def foreign(market: Market, alice: Visitor, bruno: Visitor, entrepot: Entrepot) -> dict[str, str]:
    """An id of each kind, of something that is Alice's or Bruno's."""
    order = alice.buy(market.offers[LAMP])
    assert order["status"] == "paid", order
    seller_order = order["sellers"][0]["id"]
    shipped = bruno.post(f"/api/merchant/orders/{seller_order}/ship", {"carrier": "own", "tracking_no": "1"})
    assert shipped.status_code == 200, shipped.text
    another = alice.buy(market.offers[LAMP])
    sheets = bruno.get("/api/merchant/rate-sheets").json()["rate_sheets"]
    feed = {
        "feed": ("feed.jsonl", b'{"external_id":"x","title":"X","variants":[{"price_minor":1,"currency":"USD"}]}\n')
    }
    upload = bruno.client.post("/api/merchant/imports", files=feed, headers={"x-csrf-token": bruno.refresh()})
    assert upload.status_code == 202, upload.text
    job = f"/api/merchant/imports/{upload.json()['id']}"
    eventually(lambda: bruno.get(job).json()["state"] == "done")
    address = alice.post("/api/addresses", ADDRESS).json()["id"]
    key = bruno.post("/api/keys", {"name": "k"}).json()["key"]["id"]
    market.do(catalog.grant_review, market.cast.alice.actor, market.products[LAMP], "sor_1")
    entrepot.database.write_now(
        lambda tx: identity.notify(tx, identity.Notice(str(market.cast.alice.actor), "identity.password_changed",
                                                       {"name": "Alice"}))
    )  # fmt: skip
    notice = alice.get("/api/notices").json()["items"][0]["id"]
    listing = bruno.get("/api/merchant/listings").json()["items"][0]["id"]
    edit = bruno.post("/api/merchant/edits", BODIES["Edit"]).json()["id"]
    collection = bruno.post("/api/merchant/collections", BODIES["CollectionDraft"]).json()["id"]
    zone = bruno.post("/api/merchant/zones", BODIES["SaveZone"]).json()["id"]
    box = bruno.post("/api/merchant/boxes", BODIES["SaveBox"]).json()["id"]
    compute = compute_of(market, bruno, entrepot)
    budget = market.do(cloud.add_budget, market.cast.bruno, "x", 1).id
    promotion = bruno.post("/api/promotions", BODIES["SavePromotion"]).json()["promotion"]["id"]
    payout = payout_of(market, alice, bruno, seller_order, shipped.json()["parcels"][0]["parcel"]["id"])
    market.do(catalog.grant_review, market.cast.alice.actor, market.products[LAMP], "sor_1")
    review = alice.post(f"/api/products/{market.products[LAMP]}/reviews", {"rating": 3}).json()["id"]
    return {
        "review_id": review,
        "category_id": "cat_01KDWPVNG0000000000000000Z",
        **claims_of(alice, bruno, seller_order),
        "promotion_id": promotion,
        "rate_id": "tax_01KDWPVNG0000000000000000Z",
        "fee_id": "fee_01KDWPVNG0000000000000000Z",
        "card_id": "gif_01KDWPVNG0000000000000000Z",
        "edit_id": edit,
        "collection_id": collection,
        "twin_id": "twn_01KDWPVNG0000000000000000Z",
        "proposal_id": "ppl_01KDWPVNG0000000000000000Z",
        "decided_id": "twn_01KDWPVNG0000000000000000Z",
        "zone_id": zone,
        "box_id": box,
        "point_id": "pup_01KDWPVNG0000000000000000Z",
        "van_id": "van_01KDWPVNG0000000000000000Z",
        "plan_id": "rtp_01KDWPVNG0000000000000000Z",
        "order_id": another["id"],
        "seller_order_id": another["sellers"][0]["id"],
        "offer_id": market.offers[LAMP],
        "listing_id": listing,
        "sheet_id": sheets[0]["id"],
        "import_id": upload.json()["id"],
        "address_id": address,
        "key_id": key,
        "notice_id": notice,
        "parcel_id": shipped.json()["parcels"][0]["parcel"]["id"],
        "payout_id": payout,
        "invoice_id": invoice_of(market),
        "budget_id": budget,
        **compute,
        "organisation_id": str(market.cast.bruno.organisation),
        **batch_of(bruno),
        "model_id": model_of(market),
        "rule_id": "rul_01KDWPVNG0000000000000000Z",
        "synonym_id": "syn_01KDWPVNG0000000000000000Z",
        "break_id": "brk_01KDWPVNG0000000000000000Z",
        "file_id": "fil_01KDWPVNG0000000000000000Z",
        "merchant_id": str(market.cast.bruno.organisation),
        "user_id": str(market.cast.bruno.actor),
        "task_id": "tsk_01KDWPVNG0000000000000000Z",
        "location_id": market.locations[LAMP],
    }


def batch_of(bruno: Visitor) -> dict[str, str]:
    """A file that Bruno sent, and a batch of it."""
    sent = bruno.client.post(
        "/v1/files", data={"purpose": "batch"}, files={"file": ("x.jsonl", b"{}")},
        headers={"x-csrf-token": bruno.refresh()},
    )  # fmt: skip
    assert sent.status_code == 200, sent.text
    batch = bruno.post("/v1/batches", {"input_file_id": sent.json()["id"], "endpoint": "/v1/embeddings"})
    assert batch.status_code == 200, batch.text
    return {"upload_id": sent.json()["id"], "batch_id": batch.json()["id"]}


def compute_of(market: Market, bruno: Visitor, entrepot: Entrepot) -> dict[str, str]:
    """Bruno's invoice for compute, and his payment for more."""
    organisation = str(market.cast.bruno.organisation)
    give(entrepot.database, 10**9, "bruno", organisation)
    use(entrepot.database, "req_bruno", {"embedding_tokens": 1}, cloud.MODEL, organisation)
    made = market.do(cloud.issue_now, market.cast.bruno, entrepot.settings.cloud)
    paid = bruno.post("/api/cloud/topups", BODIES["TopUp"])
    assert paid.status_code == 201, paid.text
    return {"cloud_invoice_id": made.id, "topup_id": paid.json()["id"], "repayment_id": repayment_of(market, entrepot)}


def repayment_of(market: Market, entrepot: Entrepot) -> str:
    """Credit that Bruno has asked back."""
    settings = entrepot.settings.cloud
    bruno, limits = market.cast.bruno, cloud.limits_of(settings)
    market.do(cloud.record_payment, market.cast.dana, str(bruno.organisation), "USD", 500_00, "transfer", limits)
    wish: cloud.Repayment = market.do(cloud.ask_repayment, bruno, 1_00, settings)
    return wish.id


def model_of(market: Market) -> str:
    """A model that Bruno registered and nobody has published."""
    draft = cloud.ModelDraft("brunos", "embedding", "static", cloud.Licence("MIT"))
    known = cloud.Capabilities(context=1, dimensions=1)
    return str(market.do(cloud.add_model, market.cast.bruno, draft, known).id)


def invoice_of(market: Market) -> str:
    """A document of Bruno's, once it is issued."""
    return eventually(lambda: market.see(orders.list_invoices, market.cast.bruno))[0].id


def claims_of(alice: Visitor, bruno: Visitor, seller_order: str) -> dict[str, str]:
    """What followed the sale, and where it is told."""
    line = alice.get(f"/api/seller-orders/{seller_order}").json()["lines"][0]["id"]
    asked = alice.post(f"/api/seller-orders/{seller_order}/returns", {"reason": "damaged", "pieces": {line: 1}})
    assert asked.status_code == 201, asked.text
    assert alice.post(f"/api/returns/{asked.json()['id']}/withdraw").status_code == 200
    opened = alice.post(f"/api/seller-orders/{seller_order}/disputes", {"kind": "missing", "reason": "x"})
    assert opened.status_code == 201, opened.text
    endpoint = bruno.post("/api/merchant/webhooks", BODIES["AddEndpoint"])
    assert endpoint.status_code == 201, endpoint.text
    return {
        "return_id": asked.json()["id"],
        "dispute_id": opened.json()["id"],
        "endpoint_id": endpoint.json()["endpoint"]["id"],
        "delivery_id": "whd_01KDWPVNG0000000000000000Z",
    }


def payout_of(market: Market, alice: Visitor, bruno: Visitor, seller_order: str, parcel: str) -> str:
    """Deliver, confirm, pay out."""
    scan = {"code": "delivered", "at": "2026-01-01T12:00:00Z", "source_id": "door"}
    assert bruno.post(f"/api/parcels/{parcel}/scans", scan).status_code == 200
    eventually(lambda: alice.get(f"/api/seller-orders/{seller_order}").json()["status"] == "delivered")
    assert alice.post(f"/api/seller-orders/{seller_order}/confirm").status_code == 200
    market.do(pay.request_payouts, market.cast.dana)
    return market.see(pay.list_payouts, market.cast.bruno)[0].id


def with_ids(app: Litestar) -> list[Operation]:
    """Operations whose address names something of somebody's."""
    found = [each for each in operations(app) if set(each.parameters) - PUBLIC]
    assert len(found) > 20
    return found


def ask(visitor: Visitor, operation: Operation, ids: dict[str, str]) -> int:
    """What this operation answers, asked as it should be."""
    asks = operation.handler.opt.get("asks")
    token = visitor.refresh()
    headers = {"idempotency-key": f"key-{operation.method}-{len(operation.template)}", "x-csrf-token": token}
    if operation.template.startswith(("/api/", "/v1/")):
        body = {"json": BODIES[asks.__name__]} if asks else {"params": {"location_id": ids["location_id"]}}
    else:
        headers |= PAGE
        body = {"data": {"_csrf": token, "_key": "k", **FORM, **ids}} if operation.changes else {}
    return visitor.client.request(operation.method, operation.path(ids), headers=headers, **body).status_code


FORM = {
    "reason": "x", "carrier": "sandbox", "price": "1.00", "on_hand": "1", "rating": "1", "quantity": "1",
    "commission": "1", "code": "delivered", "state": "paused", "name": "x", "line1": "x", "city": "x",
    "postal_code": "10115", "country": "DE",
}  # fmt: skip


def test_every_parameter_of_an_address_is_tried(app: Litestar, foreign: dict[str, str]) -> None:
    named = {parameter for operation in with_ids(app) for parameter in operation.parameters}
    assert named - PUBLIC - set(foreign) == set()


def test_another_tenants_ids_answer_as_if_they_were_nothing(
    app: Litestar, bea: Visitor, foreign: dict[str, str]
) -> None:
    answers = {
        str(operation): ask(bea, operation, foreign)
        for operation in with_ids(app)
        if not operation.template.startswith(OPERATORS)
    }
    assert {operation: status for operation, status in answers.items() if status != 404} == {}


def test_what_is_not_theirs_is_unchanged_afterwards(
    app: Litestar, bea: Visitor, alice: Visitor, bruno: Visitor, foreign: dict[str, str]
) -> None:
    def everything() -> list[Any]:
        return [
            alice.get("/api/orders").json(),
            alice.get("/api/addresses").json(),
            bruno.get("/api/merchant/listings").json(),
            bruno.get("/api/merchant/rate-sheets").json(),
            [key["revoked_at"] for key in bruno.get("/api/keys").json()["keys"]],
        ]

    before = everything()
    for operation in with_ids(app):
        ask(bea, operation, foreign)
    assert everything() == before


def test_the_operators_routes_are_closed_to_everybody_else(
    app: Litestar, bea: Visitor, nobody: Visitor, foreign: dict[str, str]
) -> None:
    theirs = [each for each in operations(app) if each.template.startswith(OPERATORS) and "setup" not in each.template]
    assert len(theirs) > 8
    assert {str(each): status for each in theirs if (status := ask(bea, each, foreign)) != 403} == {}
    assert {str(each): status for each in theirs if (status := ask(nobody, each, foreign)) not in (401, 303)} == {}


def test_routes_for_the_signed_in_send_others_to_sign_in(app: Litestar, nobody: Visitor) -> None:
    closed = [each for each in operations(app) if each.handler.opt.get("access")]
    assert len(closed) > 40
    for operation in closed:
        if operation.template.startswith(("/api/", "/v1/")):
            headers = {"idempotency-key": "k", "content-type": "application/json"}
            answer = nobody.client.request(operation.method, operation.path(), headers=headers)
            assert answer.status_code == 401, operation
            assert answer.headers["www-authenticate"] == "Bearer"
        elif not operation.changes:
            answer = nobody.get(operation.path(), headers=PAGE)
            assert answer.status_code == 303, operation
            assert answer.headers["location"].startswith("/sign-in?next=%2F"), operation


def test_a_guests_cart_is_nobody_elses(visit: Callable[[], Visitor], market: Market) -> None:
    guest, other = visit(), visit()
    guest.put("/api/cart/lines", {"offer_id": market.offers[CUP], "quantity": 2})
    assert guest.get("/api/cart").json()["quantity"] == 2
    assert other.get("/api/cart").json()["quantity"] == 0


def test_a_revoked_key_opens_nothing(bruno: Visitor, nobody: Visitor) -> None:
    made = bruno.post("/api/keys", {"name": "soon gone"}).json()
    bearer = {"authorization": f"Bearer {made['secret']}"}
    assert nobody.get("/api/merchant", headers=bearer).status_code == 200
    bruno.change("DELETE", f"/api/keys/{made['key']['id']}")
    assert nobody.get("/api/merchant", headers=bearer).status_code == 401


def test_after_signing_in_one_returns_only_to_our_own_pages(visit: Callable[[], Visitor]) -> None:
    for wish in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        visitor = visit()
        answer = visitor.form(
            "/sign-in", email="alice@example.com", password="a horse made of battery staples", next=wish
        )
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == "/"
