"""After the sale: refunds, returns and disputes, for buyers, merchants and the operator. Amounts in minor units."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import orders
from entrepot.kernel import Invalid

from ..endpoints import endpoint
from ..params import ID, NO_NUL, After, Amount, Id, Key, Most
from ..visit import Visit
from ..wire import Listed, Made, listed

LineId = Annotated[str, Meta(pattern=ID)]
Number = Annotated[int, Meta(ge=0, le=orders.QUANTITY_MAX)]
Pieces = Annotated[dict[LineId, Number], Meta(max_length=orders.CART_LINES_MAX, description="Pieces by line id")]
Reason = Annotated[str, Meta(pattern=NO_NUL, min_length=1, max_length=500)]
Note = Annotated[str, Meta(pattern=NO_NUL, max_length=500)]
ReturnState = Annotated[
    str | None,
    QueryParameter(
        name="status", pattern="^(asked|accepted|sent|arrived|refunded|declined|withdrawn|lapsed)$",
        description="Only of this one; all open ones otherwise",
    ),
]  # fmt: skip
DisputeState = Annotated[
    str | None,
    QueryParameter(
        name="status", pattern="^(open|review|decided)$", description="Only of this one; all open ones otherwise"
    ),
]


class AskRefund(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to give back: pieces of lines, amounts of lines (the goods stay), an amount of the delivery."""

    pieces: Pieces = msgspec.field(default_factory=dict)
    amounts: Annotated[dict[LineId, Amount], Meta(max_length=orders.CART_LINES_MAX)] = msgspec.field(
        default_factory=dict
    )
    shipping_minor: Amount = 0

    def wish(self) -> orders.RefundWish:
        """As `orders` has it."""
        return orders.RefundWish(self.pieces, self.amounts, self.shipping_minor)


class MakeRefund(AskRefund, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same, with a reason that the buyer reads."""

    reason: Reason


class AskReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to come back, and why."""

    reason: Literal["wrong_size", "damaged", "not_as_described", "changed_mind", "missing"]
    pieces: Pieces
    note: Note = ""


class AnswerReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The merchant's answer; declining needs a note. `label` says who has the parcel carried."""

    accept: bool
    note: Note = ""
    label: Literal["merchant", "buyer"] = "merchant"


class SendReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the parcel travels; with the merchant's label nothing has to be said."""

    carrier: Note = ""
    tracking_no: Annotated[str, Meta(pattern=NO_NUL, max_length=100)] | None = None


class InspectReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was found: pieces that are paid back, those of them that are sold again, and what is wrong with the rest."""

    accepted: Pieces
    restocked: Pieces = msgspec.field(default_factory=dict)
    finding: Note = ""


class OpenDispute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is wrong, and how much should come back (null: all that was paid)."""

    kind: Literal["not_arrived", "not_as_described", "missing"]
    reason: Reason
    asked_minor: Amount | None = None


class AddEvidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one side has to say."""

    text: Reason


class Decide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The operator's decision: all of it back, an amount, or nothing; with a reason that both sides read."""

    reason: Reason
    whole: bool = False
    refund_minor: Amount = 0


# --- refunds


@endpoint("POST", "/api/merchant/orders/{seller_order_id:str}/refunds/preview", asks=AskRefund, access="member",
          status=200)  # fmt: skip
async def preview_refund(visit: Visit, seller_order_id: Id, asked: AskRefund) -> orders.RefundPreview:
    """What a refund would give back, and who would bear how much of it. Nothing is changed."""
    return await visit.read(lambda s: orders.preview_refund(s, visit.scope, seller_order_id, asked.wish()))


@endpoint("POST", "/api/merchant/orders/{seller_order_id:str}/refunds", asks=MakeRefund, access="member")
async def make_refund(visit: Visit, seller_order_id: Id, asked: MakeRefund, key: Key) -> orders.Refunded:
    """Give some of a sale's money back, of one's own will."""
    scope, wish = visit.scope, asked.wish()
    return await visit.once(
        key, lambda tx: orders.refund(tx, scope, seller_order_id, wish, asked.reason), orders.Refunded
    )


# --- returns


@endpoint("POST", "/api/seller-orders/{seller_order_id:str}/returns", asks=AskReturn)
async def ask_return(visit: Visit, seller_order_id: Id, asked: AskReturn, key: Key) -> orders.ReturnView:
    """Ask to send pieces back; the merchant answers within days, or it is accepted."""
    scope, reason = visit.scope, orders.ReturnReason(asked.reason)
    made = await visit.once(
        key, lambda tx: Made(orders.ask_return(tx, scope, seller_order_id, reason, asked.pieces, asked.note).id), Made
    )
    return await visit.read(lambda s: orders.get_return(s, scope, made.id))


@endpoint("GET", "/api/returns/{return_id:str}")
async def get_return(visit: Visit, return_id: Id) -> orders.ReturnView:
    """A return, for its buyer, its merchant and the operator."""
    return await visit.read(lambda s: orders.get_return(s, visit.scope, return_id))


@endpoint("GET", "/api/merchant/returns", access="member")
async def list_returns(
    visit: Visit, status: ReturnState = None, after: After = None, most: Most = 20
) -> Listed[orders.ReturnView]:
    """Returns of the merchant, newest first."""
    wanted = orders.ReturnStatus(status) if status else None
    found = await visit.read(lambda s: orders.list_returns(s, visit.scope, wanted, after, min(most, 99) + 1))
    return listed(found, min(most, 99), lambda each: each.id)


@endpoint("POST", "/api/returns/{return_id:str}/answer", asks=AnswerReturn, status=200)
async def answer_return(visit: Visit, return_id: Id, asked: AnswerReturn, key: Key) -> orders.ReturnView:
    """Accept or decline a return, as its merchant or the operator."""
    scope, label = visit.scope, orders.Label(asked.label)
    await visit.once(
        key, lambda tx: Made(orders.answer_return(tx, scope, return_id, asked.accept, asked.note, label).id), Made
    )
    return await visit.read(lambda s: orders.get_return(s, scope, return_id))


@endpoint("POST", "/api/returns/{return_id:str}/send", asks=SendReturn, status=200)
async def send_return(visit: Visit, return_id: Id, asked: SendReturn, key: Key) -> orders.ReturnView:
    """Hand the parcel of an accepted return over, as its buyer."""
    scope, carriers = visit.scope, visit.entrepot.carriers
    carriers.check(asked.carrier)
    wish = (asked.carrier, asked.tracking_no, carriers.for_labels)
    await visit.once(key, lambda tx: Made(orders.send_return(tx, scope, return_id, *wish).id), Made)
    return await visit.read(lambda s: orders.get_return(s, scope, return_id))


@endpoint("POST", "/api/returns/{return_id:str}/withdraw", status=200)
async def withdraw_return(visit: Visit, return_id: Id, key: Key) -> orders.ReturnView:
    """Keep the goods after all, as their buyer."""
    scope = visit.scope
    await visit.once(key, lambda tx: Made(orders.withdraw_return(tx, scope, return_id).id), Made)
    return await visit.read(lambda s: orders.get_return(s, scope, return_id))


@endpoint("GET", "/api/returns/{return_id:str}/preview")
async def preview_return(visit: Visit, return_id: Id) -> orders.RefundPreview:
    """What accepting all of a return would give back, and who would bear how much of it."""
    return await visit.read(lambda s: orders.preview_return(s, visit.scope, return_id))


@endpoint("POST", "/api/returns/{return_id:str}/inspect", asks=InspectReturn, status=200)
async def inspect_return(visit: Visit, return_id: Id, asked: InspectReturn, key: Key) -> orders.ReturnView:
    """Say what came back, as its merchant or the operator: what is accepted is paid back now."""
    scope, found = visit.scope, orders.Inspection(asked.accepted, asked.restocked, asked.finding)
    await visit.once(key, lambda tx: Made(orders.inspect_return(tx, scope, return_id, found).id), Made)
    return await visit.read(lambda s: orders.get_return(s, scope, return_id))


# --- disputes


@endpoint("POST", "/api/seller-orders/{seller_order_id:str}/disputes", asks=OpenDispute)
async def open_dispute(visit: Visit, seller_order_id: Id, asked: OpenDispute, key: Key) -> orders.DisputeView:
    """Say that something is wrong: the money stays where it is until it is decided."""
    scope, kind = visit.scope, orders.DisputeKind(asked.kind)

    made = await visit.once(
        key,
        lambda tx: Made(orders.open_dispute(tx, scope, seller_order_id, kind, asked.reason, asked.asked_minor).id),
        Made,
    )
    return await visit.read(lambda s: orders.get_dispute(s, scope, made.id))


@endpoint("GET", "/api/disputes/{dispute_id:str}")
async def get_dispute(visit: Visit, dispute_id: Id) -> orders.DisputeView:
    """A dispute and what was said in it, for its buyer, its merchant and the operator."""
    return await visit.read(lambda s: orders.get_dispute(s, visit.scope, dispute_id))


@endpoint("GET", "/api/merchant/disputes", access="member")
async def list_disputes(
    visit: Visit, status: DisputeState = None, after: After = None, most: Most = 20
) -> Listed[orders.DisputeView]:
    """Disputes of the merchant, newest first; the operator's are everybody's."""
    wanted = orders.DisputeStatus(status) if status else None
    found = await visit.read(lambda s: orders.list_disputes(s, visit.scope, wanted, after, min(most, 99) + 1))
    return listed(found, min(most, 99), lambda each: each.id)


@endpoint("POST", "/api/disputes/{dispute_id:str}/evidence", asks=AddEvidence, status=200)
async def add_evidence(visit: Visit, dispute_id: Id, asked: AddEvidence, key: Key) -> orders.DisputeView:
    """Say what one knows; the merchant's first word is the answer."""
    scope = visit.scope
    await visit.once(key, lambda tx: Made(orders.add_evidence(tx, scope, dispute_id, asked.text).id), Made)
    return await visit.read(lambda s: orders.get_dispute(s, scope, dispute_id))


@endpoint("POST", "/api/disputes/{dispute_id:str}/concede", status=200)
async def concede_dispute(visit: Visit, dispute_id: Id, key: Key) -> orders.DisputeView:
    """Give in, as the merchant: what was asked for goes back."""
    scope = visit.scope
    await visit.once(key, lambda tx: Made(orders.concede(tx, scope, dispute_id).id), Made)
    return await visit.read(lambda s: orders.get_dispute(s, scope, dispute_id))


@endpoint("POST", "/api/disputes/{dispute_id:str}/withdraw", status=200)
async def withdraw_dispute(visit: Visit, dispute_id: Id, key: Key) -> orders.DisputeView:
    """Take it back, as the buyer: the money goes on its way."""
    scope = visit.scope
    await visit.once(key, lambda tx: Made(orders.withdraw_dispute(tx, scope, dispute_id).id), Made)
    return await visit.read(lambda s: orders.get_dispute(s, scope, dispute_id))


@endpoint("POST", "/api/operator/disputes/{dispute_id:str}/decide", asks=Decide, access="operator", status=200)
async def decide_dispute(visit: Visit, dispute_id: Id, asked: Decide, key: Key) -> orders.DisputeView:
    """Decide a dispute: all of it back, an amount, or nothing."""
    if asked.whole and asked.refund_minor:
        raise Invalid("Give all of it back or an amount, not both", fields={"refund_minor": "leave it out"})
    scope, verdict = visit.scope, orders.Verdict(asked.whole, asked.refund_minor)
    await visit.once(key, lambda tx: Made(orders.decide(tx, scope, dispute_id, verdict, asked.reason).id), Made)
    return await visit.read(lambda s: orders.get_dispute(s, scope, dispute_id))


ROUTES: tuple[ControllerRouterHandler, ...] = (
    preview_refund,
    make_refund,
    ask_return,
    get_return,
    list_returns,
    answer_return,
    send_return,
    withdraw_return,
    preview_return,
    inspect_return,
    open_dispute,
    get_dispute,
    list_disputes,
    add_evidence,
    concede_dispute,
    withdraw_dispute,
    decide_dispute,
)
