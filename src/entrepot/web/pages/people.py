"""Accounts: signing up, in and out, a forgotten password, one's profile, addresses and messages."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import identity
from entrepot.identity import Address
from entrepot.kernel import Refused, Secret, Tx

from ..api.session import choose
from ..countries import list_countries
from ..demo import list_cast, sign_in_as
from ..params import Id, InQuery, MaybeInQuery
from ..rendering import redirect, render
from ..signing_in import check_password, sign_in, sign_out, sign_up
from ..visit import Visit
from ..wire import listed

NOTICES = 20
NOWHERE = Address(name="", line1="", line2="", city="", region="", postal_code="", country="", phone="")


class SignInForm(msgspec.Struct, frozen=True):
    """Who it is; in a demo home also one of the cast, by name."""

    email: str = ""
    password: str = ""
    next: str = "/"
    demo: str = ""


class SignUpForm(msgspec.Struct, frozen=True):
    """A new account."""

    name: str = ""
    email: str = ""
    password: str = ""
    next: str = "/"


class ActForm(msgspec.Struct, frozen=True):
    """The organisation to act for, and where to go on."""

    organisation: str = ""
    next: str = "/account"


@get("/sign-in", include_in_schema=False)
async def ask_sign_in(visit: Visit, next: InQuery = "/") -> Response[Any]:
    """The form; whoever is signed in already goes on."""
    if visit.scope.is_person:
        return redirect(next)
    return await _show_sign_in(visit, "", next)


@post("/sign-in", include_in_schema=False, opt={"rate": "sign_in"})
async def do_sign_in(visit: Visit) -> Response[Any]:
    """Sign in, and go on where one came from."""
    form = await visit.fields(SignInForm)
    try:
        if form.demo:
            return redirect(await sign_in_as(visit, form.demo))
        await sign_in(visit, form.email, Secret(form.password))
    except Refused as refusal:
        return await _show_sign_in(visit, form.email, form.next, refusal)
    return redirect(form.next)


@get("/sign-up", include_in_schema=False)
async def ask_sign_up(visit: Visit, next: InQuery = "/") -> Response[Any]:
    """The form of a new account."""
    return await _show_sign_up(visit, SignUpForm(next=next))


@post("/sign-up", include_in_schema=False, opt={"rate": "sign_in"})
async def do_sign_up(visit: Visit) -> Response[Any]:
    """Open an account."""
    form = await visit.fields(SignUpForm)
    try:
        entered = await sign_up(visit, form.email, Secret(form.password), form.name)
    except Refused as refusal:
        return await _show_sign_up(visit, form, refusal)
    visit.flash("signin.welcome" if entered else "signin.confirm")
    return redirect(form.next if entered else "/sign-in")


@post("/sign-out", include_in_schema=False)
async def do_sign_out(visit: Visit) -> Response[Any]:
    """End the session."""
    await sign_out(visit)
    return redirect("/")


@get("/account/confirm", include_in_schema=False)
async def confirm(visit: Visit, token: InQuery) -> Response[Any]:
    """The link that was mailed to confirm an address."""
    await visit.write(lambda tx: identity.confirm_email(tx, Secret(token)))
    visit.flash("signin.confirmed")
    return redirect("/sign-in" if not visit.scope.is_person else "/account")


@get("/account/forgotten", include_in_schema=False)
async def forgotten(visit: Visit) -> Response[str]:
    """Ask for a link that sets a new password."""
    return await render(visit, "password.html", sent=False, token=None, sentence=None)


@post("/account/forgotten", include_in_schema=False, opt={"rate": "mail"})
async def send_reset(visit: Visit) -> Response[str]:
    """Have the link mailed; the answer is the same for every address."""
    email = (await visit.form()).get("email", "")
    await visit.write(lambda tx: identity.request_reset(tx, email))
    return await render(visit, "password.html", sent=True, token=None, sentence=None)


@get("/account/reset", include_in_schema=False)
async def ask_reset(visit: Visit, token: InQuery) -> Response[str]:
    """The form behind the mailed link."""
    return await render(visit, "password.html", sent=False, token=token, sentence=None)


@post("/account/reset", include_in_schema=False, opt={"rate": "sign_in"})
async def reset(visit: Visit) -> Response[Any]:
    """Set the new password."""
    form = await visit.form()
    token, password = Secret(form.get("token", "")), Secret(form.get("password", ""))
    try:
        hashed = await visit.work(lambda: identity.hash_password(password))
        await visit.write(lambda tx: identity.reset_password(tx, token, hashed))
    except Refused as refusal:
        return await render(
            visit, "password.html", status=400, sent=False, token=token.reveal(), sentence=refusal.sentence
        )
    visit.flash("password.done")
    return redirect("/sign-in")


@get("/account", include_in_schema=False, opt={"access": "person"})
async def account(visit: Visit) -> Response[str]:
    """One's profile, password and addresses."""
    return await _show_account(visit)


@post("/account/profile", include_in_schema=False, opt={"access": "person"})
async def save_profile(visit: Visit) -> Response[Any]:
    """Change name and language."""
    form = await visit.form()
    name, language = form.get("name", ""), form.get("language", "en")
    try:
        await visit.write(lambda tx: identity.update_profile(tx, visit.scope, name, language))
    except Refused as refusal:
        return await _show_account(visit, refusal, named=name)
    await choose(visit, language)
    visit.flash("form.saved")
    return redirect("/account")


@post("/account/organisation", include_in_schema=False, opt={"access": "person"})
async def act_for(visit: Visit) -> Response[Any]:
    """Act for another organisation of one's own."""
    form = await visit.fields(ActForm)
    await choose(visit, None, form.organisation)
    visit.flash("account.switched")
    return redirect(form.next)


@post("/account/password", include_in_schema=False, opt={"access": "person", "rate": "sign_in"})
async def save_password(visit: Visit) -> Response[Any]:
    """Replace the password; other sessions end."""
    form = await visit.form()
    session = visit.session
    assert session is not None
    try:
        await check_password(visit, Secret(form.get("old", "")))
        hashed = await visit.work(lambda: identity.hash_password(Secret(form.get("new", ""))))
    except Refused as refusal:
        return await _show_account(visit, refusal)
    await visit.write(lambda tx: identity.change_password(tx, session, hashed))
    visit.flash("password.done")
    return redirect("/account")


@post("/account/addresses", include_in_schema=False, opt={"access": "person"})
async def add_address(visit: Visit) -> Response[Any]:
    """Keep an address."""
    form = await visit.form()
    address = Address(**{name: form.get(name, "").strip() for name in Address.__struct_fields__})
    try:
        await visit.write(lambda tx: identity.save_address(tx, visit.scope, address))
    except Refused as refusal:
        return await _show_account(visit, refusal, address)
    visit.flash("form.saved")
    return redirect("/account")


@post("/account/addresses/{address_id:str}/delete", include_in_schema=False, opt={"access": "person"})
async def delete_address(visit: Visit, address_id: Id) -> Response[Any]:
    """Forget an address."""
    await visit.write(lambda tx: identity.delete_address(tx, visit.scope, address_id))
    return redirect("/account")


@get("/notices", include_in_schema=False, opt={"access": "person"})
async def notices(visit: Visit, before: MaybeInQuery = None) -> Response[str]:
    """One's messages; what is shown counts as read from then on."""
    scope, language = visit.scope, visit.language
    found = await visit.read(lambda s: identity.list_notices(s, scope, language, before=before, most=NOTICES + 1))
    page = listed(found, NOTICES, lambda notice: notice.id)
    response = await render(visit, "notices.html", notices=page.items, older=page.next)
    unread = [notice.id for notice in page.items if notice.read_at is None]
    if unread:
        await visit.write(lambda tx: _mark_read(tx, visit, unread))
    return response


@get("/help", include_in_schema=False)
async def explain(visit: Visit) -> Response[str]:
    """How buying here works, in five steps."""
    return await render(visit, "help.html", confirm_days=visit.entrepot.settings.orders.confirm_days)


def _mark_read(tx: Tx, visit: Visit, notice_ids: list[str]) -> None:
    for notice_id in notice_ids:
        identity.mark_read(tx, visit.scope, notice_id)


async def _show_sign_in(visit: Visit, email: str, next_: str, refusal: Refused | None = None) -> Response[Any]:
    return await render(
        visit,
        "sign-in.html",
        status=400 if refusal else 200,
        email=email,
        next=next_,
        sentence=refusal.sentence if refusal else None,
        cast=await list_cast(visit),
    )


async def _show_sign_up(visit: Visit, form: SignUpForm, refusal: Refused | None = None) -> Response[Any]:
    return await render(
        visit,
        "sign-up.html",
        status=400 if refusal else 200,
        name=form.name,
        email=form.email,
        next=form.next,
        sentence=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
    )


async def _show_account(
    visit: Visit, refusal: Refused | None = None, address: Address | None = None, named: str | None = None
) -> Response[str]:
    """The page; where a form was refused, with what was typed into it: an address, or a name of one's own."""
    scope = visit.scope
    return await render(
        visit,
        "account.html",
        status=400 if refusal else 200,
        saved=await visit.read(lambda s: identity.list_addresses(s, scope)),
        organisations=await visit.read(lambda s: identity.list_own_organisations(s, scope)),
        address=address or NOWHERE,
        adding=address is not None,
        named=named,
        countries=list_countries(visit.language),
        languages=[(code, visit.say(f"language.{code}")) for code in identity.LANGUAGES],
        errors=refusal.fields if refusal else {},
        sentence=refusal.sentence if refusal else None,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (
    ask_sign_in,
    do_sign_in,
    ask_sign_up,
    do_sign_up,
    do_sign_out,
    confirm,
    forgotten,
    send_reset,
    ask_reset,
    reset,
    account,
    save_profile,
    act_for,
    save_password,
    add_address,
    delete_address,
    notices,
    explain,
)
