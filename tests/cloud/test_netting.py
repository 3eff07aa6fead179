"""Netting: a merchant's sales pay what compute leaves due, once, and its statement says so."""

from __future__ import annotations

from entrepot import cloud, ledger, pay
from entrepot.cloud import accounts
from entrepot.identity import Scope
from entrepot.kernel import Database
from tests.cloud.money import BRUNO, CENT, CURRENCY, SETTINGS, balance, breaches, invoice, line, sell, standing, use
from tests.pay import purchases

PAYABLE = pay.accounts.payable("org_bruno", CURRENCY)


def sold(database: Database, order: str, amount_minor: int) -> None:
    """Bruno sold something for so much; an order of his is settled."""
    leg = pay.PaymentLeg(f"sor_{order}", amount_minor, "org_bruno")
    payment = purchases.start(database, f"ord_{order}", (leg,), currency=CURRENCY)
    purchases.tell(database, payment, "captured")
    legs = pay.SettlementLegs(f"sor_{order}", "org_bruno", CURRENCY, amount_minor, 0, 0, 0)
    database.write_now(lambda tx: ledger.post(tx, pay.settle(tx, legs)))


def net(database: Database) -> None:
    """A round of the clock."""
    cloud.bill_round(database, SETTINGS)


def wants(database: Database, netted: bool = True) -> None:
    database.write_now(lambda tx: cloud.set_netting(tx, BRUNO, netted))


def owe(database: Database, request: str = "req_1", tokens: int = 100_000) -> cloud.CloudInvoice:
    """Six cents for a hundred thousand tokens, on an invoice."""
    use(database, request, {"output_tokens": tokens}, organisation="org_bruno")
    return invoice(database, BRUNO)


def test_sales_pay_what_is_due_and_the_statement_says_so(database: Database) -> None:
    sell(database)
    line(database, 100 * CENT, "org_bruno")
    sold(database, "1", 10_00)
    wants(database)
    found = owe(database)
    assert balance(database, PAYABLE) == 9_94
    assert standing(database, BRUNO).due_minor == 0
    assert standing(database, BRUNO).left == 100 * CENT
    payouts = database.write_now(lambda tx: pay.request_payouts(tx, Scope.system(), 1))
    statement = database.read_now(lambda s: pay.get_statement(s, BRUNO, payouts[0].id))
    assert statement.payout.amount_minor == 9_94
    assert [(each.code, each.ref, each.amount_minor) for each in statement.lines][-1] == (
        accounts.NETTED, found.id, -6,
    )  # fmt: skip
    assert breaches(database) == []


def test_what_sales_do_not_cover_waits_for_the_next_ones(database: Database) -> None:
    sell(database)
    line(database, 100 * CENT, "org_bruno")
    wants(database)
    sold(database, "1", 4)
    owe(database)
    assert (standing(database, BRUNO).due_minor, balance(database, PAYABLE)) == (2, 0)
    sold(database, "2", 10)
    net(database)
    net(database)
    assert (standing(database, BRUNO).due_minor, balance(database, PAYABLE)) == (0, 8)
    assert breaches(database) == []


def test_nothing_is_taken_from_who_does_not_want_it_or_owes_nothing(database: Database) -> None:
    sell(database)
    line(database, 100 * CENT, "org_bruno")
    sold(database, "1", 10_00)
    owe(database)
    net(database)
    assert balance(database, PAYABLE) == 10_00
    wants(database)
    net(database)
    assert balance(database, PAYABLE) == 9_94
    wants(database, netted=False)
    owe(database, "req_2")
    net(database)
    assert balance(database, PAYABLE) == 9_94
    assert breaches(database) == []
