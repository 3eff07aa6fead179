"""What buyers say of the merchant's goods, and the merchant's answers."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog
from entrepot.catalog import Seen
from entrepot.kernel import NotFound, Refused

from ...params import Id, InQuery
from ...rendering import redirect
from ...visit import Visit
from ...wire import listed
from .console import MEMBER, own_merchant, show

PAGE = 20


@get("/merchant/voices", include_in_schema=False, opt=MEMBER)
async def voices(visit: Visit, all: InQuery = "", questions: InQuery = "", reviews: InQuery = "") -> Response[str]:
    """Questions and reviews, those that wait for an answer first."""
    return await _show_voices(visit, all == "1", questions, reviews)


@post("/merchant/reviews/{review_id:str}/answer", include_in_schema=False, opt=MEMBER)
async def answer_review(visit: Visit, review_id: Id) -> Response[Any]:
    """Answer a review, or take the answer back."""
    form = await visit.form()
    try:
        await visit.write(lambda tx: catalog.answer_review(tx, visit.scope, review_id, form.get("body", "")))
    except NotFound:
        raise
    except Refused as refusal:
        return await _show_voices(visit, False, refusal=refusal)
    visit.flash("voices.saved")
    return redirect("/merchant/voices")


@post("/merchant/questions/{question_id:str}/answer", include_in_schema=False, opt=MEMBER)
async def answer_question(visit: Visit, question_id: Id) -> Response[Any]:
    """Answer a question under the shop's name."""
    form = await visit.form()
    merchant = await own_merchant(visit)
    body = form.get("body", "")
    try:
        await visit.write(lambda tx: catalog.answer_question(tx, visit.scope, question_id, merchant.name, body))
    except NotFound:
        raise
    except Refused as refusal:
        return await _show_voices(visit, False, refusal=refusal)
    visit.flash("voices.saved")
    return redirect("/merchant/voices")


@post("/merchant/questions/{question_id:str}/merge", include_in_schema=False, opt=MEMBER)
async def merge(visit: Visit, question_id: Id) -> Response[Any]:
    """Make one of two questions."""
    form = await visit.form()
    into = form.get("into", "")
    try:
        await visit.write(lambda tx: catalog.merge_questions(tx, visit.scope, question_id, into))
    except NotFound:
        raise
    except Refused as refusal:
        return await _show_voices(visit, False, refusal=refusal)
    visit.flash("voices.merged")
    return redirect("/merchant/voices")


async def _show_voices(
    visit: Visit, everything: bool, after_question: str = "", after_review: str = "", refusal: Refused | None = None
) -> Response[str]:
    scope, waiting = visit.scope, not everything
    asked, written = catalog.read_seen(after_question), catalog.read_seen(after_review)
    found = await visit.read(
        lambda s: catalog.list_merchant_questions(s, scope, unanswered=waiting, before=asked, most=PAGE + 1)
    )
    reviews = await visit.read(
        lambda s: catalog.list_merchant_reviews(s, scope, unanswered=waiting, before=written, most=PAGE + 1)
    )
    page = listed(found, PAGE, lambda each: str(Seen(each.question.asked_at, each.question.id)))
    reviews_page = listed(reviews, PAGE, lambda each: str(Seen(each.review.written_at, each.review.id)))
    return await show(
        visit,
        "voices",
        "voices.html",
        refusal=refusal,
        questions=page.items,
        reviews=reviews_page.items,
        older_questions=page.next,
        older_reviews=reviews_page.next,
        everything=everything,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (voices, answer_review, answer_question, merge)
