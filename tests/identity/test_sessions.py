"""Sessions: rights are read anew each time, and a token is worth nothing without its row."""

import pytest

from entrepot import identity
from entrepot.identity import Scope, Session
from entrepot.kernel import DAY, Database, Invalid, ManualClock, NotFound, Secret, prepare_text
from entrepot.kernel.testing import NOON
from tests import cast
from tests.cast import Cast


@pytest.fixture
def people(database: Database) -> Cast:
    return cast.invite(database)


def opened(database: Database, user_id: str | None, language: str = "en") -> tuple[Session, Secret]:
    return database.write_now(lambda tx: identity.open_session(tx, user_id, 30 * DAY, language))


def found(database: Database, token: Secret) -> Session | None:
    return database.read_now(lambda snapshot: identity.find_session(snapshot, token))


def test_a_token_finds_its_session_with_the_rights_of_its_person(database: Database, people: Cast) -> None:
    for scope in people:
        session, token = opened(database, scope.actor)
        assert found(database, token) == session
        assert session.scope == scope
        assert session.user is not None
        assert session.expires_at == NOON + 30 * DAY


def test_a_guest_has_a_session_too(database: Database) -> None:
    session, token = opened(database, None, "zh")
    assert found(database, token) == session
    assert (session.scope, session.user, session.language) == (Scope.guest(session.id), None, "zh")


def test_a_token_is_kept_as_a_digest_only(database: Database) -> None:
    _, token = opened(database, None)
    rows = database.read_now(lambda snapshot: snapshot.all(prepare_text("SELECT * FROM identity_sessions")))
    assert token.reveal() not in repr(rows)


@pytest.mark.parametrize("token", ["", "guess", "\ud800", "x" * 10_000])
def test_another_token_finds_nothing(database: Database, token: str) -> None:
    opened(database, None)
    assert found(database, Secret(token)) is None


def test_a_session_ends_at_its_time_and_when_it_is_closed(database: Database, people: Cast) -> None:
    assert isinstance(database.clock, ManualClock)
    first, first_token = opened(database, people.alice.actor)
    _, second_token = opened(database, people.alice.actor)
    database.write_now(lambda tx: identity.close_session(tx, first.id))
    assert found(database, first_token) is None
    assert found(database, second_token) is not None
    database.clock.advance(30 * DAY)
    assert found(database, second_token) is None


def test_a_person_switches_between_their_organisations_and_to_none(database: Database, people: Cast) -> None:
    second = database.write_now(lambda tx: identity.create_organisation(tx, people.bruno, "merchant", "Second"))
    session, token = opened(database, people.bruno.actor)
    for organisation, roles in [(second, {"merchant"}), (None, set()), (people.bruno.organisation, {"merchant"})]:
        switched = database.write_now(lambda tx, o=organisation: identity.switch_organisation(tx, session, o))  # type: ignore[misc]
        assert switched.scope == Scope(people.bruno.actor, organisation, frozenset(roles))
        assert found(database, token) == switched


def test_nobody_acts_for_an_organisation_of_others(database: Database, people: Cast) -> None:
    session, token = opened(database, people.alice.actor)
    for organisation in (people.bruno.organisation, people.dana.organisation, "org_nowhere"):
        with pytest.raises(NotFound):
            database.write_now(lambda tx, o=organisation: identity.switch_organisation(tx, session, o))  # type: ignore[misc]
    assert found(database, token) == session


def test_who_is_removed_from_an_organisation_acts_for_it_no_longer_at_once(database: Database, people: Cast) -> None:
    organisation = people.bruno.organisation
    assert organisation is not None
    database.write_now(lambda tx: identity.add_member(tx, people.bruno, organisation, people.alice.actor, "merchant"))
    _, token = opened(database, people.alice.actor)
    before = found(database, token)
    assert before is not None
    assert before.scope.organisation == organisation
    database.write_now(lambda tx: identity.remove_member(tx, people.bruno, organisation, people.alice.actor))
    after = found(database, token)
    assert after is not None
    assert after.scope == Scope(people.alice.actor)


def test_a_membership_that_is_gone_gives_no_organisation_whatever_the_session_says(
    database: Database, people: Cast
) -> None:
    _, token = opened(database, people.bruno.actor)
    gone = prepare_text("DELETE FROM identity_memberships WHERE user_id = :user_id")
    database.write_now(lambda tx: tx.run(gone, user_id=people.bruno.actor))
    session = found(database, token)
    assert session is not None
    assert session.scope == Scope(people.bruno.actor)


def test_a_language_chosen_in_a_session_is_the_persons_from_then_on(database: Database, people: Cast) -> None:
    session, token = opened(database, people.alice.actor)
    database.write_now(lambda tx: identity.set_language(tx, session, "zh"))
    again = found(database, token)
    assert again is not None
    assert again.language == "zh"
    next_session, _ = opened(database, people.alice.actor)
    assert next_session.language == "zh"
    with pytest.raises(Invalid):
        database.write_now(lambda tx: identity.set_language(tx, session, "tlh"))


def test_the_proofs_find_a_right_that_nobody_gave(database: Database, people: Cast) -> None:
    opened(database, people.bruno.actor)
    assert [database.read_now(proof.check).breaches for proof in identity.PROOFS] == [[], []]
    database.write_now(lambda tx: tx.run(prepare_text("UPDATE identity_memberships SET role = 'operator'")))
    database.write_now(
        lambda tx: tx.run(
            prepare_text("UPDATE identity_sessions SET organisation = :organisation"),
            organisation=people.dana.organisation,
        )
    )
    roles, sessions = (database.read_now(proof.check) for proof in identity.PROOFS)
    assert len(roles.breaches) == 2
    assert len(sessions.breaches) == 1


def test_tidying_takes_what_is_long_over_and_nothing_else(database: Database, people: Cast) -> None:
    assert isinstance(database.clock, ManualClock)
    opened(database, None)
    database.clock.advance(30 * DAY)
    _, kept = opened(database, people.alice.actor)
    database.clock.advance(8 * DAY)
    assert database.write_now(identity.tidying.tidy) == 1
    assert found(database, kept) is not None
