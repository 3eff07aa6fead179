"""People's accounts: signing up, confirming the e-mail address, signing in, changing what an account says.

Nothing here tells a stranger whether an address has an account: signing up with a taken one looks the same from
outside and writes to its owner; a wrong password, an unknown address and an unconfirmed one get the same sentence after
the same time.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from entrepot.kernel import (
    HOUR,
    Database,
    Invalid,
    NotSignedIn,
    Prepared,
    Secret,
    Snapshot,
    Tx,
    in_set,
    prepare,
    prepare_text,
)

from . import tables
from .emails import check_email, normal_email
from .events import PersonSignedUp
from .letters import Letter, LinkLetter, LinkPurpose, enqueue_letter, enqueue_link
from .passwords import hash_password, is_outdated, verify_password
from .throttle import begin_attempt, forgive_attempt
from .types import LANGUAGES, Scope, require_person

NAME_LENGTH_MAX = 100


class User(msgspec.Struct, frozen=True):
    """A person with an account. `confirmed_at` is when they showed that the e-mail address is theirs."""

    id: str
    email: str
    name: str
    language: str
    created_at: int
    confirmed_at: int | None


class SignUp(msgspec.Struct, frozen=True):
    """What a new account needs; `password_hash` comes from `hash_password`."""

    email: str
    password_hash: str
    name: str
    language: str = "en"


class Credentials(msgspec.Struct, frozen=True):
    """What a sign-in is checked against."""

    user_id: str
    password_hash: str
    confirmed: bool


def sign_up(tx: Tx, request: SignUp) -> User | None:
    """Open an account and mail a link that confirms its address.

    None when the address has an account already: its owner gets a mail, the caller must answer as if all were new.
    """
    email = check_email(request.email)
    name, language = check_name(request.name), check_language(request.language)
    user = User(tx.new_id("usr"), email, name, language, tx.now, None)
    if not tx.run(_insert, **msgspec.structs.asdict(user), password_hash=request.password_hash):
        _write_to_owner(tx, email)
        return None
    enqueue_link(tx, LinkLetter(LinkPurpose.CONFIRM, email))
    tx.announce(PersonSignedUp(user.id))
    return user


def find_credentials(snapshot: Snapshot, email: str) -> Credentials | None:
    """What to check a password against, or None when the address has no account."""
    row = snapshot.one(_credentials, email=normal_email(email))
    return None if row is None else Credentials(row.id, row.password_hash, row.confirmed_at is not None)


def authenticate(database: Database, email: str, password: Secret, ip: str, *, confirmed: bool = False) -> str:
    """Check a password and return the person's id: throttled, and equally slow for accounts that do not exist.

    NotSignedIn when the address and the password do not belong together (or, with `confirmed`, the address is not
    confirmed yet); TooMany while the account or the address must wait. Takes tens of milliseconds of processor time.
    """
    database.write_now(lambda tx: begin_attempt(tx, email, ip))
    found = database.read_now(lambda snapshot: find_credentials(snapshot, email))
    matches = verify_password(found.password_hash if found else None, password)
    if found is None or not matches or (confirmed and not found.confirmed):
        hint = ", or the address is not confirmed: open the link that was mailed to it" if confirmed else ""
        raise NotSignedIn(f"The e-mail address and the password do not belong together{hint}")
    renewed = hash_password(password) if is_outdated(found.password_hash) else None

    def succeed(tx: Tx) -> None:
        forgive_attempt(tx, email, ip)
        if renewed is not None:
            set_password(tx, found.user_id, renewed)

    database.write_now(succeed)
    return found.user_id


def users_of(snapshot: Snapshot, user_ids: list[str]) -> dict[str, User]:
    """Accounts by id, for verbs that have checked already who may see them."""
    return {user.id: user for user in snapshot.all(_all, ids=user_ids)}


def update_profile(tx: Tx, scope: Scope, name: str, language: str) -> None:
    """Change the signed-in person's own name and language."""
    user_id = require_person(scope)
    tx.run(_update, id_=user_id, name_=check_name(name), language_=check_language(language))


def set_password(tx: Tx, user_id: str, password_hash: str) -> None:
    """Replace a password; the caller has checked that it may."""
    tx.run(_set_password, id_=user_id, hash_=password_hash)


def confirm_address(tx: Tx, user_id: str) -> None:
    """Record that the person reads the mail that goes to the account's address."""
    tx.run(_confirm, id_=user_id, now_=tx.now)


def check_name(text: str) -> str:
    """A person's or an organisation's name without stray spaces."""
    name = " ".join(text.split())
    if not 0 < len(name) <= NAME_LENGTH_MAX or not name.isprintable():
        sentence = f"Write a name of 1 to {NAME_LENGTH_MAX} characters"
        raise Invalid(sentence, fields={"name": sentence})
    return name


def check_language(tag: str) -> str:
    """A language that the pages and mails exist in."""
    if tag not in LANGUAGES:
        raise Invalid(f"{tag!r} is not one of the languages {', '.join(LANGUAGES)}", fields={"language": "Choose one"})
    return tag


def _write_to_owner(tx: Tx, email: str) -> None:
    """Tell the owner of a taken address, at most once an hour."""
    owner = tx.one(_by_email, email=email)
    assert owner is not None
    letter = Letter(owner.email, "identity.address_taken", {"name": owner.name}, owner.language, "/sign-in")
    enqueue_letter(tx, letter, key=f"taken {owner.id} {tx.now // HOUR}")


_u = tables.users.c
_fields = (_u.id, _u.email, _u.name, _u.language, _u.created_at, _u.confirmed_at)
_insert: Prepared[Any] = prepare_text(
    "INSERT INTO identity_users (id, email, name, language, password_hash, created_at, confirmed_at) "
    "VALUES (:id, :email, :name, :language, :password_hash, :created_at, :confirmed_at) "
    "ON CONFLICT (email) DO NOTHING"
)
_credentials: Prepared[Any] = prepare(
    select(_u.id, _u.password_hash, _u.confirmed_at).where(_u.email == bindparam("email"))
)
_all: Prepared[User] = prepare(select(*_fields).where(in_set(_u.id, "ids")), User)
_by_email: Prepared[User] = prepare(select(*_fields).where(_u.email == bindparam("email")), User)
_update: Prepared[Any] = prepare(
    update(tables.users)
    .where(_u.id == bindparam("id_"))
    .values(name=bindparam("name_"), language=bindparam("language_"))
)
_set_password: Prepared[Any] = prepare(
    update(tables.users).where(_u.id == bindparam("id_")).values(password_hash=bindparam("hash_"))
)
_confirm: Prepared[Any] = prepare(
    update(tables.users)
    .where(_u.id == bindparam("id_"), _u.confirmed_at.is_(None))
    .values(confirmed_at=bindparam("now_"))
)
