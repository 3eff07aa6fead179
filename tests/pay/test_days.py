"""Days of payments with a processor that fails in every way: what the ledger says is what the processor's books say."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from entrepot import ledger, pay
from entrepot.kernel import SECOND, Database, ManualClock, Snapshot, list_stuck_tasks
from entrepot.pay import accounts
from tests.pay import purchases as p
from tests.proof import count

FAULTS = pay.Faults(
    seed=3,
    unreachable=80,
    timeout=80,
    decline=80,
    slow=80,
    webhook_only=80,
    webhook_twice=80,
    webhook_late_reordered=80,
)
ORDERS = 60


@pytest.mark.parametrize("seed", range(count(2, 40)))
def test_a_day_with_every_fault_adds_up(
    database: Database, tmp_path: Path, seed: int, report_count: Callable[[str, int], None]
) -> None:
    random = Random(seed)
    clock = database.clock
    assert isinstance(clock, ManualClock)
    with closing(pay.SandboxProcessor(tmp_path / "world", clock=clock, faults=FAULTS)) as processor:
        for number in range(ORDERS):
            live_a_little(database, processor, random, number)
            clock.advance(random.randrange(1, 40) * SECOND)
            if number % 20 == 0:
                assert p.breaches(database) == []
        p.run_days(database, processor)
        database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1))
        p.run_days(database, processor)
        assert p.breaches(database) == []
        assert database.read_now(list_stuck_tasks) == []
        assert_books_agree(database, processor)
    report_count("orders under faults", ORDERS)


def live_a_little(database: Database, processor: pay.SandboxProcessor, random: Random, number: int) -> None:
    """One more order, and something happening to those before."""
    leg = pay.PaymentLeg(f"sor_{number}", random.randrange(1, 100_00), random.choice(["org_bruno", "org_carla"]))
    payment = p.start(database, f"ord_{number}", [leg])
    if random.random() < 0.9:
        p.run_tasks(database, processor)
    match random.randrange(5):
        case 0:
            p.refusal_of(lambda: p.abandon(database, payment))
        case 1:
            p.refusal_of(lambda: p.refund(database, payment, random.randrange(1, 120_00), leg.seller_order_id))
        case 2 | 3:
            p.refusal_of(lambda: p.complete(database, leg.amount_minor, leg.seller_order_id, leg.merchant_id))
        case 4:
            database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1))


def assert_books_agree(database: Database, processor: pay.SandboxProcessor) -> None:
    """Every act of the processor is on the ledger, and nothing else is."""
    acts: Counter[str] = Counter()
    for act in processor.list_acts():
        if act.state in ("captured", "done"):
            acts[act.kind] += act.amount_minor

    def balances(snapshot: Snapshot) -> tuple[int, int]:
        processor_account, bank = accounts.processor("sandbox", "EUR"), accounts.bank("EUR")
        return ledger.balance_of(snapshot, processor_account).balance, ledger.balance_of(snapshot, bank).balance

    assert database.read_now(balances) == (acts["refund"] - acts["charge"], acts["payout"])
    assert acts["payout"] > 0
    assert acts["refund"] > 0
