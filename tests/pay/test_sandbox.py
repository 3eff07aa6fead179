"""What every processor promises through the port, and how the sandbox fails when told to."""

import stat
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from entrepot import pay
from entrepot.kernel import SECOND, Conflict, ManualClock, NotAllowed, Unavailable
from entrepot.kernel.testing import NOON
from entrepot.pay.processors.standard import verify_webhook


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def sandbox(tmp_path: Path, clock: ManualClock) -> Iterator[pay.SandboxProcessor]:
    with closing(pay.SandboxProcessor(tmp_path, clock=clock)) as sandbox:
        yield sandbox


def intent(method: str = "tok_ok", key: str = "pay_1", amount_minor: int = 5_00) -> pay.ChargeIntent:
    return pay.ChargeIntent(key, "ord_1", method, amount_minor, "EUR")


def refund_of(key: str, amount_minor: int) -> pay.RefundIntent:
    return pay.RefundIntent(key, "pay_1", None, amount_minor, "EUR")


def heard(sandbox: pay.SandboxProcessor) -> list[str]:
    """The bodies of the webhooks that are due, in the order in which they come."""
    bodies: list[str] = []
    sandbox.deliver_webhooks(lambda headers, body: bodies.append(body.decode()))
    return bodies


def test_one_key_charges_once(sandbox: pay.SandboxProcessor) -> None:
    charges = [sandbox.charge(intent()) for _ in range(3)]
    assert len(set(charges)) == 1
    assert charges[0].state == "captured"
    assert sandbox.find_charge("pay_1") == charges[0]
    assert len(sandbox.list_acts()) == 1


def test_one_key_is_for_one_amount(sandbox: pay.SandboxProcessor) -> None:
    sandbox.charge(intent())
    with pytest.raises(Conflict):
        sandbox.charge(intent(amount_minor=6_00))


def test_what_was_never_asked_for_is_not_found(sandbox: pay.SandboxProcessor) -> None:
    assert (sandbox.find_charge("pay_2"), sandbox.find_refund("rfd_2"), sandbox.find_payout("pyo_2")) == (None,) * 3


@pytest.mark.parametrize("method", ["tok_decline", "tok_something", "4242424242424242"])
def test_a_declined_charge_says_so_in_a_sentence(sandbox: pay.SandboxProcessor, method: str) -> None:
    charge = sandbox.charge(intent(method))
    assert charge.state == "declined"
    assert "try another" in (charge.reason or "")
    with pytest.raises(Conflict):
        sandbox.refund(refund_of("rfd_1", 1))


def test_a_lost_answer_is_found_by_its_key(sandbox: pay.SandboxProcessor) -> None:
    with pytest.raises(Unavailable):
        sandbox.charge(intent("tok_timeout"))
    found = sandbox.find_charge("pay_1")
    assert found is not None
    assert found.state == "captured"
    assert sandbox.charge(intent("tok_timeout")) == found


def test_a_slow_charge_is_captured_after_a_while(sandbox: pay.SandboxProcessor, clock: ManualClock) -> None:
    assert sandbox.charge(intent("tok_slow")).state == "pending"
    clock.advance(5 * SECOND)
    found = sandbox.find_charge("pay_1")
    assert found is not None
    assert found.state == "captured"
    assert heard(sandbox) == []


def test_some_outcomes_are_told_by_webhook_alone(sandbox: pay.SandboxProcessor) -> None:
    assert sandbox.charge(intent("tok_webhook_only")).state == "pending"
    [body] = heard(sandbox)
    assert '"charge.captured"' in body
    assert heard(sandbox) == []


def test_some_webhooks_come_twice_under_one_id(sandbox: pay.SandboxProcessor) -> None:
    assert sandbox.charge(intent("tok_webhook_twice")).state == "captured"
    ids: list[str] = []
    sandbox.deliver_webhooks(lambda headers, body: ids.append(headers["webhook-id"]))
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_some_webhooks_come_late_and_the_newer_one_first(sandbox: pay.SandboxProcessor, clock: ManualClock) -> None:
    assert sandbox.charge(intent("tok_webhook_late_reordered")).state == "pending"
    assert heard(sandbox) == []
    clock.advance(90 * SECOND)
    first, second = heard(sandbox)
    assert '"charge.captured"' in first
    assert '"charge.pending"' in second


def test_a_webhook_that_is_not_heard_comes_again_signed_anew(sandbox: pay.SandboxProcessor, clock: ManualClock) -> None:
    sandbox.charge(intent("tok_webhook_only"))

    def refuse(headers: Mapping[str, str], body: bytes) -> None:
        raise NotAllowed("Not now")

    assert sandbox.deliver_webhooks(refuse) == 0
    assert heard(sandbox) == []
    clock.advance_to(sandbox.waiting_webhooks()[-1].due_at)
    seen: list[str] = []
    sandbox.deliver_webhooks(
        lambda headers, body: seen.append(verify_webhook(headers, body, sandbox.webhook_secret, clock.now()))
    )
    assert len(seen) == 1


def test_refunds_never_exceed_their_charge(sandbox: pay.SandboxProcessor) -> None:
    sandbox.charge(intent())
    assert sandbox.refund(refund_of("rfd_1", 3_00)) == sandbox.refund(refund_of("rfd_1", 3_00))
    with pytest.raises(Conflict):
        sandbox.refund(refund_of("rfd_2", 2_01))
    assert sandbox.refund(refund_of("rfd_2", 2_00)).amount_minor == 2_00
    assert sandbox.find_refund("rfd_1") is not None


def test_a_payout_is_sent_once(sandbox: pay.SandboxProcessor) -> None:
    payout = pay.PayoutIntent("pyo_1", "org_bruno", 9_00, "EUR")
    assert sandbox.payout(payout) == sandbox.payout(payout) == sandbox.find_payout("pyo_1")
    assert [(act.kind, act.target, act.amount_minor) for act in sandbox.list_acts()] == [("payout", "org_bruno", 9_00)]


def test_its_books_and_its_secret_outlive_the_program(tmp_path: Path) -> None:
    with closing(pay.SandboxProcessor(tmp_path)) as before:
        charge = before.charge(intent())
        secret = before.webhook_secret
    with closing(pay.SandboxProcessor(tmp_path)) as after:
        assert after.find_charge("pay_1") == charge
        assert after.webhook_secret == secret
    assert stat.S_IMODE((tmp_path / "sandbox.db").stat().st_mode) == 0o600


def outcomes(folder: Path, faults: pay.Faults) -> list[str]:
    """What becomes of a hundred first charges under these rates."""
    seen = []
    with closing(pay.SandboxProcessor(folder, clock=ManualClock(NOON), faults=faults)) as sandbox:
        for number in range(100):
            try:
                seen.append(sandbox.charge(intent(key=f"pay_{number}")).state)
            except Unavailable:
                seen.append("charged" if sandbox.find_charge(f"pay_{number}") else "never arrived")
    return seen


def test_rates_of_failure_come_from_a_seed(tmp_path: Path) -> None:
    faults = pay.Faults(seed=7, unreachable=200, timeout=200, decline=200, slow=200)
    first = outcomes(tmp_path / "a", faults)
    assert outcomes(tmp_path / "b", faults) == first
    assert set(first) == {"captured", "declined", "pending", "charged", "never arrived"}
    other = pay.Faults(seed=8, unreachable=200, timeout=200, decline=200, slow=200)
    assert outcomes(tmp_path / "c", other) != first
