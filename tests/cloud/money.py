"""Customers of compute to test with: prices, calls that were settled, money that came."""

from __future__ import annotations

from collections.abc import Mapping

from entrepot import cloud, ledger, pay
from entrepot.cloud import admission, customers, pricing, receipts, settling
from entrepot.cloud.admission import Ask
from entrepot.cloud.rating import Tier
from entrepot.identity import Scope
from entrepot.kernel import Database, Tx, process_name

UNIT, CURRENCY = "USD9", "USD"
CENT = 10**7
"""A cent in nano units."""
CHEN = Scope("usr_chen", "org_chen", frozenset({"developer"}))
BRUNO = Scope("usr_bruno", "org_bruno", frozenset({"merchant"}))
DANA = Scope("usr_dana", "org_platform", frozenset({"operator"}))
FAST = customers.Limits(1_000_000, 1_000_000_000)
SETTINGS = cloud.Settings()
PRICES = {"input_tokens": 150_000_000, "output_tokens": 600_000_000}


def sell(
    database: Database, model: str = "m", prices: Mapping[str, int] = PRICES, at: int | None = None,
    batch_bps: int = 10_000,
) -> cloud.PriceBook:  # fmt: skip
    """A version of a model's prices."""

    def act(tx: Tx) -> cloud.PriceBook:
        return pricing.add_price_book(tx, model, prices, batch_bps=batch_bps, effective_at=at)

    return database.write_now(act)


def give(database: Database, amount: int, ref: str, organisation: str = "org_chen") -> bool:
    """Credit that nobody pays for, in nano units."""
    return database.write_now(
        lambda tx: receipts.grant_credit(tx, Scope.system(), organisation, UNIT, amount, ref, FAST)
    )


def receive(database: Database, amount_minor: int, ref: str, organisation: str = "org_chen") -> bool:
    """Money that came by a bank transfer."""
    return database.write_now(
        lambda tx: receipts.record_payment(tx, Scope.system(), organisation, CURRENCY, amount_minor, ref, FAST)
    )


def line(database: Database, amount: int, organisation: str = "org_chen") -> None:
    """What may be used before it is paid."""
    database.write_now(lambda tx: customers.set_credit_line(tx, Scope.system(), organisation, UNIT, amount, FAST))


def use(
    database: Database, request: str, quantities: Mapping[str, int], model: str = "m", organisation: str = "org_chen",
    tier: Tier = "standard", actor: str = "",
) -> int:  # fmt: skip
    """A call that was let in, answered and settled; returns its price in nano units."""
    limits = dict(quantities)
    wish = Ask(request, organisation, actor or f"usr_{organisation[4:]}", model, limits, tier=tier)
    database.write_now(lambda tx: admission.admit(tx, wish, UNIT, process_name(), FAST))
    return database.write_now(lambda tx: settling.settle(tx, request, 1, limits, UNIT)).price


def invoice(database: Database, scope: Scope = CHEN) -> cloud.CloudInvoice:
    """An invoice of everything up to now."""
    return database.write_now(lambda tx: cloud.issue_now(tx, scope, SETTINGS))


def standing(database: Database, scope: Scope = CHEN) -> cloud.Standing:
    """Where the caller stands."""
    return database.read_now(lambda s: cloud.read_standing(s, scope, CURRENCY))


def balance(database: Database, account: ledger.Account) -> int:
    """What an account holds."""
    return database.read_now(lambda s: ledger.balance_of(s, account)).balance


def breaches(database: Database) -> list[str]:
    """What the proofs of these rooms have to say."""
    proofs = (*cloud.PROOFS, *ledger.PROOFS, *pay.PROOFS)
    return [breach for proof in proofs for breach in database.read_now(proof.check).breaches]


def top_up(database: Database, amount_minor: int, method: str = "tok_ok", scope: Scope = CHEN) -> cloud.Topup:
    """Begin to pay for credit."""

    def act(tx: Tx) -> cloud.Topup:
        return cloud.top_up(tx, scope, amount_minor, method, SETTINGS)

    return database.write_now(act)
