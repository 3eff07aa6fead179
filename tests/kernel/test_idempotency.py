"""The same request, sent again, has its effect once and gets the same answer."""

import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from entrepot.kernel import Conflict, Database, Invalid, RequestKey, Tx, once, request_key
from tests.kernel.things import add, count
from tests.waiting import WAIT_S


class Placed(msgspec.Struct, frozen=True):
    """What the tests' effect returns."""

    order_id: str


def key(key: str = "k1", *, actor: str = "usr_alice", route: str = "place", body: bytes = b"{}") -> RequestKey:
    return request_key(actor, route, key, body)


def place(database: Database, request: RequestKey) -> Placed:
    def command(tx: Tx) -> Placed:
        def effect() -> Placed:
            add(tx, "placed")
            return Placed(tx.new_id("ord"))

        return once(tx, request, effect, Placed)

    return database.write_now(command)


def test_a_repeated_request_gets_the_first_answer_and_has_no_second_effect(database: Database) -> None:
    first = place(database, key())
    assert place(database, key()) == first
    assert count(database, "placed") == 1


def test_a_key_with_another_body_is_a_conflict(database: Database) -> None:
    place(database, key())
    with pytest.raises(Conflict, match="different request"):
        place(database, key(body=b'{"other": 1}'))
    assert count(database, "placed") == 1


def test_a_key_belongs_to_one_actor_and_one_route(database: Database) -> None:
    answers = {place(database, key()), place(database, key(actor="usr_bruno")), place(database, key(route="cancel"))}
    assert len(answers) == 3
    assert count(database, "placed") == 3


def test_a_refused_request_may_be_sent_again(database: Database) -> None:
    def command(tx: Tx) -> Placed:
        def effect() -> Placed:
            raise Invalid("no")

        return once(tx, key(), effect, Placed)

    with pytest.raises(Invalid):
        database.write_now(command)
    place(database, key())
    assert count(database, "placed") == 1


def test_fifty_times_at_once_has_one_effect_and_one_answer(database: Database) -> None:
    begin = threading.Barrier(50)

    def send(_: int) -> Placed:
        begin.wait(WAIT_S)
        return place(database, key())

    with ThreadPoolExecutor(50) as threads:
        answers = set(threads.map(send, range(50)))
    assert len(answers) == 1
    assert count(database, "placed") == 1


@pytest.mark.parametrize("text", ["", "x" * 201, "två", "new\nline"])
def test_a_key_that_no_header_carries_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        key(text)
