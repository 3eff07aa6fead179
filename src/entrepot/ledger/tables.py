"""The ledger's tables. Nothing refers to an account by a foreign key: PostgreSQL would lock the row it points to."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, text

from entrepot.kernel.sql import Flag, String, Whole, table

from .types import AMOUNT_MAX

accounts = table(
    "ledger_accounts",
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("floor", Whole),
    Column("ceiling", Whole),
    # Running totals of bounded accounts; of the others NULL, because nobody updates them.
    Column("balance", Whole),
    Column("pending_debits", Whole),
    Column("pending_credits", Whole),
    Column("opened_at", Whole, nullable=False),
    Column("digest", String, nullable=False),
)
# Money that lies somewhere stands beside far more accounts of stock, and of orders that are over: whoever asks where
# money is looks at these. Of accounts without bounds nobody keeps a balance.
MONEY = text("length(unit) = 3 AND (balance IS NULL OR balance <> 0)")
Index(
    "ix_ledger_accounts_money",
    accounts.c.kind,
    accounts.c.unit,
    accounts.c.balance,
    accounts.c.id,
    sqlite_where=MONEY,
    postgresql_where=MONEY,
)

transfers = table(
    "ledger_transfers",
    # In the order of posting for any two transfers of which one could know of the other.
    Column("serial", Whole, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("debit", String, nullable=False),
    Column("credit", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("amount", Whole, nullable=False),
    Column("code", String, nullable=False),
    Column("ref", String, nullable=False),
    Column("hold", String),
    Column("final", Flag, nullable=False),
    Column("expires_at", Whole),
    Column("at", Whole, nullable=False),
    Column("digest", String, nullable=False),
    Column("position", Whole),
    CheckConstraint(f"amount > 0 AND amount <= {AMOUNT_MAX}", name="amount"),
    CheckConstraint("debit <> credit", name="sides"),
    CheckConstraint("kind IN ('move', 'hold', 'capture', 'void', 'expire')", name="kind"),
)
Index("ix_ledger_transfers_ref", transfers.c.ref, transfers.c.serial)
# The indexes by account hold sealed transfers alone: they are written when a block is sealed, a thousand at a time
# behind the commits, and not by every caller who waits for theirs. The few unsealed ones are looked through.
_unsealed, _sealed = text("position IS NULL"), text("position IS NOT NULL")
Index("ix_ledger_transfers_unsealed", transfers.c.serial, sqlite_where=_unsealed, postgresql_where=_unsealed)
for _name, _columns in (
    ("ix_ledger_transfers_debit", (transfers.c.debit, transfers.c.position)),
    ("ix_ledger_transfers_credit", (transfers.c.credit, transfers.c.position)),
):
    Index(_name, *_columns, sqlite_where=_sealed, postgresql_where=_sealed)
Index(
    "uq_ledger_transfers_position",
    transfers.c.position,
    unique=True,
    sqlite_where=_sealed,
    postgresql_where=_sealed,
)

holds = table(
    "ledger_holds",
    Column("id", String, primary_key=True),
    Column("debit", String, nullable=False),
    Column("credit", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("amount", Whole, nullable=False),
    Column("captured", Whole, nullable=False),
    Column("released", Whole, nullable=False),
    Column("state", String, nullable=False),
    Column("expires_at", Whole),
    CheckConstraint("captured >= 0 AND released >= 0 AND captured + released <= amount", name="parts"),
)
Index(
    "ix_ledger_holds_expiring",
    holds.c.expires_at,
    sqlite_where=text("state = 'open' AND expires_at IS NOT NULL"),
    postgresql_where=text("state = 'open' AND expires_at IS NOT NULL"),
)

blocks = table(
    "ledger_blocks",
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("last_position", Whole, nullable=False),
    Column("sealed_at", Whole, nullable=False),
    Column("digest", String, nullable=False),
)

snapshots = table(
    "ledger_snapshots",
    Column("account", String, primary_key=True),
    # The account's last transfer that is in it, and how many are.
    Column("position", Whole, nullable=False),
    Column("transfers", Whole, nullable=False),
    # Decimal digits: an account without bounds may outgrow 64 bits.
    Column("balance", String, nullable=False),
    Column("pending_debits", String, nullable=False),
    Column("pending_credits", String, nullable=False),
)
