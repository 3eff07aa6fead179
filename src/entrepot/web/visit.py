"""A visit: one request, who makes it, in which language, and the house it is made to. Every handler takes one.

A guest's session is begun on the first need, so that a robot which reads pages leaves no row.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from litestar import Request
from litestar.di import NamedDependency

from entrepot import identity
from entrepot.group import Market
from entrepot.identity import Scope, Session
from entrepot.kernel import Invalid, NotSignedIn, Refused, RequestKey, Secret, Snapshot, Tx, once, request_key
from entrepot.kernel.steps import note, step

from .measures import Measures
from .policy import Policy
from .refusals import Unreadable
from .shared import read_market
from .texts import choose_language, say

if TYPE_CHECKING:
    from entrepot.app import Entrepot
    from entrepot.discovery import SearchPage, SearchRequest

R = TypeVar("R")
S = TypeVar("S", bound=msgspec.Struct)

SESSION, FLASH, LANGUAGE, CSRF = "entrepot", "entrepot-flash", "entrepot-language", "entrepot-csrf"
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_FLASH_S = 60


class CurrentVisit:
    """What a handler works with. Rooms are called through `read` and `write`, with `scope`."""

    def __init__(
        self,
        request: Request[Any, Any, Any],
        entrepot: Entrepot,
        policy: Policy,
        measures: Measures,
        busy: asyncio.Semaphore,
    ) -> None:
        self.request = request
        self.entrepot = entrepot
        self.policy = policy
        self._measures = measures
        self.busy = busy
        self.session: Session | None = None
        self.scope: Scope = Scope.public()
        self.by_key = False
        self.checks_key = False
        self.former: Scope | None = None
        """Whose the key was that calls, when it was revoked."""
        self.remembered: Secret | None = None
        """The key that calls, when it was taken from memory."""
        self.new_cookies: list[str] = []
        self._csrf_nonce: str | None = None

    @property
    def state(self) -> dict[str, Any]:
        """What the edge noted about this request."""
        return self.request.scope["state"]

    @property
    def nonce(self) -> str:
        """Of the content security policy: inline scripts and styles carry it."""
        return str(self.state.get("nonce", ""))

    @property
    def request_id(self) -> str:
        """Names this request in the log, and in an error's answer."""
        return str(self.state.get("request_id", ""))

    @property
    def ip(self) -> str:
        """The address the request came from."""
        return self.request.client.host if self.request.client else "unknown"

    @property
    def now(self) -> int:
        """Microseconds UTC."""
        return self.entrepot.database.clock.now()

    @property
    def language(self) -> str:
        """What the visitor chose, in the address, before, or in the browser."""
        return choose_language(
            self.request.query_params.get("lang"),
            self.session.language if self.session and self.session.user else None,
            self.cookie(LANGUAGE),
            accept=self.request.headers.get("accept-language", ""),
        )

    def say(self, key: str, **params: Any) -> str:
        """An interface text in the visitor's language."""
        return say(self.language, key, **params)

    # --- who calls

    async def find_key(self, key: Secret) -> Scope:
        """Whose a key is. NotSignedIn for one that is not known, or was revoked."""
        found = await self.glance(lambda s: identity.find_key(s, key))
        if found is None:
            self.former = await self.glance(lambda s: identity.find_revoked_key(s, key))
            raise NotSignedIn("This API key is not known here, or was revoked: write Authorization: Bearer and the key")
        return found

    async def confirm_key(self) -> None:
        """Before a refusal: a key that was taken from memory is looked up, because nothing else asks for it again when
        a call is not let in. NotSignedIn when it was revoked meanwhile."""
        if self.remembered is not None:
            await self.find_key(self.remembered)

    # --- the house

    async def read(self, query: Callable[[Snapshot], R]) -> R:
        """Run a query."""
        return await self.entrepot.database.read(query)

    async def glance(self, query: Callable[[Snapshot], R]) -> R:
        """Run a query that looks at a handful of rows by their keys: a session, a cart, one order."""
        return await self.entrepot.database.glance(query)

    async def write(self, command: Callable[[Tx], R]) -> R:
        """Run a command; it is durable when this returns."""
        with self._measures.command():
            return await self.entrepot.database.write(command)

    async def search(self, request: SearchRequest) -> SearchPage:
        """Find products; what is shown is noted for learning when there is a session."""
        with step("search", words=len(request.q.split()), surface=request.surface):
            page = await self.on_thread(lambda: self.entrepot.searcher.search(self.scope, request))
        note(total=page.total, hits=len(page.hits), search_id=page.request_id)
        return page

    async def market(self) -> Market:
        """The market as its owner set it up."""
        return await self.read(read_market)

    async def on_thread(self, act: Callable[[], R]) -> R:
        """Do what would keep the event loop on a thread."""
        return await asyncio.get_running_loop().run_in_executor(None, act)

    async def work(self, act: Callable[[], R]) -> R:
        """The same for what keeps a processor busy (a password's hash, a picture): as many at a time as there are."""
        async with self.busy:
            return await self.on_thread(act)

    async def once(
        self, key: str | None, command: Callable[[Tx], S], into: type[S], *, stands_for: bytes | None = None
    ) -> S:
        """Run a command once per key: the same request again gets the same answer, another body a Conflict.

        `stands_for` is what the body says, where it is not to be read again.
        """
        if not key:
            return await self.write(command)
        checked = await self._request_key(key, stands_for)
        return await self.write(lambda tx: once(tx, checked, lambda: command(tx), into))

    async def _request_key(self, key: str, stands_for: bytes | None) -> RequestKey:
        """The key, scoped to who asks and for what, with the body that it stands for."""
        body = stands_for if stands_for is not None else await self._body()
        return request_key(self.scope.actor, f"{self.request.method} {self.request.scope['path']}", key, body)

    async def _body(self) -> bytes:
        """What was sent, without the token that differs each time."""
        if self.request.content_type[0] not in FORM_TYPES:
            return await self.request.body()
        return msgspec.json.encode(sorted(item for item in (await self.form()).items() if item[0] != "_csrf"))

    async def owner(self) -> Scope:
        """The scope that may own a cart: the person's or the guest's, whose session is begun now if there is none."""
        if self.scope.is_public:
            await self.begin_session(None)
        return self.scope

    async def begin_session(self, user_id: str | None) -> Session:
        """Open a session for a person, or for a guest (None), and hand its token to the browser."""
        ttl_s, language = self.entrepot.settings.identity.session_days * 86_400, self.language
        session, token = await self.write(lambda tx: identity.open_session(tx, user_id, ttl_s * 1_000_000, language))
        self.set_cookie(SESSION, token.reveal(), ttl_s)
        self.session, self.scope = session, session.scope
        return session

    def forget_session(self) -> None:
        """Have the browser drop its session's token."""
        self.session, self.scope = None, Scope.public()
        self.set_cookie(SESSION, "", 0)

    # --- cookies

    def cookie(self, name: str) -> str | None:
        """A cookie's value as the browser sent it."""
        return self.request.cookies.get(self.policy.cookie(name))

    def set_cookie(self, name: str, value: str, max_age_s: int | None = None) -> None:
        """Send a cookie with the answer, with all its flags."""
        prefix = f"{self.policy.cookie(name)}="
        self.new_cookies = [each for each in self.new_cookies if not each.startswith(prefix)]
        self.new_cookies.append(self.policy.cookie_header(name, value, max_age_s))

    def flash(self, key: str) -> None:
        """Show the text of this key once, on the next page."""
        until = self.now + _FLASH_S * 1_000_000
        self.set_cookie(FLASH, identity.sign(self.entrepot.secret_key, "flash", key, until), _FLASH_S)

    def take_flash(self) -> str | None:
        """The key of the message to show now; it is shown once."""
        if not (token := self.cookie(FLASH)):
            return None
        self.set_cookie(FLASH, "", 0)
        return self.unsign("flash", token)

    # --- forms

    @property
    def csrf_token(self) -> str:
        """What a form, or a fetch in X-CSRF-Token, must carry. Bound to the session, or to this browser before one."""
        if self.session is not None:
            return identity.sign(self.entrepot.secret_key, "csrf.session", self.session.id, None)
        return identity.sign(self.entrepot.secret_key, "csrf.browser", self._browser_nonce(), None)

    def _browser_nonce(self) -> str:
        nonce = self._csrf_nonce or self.cookie(CSRF)
        if not nonce:
            nonce = secrets.token_urlsafe(18)
            self.set_cookie(CSRF, nonce, None)
        self._csrf_nonce = nonce
        return nonce

    def csrf_matches(self, token: str) -> bool:
        """Whether a token is this session's; a guest's may also be the browser's, from before the session began."""
        # Signed for two purposes: a nonce is whatever the cookie says, and must not pass for a session's id.
        if self.session is not None and self.unsign("csrf.session", token) == self.session.id:
            return True
        nonce = self.cookie(CSRF)
        return not self.scope.is_person and nonce is not None and self.unsign("csrf.browser", token) == nonce

    def unsign(self, purpose: str, token: str) -> str | None:
        """The value we signed for this purpose; None when it is not ours or its time is over."""
        try:
            return identity.unsign(self.entrepot.secret_key, purpose, token, self.now)
        except Refused:
            return None

    async def form(self) -> dict[str, str]:
        """The fields of a form, one value each; files are left out. Unreadable for what is no text."""
        fields = {name: text for name, text in (await self.request.form()).items() if isinstance(text, str)}
        if not all(is_text(text) for item in fields.items() for text in item):
            raise Unreadable("A field holds characters that are no text")
        return fields

    async def fields(self, into: type[S]) -> S:
        """The fields of a form as a struct. Invalid, naming the field, for what does not fit."""
        try:
            return msgspec.convert(await self.form(), into, strict=False)
        except msgspec.ValidationError as error:
            raise Invalid(f"{self.say('error.form')} ({error})") from None


def is_text(text: str) -> bool:
    """Whether a database can keep it: it holds no NUL, and no half of a character."""
    return not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text)


Visit = NamedDependency[CurrentVisit]
"""What a handler declares to take; Litestar fills it in by this mark."""
