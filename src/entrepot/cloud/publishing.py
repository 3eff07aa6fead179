"""Publishing: a maker asks for a version to be sold, the operator lets it, with a share of every price for the maker.

    draft ── submit ──► submitted ── approve ──► live ── withdraw ──► withdrawn
                            │                     ▲
                            └─ refuse ──► refused ┘ (submitted anew)

The share is part of each version of the prices, so what was used keeps the share that was agreed when it was used. The
market's own models need nobody's word. The gate of the licence stands before both submitting and publishing.
"""

from __future__ import annotations

from collections.abc import Mapping

from entrepot.identity import Notice, Scope, audit, find_platform, notify, require_operator
from entrepot.kernel import Conflict, Invalid, NotAllowed, NotFound, Tx

from . import model_notices
from .events import ModelPublished, ModelWithdrawn
from .licences import agree, check_deployable
from .lineage import ancestors
from .pricing import add_price_book, find_price_book, list_price_books, next_batch_bps
from .rating import PriceBook
from .registry import Kind, Model, get_model, is_own, lock_own, set_state
from .types import SHOP

SHARE_BPS = 7_000
"""What a maker earns of every price unless something else is agreed: seventy percent."""
REASON_LENGTH_MAX = 2_000
METERS_OF: dict[Kind, tuple[str, ...]] = {
    "chat": ("output_tokens", "input_tokens", "cached_input_tokens"),
    "completion": ("output_tokens", "input_tokens", "cached_input_tokens"),
    "embedding": ("embedding_tokens", "rerank_tokens"),
    "rerank": ("rerank_tokens",),
}
"""What a kind of model is counted by; the first is the one that it is compared by."""
NEEDED: dict[Kind, tuple[str, ...]] = {
    "chat": ("input_tokens", "output_tokens"),
    "completion": ("input_tokens", "output_tokens"),
    "embedding": ("embedding_tokens",),
    "rerank": ("rerank_tokens",),
}
"""What must have a price, if only zero."""


def set_prices(
    tx: Tx, scope: Scope, model_id: str, nano: Mapping[str, int], *, batch_bps: int | None = None,
    effective_at: int | None = None,
) -> PriceBook:  # fmt: skip
    """Have a model of the caller's cost so much from `effective_at` (now when left out) on; the maker's share stays.

    `batch_bps` is what batches pay of that; left out, it stays, and is half for a new model of the market's own.

    Invalid, naming them, for meters that a model of its kind is not counted by, or without a price where it needs one.
    """
    model = lock_own(tx, scope, model_id)
    if unknown := sorted(set(nano) - set(METERS_OF[model.kind])):
        raise Invalid(
            f"A model of this kind is not counted by {', '.join(unknown)}: give prices for "
            f"{', '.join(METERS_OF[model.kind])}",
            fields=dict.fromkeys(unknown, "not counted"),
        )
    if missing := [meter for meter in NEEDED[model.kind] if meter not in nano]:
        raise Invalid(
            f"Say what {', '.join(missing)} cost, zero if they are free", fields=dict.fromkeys(missing, "needed")
        )
    before = find_price_book(tx, model.name, tx.now if effective_at is None else effective_at)
    if batch_bps is None:
        batch_bps = next_batch_bps(tx, model.name, model.organisation)
    share_bps = before.maker_bps if before else 0
    book = add_price_book(
        tx, model.name, nano, maker_bps=share_bps, batch_bps=batch_bps, effective_at=effective_at
    )  # fmt: skip
    audit(tx, scope, "cloud.set_prices", model.id, {"nano": dict(nano), "batch_bps": batch_bps, "book": book.id})
    return book


def submit_model(tx: Tx, scope: Scope, model_id: str, share_bps: int = SHARE_BPS) -> Model:
    """Ask the operator to let a version be called, for so much of every price. A model of the market's own is let.

    Conflict without a price, where its licence forbids it, and for a version that waits, or is live, already.
    """
    model = lock_own(tx, scope, model_id)
    if model.state not in ("draft", "refused"):
        raise Conflict(f"{model.name}@{model.version} is {model.state}: register a new version instead")
    if not 0 <= share_bps <= 10_000:
        raise Invalid("A share is 0 to 10000 hundredths of a percent", fields={"share_bps": "0 to 10000"})
    _check(tx, model)
    if model.organisation == SHOP:
        return publish_model(tx, scope, model_id)
    model = set_state(tx, model, "submitted", share_bps=share_bps)
    platform = find_platform(tx)
    if platform is not None:
        params = {"model": f"{model.name}@{model.version}"}
        notify(tx, Notice(platform.id, model_notices.SUBMITTED, params, link=f"/operator/models/{model.id}"))
    return model


def publish_model(tx: Tx, scope: Scope, model_id: str, share_bps: int | None = None) -> Model:
    """Let a version be called, and announce it: it appears in the catalogue. For the operator.

    `share_bps` is what its maker earns of every price from now on; left out, what the maker asked for, or what was
    agreed before. Conflict without a price and where its licence forbids it; publishing again changes nothing else.
    """
    model = lock_own(tx, scope, model_id)
    if not scope.is_operator:
        raise NotAllowed("The market's operator decides what is published: submit it")
    _check(tx, model)
    if share_bps is None and model.state == "submitted":
        share_bps = model.share_bps
    if share_bps is not None and model.organisation != SHOP:
        _agree_share(tx, model, share_bps)
    if model.state == "live":
        return model
    asked, model = model, set_state(tx, model, "live", share_bps=share_bps)
    audit(tx, scope, "cloud.publish_model", model.id, {"share_bps": share_bps})
    tx.announce(ModelPublished(model.id, model.name, model.version))
    if asked.state == "submitted":
        _tell_maker(tx, model, model_notices.PUBLISHED, share=_percent(model.share_bps))
    return model


def refuse_model(tx: Tx, scope: Scope, model_id: str, reason: str) -> Model:
    """Send a submitted version back to its maker, with a reason. For the operator."""
    require_operator(scope)
    model = lock_own(tx, scope, model_id)
    if model.state != "submitted":
        raise Conflict(f"{model.name}@{model.version} does not wait for a decision: it is {model.state}")
    said = " ".join(reason.split())
    if not 0 < len(said) <= REASON_LENGTH_MAX:
        raise Invalid("Tell the maker why, in some words", fields={"reason": f"1 to {REASON_LENGTH_MAX:,} characters"})
    model = set_state(tx, model, "refused", reason=said)
    audit(tx, scope, "cloud.refuse_model", model.id, {"reason": said})
    _tell_maker(tx, model, model_notices.REFUSED, reason=said)
    return model


def set_share(tx: Tx, scope: Scope, model_id: str, share_bps: int) -> PriceBook:
    """Change what a maker earns of every price of a model, from now on; its prices stay. For the operator."""
    require_operator(scope)
    model = lock_own(tx, scope, model_id)
    if model.organisation == SHOP:
        raise Conflict(f"{model.name} is the market's own: nobody has a share of it")
    book = _agree_share(tx, model, share_bps)
    audit(tx, scope, "cloud.set_share", model.id, {"share_bps": share_bps})
    _tell_maker(tx, model, model_notices.SHARE, share=_percent(share_bps))
    return book


def withdraw_model(tx: Tx, scope: Scope, model_id: str) -> None:
    """Let a version be called no more; what was used stays billed, and earned."""
    model = lock_own(tx, scope, model_id)
    if model.state == "withdrawn":
        return
    set_state(tx, model, "withdrawn")
    audit(tx, scope, "cloud.withdraw_model", model.id)
    tx.announce(ModelWithdrawn(model.id, model.name, model.version))


def agree_to_licence(tx: Tx, scope: Scope, model_id: str) -> None:
    """Agree to a model's licence for one's organisation; once is enough. NotFound for what is not for sale."""
    model = get_model(tx, model_id)
    if model.state != "live" and not is_own(scope, model):
        raise NotFound("There is no such model")
    agree(tx, scope, model.id)


def _check(tx: Tx, model: Model) -> None:
    """What must be true of a version before it is sold: a price, a licence that allows it, and a base that does."""
    if find_price_book(tx, model.name, tx.now) is None:
        raise Conflict(f"{model.name} has no price yet: set one first, zero if it is free")
    above = [(f"{each.name}@{each.version}", each.licence) for each in ancestors(tx, model)]
    check_deployable(model.name, model.licence, above)


def _agree_share(tx: Tx, model: Model, share_bps: int) -> PriceBook:
    """The share as part of the prices: of those in force, and of those that are to come."""
    book = find_price_book(tx, model.name, tx.now)
    if book is None:
        raise Conflict(f"{model.name} has no price yet: set one first, zero if it is free")
    coming = {each.effective_at: each for each in reversed(list_price_books(tx, model.name))}
    for at, each in sorted(coming.items()):
        if at > tx.now and each.maker_bps != share_bps:
            _with_share(tx, each, share_bps, at)
    return book if book.maker_bps == share_bps else _with_share(tx, book, share_bps)


def _with_share(tx: Tx, book: PriceBook, share_bps: int, at: int | None = None) -> PriceBook:
    return add_price_book(
        tx, book.model, book.nano, maker_bps=share_bps, batch_bps=book.batch_bps, effective_at=at
    )  # fmt: skip


def _tell_maker(tx: Tx, model: Model, kind: str, **params: str) -> None:
    if model.organisation != SHOP:
        said = {"model": f"{model.name}@{model.version}", **params}
        notify(tx, Notice(model.organisation, kind, said, link=f"/cloud/publishing/{model.id}"))


def _percent(bps: int) -> str:
    whole, rest = divmod(bps, 100)
    return f"{whole}.{rest:02d} %" if rest else f"{whole} %"
