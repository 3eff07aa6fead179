"""Stripe's adapter, where Stripe is not like the others: signatures, declined cards, inquiries, odd currencies."""

from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import pay
from entrepot.identity import Scope
from entrepot.kernel import MINUTE, SECOND, Conflict, Database, Invalid, ManualClock, NotAllowed, Secret, Unavailable
from entrepot.kernel.testing import NOON, settle
from entrepot.pay.processors.base import NotItsAmount
from entrepot.pay.processors.stripe import StripeProcessor, verify_event
from entrepot.pay.processors.stripe.objects import from_stripe, to_stripe
from tests.contracts.providers.stripe import StripeDouble
from tests.pay import purchases as p

KEY = "pay_01KDWPVNG0V3RS3DTR98H6BCFN"
OLD, NEW = Secret("whsec_old"), Secret(StripeDouble.secret)


@pytest.fixture
def double() -> StripeDouble:
    return StripeDouble(ManualClock(NOON))


@pytest.fixture
def stripe(double: StripeDouble) -> Iterator[StripeProcessor]:
    with closing(opened(double)) as processor:
        yield processor


def opened(double: StripeDouble, key: str = StripeDouble.key) -> StripeProcessor:
    return StripeProcessor(Secret(key), [OLD, NEW], connect=True, transport=double.transport)


def wish(method: str, amount_minor: int = 10_00) -> pay.ChargeIntent:
    return pay.ChargeIntent(KEY, "ord_1", method, amount_minor, "EUR", return_url="https://market.example/orders/ord_1")


def test_a_signature_counts_with_either_secret_while_they_are_exchanged(double: StripeDouble) -> None:
    body = b'{"id":"evt_1"}'
    for secret in (OLD, NEW):
        header = double.signed(body, secret=secret.reveal())["stripe-signature"]
        verify_event(header, body, [OLD, NEW], NOON)
        with pytest.raises(NotAllowed):
            verify_event(header, body, [Secret("whsec_other")], NOON)
    with pytest.raises(NotAllowed):
        verify_event(double.signed(body)["stripe-signature"], body, [], NOON)


def test_a_known_signature_is_found_again() -> None:
    """HMAC-SHA256 of `1492774577.{}` with the secret `whsec_test`, reckoned with openssl."""
    digest = "0d0602f6611bd2252dd4b74b58a4528355a7380639a15e6cc21e3059d56d5b8b"
    at, secret = 1_492_774_577 * SECOND, Secret("whsec_test")
    verify_event(f"t=1492774577,v1={digest}", b"{}", [secret], at)
    with pytest.raises(NotAllowed):
        verify_event(f"t=1492774578,v1={digest}", b"{}", [secret], at)


@pytest.mark.parametrize("late", [-5 * MINUTE - SECOND, 5 * MINUTE + SECOND])
def test_a_signature_of_another_time_is_refused(double: StripeDouble, late: int) -> None:
    body = b"{}"
    header = double.signed(body)["stripe-signature"]
    verify_event(header, body, [NEW], NOON + late // abs(late) * 5 * MINUTE)
    with pytest.raises(NotAllowed):
        verify_event(header, body, [NEW], NOON + late)


@pytest.mark.parametrize(
    "header",
    [
        "", "t=1", "v1=00", "t=,v1=", "t=1767268800,t=1767268800,v1={digest}", "t=1767268800,v0={digest}",
        "t=-1,v1={digest}", "t=99999999999999,v1={digest}", "t=1767268800,v1={digest}" + ",v1=0" * 2_000,
    ],
)  # fmt: skip
def test_a_header_of_another_form_is_refused(double: StripeDouble, header: str) -> None:
    good = double.signed(b"{}", at_s=NOON // SECOND)["stripe-signature"]
    digest = good.split("v1=")[1].split(",")[0]
    with pytest.raises(NotAllowed):
        verify_event(header.format(digest=digest), b"{}", [NEW], NOON)


def test_a_declined_card_is_a_sentence_and_no_retry(stripe: StripeProcessor, double: StripeDouble) -> None:
    double.declines = True
    charge = stripe.charge(wish("pm_card_visa1"))
    assert charge.state == "declined"
    assert "another card" in (charge.reason or "")
    assert "insufficient" not in (charge.reason or "")


def test_a_saved_method_is_charged_at_once(stripe: StripeProcessor) -> None:
    assert stripe.charge(wish("pm_card_visa1")).state == "captured"


@pytest.mark.parametrize("method", ["4242424242424242", "tok_visa", "../v1/balance", "pm_", ""])
def test_a_card_number_is_no_way_to_pay(stripe: StripeProcessor, double: StripeDouble, method: str) -> None:
    with pytest.raises(Conflict):
        stripe.charge(wish(method))
    assert double.line.requests == []


def test_a_wrong_key_is_a_sentence_for_the_operator(double: StripeDouble) -> None:
    with closing(opened(double, "sk_test_wrong")) as stripe, pytest.raises(pay.RefusedByProcessor) as refused:
        stripe.check()
    assert "pay.stripe_key" in refused.value.sentence
    assert "sk_test" not in refused.value.sentence


def test_another_amount_under_the_same_key_is_refused(stripe: StripeProcessor) -> None:
    stripe.charge(wish("checkout"))
    with pytest.raises(Conflict):
        stripe.charge(wish("checkout", 11_00))


def test_too_little_on_our_account_is_waited_for() -> None:
    def poor(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"error": {"type": "invalid_request_error", "code": "balance_insufficient"}})

    stripe = StripeProcessor(Secret("sk_test_1"), [NEW], connect=True, transport=httpx.MockTransport(poor))
    with closing(stripe), pytest.raises(Unavailable):
        stripe.payout(pay.PayoutIntent("pyo_1", "org_bruno", 9_00, "EUR", "acct_Bruno0001", "Bruno"))


def test_an_answer_without_end_is_cut_off() -> None:
    stripe = StripeProcessor(
        Secret("sk_test_1"), [NEW],
        transport=httpx.MockTransport(lambda request: httpx.Response(200, content=b" " * 5_000_000)),
    )  # fmt: skip
    with closing(stripe), pytest.raises(Unavailable):
        stripe.check()


def test_a_refund_is_found_on_the_second_page(stripe: StripeProcessor, double: StripeDouble) -> None:
    charge = stripe.charge(wish("pm_card_visa1", 500_00))
    name = pay.ChargeName(KEY, charge.processor_ref, "EUR")
    for number in range(120):
        stripe.refund(pay.RefundIntent(f"rfd_{number}", KEY, charge.processor_ref, 1_00, "EUR"))
    assert stripe.find_refund("rfd_0", name) is not None
    assert stripe.find_refund("rfd_120", name) is None


def test_an_inquiry_is_no_chargeback_and_a_chargeback_is_one(stripe: StripeProcessor, double: StripeDouble) -> None:
    charge = stripe.charge(wish("pm_card_visa1"))
    double.events.clear()
    double.dispute(KEY, "created", "warning_needs_response")
    double.dispute(KEY, "created")
    double.dispute(KEY, "closed", "lost")
    told = [stripe.read_webhook(double.signed(body), body, NOON).told for body in double.events]
    assert told[0] == ()
    backs = [each.chargeback for (each,) in told[1:] if isinstance(each, pay.ChargebackTold)]
    assert [back.state for back in backs] == ["opened", "lost"]
    assert backs[0].charge.processor_ref == charge.processor_ref
    assert backs[0].amount_minor == 10_00


def test_what_others_do_on_the_same_account_tells_us_nothing(stripe: StripeProcessor, double: StripeDouble) -> None:
    double.tell("payment_intent.succeeded", {"id": "pi_x", "amount": 5, "currency": "eur", "status": "succeeded"})
    double.tell("checkout.session.completed", {
        "id": "cs_x", "status": "complete", "payment_status": "paid", "amount_total": 5, "currency": "eur",
        "client_reference_id": "their-own",
    })  # fmt: skip
    double.tell("invoice.paid", {"id": "in_1"})
    for body in double.events:
        assert stripe.read_webhook(double.signed(body), body, NOON).told == ()


def test_odd_currencies_keep_their_amounts() -> None:
    assert to_stripe(1_000, "JPY") == 1_000
    assert to_stripe(1_000, "ISK") == 100_000
    assert from_stripe(100_000, "isk") == 1_000
    assert to_stripe(12_340, "BHD") == 12_340
    assert to_stripe(1_000, "UGX") == 100_000
    assert to_stripe(5_00, "MGA") == 5
    assert from_stripe(5, "mga") == 5_00
    assert to_stripe(10_45, "HUF") == 10_45
    for amount_minor, currency in ((12_345, "BHD"), (5_01, "MGA")):
        with pytest.raises(NotItsAmount, match=currency):
            to_stripe(amount_minor, currency)
    with pytest.raises(Invalid):
        from_stripe(100_001, "isk")


@given(amount_minor=st.integers(0, 10**12), currency=st.sampled_from(["EUR", "JPY", "ISK", "UGX", "MGA", "KWD", "HUF"]))
def test_what_is_asked_of_stripe_is_what_it_reports(amount_minor: int, currency: str) -> None:
    amount_minor -= amount_minor % {"MGA": 100, "KWD": 10}.get(currency, 1)
    assert from_stripe(to_stripe(amount_minor, currency), currency.lower()) == amount_minor


def test_an_amount_that_stripe_does_not_take_ends_the_payment_with_a_word_to_the_buyer(
    database: Database, stripe: StripeProcessor
) -> None:
    payment = p.start(
        database, "ord_1", [pay.PaymentLeg("sor_lamp", 10_005, "org_bruno")], "stripe:pm_card_visa1", "KWD"
    )
    settle(database, {}, pay.tasks(stripe))
    found = database.read_now(lambda s: pay.get_payment(s, Scope.system(), payment.id))
    assert (found.state, found.reason) == ("declined", "Stripe takes KWD to 2 decimals only: choose another way to pay")
