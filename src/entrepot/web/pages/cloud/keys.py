"""API keys: made, shown once, revoked."""

from __future__ import annotations

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import identity
from entrepot.kernel import Refused, Secret

from ...params import Id
from ...rendering import redirect
from ...visit import Visit
from .console import MEMBER, first_model, show


class KeyForm(msgspec.Struct, frozen=True):
    """What a new key is called."""

    name: str = ""


@get("/cloud/keys", include_in_schema=False, opt=MEMBER)
async def keys(visit: Visit) -> Response[str]:
    """The organisation's keys."""
    return await _show(visit)


@post("/cloud/keys", include_in_schema=False, opt=MEMBER, status_code=200)
async def make(visit: Visit) -> Response[str]:
    """Make a key; its secret stands on this page and never again."""
    form = await visit.fields(KeyForm)
    try:
        _, secret = await visit.write(lambda tx: identity.create_key(tx, visit.scope, form.name))
    except Refused as refusal:
        return await _show(visit, refusal=refusal)
    return await _show(visit, secret=secret)


@post("/cloud/keys/{key_id:str}/revoke", include_in_schema=False, opt=MEMBER)
async def revoke(visit: Visit, key_id: Id) -> Response[None]:
    """End a key now."""
    await visit.write(lambda tx: identity.revoke_key(tx, visit.scope, key_id))
    visit.flash("cloud.key_revoked")
    return redirect("/cloud/keys")


async def _show(visit: Visit, secret: Secret | None = None, refusal: Refused | None = None) -> Response[str]:
    return await show(
        visit,
        "keys",
        "keys.html",
        refusal=refusal,
        keys=await visit.read(lambda s: identity.list_keys(s, visit.scope)),
        secret=secret.reveal() if secret else None,
        first_model=await visit.read(first_model) if secret else None,
        address=visit.entrepot.settings.public_url,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (keys, make, revoke)
