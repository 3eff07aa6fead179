"""The guard of every route: who is it, may this be asked so often, does a change come from our own pages.

Steps, before a handler runs or a body is decoded:

1. an API key in `Authorization`, or a session in the cookie, becomes a `Scope`; a wrong key is refused, a stale cookie
   is dropped;
2. the rate of this route's class is counted, by person or else by address;
3. a change must come from our own origin;
4. routes for members and operators refuse everybody else, before a body is read or a room is asked;
5. a change must be in a media type that the route reads, and, where the browser sends the session by itself, carry a
   token that only our own pages know.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Invalid, NotAllowed, NotSignedIn, Refused, Remembered, Secret

from .house import House
from .policy import SAFE_METHODS
from .refusals import UnknownMediaType, Unreadable
from .visit import FORM_TYPES, SESSION, Visit

JSON = "application/json"


async def admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request through to its handler, or refuse it."""
    assert isinstance(connection, Request)
    opt = handler.opt
    house: House = connection.app.state.house
    visit = house.visit(connection)
    if opt.get("machine"):
        return
    if b"%00" in connection.scope["query_string"]:
        raise Unreadable("The address holds a NUL, which is no text")
    await _recognise(visit, house.known_keys if opt.get("checks_key") else None)
    house.rates.count(opt.get("rate") or _rate(connection.method), visit)
    try:
        await _check(visit, opt)
    except Refused:
        await visit.confirm_key()
        raise
    await _remember_language(visit)


async def _recognise(visit: Visit, known: Remembered[Scope] | None) -> None:
    """Find out who asks. A key that was known a moment ago is taken from memory where the handler has it checked again,
    in the transaction that lets the call in."""
    scheme, _, credential = visit.request.headers.get("authorization", "").partition(" ")
    token = visit.cookie(SESSION)
    if scheme.lower() == "bearer":  # other schemes are a proxy's own business
        if token is not None:
            raise NotSignedIn("Send an API key or the session's cookie, not both: it is unclear who calls")
        key = credential.strip()
        if known is not None and "idempotency-key" not in visit.request.headers:
            visit.checks_key = True
            if (scope := known.find(key)) is not None:
                visit.scope, visit.by_key, visit.remembered = scope, True, Secret(key)
                return
        visit.scope, visit.by_key = await visit.find_key(Secret(key)), True
        if visit.checks_key and known is not None:
            known.keep(key, visit.scope)
    elif token:
        secret = Secret(token)
        session = await visit.glance(lambda s: identity.find_session(s, secret))
        if session is None:
            visit.forget_session()
        else:
            visit.session, visit.scope = session, session.scope


async def _check(visit: Visit, opt: dict[str, Any]) -> None:
    """Refuse what comes from another site, whom a route is not for, and a body that it does not read."""
    changes = visit.request.method not in SAFE_METHODS
    guarded = changes and not visit.by_key and not opt.get("signed")
    if guarded:
        _check_origin(visit)
    _check_access(visit, opt.get("access"))
    if changes:
        await _check_body(visit, opt, guarded)


def _rate(method: str) -> str:
    return "read" if method in SAFE_METHODS else "write"


async def _check_body(visit: Visit, opt: dict[str, Any], guarded: bool) -> None:
    """Refuse a change that does not carry our token, and media types that the route does not read."""
    request = visit.request
    is_api = request.scope["path"].startswith(("/api/", "/v1/"))
    media_type = request.content_type[0].lower()
    if guarded and (not is_api or visit.session is not None):  # without one nothing that a browser adds gives a right
        await _check_token(visit, is_api, media_type)
    accepts = opt.get("accepts", (JSON,) if is_api else FORM_TYPES)
    if _has_body(request) and media_type not in accepts:
        raise UnknownMediaType(f"Send the body as {' or '.join(sorted(accepts))}")


async def _check_token(visit: Visit, is_api: bool, media_type: str) -> None:
    """A script's change carries the token in a header, a form's in a field."""
    token = visit.request.headers.get("x-csrf-token", "")
    if not is_api and media_type in FORM_TYPES:
        token = (await visit.form()).get("_csrf", token)
    if not visit.csrf_matches(token):
        raise NotAllowed(visit.say("error.csrf"))


def _has_body(request: Request[Any, Any, Any]) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _check_origin(visit: Visit) -> None:
    """A browser says where a request comes from; other programs say nothing, and are asked for the token alone."""
    headers = visit.request.headers
    source = headers.get("origin") or headers.get("referer")
    own = visit.policy.own_origins(visit.request.scope["scheme"], headers.get("host", ""))
    foreign = headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    if source is not None:
        parts = urlsplit(source)
        foreign = f"{parts.scheme}://{parts.netloc}" not in own
    if foreign:
        raise NotAllowed("This request comes from another site: a change must come from our own pages")


def _check_access(visit: Visit, access: str | None) -> None:
    """`person`: somebody signed in; `caller`: that, or a key; `member`: acts for an organisation; `operator`."""
    scope = visit.scope
    if access == "person":
        identity.require_person(scope)
    elif access == "caller" and not (scope.is_person or visit.by_key):
        raise NotSignedIn("Sign in to do this")
    elif access == "member":
        if scope.is_public and visit.request.scope["path"].startswith("/v1/"):
            raise NotSignedIn("Send an API key: Authorization: Bearer and the key. Keys are made at /cloud/keys")
        identity.require_organisation(scope)
    elif access == "operator":
        identity.require_operator(scope)
    elif access not in (None, "caller"):
        raise Invalid(f"there is no access {access}")


async def _remember_language(visit: Visit) -> None:
    """What is chosen by a link stays chosen: in a cookie, and for whoever is signed in with the session, whose own
    language would else come back with the next page."""
    wish, session = visit.request.query_params.get("lang"), visit.session
    if wish not in identity.LANGUAGES:
        return
    language = str(wish)
    if language != visit.cookie("entrepot-language"):
        visit.set_cookie("entrepot-language", language, 365 * 86_400)
    if session is not None and session.user is not None and session.language != language:
        visit.session = await visit.write(lambda tx: identity.set_language(tx, session, language))
