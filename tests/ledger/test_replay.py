"""The same request sent again moves money once, and says the same."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from entrepot import ledger
from entrepot.kernel import Conflict, Database, RequestKey, Tx, once, request_key
from entrepot.ledger import Balance, Insufficient, Plan
from tests.ledger.acts import ALICE, BANK, BRUNO, balance, move, post, prove


class Paid(msgspec.Struct, frozen=True):
    """What the request answers: the id of the transfer it made."""

    transfer: str


def pay(database: Database, key: RequestKey, amount: int) -> Paid:
    """A request as the edge makes it: with a fresh id of its own each time."""

    def command(tx: Tx) -> Paid:
        def effect() -> Paid:
            made = move(tx.new_id("trf"), ALICE, BRUNO, amount)
            ledger.post(tx, Plan.of(made))
            return Paid(made.id)

        return once(tx, key, effect, Paid)

    return database.write_now(command)


def key(body: bytes = b"5", actor: str = "usr_alice") -> RequestKey:
    return request_key(actor, "POST /pay", "one", body)


def test_a_request_sent_again_moves_money_once_and_answers_the_same(database: Database) -> None:
    post(database, move("in", BANK, ALICE, 100))
    first = pay(database, key(), 5)
    assert [pay(database, key(), 5) for _ in range(3)] == [first] * 3
    assert balance(database, BRUNO) == Balance(5)
    prove(database)


def test_a_request_sent_many_times_at_once_moves_money_once(database: Database) -> None:
    post(database, move("in", BANK, ALICE, 100))
    gate = threading.Barrier(12)

    def send(_: int) -> str:
        gate.wait()
        return pay(database, key(), 5).transfer

    with ThreadPoolExecutor(12) as pool:
        answers = Counter(pool.map(send, range(12)))
    assert list(answers.values()) == [12]
    assert balance(database, BRUNO) == Balance(5)
    prove(database)


def test_a_key_is_for_one_body_of_one_actor(database: Database) -> None:
    post(database, move("in", BANK, ALICE, 100))
    pay(database, key(), 5)
    with pytest.raises(Conflict, match="different request"):
        pay(database, key(b"6"), 6)
    pay(database, key(actor="usr_other"), 5)
    assert balance(database, BRUNO) == Balance(10)


def test_a_refused_request_may_be_sent_again(database: Database) -> None:
    with pytest.raises(Insufficient):
        pay(database, key(), 5)
    post(database, move("in", BANK, ALICE, 100))
    pay(database, key(), 5)
    assert balance(database, BRUNO) == Balance(5)
