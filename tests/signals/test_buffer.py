"""Signals: gathered in memory, written in groups, never in anybody's way."""

import threading
from typing import Any

import pytest

from entrepot import signals
from entrepot.kernel import Database, Proof, Unavailable, prepare_text
from entrepot.kernel.testing import NOON
from entrepot.signals import Buffer, Signal, SignalKind, Surface
from tests.waiting import WAIT_S


def signal(kind: SignalKind = SignalKind.CLICK, product: str | None = "prd_1", **more: Any) -> Signal:
    return Signal(kind=kind, session="ses_1", product_id=product, **{"at": NOON, **more})


def stored(database: Database) -> list[signals.Stored]:
    return database.read_now(signals.list_signals)


def test_a_flushed_signal_reads_back_as_it_was(database: Database) -> None:
    whole = Signal(
        kind=SignalKind.SHOWN,
        session="ses_1",
        at=NOON,
        surface=Surface.SEARCH,
        actor="usr_1",
        request_id="req_1",
        product_id="prd_1",
        query="红色沙发",
        position=3,
        propensity=0.25,
    )
    buffer = Buffer(database)
    buffer.add(whole, signal())
    assert buffer.flush() == 2
    assert [(row.number, row.signal) for row in stored(database)] == [(1, whole), (2, signal())]


def test_what_a_browser_reports_of_a_hit_counts_once_however_often_it_comes(database: Database) -> None:
    seen = signal(SignalKind.SEEN, request_id="req_1")
    click = signal(SignalKind.CLICK, request_id="req_1")
    one, other = Buffer(database), Buffer(database)
    one.add(seen, click, seen)
    one.flush()
    one.add(click, signal(SignalKind.SEEN, request_id="req_2"))
    other.add(seen, signal(), signal())
    one.flush()
    other.flush()
    rows = stored(database)
    assert [(str(row.signal.kind), row.signal.request_id) for row in rows] == [
        ("seen", "req_1"), ("click", "req_1"), ("seen", "req_2"), ("click", None), ("click", None),
    ]  # fmt: skip
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]


def test_numbers_go_on_where_the_last_flush_ended(database: Database) -> None:
    buffer = Buffer(database)
    for _ in range(3):
        buffer.add(signal(), signal())
        buffer.flush()
    assert [row.number for row in stored(database)] == [1, 2, 3, 4, 5, 6]
    assert [row.number for row in database.read_now(lambda snapshot: signals.list_signals(snapshot, 4, 1))] == [5]


def test_many_processes_flush_at_once_and_no_number_is_used_twice(database: Database) -> None:
    buffers = [Buffer(database) for _ in range(8)]

    def fill(buffer: Buffer) -> None:
        for _ in range(5):
            buffer.add(*[signal()] * 20)
            buffer.flush()

    threads = [threading.Thread(target=fill, args=(buffer,)) for buffer in buffers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row.number for row in stored(database)] == list(range(1, 801))


def test_a_full_buffer_drops_the_oldest_shown_and_keeps_the_clicks(database: Database) -> None:
    buffer = Buffer(database, kept_max=3)
    buffer.add(signal(SignalKind.SHOWN, "prd_1"), signal(SignalKind.SHOWN, "prd_2"), signal(SignalKind.CLICK, "prd_3"))
    buffer.add(signal(SignalKind.ORDER, "prd_4"))
    assert buffer.dropped == 1
    buffer.flush()
    assert [row.signal.product_id for row in stored(database)] == ["prd_2", "prd_3", "prd_4"]


def test_without_a_shown_the_oldest_is_dropped(database: Database) -> None:
    buffer = Buffer(database, kept_max=2)
    buffer.add(*(signal(product=f"prd_{n}") for n in range(5)))
    buffer.flush()
    assert (buffer.dropped, [row.signal.product_id for row in stored(database)]) == (3, ["prd_3", "prd_4"])


def test_what_the_database_refuses_waits_for_the_next_flush(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = Buffer(database)
    buffer.add(signal(product="prd_1"), signal(SignalKind.SHOWN, "prd_2"))

    def refuse(*args: object) -> None:
        raise Unavailable("The disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(database, "write_now", refuse)
        with pytest.raises(Unavailable):
            buffer.flush()
    buffer.add(signal(product="prd_3"))
    buffer.flush()
    assert [row.signal.product_id for row in stored(database)] == ["prd_1", "prd_2", "prd_3"]
    assert buffer.dropped == 0


@pytest.mark.parametrize("query", ["a\0b", "lone \ud83d half", "x" * 10_000, "'); DROP TABLE signals_signals; --"])
def test_an_odd_query_does_not_stop_the_others(database: Database, query: str) -> None:
    buffer = Buffer(database)
    buffer.add(signal(SignalKind.SEARCH, None, query=query), signal())
    assert buffer.flush() == 2
    first = stored(database)[0].signal.query
    assert first
    assert len(first) <= 200


def test_the_thread_flushes_and_stop_writes_the_rest(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrepot.signals.buffer.FLUSH_S", 0.01)
    flushed = threading.Event()
    buffer = Buffer(database)
    flush = buffer.flush
    monkeypatch.setattr(buffer, "flush", lambda: (flush(), flushed.set()))
    buffer.start()
    buffer.add(signal())
    assert flushed.wait(WAIT_S)
    buffer.add(signal())
    buffer.stop()
    assert len(stored(database)) == 2


def test_popularity_weighs_orders_above_carts_above_clicks(database: Database) -> None:
    buffer = Buffer(database)
    buffer.add(
        *[signal(SignalKind.CLICK, "prd_clicked")] * 3,
        signal(SignalKind.CART, "prd_carted"),
        signal(SignalKind.ORDER, "prd_ordered"),
        signal(SignalKind.SHOWN, "prd_shown"),
        signal(SignalKind.SEARCH, None),
        signal(SignalKind.ORDER, "prd_old", at=NOON - 1),
    )
    buffer.flush()
    wanted = database.read_now(lambda snapshot: signals.popularity(snapshot, NOON))
    assert wanted == [("prd_ordered", 10), ("prd_carted", 4), ("prd_clicked", 3)]


def test_the_proof_finds_a_signal_that_was_taken_away(database: Database) -> None:
    buffer = Buffer(database)
    buffer.add(signal(), signal())
    buffer.flush()
    (proof,) = signals.PROOFS
    assert database.read_now(proof.check) == signals.proofs.Finding(2)
    delete = signals.proofs.prepare(signals.tables.signals.delete().where(signals.tables.signals.c.number == 1))
    database.write_now(lambda tx: tx.run(delete))
    assert database.read_now(proof.check).breaches


def test_old_signals_are_forgotten_and_the_proof_knows_it(database: Database) -> None:
    buffer = Buffer(database)
    buffer.add(*(signal(SignalKind.SHOWN, at=NOON + number) for number in range(5)))
    buffer.flush()
    assert database.write_now(lambda tx: signals.forget_signals(tx, NOON)) == 0
    assert database.write_now(lambda tx: signals.forget_signals(tx, NOON + 3)) == 3
    assert [row.number for row in stored(database)] == [4, 5]
    assert [proof.name for proof in signals.PROOFS if breaches(database, proof)] == []
    database.write_now(lambda tx: tx.run(prepare_text("DELETE FROM signals_signals WHERE number = 4")))
    assert breaches(database, signals.PROOFS[0]) == ["5 signals were written, 3 forgotten by the rule, and 1 are there"]


def breaches(database: Database, proof: Proof) -> list[str]:
    """What a proof finds wrong."""
    return list(database.read_now(proof.check).breaches)
