"""Credit that ends: used before what lasts longer, told of in time, and what is left of it is moved back."""

from __future__ import annotations

import pytest

from entrepot import cloud, ledger
from entrepot.cloud import accounts, grants, receipts
from entrepot.cloud.admission import Ask, OutOfCredit, admit
from entrepot.identity import Scope
from entrepot.kernel import DAY, Database, Invalid, ManualClock, process_name
from entrepot.kernel.sql import prepare_text
from entrepot.kernel.testing import NOON
from tests.cloud.money import (
    CENT,
    CHEN,
    CURRENCY,
    FAST,
    SETTINGS,
    UNIT,
    balance,
    breaches,
    give,
    invoice,
    line,
    receive,
    sell,
    standing,
    use,
)

TEN_CENTS = {"output_tokens": 166_667}


def give_until(database: Database, amount: int, ref: str, days: int) -> bool:
    return database.write_now(
        lambda tx: receipts.grant_credit(
            tx, Scope.system(), "org_chen", UNIT, amount, ref, FAST, expires_at=NOON + days * DAY
        )
    )


def lasting(database: Database) -> list[tuple[str, int]]:
    found = database.read_now(lambda s: cloud.list_lasting(s, CHEN, CURRENCY))
    return [(each.ref, each.left) for each in found]


def go(database: Database, days: float) -> int:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance_to(NOON + int(days * DAY))
    return grants.grant_round(database, SETTINGS)


def told(database: Database) -> list[str]:
    read = prepare_text("SELECT params FROM identity_notices WHERE kind = 'cloud.grant_ends'")
    return [str(row[0]) for row in database.read_now(lambda s: s.all(read))]


def test_what_is_left_on_its_day_is_moved_back_once(database: Database) -> None:
    sell(database)
    give(database, 5 * CENT, "for ever")
    assert give_until(database, 30 * CENT, "trial", 10)
    assert not give_until(database, 30 * CENT, "trial", 10)
    spent = use(database, "req_1", TEN_CENTS)
    assert lasting(database) == [("trial", 30 * CENT - spent)]
    assert go(database, 9.9) == 0
    assert go(database, 10) == 1
    assert go(database, 11) == 0
    assert standing(database).left == 5 * CENT
    assert lasting(database) == []
    found = invoice(database)  # the grant still pays for what was used while it lasted
    assert (found.granted_nano, found.amount_minor) == (spent, 0)
    assert standing(database).granted == 5 * CENT
    assert balance(database, accounts.grants_open(UNIT)) == -5 * CENT
    assert breaches(database) == []


def test_the_first_to_end_is_used_first_and_what_lasts_for_ever_last(database: Database) -> None:
    sell(database)
    give(database, 50 * CENT, "for ever")
    give_until(database, 15 * CENT, "late", 20)
    give_until(database, 15 * CENT, "early", 10)
    spent = sum(use(database, f"req_{number}", TEN_CENTS) for number in range(2))
    assert lasting(database) == [("late", 30 * CENT - spent)]
    invoice(database)
    assert lasting(database) == [("late", 30 * CENT - spent)]
    assert go(database, 21) == 2
    assert standing(database).left == 50 * CENT
    assert breaches(database) == []


def test_a_call_under_way_keeps_what_it_holds_of_a_grant_that_ends(database: Database) -> None:
    sell(database)
    give_until(database, 30 * CENT, "trial", 10)
    wish = Ask("req_1", "org_chen", "usr_chen", "m", dict(TEN_CENTS))
    database.write_now(lambda tx: admit(tx, wish, UNIT, process_name(), FAST))
    go(database, 10)
    stands = standing(database)
    assert (stands.left, stands.held) == (0, 10 * CENT + 200)
    assert breaches(database) == []


def test_nothing_ends_below_what_is_owed_and_the_rest_of_the_credit_is_untouched(database: Database) -> None:
    sell(database)
    line(database, 20 * CENT)
    use(database, "req_1", TEN_CENTS)
    owing = invoice(database)
    assert owing.due_minor == 10
    give_until(database, 5 * CENT, "trial", 1)
    receive(database, 10, "t")
    assert go(database, 1) == 1
    assert standing(database).left == 20 * CENT
    assert breaches(database) == []


def test_a_grant_that_is_used_up_ends_without_a_move(database: Database) -> None:
    sell(database)
    give_until(database, CENT, "trial", 1)
    receive(database, 100, "t")
    use(database, "req_1", TEN_CENTS)
    assert lasting(database) == []
    assert go(database, 1) == 1
    assert not [each for each in database.read_now(lambda s: ledger.list_transfers(s, ref="trial"))
                if each.code == accounts.EXPIRED]  # fmt: skip
    assert breaches(database) == []


def test_people_are_told_once_and_in_good_time_of_what_is_left(database: Database) -> None:
    sell(database)
    give_until(database, 30 * CENT, "trial", 10)
    give_until(database, 10 * CENT, "gone", 9)
    use(database, "req_1", TEN_CENTS)
    go(database, 2.9)
    assert told(database) == []
    go(database, 3.1)
    go(database, 3.2)
    assert len(told(database)) == 1
    assert "$0.29" in told(database)[0]


def test_a_grant_ends_on_a_day_to_come(database: Database) -> None:
    with pytest.raises(Invalid) as refusal:
        give_until(database, CENT, "g", 0)
    assert "expires" in refusal.value.fields


def test_calls_after_its_end_are_not_covered(database: Database) -> None:
    sell(database)
    give_until(database, 30 * CENT, "trial", 1)
    go(database, 1)
    with pytest.raises(OutOfCredit):
        use(database, "req_1", {"output_tokens": 1})
