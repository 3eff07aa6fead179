"""Models that one publishes: sent, priced, submitted, withdrawn; what they earn; and the operator's word on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import cloud
from entrepot.kernel import Tx

from ..endpoints import endpoint
from ..model_uploads import MODEL_BYTES_MAX, receive_model
from ..params import Id, OptionalKey, Prose
from ..visit import Visit
from ..wire import Done, Made
from .cloud_money import Nano, currency_of

MULTIPART = "multipart/form-data"
_TEXT = {"type": "string", "maxLength": 50_000}
_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9._-]{0,78}[a-z0-9])?$"},
        "kind": {"type": "string", "enum": ["chat", "completion", "embedding", "rerank"]},
        "licence": {"type": "string", "maxLength": 100},
        "licence_url": {"type": "string", "maxLength": 500},
        "gated": {"type": "string", "enum": ["true", "false"]},
        "own": {"type": "string", "enum": ["true", "false"]},
        "listed": {"type": "string", "enum": ["true", "false"]},
        "base": {"type": "string", "maxLength": 200},
        "card": _TEXT,
    },
    "required": ["files", "name", "licence"],
}
Share = Annotated[int, Meta(ge=0, le=10_000, description="Hundredths of a percent")]


class ModelPrices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model costs from now on, by meter, in thousand-millionths of the home currency, and what a batch pays of
    that, in hundredths of a percent: left out, the same as before."""

    nano: Annotated[dict[str, Nano], Meta(min_length=1, max_length=20)]
    batch_bps: Annotated[int, Meta(ge=0, le=10_000)] | None = None


class AskedShare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The share of every price that its maker earns; left out, the usual one, or what was asked for."""

    share_bps: Share | None = None


class NewShare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The share of every price that its maker earns from now on."""

    share_bps: Share


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is not published."""

    reason: Prose


class OwnModel(msgspec.Struct, frozen=True):
    """A version with its prices now and what its maker earns of them; what it was made from, and what was made of it.

    `prices` is None where it has none yet.
    """

    model: cloud.Model
    prices: dict[str, int] | None
    maker_bps: int
    made_from: list[str]
    made_of_it: list[str]


class OwnModels(msgspec.Struct, frozen=True):
    """Versions, the newest of each name first."""

    models: list[cloud.Model]


class MakerEarnings(msgspec.Struct, frozen=True):
    """What one's models earned, in thousand-millionths of `currency`; `waiting` is not due in whole minor units yet."""

    currency: str
    earnings: cloud.Earnings


@endpoint("GET", "/api/cloud/models", access="member")
async def list_own_models(visit: Visit) -> OwnModels:
    """Every version that one's organisation registered; the operator sees everybody's."""
    return OwnModels(await visit.read(lambda s: cloud.list_own(s, visit.scope)))


@endpoint(
    "POST", "/api/cloud/models", access="member", rate="upload", bytes_max=MODEL_BYTES_MAX, accepts=(MULTIPART,),
    form=_FORM,
)  # fmt: skip
async def add_own_model(visit: Visit, key: OptionalKey = None) -> OwnModel:
    """Send a model: GGUF, ONNX or safetensors, and its tokeniser. It is loaded once to see what it can do."""
    form = await visit.request.form()
    model = await receive_model(visit, await visit.form(), form.getall("files", []), key)
    return await _told(visit, model.id)


@endpoint("GET", "/api/cloud/models/{model_id:str}", access="member")
async def get_own_model(visit: Visit, model_id: Id) -> OwnModel:
    """A version of one's own."""
    return await _told(visit, model_id)


@endpoint("PUT", "/api/cloud/models/{model_id:str}/prices", asks=ModelPrices, access="member")
async def set_model_prices(visit: Visit, model_id: Id, asked: ModelPrices, key: OptionalKey = None) -> OwnModel:
    """Say what it costs from now on, each version of it; the maker's share stays."""
    await _once(
        visit, key, model_id,
        lambda tx: cloud.set_prices(tx, visit.scope, model_id, asked.nano, batch_bps=asked.batch_bps),
    )  # fmt: skip
    return await _told(visit, model_id)


@endpoint("POST", "/api/cloud/models/{model_id:str}/submit", asks=AskedShare, access="member", status=200)
async def submit_own_model(visit: Visit, model_id: Id, asked: AskedShare, key: OptionalKey = None) -> OwnModel:
    """Ask for it to be published, for so much of every price."""
    share = cloud.SHARE_BPS if asked.share_bps is None else asked.share_bps
    await _once(visit, key, model_id, lambda tx: cloud.submit_model(tx, visit.scope, model_id, share))
    return await _told(visit, model_id)


@endpoint("POST", "/api/cloud/models/{model_id:str}/withdraw", access="member", status=200)
async def withdraw_own_model(visit: Visit, model_id: Id, key: OptionalKey = None) -> OwnModel:
    """Let it be called no more."""
    await _once(visit, key, model_id, lambda tx: cloud.withdraw_model(tx, visit.scope, model_id))
    return await _told(visit, model_id)


@endpoint("POST", "/api/cloud/models/{model_id:str}/agree", access="member", status=200)
async def agree_to_model_licence(visit: Visit, model_id: Id, key: OptionalKey = None) -> Done:
    """Agree to its licence for one's organisation, before the first call."""
    await _once(visit, key, model_id, lambda tx: cloud.agree_to_licence(tx, visit.scope, model_id))
    return Done()


@endpoint("GET", "/api/cloud/earnings", access="member")
async def get_maker_earnings(visit: Visit) -> MakerEarnings:
    """What one's models earned. Whole minor units become due within a minute, and are paid out like a merchant's."""
    currency = currency_of(visit)
    unit = cloud.nano(currency)
    return MakerEarnings(currency, await visit.read(lambda s: cloud.read_earnings(s, visit.scope, unit)))


@endpoint("GET", "/api/operator/models", access="operator")
async def list_submitted_models(visit: Visit) -> OwnModels:
    """What waits for the operator's word, oldest first."""
    return OwnModels(await visit.read(lambda s: cloud.list_submitted(s, visit.scope)))


@endpoint("POST", "/api/operator/models/{model_id:str}/publish", asks=AskedShare, access="operator", status=200)
async def publish_submitted_model(visit: Visit, model_id: Id, asked: AskedShare, key: OptionalKey = None) -> OwnModel:
    """Publish a version: it is found in the catalogue and answers calls."""
    await _once(visit, key, model_id, lambda tx: cloud.publish_model(tx, visit.scope, model_id, asked.share_bps))
    return await _told(visit, model_id)


@endpoint("POST", "/api/operator/models/{model_id:str}/refuse", asks=Reason, access="operator", status=200)
async def refuse_submitted_model(visit: Visit, model_id: Id, asked: Reason, key: OptionalKey = None) -> OwnModel:
    """Send a submitted version back to its maker, with a reason."""
    await _once(visit, key, model_id, lambda tx: cloud.refuse_model(tx, visit.scope, model_id, asked.reason))
    return await _told(visit, model_id)


@endpoint("PUT", "/api/operator/models/{model_id:str}/share", asks=NewShare, access="operator")
async def set_maker_share(visit: Visit, model_id: Id, asked: NewShare, key: OptionalKey = None) -> OwnModel:
    """Change what its maker earns of every price, from now on."""
    await _once(visit, key, model_id, lambda tx: cloud.set_share(tx, visit.scope, model_id, asked.share_bps))
    return await _told(visit, model_id)


async def _once(visit: Visit, key: str | None, model_id: str, act: Callable[[Tx], object]) -> None:
    """Do it once for a key; what is answered is how the model stands then."""

    def command(tx: Tx) -> Made:
        act(tx)
        return Made(model_id)

    await visit.once(key, command, Made)


async def _told(visit: Visit, model_id: str) -> OwnModel:
    def read(snapshot: Any) -> OwnModel:
        model = cloud.get_own(snapshot, visit.scope, model_id)
        book = cloud.find_price_book(snapshot, model.name, snapshot.now)
        above = [f"{each.name}@{each.version}" for each in cloud.ancestors(snapshot, model)]
        made_from = above or ([model.base] if model.base else [])
        below = cloud.descendants(snapshot, model)
        return OwnModel(model, book.nano if book else None, book.maker_bps if book else 0, made_from, below)

    return await visit.read(read)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    list_own_models,
    add_own_model,
    get_own_model,
    set_model_prices,
    submit_own_model,
    withdraw_own_model,
    agree_to_model_licence,
    get_maker_earnings,
    list_submitted_models,
    publish_submitted_model,
    refuse_submitted_model,
    set_maker_share,
)
