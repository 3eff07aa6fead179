"""The sealed chain: every commit gets a place, however late, and a kept root tells of a history made anew."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from entrepot import ledger
from entrepot.kernel import Database, Invalid, Tx, prepare_text
from entrepot.kernel.testing import open_existing, settle
from entrepot.ledger import Plan, chain
from tests.ledger.acts import ALICE, BANK, MAKER, SHELF, move, post, prove, seal
from tests.waiting import WAIT_S


def positions(database: Database) -> dict[str, int | None]:
    """Where each transfer stands."""
    return {each.id: each.position for each in database.read_now(lambda s: ledger.list_transfers(s, most=1_000))}


def test_transfers_get_their_positions_when_they_are_sealed(database: Database) -> None:
    post(database, move("m1", BANK, ALICE, 1), move("m2", BANK, ALICE, 1))
    assert positions(database) == {"m1": None, "m2": None}
    assert database.write_now(ledger.seal) == 2
    post(database, move("m0", BANK, ALICE, 1))
    assert database.write_now(ledger.seal) == 1
    assert positions(database) == {"m1": 1, "m2": 2, "m0": 3}
    assert database.write_now(ledger.seal) == 0
    prove(database)


def test_the_steps_of_a_plan_are_sealed_in_its_order(database: Database) -> None:
    ids = ["m5", "m1", "m9", "m0", "m3"]
    post(database, *[move(id, BANK, ALICE, 1) for id in ids])
    seal(database)
    assert list(positions(database)) == ids


def test_a_block_holds_so_many_and_no_more(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "BLOCK_MAX", 3)
    post(database, *[move(f"m{n}", BANK, ALICE, 1) for n in range(7)])
    assert [database.write_now(ledger.seal) for _ in range(4)] == [3, 3, 1, 0]
    finding = database.read_now(chain.check_chain)
    assert (finding.rows, list(finding.breaches)) == (7, [])


def test_nothing_is_sealed_in_an_empty_ledger(database: Database) -> None:
    assert database.write_now(ledger.seal) == 0
    root = database.read_now(ledger.chain_root)
    assert root == "0:" + "0" * 64
    assert database.read_now(lambda s: ledger.check_root(s, root)).breaches == []
    assert database.read_now(chain.check_chain).rows == 0


def test_a_kept_root_stays_good_while_history_grows(database: Database) -> None:
    roots = []
    for number in range(3):
        post(database, move(f"m{number}", BANK, ALICE, 1))
        seal(database)
        roots.append(database.read_now(ledger.chain_root))
    assert len(set(roots)) == 3
    for root in roots:
        assert list(database.read_now(lambda s, root=root: ledger.check_root(s, root)).breaches) == []


def test_a_kept_root_finds_a_history_made_anew(database: Database) -> None:
    """Somebody who may write every row, and knows how, makes a chain that verifies; not one with the same root."""
    post(database, move("m1", BANK, ALICE, 1))
    seal(database)
    root = database.read_now(ledger.chain_root)
    for table in ("transfers", "accounts", "blocks"):
        database.write_now(lambda tx, table=table: tx.run(prepare_text(f"DELETE FROM ledger_{table}")))
    post(database, move("m1", BANK, ALICE, 2))
    assert "cut off" in str(database.read_now(lambda s: ledger.check_root(s, root)).breaches)
    seal(database)
    prove(database)
    assert "rewritten" in str(database.read_now(lambda s: ledger.check_root(s, root)).breaches)


@pytest.mark.parametrize("root", ["", "1", "x:" + "0" * 64, "1:abc", "-1:" + "0" * 64, "9" * 30 + ":" + "0" * 64])
def test_a_root_that_is_none_is_refused(database: Database, root: str) -> None:
    with pytest.raises(Invalid, match="no root"):
        database.read_now(lambda s: ledger.check_root(s, root))


def test_the_tasks_seal_and_take_snapshots(database: Database) -> None:
    post(database, *[move(f"m{n}", BANK, ALICE, 1) for n in range(100)])
    for kind in ledger.TASKS:
        database.write_now(lambda tx, kind=kind: tx.enqueue(kind.name, ledger.Housekeeping()))
        settle(database, {}, ledger.TASKS)
    assert positions(database)["m99"] == 100
    count = prepare_text("SELECT count(*) FROM ledger_snapshots")
    assert database.read_now(lambda s: s.value(count)) == 1
    prove(database)


def test_two_that_seal_at_once_leave_one_chain(database: Database) -> None:
    post(database, *[move(f"m{n}", BANK, ALICE, 1) for n in range(200)])
    post(database, move("s1", MAKER, SHELF, 5))
    with ThreadPoolExecutor(6) as pool:
        counts = list(pool.map(lambda _: database.write_now(ledger.seal), range(12)))
    assert sum(counts) == 201
    assert sorted(positions(database).values(), key=int) == list(range(1, 202))  # type: ignore[arg-type]
    prove(database)


def test_a_commit_that_comes_late_is_not_lost(postgres_url: str) -> None:
    """On PostgreSQL a transfer that was numbered first may be committed last: after others have been sealed."""
    database = open_existing(postgres_url)
    written, go_on = threading.Event(), threading.Event()

    def slow(tx: Tx) -> None:
        ledger.post(tx, Plan.of(move("first", BANK, ALICE, 1)))
        written.set()
        assert go_on.wait(WAIT_S)

    late = database.submit(slow)
    assert written.wait(WAIT_S)
    post(database, move("second", MAKER, SHELF, 1))
    assert seal(database) == 1
    go_on.set()
    late.result(WAIT_S)
    assert positions(database) == {"second": 1, "first": None}
    assert seal(database) == 1
    assert positions(database) == {"second": 1, "first": 2}
    prove(database)
    database.close()
