"""Reading the forms about pieces, amounts and pictures of an order; buyers', merchants' and the operator's alike."""

from __future__ import annotations

from collections.abc import Mapping

from litestar.datastructures import UploadFile

from entrepot import catalog
from entrepot.kernel import Invalid, Tx, parse_money

from .visit import CurrentVisit

PICTURE_BYTES_MAX = 26 * 2**20
"""A form with one picture: the picture's own limit, and its other fields."""
DIGITS_MAX = 6


def pieces_in(form: Mapping[str, str], prefix: str = "piece.") -> dict[str, int]:
    """Numbers of pieces by line, from fields named `piece.LINE`; an empty one is none."""
    found: dict[str, int] = {}
    for name, text in form.items():
        if name.startswith(prefix) and text.strip():
            found[name.removeprefix(prefix)] = pieces_of(text, name)
    return found


def pieces_of(text: str, field: str = "quantity") -> int:
    """A number of pieces. Invalid, naming the field, for anything else."""
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > DIGITS_MAX:
        sentence = "Write a whole number of pieces"
        raise Invalid(sentence, fields={field: sentence})
    return int(digits)


def amounts_in(form: Mapping[str, str], currency: str, prefix: str = "amount.") -> dict[str, int]:
    """Amounts by line, from fields named `amount.LINE`; an empty one is none."""
    return {
        name.removeprefix(prefix): amount_in(form, name, currency)
        for name in form
        if name.startswith(prefix) and form[name].strip()
    }


def amount_in(form: Mapping[str, str], name: str, currency: str) -> int:
    """An amount in minor units; zero for an empty field."""
    text = form.get(name, "").strip().replace(",", ".")
    if not text:
        return 0
    try:
        amount = parse_money(text, currency)
    except Invalid as refusal:
        raise Invalid(refusal.sentence, fields={name: refusal.sentence}) from None
    if amount < 0:
        sentence = "Write an amount that is not below zero"
        raise Invalid(sentence, fields={name: sentence})
    return amount


async def picture_in(visit: CurrentVisit, name: str = "picture") -> str | None:
    """The sha256 of a picture that came with a form, made into one of ours; None when there is none."""
    file = (await visit.request.form()).get(name)
    if not isinstance(file, UploadFile) or not file.filename:
        return None
    content = await file.read()
    if not content:
        return None
    blobs = visit.entrepot.blobs
    stored = await visit.work(lambda: catalog.store_picture(blobs, content))

    def record(tx: Tx) -> None:
        catalog.record_pictures(tx, [stored])

    await visit.write(record)
    return stored.sha256
