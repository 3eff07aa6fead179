"""Each proof finds what it is for: one stored amount or state changed by hand."""

import io
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from entrepot import pay
from entrepot.kernel import Database, sqlite_url, to_rfc3339
from entrepot.kernel.testing import open_existing, open_file
from tests.pay import purchases as p


def live(database: Database, processor: pay.SandboxProcessor) -> None:
    """A payment of each kind, refunds, a settlement and a payout."""
    first = p.start(database)
    p.run_tasks(database, processor)
    p.refund(database, first, 1_00, "sor_mug")
    p.run_tasks(database, processor)
    p.complete(database, 10_00)
    database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1))
    p.run_tasks(database, processor)
    late = p.start(database, "ord_2", [pay.PaymentLeg("sor_late", 5_00, "org_bruno")], "tok_slow")
    p.run_tasks(database, processor)
    p.abandon(database, late)
    p.run_days(database, processor)
    p.refund(database, first, 2_00)  # paid out before: the merchant owes it
    p.freeze(database, "dsp_1", "sor_lamp", 3_00)
    held = p.start(database, "ord_4", [pay.PaymentLeg("sor_held", 5_00, "org_bruno")], capture="on_shipment")
    p.run_tasks(database, processor)
    database.write_now(lambda tx: pay.capture_part(tx, held.id, "sor_held", 2_00))
    back = p.start(database, "ord_5", [pay.PaymentLeg("sor_back", 5_00, "org_bruno")], "tok_chargeback")
    p.run_days(database, processor)
    assert back
    day = to_rfc3339(database.clock.now())[:10]
    content = f"date,amount,reference,fee\n{day},5.00,{back.id},0.20\n".encode()
    upload = pay.reconciliation.Upload("sandbox", "csv", "x")
    columns = pay.reconciliation.Mapping(currency_fixed="EUR")
    pay.reconciliation.import_file(database, p.DANA, upload, io.BytesIO(content), columns)
    found = database.read_now(lambda s: pay.reconciliation.list_breaks(s, p.DANA))
    [fee] = [each for each in found if each.kind == "fee"]
    database.write_now(lambda tx: pay.reconciliation.resolve_break(tx, p.DANA, fee.id, "fee", "Fees of the day"))
    p.start(database, "ord_3", [pay.PaymentLeg("sor_open", 5_00, "org_bruno")])


def rewrite(url: str, statement: str) -> None:
    """Change stored rows behind the program's back."""
    with closing(create_engine(url, poolclass=NullPool).connect()) as connection:
        assert connection.execute(text(statement)).rowcount > 0
        connection.commit()


def test_an_untouched_market_passes_every_proof(database: Database, processor: pay.SandboxProcessor) -> None:
    live(database, processor)
    assert p.breaches(database) == []
    rows = {proof.name: database.read_now(proof.check).rows for proof in pay.PROOFS}
    assert all(rows.values()), rows


def test_a_new_market_has_nothing_to_prove(database: Database) -> None:
    assert [database.read_now(proof.check).rows for proof in pay.PROOFS] == [0] * len(pay.PROOFS)


CHANGES = {
    "pay.captures": "UPDATE pay_legs SET amount_minor = amount_minor + 1 WHERE seller_order_id = 'sor_lamp'",
    "pay.captures of a payment": "UPDATE pay_payments SET amount_minor = amount_minor + 1 WHERE ref = 'ord_3'",
    "pay.captures of a state": "UPDATE pay_payments SET state = 'captured' WHERE ref = 'ord_3'",
    "pay.matched": "UPDATE pay_file_lines SET amount_minor = amount_minor + 1",
    "pay.booked": "UPDATE pay_breaks SET theirs_minor = theirs_minor - 1",
    "pay.parts": "UPDATE pay_captures SET amount_minor = amount_minor + 1",
    "pay.chargebacks": "UPDATE pay_chargebacks SET state = 'won'",
    "pay.escrow": "UPDATE pay_refunds SET amount_minor = amount_minor - 1 WHERE seller_order_id = 'sor_mug'",
    "pay.escrow of a settlement": "UPDATE pay_settlements SET commission_minor = commission_minor - 1",
    "pay.refunds": "UPDATE pay_refunds SET amount_minor = 251 WHERE seller_order_id = 'sor_mug'",
    "pay.refunds of a state": "UPDATE pay_refunds SET state = 'requested' WHERE seller_order_id = 'sor_mug'",
    "pay.late": "DELETE FROM pay_refunds WHERE seller_order_id IS NULL",
    "pay.settlements": "UPDATE pay_settlements SET seller_minor = seller_minor + 1",
    "pay.statements": "UPDATE pay_payouts SET amount_minor = amount_minor + 1",
    "pay.statements of the ledger": "UPDATE ledger_transfers SET amount = amount + 1 WHERE code = 'pay.settle.seller'",
}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A market with all of it, in a file to copy."""
    folder = tmp_path_factory.mktemp("lived")
    with closing(open_file(folder)) as database, closing(pay.SandboxProcessor(folder, clock=database.clock)) as world:
        live(database, world)
    return folder / "entrepot.db"


@pytest.mark.parametrize(("name", "change"), CHANGES.items(), ids=CHANGES)
def test_a_row_changed_by_hand_is_found(lived: Path, tmp_path: Path, name: str, change: str) -> None:
    url = sqlite_url(Path(shutil.copyfile(lived, tmp_path / "entrepot.db")))
    rewrite(url, change)
    with closing(open_existing(url)) as database:
        assert any(breach.startswith(name.split(" ")[0] + ":") for breach in p.breaches(database))
