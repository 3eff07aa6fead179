"""Top-ups: money that came is credit once, however often and by whomever it is told of."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import msgspec
import pytest

from entrepot import cloud, pay
from entrepot.cloud import accounts
from entrepot.kernel import (
    DAY,
    Conflict,
    Database,
    Invalid,
    ManualClock,
    NotAllowed,
    NotFound,
    list_events,
    once,
    request_key,
)
from entrepot.kernel.sql import prepare_text
from entrepot.kernel.testing import settle
from entrepot.pay import captures, chargebacks
from tests.cloud.money import (
    BRUNO,
    CENT,
    CHEN,
    CURRENCY,
    DANA,
    SETTINGS,
    balance,
    breaches,
    invoice,
    line,
    sell,
    standing,
    top_up,
    use,
)
from tests.pay.purchases import webhooks_of

REACTIONS = cloud.reactions(SETTINGS)


def hear(database: Database) -> None:
    """Every reaction of this room to everything that was announced, again and again: a relay that forgot."""
    for recorded in database.read_now(lambda s: list_events(s, 0, 1_000)):
        for handler in REACTIONS.get(type(recorded.event), ()):
            if not type(recorded.event).__module__.startswith("entrepot.cloud"):
                database.write_now(partial(handler, event=recorded.event))


@pytest.fixture
def processor(tmp_path: Path, database: Database) -> pay.SandboxProcessor:
    """A processor that does as the token says."""
    return pay.SandboxProcessor(tmp_path / "sandbox", clock=database.clock)


def run(database: Database, processor: pay.SandboxProcessor, capture: str = "at_once") -> None:
    """Do everything that follows."""
    send = webhooks_of(database, processor)
    kinds = pay.tasks(processor, send, pay.Settings(capture=capture))  # type: ignore[arg-type]
    settle(database, REACTIONS, kinds)


def state(database: Database, topup: cloud.Topup) -> cloud.Topup:
    return database.read_now(lambda s: cloud.get_topup(s, CHEN, topup.id))


@pytest.mark.parametrize("method", ["tok_ok", "tok_webhook_twice", "tok_timeout"])
def test_what_was_paid_is_credit_once(database: Database, processor: pay.SandboxProcessor, method: str) -> None:
    made = top_up(database, 25_00, method)
    assert standing(database).left == 0
    run(database, processor)
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(60_000_000)
    run(database, processor)
    hear(database)
    run(database, processor)
    assert state(database, made).state == "paid"
    stands = standing(database)
    assert (stands.left, stands.prepaid_minor) == (25_00 * CENT, 25_00)
    assert breaches(database) == []


def test_money_that_is_set_aside_first_is_taken_at_once(database: Database, processor: pay.SandboxProcessor) -> None:
    made = top_up(database, 25_00)
    run(database, processor, "on_shipment")
    assert state(database, made).state == "paid"
    assert standing(database).left == 25_00 * CENT
    assert breaches(database) == []


def test_what_cannot_be_taken_after_all_is_let_go(database: Database) -> None:
    made = top_up(database, 25_00)
    tell = pay.Outcome("authorised", "ch_1")
    database.write_now(lambda tx: pay.record_outcome(tx, made.payment_id, tell))
    settle(database, REACTIONS)  # a part is asked for
    part = database.read_now(lambda s: s.one(prepare_text("SELECT id FROM pay_captures")))
    failed = pay.Receipt(part[0], "", 25_00, CURRENCY, "failed", "The card is blocked")
    database.write_now(lambda tx: captures.report_capture(tx, failed))
    settle(database, REACTIONS)
    assert (state(database, made).state, state(database, made).reason) == ("failed", "The card is blocked")
    assert standing(database).left == 0
    assert breaches(database) == []


def test_a_payment_that_is_declined_gives_nothing_and_says_why(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    made = top_up(database, 25_00, "tok_decline")
    run(database, processor)
    ended = state(database, made)
    assert (ended.state, bool(ended.reason)) == ("failed", True)
    assert standing(database).left == 0
    assert breaches(database) == []


def test_the_same_key_pays_once_however_many_ask_at_once(database: Database, processor: pay.SandboxProcessor) -> None:
    made: list[cloud.Topup] = []

    def ask() -> None:
        key = request_key(CHEN.actor, "POST /api/cloud/topups", "key-1", b"2500")
        made.append(
            database.write_now(
                lambda tx: once(tx, key, lambda: cloud.top_up(tx, CHEN, 25_00, "tok_ok", SETTINGS), cloud.Topup)
            )
        )

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    run(database, processor)
    assert len({each.id for each in made}) == 1
    assert len(made) == 8
    assert standing(database).left == 25_00 * CENT


def test_a_top_up_pays_what_is_due_first(database: Database, processor: pay.SandboxProcessor) -> None:
    sell(database)
    line(database, 100 * CENT)
    use(database, "req_1", {"output_tokens": 100_000})
    assert invoice(database).due_minor == 6
    top_up(database, 10_00)
    run(database, processor)
    stands = standing(database)
    assert (stands.due_minor, stands.prepaid_minor, stands.left) == (0, 9_94, 100 * CENT + 9_94 * CENT)
    assert breaches(database) == []


def test_a_top_up_that_is_given_up_takes_no_money(database: Database, processor: pay.SandboxProcessor) -> None:
    made = top_up(database, 25_00)
    with pytest.raises(NotFound):
        database.write_now(lambda tx: cloud.cancel_topup(tx, BRUNO, made.id))
    database.write_now(lambda tx: cloud.cancel_topup(tx, CHEN, made.id))
    run(database, processor)
    assert (state(database, made).state, standing(database).left) == ("failed", 0)
    with pytest.raises(Conflict):
        database.write_now(lambda tx: cloud.cancel_topup(tx, CHEN, made.id))
    assert breaches(database) == []


def test_a_transfer_that_never_comes_is_not_waited_for(database: Database) -> None:
    made = top_up(database, 25_00, "manual:transfer")
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(13 * DAY)
    cloud.bill_round(database, SETTINGS)
    assert state(database, made).state == "requested"
    clock.advance(2 * DAY)
    cloud.bill_round(database, SETTINGS)
    assert state(database, made).state == "failed"
    assert breaches(database) == []


def test_amounts_out_of_bounds_and_strange_ways_to_pay_are_refused(database: Database) -> None:
    for amount, method in ((4_99, "tok_ok"), (-5, "tok_ok"), (10_000_01, "tok_ok"), (10_00, "manual:delivery"),
                           (10_00, ""), (10_00, "a b")):  # fmt: skip
        with pytest.raises(Invalid):
            top_up(database, amount, method)
    with pytest.raises(NotAllowed):
        top_up(database, 10_00, scope=DANA)
    with pytest.raises(NotFound):
        database.read_now(lambda s: cloud.get_topup(s, CHEN, "top_none"))


@pytest.mark.parametrize("won", [True, False])
def test_money_that_a_bank_takes_back_is_not_spent(
    database: Database, processor: pay.SandboxProcessor, won: bool
) -> None:
    sell(database)
    made = top_up(database, 10_00)
    run(database, processor)
    spent = use(database, "req_1", {"output_tokens": 1_000_000})
    told = pay.Chargeback("cb_1", pay.ChargeName(made.payment_id), 10_00, CURRENCY, "opened", "fraud")
    for each in ("opened", "won" if won else "lost"):
        word = msgspec.structs.replace(told, state=each)
        database.write_now(lambda tx, word=word: chargebacks.report_chargeback(tx, "sandbox", word))
        run(database, processor)
        if each == "opened":
            assert standing(database).left < CENT
            assert balance(database, accounts.disputed(made.id, CURRENCY)) == 10_00 - -(-spent // CENT)
            assert breaches(database) == []
    back = 10_00 * CENT - spent if won else 0
    assert standing(database).left == pytest.approx(back, abs=CENT)
    assert state(database, made).state == ("paid" if won else "disputed")
    assert breaches(database) == []


def test_a_bank_that_asks_twice_has_the_money_kept_apart_twice(
    database: Database, processor: pay.SandboxProcessor
) -> None:
    sell(database)
    made = top_up(database, 10_00)
    run(database, processor)
    told = pay.Chargeback("cb_1", pay.ChargeName(made.payment_id), 10_00, CURRENCY, "opened", "fraud")
    for each, left_minor in (("won", 10_00), ("lost", 0), ("won", 10_00), ("lost", 0)):
        word = msgspec.structs.replace(told, state=each)
        database.write_now(lambda tx, word=word: chargebacks.report_chargeback(tx, "sandbox", word))
        run(database, processor)
        assert standing(database).left == left_minor * CENT
        assert balance(database, accounts.disputed(made.id, CURRENCY)) == 10_00 - left_minor
        assert breaches(database) == []
