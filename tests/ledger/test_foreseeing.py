"""What a command asked for early is not asked again, and counts for as much as what posting reads itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from entrepot import ledger
from entrepot.kernel import Database, Tx
from entrepot.ledger import Account, Balance, Capture, Insufficient, Plan, Posted, Step, Void
from tests.ledger.acts import ALICE, BANK, BRUNO, CHEN, balance, held, hold, move, post, prove


def foreseen(tx: Tx, steps: Sequence[Step], *accounts: Account) -> ledger.Found:
    """What posting these steps needs, asked for beforehand."""
    look = ledger.foresee(steps, accounts)
    return look.found(tx.all_of(*look.queries))


def test_what_was_foreseen_is_not_read_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    post(database, move("m0", BANK, ALICE, 10), hold("h1", ALICE, BRUNO, 4))
    steps = [Capture("c1", "h1", 3, "test", "ref", final=True), move("m1", ALICE, CHEN, 6)]

    def command(tx: Tx) -> Posted:
        found = foreseen(tx, steps, ALICE, BRUNO)
        assert found.available() == {ALICE.id: 6, BRUNO.id: 0, CHEN.id: 0}
        monkeypatch.setattr(ledger.posting, "read_locked", None)
        return ledger.post(tx, Plan(tuple(steps)), found)

    assert database.write_now(command).applied == ("c1", "m1")
    monkeypatch.undo()
    assert balance(database, ALICE) == Balance(1)
    assert held(database, "h1") == (3, 0, "captured")
    prove(database)


def test_what_was_not_foreseen_is_read_as_ever(database: Database) -> None:
    """Holds of which nothing was said, the accounts of those that were, other accounts, and ids that were used."""
    post(database, move("m0", BANK, ALICE, 10), hold("h1", ALICE, BRUNO, 4), hold("h2", ALICE, CHEN, 4))
    asked = [Capture("c1", "h1", 3, "test", "ref")]
    steps = [*asked, Void("v2", "h2", "test", "ref"), move("m0", BANK, ALICE, 10), move("m1", ALICE, CHEN, 6)]
    posted = database.write_now(lambda tx: ledger.post(tx, Plan(tuple(steps)), foreseen(tx, asked)))
    assert posted == Posted(("c1", "v2", "m1"), ("m0",))
    assert balance(database, ALICE) == Balance(1, pending_debits=1)
    prove(database)


def test_what_was_foreseen_keeps_the_floor(database: Database) -> None:
    post(database, move("m0", BANK, ALICE, 10))
    steps = [move("m1", ALICE, BRUNO, 11)]
    with pytest.raises(Insufficient):
        database.write_now(lambda tx: ledger.post(tx, Plan(tuple(steps)), foreseen(tx, steps)))
    assert balance(database, ALICE) == Balance(10)
