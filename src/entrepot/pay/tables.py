"""Tables of pay. Amounts here say what was asked for, the ledger what really moved, and proofs compare the two."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, text

from entrepot.kernel.sql import Flag, Json, String, Whole, table


def _of(name: str, where: str, *columns: Column[Any], unique: bool = False) -> None:
    """An index of some rows: those that a list asks for stay few, however many there are."""
    Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


payments = table(
    "pay_payments",
    Column("id", String, primary_key=True),
    Column("ref", String, nullable=False),
    Column("buyer", String, nullable=False),
    Column("processor", String, nullable=False),
    Column("method", String, nullable=False),
    Column("capture", String, nullable=False),  # at once, or as parcels leave
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor >= 0", name="amount"), nullable=False),
    Column("state", String, nullable=False),
    Column("processor_ref", String),
    Column("reason", String),
    Column("created_at", Whole, nullable=False),
    Column("finished_at", Whole),
)
_LIVE = text("state IN ('requested', 'authorised', 'captured')")
Index("ix_pay_payments_ref", payments.c.ref, payments.c.created_at)
_of("ix_pay_payments_processor_ref", "processor_ref IS NOT NULL", payments.c.processor_ref)
_of("ix_pay_payments_finished", "finished_at IS NOT NULL", payments.c.finished_at)
_of("ix_pay_payments_by_hand", "processor = 'manual' AND state = 'requested'", payments.c.created_at)
# An order has one live payment: two at once would charge the buyer twice.
Index("uq_pay_payments_live", payments.c.ref, unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)

legs = table(
    "pay_legs",
    Column("payment_id", String, nullable=False),
    Column("seller_order_id", String, nullable=False),
    Column("merchant_id", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor >= 0", name="amount"), nullable=False),
    Column("gift_minor", Whole, CheckConstraint("gift_minor >= 0", name="gift"), nullable=False),
    Column("subsidy_minor", Whole, CheckConstraint("subsidy_minor >= 0", name="subsidy"), nullable=False),
    # of the processor's amount: set aside there, and let go again without having been taken
    Column("released_minor", Whole, CheckConstraint("released_minor >= 0", name="released"), nullable=False),
    Column("closed_at", Whole),
    Column("frozen_by", String),  # the dispute that keeps it from being settled
    PrimaryKeyConstraint("payment_id", "seller_order_id"),
)
_OPEN = text("closed_at IS NULL")
Index("ix_pay_legs_seller_order", legs.c.seller_order_id)
Index("ix_pay_legs_open", legs.c.merchant_id, sqlite_where=_OPEN, postgresql_where=_OPEN)

# What each gift card pays of each leg.
gift_uses = table(
    "pay_gift_uses",
    Column("payment_id", String, nullable=False),
    Column("seller_order_id", String, nullable=False),
    Column("card_id", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor > 0", name="amount"), nullable=False),
    PrimaryKeyConstraint("payment_id", "seller_order_id", "card_id"),
)
Index("ix_pay_gift_uses_card", gift_uses.c.card_id)

gift_cards = table(
    "pay_gift_cards",
    Column("id", String, primary_key=True),
    Column("code_hash", String, nullable=False),
    Column("code_end", String, nullable=False),  # its last four signs, to tell cards apart
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor > 0", name="amount"), nullable=False),
    Column("state", String, nullable=False),
    Column("note", String, nullable=False),
    Column("issued_at", Whole, nullable=False),
    Column("issued_by", String, nullable=False),
    Column("expires_at", Whole),
    Column("ended_at", Whole),
)
Index("uq_pay_gift_cards_code_hash", gift_cards.c.code_hash, unique=True)
_of("ix_pay_gift_cards_expiring", "state = 'active' AND expires_at IS NOT NULL", gift_cards.c.expires_at)

exchange_rates = table(
    "pay_exchange_rates",
    Column("currency", String, nullable=False),
    Column("home", String, nullable=False),
    Column("valid_from", Whole, nullable=False),
    Column("rate", String, nullable=False),  # exact: units of the currency for one of the home currency
    Column("source", String, nullable=False),
    Column("saved_at", Whole, nullable=False),
    Column("saved_by", String, nullable=False),
    PrimaryKeyConstraint("home", "currency", "valid_from"),
)

refunds = table(
    "pay_refunds",
    Column("id", String, primary_key=True),
    Column("payment_id", String, nullable=False),
    Column("seller_order_id", String),
    Column("currency", String, nullable=False),
    # to the processor; and what goes back beside it, at once: to gift cards, and to the platform's own subsidy
    Column("amount_minor", Whole, CheckConstraint("amount_minor >= 0", name="amount"), nullable=False),
    Column("gift_minor", Whole, CheckConstraint("gift_minor >= 0", name="gift"), nullable=False),
    Column("subsidy_minor", Whole, CheckConstraint("subsidy_minor >= 0", name="subsidy"), nullable=False),
    # never taken: it was only set aside at the processor, and is let go
    Column("released_minor", Whole, CheckConstraint("released_minor >= 0", name="released"), nullable=False),
    # who gives it up
    Column("seller_minor", Whole, CheckConstraint("seller_minor >= 0", name="seller"), nullable=False),
    Column("commission_minor", Whole, CheckConstraint("commission_minor >= 0", name="commission"), nullable=False),
    Column("carrier_minor", Whole, CheckConstraint("carrier_minor >= 0", name="carrier"), nullable=False),
    Column("tax_minor", Whole, CheckConstraint("tax_minor >= 0", name="tax"), nullable=False),
    Column("prepaid_minor", Whole, CheckConstraint("prepaid_minor >= 0", name="prepaid"), nullable=False),
    # after the settlement: where the seller's part was found
    Column("settled", Whole, nullable=False),
    Column("payable_minor", Whole, nullable=False),
    Column("reserve_minor", Whole, nullable=False),
    Column("receivable_minor", Whole, nullable=False),
    Column("charged_back", Flag, nullable=False),  # the buyer's bank took it: the processor is not asked
    Column("reason", String, nullable=False),
    Column("state", String, nullable=False),
    Column("processor_ref", String),
    Column("created_at", Whole, nullable=False),
    Column("paid_at", Whole),
)
Index("ix_pay_refunds_payment", refunds.c.payment_id)
Index("ix_pay_refunds_seller_order", refunds.c.seller_order_id)
_of("ix_pay_refunds_processor_ref", "processor_ref IS NOT NULL", refunds.c.processor_ref)
_of("ix_pay_refunds_paid", "paid_at IS NOT NULL", refunds.c.paid_at)
_of("ix_pay_refunds_requested", "state = 'requested'", refunds.c.created_at)

settlements = table(
    "pay_settlements",
    Column("seller_order_id", String, primary_key=True),
    Column("payment_id", String, nullable=False),
    Column("merchant_id", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("seller_minor", Whole, CheckConstraint("seller_minor >= 0", name="seller"), nullable=False),
    Column("commission_minor", Whole, CheckConstraint("commission_minor >= 0", name="commission"), nullable=False),
    Column("carrier_minor", Whole, CheckConstraint("carrier_minor >= 0", name="carrier"), nullable=False),
    Column("tax_minor", Whole, CheckConstraint("tax_minor >= 0", name="tax"), nullable=False),
    Column("prepaid_minor", Whole, CheckConstraint("prepaid_minor >= 0", name="prepaid"), nullable=False),
    Column("recovered_minor", Whole, nullable=False),  # of the seller's part: towards what the merchant owed us
    Column("settled_at", Whole, nullable=False),
)

freezes = table(
    "pay_freezes",
    Column("id", String, primary_key=True),  # the dispute
    Column("seller_order_id", String, nullable=False),
    Column("merchant_id", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor >= 0", name="amount"), nullable=False),
    Column("fee_minor", Whole, CheckConstraint("fee_minor >= 0", name="fee"), nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("released_at", Whole),
)
Index("ix_pay_freezes_seller_order", freezes.c.seller_order_id)

entries = table(  # what is due to somebody, or from them, beside their sales
    "pay_entries",
    Column("id", String, primary_key=True),
    Column("merchant_id", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, nullable=False),
    # what could not be taken, for nothing was due to them any more: they owe it
    Column("owed_minor", Whole, CheckConstraint("owed_minor >= 0", name="owed"), nullable=False),
    Column("code", String, nullable=False),
    Column("ref", String, nullable=False),
    Column("at", Whole, nullable=False),
    CheckConstraint("amount_minor <> 0 OR owed_minor > 0", name="amount"),
)
Index("ix_pay_entries_merchant", entries.c.merchant_id, entries.c.code, entries.c.id)

payees = table(
    "pay_payees",
    Column("merchant_id", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("last_payout_id", String),
    # Why nothing is sent until somebody acts: the last payout was refused for good.
    Column("paused_reason", String),
    Column("considered_at", Whole),  # the last time that the schedule looked whether to pay
    PrimaryKeyConstraint("merchant_id", "currency"),
)
_of("ix_pay_payees_paused", "paused_reason IS NOT NULL", payees.c.merchant_id, payees.c.currency)

payouts = table(
    "pay_payouts",
    Column("id", String, primary_key=True),
    # The one before, of this merchant in this currency: where its statement ends, this one's begins.
    Column("previous_id", String),
    Column("merchant_id", String, nullable=False),
    Column("processor", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor > 0", name="amount"), nullable=False),
    Column("state", String, nullable=False),
    Column("processor_ref", String),
    Column("created_at", Whole, nullable=False),
    Column("paid_at", Whole),
    Column("reason", String),  # why it was refused, or came back
    Column("account_id", String),
    Column("ended_at", Whole),  # when it was refused or came back
)
Index("ix_pay_payouts_merchant", payouts.c.merchant_id, payouts.c.id)
_of("ix_pay_payouts_paid", "paid_at IS NOT NULL", payouts.c.paid_at)
_of("ix_pay_payouts_processor_ref", "processor_ref IS NOT NULL", payouts.c.processor_ref)
# One at a time: the next statement begins where the one before ends.
_of("uq_pay_payouts_under_way", "state = 'requested'", payouts.c.merchant_id, payouts.c.currency, unique=True)

webhooks = table(
    "pay_webhooks",
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("received_at", Whole, nullable=False),
)
Index("ix_pay_webhooks_received_at", webhooks.c.received_at)

# Parts of a payment that was only authorised: each is asked of the processor once.
captures = table(
    "pay_captures",
    Column("id", String, primary_key=True),
    Column("payment_id", String, nullable=False),
    Column("seller_order_id", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor > 0", name="amount"), nullable=False),
    Column("final", Whole, nullable=False),
    Column("state", String, nullable=False),
    Column("processor_ref", String),
    Column("reason", String),
    Column("created_at", Whole, nullable=False),
    Column("done_at", Whole),
)
Index("ix_pay_captures_payment", captures.c.payment_id, captures.c.seller_order_id)

# What a buyer is to do: open a page, transfer money with a reference, scan a code.
actions = table(
    "pay_actions",
    Column("payment_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("reference", String),
    Column("body", Json, nullable=False),
    Column("created_at", Whole, nullable=False),
)
Index("uq_pay_actions_reference", actions.c.reference, unique=True)

chargebacks = table(
    "pay_chargebacks",
    Column("id", String, primary_key=True),
    Column("processor", String, nullable=False),
    Column("processor_ref", String, nullable=False),
    Column("payment_id", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor > 0", name="amount"), nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("evidence_by", Whole),
    Column("opened_at", Whole, nullable=False),
    Column("closed_at", Whole),
    Column("round", Whole, nullable=False),  # a chargeback that was won and comes again is another row
    Column("reversals", Whole, nullable=False),  # how often the bank has changed its mind after it was lost
    Column("said_at", Whole),  # by the processor's own clock: what it said before that is old
)
Index("uq_pay_chargebacks_ref", chargebacks.c.processor_ref, chargebacks.c.processor, chargebacks.c.round, unique=True)
_of("ix_pay_chargebacks_open", "closed_at IS NULL", chargebacks.c.id)

# When a merchant is paid, and what is kept back for a while.
payout_terms = table(
    "pay_payout_terms",
    Column("merchant_id", String, primary_key=True),
    Column("schedule", String, nullable=False),
    Column("day", Whole, nullable=False),  # of the week (1 is Monday), or of the month
    Column("minimum_minor", Whole, CheckConstraint("minimum_minor >= 1", name="minimum"), nullable=False),
    Column("reserve_bps", Whole, CheckConstraint("reserve_bps BETWEEN 0 AND 10000", name="bps"), nullable=False),
    Column("reserve_days", Whole, CheckConstraint("reserve_days BETWEEN 0 AND 3650", name="days"), nullable=False),
    Column("changed_at", Whole, nullable=False),
)

payout_accounts = table(
    "pay_payout_accounts",
    Column("id", String, primary_key=True),
    Column("merchant_id", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("holder", String, nullable=False),
    Column("sealed", String, nullable=False),  # the number, readable with the home's key alone
    Column("masked", String, nullable=False),
    Column("usable_from", Whole, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("created_by", String, nullable=False),
    Column("replaced_at", Whole),
)
_of(
    "uq_pay_payout_accounts_current",
    "replaced_at IS NULL",
    payout_accounts.c.merchant_id,
    payout_accounts.c.currency,
    unique=True,
)

# What is kept back of a seller order's share.
reserves = table(
    "pay_reserves",
    Column("seller_order_id", String, primary_key=True),
    Column("merchant_id", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, CheckConstraint("amount_minor > 0", name="amount"), nullable=False),
    Column("kept_at", Whole, nullable=False),
    Column("release_at", Whole, nullable=False),
    Column("released_minor", Whole),  # less than was kept, when a refund took from it meanwhile
    Column("released_at", Whole),
)
_of("ix_pay_reserves_due", "released_at IS NULL", reserves.c.release_at)

# Providers' and banks' files, and each line of them: a file, and a line, counts once however often it is brought.
files = table(
    "pay_files",
    Column("id", String, primary_key=True),
    Column("processor", String, nullable=False),
    Column("format", String, nullable=False),
    Column("name", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("state", String, nullable=False),
    Column("lines", Whole, nullable=False),
    Column("skipped", Whole, nullable=False),
    Column("first_at", Whole),
    Column("last_at", Whole),
    Column("imported_at", Whole, nullable=False),
    Column("imported_by", String, nullable=False),
    Column("problem", String),  # why its first bad line could not be read
)
Index("uq_pay_files_sha256", files.c.processor, files.c.sha256, unique=True)

file_lines = table(
    "pay_file_lines",
    Column("id", String, primary_key=True),  # derived from the processor and what the line says
    Column("file_id", String, nullable=False),
    Column("number", Whole, nullable=False),
    Column("processor", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("ref", String, nullable=False),
    Column("key", String, nullable=False),
    Column("at", Whole, nullable=False),
    Column("currency", String, nullable=False),
    Column("amount_minor", Whole, nullable=False),
    Column("fee_minor", Whole, nullable=False),
    Column("note", String, nullable=False),
    Column("state", String, nullable=False),
    Column("subject", String),  # the payment, capture, refund or payout that it speaks of
)
Index("ix_pay_file_lines_file", file_lines.c.file_id, file_lines.c.number)
Index("ix_pay_file_lines_subject", file_lines.c.subject)
_of("ix_pay_file_lines_waiting", "state IN ('timing', 'differs')", file_lines.c.processor, file_lines.c.subject)

breaks = table(
    "pay_breaks",
    Column("id", String, primary_key=True),
    Column("processor", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("line_id", String),
    Column("subject", String),
    Column("currency", String, nullable=False),
    Column("theirs_minor", Whole),
    Column("ours_minor", Whole),
    Column("opened_at", Whole, nullable=False),
    Column("owner", String),
    Column("resolved_at", Whole),
    Column("resolved_by", String),
    Column("resolution", String),
    Column("note", String),
)
_of("ix_pay_breaks_open", "resolved_at IS NULL", breaks.c.opened_at, breaks.c.id)
_of("ix_pay_breaks_resolved", "resolved_at IS NOT NULL", breaks.c.resolved_at)

tax_rates = table(
    "pay_tax_rates",
    Column("id", String, primary_key=True),
    Column("country", String, nullable=False),
    Column("region", String, nullable=False),  # "": the whole country
    Column("category", String, nullable=False),  # "": everything; a tax category, or a path of categories
    Column("name", String, nullable=False),
    Column("ppm", Whole, CheckConstraint("ppm BETWEEN 0 AND 1000000", name="rate"), nullable=False),
    Column("included", Flag, nullable=False),
    Column("valid_from", Whole, nullable=False),
    Column("valid_to", Whole),
    Column("reverse", Flag, nullable=False),  # businesses of other countries account for it themselves
)
Index("ix_pay_tax_rates_country", tax_rates.c.country)
Index(
    "uq_pay_tax_rates_from",
    tax_rates.c.country, tax_rates.c.region, tax_rates.c.category, tax_rates.c.valid_from,
    unique=True,
)  # fmt: skip
