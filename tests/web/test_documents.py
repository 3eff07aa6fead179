"""`/openapi.json` names every operation, and tells the truth about each: tried with made-up input."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from litestar import Litestar
from schemathesis import checks

from tests.orders.market import Market
from tests.proof import FULL, count
from tests.web.routes import operations
from tests.web.visitors import Visitor

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
REFUSED = (413,)
"""Refusals that the check of refusals does not know for one: a body that is too large is not read."""
FROM_THE_CALLER = {"cookie", "authorization", "content-length"}
REFUSALS = {"400", "401", "403", "404", "409", "413", "415", "422", "429", "503"}


@pytest.fixture(scope="module")
def document(app: Litestar, market: Market, dana: Visitor) -> dict[str, Any]:
    """The document, as anybody may read it."""
    return dict(dana.get("/openapi.json").json())


def test_the_document_names_every_operation_of_the_api(app: Litestar, document: dict[str, Any]) -> None:
    named = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    programs = ("/api/", "/v1/")
    assert named == {(each.method, each.template) for each in operations(app) if each.template.startswith(programs)}


def test_every_operation_is_described_and_names_its_refusals(document: dict[str, Any]) -> None:
    seen: set[str] = set()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            here = f"{method} {path}"
            assert operation["summary"].endswith((".", "…")), here
            assert operation["operationId"] not in seen, here
            seen.add(operation["operationId"])
            refusals = {status for status in operation["responses"] if status >= "400"}
            always = {"400", "401", "429", "503"} | (set() if path.startswith("/v1/") else {"422"})
            assert always <= refusals <= REFUSALS, here
            if method != "get":
                assert {"403", "409", "413", "415"} <= refusals, here
            if "{" in path:
                assert "404" in refusals, here
    for name, response in document["components"]["responses"].items():
        kind = "application/json" if name.startswith("Failure") else "application/problem+json"
        assert list(response["content"]) == [kind]


def test_every_change_takes_an_idempotency_key_or_is_the_same_when_repeated(document: dict[str, Any]) -> None:
    """Sessions, secrets, previews and reading marks have no use for one; deleting twice is deleting once."""
    without = {
        f"{method} {path}"
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method not in ("get", "delete") and not any(p["name"] == "Idempotency-Key" for p in operation["parameters"])
    }
    assert without == {
        "patch /api/session",
        "post /api/accounts",
        "post /api/accounts/confirm",
        "post /api/carriers/{carrier}/webhook",
        "post /api/cart/quote",
        "post /api/gift-cards/balance",
        "post /api/keys",
        "post /api/members",
        "post /api/merchant/edits/preview",
        "post /api/merchant/orders/{seller_order_id}/refunds/preview",
        "post /api/merchant/webhooks",
        "post /api/merchant/webhooks/{endpoint_id}/enable",
        "post /api/merchant/webhooks/{endpoint_id}/secret",
        "post /api/notices/{notice_id}/read",
        "post /api/operator/search/preview",
        "post /api/operator/verify",
        "post /api/password/forgotten",
        "post /api/password/reset",
        "post /api/pay/webhooks/{processor}",
        "post /api/search/image",
        "post /api/session",
        "put /api/merchant/imports/{import_id}/columns",
        "put /api/password",
    }


def test_where_money_or_stock_moves_the_key_is_required(document: dict[str, Any]) -> None:
    required = {
        f"{method} {path}"
        for path, item in document["paths"].items()
        for method, operation in item.items()
        for parameter in operation["parameters"]
        if parameter["name"] == "Idempotency-Key" and parameter["required"]
    }
    assert required == {
        "post /api/cloud/invoices",
        "post /api/cloud/repayments",
        "post /api/cloud/topups",
        "post /api/disputes/{dispute_id}/concede",
        "post /api/disputes/{dispute_id}/evidence",
        "post /api/disputes/{dispute_id}/withdraw",
        "post /api/merchant/deliveries/{delivery_id}/replay",
        "post /api/merchant/edits",
        "post /api/merchant/edits/{edit_id}/undo",
        "post /api/merchant/offers/{offer_id}/move",
        "post /api/merchant/orders/{seller_order_id}/refunds",
        "post /api/merchant/orders/{seller_order_id}/ship",
        "post /api/operator/breaks/{break_id}/resolve",
        "post /api/operator/compute/customers/{organisation_id}/grants",
        "post /api/operator/compute/customers/{organisation_id}/invoices",
        "post /api/operator/compute/customers/{organisation_id}/payments",
        "post /api/operator/compute/prices",
        "post /api/operator/compute/repayments/{repayment_id}/decline",
        "post /api/operator/compute/repayments/{repayment_id}/pay",
        "post /api/operator/disputes/{dispute_id}/decide",
        "post /api/operator/gift-cards",
        "post /api/operator/payouts",
        "post /api/orders",
        "post /api/orders/{order_id}/cancel",
        "post /api/returns/{return_id}/answer",
        "post /api/returns/{return_id}/inspect",
        "post /api/returns/{return_id}/send",
        "post /api/returns/{return_id}/withdraw",
        "post /api/seller-orders/{seller_order_id}/cancel",
        "post /api/seller-orders/{seller_order_id}/confirm",
        "post /api/seller-orders/{seller_order_id}/disputes",
        "post /api/seller-orders/{seller_order_id}/returns",
        "put /api/merchant/offers/{offer_id}/stock",
    }


@pytest.fixture(scope="module")
def callers(alice: Visitor, bruno: Visitor, dana: Visitor, app: Litestar) -> list[Visitor]:
    """The cast, with the token of their sessions."""
    for visitor in (alice, bruno, dana):
        visitor.refresh()
    return [alice, bruno, dana]


@pytest.fixture(scope="module")
def half() -> int:
    """Which operations a small run tries: every second one here, the others on the other database."""
    return 0


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_made_up_input_gets_what_the_document_says(
    document: dict[str, Any], callers: list[Visitor], half: int, report_count: Callable[[str, int], None]
) -> None:
    """No failure, no status, media type or shape that is not documented; and what does not fit is refused."""
    tried = 0
    for number, found in enumerate(schemathesis.openapi.from_dict(document).get_all_operations()):
        operation = found.ok()
        if operation.label == "DELETE /api/session":
            continue  # it would sign the caller out
        if number % 2 != half and not FULL:
            continue
        for mode in schemathesis.GenerationMode:
            tried += attack(operation, mode, callers[number % len(callers)])
    report_count("made-up requests", tried)
    assert tried > 200


def attack(operation: schemathesis.APIOperation, mode: schemathesis.GenerationMode, visitor: Visitor) -> int:
    """Try an operation with input that fits, or that does not; returns how often."""
    tried = 0

    @settings(max_examples=count(2, 150), phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def each(case: Any) -> None:
        nonlocal tried
        tried += 1
        call(case, visitor)

    with suppress(Unsatisfiable):  # an operation without input has none that does not fit
        each()
    return tried


def call(case: Any, visitor: Visitor) -> None:
    """Send a case through the visitor's client and check the answer against the document."""
    prepared = requests.Request(**case.as_transport_kwargs(base_url="http://shop.example")).prepare()
    headers = {name: value for name, value in prepared.headers.items() if name.lower() not in FROM_THE_CALLER}
    headers["x-csrf-token"] = visitor.token or ""
    answer = visitor.client.request(str(prepared.method), str(prepared.url), content=prepared.body, headers=headers)
    wanted = [
        each for each in CHECKS if each is not checks.negative_data_rejection or answer.status_code not in REFUSED
    ]
    case.validate_response(schemathesis.Response.from_httpx(answer, verify=True), checks=wanted)
