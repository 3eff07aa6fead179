"""A forgotten password: the link goes to the mailbox alone, works once, and ends what others may have begun."""

import pytest

from entrepot import identity
from entrepot.kernel import (
    DAY,
    HOUR,
    Database,
    Invalid,
    ManualClock,
    NotSignedIn,
    Secret,
    Unavailable,
    prepare_text,
)
from tests import cast
from tests.cast import ALICE, PASSWORD, Cast
from tests.identity.mailbox import Mailbox, deliver, token_in

NEW = Secret("an entirely new password")
NEW_HASH = identity.hash_password(NEW)
IP = "192.0.2.1"


@pytest.fixture
def people(database: Database) -> Cast:
    people = cast.invite(database)
    deliver(database)
    return people


def ask(database: Database, email: str = ALICE.email) -> None:
    database.write_now(lambda tx: identity.request_reset(tx, email))


def mailed_token(database: Database) -> Secret:
    ask(database)
    (mail,) = deliver(database).to(ALICE.email)
    return Secret(token_in(mail))


def reset(database: Database, token: Secret) -> str:
    return database.write_now(lambda tx: identity.reset_password(tx, token, NEW_HASH))


def test_the_mailed_link_sets_a_password_once(database: Database, people: Cast) -> None:
    token = mailed_token(database)
    assert reset(database, token) == people.alice.actor
    assert identity.authenticate(database, ALICE.email, NEW, IP) == people.alice.actor
    with pytest.raises(NotSignedIn):
        identity.authenticate(database, ALICE.email, PASSWORD, IP)
    with pytest.raises(Invalid, match="used already"):
        reset(database, token)


def test_the_link_works_for_an_hour(database: Database, people: Cast) -> None:
    token = mailed_token(database)
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(HOUR)
    with pytest.raises(Invalid, match="expired"):
        reset(database, token)


@pytest.mark.parametrize("token", ["", "guess", "\ud800"])
def test_a_guessed_token_does_nothing(database: Database, people: Cast, token: str) -> None:
    mailed_token(database)
    with pytest.raises(Invalid):
        reset(database, Secret(token))


def test_a_link_that_confirms_resets_nothing(database: Database) -> None:
    cast.invite(database)
    (mail,) = deliver(database).to(ALICE.email)
    with pytest.raises(Invalid):
        reset(database, Secret(token_in(mail)))


def test_setting_a_password_ends_every_session_and_tells_the_owner(database: Database, people: Cast) -> None:
    _, stolen = database.write_now(lambda tx: identity.open_session(tx, people.alice.actor, DAY))
    reset(database, mailed_token(database))
    assert database.read_now(lambda snapshot: identity.find_session(snapshot, stolen)) is None
    (mail,) = deliver(database).to(ALICE.email)
    assert "changed" in mail.subject


def test_changing_a_password_keeps_the_session_it_was_done_in(database: Database, people: Cast) -> None:
    mine, my_token = database.write_now(lambda tx: identity.open_session(tx, people.alice.actor, DAY))
    _, other = database.write_now(lambda tx: identity.open_session(tx, people.alice.actor, DAY))
    database.write_now(lambda tx: identity.change_password(tx, mine, NEW_HASH))
    assert database.read_now(lambda snapshot: identity.find_session(snapshot, my_token)) == mine
    assert database.read_now(lambda snapshot: identity.find_session(snapshot, other)) is None
    assert identity.authenticate(database, ALICE.email, NEW, IP) == people.alice.actor


def test_asking_for_an_unknown_address_looks_the_same_and_mails_nobody(database: Database, people: Cast) -> None:
    def written() -> list[tuple[object, ...]]:
        rows = "SELECT kind, state, attempts, run_at FROM kernel_tasks WHERE state = 'waiting'"
        return [tuple(row) for row in database.read_now(lambda snapshot: snapshot.all(prepare_text(rows)))]

    ask(database, ALICE.email)
    known = written()
    deliver(database)
    ask(database, "nobody@example.com")
    assert written() == known
    assert deliver(database).messages == []


def test_nobodys_mailbox_is_flooded(database: Database, people: Cast) -> None:
    for _ in range(20):
        ask(database)
    mailbox = deliver(database)
    assert len(mailbox.to(ALICE.email)) < 6
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(HOUR)
    ask(database)
    assert len(deliver(database).to(ALICE.email)) == 1


def test_no_token_stands_in_the_database_even_when_the_mail_has_to_be_sent_again(
    database: Database, people: Cast
) -> None:
    ask(database)
    mailbox = Mailbox(Unavailable("the server is away"))
    deliver(database, mailbox)
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(HOUR // 60)
    deliver(database, mailbox)
    (mail,) = mailbox.to(ALICE.email)
    token = token_in(mail)
    for table in ("identity_links", "kernel_tasks", "kernel_events", "identity_notices"):
        rows = database.read_now(lambda snapshot, t=table: snapshot.all(prepare_text(f"SELECT * FROM {t}")))  # type: ignore[misc]
        assert token not in repr(rows)
    reset(database, Secret(token))


def test_a_mail_that_can_never_be_sent_is_given_up(database: Database, people: Cast) -> None:
    ask(database)
    mailbox = deliver(database, Mailbox(Invalid("no such mailbox")))
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(DAY)
    assert deliver(database, mailbox).messages == []


def test_a_reset_forgives_the_failures_that_made_it_necessary(database: Database, people: Cast) -> None:
    for _ in range(6):
        database.write_now(lambda tx: identity.begin_attempt(tx, ALICE.email, IP))
    reset(database, mailed_token(database))
    identity.authenticate(database, ALICE.email, NEW, "192.0.2.9")
