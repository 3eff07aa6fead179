"""Which product a draft is about: one that is there already, known by the numbers of its variants, or one of its own.

A GTIN means one variant in the whole market: that of the first approved merchant who listed it. Where one side has no
GTIN, the same brand and model number mean the oldest variant that has them. A draft joins a product of somebody else
when each of its variants is known there; the merchant then adds offers, and the first lister's words stay. Merchants
who are not approved claim nothing, so that nobody's goods appear under words that the operator never let in. What is
only likely the same is left to a person (`twins`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from entrepot.kernel import Prepared, Snapshot, Tx, in_set, prepare
from entrepot.kernel.sql import prepare_text
from entrepot.kernel.tx import Again

from . import tables
from .drafts import ProductDraft
from .gtin import find_gtin, is_shared
from .texts import clean_line

MODEL_LENGTH_MIN = 3


class Claim(NamedTuple):
    """What a GTIN means."""

    gtin: str
    variant_id: str
    product_id: str
    owner_id: str


class Model(NamedTuple):
    """The oldest variant of a brand's model number, and its GTIN."""

    model_key: str
    variant_id: str
    product_id: str
    owner_id: str
    gtin: str | None


class Claims(NamedTuple):
    """What the numbers of some drafts mean: by GTIN, by brand and model number."""

    gtins: dict[str, Claim]
    models: dict[str, Model]


def draft_gtins(draft: ProductDraft) -> tuple[str | None, ...]:
    """The GTIN of each variant; a product's own is that of its only variant."""
    if len(draft.variants) == 1:
        given = (draft.variants[0].gtin or draft.gtin,)
    else:
        given = tuple(variant.gtin for variant in draft.variants)  # type: ignore[assignment]
    return tuple(find_gtin(gtin) if gtin else None for gtin in given)


def draft_models(draft: ProductDraft) -> tuple[tuple[str | None, str | None], ...]:
    """The model number of each variant, and the key that it and the brand make; a product's own is that of its only
    variant."""
    alone = draft.mpn if len(draft.variants) == 1 else None
    given = (clean_line(variant.mpn or alone or "") or None for variant in draft.variants)
    return tuple((mpn, model_key(draft.brand, mpn)) for mpn in given)


def model_key(brand: str | None, mpn: str | None) -> str | None:
    """Brand and model number in one normal form: letters and digits only, whatever their case or width.

    None where one of them is missing or says too little: "1" is no model number.
    """
    parts = [_plain(brand or ""), _plain(mpn or "")]
    return "|".join(parts) if parts[0] and len(parts[1]) >= MODEL_LENGTH_MIN else None


@lru_cache(maxsize=16_384)  # of each product a save asks several times
def _plain(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def read_claims(snapshot: Snapshot, drafts: Sequence[ProductDraft]) -> Claims:
    """What the numbers of these drafts mean, in two reads."""
    gtins = {gtin for draft in drafts for gtin in draft_gtins(draft) if gtin and is_shared(gtin)}
    keys = {key for draft in drafts for _, key in draft_models(draft) if key}
    models: dict[str, Model] = {}
    for row in snapshot.all(_models, keys=sorted(keys)) if keys else ():
        models.setdefault(row.model_key, row)
    return Claims({row.gtin: row for row in snapshot.all(_claims, gtins=sorted(gtins))} if gtins else {}, models)


def match_product(draft: ProductDraft, merchant_id: str, claims: Claims) -> tuple[str, tuple[str, ...]] | None:
    """Another merchant's product that this draft is about, and the variant of it that each of the draft's is."""
    found = [_known(claims, gtin, key) for gtin, (_, key) in zip(draft_gtins(draft), draft_models(draft), strict=True)]
    known = [claim for claim in found if claim is not None and claim.owner_id != merchant_id]
    if len(known) < len(draft.variants) or len({claim.product_id for claim in known}) != 1:
        return None
    variants = tuple(claim.variant_id for claim in known)
    return (known[0].product_id, variants) if len(set(variants)) == len(variants) else None


def _known(claims: Claims, gtin: str | None, key: str | None) -> Claim | Model | None:
    """The variant of these numbers. Two different GTINs are two articles, whatever the model number says."""
    if gtin and (claim := claims.gtins.get(gtin)):
        return claim
    model = claims.models.get(key) if key else None
    return model if model is not None and (gtin is None or model.gtin in (None, gtin)) else None


def write_claims(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Claim GTINs that were free when this command read them; it runs again when somebody else was quicker."""
    if not rows:
        return
    tx.run_many(_claim, sorted(rows, key=lambda row: str(row["gtin"])))
    meant = {row.gtin: row.variant_id for row in tx.all(_meant, gtins=[row["gtin"] for row in rows])}
    if any(meant[row["gtin"]] != row["variant_id"] for row in rows):
        raise Again("another merchant claimed the same GTIN")


def claim_all(tx: Tx, merchant_id: str) -> None:
    """Claim every GTIN that a merchant lists and nobody has: when the merchant is approved."""
    _claim_rows(tx, tx.all(_unclaimed, merchant_id=merchant_id))


def claim_products(tx: Tx, product_ids: Iterable[str]) -> None:
    """Claim every GTIN of these products that nobody has: when they are sold again, or stand alone again."""
    _claim_rows(tx, tx.all(_of_products, ids=sorted(product_ids)))


def _claim_rows(tx: Tx, rows: Iterable[Any]) -> None:
    tx.run_many(_claim, [row._asdict() for row in rows if is_shared(row.gtin)])


_g, _v, _p, _m = tables.gtins.c, tables.variants.c, tables.products.c, tables.merchants.c
_claims: Prepared[Claim] = prepare(
    select(_g.gtin, _g.variant_id, _g.product_id, _p.owner_id)
    .join_from(tables.gtins, tables.products, _p.id == _g.product_id)
    .where(in_set(_g.gtin, "gtins")),
    Claim,
)
_models: Prepared[Model] = prepare(
    select(_v.model_key, _v.id, _v.product_id, _p.owner_id, _v.gtin)
    .join_from(tables.variants, tables.products, _p.id == _v.product_id)
    .join(tables.merchants, _m.id == _p.owner_id)
    .where(in_set(_v.model_key, "keys"), _m.status == "approved", _p.joined_to.is_(None), _p.hidden == 0)
    .order_by(_v.model_key, _v.id),
    Model,
)
_meant: Prepared[Any] = prepare(select(_g.gtin, _g.variant_id).where(in_set(_g.gtin, "gtins")))
_claim: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_gtins (gtin, variant_id, product_id) VALUES (:gtin, :variant_id, :product_id) "
    "ON CONFLICT (gtin) DO NOTHING"
)
_with_gtin = (
    select(_v.gtin, _v.id.label("variant_id"), _v.product_id)
    .join_from(tables.variants, tables.products, _p.id == _v.product_id)
    .join(tables.merchants, _m.id == _p.owner_id)
    .where(_m.status == "approved", _v.gtin.is_not(None))
    .order_by(_v.gtin, _v.id)
)
_unclaimed: Prepared[Any] = prepare(_with_gtin.where(_p.owner_id == bindparam("merchant_id")))
_of_products: Prepared[Any] = prepare(_with_gtin.where(in_set(_v.product_id, "ids")))
