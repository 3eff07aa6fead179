"""The market as its owner opened it: its name, home currency and countries, and who operates it."""

from __future__ import annotations

import msgspec

from entrepot import catalog, identity
from entrepot.identity import COUNTRIES, OrganisationKind, Scope, SignUp
from entrepot.kernel import Conflict, Invalid, Snapshot, Tx, find_fact, write_fact

FACT = "market"
EVERYWHERE = "*"
NAME_LENGTH_MAX = 60


class Market(msgspec.Struct, frozen=True):
    """What the owner said. `countries` are ISO 3166 alpha-2 codes, or `*` for everywhere."""

    name: str = "Entrepot"
    currency: str = "USD"
    countries: tuple[str, ...] = (EVERYWHERE,)


def find_market(snapshot: Snapshot) -> Market | None:
    """The market, or None in a home where none was opened yet."""
    value = find_fact(snapshot, FACT)
    return None if value is None else msgspec.convert(value, Market)


def open_market(tx: Tx, market: Market, owner: SignUp) -> tuple[str, str]:
    """Write the market and its owner's account; returns the owner's id and the platform organisation's.

    Invalid, by field, when name, currency or countries will not do; Conflict when a market is open already, or the
    owner's address has an account.
    """
    check_market(market)
    if find_market(tx) is not None:
        raise Conflict("This home has a market already")
    user = identity.sign_up(tx, owner)
    if user is None:
        raise Conflict("There is an account with this e-mail address already", fields={"email": "has an account"})
    system = Scope.system()
    organisation = identity.create_organisation(tx, system, OrganisationKind.PLATFORM, market.name)
    identity.add_member(tx, system, organisation, user.id, identity.Role.OPERATOR)
    write_fact(tx, FACT, msgspec.to_builtins(market))
    return user.id, organisation


def check_market(market: Market) -> None:
    """Invalid, with a sentence for each field at fault."""
    fields = {}
    if not 0 < len(market.name) <= NAME_LENGTH_MAX:
        fields["market"] = f"Give the market a name of up to {NAME_LENGTH_MAX} characters"
    if not catalog.is_currency(market.currency):
        fields["currency"] = "Choose a currency of the list: this is none that is in use"
    unknown = [code for code in market.countries if code not in COUNTRIES and code != EVERYWHERE]
    if unknown or not market.countries:
        fields["countries"] = f"Write two-letter country codes with commas, or *: not {', '.join(unknown) or 'nothing'}"
    if fields:
        raise Invalid("Look at the marked fields", fields=fields)
