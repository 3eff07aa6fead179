"""Who is signed in: accounts, sessions, passwords, and the organisation one acts for."""

from __future__ import annotations

import msgspec
from litestar.types import ControllerRouterHandler

from entrepot import identity
from entrepot.identity import Session
from entrepot.kernel import NotSignedIn, Secret, Snapshot, Tx

from ..endpoints import endpoint
from ..params import Email, Id, Language, Name, NewPassword, OptionalKey, Token
from ..signing_in import check_password, sign_in, sign_out, sign_up
from ..visit import LANGUAGE, Visit
from ..wire import Done, Made

_LANGUAGE_S = 365 * 86_400


class Person(msgspec.Struct, frozen=True):
    """Somebody with an account."""

    id: str
    email: str
    name: str
    language: str
    confirmed: bool


class SessionView(msgspec.Struct, frozen=True):
    """Who calls. `csrf_token` goes into X-CSRF-Token with every change that is made with the session's cookie."""

    person: Person | None
    organisation: str | None
    roles: list[str]
    organisations: list[identity.Organisation]
    language: str
    csrf_token: str


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An e-mail address and its account's password."""

    email: Email
    password: Secret


class NewAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a new account needs."""

    email: Email
    password: NewPassword
    name: Name


class Opened(msgspec.Struct, frozen=True):
    """The account is open. With `confirm`, the link that was mailed must be opened before signing in."""

    confirm: bool


class ChangeSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Read in another language, or act for another organisation of one's own; null acts for none."""

    language: Language | msgspec.UnsetType = msgspec.UNSET
    organisation: Id | msgspec.UnsetType | None = msgspec.UNSET


class NewOrganisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an organisation is called that will use compute."""

    name: Name


class ResetRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose password is forgotten."""

    email: Email


class Reset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token of the mailed link, and the new password."""

    token: Token
    password: NewPassword


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token of the mailed link."""

    token: Token


class ChangePassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The old password and the new one."""

    old: Secret
    new: NewPassword


@endpoint("GET", "/api/session")
async def get_session(visit: Visit) -> SessionView:
    """Who calls, for whom, and the token that changes need."""
    return await _view(visit)


@endpoint("POST", "/api/session", asks=SignIn, rate="sign_in")
async def open_session(visit: Visit, asked: SignIn) -> SessionView:
    """Sign in: the answer sets the session's cookie; a guest's cart goes along."""
    await sign_in(visit, asked.email, asked.password)
    return await _view(visit)


@endpoint("DELETE", "/api/session")
async def close_session(visit: Visit) -> Done:
    """Sign out."""
    await sign_out(visit)
    return Done()


@endpoint("PATCH", "/api/session", asks=ChangeSession)
async def change_session(visit: Visit, asked: ChangeSession) -> SessionView:
    """Choose a language, or the organisation to act for."""
    await choose(visit, asked.language or None, asked.organisation)
    return await _view(visit)


@endpoint("POST", "/api/organisations", asks=NewOrganisation, access="person")
async def make_organisation(visit: Visit, asked: NewOrganisation, key: OptionalKey = None) -> identity.Organisation:
    """Found an organisation that uses compute. The session acts for it from now on; keys are made under `/api/keys`.

    Who wants to sell asks `POST /api/merchant` instead.
    """
    return await found_organisation(visit, asked.name, key)


@endpoint("POST", "/api/accounts", asks=NewAccount, rate="sign_in")
async def open_account(visit: Visit, asked: NewAccount) -> Opened:
    """Open an account; the answer sets the session's cookie, unless the address must be confirmed first."""
    return Opened(confirm=not await sign_up(visit, asked.email, asked.password, asked.name))


@endpoint("POST", "/api/accounts/confirm", asks=Confirmation, status=200, rate="sign_in")
async def confirm_account(visit: Visit, asked: Confirmation) -> Done:
    """Confirm an e-mail address with the token of a mailed link."""
    token = Secret(asked.token)
    await visit.write(lambda tx: identity.confirm_email(tx, token))
    return Done()


@endpoint("POST", "/api/password/forgotten", asks=ResetRequest, status=202, rate="mail")
async def forget_password(visit: Visit, asked: ResetRequest) -> Done:
    """Have a link mailed that sets a new password. The answer is the same whether there is such an account or not."""
    await visit.write(lambda tx: identity.request_reset(tx, asked.email))
    return Done()


@endpoint("POST", "/api/password/reset", asks=Reset, status=200, rate="sign_in")
async def reset_password(visit: Visit, asked: Reset) -> Done:
    """Set a new password with the token of a mailed link; all sessions of the account end."""
    hashed = await visit.work(lambda: identity.hash_password(asked.password))
    token = Secret(asked.token)
    await visit.write(lambda tx: identity.reset_password(tx, token, hashed))
    return Done()


@endpoint("PUT", "/api/password", asks=ChangePassword, access="person", rate="sign_in")
async def change_password(visit: Visit, asked: ChangePassword) -> Done:
    """Replace one's password; other sessions end."""
    session = visit.session
    assert session is not None
    await check_password(visit, asked.old)
    hashed = await visit.work(lambda: identity.hash_password(asked.new))
    await visit.write(lambda tx: identity.change_password(tx, session, hashed))
    return Done()


async def choose(
    visit: Visit, language: str | None, organisation: str | msgspec.UnsetType | None = msgspec.UNSET
) -> None:
    """Keep the choice with the session, and the language also in the browser."""
    session = visit.session
    if language is not None:
        visit.set_cookie(LANGUAGE, language, _LANGUAGE_S)
    if session is None:
        if organisation is not msgspec.UNSET:
            raise NotSignedIn("Sign in to act for an organisation")
        return

    def keep(tx: Tx) -> Session:
        kept = identity.set_language(tx, session, language) if language is not None else session
        return kept if organisation is msgspec.UNSET else identity.switch_organisation(tx, kept, organisation)

    visit.session = await visit.write(keep)
    visit.scope = visit.session.scope


async def found_organisation(visit: Visit, name: str, key: str | None = None) -> identity.Organisation:
    """Found an organisation of developers, and have the session act for it."""
    session = visit.session
    assert session is not None

    def found(tx: Tx) -> Made:
        made = identity.create_organisation(tx, session.scope, identity.OrganisationKind.DEVELOPER, name)
        identity.switch_organisation(tx, session, made)
        return Made(made)

    made = await visit.once(key, found, Made)
    return (await visit.read(lambda s: identity.organisations_of(s, [made.id])))[made.id]


async def _view(visit: Visit) -> SessionView:
    user = visit.session.user if visit.session else None
    scope = visit.scope

    def organisations(snapshot: Snapshot) -> list[identity.Organisation]:
        return identity.list_own_organisations(snapshot, scope) if scope.is_person else []

    return SessionView(
        Person(user.id, user.email, user.name, user.language, user.confirmed_at is not None) if user else None,
        scope.organisation,
        sorted(scope.roles),
        await visit.read(organisations),
        visit.language,
        visit.csrf_token,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (
    get_session,
    open_session,
    close_session,
    change_session,
    make_organisation,
    open_account,
    confirm_account,
    forget_password,
    reset_password,
    change_password,
)
