"""What `entrepot reconcile` does: the page's own verb, on a file of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from entrepot.app import open_database
from entrepot.identity import Scope
from entrepot.kernel import Invalid, format_money
from entrepot.pay import reconciliation
from entrepot.pay.reconciliation import FileSummary, Mapping, Upload

PROCESSORS = ("stripe", "alipay", "manual", "sandbox")
BANK = "manual"
"""Whose money comes to our own bank account: that of the processor which is a bank transfer."""
COLUMNS = ("at", "amount", "currency", "ref", "note", "fee", "kind")
AGREED = ("matched", "timing", "fee", "transfer")


class Wishes(msgspec.Struct, frozen=True):
    """What was said on the command line."""

    processor: str | None
    bank: bool
    format: str | None
    columns: tuple[str, ...]
    currency: str
    decimal: str
    day_first: bool


def reconcile(home: Path, path: Path, wishes: Wishes) -> tuple[list[str], bool]:
    """A line for each way that lines of the file fared, and whether all of it agrees with the ledger.

    Invalid where it is not said whose file it is, and for a file that cannot be read.
    """
    processor = _whose(wishes)
    wanted = wishes.format or _format_of(processor, path, bank=wishes.bank)
    upload = Upload(processor, wanted, path.name[:200])  # type: ignore[arg-type]
    with open_database(home) as database:
        with path.open("rb") as content:
            read = reconciliation.import_file(database, Scope.system(), upload, content, _mapping(wishes))
        summary = database.read_now(lambda s: reconciliation.summarise_file(s, Scope.system(), read.id))
        file = database.read_now(lambda s: reconciliation.get_file(s, Scope.system(), read.id))
    told = [_told(each) for each in summary]
    told.append(f"{file.lines:,} lines read, {file.skipped:,} could not be ({file.id})")
    if file.problem:
        told.append(file.problem)
    return told, not file.skipped and _agrees(summary)


def _whose(wishes: Wishes) -> str:
    if wishes.bank == (wishes.processor is not None):
        raise Invalid(f"Say whose file it is: --bank, or --processor with one of {', '.join(PROCESSORS)}")
    if wishes.processor is not None and wishes.processor not in PROCESSORS:
        raise Invalid(f"There is no processor {wishes.processor}: there are {', '.join(PROCESSORS)}")
    return wishes.processor or BANK


def _format_of(processor: str, path: Path, *, bank: bool) -> str:
    if bank and path.suffix.lower() == ".xml":
        return "camt053"
    return processor if processor in ("stripe", "alipay") else "csv"


def _mapping(wishes: Wishes) -> Mapping:
    named: dict[str, str] = {}
    for each in wishes.columns:
        what, _, name = each.partition("=")
        if what not in COLUMNS or not name:
            raise Invalid(f"{each!r} names no column: write one of {', '.join(COLUMNS)}, such as at=Date")
        named[what] = name
    return Mapping(
        **named, currency_fixed=wishes.currency, decimal="," if wishes.decimal == "," else ".",
        day_first=wishes.day_first,
    )  # fmt: skip


def _told(each: FileSummary) -> str:
    amount = format_money(each.amount_minor, each.currency)
    fee = f", fees {format_money(each.fee_minor, each.currency)}" if each.fee_minor else ""
    return f"{each.state:<13} {each.lines:>8,} lines  {amount}{fee}"


def _agrees(summary: Sequence[FileSummary]) -> bool:
    return all(each.state in AGREED for each in summary)
