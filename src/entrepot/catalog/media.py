"""A product's pictures in the hands of whoever owns its content: added, ordered, described, taken away.

What a feed brings stands where the feed says, until somebody orders the pictures by hand; what was added by hand stays
when the feed changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import bindparam, delete, func, select, update

from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, in_set, prepare

from . import tables
from .looks import alike
from .pictures import StoredPicture
from .texts import clean_line
from .visibility import announce_listed

PICTURES_MAX: Final = 50
ALT_LENGTH_MAX: Final = 500
UPLOADED_FROM: Final = 1_000
"""Positions of what was added by hand begin here; a feed's are below."""

Fetching = Literal["kept", "waiting", "failed"]


class ManagedPicture(msgspec.Struct, frozen=True):
    """A picture as its owner sees it: where it stands, where it came from, who added it when under which licence;
    whether one that lies elsewhere is `kept` here, `waiting` to be fetched, or `failed` and why."""

    position: int
    sha256: str | None
    url: str | None
    alt: str
    provenance: str
    licence: str | None
    added_by: str | None
    added_at: int | None
    width: int | None
    height: int | None
    look: str | None
    state: Fetching
    failure: str | None


class Lookalike(msgspec.Struct, frozen=True):
    """Two pictures that look alike: of this product, or of this product and another of the same owner's."""

    sha256: str
    other_sha256: str
    other_product_id: str
    other_title: str
    other_slug: str


def list_pictures(snapshot: Snapshot, scope: Scope, product_id: str) -> list[ManagedPicture]:
    """A product's pictures in their order; NotFound for whoever does not own its content."""
    _own(snapshot, scope, product_id)
    return _pictures_of(snapshot, product_id)


def add_pictures(
    tx: Tx, scope: Scope, product_id: str, pictures: Sequence[StoredPicture], alt: str = "", licence: str = ""
) -> list[ManagedPicture]:
    """Put stored pictures behind those that are there; one that is there already stays where it is.

    Record them first (`record_pictures`). Conflict above 50.
    """
    _lock(tx, scope, product_id)
    before = _pictures_of(tx, product_id)
    known = {each.sha256 for each in before}
    fresh = [each for each in dict.fromkeys(picture.sha256 for picture in pictures) if each not in known]
    if len(before) + len(fresh) > PICTURES_MAX:
        raise Conflict(f"A product has at most {PICTURES_MAX} pictures: take some away first")
    first = max([UPLOADED_FROM, *(each.position + 1 for each in before)])
    place = int(tx.value(_last_place, product_id=product_id) or 0) + 1 if before else 0
    common = {"product_id": product_id, "url": None, "alt": _alt(alt), "licence": _alt(licence) or None}
    rows = [
        {**common, "position": first + n, "sha256": sha256, "place": place + n, "provenance": "upload",
         "added_by": scope.actor, "added_at": tx.now}
        for n, sha256 in enumerate(fresh)
    ]  # fmt: skip
    tx.run_many(_insert, rows)
    return _changed(tx, product_id)


def arrange_pictures(tx: Tx, scope: Scope, product_id: str, order: Sequence[int]) -> list[ManagedPicture]:
    """Set the order of a product's pictures by their positions: the main one first; what is left out follows."""
    _lock(tx, scope, product_id)
    there = [each.position for each in _pictures_of(tx, product_id)]
    wanted = [position for position in dict.fromkeys(order) if position in there]
    if len(wanted) != len(set(order)):
        raise NotFound("There is no such picture")
    whole = wanted + [position for position in there if position not in wanted]
    tx.run_many(_place, [{"product_id_": product_id, "position_": each, "place_": n} for n, each in enumerate(whole)])
    return _changed(tx, product_id)


def describe_picture(
    tx: Tx, scope: Scope, product_id: str, position: int, alt: str, licence: str | None = None
) -> list[ManagedPicture]:
    """Say in words what a picture shows, and under which licence it stands (None leaves that as it is)."""
    _lock(tx, scope, product_id)
    row = {"product_id_": product_id, "position_": position, "alt_": _alt(alt)}
    if not tx.run(_describe, **row):
        raise NotFound("There is no such picture")
    if licence is not None:
        tx.run(_license, product_id_=product_id, position_=position, licence_=_alt(licence) or None)
    return _changed(tx, product_id)


def remove_picture(tx: Tx, scope: Scope, product_id: str, position: int) -> list[ManagedPicture]:
    """Take a picture away from a product; a variant that was shown by it is shown by the main one."""
    _lock(tx, scope, product_id)
    gone = next((each for each in _pictures_of(tx, product_id) if each.position == position), None)
    if gone is None:
        raise NotFound("There is no such picture")
    tx.run(_delete, product_id=product_id, position=position)
    if gone.sha256:
        tx.run(_unset_variants, product_id_=product_id, picture_=gone.sha256)
    return _changed(tx, product_id)


def set_variant_picture(tx: Tx, scope: Scope, product_id: str, variant_id: str, sha256: str | None) -> None:
    """Say which of the product's pictures shows a variant; None: the main one."""
    _lock(tx, scope, product_id)
    if sha256 is not None and sha256 not in {each.sha256 for each in _pictures_of(tx, product_id)}:
        raise NotFound("There is no such picture")
    if not tx.run(_set_variant, id_=variant_id, product_id_=product_id, picture_=sha256):
        raise NotFound("There is no such variant")
    announce_listed(tx, [product_id])


def find_lookalikes(snapshot: Snapshot, scope: Scope, product_id: str, most: int = 20) -> list[Lookalike]:
    """Pictures of a product that look like another of its own, or like one of its owner's other products.

    Of its own any that are alike are found; among the others those of the very same look, which an index finds however
    many there are. Two reads.
    """
    product = _own(snapshot, scope, product_id)
    mine = [(each.sha256, each.look) for each in _pictures_of(snapshot, product_id) if each.sha256 and each.look]
    found = [
        Lookalike(one, other, product_id, product.title, product.slug)
        for one, other in alike((sha256, look) for sha256, look in mine if look)
    ]
    looks = sorted({look for _, look in mine if look})
    if not looks:
        return found[:most]
    others = snapshot.all(_same_look, looks=looks, owner_id=product.owner_id, product_id=product_id, most=200)
    found += [
        Lookalike(sha256, other.sha256, other.product_id, other.title, other.slug)
        for sha256, look in mine
        for other in others
        if look == other.look
    ]
    return found[:most]


def refresh_main_pictures(tx: Tx, product_ids: Sequence[str]) -> None:
    """Make the picture that stands for each product the first that is kept here; one statement."""
    if product_ids:
        tx.run(_refresh, ids=sorted(set(product_ids)))


def main_pictures(snapshot: Snapshot, product_ids: Sequence[str]) -> dict[str, str]:
    """The stored picture that stands for each of these products, seen or hidden; those without one are left out."""
    return {row.id: row.picture for row in snapshot.all(_main, ids=sorted(set(product_ids)))} if product_ids else {}


def next_main_pictures(snapshot: Snapshot, after_id: str, most: int) -> dict[str, str]:
    """The same for the next products behind an id that have a picture, by id; fewer than `most` means the end."""
    return {row.id: row.picture for row in snapshot.all(_next_main, after=after_id, most=most)}


def _changed(tx: Tx, product_id: str) -> list[ManagedPicture]:
    refresh_main_pictures(tx, [product_id])
    announce_listed(tx, [product_id])
    return _pictures_of(tx, product_id)


def _own(snapshot: Snapshot, scope: Scope, product_id: str) -> Any:
    row = snapshot.one(_owner, id=product_id)
    if row is None or (row.owner_id != scope.organisation and not scope.is_operator):
        raise NotFound("There is no such product of yours")
    return row


def _lock(tx: Tx, scope: Scope, product_id: str) -> None:
    row = tx.one(_owner_locked, id=product_id)
    if row is None or (row.owner_id != scope.organisation and not scope.is_operator):
        raise NotFound("There is no such product of yours")


def _pictures_of(snapshot: Snapshot, product_id: str) -> list[ManagedPicture]:
    return [_managed(row) for row in snapshot.all(_list, product_id=product_id)]


def _managed(row: Any) -> ManagedPicture:
    return ManagedPicture(
        row.position, row.sha256, row.url, row.alt, row.provenance, row.licence, row.added_by, row.added_at, row.width,
        row.height, row.look, _state(row), None if row.sha256 else row.failure,
    )  # fmt: skip


def _state(row: Any) -> Fetching:
    if row.sha256:
        return "kept"
    return "failed" if row.state == "failed" else "waiting"


def _alt(text: str) -> str:
    words = clean_line(text)
    if len(words) > ALT_LENGTH_MAX:
        raise Invalid(f"Use at most {ALT_LENGTH_MAX} characters", fields={"alt": "Make it shorter"})
    return words


_pp, _pic, _p, _v = tables.product_pictures.c, tables.pictures.c, tables.products.c, tables.variants.c
_r = tables.remote_pictures.c
_order = (func.coalesce(_pp.place, _pp.position), _pp.position)
_owner: Prepared[Any] = prepare(select(_p.owner_id, _p.title, _p.slug).where(_p.id == bindparam("id")))
_owner_locked: Prepared[Any] = prepare(select(_p.owner_id).where(_p.id == bindparam("id")).with_for_update())
_list: Prepared[Any] = prepare(
    select(
        _pp.position, _pp.sha256, _pp.url, _pp.alt, _pp.provenance, _pp.licence, _pp.added_by, _pp.added_at,
        _pic.width, _pic.height, _pic.look, _r.state, _r.failure,
    )
    .join_from(tables.product_pictures, tables.pictures, _pic.sha256 == _pp.sha256, isouter=True)
    .join(tables.remote_pictures, _r.url == _pp.url, isouter=True)
    .where(_pp.product_id == bindparam("product_id"))
    .order_by(*_order)
)  # fmt: skip
_last_place: Prepared[Any] = prepare(
    select(func.max(func.coalesce(_pp.place, _pp.position)).label("place")).where(
        _pp.product_id == bindparam("product_id")
    )
)
_insert: Prepared[Any] = tables.inserting(tables.product_pictures)
_this = (_pp.product_id == bindparam("product_id_")) & (_pp.position == bindparam("position_"))
_place: Prepared[Any] = prepare(update(tables.product_pictures).where(_this).values(place=bindparam("place_")))
_describe: Prepared[Any] = prepare(update(tables.product_pictures).where(_this).values(alt=bindparam("alt_")))
_license: Prepared[Any] = prepare(update(tables.product_pictures).where(_this).values(licence=bindparam("licence_")))
_delete: Prepared[Any] = prepare(
    delete(tables.product_pictures).where(
        _pp.product_id == bindparam("product_id"), _pp.position == bindparam("position")
    )
)
_unset_variants: Prepared[Any] = prepare(
    update(tables.variants)
    .where(_v.product_id == bindparam("product_id_"), _v.picture == bindparam("picture_"))
    .values(picture=None)
)
_set_variant: Prepared[Any] = prepare(
    update(tables.variants)
    .where(_v.id == bindparam("id_"), _v.product_id == bindparam("product_id_"))
    .values(picture=bindparam("picture_"))
)
_same_look: Prepared[Any] = prepare(
    select(_pp.sha256, _pic.look, _pp.product_id, _p.title, _p.slug)
    .join_from(tables.pictures, tables.product_pictures, _pp.sha256 == _pic.sha256)
    .join(tables.products, _p.id == _pp.product_id)
    .where(in_set(_pic.look, "looks"), _p.owner_id == bindparam("owner_id"), _pp.product_id != bindparam("product_id"))
    .order_by(_pp.product_id, _pp.position)
    .limit(bindparam("most"))
)
_first = (
    select(_pp.sha256)
    .where(_pp.product_id == _p.id, _pp.sha256.is_not(None))
    .order_by(*_order)
    .limit(1)
    .correlate(tables.products)
    .scalar_subquery()
)
_refresh: Prepared[Any] = prepare(update(tables.products).where(in_set(_p.id, "ids")).values(picture=_first))
_main: Prepared[Any] = prepare(
    select(tables.products.c.id, tables.products.c.picture).where(
        in_set(tables.products.c.id, "ids"), tables.products.c.picture.is_not(None)
    )
)
_next_main: Prepared[Any] = prepare(
    select(tables.products.c.id, tables.products.c.picture)
    .where(tables.products.c.id > bindparam("after"), tables.products.c.picture.is_not(None))
    .order_by(tables.products.c.id)
    .limit(bindparam("most"))
)
