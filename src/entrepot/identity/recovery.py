"""Passwords forgotten and replaced, addresses confirmed: each by a mailed link, or by who is signed in."""

from __future__ import annotations

from entrepot.kernel import Secret, Tx

from .accounts import confirm_address, set_password, users_of
from .emails import check_email
from .letters import Letter, LinkLetter, LinkPurpose, enqueue_letter, enqueue_link
from .links import use_link
from .sessions import Session, close_sessions_of
from .throttle import forgive_account
from .types import require_person


def request_reset(tx: Tx, email: str) -> None:
    """Mail a link that sets a new password to the owner of this address, if it has one.

    The caller learns nothing: known and unknown addresses cause the same work here.
    """
    enqueue_link(tx, LinkLetter(LinkPurpose.RESET, check_email(email)))


def reset_password(tx: Tx, token: Secret, password_hash: str) -> str:
    """Set the password of the link's owner, end all their sessions and tell them; returns the person's id.

    Invalid when the link was used or has expired.
    """
    user_id = use_link(tx, token, LinkPurpose.RESET)
    set_password(tx, user_id, password_hash)
    confirm_address(tx, user_id)
    close_sessions_of(tx, user_id)
    _tell_of_change(tx, user_id)
    return user_id


def change_password(tx: Tx, session: Session, password_hash: str) -> None:
    """Set the signed-in person's password, end their other sessions and tell them.

    The caller has checked the old password (`authenticate`).
    """
    user_id = require_person(session.scope)
    set_password(tx, user_id, password_hash)
    close_sessions_of(tx, user_id, but=session.id)
    _tell_of_change(tx, user_id)


def confirm_email(tx: Tx, token: Secret) -> str:
    """Record that the link's owner reads mail at the account's address; returns the person's id."""
    user_id = use_link(tx, token, LinkPurpose.CONFIRM)
    confirm_address(tx, user_id)
    return user_id


def _tell_of_change(tx: Tx, user_id: str) -> None:
    user = users_of(tx, [user_id])[user_id]
    forgive_account(tx, user.email)
    enqueue_letter(tx, Letter(user.email, "identity.password_changed", {"name": user.name}, user.language))
