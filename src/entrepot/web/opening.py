"""Opening a market: a one-time link for an empty home, and what its owner decides with it."""

from __future__ import annotations

import hashlib
import secrets

import msgspec

from entrepot import identity
from entrepot.identity import COUNTRIES, OrganisationKind, Scope
from entrepot.kernel import Conflict, Database, Invalid, NotFound, Secret, Snapshot, Tx, decimals_of, find_fact, write_fact

from .shared import MARKET, Market
from .visit import Visit

LINK = "setup.link"
"""The fact that holds the digest of the link's token; gone once the market is open."""
EVERYWHERE = "*"


class Opening(msgspec.Struct, frozen=True):
    """The market's name, home currency and countries, and its owner."""

    market: str
    currency: str
    countries: tuple[str, ...]
    name: str
    email: str


def make_link(database: Database) -> str | None:
    """The path that sets the market up, with a fresh token; None when it is open already. Older links end."""
    token = secrets.token_urlsafe(24)

    def command(tx: Tx) -> bool:
        if find_fact(tx, MARKET) is not None or identity.find_platform(tx) is not None:
            return False
        write_fact(tx, LINK, _digest(Secret(token)))
        return True

    return f"/operator/setup?token={token}" if database.write_now(command) else None


def check_link(snapshot: Snapshot, token: Secret) -> None:
    """Refuse a link that is not the newest, or whose market is open."""
    known = find_fact(snapshot, LINK)
    if not known or not secrets.compare_digest(str(known), _digest(token)):
        raise NotFound("This link is not valid any more: start `entrepot serve` on an empty home to get a new one")


async def open_market(visit: Visit, token: Secret, wish: Opening, password: Secret) -> None:
    """Make the owner's account and the market, in one command, and sign the owner in as operator."""
    await visit.read(lambda s: check_link(s, token))
    _check(wish)
    hashed = await visit.work(lambda: identity.hash_password(password))

    def command(tx: Tx) -> tuple[str, str]:
        check_link(tx, token)
        write_fact(tx, LINK, "")
        return found_market(tx, wish, hashed, visit.language)

    user_id, organisation = await visit.write(command)
    session = await visit.begin_session(user_id)
    visit.session = await visit.write(lambda tx: identity.switch_organisation(tx, session, organisation))
    visit.scope = visit.session.scope


def found_market(tx: Tx, wish: Opening, password_hash: str, language: str) -> tuple[str, str]:
    """Write the market and its owner; returns the owner's id and the platform organisation's."""
    user = identity.sign_up(tx, identity.SignUp(wish.email, password_hash, wish.name, language))
    if user is None:
        raise Conflict("There is an account with this e-mail address already", fields={"email": "has an account"})
    own = Scope.system()
    organisation = identity.create_organisation(tx, own, OrganisationKind.PLATFORM, wish.market)
    identity.add_member(tx, own, organisation, user.id, identity.Role.OPERATOR)
    write_fact(tx, MARKET, msgspec.to_builtins(Market(wish.market, wish.currency, wish.countries)))
    return user.id, organisation


def _check(wish: Opening) -> None:
    fields = {}
    if not wish.market:
        fields["market"] = "Give the market a name"
    try:
        decimals_of(wish.currency)
    except Invalid as error:
        fields["currency"] = error.sentence
    unknown = [code for code in wish.countries if code not in COUNTRIES and code != EVERYWHERE]
    if unknown or not wish.countries:
        fields["countries"] = f"Write two-letter country codes with commas, or *: not {', '.join(unknown) or 'nothing'}"
    if fields:
        raise Invalid("Look at the marked fields", fields=fields)


def _digest(token: Secret) -> str:
    return hashlib.sha256(token.reveal().encode()).hexdigest()
