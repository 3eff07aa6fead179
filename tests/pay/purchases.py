"""Purchases to test with: Alice pays for seller orders of Bruno and of another merchant."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from entrepot import ledger, pay
from entrepot.identity import Scope
from entrepot.kernel import Database, Event, Proof, Refused, Snapshot, TaskKind, Tx, Unavailable, Workers, list_events
from entrepot.kernel.testing import settle
from entrepot.pay import accounts

ALICE = Scope("usr_alice")
MALLORY = Scope("usr_mallory")
BRUNO = Scope("usr_bruno", "org_bruno", frozenset(("merchant",)))
CARLA = Scope("usr_carla", "org_carla", frozenset(("merchant",)))
DANA = Scope("usr_dana", "org_platform", frozenset(("operator",)))
TWO_SELLERS = (
    pay.PaymentLeg("sor_lamp", 10_00, "org_bruno"),
    pay.PaymentLeg("sor_mug", 2_50, "org_carla"),
)


def start(
    database: Database,
    ref: str = "ord_1",
    legs: Sequence[pay.PaymentLeg] = TWO_SELLERS,
    method: str = "tok_ok",
    currency: str = "EUR",
    capture: Any = "at_once",
) -> pay.Payment:
    """Alice places an order: the payment is started and its holds are posted, as `place` does."""

    def command(tx: Tx) -> pay.Payment:
        wish = pay.StartPayment(ref, currency, tuple(legs), method, ALICE.actor, capture=capture)
        payment, plan = pay.start_payment(tx, wish)
        ledger.post(tx, plan)
        return payment

    return database.write_now(command)


def buy(database: Database, ref: str = "ord_1", legs: Sequence[pay.PaymentLeg] = TWO_SELLERS) -> pay.Payment:
    """The same, and the money has come."""
    payment = start(database, ref, legs)
    return tell(database, payment, "captured")


def tell(database: Database, payment: pay.Payment, kind: Any) -> pay.Payment:
    """Somebody brings the word of what became of a charge."""
    return database.write_now(lambda tx: pay.record_outcome(tx, payment.id, pay.Outcome(kind, "ch_1")))


def abandon(database: Database, payment: pay.Payment) -> None:
    """The order is given up, as its expiry does."""
    database.write_now(lambda tx: ledger.post(tx, pay.abandon_payment(tx, payment.id)))


def refund(database: Database, payment: pay.Payment, amount_minor: int, seller_order_id: str = "sor_lamp") -> str:
    """Give money of a leg back: a tenth of it was commission, a twentieth the carrier's."""
    commission, carrier = amount_minor // 10, amount_minor // 20
    parts = {"seller_minor": amount_minor - commission - carrier, "commission_minor": commission}
    wanted = pay.Refund(payment.id, seller_order_id, amount_minor, "Wrong size", carrier_minor=carrier, **parts)
    return post_refund(database, wanted)


def post_refund(database: Database, wanted: pay.Refund) -> str:
    """Begin a refund as it is."""

    def command(tx: Tx) -> str:
        refund_id, plan = pay.refund_plan(tx, wanted)
        ledger.post(tx, plan)
        return refund_id

    return database.write_now(command)


def freeze(database: Database, dispute_id: str, seller_order_id: str, seller_minor: int) -> int:
    """Keep a seller order's money for a dispute; what was set apart of the merchant's own."""

    def command(tx: Tx) -> int:
        amount_minor, plan = pay.freeze(tx, dispute_id, seller_order_id, seller_minor)
        ledger.post(tx, plan)
        return amount_minor

    return database.write_now(command)


def unfreeze(database: Database, dispute_id: str, fee_minor: int = 0) -> None:
    """Let go of what a dispute kept."""
    database.write_now(lambda tx: ledger.post(tx, pay.unfreeze(tx, dispute_id, fee_minor)[1]))


def complete(
    database: Database,
    amount_minor: int = 10_00,
    seller_order_id: str = "sor_lamp",
    merchant_id: str = "org_bruno",
    currency: str = "EUR",
) -> pay.SettlementLegs:
    """Settle a seller order: a tenth is commission, a twentieth goes to the carrier, the rest to the merchant."""
    commission, carrier = amount_minor // 10, amount_minor // 20
    legs = pay.SettlementLegs(
        seller_order_id, merchant_id, currency, amount_minor - commission - carrier, commission, carrier, 0
    )
    database.write_now(lambda tx: ledger.post(tx, pay.settle(tx, legs)))
    return legs


def webhooks_of(database: Database, processor: pay.SandboxProcessor) -> pay.WebhookSender:
    """The way a webhook takes to the market."""

    def send(headers: Mapping[str, str], body: bytes) -> None:
        webhook = processor.read_webhook(headers, body, database.clock.now())
        database.write_now(lambda tx: pay.record_webhook(tx, processor.name, webhook))

    return send


def kinds_of(database: Database, processor: pay.SandboxProcessor) -> tuple[TaskKind[Any], ...]:
    """Pay's tasks with a sandbox whose webhooks arrive."""
    return pay.tasks(processor, webhooks_of(database, processor))


def run_tasks(database: Database, processor: pay.SandboxProcessor) -> None:
    """Do what is due, at the time it is."""
    settle(database, {}, kinds_of(database, processor))


def run_days(database: Database, processor: pay.SandboxProcessor, seconds: int = 4 * 3_600, steps: int = 60) -> None:
    """Let time pass, doing what comes due."""
    clock: Any = database.clock
    for _ in range(steps):
        run_tasks(database, processor)
        clock.advance(seconds * 1_000_000 // steps)
    run_tasks(database, processor)


def drain_quietly(database: Database, kinds: Sequence[TaskKind[Any]], name: str = "other") -> None:
    """Do what is due on this thread."""
    Workers(database, kinds, name).drain()


def state_of(database: Database, payment: pay.Payment) -> str:
    """The state of a payment."""
    return database.read_now(lambda snapshot: pay.get_payment(snapshot, Scope.system(), payment.id)).state


def available(database: Database, account: ledger.Account) -> int:
    """What an account can spend."""
    return database.read_now(lambda snapshot: ledger.balance_of(snapshot, account)).available


def escrow(database: Database, seller_order_id: str = "sor_lamp") -> int:
    """What the escrow of a seller order can spend."""
    return available(database, accounts.escrow(seller_order_id, "EUR"))


def events_of(database: Database) -> list[Event]:
    """Everything announced so far."""
    settle(database, {})
    return [recorded.event for recorded in database.read_now(lambda snapshot: list_events(snapshot, 0))]


def breaches(database: Database) -> list[str]:
    """What the proofs of pay and of the ledger find."""
    proofs: tuple[Proof, ...] = (*pay.PROOFS, *ledger.PROOFS)

    def check(snapshot: Snapshot) -> list[str]:
        return [f"{proof.name}: {breach}" for proof in proofs for breach in proof.check(snapshot).breaches]

    return database.read_now(check)


def refusal_of(call: Callable[[], object]) -> str:
    """The kind of refusal that a call ends with, `ok` when it does not."""
    try:
        call()
    except Refused as refused:
        return refused.kind.value
    return "ok"


class Unreachable:
    """A processor that nobody hears from."""

    name = "sandbox"

    def __getattr__(self, name: str) -> Any:
        def silent(*given: Any) -> Any:
            raise Unavailable("No answer")

        return silent


def chargebacks_of(snapshot: Snapshot, payment_id: str) -> list[pay.ChargebackRow]:
    """The chargebacks of a payment, oldest first."""
    found = [row for row in pay.list_chargebacks(snapshot, DANA) if row.payment_id == payment_id]
    return sorted(found, key=lambda row: (row.opened_at, row.round, row.id))
