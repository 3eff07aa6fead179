"""Accounts: nobody learns from us whether an address has one."""

import statistics
import time

import pytest

from entrepot import identity
from entrepot.identity import SignUp
from entrepot.kernel import Database, Invalid, NotSignedIn, Secret
from entrepot.kernel.testing import settle
from tests import cast
from tests.cast import ALICE, PASSWORD, PASSWORD_HASH
from tests.identity.mailbox import deliver, token_in

IP = "192.0.2.1"


def sign_up(database: Database, email: str = ALICE.email, name: str = "Alice", language: str = "en") -> str | None:
    request = SignUp(email, PASSWORD_HASH, name, language)
    user = database.write_now(lambda tx: identity.sign_up(tx, request))
    return None if user is None else user.id


def test_who_signs_up_signs_in_with_that_password_only(database: Database) -> None:
    user_id = sign_up(database)
    assert identity.authenticate(database, ALICE.email, PASSWORD, IP) == user_id
    for email, password in [(ALICE.email, Secret("wrong password")), ("nobody@example.com", PASSWORD)]:
        with pytest.raises(NotSignedIn):
            identity.authenticate(database, email, password, IP)


def test_an_address_is_the_same_however_it_is_written(database: Database) -> None:
    user_id = sign_up(database, " Alice@Example.COM ")
    assert identity.authenticate(database, "ALICE@example.com", PASSWORD, IP) == user_id
    assert sign_up(database, "aLICE@example.com") is None


def test_signing_up_with_a_taken_address_changes_nothing_and_writes_to_its_owner(database: Database) -> None:
    sign_up(database)
    deliver(database)
    assert sign_up(database, name="Mallory") is None
    assert sign_up(database, name="Mallory") is None
    mailbox = deliver(database)
    (mail,) = mailbox.to(ALICE.email)  # at most one an hour
    assert "Alice" in mail.text
    assert "Mallory" not in mail.text


def test_a_wrong_password_and_an_unknown_address_get_the_same_sentence(database: Database) -> None:
    sign_up(database)
    sentences = set()
    for email in (ALICE.email, "nobody@example.com"):
        with pytest.raises(NotSignedIn) as refused:
            identity.authenticate(database, email, Secret("wrong password"), IP)
        sentences.add((refused.value.sentence, refused.value.kind))
    assert len(sentences) == 1


def test_an_unknown_address_takes_as_long_as_a_wrong_password() -> None:
    def seconds(stored: str | None) -> float:
        times = []
        for _ in range(5):
            begun = time.process_time()
            assert not identity.verify_password(stored, Secret("wrong password"))
            times.append(time.process_time() - begun)
        return statistics.median(times)

    assert seconds(None) > seconds(PASSWORD_HASH) / 3


def test_where_addresses_must_be_confirmed_only_the_mailed_link_opens_the_account(database: Database) -> None:
    user_id = sign_up(database)
    with pytest.raises(NotSignedIn):
        identity.authenticate(database, ALICE.email, PASSWORD, IP, confirmed=True)
    (mail,) = deliver(database).to(ALICE.email)
    assert f"https://market.example{identity.LINK_PATHS['confirm']}?token=" in mail.text
    database.write_now(lambda tx: identity.confirm_email(tx, Secret(token_in(mail))))
    assert identity.authenticate(database, ALICE.email, PASSWORD, IP, confirmed=True) == user_id
    with pytest.raises(Invalid, match="used already"):
        database.write_now(lambda tx: identity.confirm_email(tx, Secret(token_in(mail))))


def test_passwords_are_kept_as_argon2id_and_too_short_ones_refused(database: Database) -> None:
    sign_up(database)
    credentials = database.read_now(lambda snapshot: identity.find_credentials(snapshot, ALICE.email))
    assert credentials is not None
    assert credentials.password_hash.startswith("$argon2id$")
    for password in ("1234567", "x" * 201, ""):
        with pytest.raises(Invalid, match="8 to 200"):
            identity.hash_password(Secret(password))


def test_a_password_kept_with_older_parameters_is_kept_anew_at_the_next_sign_in(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(database)
    monkeypatch.setattr("entrepot.identity.accounts.is_outdated", lambda stored: stored == PASSWORD_HASH)
    user_id = identity.authenticate(database, ALICE.email, PASSWORD, IP)
    credentials = database.read_now(lambda snapshot: identity.find_credentials(snapshot, ALICE.email))
    assert credentials is not None
    assert credentials.password_hash != PASSWORD_HASH
    assert identity.authenticate(database, ALICE.email, PASSWORD, IP) == user_id


def test_signing_up_is_announced(database: Database) -> None:
    announced: list[identity.PersonSignedUp] = []
    user_id = sign_up(database)
    settle(database, {identity.PersonSignedUp: [lambda tx, event: announced.append(event)]})
    assert announced == [identity.PersonSignedUp(user_id or "")]


@pytest.mark.parametrize(
    "email", ["", "alice", "alice@", "@example.com", "a@b@c", "a b@example.com", "a@example.com\nBcc: x@y", "ä@e.com",
              "a" * 65 + "@example.com", "a@" + "b" * 260]
)  # fmt: skip
def test_what_no_mail_reaches_is_refused(database: Database, email: str) -> None:
    with pytest.raises(Invalid) as refused:
        sign_up(database, email)
    assert "email" in refused.value.fields


@pytest.mark.parametrize(("name", "language"), [("", "en"), ("x" * 101, "en"), ("a\x00b", "en"), ("Alice", "xx")])
def test_a_name_and_a_language_are_checked(database: Database, name: str, language: str) -> None:
    with pytest.raises(Invalid):
        sign_up(database, name=name, language=language)


def test_a_profile_changes_for_its_owner(database: Database) -> None:
    people = cast.invite(database)
    database.write_now(lambda tx: identity.update_profile(tx, people.alice, "Alice B.", "zh"))
    [alice] = database.read_now(lambda snapshot: identity.users_of(snapshot, [people.alice.actor])).values()
    assert (alice.name, alice.language) == ("Alice B.", "zh")
    with pytest.raises(NotSignedIn):
        database.write_now(lambda tx: identity.update_profile(tx, identity.Scope.public(), "Nobody", "en"))
