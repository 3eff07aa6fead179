"""What the operator's pages call the things that records know by id, and the page where each is looked at.

A record's id says of which kind the thing is. Names are read a kind at a time, so that a page of records costs the same
few statements however long it is. What has no name of its own is called by the end of its id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote

import msgspec

from entrepot import catalog, cloud, deliver, identity, orders
from entrepot.kernel import Snapshot, is_id

from ...visit import CurrentVisit


class Named(msgspec.Struct, frozen=True):
    """A thing as it is called, and the address where it is looked at; `link` is empty where there is no such page."""

    name: str
    link: str = ""


Names = Mapping[str, Named]
_Namer = Callable[[Snapshot, CurrentVisit, list[str]], dict[str, Named]]


def name_all(snapshot: Snapshot, visit: CurrentVisit, ids: Iterable[str]) -> dict[str, Named]:
    """What these are called, as far as they have a name that is kept; each kind in one read."""
    by_kind: dict[str, list[str]] = {}
    for each in sorted(set(ids)):
        by_kind.setdefault(each.partition("_")[0], []).append(each)
    found: dict[str, Named] = {}
    for kind, some in by_kind.items():
        if namer := _NAMERS.get(kind):
            found |= namer(snapshot, visit, some)
    return found


def named(subject: str, name: str, names: Names, act: str = "") -> Named:
    """What to call a thing: its own name, else the one that the record kept, else the end of its id."""
    link = link_of(subject, act)
    if kept := names.get(subject):
        return Named(kept.name, kept.link or link)
    return Named(name or (f"…{subject[-6:]}" if _is_id(subject) else subject), link)


def link_of(subject: str, act: str = "") -> str:
    """Where a thing is looked at: its own page, else the page of its kind, else that of what was done."""
    place = _PLACES.get(subject.partition("_")[0]) or _PLACES.get(act) or _PLACES.get(act.partition(".")[0], "")
    return place.replace("{id}", quote(subject))


def _is_id(subject: str) -> bool:
    return is_id(subject, subject.partition("_")[0])


_PLACES = {
    "usr": "/operator/audit?who={id}",
    "key": "/operator/audit?who={id}",
    "prm": "/operator/promotions/{id}",
    "gif": "/operator/gift-cards",
    "fee": "/operator/fees",
    "tax": "/operator/taxes",
    "dsp": "/operator/disputes/{id}",
    "ret": "/operator/desk",
    "rul": "/operator/search/rules/{id}",
    "syn": "/operator/search/synonyms",
    "mdl": "/operator/models/{id}",
    "prc": "/operator/compute/prices",
    "crp": "/operator/compute/customers",
    "fil": "/operator/reconciliation/files/{id}",
    "pay": "/operator/ledger?ref={id}",
    "rfd": "/operator/ledger?ref={id}",
    "pyo": "/operator/payouts",
    "pya": "/operator/payouts",
    "van": "/operator/fleet",
    "pup": "/operator/points",
    "rev": "/operator/moderation",
    "qst": "/operator/moderation",
    "ans": "/operator/moderation",
    "evt": "/operator/failures",
    "tsk": "/operator/failures",
    "deliver": "/operator/delivery",
    "discovery": "/operator/search",
    "pay.rates_saved": "/operator/exchange",
    "pay.tax_rates_saved": "/operator/taxes",
    "pay.request_payouts": "/operator/payouts",
    "pay.set_payout_terms": "/operator/payouts",
    "pay.take_break": "/operator/reconciliation",
    "pay.resolve_break": "/operator/reconciliation",
    "orders.tax_rounding": "/operator/taxes",
    "catalog.merge_attribute": "/operator/taxonomy",
    "catalog.undo_merging": "/operator/taxonomy",
    "cloud.request_reconciling": "/operator/compute",
}
"""By kind of id, else by act, else by the room of the act."""


def _people(snapshot: Snapshot, visit: CurrentVisit, ids: list[str]) -> dict[str, Named]:
    return {id_: Named(user.name) for id_, user in identity.users_of(snapshot, ids).items()}


def _keys(snapshot: Snapshot, visit: CurrentVisit, ids: list[str]) -> dict[str, Named]:
    return {id_: Named(name) for id_, (name, _) in identity.keys_of(snapshot, ids).items()}


def _organisations(snapshot: Snapshot, visit: CurrentVisit, ids: list[str]) -> dict[str, Named]:
    pages = {
        identity.OrganisationKind.MERCHANT: "/operator/merchants?id=",
        identity.OrganisationKind.DEVELOPER: "/operator/compute/customers/",
    }
    found = identity.organisations_of(snapshot, ids)
    return {id_: Named(each.name, pages[each.kind] + id_ if each.kind in pages else "") for id_, each in found.items()}


def _products(snapshot: Snapshot, visit: CurrentVisit, ids: list[str]) -> dict[str, Named]:
    return {id_: Named(title, f"/p/{id_}") for id_, title in catalog.titles_of(snapshot, ids).items()}


def _offers(snapshot: Snapshot, visit: CurrentVisit, ids: list[str]) -> dict[str, Named]:
    found = catalog.offered_of(snapshot, ids)
    return {id_: Named(title, f"/p/{product_id}") for id_, (product_id, title) in found.items()}


def _categories(snapshot: Snapshot, visit: CurrentVisit, ids: list[str]) -> dict[str, Named]:
    paths = catalog.paths_of(snapshot, ids)
    return {
        id_: Named(path[-1].name_in(visit.language), f"/category/{quote(path[-1].slug)}")
        for id_, path in paths.items()
        if path
    }


def _models(snapshot: Snapshot, visit: CurrentVisit, ids: list[str]) -> dict[str, Named]:
    wanted = set(ids)
    return {each.id: Named(each.name) for each in cloud.list_own(snapshot, visit.scope) if each.id in wanted}


def _parts(snapshot: Snapshot, visit: CurrentVisit, ids: list[str]) -> dict[str, Named]:
    found = orders.orders_of_parts(snapshot, ids)
    return {id_: Named(orders.number_of(order_id), f"/orders/{order_id}") for id_, order_id in found.items()}


def _vans(snapshot: Snapshot, visit: CurrentVisit, ids: list[str]) -> dict[str, Named]:
    return {each.id: Named(each.name) for each in deliver.list_vans(snapshot, visit.scope)}


def _points(snapshot: Snapshot, visit: CurrentVisit, ids: list[str]) -> dict[str, Named]:
    return {each.id: Named(each.name) for each in deliver.list_points(snapshot, visit.scope)}


_NAMERS: dict[str, _Namer] = {
    "usr": _people,
    "key": _keys,
    "org": _organisations,
    "prd": _products,
    "off": _offers,
    "cat": _categories,
    "mdl": _models,
    "sor": _parts,
    "van": _vans,
    "pup": _points,
}
