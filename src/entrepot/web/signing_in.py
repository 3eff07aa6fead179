"""Signing up, in and out, for pages and API alike. Passwords are hashed on a thread, a few at a time."""

from __future__ import annotations

from entrepot import identity, orders
from entrepot.kernel import NotSignedIn, Secret, Tx

from .visit import Visit


async def sign_up(visit: Visit, email: str, password: Secret, name: str) -> bool:
    """Open an account, and a session for it; False when the address must be confirmed first by the link in a mail.

    An address that has an account already gives the same answer where confirming is asked for; elsewhere NotSignedIn,
    unless the password is that account's.
    """
    hashed = await visit.work(lambda: identity.hash_password(password))
    request = identity.SignUp(email, hashed, name, visit.language)
    made = await visit.write(lambda tx: identity.sign_up(tx, request))
    if visit.entrepot.settings.identity.confirm_email:
        return False
    if made is None:
        await sign_in(visit, email, password)
    else:
        await _enter(visit, made.id)
    return True


async def sign_in(visit: Visit, email: str, password: Secret) -> None:
    """Check a password and begin a session; the guest's cart goes along.

    NotSignedIn when address and password do not belong together, TooMany while the caller must wait.
    """
    confirmed = visit.entrepot.settings.identity.confirm_email
    database = visit.entrepot.database
    user_id = await visit.work(lambda: identity.authenticate(database, email, password, visit.ip, confirmed=confirmed))
    await _enter(visit, user_id)


async def sign_out(visit: Visit) -> None:
    """End the session, here and in the browser."""
    session = visit.session
    if session is not None:
        await visit.write(lambda tx: identity.close_session(tx, session.id))
    visit.forget_session()


async def check_password(visit: Visit, password: Secret) -> None:
    """Refuse unless this is the signed-in person's password: asked again before it is changed."""
    user = visit.session.user if visit.session else None
    if user is None:
        raise NotSignedIn("Sign in to do this")
    database, email = visit.entrepot.database, user.email
    await visit.work(lambda: identity.authenticate(database, email, password, visit.ip))


async def _enter(visit: Visit, user_id: str) -> None:
    before = visit.session
    session = await visit.begin_session(user_id)
    if before is None:
        return

    def leave(tx: Tx) -> None:
        if before.user is None:
            orders.adopt_cart(tx, before.scope, session.scope)
        identity.close_session(tx, before.id)

    await visit.write(leave)
