"""The ledger against a plain model of it: random plans, and after each step the same answers and every proof."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from entrepot import ledger
from entrepot.kernel import Conflict, Database, Invalid, ManualClock, NotFound, Refused, Snapshot, Tx, sqlite_url
from entrepot.kernel.testing import NOON, open_existing
from entrepot.ledger import Account, Capture, Expire, Hold, Insufficient, Move, Plan, Step, Void
from tests.fixtures import empty_sqlite
from tests.ledger.acts import ALICE, BANK, BRUNO, CHEN, MAKER, SHELF, breaches_in
from tests.ledger.model import Model
from tests.proof import count

CAPPED = Account("usr_capped", "allowance", "USD", ceiling=40)
TILL = Account("platform", "till", "USD")
ACCOUNTS = [BANK, TILL, ALICE, BRUNO, CHEN, CAPPED]
GOODS = [SHELF, MAKER]
USUAL = [(one, other) for kinds in (ACCOUNTS, GOODS) for one in kinds for other in kinds if one != other]
GIVING = [(BANK, account) for account in (TILL, ALICE, BRUNO, CHEN, CAPPED)] + [(MAKER, SHELF)]
PAIRS = [*USUAL, *GIVING * 3, (ALICE, ALICE), (BANK, SHELF)]
HOPELESS = [0, -1, 2**53]
AMOUNTS = st.sampled_from([*range(1, 30), *range(1, 30), *HOPELESS])
KINDS = st.sampled_from(["move"] * 5 + ["hold"] * 4 + ["capture"] * 4 + ["void", "expire"])
ACTS = st.sampled_from(["post"] * 10 + ["again"] * 3 + ["advance"] * 2 + ["house"])


class LedgerMachine(RuleBasedStateMachine):
    """Does the same to the ledger and to the model. A subclass says where its database comes from."""

    opened: Callable[[], Database]
    counted: dict[str, int]

    def __init__(self) -> None:
        super().__init__()
        self.database = type(self).opened()
        assert isinstance(self.database.clock, ManualClock)
        self.clock = self.database.clock
        self.model = Model()
        self.plans: list[list[Step]] = []
        self.numbered = 0
        self.post([Move(f"m0{n}", BANK, account, 60, "one", "ref") for n, account in enumerate((ALICE, BRUNO))])

    def teardown(self) -> None:
        self.counted["runs"] += 1
        self.counted["transfers"] += len(self.model.entries)
        self.database.close()

    @rule(data=st.data(), act=ACTS)
    def act(self, data: st.DataObject, act: str) -> None:
        """One rule for all, because Hypothesis leaves out whole rules in most of its runs."""
        if act == "post":
            self.post_new(data)
        elif act == "again":
            self.post_again(data)
        elif act == "advance":
            self.clock.advance(data.draw(st.sampled_from([1, 4, 5, 6, 50])))
        else:
            self.keep_house()

    def post_new(self, data: st.DataObject) -> None:
        """A plan of new steps, some of them hopeless."""
        self.post([self.draw_step(data) for _ in range(data.draw(st.sampled_from([1, 1, 1, 2, 3, 6])))])

    def post_again(self, data: st.DataObject) -> None:
        """An earlier plan, whole or in part, perhaps with a new step and an id used for something else."""
        if not self.plans:
            return
        steps = list(data.draw(st.sampled_from(self.plans)))
        change = data.draw(st.sampled_from(["same", "same", "part", "more", "other"]))
        if change == "part":
            steps = steps[: data.draw(st.integers(1, len(steps)))]
        if change == "more":
            steps.insert(data.draw(st.integers(0, len(steps))), self.draw_step(data))
        if change == "other":
            place = data.draw(st.integers(0, len(steps) - 1))
            steps[place] = self.draw_step(data, steps[place].id)
        self.post(steps)

    def keep_house(self) -> None:
        """Seal, and take snapshots."""
        while self.database.write_now(ledger.seal):
            pass
        while self.database.write_now(lambda tx: ledger.snapshot_accounts(tx, least=1)):
            pass

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        accounts = ACCOUNTS + GOODS
        self.database.read_now(lambda snapshot: self.compare(snapshot, accounts))

    def compare(self, snapshot: Snapshot, accounts: list[Account]) -> None:
        found = ledger.balances_of(snapshot, accounts)
        for account in accounts:
            it = found[account.id]
            assert (it.balance, it.pending_debits, it.pending_credits) == self.model.held(account), account
        holds = self.model.holds()
        states = ledger.holds_of(snapshot, list(holds))
        assert {id: (state.captured, state.left, state.state) for id, state in states.items()} == holds
        expired = {hold.id for hold in ledger.list_expired_holds(snapshot, snapshot.now)}
        assert expired == {id for id, (_, left, _) in holds.items() if left and self.is_over(id, snapshot.now)}
        ids = [transfer.id for transfer in ledger.list_transfers(snapshot, most=1_000)]
        assert [id for id in ids if not id.startswith("trf_")] == [entry[0] for entry in self.model.entries if entry[0]]
        assert all(total == 0 for total in ledger.sum_by_unit(snapshot).values())
        assert breaches_in(snapshot) == []

    def is_over(self, hold: str, now: int) -> bool:
        made = next(entry[6] for entry in self.model.entries if entry[0] == hold)
        assert isinstance(made, Hold)
        return made.expires_at is not None and made.expires_at <= now

    def post(self, steps: list[Step]) -> None:
        expected = self.outcome(lambda: self.model.post(steps, self.clock.now()))
        got = self.outcome(lambda: self.database.write_now(lambda tx: self.post_and_go_on(tx, steps)))
        assert got == expected
        self.counted["refused" if isinstance(expected[0], type) else "posted"] += 1
        if not isinstance(expected[0], type):
            self.plans.append(steps)

    def post_and_go_on(self, tx: Tx, steps: list[Step]) -> Any:
        """Post, and end the command as if nothing had happened when it is refused."""
        try:
            posted = ledger.post(tx, Plan(tuple(steps)))
        except Refused as refusal:
            return refusal
        return list(posted.applied), list(posted.repeated)

    def outcome(self, act: Callable[[], Any]) -> tuple[Any, ...]:
        """What came back, or the kind of refusal with what it says."""
        try:
            result = act()
        except Refused as refusal:
            result = refusal
        if isinstance(result, Refused):
            missing = (result.account, result.missing) if isinstance(result, Insufficient) else ()
            assert type(result) in (Conflict, Invalid, NotFound, Insufficient)
            return (type(result), missing)
        return tuple(result)

    def draw_step(self, data: st.DataObject, id: str | None = None) -> Step:
        self.numbered += 1
        kind = data.draw(KINDS)
        id = id or f"{kind[0]}{self.numbered}"
        amount = data.draw(AMOUNTS)
        code = data.draw(st.sampled_from(["one", "two"]))
        if kind in ("move", "hold"):
            debit, credit = data.draw(st.sampled_from(PAIRS))
            if kind == "move":
                return Move(id, debit, credit, amount, code, "ref")
            lasts = data.draw(st.sampled_from([None, None, 1, 5, 5, 50, 0]))
            return Hold(id, debit, credit, amount, code, "ref", None if lasts is None else self.clock.now() + lasts)
        open_holds = [hold for hold, (_, left, _) in self.model.holds().items() if left]
        hold = data.draw(st.sampled_from([*open_holds, *open_holds, *open_holds, *self.model.holds(), "nothing"]))
        if kind == "capture":
            left = self.model.left(hold)
            amount = data.draw(st.sampled_from([amount, left, left + 1, max(1, left // 2), max(1, left // 3)]))
            return Capture(id, hold, amount, code, "ref", data.draw(st.booleans()))
        return Void(id, hold, code, "ref") if kind == "void" else Expire(id, hold, code, "ref")


def run_machine(opened: Callable[[], Database], examples: int) -> dict[str, int]:
    """Run the machine on databases that `opened` gives; returns what was tried."""
    counted = {"runs": 0, "transfers": 0, "posted": 0, "refused": 0}

    class Machine(LedgerMachine):
        pass

    Machine.opened = staticmethod(opened)
    Machine.counted = counted
    run_state_machine_as_test(Machine, settings=settings(max_examples=examples, stateful_step_count=count(25, 50)))
    return counted


@pytest.fixture
def report_model(report_count: Callable[[str, int], None]) -> Callable[[dict[str, int]], None]:
    """Report what was tried, and that it was not all of one sort."""

    def report(counted: dict[str, int]) -> None:
        for what, number in counted.items():
            report_count(f"model {what}", number)
        assert min(counted.values()) > 0

    return report


@pytest.mark.proof
@pytest.mark.timeout(3_000)
def test_the_ledger_does_what_its_model_does(
    report_model: Callable[[dict[str, int]], None],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "entrepot.db"

        def opened() -> Database:
            for old in Path(folder).iterdir():
                old.unlink()
            path.write_bytes(empty_sqlite())
            return open_existing(sqlite_url(path), now=NOON)

        report_model(run_machine(opened, count(60, 1_000)))


@pytest.mark.proof
@pytest.mark.timeout(3_000)
def test_the_ledger_does_what_its_model_does_on_postgresql(
    emptied: Callable[[], Database], report_model: Callable[[dict[str, int]], None]
) -> None:
    report_model(run_machine(emptied, count(15, 200)))


@pytest.fixture
def emptied(postgres_url: str) -> Iterator[Callable[[], Database]]:
    """Opens one PostgreSQL database again and again, with the ledger's rows gone."""
    engine = create_engine(postgres_url, poolclass=NullPool)
    tables = "accounts, transfers, holds, blocks, snapshots".replace(", ", ", ledger_")

    def opened() -> Database:
        with closing(engine.connect()) as connection, connection.begin():
            connection.execute(text(f"TRUNCATE ledger_{tables}, kernel_leases, kernel_facts RESTART IDENTITY"))
        return open_existing(postgres_url, now=NOON)

    yield opened
    engine.dispose()
