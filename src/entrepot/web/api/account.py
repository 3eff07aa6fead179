"""One's own things: addresses, notices, API keys."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import identity
from entrepot.kernel import Invalid, Tx

from ..endpoints import endpoint
from ..params import PLAIN, After, Country, Email, Id, Most, Name, OptionalKey
from ..visit import CurrentVisit, Visit
from ..wire import Done, Listed, Made, listed, with_id

Part = Annotated[str, Meta(pattern=PLAIN, max_length=200)]


class PostalAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a parcel goes; what a country does not use stays empty."""

    name: Name
    line1: Name
    line2: Part = ""
    city: Name
    region: Part = ""
    postal_code: Part = ""
    country: Country
    phone: Part = ""

    def plain(self) -> identity.Address:
        """As rooms have it."""
        return identity.Address(**msgspec.structs.asdict(self))


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to call a key."""

    name: Name


class AddMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose account may act for the organisation."""

    email: Email


class Members(msgspec.Struct, frozen=True):
    """Who acts for one's organisation, in the order in which they joined."""

    members: list[identity.Member]


class KeyMade(msgspec.Struct, frozen=True):
    """A new key. `secret` is shown this once."""

    key: identity.ApiKey
    secret: str


class Addresses(msgspec.Struct, frozen=True):
    """One's addresses, the last saved first."""

    addresses: list[identity.SavedAddress]


class Keys(msgspec.Struct, frozen=True):
    """The keys of one's organisation, newest first."""

    keys: list[identity.ApiKey]


@endpoint("GET", "/api/addresses", access="person")
async def list_addresses(visit: Visit) -> Addresses:
    """One's own addresses."""
    return Addresses(await visit.read(lambda s: identity.list_addresses(s, visit.scope)))


@endpoint("POST", "/api/addresses", asks=PostalAddress, access="person")
async def add_address(visit: Visit, asked: PostalAddress, key: OptionalKey = None) -> identity.SavedAddress:
    """Keep an address for later."""
    return await _save(visit, asked, None, key)


@endpoint("PUT", "/api/addresses/{address_id:str}", asks=PostalAddress, access="person")
async def replace_address(
    visit: Visit, address_id: Id, asked: PostalAddress, key: OptionalKey = None
) -> identity.SavedAddress:
    """Replace an address."""
    return await _save(visit, asked, address_id, key)


@endpoint("DELETE", "/api/addresses/{address_id:str}", access="person")
async def delete_address(visit: Visit, address_id: Id) -> Done:
    """Forget an address."""
    await visit.write(lambda tx: identity.delete_address(tx, visit.scope, address_id))
    return Done()


@endpoint("GET", "/api/notices", access="caller")
async def list_notices(visit: Visit, after: After = None, most: Most = 50) -> Listed[identity.InboxNotice]:
    """One's own notices and one's organisation's, newest first."""
    found = await visit.read(
        lambda s: identity.list_notices(s, visit.scope, visit.language, before=after, most=most + 1)
    )
    return listed(found, most, lambda notice: notice.id)


@endpoint("POST", "/api/notices/{notice_id:str}/read", access="caller", status=200)
async def mark_notice_read(visit: Visit, notice_id: Id) -> Done:
    """Remember that a notice was read."""
    await visit.write(lambda tx: identity.mark_read(tx, visit.scope, notice_id))
    return Done()


@endpoint("GET", "/api/members", access="member")
async def list_members(visit: Visit) -> Members:
    """The people of one's organisation."""
    return Members(await visit.read(lambda s: identity.list_members(s, visit.scope)))


@endpoint("POST", "/api/members", asks=AddMember, access="member", rate="sign_in")
async def add_member(visit: Visit, asked: AddMember) -> Members:
    """Let somebody who has an account act for one's organisation; once is enough."""
    await let_in(visit, asked.email)
    return Members(await visit.read(lambda s: identity.list_members(s, visit.scope)))


@endpoint("DELETE", "/api/members/{user_id:str}", access="member")
async def remove_member(visit: Visit, user_id: Id) -> Done:
    """Have a person act for one's organisation no longer, at once. The last one stays: 409."""
    scope = visit.scope
    organisation = identity.require_organisation(scope)
    await visit.write(lambda tx: identity.remove_member(tx, scope, organisation, user_id))
    return Done()


async def let_in(visit: CurrentVisit, email: str) -> None:
    """Have the account of an address act for the caller's organisation. Invalid where there is none."""
    scope, address = visit.scope, identity.check_email(email)
    organisation = identity.require_organisation(scope)

    def command(tx: Tx) -> None:
        kind = identity.get_organisation(tx, scope, organisation).kind
        found = identity.find_credentials(tx, address)
        if found is None:
            sentence = visit.say("team.nobody")
            raise Invalid(sentence, fields={"email": sentence})
        identity.add_member(tx, scope, organisation, found.user_id, kind.role)

    await visit.write(command)


@endpoint("GET", "/api/keys", access="member")
async def list_keys(visit: Visit) -> Keys:
    """The API keys of one's organisation."""
    return Keys(await visit.read(lambda s: identity.list_keys(s, visit.scope)))


@endpoint("POST", "/api/keys", asks=NewKey, access="member")
async def create_key(visit: Visit, asked: NewKey) -> KeyMade:
    """Make an API key for one's organisation. The answer holds its secret, which nobody can show again."""
    key, secret = await visit.write(lambda tx: identity.create_key(tx, visit.scope, asked.name))
    return KeyMade(key, secret.reveal())


@endpoint("DELETE", "/api/keys/{key_id:str}", access="member")
async def revoke_key(visit: Visit, key_id: Id) -> Made:
    """End a key now."""
    await visit.write(lambda tx: identity.revoke_key(tx, visit.scope, key_id))
    return Made(key_id)


async def _save(visit: Visit, asked: PostalAddress, address_id: str | None, key: str | None) -> identity.SavedAddress:
    """What is kept with the key is the id alone: whoever deletes an address leaves no copy behind."""
    scope, address = visit.scope, asked.plain()
    made = await visit.once(key, lambda tx: Made(identity.save_address(tx, scope, address, address_id).id), Made)
    return with_id(await visit.read(lambda s: identity.list_addresses(s, scope)), made.id)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    list_addresses,
    add_address,
    replace_address,
    delete_address,
    list_notices,
    mark_notice_read,
    list_members,
    add_member,
    remove_member,
    list_keys,
    create_key,
    revoke_key,
)
