"""Holds: captured in parts, voided, expired, each unit of them once."""

import pytest

from entrepot import ledger
from entrepot.kernel import Conflict, Database, Invalid, ManualClock, NotFound
from entrepot.kernel.testing import NOON
from entrepot.ledger import Balance, Capture, Expire, Posted, Void
from entrepot.ledger.evaluation import rest_id
from tests.ledger.acts import ALICE, BANK, BRUNO, CHEN, balance, held, hold, move, post, prove

SOON = NOON + 1_000


def capture(id: str, amount: int, final: bool = False, hold_id: str = "h1") -> Capture:
    return Capture(id, hold_id, amount, "test", "ref", final)


def void(id: str = "v1", hold_id: str = "h1") -> Void:
    return Void(id, hold_id, "test", "ref")


def expire(id: str = "e1", hold_id: str = "h1") -> Expire:
    return Expire(id, hold_id, "test", "ref")


def set_aside(database: Database, amount: int = 10, expires_at: int | None = None) -> None:
    """Ten on Alice's account, of which an amount is held for Bruno."""
    post(database, move("m1", BANK, ALICE, 10), hold("h1", ALICE, BRUNO, amount, expires_at))


def advance_to(database: Database, now: int) -> None:
    assert isinstance(database.clock, ManualClock)
    database.clock.advance_to(now)


def test_a_capture_moves_what_was_held(database: Database) -> None:
    set_aside(database)
    post(database, capture("c1", 10))
    assert balance(database, ALICE) == Balance(0)
    assert balance(database, BRUNO) == Balance(10)
    assert held(database, "h1") == (10, 0, "captured")
    prove(database)


def test_a_hold_is_captured_in_parts(database: Database) -> None:
    set_aside(database)
    post(database, capture("c1", 3))
    assert held(database, "h1") == (3, 7, "open")
    assert balance(database, ALICE) == Balance(7, pending_debits=7)
    assert balance(database, BRUNO) == Balance(3, pending_credits=7)
    post(database, capture("c2", 3), capture("c3", 4))
    assert held(database, "h1") == (10, 0, "captured")
    prove(database)


def test_no_more_is_captured_than_is_left(database: Database) -> None:
    set_aside(database)
    with pytest.raises(Conflict, match="Only 10"):
        post(database, capture("c1", 11))
    post(database, capture("c2", 6))
    with pytest.raises(Conflict, match="Only 4"):
        post(database, capture("c3", 5))
    assert balance(database, BRUNO).balance == 6
    prove(database)


def test_a_hold_captured_whole_is_not_captured_again(database: Database) -> None:
    set_aside(database)
    post(database, capture("c1", 10))
    with pytest.raises(Conflict, match="is captured"):
        post(database, capture("c2", 1))
    assert post(database, capture("c1", 10)) == Posted((), ("c1",))
    assert balance(database, BRUNO) == Balance(10)
    prove(database)


def test_a_final_capture_releases_the_rest(database: Database) -> None:
    set_aside(database)
    post(database, capture("c1", 4, final=True))
    assert held(database, "h1") == (4, 0, "captured")
    assert balance(database, ALICE) == Balance(6)
    assert balance(database, BRUNO) == Balance(4)
    kinds = [(t.kind, t.amount) for t in database.read_now(ledger.list_transfers)]
    assert kinds == [("move", 10), ("hold", 10), ("capture", 4), ("void", 6)]
    prove(database)


def test_a_final_capture_repeated_is_a_repeat_and_final_is_part_of_it(database: Database) -> None:
    set_aside(database)
    post(database, capture("c1", 4, final=True))
    assert post(database, capture("c1", 4, final=True)) == Posted((), ("c1",))
    with pytest.raises(Conflict, match="c1 was used"):
        post(database, capture("c1", 4))


def test_the_id_of_what_a_final_capture_gives_back_is_not_taken_twice(database: Database) -> None:
    set_aside(database)
    post(database, move(rest_id("c1"), BANK, CHEN, 1))
    with pytest.raises(Conflict, match="was used for another"):
        post(database, capture("c1", 4, final=True))
    assert held(database, "h1") == (0, 10, "open")
    assert balance(database, BRUNO) == Balance(pending_credits=10)
    prove(database)


def test_a_final_capture_of_everything_leaves_nothing_to_release(database: Database) -> None:
    set_aside(database)
    post(database, capture("c1", 10, final=True))
    assert [t.kind for t in database.read_now(ledger.list_transfers)] == ["move", "hold", "capture"]
    prove(database)


def test_a_void_releases_everything(database: Database) -> None:
    set_aside(database)
    post(database, void())
    assert balance(database, ALICE) == Balance(10)
    assert balance(database, BRUNO) == Balance()
    assert held(database, "h1") == (0, 0, "voided")
    prove(database)


def test_a_void_after_a_capture_releases_only_the_rest(database: Database) -> None:
    set_aside(database)
    post(database, capture("c1", 4))
    post(database, void())
    assert balance(database, ALICE) == Balance(6)
    assert balance(database, BRUNO) == Balance(4)
    assert held(database, "h1") == (4, 0, "voided")
    assert database.read_now(ledger.list_transfers)[-1].amount == 6
    prove(database)


def test_nothing_is_voided_after_everything_was_captured(database: Database) -> None:
    set_aside(database)
    post(database, capture("c1", 10))
    with pytest.raises(Conflict, match="is captured"):
        post(database, void())
    assert balance(database, BRUNO) == Balance(10)


def test_nothing_is_captured_or_voided_after_a_void(database: Database) -> None:
    set_aside(database)
    post(database, void())
    for step in (capture("c1", 1), void("v2")):
        with pytest.raises(Conflict, match="is voided"):
            post(database, step)
    assert post(database, void()) == Posted((), ("v1",))


def test_a_hold_within_its_time_does_not_expire(database: Database) -> None:
    set_aside(database, expires_at=SOON)
    advance_to(database, SOON - 1)
    with pytest.raises(Conflict, match="not expired yet"):
        post(database, expire())
    post(database, capture("c1", 1))
    assert held(database, "h1") == (1, 9, "open")


def test_a_hold_past_its_time_expires_and_is_not_captured(database: Database) -> None:
    set_aside(database, expires_at=SOON)
    post(database, capture("c1", 4))
    advance_to(database, SOON)
    with pytest.raises(Conflict, match="past its time"):
        post(database, capture("c2", 1))
    assert balance(database, ALICE).pending_debits == 6
    post(database, expire())
    assert held(database, "h1") == (4, 0, "expired")
    assert balance(database, ALICE) == Balance(6)
    with pytest.raises(Conflict, match="is expired"):
        post(database, capture("c3", 1))
    with pytest.raises(Conflict, match="is expired"):
        post(database, void())
    assert post(database, expire()) == Posted((), ("e1",))
    prove(database)


def test_a_hold_past_its_time_may_still_be_voided(database: Database) -> None:
    set_aside(database, expires_at=SOON)
    advance_to(database, SOON)
    post(database, void())
    assert held(database, "h1") == (0, 0, "voided")


def test_what_was_captured_does_not_expire(database: Database) -> None:
    set_aside(database, expires_at=SOON)
    post(database, capture("c1", 10))
    advance_to(database, SOON + 1)
    with pytest.raises(Conflict, match="is captured"):
        post(database, expire())
    assert balance(database, BRUNO) == Balance(10)


def test_a_hold_without_a_time_never_expires(database: Database) -> None:
    set_aside(database)
    advance_to(database, NOON * 2)
    with pytest.raises(Conflict, match="no time"):
        post(database, expire())


def test_a_hold_expires_after_it_began(database: Database) -> None:
    for expires_at in (NOON, NOON - 1):
        with pytest.raises(Invalid, match="expired before"):
            set_aside(database, expires_at=expires_at)


@pytest.mark.parametrize("step", [capture("c1", 1), void(), expire()])
def test_an_unknown_hold_is_not_found(database: Database, step: ledger.Step) -> None:
    with pytest.raises(NotFound, match="no hold h1"):
        post(database, step)


@pytest.mark.parametrize("step", [capture("c1", 1), void(), expire()])
def test_a_transfer_that_is_no_hold_is_not_found_as_one(database: Database, step: ledger.Step) -> None:
    post(database, move("h1", BANK, ALICE, 5))
    with pytest.raises(NotFound, match="no hold h1"):
        post(database, step)


def test_a_hold_id_is_used_once(database: Database) -> None:
    set_aside(database, 5)
    with pytest.raises(Conflict, match="h1 was used"):
        post(database, hold("h1", ALICE, BRUNO, 4))
    with pytest.raises(Conflict, match="h1 was used"):
        post(database, hold("h1", ALICE, BRUNO, 5, SOON))
    assert post(database, hold("h1", ALICE, BRUNO, 5)) == Posted((), ("h1",))
    assert balance(database, ALICE) == Balance(10, pending_debits=5)


def test_a_hold_is_made_and_used_in_one_plan(database: Database) -> None:
    post(database, move("m1", BANK, ALICE, 10), hold("h1", ALICE, BRUNO, 8), capture("c1", 3), void())
    assert held(database, "h1") == (3, 0, "voided")
    with pytest.raises(NotFound):
        post(database, capture("c2", 1, hold_id="h2"), hold("h2", ALICE, BRUNO, 1))
    prove(database)


def test_a_plan_captures_a_hold_no_further_than_it_goes(database: Database) -> None:
    set_aside(database)
    with pytest.raises(Conflict, match="Only 4"):
        post(database, capture("c1", 6), capture("c2", 5))
    assert held(database, "h1") == (0, 10, "open")


def test_a_repeated_hold_with_a_new_capture_uses_the_hold_as_it_stands(database: Database) -> None:
    set_aside(database)
    post(database, capture("c1", 6))
    with pytest.raises(Conflict, match="Only 4"):
        post(database, hold("h1", ALICE, BRUNO, 10), capture("c2", 5))
    assert post(database, hold("h1", ALICE, BRUNO, 10), capture("c2", 4)) == Posted(("c2",), ("h1",))
    prove(database)


def test_a_capture_never_meets_a_bound(database: Database) -> None:
    post(database, move("m1", BANK, ALICE, 100), hold("h1", ALICE, CHEN, 100))
    post(database, capture("c1", 100))
    assert balance(database, CHEN) == Balance(100)
    prove(database)


def test_holds_between_accounts_without_bounds_count_as_well(database: Database) -> None:
    post(database, hold("h1", BANK, ledger.Account("x", "y", "USD"), 5))
    assert balance(database, BANK) == Balance(0, pending_debits=5)
    post(database, capture("c1", 2))
    assert balance(database, BANK) == Balance(-2, pending_debits=3)
    with pytest.raises(Conflict, match="Only 3"):
        post(database, capture("c2", 4))
    post(database, void())
    assert balance(database, BANK) == Balance(-2)
    prove(database)


def test_expired_holds_are_listed_the_longest_first(database: Database) -> None:
    post(database, move("m1", BANK, ALICE, 10))
    for number, at in enumerate((SOON + 2, SOON, SOON + 1, None)):
        post(database, hold(f"h{number}", ALICE, BRUNO, 1, at))
    post(database, void("v1", "h1"))
    found = database.read_now(lambda s: ledger.list_expired_holds(s, SOON + 2))
    assert [each.id for each in found] == ["h2", "h0"]
    assert [each.id for each in database.read_now(lambda s: ledger.list_expired_holds(s, SOON + 1))] == ["h2"]
    assert len(database.read_now(lambda s: ledger.list_expired_holds(s, SOON + 2, most=1))) == 1


def test_holds_are_found_as_a_set(database: Database) -> None:
    post(database, move("m1", BANK, ALICE, 10), hold("h1", ALICE, BRUNO, 1), hold("h2", ALICE, BRUNO, 2))
    found = database.read_now(lambda s: ledger.holds_of(s, ["h1", "h2", "h3"]))
    assert {key: value.left for key, value in found.items()} == {"h1": 1, "h2": 2}
    assert database.read_now(lambda s: ledger.find_hold(s, "h3")) is None
