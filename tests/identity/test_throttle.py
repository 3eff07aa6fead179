"""Guessing passwords gets slower and slower, for an account and for an address."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from entrepot import identity
from entrepot.identity.throttle import FORGOTTEN_AFTER, FREE_FOR_ACCOUNT, FREE_FOR_ADDRESS, PAUSE_S_MAX
from entrepot.kernel import Database, ManualClock, NotSignedIn, Secret, TooMany, Tx, prepare_text
from entrepot.kernel.clock import SECOND
from tests import cast
from tests.cast import ALICE, PASSWORD

IP, OTHER_IP = "192.0.2.1", "192.0.2.2"


def begin(database: Database, email: str = ALICE.email, ip: str = IP) -> None:
    database.write_now(lambda tx: identity.begin_attempt(tx, email, ip))


class Looked(Exception):
    """Undoes what was only tried."""


def pause_of(database: Database, email: str = ALICE.email, ip: str = IP) -> int:
    """How long the next attempt must wait; it is not counted."""

    def look(tx: Tx) -> None:
        identity.begin_attempt(tx, email, ip)
        raise Looked

    try:
        database.write_now(look)
    except TooMany as refusal:
        return refusal.retry_after_s or -1
    except Looked:
        return 0


def advance(database: Database, seconds: int) -> None:
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(seconds * SECOND)


def test_some_failures_are_free_and_then_the_pauses_grow_to_their_longest(database: Database) -> None:
    pauses = []
    for _ in range(FREE_FOR_ACCOUNT + 13):
        begin(database)
        pauses.append(pause_of(database))
        advance(database, pauses[-1])
    assert pauses[:FREE_FOR_ACCOUNT] == [0] * FREE_FOR_ACCOUNT
    assert pauses[FREE_FOR_ACCOUNT:] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, *[PAUSE_S_MAX] * 3]


def test_an_account_is_guarded_whichever_address_the_guesses_come_from(database: Database) -> None:
    for n in range(FREE_FOR_ACCOUNT + 1):
        begin(database, ip=f"192.0.2.{n}")
    with pytest.raises(TooMany):
        begin(database, ip="198.51.100.1")
    begin(database, email="bruno@example.com", ip="198.51.100.1")


def test_an_address_is_slowed_down_whichever_accounts_it_guesses_at(database: Database) -> None:
    for n in range(FREE_FOR_ADDRESS + 1):
        begin(database, email=f"{n}@example.com")
    with pytest.raises(TooMany):
        begin(database, email="bruno@example.com")
    begin(database, email="bruno@example.com", ip=OTHER_IP)


def test_all_of_one_customers_ipv6_addresses_are_one(database: Database) -> None:
    for n in range(FREE_FOR_ADDRESS + 1):
        begin(database, email=f"{n}@example.com", ip=f"2001:db8:1:2::{n:x}")
    assert pause_of(database, "bruno@example.com", "2001:db8:1:2:ffff::1") > 0
    assert pause_of(database, "bruno@example.com", "2001:db8:1:3::1") == 0


def test_a_hundred_guesses_at_once_are_no_more_than_the_free_ones(database: Database) -> None:
    cast.invite(database)

    def guess(n: int) -> type[Exception]:
        try:
            identity.authenticate(database, ALICE.email, Secret(f"wrong guess {n}"), f"192.0.2.{n}")
        except (NotSignedIn, TooMany) as refusal:
            return type(refusal)
        raise AssertionError

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(guess, range(100)))
    assert answers.count(NotSignedIn) == FREE_FOR_ACCOUNT + 1
    assert pause_of(database) > 0


def test_while_it_must_wait_even_the_right_password_is_refused_and_then_it_is_forgiven(database: Database) -> None:
    cast.invite(database)
    for _ in range(FREE_FOR_ACCOUNT + 1):
        begin(database)
    with pytest.raises(TooMany, match="try again in 1 seconds"):
        identity.authenticate(database, ALICE.email, PASSWORD, IP)
    advance(database, 1)
    identity.authenticate(database, ALICE.email, PASSWORD, IP)
    for _ in range(FREE_FOR_ACCOUNT):
        begin(database)
    assert pause_of(database) == 0


def test_signing_in_to_an_account_of_ones_own_buys_no_guesses_at_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.identity.throttle.FREE_FOR_ADDRESS", 5)
    cast.invite(database)
    for n in range(6):
        identity.authenticate(database, ALICE.email, PASSWORD, IP)
        begin(database, email=f"victim{n}@example.com")
    assert pause_of(database, "next@example.com") > 0


def test_old_failures_are_forgotten(database: Database) -> None:
    for _ in range(FREE_FOR_ACCOUNT):
        begin(database)
    advance(database, FORGOTTEN_AFTER // SECOND + 1)
    begin(database)
    begin(database)
    assert pause_of(database) == 0


def test_what_was_typed_is_not_kept(database: Database) -> None:
    begin(database, email="my secret password")
    rows = database.read_now(lambda snapshot: snapshot.all(prepare_text("SELECT * FROM identity_attempts")))
    assert rows
    assert "secret" not in repr(rows)
