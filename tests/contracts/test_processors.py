"""What every payment processor promises through the port, each against its own outside world."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from entrepot import pay
from entrepot.kernel import DAY, HOUR, Conflict, Invalid, ManualClock, NotAllowed, Refused, Unavailable
from entrepot.kernel.testing import NOON
from tests.contracts.providers.worlds import MAKERS, World

KEY = "pay_01KDWPVNG0V3RS3DTR98H6BCFN"
REFUND, PAYOUT, PART = "rfd_1", "pyo_1", "cap_1"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture(params=list(MAKERS))
def world(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Iterator[World]:
    """A processor and its outside world."""
    world = MAKERS[request.param](tmp_path, clock)
    with closing(world.processor):
        yield world


def intent(world: World, key: str = KEY, amount_minor: int = 88_88, *, hold: bool = False) -> pay.ChargeIntent:
    """A buyer's wish to pay."""
    return pay.ChargeIntent(
        key, "ord_1", world.method, amount_minor, world.currency, hold, "https://market.example/orders/ord_1"
    )


def begin(world: World, *, hold: bool = False) -> pay.Charge:
    """A charge whose buyer has done their part."""
    charge = world.processor.charge(intent(world, hold=hold))
    world.buyer_pays(charge)
    return charge


def name_of(world: World, charge: pay.Charge) -> pay.ChargeName:
    """How we know a charge by now."""
    found = world.processor.find_charge(charge.key, charge.processor_ref) or charge
    return pay.ChargeName(found.key, found.processor_ref, found.currency)


def refund_of(world: World, charge: pay.Charge, amount_minor: int, key: str = REFUND) -> pay.RefundIntent:
    """Money of a charge to be given back."""
    name = name_of(world, charge)
    return pay.RefundIntent(key, name.key, name.processor_ref, amount_minor, world.currency)


def payout_to(world: World, account: str, key: str = PAYOUT, amount_minor: int = 9_00) -> pay.PayoutIntent:
    """Money to be sent to a merchant."""
    return pay.PayoutIntent(key, "org_bruno", amount_minor, world.currency, account, "Bruno")


def asks(world: World) -> None:
    """Skip what can only be known by asking."""
    if not world.processor.abilities.asks:
        pytest.skip("nobody to ask: people tell")


def line_of(world: World) -> object:
    """Skip what needs a line that can fail."""
    if world.line is None:
        pytest.skip("there is no line that could fail; the sandbox's own faults are tested with it")
    return world.line


def payout_or_refusal(world: World) -> str | None:
    """Why an account that is not there is not paid."""
    try:
        receipt = world.processor.payout(payout_to(world, world.bad_account))
    except Conflict as conflict:
        return conflict.sentence
    return receipt.reason if receipt.state == "failed" else None


def told_of(world: World, now: int) -> list[pay.Told]:
    """Everything that its webhooks tell, in order."""
    return [
        told for headers, body in world.webhooks() for told in world.processor.read_webhook(headers, body, now).told
    ]


def test_it_is_called_as_payments_and_settings_call_it(world: World) -> None:
    assert world.processor.name in ("sandbox", "stripe", "alipay", "manual")
    world.processor.check()


def test_what_a_buyer_pays_is_found_with_its_amount(world: World) -> None:
    asks(world)
    charge = begin(world)
    found = world.processor.find_charge(KEY, charge.processor_ref)
    assert found is not None
    assert (found.key, found.state, found.amount_minor, found.currency) == (KEY, "captured", 88_88, world.currency)


def test_one_key_charges_once(world: World) -> None:
    first = world.processor.charge(intent(world))
    again = world.processor.charge(intent(world))
    assert (again.key, again.processor_ref, again.amount_minor) == (first.key, first.processor_ref, 88_88)


def test_a_charge_that_nobody_asked_for_is_not_found(world: World) -> None:
    assert world.processor.find_charge("pay_none") is None
    assert world.processor.find_payout("pyo_none") is None
    assert world.processor.find_refund("rfd_none", pay.ChargeName("pay_none", None, world.currency)) is None


def test_a_webhook_tells_what_the_answer_did_not(world: World, clock: ManualClock) -> None:
    asks(world)
    begin(world)
    told = told_of(world, clock.now())
    charges = [each.charge for each in told if isinstance(each, pay.ChargeTold)]
    assert charges[-1].key == KEY
    assert (charges[-1].state, charges[-1].amount_minor, charges[-1].currency) == ("captured", 88_88, world.currency)


def test_a_webhook_has_one_id_however_often_it_is_sent(world: World, clock: ManualClock) -> None:
    asks(world)
    begin(world)
    first = [world.processor.read_webhook(*each, clock.now()).id for each in world.webhooks()]
    again = [world.processor.read_webhook(*each, clock.now()).id for each in world.webhooks()]
    assert first == again
    assert len(set(first)) == len(first) > 0


def test_a_webhook_that_was_changed_is_refused(world: World, clock: ManualClock) -> None:
    asks(world)
    begin(world)
    for headers, body in world.webhooks():
        for place in range(0, len(body), max(1, len(body) // 40)):
            changed = bytearray(body)
            changed[place] = ord("7") if changed[place] != ord("7") else ord("8")
            with pytest.raises((NotAllowed, Invalid)):
                world.processor.read_webhook(headers, bytes(changed), clock.now())


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b"\xff\xfe", b"a=1&a=2", b"[" * 100_000, b"sign=&sign_type=RSA2"]
)
def test_an_unsigned_webhook_is_refused(world: World, clock: ManualClock, body: bytes) -> None:
    for headers in ({}, {"stripe-signature": "t=1,v1=" + "0" * 64}, {"webhook-id": "x", "webhook-timestamp": "1"}):
        with pytest.raises(NotAllowed):
            world.processor.read_webhook(headers, body, clock.now())


def test_money_goes_back_once_for_each_key(world: World) -> None:
    charge = begin(world)
    first = world.processor.refund(refund_of(world, charge, 30_00))
    again = world.processor.refund(refund_of(world, charge, 30_00))
    assert (first.key, first.amount_minor, first.currency) == (REFUND, 30_00, world.currency)
    assert again.amount_minor == 30_00
    if not world.processor.abilities.asks:
        assert first.state == "pending"
        return
    assert (first.state, again.state) == ("done", "done")
    found = world.processor.find_refund(REFUND, name_of(world, charge))
    assert found is not None
    assert (found.key, found.state, found.amount_minor) == (REFUND, "done", 30_00)


def test_no_more_goes_back_than_was_paid(world: World) -> None:
    asks(world)
    charge = begin(world)
    world.processor.refund(refund_of(world, charge, 80_00))
    with pytest.raises(Conflict):
        world.processor.refund(refund_of(world, charge, 8_89, "rfd_2"))
    assert world.processor.refund(refund_of(world, charge, 8_88, "rfd_3")).state == "done"


def test_a_merchant_is_paid_once_for_each_key(world: World) -> None:
    first = world.processor.payout(payout_to(world, world.account))
    assert world.processor.payout(payout_to(world, world.account)) == first
    assert (first.key, first.amount_minor, first.currency) == (PAYOUT, 9_00, world.currency)
    if world.processor.abilities.asks:
        assert first.state == "done"
        assert world.processor.find_payout(PAYOUT) == first


def test_an_account_that_is_not_there_is_refused_for_good(world: World) -> None:
    asks(world)
    refused = payout_or_refusal(world)
    assert refused
    found = world.processor.find_payout(PAYOUT)
    assert found is None or found.state == "failed"


def test_what_is_held_is_taken_later(world: World) -> None:
    if not world.processor.abilities.holds:
        pytest.skip("it captures at once")
    asks(world)
    charge = begin(world, hold=True)
    found = world.processor.find_charge(KEY, charge.processor_ref)
    assert found is not None
    assert found.state == "authorised"
    part = pay.CaptureIntent(PART, name_of(world, charge), 60_00, world.currency, final=True)
    first, again = world.processor.capture(part), world.processor.capture(part)
    assert (first.state, first.amount_minor, again.amount_minor) == ("done", 60_00, 60_00)
    found_part = world.processor.find_capture(PART, name_of(world, charge))
    assert found_part is not None
    assert (found_part.state, found_part.amount_minor) == ("done", 60_00)
    with pytest.raises(Conflict):
        world.processor.refund(refund_of(world, charge, 60_01))


def test_what_is_released_cannot_be_taken(world: World) -> None:
    if not world.processor.abilities.holds:
        pytest.skip("it captures at once")
    asks(world)
    charge = begin(world, hold=True)
    name = name_of(world, charge)
    world.processor.void(name)
    world.processor.void(name)
    with pytest.raises(Conflict):
        world.processor.capture(pay.CaptureIntent(PART, name, 1_00, world.currency))
    found = world.processor.find_charge(KEY, name.processor_ref)
    assert found is not None
    assert found.state == "declined"


def test_a_charge_that_was_given_up_cannot_be_paid(world: World) -> None:
    line_of(world)
    charge = world.processor.charge(intent(world))
    world.processor.void(pay.ChargeName(KEY, charge.processor_ref, world.currency))
    if world.processor.name == "alipay":
        return  # nobody has opened the page: its time ends it
    with pytest.raises(AssertionError, match="any more"):
        world.buyer_pays(charge)


def test_releasing_what_was_paid_changes_nothing(world: World) -> None:
    asks(world)
    charge = begin(world)
    world.processor.void(name_of(world, charge))
    found = world.processor.find_charge(KEY, charge.processor_ref)
    assert found is not None
    assert found.state == "captured"


@pytest.mark.parametrize("fault", ["lost", "silent", 429, 500, 503])
def test_a_failing_line_loses_and_doubles_nothing(world: World, fault: str | int) -> None:
    line_of(world)
    assert world.line is not None
    charge = begin(world)
    name = name_of(world, charge)
    asked = refund_of(world, charge, 30_00)
    world.line.next_fault = fault
    with pytest.raises(Unavailable) as refused:
        world.processor.refund(asked)
    assert refused.value.sentence
    found = world.processor.find_refund(REFUND, name)
    assert world.processor.refund(asked).amount_minor == 30_00
    assert world.processor.find_refund(REFUND, name) is not None
    assert found is None or found.amount_minor == 30_00
    with pytest.raises(Conflict):
        world.processor.refund(refund_of(world, charge, 58_89, "rfd_2"))


@pytest.mark.parametrize("fault", ["lost", "silent", 500])
def test_a_payout_whose_answer_is_lost_is_sent_once(world: World, fault: str | int) -> None:
    line_of(world)
    assert world.line is not None
    world.line.next_fault = fault
    with pytest.raises(Unavailable):
        world.processor.payout(payout_to(world, world.account))
    found = world.processor.find_payout(PAYOUT)
    assert (found is not None) == (fault == "silent")
    assert world.processor.payout(payout_to(world, world.account)) == world.processor.find_payout(PAYOUT)


def test_its_refusals_are_sentences_that_tell_no_secret(world: World) -> None:
    line_of(world)
    assert world.line is not None
    seen = []
    for fault in ("lost", "silent", 400, 401, 403, 429, 500):
        world.line.next_fault = fault
        try:
            world.processor.payout(payout_to(world, world.account, f"pyo_{fault}"))
        except Refused as refused:
            seen.append(refused.sentence)
    assert len(seen) >= 5
    assert not any(secret in sentence for sentence in seen for secret in ("sk_", "whsec", "BEGIN", "Traceback"))


def test_it_takes_no_currency_that_it_cannot_count(world: World) -> None:
    offered = world.processor.abilities.currencies
    if offered is None:
        pytest.skip("it takes any currency")
    wish = pay.ChargeIntent(KEY, "ord_1", world.method, 1_00, "EUR")
    with pytest.raises(Conflict):
        world.processor.charge(wish)


def test_a_webhook_grows_old(world: World, clock: ManualClock) -> None:
    """Alipay sends its notices for more than a day: they count once by their id, and never come from the future."""
    asks(world)
    begin(world)
    headers, body = world.webhooks()[-1]
    wrong = clock.now() - 2 * HOUR if world.processor.name == "alipay" else clock.now() + DAY
    with pytest.raises(NotAllowed):
        world.processor.read_webhook(headers, body, wrong)
