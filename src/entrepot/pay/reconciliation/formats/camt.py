"""CAMT.053, banks' statement of an account in XML: read entry by entry, without entities or outside documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from entrepot.kernel import Invalid

from .base import FileLine, LineKind, Unusable, amount_of, clean, time_of

DEPTH_MAX = 40


def read_camt(file: IO[bytes]) -> Iterator[FileLine | Unusable]:
    """Booked entries, each of their transactions a line; what is only announced is left out."""
    number, depth, seen = 0, 0, False
    try:
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            depth += 1 if event == "start" else -1
            if depth > DEPTH_MAX:
                raise Invalid("This file is nested too deeply for a statement")
            name = _name(element)
            seen = seen or name == "BkToCstmrStmt"
            if event == "end" and name == "Ntry":
                for line in _entry(element, number):
                    number += 1
                    yield line
                element.clear()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Invalid(f"This file is no XML that can be read: {error}") from None
    if not seen:
        raise Invalid("This file is no statement (CAMT.053): there is no BkToCstmrStmt in it")


def _entry(entry: Element, before: int) -> Iterator[FileLine | Unusable]:
    status = _text(entry, "Sts", "Cd") or _text(entry, "Sts")
    if status not in ("", "BOOK"):
        return
    details = [tx for part in _children(entry, "NtryDtls") for tx in _children(part, "TxDtls")]
    for place, tx in enumerate(details or [None], 1):
        try:
            yield _line(entry, tx, len(details), before + place)
        except Invalid as refused:
            yield Unusable(before + place, refused.sentence)


def _line(entry: Element, tx: Element | None, of: int, number: int) -> FileLine:
    amount = _child(entry, "Amt")
    if tx is not None and of > 1:
        amount = _child(tx, "Amt")
        amount = _walk(tx, "AmtDtls", "TxAmt", "Amt") if amount is None else amount
    if amount is None:
        raise Invalid("This entry says no amount")
    currency = (amount.get("Ccy") or "").upper()
    minor = amount_of(amount.text or "", currency)
    sign = (tx is not None and _text(tx, "CdtDbtInd")) or _text(entry, "CdtDbtInd")
    if sign not in ("CRDT", "DBIT"):
        raise Invalid("This entry says neither CRDT nor DBIT")
    minor = minor if sign == "CRDT" else -minor
    at = time_of(_text(entry, "BookgDt", "DtTm") or _text(entry, "BookgDt", "Dt") or _text(entry, "ValDt", "Dt"))
    where = entry if tx is None else tx
    ref = _text(where, "Refs", "AcctSvcrRef") or _text(entry, "AcctSvcrRef") or _text(entry, "NtryRef")
    kind: LineKind = "payment" if minor > 0 else "other"
    return FileLine(number, kind, clean(ref), "", at, currency, minor, 0, clean(_note(where)))


def _note(where: Element) -> str:
    """Everything that somebody wrote: the structured reference, free text, and the payer's own name for it."""
    info = _children(where, "RmtInf")
    words = [_text(structured, "CdtrRefInf", "Ref") for part in info for structured in _children(part, "Strd")]
    words += [free.text or "" for part in info for free in _children(part, "Ustrd")]
    words += [_text(where, "Refs", "EndToEndId"), _text(where, "AddtlTxInf"), _text(where, "AddtlNtryInf")]
    return " ".join(word.strip() for word in words if word and word.strip() != "NOTPROVIDED")


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if _name(child) == name]


def _child(element: Element, name: str) -> Element | None:
    return next(iter(_children(element, name)), None)


def _walk(element: Element, *path: str) -> Element | None:
    found: Element | None = element
    for name in path:
        found = _child(found, name) if found is not None else None
    return found


def _text(element: Element, *path: str) -> str:
    found = _walk(element, *path)
    return (found.text or "").strip() if found is not None else ""
