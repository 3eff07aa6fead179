"""The ledger, and the proofs over it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import group, ledger
from entrepot.kernel import Snapshot

from ...params import MaybeInQuery
from ...texts import has_text
from ...visit import CurrentVisit, Visit
from .console import OPERATOR, show
from .naming import Named, Names, name_all, named

TRANSFERS = 50
OURS = frozenset({"platform", "world"})
"""Owners that need no name: what their accounts are called says whose they are."""


class Side(msgspec.Struct, frozen=True):
    """An account as a person knows it: what is kept there, and whose it is where that is not the market's own."""

    kind: str
    owner: Named | None


class Moved(msgspec.Struct, frozen=True):
    """A transfer with what it was for, about, from and to by name; `goods` what it moved where that is no money."""

    transfer: ledger.Transfer
    what: str
    about: Named
    debit: Side
    credit: Side
    goods: Named | None


@get("/operator/ledger", include_in_schema=False, opt=OPERATOR)
async def accounts(visit: Visit, ref: MaybeInQuery = None) -> Response[str]:
    """Balances by kind of account, and the newest transfers or those about one thing."""
    wanted = ref.strip() if ref else None
    return await show(
        visit,
        "ledger",
        "ledger.html",
        kinds=await visit.read(ledger.sum_by_kind),
        transfers=await visit.read(lambda s: _list_moved(s, visit, wanted)),
        ref=wanted,
        root=await visit.read(ledger.chain_root),
        label=lambda kind: _label(visit, "account.kind", kind),
    )


def _list_moved(snapshot: Snapshot, visit: CurrentVisit, ref: str | None) -> list[Moved]:
    """The newest transfers, or those about one thing, with every name in as few reads as there are kinds of things."""
    found = ledger.list_transfers(snapshot, ref=ref, most=TRANSFERS) if ref else ledger.list_newest(snapshot, TRANSFERS)
    sides = ledger.accounts_of(snapshot, (side for each in found for side in (each.debit, each.credit)))
    names = name_all(snapshot, visit, _known_by_id(found, sides.values()))
    return [_moved(visit, each, sides, names) for each in found]


def _known_by_id(found: Iterable[ledger.Transfer], sides: Iterable[ledger.Account]) -> set[str]:
    return {each for one in found for each in (one.ref, one.unit)} | {side.owner for side in sides}


def _moved(visit: CurrentVisit, each: ledger.Transfer, sides: dict[str, ledger.Account], names: Names) -> Moved:
    debit, credit = (_side(visit, sides[side], names) for side in (each.debit, each.credit))
    goods = _thing(visit, each.unit, names) if each.unit.startswith("off_") else None
    return Moved(each, _label(visit, "ledger.code", each.code), _thing(visit, each.ref, names), debit, credit, goods)


def _side(visit: CurrentVisit, account: ledger.Account, names: Names) -> Side:
    owner = None if account.owner in OURS else _thing(visit, account.owner, names)
    return Side(_label(visit, "account.kind", account.kind), owner)


def _thing(visit: CurrentVisit, id_: str, names: Names) -> Named:
    """What a thing is called; what has no name is called by its kind and the end of its id."""
    found = named(id_, "", names)
    key = f"ledger.thing.{id_.partition('_')[0]}"
    return found if id_ in names or not has_text(key) else Named(f"{visit.say(key)} {found.name}", found.link)


def _label(visit: CurrentVisit, group_of: str, name: str) -> str:
    """The words for a kind or a purpose; one that has none is shown as it is written."""
    key = f"{group_of}.{name}"
    return visit.say(key) if has_text(key) else name.replace("_", " ").replace(".", " ").capitalize()


@get("/operator/verify", include_in_schema=False, opt=OPERATOR)
async def ask_verify(visit: Visit) -> Response[str]:
    """The button; proofs read every row, so a visit alone does not run them."""
    return await show(visit, "verify", "verify.html", verdicts=[], broken=0)


@post("/operator/verify", include_in_schema=False, opt=OPERATOR)
async def verify(visit: Visit) -> Response[str]:
    """Run every proof now."""
    database = visit.entrepot.database
    verdicts = await visit.work(lambda: list(group.verify(database)))
    broken = sum(verdict.state == "broken" for verdict in verdicts)
    return await show(visit, "verify", "verify.html", verdicts=verdicts, broken=broken)


ROUTES: tuple[ControllerRouterHandler, ...] = (accounts, ask_verify, verify)
