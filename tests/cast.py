"""The cast of every test: Alice shops, Bruno sells, Chen buys compute, Dana operates."""

from typing import NamedTuple

from entrepot import identity
from entrepot.kernel import Database, Secret, Tx

PASSWORD = Secret("a horse made of battery staples")
PASSWORD_HASH = identity.hash_password(PASSWORD)


class Person(NamedTuple):
    """Somebody of the cast, and the organisation they act for."""

    name: str
    email: str
    organisation: str | None = None
    kind: identity.OrganisationKind | None = None


ALICE = Person("Alice", "alice@example.com")
BRUNO = Person("Bruno", "bruno@example.com", "Bruno's Lamps", identity.OrganisationKind.MERCHANT)
CHEN = Person("Chen", "chen@example.com", "Chen Compute", identity.OrganisationKind.DEVELOPER)
DANA = Person("Dana", "dana@example.com", "Dana's Market", identity.OrganisationKind.PLATFORM)


class Cast(NamedTuple):
    """The scope in which each of them acts."""

    alice: identity.Scope
    bruno: identity.Scope
    chen: identity.Scope
    dana: identity.Scope


def invite(database: Database) -> Cast:
    """Give all four an account, and three of them their organisations."""
    return database.write_now(lambda tx: Cast(*(join(tx, person) for person in (ALICE, BRUNO, CHEN, DANA))))


def join(tx: Tx, person: Person) -> identity.Scope:
    """Sign one up; found their organisation; return the scope in which they act for it."""
    user = identity.sign_up(tx, identity.SignUp(person.email, PASSWORD_HASH, person.name))
    assert user is not None
    scope = identity.Scope(user.id)
    if person.kind is None:
        return scope
    founder = identity.Scope.system() if person is DANA else scope
    organisation = identity.create_organisation(tx, founder, person.kind, person.organisation or person.name)
    if person is DANA:
        identity.add_member(tx, founder, organisation, user.id, person.kind.role)
    return identity.Scope(user.id, organisation, frozenset((person.kind.role,)))
