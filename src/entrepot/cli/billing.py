"""The money of compute from the command line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from entrepot import cloud
from entrepot.app import open_database, opened
from entrepot.identity import Scope, require_organisation
from entrepot.kernel import Conflict, Invalid, NotFound, Snapshot, Tx, format_money
from entrepot.settings import Settings, read_settings

from .acting import acting_for
from .exporting import write_whole


def replay_bill(home: Path, organisation: str | None, invoice: str | None, path: Path | None) -> cloud.Replay:
    """Every row rated again: of a file, of an invoice, of an organisation, of all."""
    if path is not None:
        with path.open(encoding="utf-8", newline="") as file:
            return cloud.replay_export(file)

    def again(snapshot: Snapshot) -> cloud.Replay:
        if invoice is None:
            return cloud.replay(snapshot, _payer(snapshot, organisation) if organisation else None, 0, 2**62)
        return cloud.replay_invoice(snapshot, cloud.get_cloud_invoice(snapshot, Scope.system(), invoice).id)

    with open_database(home) as database:
        return database.read_now(again)


def add_credit(
    home: Path, organisation: str, amount: str, ref: str, *, grant: bool, until: int | None = None
) -> bool:  # fmt: skip
    """Give credit, or record money that came; False when the same was credited before."""
    nano = cloud.read_nano(amount)
    if nano <= 0:
        raise Invalid(f"{amount} is no credit: write an amount above zero, such as 25.00")
    with opened(home) as entrepot:
        settings = entrepot.settings.cloud
        limits, currency = cloud.limits_of(settings), settings.currency
        minor, rest = divmod(nano, cloud.nano_per_minor(currency))
        if until is not None and not grant:
            raise Invalid("What was paid does not end: --until goes with --grant")
        if rest and not grant:
            raise Invalid(f"{amount} is no whole amount of {currency}: what is paid is, as in 25.00")

        def act(tx: Tx) -> bool:
            customer = _organisation(tx, organisation)
            if grant:
                unit = cloud.nano(currency)
                return cloud.grant_credit(tx, Scope.system(), customer, unit, nano, ref, limits, until)
            return cloud.record_payment(tx, Scope.system(), customer, currency, minor, ref, limits)

        return entrepot.database.write_now(act)


def set_line(home: Path, organisation: str, amount: str) -> None:
    """How much an organisation may use before it pays."""
    nano = cloud.read_nano(amount)
    with opened(home) as entrepot:
        settings = entrepot.settings.cloud
        unit, limits = cloud.nano(settings.currency), cloud.limits_of(settings)

        def act(tx: Tx) -> None:
            customer = _organisation(tx, organisation)
            cloud.set_credit_line(tx, Scope.system(), customer, unit, nano, limits)

        entrepot.database.write_now(act)


def issue_invoices(home: Path, organisation: str | None) -> Iterator[str]:
    """An invoice of one organisation now, or all that are due; a line about each."""
    with opened(home) as entrepot:
        settings = entrepot.settings.cloud
        if organisation is None:
            count = cloud.bill_round(entrepot.database, settings)
            yield f"{count:,} invoices issued"
            return
        customer = entrepot.database.read_now(lambda s: _organisation(s, organisation))
        until = entrepot.database.clock.now() + 1
        found = cloud.issue_in_slices(entrepot.database, customer, settings, until)
        if found is None:
            raise Conflict("There is nothing to invoice: nothing was used since the last one")
        due = f", {format_money(found.due_minor, found.currency)} due" if found.due_minor else ""
        amount = format_money(found.total_minor, found.currency)
        yield f"{found.label} ({found.id}): {amount}{due}, {found.rows:,} rows"


def list_repayments(home: Path) -> Iterator[str]:
    """What customers ask back, a line each."""
    with open_database(home) as database:
        for each in database.read_now(lambda s: cloud.list_asked(s, Scope.system())):
            yield f"{each.id}  {each.organisation}  {format_money(each.amount_minor, each.currency)}"


def decide_repayment(home: Path, repayment_id: str, reason: str | None) -> str:
    """Pay what was asked back, or say why not; a line about it."""
    with opened(home) as entrepot:
        settings, scope = entrepot.settings.cloud, Scope.system()

        def act(tx: Tx) -> cloud.Repayment:
            if reason is not None:
                return cloud.decline_repayment(tx, scope, repayment_id, reason, settings)
            return cloud.pay_repayment(tx, scope, repayment_id, settings)

        found = entrepot.database.write_now(act)
        if found.state == "declined":
            return f"{found.id} is declined"
        total, by_hand = (format_money(each, found.currency) for each in (found.total_minor, found.elsewhere_minor))
        rest = f": send {by_hand} of it yourself" if found.elsewhere_minor else ""
        return f"{total} goes back to {found.organisation}{rest}"


def export_file(
    home: Path, path: Path, wanted: str, organisation: str | None, invoice: str | None, since: int | None,
    until: int | None,
) -> tuple[int, int]:  # fmt: skip
    """Write an export beside its name, then move it there; returns rows and bytes."""
    currency, lines = _settings(home).cloud.currency, 0

    def counted(blocks: Iterable[bytes]) -> Iterator[bytes]:
        nonlocal lines
        for block in blocks:
            lines += block.count(b"\n")
            yield block

    with open_database(home) as database:
        payer = database.read_now(lambda s: _payer(s, organisation)) if organisation else None
        wish = cloud.ExportWish(wanted, currency, since or 0, until or 2**62, invoice, payer)  # type: ignore[arg-type]
        size = write_whole(path, counted(cloud.export_usage(database, Scope.system(), wish)))
    return lines - 1, size


def add_price(
    home: Path, model: str, prices: tuple[str, ...], begins: int | None, maker_bps: int | None,
    batch_bps: int | None = None,
) -> cloud.PriceBook:  # fmt: skip
    """A version of a model's prices."""
    nano = dict(map(cloud.read_price, prices))

    def act(tx: Tx) -> cloud.PriceBook:
        if cloud.find_version(tx, model) is None:
            raise NotFound(f"There is no model {model}: `entrepot models list` shows those there are")
        return cloud.publish_prices(
            tx, Scope.system(), model, nano, maker_bps=maker_bps, batch_bps=batch_bps, effective_at=begins
        )

    with open_database(home) as database:
        return database.write_now(act)


def _organisation(snapshot: Snapshot, named: str) -> str:
    """The id of an organisation that is named by its id or its name. NotFound for none, Conflict for several."""
    return require_organisation(acting_for(snapshot, named))


def _payer(snapshot: Snapshot, named: str) -> str:
    """The same of who pays for use: also the shop, which is no organisation."""
    return named if named == cloud.SHOP else _organisation(snapshot, named)


def _settings(home: Path) -> Settings:
    return read_settings(home, os.environ)
