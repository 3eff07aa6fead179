"""CSV files: any bank's by a mapping of columns, Stripe's balance reports, Alipay's bills. Read row by row."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta, timezone
from typing import Any

from entrepot.kernel import Invalid

from .base import FileLine, LineKind, Mapping, Unusable, amount_of, clean, time_of

Row = dict[str, str]
_CHINA = timezone(timedelta(hours=8))
_GUESSES = {
    "at": ("date", "booking date", "booked", "value date", "transaction date", "buchungstag", "datum", "日期"),
    "amount": ("amount", "betrag", "value", "montant", "importe", "金额"),
    "currency": ("currency", "währung", "ccy", "devise", "moneda", "币种"),
    "ref": ("reference", "transaction id", "id", "ref", "流水号"),
    "note": ("description", "note", "details", "verwendungszweck", "remittance information", "payment reference",
             "narrative", "memo", "text", "备注"),
    "fee": ("fee", "fees", "gebühr", "手续费"),
    "kind": ("type", "kind", "类型"),
}  # fmt: skip
_KINDS: tuple[LineKind, ...] = ("payment", "refund", "payout", "fee", "chargeback", "transfer", "other")
_STRIPE_KINDS: dict[str, LineKind] = {
    "charge": "payment", "payment": "payment", "refund": "refund", "payment_refund": "refund", "fee": "fee",
    "stripe_fee": "fee", "network_cost": "fee", "tax_fee": "fee", "dispute": "chargeback",
    "dispute_reversal": "chargeback", "transfer": "payout", "payout": "transfer", "topup": "transfer",
}  # fmt: skip
_ALIPAY_KINDS: tuple[tuple[str, LineKind], ...] = (
    ("退款", "refund"), ("退费", "fee"), ("收费", "fee"), ("服务费", "fee"), ("手续费", "fee"), ("提现", "transfer"),
    ("充值", "transfer"), ("转账", "payout"), ("在线支付", "payment"), ("交易", "payment"),
)  # fmt: skip


def read_bank(text: Iterable[str], mapping: Mapping) -> Iterator[FileLine | Unusable]:
    """Any CSV, by a mapping of its columns. Invalid when a column that is needed is not there."""
    rows = _rows(text, lambda header: True)
    header = next(rows)[1]
    names = _columns(header, mapping)
    for number, cells in rows:
        yield _tried(_bank_line, number, dict(zip(header, cells, strict=False)), names, mapping)


def _bank_line(number: int, row: Row, names: dict[str, Any], mapping: Mapping) -> FileLine:
    def cell(what: str) -> str:
        return row.get(names[what], "") if names[what] else ""

    currency = (cell("currency") or mapping.currency_fixed).strip().upper()
    amount_minor = amount_of(cell("amount"), currency, mapping.decimal)
    fee_minor = abs(amount_of(cell("fee"), currency, mapping.decimal)) if cell("fee").strip() else 0
    said = cell("kind").strip().lower()
    kind: LineKind = next((each for each in _KINDS if each == said), "payment" if amount_minor > 0 else "other")
    at = time_of(cell("at"), day_first=mapping.day_first)
    return FileLine(number, kind, clean(cell("ref")), "", at, currency, amount_minor, fee_minor, clean(cell("note")))


def _columns(header: list[str], mapping: Mapping) -> dict[str, Any]:
    lower = {name.strip().lower(): name for name in reversed(header)}
    found: dict[str, Any] = {"_all": header}
    for what, guesses in _GUESSES.items():
        wanted = getattr(mapping, what)
        if wanted and wanted not in header:
            sentence = f"The file has no column {wanted!r}: it has {', '.join(header[:20])}"
            raise Invalid(sentence, fields={what: "No such column"})
        found[what] = wanted or next((lower[guess] for guess in guesses if guess in lower), "")
    for what in ("at", "amount"):
        if not found[what]:
            raise Invalid(f"Say which column has the {'date' if what == 'at' else 'amount'}", fields={what: "Name it"})
    if not found["currency"] and not mapping.currency_fixed:
        raise Invalid("Say in which currency the file is", fields={"currency_fixed": "Name a currency"})
    return found


def read_stripe(text: Iterable[str]) -> Iterator[FileLine | Unusable]:
    """Stripe's itemised balance or payout reports, and its plain balance history."""
    rows = _rows(text, lambda header: "reporting_category" in header or "Type" in header)
    header = next(rows)[1]
    if "reporting_category" not in header and "Type" not in header:
        raise Invalid("This is none of Stripe's balance reports: there is no column reporting_category or Type")
    for number, cells in rows:
        row = dict(zip(header, cells, strict=False))
        yield _tried(_stripe_line, number, row)


def _stripe_line(number: int, row: Row) -> FileLine:
    def cell(*names: str) -> str:
        return next((row[name].strip() for name in names if row.get(name, "").strip()), "")

    currency = cell("currency", "Currency").upper()
    kind = _STRIPE_KINDS.get(cell("reporting_category", "Type").lower(), "other")
    own = {"refund": ("refund_id",), "chargeback": ("dispute_id",), "payout": ("transfer_id",)}
    source = cell(*own.get(kind, ("payment_intent_id",)), "source_id", "Source")
    key = cell("refund_metadata[entrepot_key]", "payment_metadata[entrepot_key]", "entrepot_key (metadata)",
               "transfer_metadata[entrepot_key]", "transfer_group")  # fmt: skip
    return FileLine(
        number, kind, clean(source or cell("balance_transaction_id", "id")), clean(key),
        time_of(cell("created_utc", "Created (UTC)", "created")), currency,
        amount_of(cell("gross", "Amount"), currency), amount_of(cell("fee", "Fee") or "0", currency),
        clean(cell("description", "Description")),
    )  # fmt: skip


def read_alipay(text: Iterable[str]) -> Iterator[FileLine | Unusable]:
    """Alipay's bill of an account (账务明细), whose first and last lines are remarks."""
    rows = _rows(text, lambda header: "商户订单号" in header)
    header = next(rows)[1]
    if "商户订单号" not in header:
        raise Invalid("This is none of Alipay's bills: there is no column 商户订单号")
    for number, cells in rows:
        if cells[0].lstrip().startswith("#"):
            continue
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        yield _tried(_alipay_line, number, row)


def _alipay_line(number: int, row: Row) -> FileLine:
    came = next((value for name, value in row.items() if name.startswith("收入金额")), "")
    went = next((value for name, value in row.items() if name.startswith("支出金额")), "")
    amount_minor = amount_of(came or "0", "CNY") - abs(amount_of(went or "0", "CNY"))
    said = row.get("业务类型", "")
    kind: LineKind = next((kind for word, kind in _ALIPAY_KINDS if word in said), "other")
    note = f"{said} {row.get('备注', '')}"
    key = row.get("商户订单号", "")
    if kind == "refund" and not key.startswith("rfd_"):
        key = row.get("商户退款单号", "") or row.get("退款批次号/请求号", "")
    return FileLine(
        number, kind, clean(row.get("业务流水号") or row.get("账务流水号")), clean(key),
        time_of(row.get("发生时间", ""), _CHINA), "CNY", amount_minor, 0, clean(note),
    )  # fmt: skip


def _tried(read: Callable[..., FileLine], number: int, *given: Any) -> FileLine | Unusable:
    """A line, or why it is none: one bad line does not keep the others out."""
    try:
        return read(number, *given)
    except Invalid as refused:
        return Unusable(number, refused.sentence)


def _rows(text: Iterable[str], is_header: Callable[[list[str]], bool]) -> Iterator[tuple[int, list[str]]]:
    """The header (the first row that is one, within twenty), and every row behind it that has something in it."""
    try:
        lines = iter(text)
        first = [line for _, line in zip(range(20), lines, strict=False)]
        rows = csv.reader(_chained(first, lines), delimiter=_delimiter(first))
        started = False
        first_row: tuple[int, list[str]] | None = None
        for number, row in enumerate(rows, 1):
            cells = [cell.lstrip("\ufeff") for cell in row]
            if not started:
                first_row = first_row or (number, cells)
                started = is_header([cell.strip() for cell in cells])
                if started:
                    yield number, [cell.strip() for cell in cells]
                elif number == 20:
                    break
            elif any(cell.strip() for cell in cells):
                yield number, cells
        if not started:
            yield first_row or (1, [])
    except csv.Error as error:
        raise Invalid(f"This file is no CSV: {error}") from None


def _chained(first: list[str], rest: Iterator[str]) -> Iterator[str]:
    yield from first
    yield from rest


def _delimiter(lines: list[str]) -> str:
    text = "".join(lines[:20])
    return max(",;\t", key=lambda sign: (text.count(sign), sign == ","))
