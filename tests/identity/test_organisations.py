"""Organisations, their people and their keys."""

import pytest

from entrepot import identity
from entrepot.identity import OrganisationKind, Scope
from entrepot.kernel import (
    SECOND,
    Conflict,
    Database,
    Invalid,
    ManualClock,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Secret,
    prepare_text,
)
from tests import cast
from tests.cast import Cast


@pytest.fixture
def people(database: Database) -> Cast:
    return cast.invite(database)


def organisation_of(scope: Scope) -> str:
    assert scope.organisation is not None
    return scope.organisation


def test_who_founds_an_organisation_is_its_first_member(database: Database, people: Cast) -> None:
    created = database.write_now(lambda tx: identity.create_organisation(tx, people.alice, "merchant", " Alice's  "))
    (own,) = database.read_now(lambda snapshot: identity.list_own_organisations(snapshot, people.alice))
    assert (own.id, own.kind, own.name) == (created, OrganisationKind.MERCHANT, "Alice's")
    acting = Scope(people.alice.actor, created, frozenset({"merchant"}))
    (member,) = database.read_now(lambda snapshot: identity.list_members(snapshot, acting))
    assert (member.user_id, member.role) == (people.alice.actor, "merchant")


def test_there_is_one_platform_and_only_the_program_founds_it(database: Database, people: Cast) -> None:
    platform = database.read_now(identity.find_platform)
    assert platform is not None
    assert platform.id == people.dana.organisation
    with pytest.raises(Conflict):
        database.write_now(lambda tx: identity.create_organisation(tx, Scope.system(), "platform", "Another"))
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: identity.create_organisation(tx, people.alice, "platform", "Mine"))


@pytest.mark.parametrize("scope", [Scope.public(), Scope.guest("ses_1"), Scope("key_1", "org_1")])
def test_only_people_found_organisations(database: Database, scope: Scope) -> None:
    with pytest.raises(NotSignedIn):
        database.write_now(lambda tx: identity.create_organisation(tx, scope, "merchant", "Nobody's"))


def test_an_unknown_kind_is_refused(database: Database, people: Cast) -> None:
    with pytest.raises(Invalid, match="merchant"):
        database.write_now(lambda tx: identity.create_organisation(tx, people.alice, "guild", "Ours"))


def test_members_are_seen_and_changed_by_their_own_and_by_the_operator_only(database: Database, people: Cast) -> None:
    organisation, alice = organisation_of(people.bruno), people.alice.actor
    for stranger in (people.alice, people.chen, Scope.public()):
        with pytest.raises(NotFound):
            database.read_now(lambda snapshot, s=stranger: identity.list_members(snapshot, s, organisation))  # type: ignore[misc]
        with pytest.raises(NotFound):
            database.write_now(lambda tx, s=stranger: identity.add_member(tx, s, organisation, alice, "merchant"))  # type: ignore[misc]
    for insider in (people.bruno, people.dana):
        database.write_now(lambda tx, s=insider: identity.add_member(tx, s, organisation, alice, "merchant"))  # type: ignore[misc]
    members = database.read_now(lambda snapshot: identity.list_members(snapshot, people.dana, organisation))
    assert {member.name for member in members} == {"Alice", "Bruno"}
    [told] = database.read_now(lambda snapshot: identity.list_notices(snapshot, people.alice))
    assert (told.kind, told.link) == ("identity.let_in", "/account")  # once, however often they are let in


def test_a_role_belongs_to_the_kind_of_organisation(database: Database, people: Cast) -> None:
    for role in ("operator", "developer", "emperor"):
        with pytest.raises(Invalid):
            database.write_now(
                lambda tx, r=role: identity.add_member(  # type: ignore[misc]
                    tx, people.bruno, organisation_of(people.bruno), people.alice.actor, r
                )
            )


def test_the_last_member_stays(database: Database, people: Cast) -> None:
    with pytest.raises(Conflict, match="last member"):
        database.write_now(
            lambda tx: identity.remove_member(tx, people.bruno, organisation_of(people.bruno), people.bruno.actor)
        )


def test_a_key_gives_its_organisations_scope_until_it_is_revoked(database: Database, people: Cast) -> None:
    key, secret = database.write_now(lambda tx: identity.create_key(tx, people.chen, "laptop"))

    def scope() -> Scope | None:
        return database.read_now(lambda snapshot: identity.find_key(snapshot, secret))

    assert scope() == Scope(key.id, people.chen.organisation, frozenset({"developer"}))
    assert secret.reveal().endswith(key.shown)
    assert database.read_now(lambda snapshot: identity.list_keys(snapshot, people.chen)) == [key]
    database.write_now(lambda tx: identity.revoke_key(tx, people.chen, key.id))
    assert scope() is None
    (revoked,) = database.read_now(lambda snapshot: identity.list_keys(snapshot, people.chen))
    assert revoked.revoked_at is not None


def test_a_key_is_kept_as_a_digest_only(database: Database, people: Cast) -> None:
    _, secret = database.write_now(lambda tx: identity.create_key(tx, people.chen, "laptop"))
    rows = database.read_now(lambda snapshot: snapshot.all(prepare_text("SELECT * FROM identity_keys")))
    assert secret.reveal() not in repr(rows)
    assert database.read_now(lambda snapshot: identity.find_key(snapshot, Secret("ent_guess"))) is None


def test_keys_of_others_are_not_found_and_a_key_makes_no_keys(database: Database, people: Cast) -> None:
    key, secret = database.write_now(lambda tx: identity.create_key(tx, people.chen, "laptop"))
    assert database.read_now(lambda snapshot: identity.list_keys(snapshot, people.bruno)) == []
    with pytest.raises(NotFound):
        database.write_now(lambda tx: identity.revoke_key(tx, people.bruno, key.id))
    by_key = database.read_now(lambda snapshot: identity.find_key(snapshot, secret))
    assert by_key is not None
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: identity.create_key(tx, by_key, "another"))
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: identity.create_key(tx, people.alice, "without an organisation"))


def test_acts_on_people_and_keys_are_in_the_audit_log_which_the_operator_reads(
    database: Database, people: Cast
) -> None:
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(SECOND)
    key, _ = database.write_now(lambda tx: identity.create_key(tx, people.chen, "laptop"))
    database.clock.advance(SECOND)
    database.write_now(lambda tx: identity.audit(tx, people.dana, "catalog.approve_merchant", "org_1", {"bps": 900}))
    newest, before = database.read_now(lambda snapshot: identity.list_audit(snapshot, people.dana))[:2]
    assert (newest.act, newest.actor, newest.details) == ("catalog.approve_merchant", people.dana.actor, {"bps": 900})
    assert (before.act, before.subject, before.organisation) == (
        "identity.create_key",
        key.id,
        people.chen.organisation,
    )
    page = database.read_now(lambda snapshot: identity.list_audit(snapshot, people.dana, before=newest.id, most=1))
    assert page == [before]
    about = database.read_now(lambda snapshot: identity.list_audit(snapshot, people.dana, subject=key.id))
    assert about == [before]
    with pytest.raises(NotAllowed):
        database.read_now(lambda snapshot: identity.list_audit(snapshot, people.bruno))
