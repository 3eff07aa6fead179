"""Moves, plans, ids and refusals."""

from contextlib import suppress

import pytest
from sqlalchemy import Column, MetaData, Table

from entrepot import ledger
from entrepot.kernel import Conflict, Database, Invalid, NotFound, Refused, Tx, update_rows
from entrepot.ledger import AMOUNT_MAX, TOTAL_MAX, Account, Balance, Capture, Insufficient, Plan, Posted, Void
from tests.ledger.acts import ALICE, BANK, BRUNO, CHEN, MAKER, SHELF, balance, hold, move, post, prove, seal


def test_a_move_takes_from_one_account_and_gives_to_the_other(database: Database) -> None:
    assert post(database, move("m1", BANK, ALICE, 500)) == Posted(("m1",), ())
    assert balance(database, ALICE) == Balance(500)
    assert balance(database, BANK) == Balance(-500)
    prove(database)


def test_an_account_nobody_used_is_empty(database: Database) -> None:
    assert balance(database, ALICE) == Balance()
    assert database.read_now(lambda s: ledger.balances_of(s, [])) == {}


def test_an_empty_plan_does_nothing(database: Database) -> None:
    assert post(database) == Posted()
    assert not Plan()


def test_plans_add_up_in_order() -> None:
    first, second = move("m1", BANK, ALICE, 1), move("m2", ALICE, BRUNO, 1)
    assert (Plan.of(first) + Plan() + Plan.of(second)).steps == (first, second)


def test_steps_of_a_plan_act_one_after_another(database: Database) -> None:
    post(database, move("m1", BANK, ALICE, 10), move("m2", ALICE, BRUNO, 10), move("m3", BRUNO, ALICE, 4))
    assert (balance(database, ALICE).balance, balance(database, BRUNO).balance) == (4, 6)
    with pytest.raises(Insufficient):
        post(database, move("m4", ALICE, BRUNO, 5), move("m5", BANK, ALICE, 5))
    prove(database)


def test_a_plan_is_posted_whole_or_not_at_all(database: Database) -> None:
    with pytest.raises(Insufficient):
        post(database, move("m1", BANK, ALICE, 10), hold("h1", ALICE, BRUNO, 5), move("m2", BRUNO, ALICE, 1))
    assert [balance(database, each) for each in (BANK, ALICE, BRUNO)] == [Balance()] * 3
    assert database.read_now(lambda s: (ledger.list_transfers(s), ledger.find_hold(s, "h1"))) == ([], None)


def test_a_refused_plan_leaves_nothing_though_the_command_goes_on(database: Database) -> None:
    post(database, move("m0", BANK, ALICE, 10))

    def command(tx: Tx) -> str:
        with pytest.raises(Insufficient):
            ledger.post(
                tx, Plan.of(move("m1", ALICE, BRUNO, 10), hold("h1", BANK, CHEN, 5), move("m2", ALICE, CHEN, 1))
            )
        return "went on"

    assert database.write_now(command) == "went on"
    assert balance(database, ALICE) == Balance(10)
    stored = database.read_now(ledger.list_transfers)
    assert [transfer.id for transfer in stored] == ["m0"]
    assert database.read_now(lambda s: ledger.find_hold(s, "h1")) is None
    prove(database)


def test_what_is_half_written_is_never_committed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the database fail between two statements of a post, not even a command that goes on keeps the first."""

    post(database, move("m0", BANK, ALICE, 10))
    columns = [Column(each.name, each.type) for each in ledger.tables.accounts.columns]
    nowhere = update_rows(
        Table("nowhere", MetaData(), *columns), ["balance", "pending_debits", "pending_credits"], "id"
    )
    monkeypatch.setattr(ledger.rows, "_set_totals", nowhere)

    def command(tx: Tx) -> None:
        with suppress(Exception):
            ledger.post(tx, Plan.of(move("m1", BANK, ALICE, 10)))

    # On PostgreSQL, where the post waits for no answer, it is the commit that fails.
    with pytest.raises(Exception, match="half way" if database.dialect == "sqlite" else "nowhere"):
        database.write_now(command)
    assert [transfer.id for transfer in database.read_now(ledger.list_transfers)] == ["m0"]
    assert balance(database, ALICE) == Balance(10)


def test_a_command_posts_one_plan(database: Database) -> None:
    def command(tx: Tx) -> None:
        ledger.post(tx, Plan.of(move("m1", BANK, ALICE, 1)))
        ledger.post(tx, Plan.of(move("m2", BANK, ALICE, 1)))

    with pytest.raises(RuntimeError, match="one plan"):
        database.write_now(command)
    assert balance(database, ALICE) == Balance()


def test_empty_plans_beside_one_are_no_second_plan(database: Database) -> None:
    def command(tx: Tx) -> None:
        ledger.post(tx, Plan())
        ledger.post(tx, Plan.of(move("m1", BANK, ALICE, 1)))
        ledger.post(tx, Plan())

    database.write_now(command)
    assert balance(database, ALICE).balance == 1


class TestBounds:
    """A floor bounds what is available, a ceiling what is there with what is pending."""

    def test_the_floor_may_be_reached_and_not_passed(self, database: Database) -> None:
        post(database, move("m1", BANK, ALICE, 10), move("m2", ALICE, BRUNO, 10))
        with pytest.raises(Insufficient) as refusal:
            post(database, move("m3", ALICE, BRUNO, 1))
        assert (refusal.value.account, refusal.value.missing) == (ALICE, 1)
        assert "usr_alice" in refusal.value.sentence
        assert balance(database, ALICE) == Balance(0)
        prove(database)

    def test_a_floor_below_zero_is_a_credit_line(self, database: Database) -> None:
        post(database, move("m1", CHEN, BANK, 50))
        with pytest.raises(Insufficient) as refusal:
            post(database, move("m2", CHEN, BANK, 3))
        assert refusal.value.missing == 3

    def test_the_ceiling_may_be_reached_and_not_passed(self, database: Database) -> None:
        post(database, move("m1", BANK, CHEN, 100))
        with pytest.raises(Insufficient) as refusal:
            post(database, move("m2", BANK, CHEN, 2))
        assert (refusal.value.account, refusal.value.missing) == (CHEN, 2)
        prove(database)

    def test_what_is_set_aside_is_not_available(self, database: Database) -> None:
        post(database, move("m1", BANK, ALICE, 10), hold("h1", ALICE, BRUNO, 7))
        assert balance(database, ALICE) == Balance(10, pending_debits=7)
        assert balance(database, ALICE).available == 3
        for step in (move("m2", ALICE, BRUNO, 4), hold("h2", ALICE, BRUNO, 4)):
            with pytest.raises(Insufficient) as refusal:
                post(database, step)
            assert refusal.value.missing == 1
        post(database, move("m3", ALICE, BRUNO, 3))
        prove(database)

    def test_what_is_pending_fills_the_ceiling(self, database: Database) -> None:
        post(database, hold("h1", BANK, CHEN, 60))
        with pytest.raises(Insufficient) as refusal:
            post(database, move("m1", BANK, CHEN, 41))
        assert refusal.value.missing == 1
        post(database, move("m2", BANK, CHEN, 40))
        prove(database)

    def test_what_is_pending_cannot_be_spent(self, database: Database) -> None:
        post(database, hold("h1", BANK, ALICE, 5))
        assert balance(database, ALICE) == Balance(0, pending_credits=5)
        with pytest.raises(Insufficient):
            post(database, move("m1", ALICE, BRUNO, 1))

    def test_the_bounds_of_an_account_stay_as_it_was_opened(self, database: Database) -> None:
        post(database, move("m1", BANK, ALICE, 10))
        deeper = Account(ALICE.owner, ALICE.kind, ALICE.unit, floor=-100)
        with pytest.raises(Conflict, match="other bounds"):
            post(database, move("m2", deeper, BRUNO, 50))
        with pytest.raises(Conflict, match="other bounds"):
            post(database, move("m3", Account(ALICE.owner, ALICE.kind, ALICE.unit), BRUNO, 50))
        with pytest.raises(Conflict, match="different bounds"):
            post(database, move("m4", ALICE, BRUNO, 1), move("m5", deeper, BRUNO, 50))

    @pytest.mark.parametrize(("floor", "ceiling"), [(1, None), (None, -1), (0, 2**63), (-(2**63), None)])
    def test_an_account_opens_within_its_bounds(self, database: Database, floor: int, ceiling: int) -> None:
        with pytest.raises(Invalid, match="cannot be opened"):
            post(database, move("m1", BANK, Account("usr_x", "wallet", "USD", floor, ceiling), 1))

    def test_an_account_needs_a_name(self, database: Database) -> None:
        with pytest.raises(Invalid, match="needs an owner"):
            post(database, move("m1", BANK, Account("", "wallet", "USD"), 1))


class TestAmounts:
    """Whole numbers above zero, that no sum turns into anything else."""

    @pytest.mark.parametrize("amount", [0, -1, AMOUNT_MAX + 1, 2**63, 1.0, True, "5", None])
    def test_an_amount_that_is_none_is_refused(self, database: Database, amount: int) -> None:
        with pytest.raises(Invalid):
            post(database, move("m1", BANK, ALICE, amount))
        with pytest.raises(Invalid):
            post(database, hold("h1", BANK, ALICE, amount))
        with pytest.raises(Invalid):
            post(database, hold("h1", BANK, ALICE, 5), Capture("c1", "h1", amount, "test", "ref"))

    def test_no_total_of_a_bounded_account_leaves_64_bits(self, database: Database) -> None:
        full = TOTAL_MAX // AMOUNT_MAX
        for start in range(0, full, 128):
            post(database, *[move(f"m{n}", BANK, ALICE, AMOUNT_MAX) for n in range(start, min(start + 128, full))])
        assert balance(database, ALICE).balance == full * AMOUNT_MAX
        with pytest.raises(Conflict, match="more than an account can count"):
            post(database, move("m", BANK, ALICE, AMOUNT_MAX))
        with pytest.raises(Conflict, match="more than an account can count"):
            post(database, hold("h", BANK, ALICE, AMOUNT_MAX), hold("h2", ALICE, BRUNO, AMOUNT_MAX),
                 *[move(f"n{n}", BANK, ALICE, AMOUNT_MAX) for n in range(full)])  # fmt: skip
        prove(database)

    def test_the_sums_of_an_unbounded_account_are_exact_beyond_64_bits(self, database: Database) -> None:
        other = Account("platform", "processor", "USD")
        for start in range(0, 1_100, 100):
            post(database, *[move(f"m{start + n}", BANK, other, AMOUNT_MAX) for n in range(100)])
        expected = 1_100 * AMOUNT_MAX
        assert expected > 2**63
        assert balance(database, other) == Balance(expected)
        assert database.read_now(ledger.sum_by_unit) == {"USD": 0}
        seal(database)
        while database.write_now(ledger.snapshot_accounts):
            pass
        assert balance(database, BANK) == Balance(-expected)
        post(database, move("m", BANK, other, 1))
        assert balance(database, other) == Balance(expected + 1)
        prove(database)


class TestIds:
    """An id applies once."""

    def test_the_same_transfer_again_changes_nothing(self, database: Database) -> None:
        step = move("m1", BANK, ALICE, 5)
        post(database, step)
        assert post(database, step) == Posted((), ("m1",))
        assert post(database, step, step) == Posted((), ("m1", "m1"))
        assert balance(database, ALICE) == Balance(5)
        prove(database)

    def test_the_same_transfer_twice_in_a_plan_applies_once(self, database: Database) -> None:
        step = move("m1", BANK, ALICE, 5)
        assert post(database, step, step) == Posted(("m1",), ("m1",))
        assert balance(database, ALICE) == Balance(5)

    def test_what_is_new_beside_a_repeated_step_is_applied(self, database: Database) -> None:
        post(database, move("m1", BANK, ALICE, 5))
        assert post(database, move("m1", BANK, ALICE, 5), move("m2", BANK, ALICE, 1)) == Posted(("m2",), ("m1",))
        assert balance(database, ALICE) == Balance(6)

    def test_a_repeated_step_is_a_repeat_though_it_would_be_refused_now(self, database: Database) -> None:
        plan = (move("m1", BANK, ALICE, 5), move("m2", ALICE, BRUNO, 5))
        post(database, *plan)
        assert post(database, *plan).applied == ()
        assert post(database, plan[1]).repeated == ("m2",)
        prove(database)

    @pytest.mark.parametrize(
        "other",
        [
            move("m1", BANK, ALICE, 6),
            move("m1", BANK, BRUNO, 5),
            move("m1", BRUNO, ALICE, 5),
            move("m1", BANK, ALICE, 5, code="else"),
            move("m1", BANK, ALICE, 5, ref="else"),
            move("m1", MAKER, SHELF, 5),
            hold("m1", BANK, ALICE, 5),
            Void("m1", "h0", "test", "ref"),
        ],
        ids=["amount", "credit", "debit", "code", "ref", "unit", "kind", "void"],
    )
    def test_an_id_used_for_something_else_is_refused(self, database: Database, other: ledger.Step) -> None:
        post(database, move("m1", BANK, ALICE, 5), hold("h0", BANK, ALICE, 1))
        with pytest.raises(Conflict, match="m1 was used"):
            post(database, other)
        with pytest.raises(Conflict, match="m1 was used"):
            post(database, move("m9", BANK, ALICE, 1), other)
        assert balance(database, ALICE).balance == 5

    def test_an_id_used_for_two_things_in_one_plan_is_refused(self, database: Database) -> None:
        with pytest.raises(Conflict, match="m1 was used"):
            post(database, move("m1", BANK, ALICE, 5), move("m1", BANK, ALICE, 6))

    def test_an_id_is_needed(self, database: Database) -> None:
        with pytest.raises(Invalid, match="needs an id"):
            post(database, move("", BANK, ALICE, 5))


class TestSides:
    """A transfer joins two accounts of one unit."""

    def test_the_units_of_both_sides_are_the_same(self, database: Database) -> None:
        for step in (move("m1", BANK, SHELF, 1), hold("h1", MAKER, ALICE, 1)):
            with pytest.raises(Invalid, match="one unit"):
                post(database, step)

    def test_the_sides_are_two_accounts(self, database: Database) -> None:
        same = Account(BANK.owner, BANK.kind, BANK.unit)
        for step in (move("m1", BANK, same, 1), hold("h1", ALICE, ALICE, 1)):
            with pytest.raises(Invalid, match="both sides"):
                post(database, step)

    def test_units_do_not_touch_each_other(self, database: Database) -> None:
        euros = Account(ALICE.owner, ALICE.kind, "EUR", floor=0)
        post(database, move("m1", BANK, ALICE, 5))
        with pytest.raises(Insufficient):
            post(database, move("m2", euros, Account("platform", "bank", "EUR"), 1))
        prove(database)


def test_every_refusal_has_a_sentence(database: Database) -> None:
    for step in (move("m", BANK, ALICE, 0), Void("v", "nothing", "test", "ref"), move("m", ALICE, BRUNO, 1)):
        with pytest.raises(Refused) as refusal:
            post(database, step)
        assert len(refusal.value.sentence) > 10
    with pytest.raises(NotFound):
        post(database, Void("v", "nothing", "test", "ref"))
