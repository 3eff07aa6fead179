"""Promotions: a merchant's for its own goods, the operator's for everybody's. One form and one list serve both."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog, orders
from entrepot.identity import Scope
from entrepot.kernel import Invalid, Refused, Snapshot
from entrepot.orders import Promotion, PromotionDraft, PromotionKind, PromotionState, Terms

from ...params import Id, InQuery
from ...rendering import redirect
from ...visit import Visit
from ...wire import listed
from ..merchant import console as merchant_console
from ..named_goods import product_ids
from ..operator import console as operator_console
from ..picking import find_goods, read_chosen, ticked
from ..reading import amounts_of, amounts_text, bps_of, day_of, day_text, percent_text, whole_of, words_of

PAGE = 50
KINDS: tuple[PromotionKind, ...] = ("percentage", "amount", "buy_x_get_y", "free_shipping")
STATES: tuple[PromotionState, ...] = ("active", "paused", "ended")
MERCHANTS, OPERATORS = "/merchant/promotions", "/operator/promotions"


class PromotionForm(msgspec.Struct, frozen=True):
    """A promotion as it is typed."""

    id: str = ""
    name: str = ""
    kind: str = "percentage"
    code: str = ""
    percent: str = ""
    amounts: str = ""
    amount_max: str = ""
    buy_quantity: str = ""
    get_quantity: str = ""
    minimums: str = ""
    minimum_quantity: str = ""
    limit_total: str = ""
    limit_per_buyer: str = ""
    first_order: str = ""
    products: str = ""
    categories: str = ""
    collections: str = ""
    merchants: str = ""
    currencies: str = ""
    group: str = ""
    priority: str = ""
    alone: str = ""
    sellers_share: str = ""
    starts_at: str = ""
    ends_at: str = ""
    goods_words: str = ""
    find: str = ""


@get(MERCHANTS, include_in_schema=False, opt=merchant_console.MEMBER)
async def merchant_promotions(visit: Visit, after: InQuery = "") -> Response[str]:
    """A merchant's promotions with what each did."""
    return await _show(visit, MERCHANTS, PromotionForm(), after=after)


@get(MERCHANTS + "/{promotion_id:str}", include_in_schema=False, opt=merchant_console.MEMBER)
async def merchant_promotion(visit: Visit, promotion_id: Id) -> Response[str]:
    """One of them, to be changed."""
    return await _show_one(visit, MERCHANTS, promotion_id)


@post(MERCHANTS, include_in_schema=False, opt=merchant_console.MEMBER)
async def save_merchant_promotion(visit: Visit) -> Response[Any]:
    """Make or change a promotion."""
    return await _save(visit, MERCHANTS)


@post(MERCHANTS + "/{promotion_id:str}/state", include_in_schema=False, opt=merchant_console.MEMBER)
async def change_merchant_promotion(visit: Visit, promotion_id: Id) -> Response[Any]:
    """Pause a promotion, resume it, or end it."""
    return await _change(visit, MERCHANTS, promotion_id)


@get(OPERATORS, include_in_schema=False, opt=operator_console.OPERATOR)
async def operator_promotions(visit: Visit, after: InQuery = "") -> Response[str]:
    """The platform's promotions with what each did."""
    return await _show(visit, OPERATORS, PromotionForm(), after=after)


@get(OPERATORS + "/{promotion_id:str}", include_in_schema=False, opt=operator_console.OPERATOR)
async def operator_promotion(visit: Visit, promotion_id: Id) -> Response[str]:
    """One of them, to be changed."""
    return await _show_one(visit, OPERATORS, promotion_id)


@post(OPERATORS, include_in_schema=False, opt=operator_console.OPERATOR)
async def save_operator_promotion(visit: Visit) -> Response[Any]:
    """Make or change a promotion."""
    return await _save(visit, OPERATORS)


@post(OPERATORS + "/{promotion_id:str}/state", include_in_schema=False, opt=operator_console.OPERATOR)
async def change_operator_promotion(visit: Visit, promotion_id: Id) -> Response[Any]:
    """Pause a promotion, resume it, or end it."""
    return await _change(visit, OPERATORS, promotion_id)


async def _save(visit: Visit, here: str) -> Response[Any]:
    form = await visit.fields(PromotionForm)
    goods = (*ticked(await visit.form()), *words_of(form.products))
    form = msgspec.structs.replace(form, products=", ".join(goods))
    if form.find:
        return await _show(visit, here, form)
    try:
        products = await visit.read(lambda s: _products(s, visit.scope, goods))
        draft = _draft(form, products, here == OPERATORS)
        await visit.write(lambda tx: orders.save_promotion(tx, visit.scope, draft))
    except Refused as refusal:
        return await _show(visit, here, form, refusal)
    visit.flash("form.saved")
    return redirect(here)


async def _change(visit: Visit, here: str, promotion_id: str) -> Response[Any]:
    state = (await visit.form()).get("state", "")
    if state not in STATES:
        raise Invalid("A promotion is active, paused or ended")
    chosen = state
    await visit.write(lambda tx: orders.set_promotion_state(tx, visit.scope, promotion_id, chosen))
    visit.flash("form.saved")
    return redirect(here)


def _products(snapshot: Snapshot, scope: Scope, goods: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of what was ticked or typed: article numbers of one's own, else addresses and ids."""
    own = catalog.find_handles(snapshot, goods, scope) if goods else {}
    return product_ids(snapshot, (own.get(each, each) for each in goods))


def _draft(form: PromotionForm, products: tuple[str, ...], by_operator: bool) -> PromotionDraft:
    kind = form.kind if form.kind in KINDS else "percentage"
    return PromotionDraft(
        name=form.name,
        kind=kind,
        code=form.code or None,
        starts_at=day_of(form.starts_at, "starts_at"),
        ends_at=day_of(form.ends_at, "ends_at"),
        id=form.id or None,
        terms=Terms(
            bps=bps_of(form.percent, "bps"),
            amounts=amounts_of(form.amounts, "amounts"),
            amount_max=amounts_of(form.amount_max, "amount_max"),
            buy_quantity=whole_of(form.buy_quantity, "buy_quantity") or 0,
            get_quantity=whole_of(form.get_quantity, "get_quantity") or 0,
            minimums=amounts_of(form.minimums, "minimums"),
            minimum_quantity=whole_of(form.minimum_quantity, "minimum_quantity") or 0,
            limit_total=whole_of(form.limit_total, "limit_total"),
            limit_per_buyer=whole_of(form.limit_per_buyer, "limit_per_buyer"),
            first_order=bool(form.first_order),
            products=products,
            categories=words_of(form.categories),
            collections=words_of(form.collections),
            merchants=words_of(form.merchants),
            currencies=words_of(form.currencies.upper()),
            group=form.group.strip(),
            priority=whole_of(form.priority, "priority") or 0,
            combines=not form.alone,
            seller_bps=bps_of(form.sellers_share, "seller_bps") if by_operator else 10_000,
        ),
    )


def _form_of(promotion: Promotion) -> PromotionForm:
    terms = promotion.terms
    return PromotionForm(
        id=promotion.id,
        name=promotion.name,
        kind=promotion.kind,
        code=promotion.code or "",
        percent=percent_text(terms.bps),
        amounts=amounts_text(terms.amounts),
        amount_max=amounts_text(terms.amount_max),
        buy_quantity=str(terms.buy_quantity or ""),
        get_quantity=str(terms.get_quantity or ""),
        minimums=amounts_text(terms.minimums),
        minimum_quantity=str(terms.minimum_quantity or ""),
        limit_total=str(terms.limit_total or ""),
        limit_per_buyer=str(terms.limit_per_buyer or ""),
        first_order="1" if terms.first_order else "",
        products=", ".join(terms.products),
        categories=", ".join(terms.categories),
        collections=", ".join(terms.collections),
        merchants=", ".join(terms.merchants),
        currencies=", ".join(terms.currencies),
        group=terms.group,
        priority=str(terms.priority or ""),
        alone="" if terms.combines else "1",
        sellers_share=percent_text(terms.seller_bps),
        starts_at=day_text(promotion.starts_at),
        ends_at=day_text(promotion.ends_at),
    )


async def _show_one(visit: Visit, here: str, promotion_id: str) -> Response[str]:
    scope = visit.scope
    view = await visit.read(lambda s: orders.get_promotion(s, scope, promotion_id))
    return await _show(visit, here, _form_of(view.promotion))


async def _show(
    visit: Visit, here: str, form: PromotionForm, refusal: Refused | None = None, after: str = ""
) -> Response[str]:
    scope = visit.scope
    found = await visit.read(lambda s: orders.list_promotions(s, scope, after or None, PAGE + 1))
    page = listed(found, PAGE, lambda view: view.promotion.id)
    chosen, typed = await visit.read(lambda s: read_chosen(s, scope, words_of(form.products)))
    goods = await find_goods(visit, form.goods_words, mine=here == MERCHANTS, chosen=chosen) if form.find else []
    context = {
        "chosen": chosen,
        "typed": ", ".join(typed),
        "goods": goods,
        "here": here,
        "form": form,
        "kinds": KINDS,
        "promotions": page.items,
        "older": page.next,
        "by_operator": here == OPERATORS,
    }
    if here == OPERATORS:
        return await operator_console.show(
            visit, "promotions", "promotions.html", status=400 if refusal else 200,
            sentence=refusal.sentence if refusal else None, errors=refusal.fields if refusal else {}, **context,
        )  # fmt: skip
    return await merchant_console.show(visit, "promotions", "promotions.html", refusal=refusal, **context)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    merchant_promotions, merchant_promotion, save_merchant_promotion, change_merchant_promotion, operator_promotions,
    operator_promotion, save_operator_promotion, change_operator_promotion,
)  # fmt: skip
