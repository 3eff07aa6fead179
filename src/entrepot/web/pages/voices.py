"""What people say on a product's page: reviews, questions, answers, votes, reports."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Response, post
from litestar.types import ControllerRouterHandler

from entrepot import catalog
from entrepot.catalog import ProductView, ReviewText, ReviewWish
from entrepot.kernel import NotFound

from ..params import Id, Slug
from ..rendering import redirect
from ..visit import Visit

REVIEWS_SHOWN = 6
REVIEWS_READ = 20
SKIP_MAX = 10_000
ReviewSort = Literal["newest", "helpful", "best", "worst"]
SORTS: tuple[ReviewSort, ...] = ("newest", "helpful", "best", "worst")
PERSON = {"access": "person"}


async def voices_of(visit: Visit, view: ProductView) -> dict[str, Any]:
    """What the page's parts about reviews and questions need."""
    wish = _wish(visit.request.query_params)
    plain = wish == ReviewWish()
    found = list(view.reviews) if plain else await visit.read(
        lambda s: catalog.list_reviews(s, view.id, most=REVIEWS_READ, wish=wish)
    )  # fmt: skip
    questions = await visit.read(lambda s: catalog.list_questions(s, visit.scope, view.id))
    subjects = [each.id for each in found] + [each.id for each in questions]
    subjects += [answer.id for each in questions for answer in each.answers]
    following = msgspec.structs.replace(wish, skip=wish.skip + REVIEWS_READ)
    return {
        "reviews": found[:REVIEWS_SHOWN],
        "more_reviews": found[REVIEWS_SHOWN:],
        "next_reviews": _link(view.slug, following) if len(found) == REVIEWS_READ else None,
        "bars": await visit.read(lambda s: catalog.review_bars(s, view.id)) if view.rating.count else {},
        "wish": wish,
        "review_link": partial(_changed_link, view.slug, wish),
        "may_review": await visit.read(lambda s: catalog.may_review(s, visit.scope, view.id)),
        "own_review": await visit.read(lambda s: catalog.find_own_review(s, visit.scope, view.id)),
        "sellers": {offer.merchant_id: offer.merchant_name for offer in view.offers},
        "questions": questions,
        "may_answer": await visit.read(lambda s: catalog.may_answer(s, visit.scope, view.id)) if questions else False,
        "voted": await visit.read(lambda s: catalog.voted_for(s, visit.scope, subjects)),
    }


class ReviewForm(msgspec.Struct, frozen=True):
    """What a buyer writes."""

    rating: int
    title: str
    body: str = ""


class BodyForm(msgspec.Struct, frozen=True):
    """A question or an answer."""

    body: str


class ReportForm(msgspec.Struct, frozen=True):
    """What is wrong with something."""

    reason: str


@post("/p/{slug:str}/reviews", include_in_schema=False, opt=PERSON)
async def review(visit: Visit, slug: Slug) -> Response[Any]:
    """Take a buyer's review, or the change of it."""
    form = await visit.fields(ReviewForm)
    view = await visit.read(lambda s: catalog.get_product(s, slug))
    text = ReviewText(form.rating, _name(visit), form.title.strip(), form.body.strip())
    made = await visit.write(lambda tx: catalog.write_review(tx, visit.scope, view.id, text))
    visit.flash("review.thanks" if made.state == "shown" else "review.held")
    return redirect(f"/p/{slug}#reviews")


@post("/p/{slug:str}/questions", include_in_schema=False, opt=PERSON)
async def ask(visit: Visit, slug: Slug) -> Response[Any]:
    """Take a question."""
    form = await visit.fields(BodyForm)
    view = await visit.read(lambda s: catalog.get_product(s, slug))
    made = await visit.write(lambda tx: catalog.ask_question(tx, visit.scope, view.id, _name(visit), form.body))
    visit.flash("question.thanks" if made.state == "shown" else "review.held")
    return redirect(f"/p/{slug}#questions")


@post("/p/{slug:str}/questions/{question_id:str}/answers", include_in_schema=False, opt=PERSON)
async def answer(visit: Visit, slug: Slug, question_id: Id) -> Response[Any]:
    """Take an answer."""
    form = await visit.fields(BodyForm)
    name = await _name_for_answer(visit)
    made = await visit.write(lambda tx: catalog.answer_question(tx, visit.scope, question_id, name, form.body))
    visit.flash("question.answer_thanks" if made.state == "shown" else "review.held")
    return redirect(f"/p/{slug}#{question_id}")


@post("/p/{slug:str}/voices/{subject_id:str}/helpful", include_in_schema=False, opt=PERSON)
async def helpful(visit: Visit, slug: Slug, subject_id: Id) -> Response[Any]:
    """Take a vote, or take it back."""
    await visit.write(lambda tx: catalog.vote_helpful(tx, visit.scope, subject_id))
    return redirect(f"/p/{slug}#{subject_id}")


@post("/p/{slug:str}/voices/{subject_id:str}/report", include_in_schema=False, opt=PERSON)
async def report(visit: Visit, slug: Slug, subject_id: Id) -> Response[Any]:
    """Tell the operator."""
    form = await visit.fields(ReportForm)
    await visit.write(lambda tx: catalog.report(tx, visit.scope, subject_id, form.reason))
    visit.flash("review.reported")
    return redirect(f"/p/{slug}#{subject_id}")


@post("/p/{slug:str}/voices/{subject_id:str}/withdraw", include_in_schema=False, opt=PERSON)
async def withdraw(visit: Visit, slug: Slug, subject_id: Id) -> Response[Any]:
    """Take one's own words back."""
    verb = catalog.withdraw_review if subject_id.startswith("rev_") else catalog.withdraw_words
    await visit.write(lambda tx: verb(tx, visit.scope, subject_id))
    visit.flash("review.withdrawn")
    return redirect(f"/p/{slug}#reviews")


def _name(visit: Visit) -> str:
    user = visit.session.user if visit.session else None
    return user.name if user else ""


async def _name_for_answer(visit: Visit) -> str:
    """A seller answers under the shop's name."""
    organisation = visit.scope.organisation
    if organisation:
        try:
            return (await visit.read(lambda s: catalog.get_merchant(s, organisation))).name
        except NotFound:
            pass  # an organisation that sells nothing
    return _name(visit)


def _wish(query: Any) -> ReviewWish:
    """What the address asks for; what it cannot ask for is left out."""
    sort: ReviewSort = next((each for each in SORTS if each == query.get("reviews")), "newest")
    stars, skip = query.get("stars", ""), query.get("from", "")
    return ReviewWish(
        sort,
        int(stars) if stars in ("1", "2", "3", "4", "5") else 0,
        query.get("verified") == "1",
        query.get("worded") == "1",
        min(int(skip), SKIP_MAX) if skip.isascii() and skip.isdecimal() and len(skip) < 6 else 0,
    )


def _changed_link(slug: str, wish: ReviewWish, **changes: Any) -> str:
    return _link(slug, msgspec.structs.replace(wish, skip=0, **changes))


def _link(slug: str, wish: ReviewWish) -> str:
    given = {
        "reviews": wish.sort if wish.sort != "newest" else "",
        "stars": wish.stars or "",
        "verified": 1 if wish.verified else "",
        "worded": 1 if wish.worded else "",
        "from": wish.skip or "",
    }
    query = urlencode({name: value for name, value in given.items() if value})
    return f"/p/{slug}{'?' + query if query else ''}#reviews"


ROUTES: tuple[ControllerRouterHandler, ...] = (review, ask, answer, helpful, report, withdraw)
