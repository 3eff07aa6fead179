"""Reviews, questions, answers and votes; what the operator looks at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import catalog
from entrepot.catalog import Case, MerchantQuestion, MerchantReview, Question, Review
from entrepot.kernel import Tx

from ..endpoints import endpoint
from ..params import NO_NUL, After, Id, Most, OptionalKey
from ..visit import Visit
from ..wire import Done, Listed, Made, listed


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question or an answer; an empty answer to a review takes it back."""

    body: Annotated[str, Meta(pattern=NO_NUL, max_length=2_000)]


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is wrong with something."""

    reason: Annotated[str, Meta(pattern=NO_NUL, min_length=1, max_length=500)]


class MergeQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The question that the other one becomes."""

    into: Id


class Moderate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether it is shown, and the reason that its author reads."""

    decision: Literal["kept", "hidden"]
    reason: Annotated[str, Meta(pattern=NO_NUL, max_length=500)] = ""


class Helpful(msgspec.Struct, frozen=True):
    """How many people found it helpful."""

    helpful: int


@endpoint("DELETE", "/api/reviews/{review_id:str}", access="person")
async def withdraw_review(visit: Visit, review_id: Id, key: OptionalKey = None) -> Done:
    """Take back one's own review; the right to write one stays."""
    return await _done(visit, key, lambda tx: catalog.withdraw_review(tx, visit.scope, review_id))


@endpoint("POST", "/api/voices/{subject_id:str}/helpful", access="person")
async def vote_helpful(visit: Visit, subject_id: Id, key: OptionalKey = None) -> Helpful:
    """Say that a review, question or answer was helpful; a second time takes it back."""
    return await visit.once(key, lambda tx: Helpful(catalog.vote_helpful(tx, visit.scope, subject_id)), Helpful)


@endpoint("POST", "/api/voices/{subject_id:str}/reports", asks=Report, access="person")
async def report(visit: Visit, subject_id: Id, asked: Report, key: OptionalKey = None) -> Done:
    """Tell the operator of a review, question or answer."""
    return await _done(visit, key, lambda tx: catalog.report(tx, visit.scope, subject_id, asked.reason))


@endpoint("DELETE", "/api/voices/{subject_id:str}", access="person")
async def withdraw_words(visit: Visit, subject_id: Id, key: OptionalKey = None) -> Done:
    """Take back a question or an answer of one's own."""
    return await _done(visit, key, lambda tx: catalog.withdraw_words(tx, visit.scope, subject_id))


@endpoint("GET", "/api/products/{product_id:str}/questions")
async def list_questions(visit: Visit, product_id: Id, after: After = None, most: Most = 20) -> Listed[Question]:
    """Questions about a product with their answers, newest first."""
    await visit.read(lambda s: catalog.get_product(s, product_id))
    found = await visit.read(
        lambda s: catalog.list_questions(s, visit.scope, product_id, before=catalog.read_seen(after), most=most + 1)
    )
    return listed(found, most, lambda each: str(catalog.Seen(each.asked_at, each.id)))


@endpoint("POST", "/api/products/{product_id:str}/questions", asks=Words, access="person")
async def ask_question(visit: Visit, product_id: Id, asked: Words, key: OptionalKey = None) -> Question:
    """Ask something about a product."""
    name = _name(visit)
    made = await visit.once(
        key, lambda tx: Made(catalog.ask_question(tx, visit.scope, product_id, name, asked.body).id), Made
    )
    return await visit.read(lambda s: catalog.get_question(s, visit.scope, made.id))


@endpoint("POST", "/api/questions/{question_id:str}/answers", asks=Words, access="person")
async def answer_question(visit: Visit, question_id: Id, asked: Words, key: OptionalKey = None) -> Question:
    """Answer a question, as a seller of the product, somebody who bought it here, or the operator."""
    name = _name(visit)
    await visit.once(
        key, lambda tx: Made(catalog.answer_question(tx, visit.scope, question_id, name, asked.body).id), Made
    )
    return await visit.read(lambda s: catalog.get_question(s, visit.scope, question_id))


@endpoint("POST", "/api/questions/{question_id:str}/merge", asks=MergeQuestion, access="person")
async def merge_questions(visit: Visit, question_id: Id, asked: MergeQuestion, key: OptionalKey = None) -> Question:
    """Make one of two questions that ask the same; for sellers of the product and the operator."""
    made = await visit.once(
        key, lambda tx: Made(catalog.merge_questions(tx, visit.scope, question_id, asked.into).id), Made
    )
    return await visit.read(lambda s: catalog.get_question(s, visit.scope, made.id))


@endpoint("GET", "/api/merchant/questions", access="member")
async def list_merchant_questions(visit: Visit, after: After = None, most: Most = 50) -> Listed[MerchantQuestion]:
    """Questions about one's own goods, newest first."""
    found = await visit.read(
        lambda s: catalog.list_merchant_questions(s, visit.scope, before=catalog.read_seen(after), most=most + 1)
    )
    return listed(found, most, lambda each: str(catalog.Seen(each.question.asked_at, each.question.id)))


@endpoint("GET", "/api/merchant/reviews", access="member")
async def list_merchant_reviews(visit: Visit, after: After = None, most: Most = 50) -> Listed[MerchantReview]:
    """Reviews of one's own goods, newest first."""
    found = await visit.read(
        lambda s: catalog.list_merchant_reviews(s, visit.scope, before=catalog.read_seen(after), most=most + 1)
    )
    return listed(found, most, lambda each: str(catalog.Seen(each.review.written_at, each.review.id)))


@endpoint("PUT", "/api/merchant/reviews/{review_id:str}/answer", asks=Words, access="member")
async def answer_review(visit: Visit, review_id: Id, asked: Words, key: OptionalKey = None) -> Review:
    """Answer a review of one's own goods."""
    made = await visit.once(
        key, lambda tx: Made(catalog.answer_review(tx, visit.scope, review_id, asked.body).id), Made
    )
    return await visit.read(lambda s: catalog.get_review(s, visit.scope, made.id))


@endpoint("GET", "/api/operator/moderation", access="operator")
async def list_cases(visit: Visit, after: After = None, most: Most = 50) -> Listed[Case]:
    """What somebody should look at, oldest first."""
    found = await visit.read(lambda s: catalog.list_cases(s, visit.scope, "open", catalog.read_seen(after), most + 1))
    return listed(found, most, lambda each: str(catalog.Seen(each.opened_at, each.subject_id)))


@endpoint("POST", "/api/operator/moderation/{subject_id:str}", asks=Moderate, access="operator")
async def decide(visit: Visit, subject_id: Id, asked: Moderate, key: OptionalKey = None) -> Done:
    """Show or hide a review, question or answer; its author is told."""
    return await _done(visit, key, lambda tx: catalog.decide(tx, visit.scope, subject_id, asked.decision, asked.reason))


async def _done(visit: Visit, key: str | None, act: Callable[[Tx], Any]) -> Done:
    def command(tx: Tx) -> Done:
        act(tx)
        return Done()

    return await visit.once(key, command, Done)


def _name(visit: Visit) -> str:
    """The name that is shown; a key of an organisation has none of a person."""
    user = visit.session.user if visit.session else None
    return user.name if user else "—"


ROUTES: tuple[ControllerRouterHandler, ...] = (
    withdraw_review,
    vote_helpful,
    report,
    withdraw_words,
    list_questions,
    ask_question,
    answer_question,
    merge_questions,
    list_merchant_questions,
    list_merchant_reviews,
    answer_review,
    list_cases,
    decide,
)
