"""Many at once: no floor is passed, nothing applies twice, nobody waits for somebody who waits for them."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random

import psycopg
import pytest

from entrepot import ledger
from entrepot.kernel import Conflict, Database, Prepared, Tx, prepare_text
from entrepot.kernel.testing import open_existing
from entrepot.ledger import Account, Balance, Capture, Insufficient, Plan, Posted, Step, Void
from tests.ledger.acts import ALICE, BANK, BRUNO, MAKER, SHELF, balance, held, hold, move, post, prove
from tests.proof import count
from tests.waiting import WAIT_S

THREADS = 16
NOTHING: Prepared[object] = prepare_text("SELECT 1")


def all_at_once(acts: list[Callable[[], object]], threads: int = THREADS) -> Counter[str]:
    """Run acts on many threads that begin together; counts results by their text or the refusal's name."""
    gate = threading.Barrier(threads)
    shares = [acts[place::threads] for place in range(threads)]

    def work(share: list[Callable[[], object]]) -> list[str]:
        gate.wait()
        results = []
        for act in share:
            try:
                results.append(str(act()))
            except (Conflict, Insufficient) as refusal:
                results.append(type(refusal).__name__)
        return results

    with ThreadPoolExecutor(threads) as pool:
        return Counter(result for results in pool.map(work, shares) for result in results)


class Counted:
    """Counts how often a command is run, so that a retry by the database does not stay unseen."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.asked = 0
        self.run = 0
        self.lock = threading.Lock()

    def post(self, *steps: Step) -> int:
        """Post in a command; returns how many steps were applied."""
        with self.lock:
            self.asked += 1

        def command(tx: Tx) -> int:
            with self.lock:
                self.run += 1
            return len(ledger.post(tx, Plan.of(*steps)).applied)

        return self.database.write_now(command)


def test_a_hot_account_never_passes_its_floor(database: Database, report_count: Callable[[str, int], None]) -> None:
    tries = count(200, 5_000)
    stock = tries // 2
    post(database, move("in", MAKER, SHELF, stock))
    buyers = [Account(f"usr_{n}", "bag", "off_teapot") for n in range(7)]
    results = all_at_once(
        [lambda n=n: post(database, move(f"m{n}", SHELF, buyers[n % 7], 1)).applied[0][0] for n in range(tries)]
    )
    assert results == {"m": stock, "Insufficient": tries - stock}
    assert balance(database, SHELF) == Balance(0)
    prove(database)
    report_count("tries for a hot account", tries)


def test_holds_and_captures_of_a_hot_account_keep_to_it(database: Database) -> None:
    post(database, move("in", MAKER, SHELF, 10))

    def buy(number: int) -> str:
        post(database, hold(f"h{number}", SHELF, MAKER, 1))
        if number % 3 == 0:
            post(database, Void(f"v{number}", f"h{number}", "test", "ref"))
            return "voided"
        post(database, Capture(f"c{number}", f"h{number}", 1, "test", "ref"))
        return "bought"

    results = all_at_once([lambda n=n: buy(n) for n in range(120)])
    assert results["bought"] == 10
    assert balance(database, SHELF) == Balance(0)
    prove(database)


def test_plans_over_the_same_accounts_in_any_order_never_wait_for_each_other(database: Database) -> None:
    """No command is run twice: PostgreSQL would have ended one of two that wait for each other, and run it again."""
    accounts = [Account(f"usr_{n}", "wallet", "USD", floor=0) for n in range(6)]
    post(database, *[move(f"in{n}", BANK, account, 1_000) for n, account in enumerate(accounts)])
    post(database, *[hold(f"h{n}", accounts[n], accounts[n - 1], 200) for n in range(6)])
    random, counted = Random(7), Counted(database)
    acts: list[Callable[[], object]] = []
    for number in range(count(150, 2_000)):
        steps: list[Step] = [move(f"m{number}.{leg}", *random.sample(accounts, 2), 1) for leg in range(4)]
        steps += [Capture(f"c{number}.{n}", f"h{n}", 1, "test", "ref") for n in random.sample(range(6), 2)]
        random.shuffle(steps)
        acts.append(lambda steps=tuple(steps): counted.post(*steps))
    results = all_at_once(acts)
    assert set(results) <= {"6", "Conflict", "Insufficient"}
    assert results["6"] > 30
    assert counted.run == counted.asked
    assert sum(balance(database, account).balance for account in accounts) == 6_000
    prove(database)


@pytest.mark.parametrize("target", [ALICE, Account("platform", "till", "USD")], ids=["bounded", "unbounded"])
def test_the_same_plan_at_once_applies_once(database: Database, target: Account) -> None:
    """Also between accounts that nobody locks, and that nobody has opened yet."""
    plan = [move(f"m{leg}", BANK, target, 5) for leg in range(3)]
    results = all_at_once([lambda: len(post(database, *plan).applied)] * 50)
    assert results == {"3": 1, "0": 49}
    assert balance(database, target) == Balance(15)
    prove(database)


def test_plans_that_share_steps_in_other_orders_apply_each_once(database: Database) -> None:
    till = Account("platform", "till", "USD")
    steps = [move(f"m{leg}", BANK, till, 5) for leg in range(6)]
    acts: list[Callable[[], object]] = []
    for number in range(40):
        some = Random(number).sample(steps, 4)
        acts.append(lambda some=some: len(post(database, *some).applied))
    results = all_at_once(acts)
    assert sum(int(applied) * times for applied, times in results.items()) == 6
    assert balance(database, till) == Balance(30)
    prove(database)


def test_an_account_opened_by_many_at_once_is_opened_once(database: Database) -> None:
    new = [Account(f"usr_{n}", "wallet", "USD", floor=0) for n in range(4)]
    acts: list[Callable[[], object]] = []
    for number in range(40):
        order = Random(number).sample(new, 4)
        acts.append(lambda order=order, n=number: len(post(database, *[
            move(f"m{n}.{leg}", BANK, account, 1) for leg, account in enumerate(order)]).applied))  # fmt: skip
    assert all_at_once(acts) == {"4": 40}
    assert [balance(database, account).balance for account in new] == [40] * 4
    prove(database)


def test_a_hold_captured_by_many_at_once_is_captured_as_far_as_it_goes(database: Database) -> None:
    """Between accounts without bounds, so that only the hold itself is locked."""
    till = Account("platform", "till", "USD")
    post(database, hold("h1", BANK, till, 10))
    results = all_at_once(
        [lambda n=n: post(database, Capture(f"c{n}", "h1", 3, "test", "ref")).applied[0][0] for n in range(48)]
    )
    assert results == {"c": 3, "Conflict": 45}
    assert held(database, "h1") == (9, 1, "open")
    assert balance(database, till) == Balance(9, pending_credits=1)
    prove(database)


def test_capture_and_void_of_a_hold_at_once_end_it_once(database: Database) -> None:
    post(database, move("in", BANK, ALICE, 100))
    for number in range(12):
        post(database, hold(f"h{number}", ALICE, BRUNO, 5))
        capture = Capture(f"c{number}", f"h{number}", 5, "test", "ref")
        void = Void(f"v{number}", f"h{number}", "test", "ref")
        results = all_at_once([lambda s=s: len(post(database, s).applied) for s in (capture, void) * 2], threads=4)
        assert results == {"1": 1, "0": 1, "Conflict": 2}
    assert balance(database, ALICE).pending_debits == 0
    prove(database)


class TestLocks:
    """On PostgreSQL: what is locked, and in which order."""

    @pytest.fixture
    def shared(self, postgres_url: str) -> Iterator[tuple[Database, psycopg.Connection]]:
        """A database, and a connection of somebody else's to the same one, in a transaction."""
        database = open_existing(postgres_url)
        with psycopg.connect(postgres_url) as connection:
            yield database, connection
        database.close()

    def is_locked(self, database: Database, other: psycopg.Connection, table: str, id: str) -> bool:
        """Whether somebody but `other` holds a row."""
        with psycopg.connect(other.info.dsn) as probe:
            try:
                probe.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE NOWAIT", [id])
            except psycopg.errors.LockNotAvailable:
                return True
        return False

    def wait_until_blocked(self, other: psycopg.Connection) -> None:
        """Until some session waits for a lock that `other` holds."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
        with psycopg.connect(other.info.dsn, autocommit=True) as probe:
            for _ in range(2_000):
                if probe.execute(query, [other.info.backend_pid]).fetchone() != (0,):
                    return
                threading.Event().wait(0.005)
        raise AssertionError("nobody waits")

    def test_accounts_are_locked_in_the_order_of_their_ids(self, shared: tuple[Database, psycopg.Connection]) -> None:
        database, other = shared
        # Stored from the last to the first, and named in the plan like that: the order must be the ledger's own doing.
        accounts = sorted((Account(f"usr_{n}", "wallet", "USD", floor=0) for n in range(5)), key=lambda a: a.id)[::-1]
        for number, account in enumerate(accounts):
            post(database, move(f"in{number}", BANK, account, 10))
        first = accounts[-1]
        other.execute("SELECT 1 FROM ledger_accounts WHERE id = %s FOR UPDATE", [first.id])
        waiting = database.submit(
            lambda tx: ledger.post(tx, Plan.of(*[move(f"m{n}", a, BANK, 1) for n, a in enumerate(accounts)]))
        )
        self.wait_until_blocked(other)
        locked = [self.is_locked(database, other, "ledger_accounts", a.id) for a in accounts if a is not first]
        other.rollback()
        assert len(waiting.result(WAIT_S).applied) == 5
        assert locked == [False] * 4

    def test_holds_are_locked_before_accounts_and_in_the_order_of_their_ids(
        self, shared: tuple[Database, psycopg.Connection]
    ) -> None:
        database, other = shared
        post(database, move("in", BANK, ALICE, 100))
        for id in ("h3", "h2", "h1"):
            post(database, hold(id, ALICE, BRUNO, 10))
        other.execute("SELECT 1 FROM ledger_holds WHERE id = 'h1' FOR UPDATE")
        steps = [Capture(f"c{id}", id, 1, "test", "ref") for id in ("h3", "h2", "h1")]
        waiting = database.submit(lambda tx: ledger.post(tx, Plan.of(*steps)))
        self.wait_until_blocked(other)
        locked = [
            self.is_locked(database, other, table, id)
            for table, id in (
                ("ledger_holds", "h2"),
                ("ledger_holds", "h3"),
                ("ledger_accounts", ALICE.id),
                ("ledger_accounts", BRUNO.id),
            )
        ]
        other.rollback()
        assert len(waiting.result(WAIT_S).applied) == 3
        assert locked == [False] * 4

    def test_accounts_without_bounds_are_never_locked(self, shared: tuple[Database, psycopg.Connection]) -> None:
        database, other = shared
        till = Account("platform", "till", "USD")
        post(database, move("m1", BANK, till, 10), move("m2", BANK, ALICE, 1))
        other.execute("SELECT 1 FROM ledger_accounts WHERE id = ANY(%s) FOR UPDATE", [[BANK.id, till.id]])
        quick: Future[object] = database.submit(
            lambda tx: ledger.post(tx, Plan.of(move("m3", BANK, till, 1), hold("h1", till, ALICE, 1)))
        )
        quick.result(WAIT_S)
        other.rollback()
        prove(database)

    def test_two_at_once_do_not_both_spend_the_last_unit(self, shared: tuple[Database, psycopg.Connection]) -> None:
        """The second reads what the first left, not what it saw before it waited."""
        database, _ = shared
        post(database, move("in", MAKER, SHELF, 1))
        first, second = self.overlapping(database, [move("m1", SHELF, MAKER, 1)], [move("m2", SHELF, MAKER, 1)])
        first.result(WAIT_S)
        with pytest.raises(Insufficient):
            second.result(WAIT_S)
        prove(database)

    def test_two_at_once_do_not_both_capture_what_is_left(self, shared: tuple[Database, psycopg.Connection]) -> None:
        """Nothing but the hold is locked here, because its accounts have no bounds."""
        database, _ = shared
        till = Account("platform", "till", "USD")
        post(database, hold("h1", BANK, till, 10))
        first, second = self.overlapping(
            database, [Capture("c1", "h1", 6, "test", "ref")], [Capture("c2", "h1", 6, "test", "ref")]
        )
        first.result(WAIT_S)
        with pytest.raises(Conflict, match="Only 4"):
            second.result(WAIT_S)
        assert held(database, "h1") == (6, 4, "open")
        prove(database)

    def test_the_same_transfer_at_once_is_one_and_a_repeat(self, shared: tuple[Database, psycopg.Connection]) -> None:
        """Nothing is locked here: the second finds out when it writes, and is run again."""
        database, _ = shared
        till = Account("platform", "till", "USD")
        post(database, move("m0", BANK, till, 1))
        first, second = self.overlapping(database, [move("m1", BANK, till, 5)], [move("m1", BANK, till, 5)])
        assert (first.result(WAIT_S), second.result(WAIT_S)) == (Posted(("m1",), ()), Posted((), ("m1",)))
        first, second = self.overlapping(
            database, [move("m2", BANK, till, 5)], [move("m3", BANK, till, 5), move("m2", BANK, till, 6)]
        )
        first.result(WAIT_S)
        with pytest.raises(Conflict, match="m2 was used"):
            second.result(WAIT_S)
        assert balance(database, till) == Balance(11)
        prove(database)

    def test_an_account_opened_meanwhile_is_used_as_it_was_opened(
        self, shared: tuple[Database, psycopg.Connection]
    ) -> None:
        database, _ = shared
        first, second = self.overlapping(database, [move("m1", BANK, ALICE, 5)], [move("m2", BANK, ALICE, 6)])
        first.result(WAIT_S)
        second.result(WAIT_S)
        assert balance(database, ALICE) == Balance(11)
        prove(database)

    def overlapping(
        self, database: Database, first: list[Step], second: list[Step]
    ) -> tuple[Future[Posted], Future[Posted]]:
        """Two posts, of which the second begins when the first is written and not committed yet."""
        written, go_on = threading.Event(), threading.Event()

        def slow(tx: Tx) -> Posted:
            posted = ledger.post(tx, Plan(tuple(first)))
            tx.value(NOTHING)  # what is written goes out with the next question
            written.set()
            assert go_on.wait(WAIT_S)
            return posted

        one = database.submit(slow)
        assert written.wait(WAIT_S)
        two = database.submit(lambda tx: ledger.post(tx, Plan(tuple(second))))
        threading.Event().wait(0.1)
        go_on.set()
        return one, two
