"""Pages: a Jinja template, what the handler gives it, and what every page knows.

In a template:

- `t("cart.title", count=3)`: an interface text; every word a person reads comes from `texts/*.json`
- `amount|money("USD")`, `amount|nano("USD")`, `price|rate("USD")`, `at|day`, `at|moment`, `at|machine_time`, `at|ago`,
  `code|country`, `sentence|told`: by the visitor's language; `per|many`: 1M
- `sha256|picture(640)`, `sha256|srcset`, `hit.image|srcset_of`: addresses of a stored picture
- `static("app.css")`: the address of a file in `static/`, which changes with its content
- `csrf_field()` and `key_field()`: hidden fields; the first in every form that posts, the second also where money or
  stock moves; `nonce`: for the rare inline script or style
- `currencies_in_use()`: pairs of code and words, for a form to offer
- `parcel_link(parcel_id)`: the buyer's own page about a parcel; only for pages that the buyer sees
- `page`: the `Page` below

A macro that needs `page`, `csrf_field` or `nonce` is imported `with context`.
"""

from __future__ import annotations

import functools
import re
import secrets
from typing import Any
from urllib.parse import quote

import msgspec
import structlog
from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateError, pass_context
from litestar import Response
from markupsafe import Markup

from entrepot import identity
from entrepot.identity import Scope

from . import formats, shared
from .countries import country_name
from .currencies import list_currencies
from .static import static_address
from .texts import say, told
from .visit import Visit

HTML = "text/html"
PICTURE_WIDTHS = (160, 320, 640, 1280)

log = structlog.get_logger(__name__)


class Page(msgspec.Struct, frozen=True):
    """What every page knows. `flash` is a text's key, shown once; `by_photo` whether shoppers can search by one; `site`
    how the market is reached."""

    language: str
    languages: tuple[str, ...]
    market: str
    currency: str
    scope: Scope
    user: identity.User | None
    cart_count: int
    notices: int
    flash: str | None
    path: str
    address: str
    query: dict[str, str]
    by_photo: bool = True
    site: str = ""

    @property
    def signed_in(self) -> bool:
        """Whether a person is signed in."""
        return self.scope.is_person

    @property
    def is_merchant(self) -> bool:
        """Whether the merchant's console is theirs."""
        return identity.Role.MERCHANT in self.scope.roles

    @property
    def is_customer(self) -> bool:
        """Whether they use compute: everybody who acts for an organisation may."""
        return self.scope.organisation is not None

    @property
    def is_operator(self) -> bool:
        """Whether the operator's console is theirs."""
        return self.scope.is_operator


_MARKED = re.compile(r": look at [a-z0-9_]+(?:, [a-z0-9_]+)*$")
"""How a room names fields to a program: a person sees them marked."""
_BEGINNINGS = (("/cloud", "/cloud/start"), ("/merchant", "/sell"))
"""Where somebody who acts for no organisation yet gets the one that a console asks for."""


async def render(visit: Visit, template: str, *, status: int = 200, **context: Any) -> Response[str]:
    """A page."""
    scope = visit.scope
    facts = await visit.glance(lambda s: shared.read_shared(s, scope))
    visit.request.app.state.house.market = shared.Shared(facts.market, facts.currency)
    return _respond(visit, template, status, page_of(visit, facts), context)


def failure_page(visit: Visit, status: int, sentence: str, headers: dict[str, str]) -> Response[Any]:
    """The page of a refusal or a failure; whoever must sign in is sent there, and back afterwards."""
    if status == 401 and visit.request.method == "GET":
        return redirect(f"/sign-in?next={quoted(visit.request.scope['path'])}")
    if status == 403 and visit.request.method == "GET" and visit.scope.is_person and visit.scope.organisation is None:
        beginning = next((to for at, to in _BEGINNINGS if visit.request.scope["path"].startswith(at)), None)
        if beginning is not None:
            return redirect(beginning)
    page = page_of(visit, visit.request.app.state.house.market)
    try:
        response = _respond(visit, "failure.html", status, page, {"status": status, "sentence": sentence})
    except (TemplateError, OSError) as error:
        log.error("the page of a failure cannot be made", exc_info=error)
        return Response(f"{status}: {sentence}", status_code=status, media_type="text/plain", headers=headers)
    response.headers.update(headers)
    return response


def redirect(to: str) -> Response[Any]:
    """After a form: see that page (303). Addresses of other sites are refused by leading to our own front page."""
    safe = to if to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() else "/"
    return Response(None, status_code=303, headers={"Location": _ascii(safe)}, media_type="text/plain")


def quoted(text: str) -> str:
    """A text as a part of an address."""
    return quote(text, safe="")


def _ascii(address: str) -> str:
    return quote(address, safe="/?&=%#+;:,@!$'()*~[]")


def page_of(visit: Visit, facts: shared.Shared) -> Page:
    """What every page knows, of this visit."""
    request = visit.request
    flash = visit.take_flash()
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope["path"]
    return Page(
        visit.language, identity.LANGUAGES, facts.market, facts.currency, visit.scope,
        visit.session.user if visit.session else None, facts.cart_count, facts.notices, flash,
        path, f"{path}?{query}" if query else path, dict(request.query_params.items()),
        visit.entrepot.settings.discovery.image_search, visit.entrepot.settings.public_url,
    )  # fmt: skip


def _respond(visit: Visit, template: str, status: int, page: Page, context: dict[str, Any]) -> Response[str]:
    made = environment(page.language).get_template(template)
    context |= _told(page.language, context)
    text = made.render(
        page=page,
        nonce=visit.nonce,
        request_id=visit.request_id,
        csrf_field=lambda: Markup('<input type="hidden" name="_csrf" value="{}">').format(visit.csrf_token),
        csrf_token=lambda: visit.csrf_token,
        key_field=lambda: Markup('<input type="hidden" name="_key" value="{}">').format(secrets.token_urlsafe(18)),
        parcel_link=lambda parcel_id: f"/track/{identity.sign(visit.entrepot.secret_key, 'collect', parcel_id)}",
        now=visit.now,
        **context,
    )
    return Response(text, status_code=status, media_type=HTML)


def _told(language: str, context: dict[str, Any]) -> dict[str, Any]:
    """What was refused, in the visitor's language: beside the form, and at each field."""
    sentence, errors = context.get("sentence"), context.get("errors")
    found: dict[str, Any] = {}
    if sentence:
        found["sentence"] = _MARKED.sub(": look at the marked fields", told(language, sentence))
    if errors:
        found["errors"] = {field: told(language, each) for field, each in errors.items()}
    return found


@functools.cache
def environment(language: str) -> Environment:
    """Templates of one language: its texts and formats are bound, so that macros have them too."""
    made = Environment(
        loader=PackageLoader("entrepot.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(t=functools.partial(say, language), static=static_address, language=language)
    made.globals["currencies_in_use"] = functools.partial(list_currencies, language)
    made.filters.update(
        money=lambda amount, currency: formats.money(amount, currency, language),
        nano=lambda amount, currency: formats.nano(amount, currency, language),
        rate=lambda nano, currency: formats.rate(nano, currency, language),
        many=formats.many,
        told=lambda sentence: told(language, sentence),
        day=lambda at: formats.day(at, language),
        moment=lambda at: formats.moment(at, language),
        day_of_month=formats.day_of_month,
        machine_time=formats.machine_time,
        country=lambda code: country_name(code, language),
        ago=_ago(language),
        picture=picture,
        srcset=srcset,
        srcset_of=srcset_of,
    )
    return made


def _ago(language: str) -> Any:
    @pass_context
    def ago(context: Any, at: int, now: int | None = None) -> str:
        return formats.ago(at, now if now is not None else context["now"], language)

    return ago


def picture(sha256: str, width: int = 640) -> str:
    """The address of a picture at a width."""
    return f"/m/{sha256}/{width}.webp"


def srcset(sha256: str) -> str:
    """A picture at every width, for the browser to choose."""
    return ", ".join(f"{picture(sha256, width)} {width}w" for width in PICTURE_WIDTHS)


def srcset_of(address: str) -> str:
    """A hit's picture, given as an address, at every width; empty for one that lies elsewhere."""
    parts = address.split("/")
    return srcset(parts[2]) if address.startswith("/m/") and len(parts) == 4 else ""
