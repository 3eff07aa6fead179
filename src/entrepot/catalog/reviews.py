"""Reviews: by people who bought it here, who get the right to with the order; and those that a feed brought along.

Imported ones are kept and labelled, and never counted as verified.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, func, or_, select, update

from entrepot import identity
from entrepot.identity import Notice, Scope
from entrepot.kernel import (
    DAY,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Prepared,
    Snapshot,
    TooMany,
    Tx,
    derive_id,
    prepare,
)
from entrepot.kernel.sql import prepare_text

from . import tables
from .moderation import caught_by, state_for
from .ratings import refresh_ratings
from .seen import Seen, from_newest, older_than
from .texts import clean_line, clean_text
from .types import Review
from .visibility import announce_offers

TITLE_LENGTH_MAX = 200
BODY_LENGTH_MAX = 5_000
ANSWER_LENGTH_MAX = 2_000
A_DAY_MAX = 20
"""How many reviews one person writes or edits in a day."""
ReviewSort = Literal["newest", "helpful", "best", "worst"]
_SAID = {
    "link": "Leave addresses of the web out: readers cannot tell where they lead",
    "contact": "Leave telephone numbers and addresses out: buyers reach you through their order",
    "abuse": "Say it without insults",
}


class ReviewWish(msgspec.Struct, frozen=True):
    """Which reviews, and in which order: `newest`, `helpful`, `best` or `worst`. `stars` 0 means any, `verified` only
    buyers' of this market, `worded` only those that say something; `skip` leaves out what was seen."""

    sort: ReviewSort = "newest"
    stars: int = 0
    verified: bool = False
    worded: bool = False
    skip: int = 0


class MerchantReview(msgspec.Struct, frozen=True):
    """A review as the seller sees it: with the product it is about."""

    review: Review
    product_title: str
    product_slug: str


class ReviewText(msgspec.Struct, frozen=True):
    """What a buyer says, with 1 to 5 stars. `author` is the name shown with it."""

    rating: int
    author: str
    title: str = ""
    body: str = ""


def grant_review(tx: Tx, user_id: str, product_id: str, seller_order_id: str) -> None:
    """Let somebody who received a product say what they think of it. Twice is once; a guest gets no right.

    What was joined to another product since it was ordered is reviewed there.
    """
    if user_id.startswith("usr_"):
        row = {"user_id": user_id, "product_id": product_id, "seller_order_id": seller_order_id}
        tx.run(_grant, **row, granted_at=tx.now)


def may_review(snapshot: Snapshot, scope: Scope, product_id: str) -> bool:
    """Whether the caller has the right to review a product."""
    return snapshot.one(_granted, user_id=scope.actor, product_id=product_id) is not None


def write_review(tx: Tx, scope: Scope, product_id: str, text: ReviewText) -> Review:
    """Say what one thinks of a product that one bought here; saying it again edits it.

    What a rule catches is held until the operator has looked; its author sees it all the while. NotAllowed without a
    completed order of it; TooMany above so many a day.
    """
    user_id = identity.require_person(scope)
    grant = tx.one(_granted, user_id=user_id, product_id=product_id)
    if grant is None:
        raise NotAllowed("Only those who bought this here and received it can review it")
    if int(tx.value(_count_since, user_id=user_id, since=tx.now - DAY) or 0) >= A_DAY_MAX:
        raise TooMany(f"You have written {A_DAY_MAX} reviews today: write the next one tomorrow", retry_after_s=86_400)
    checked = _check(text)
    review_id = derive_id("rev", user_id, product_id)
    row = {"product_id": product_id, "author_id": user_id, "source": grant.seller_order_id, "written_at": tx.now}
    state = state_for(tx, review_id, product_id, checked.title, checked.body, checked.author)
    tx.run(_write, id=review_id, **row, **msgspec.structs.asdict(checked), state=state)
    _recount(tx, product_id)
    return get_review(tx, scope, review_id)


def withdraw_review(tx: Tx, scope: Scope, review_id: str) -> None:
    """Take back what one wrote; the words go, the right to write stays. NotFound for somebody else's."""
    review = tx.one(_own, id=review_id, user_id=identity.require_person(scope))
    if review is None or review.state == "withdrawn":
        raise NotFound("There is no such review of yours")
    tx.run(_withdraw, id_=review_id, now_=tx.now)
    _recount(tx, review.product_id)


def answer_review(tx: Tx, scope: Scope, review_id: str, answer: str) -> Review:
    """A seller's answer, shown below a review of what they sell; an empty one takes it back.

    One seller answers a review: whoever was first, and of an imported one whoever brought it. NotFound for reviews of
    goods that the caller does not sell, Conflict where another seller has answered.
    """
    merchant_id = identity.require_organisation(scope)
    row = tx.one(_answerable, id=review_id, merchant_id=merchant_id)
    if row is None or (row.origin == "imported" and row.source != merchant_id):
        raise NotFound("There is no such review of your goods")
    if row.answered_by not in (None, merchant_id):
        raise Conflict("Another seller has answered this review already")
    words = clean_text(answer)
    if len(words) > ANSWER_LENGTH_MAX:
        raise Invalid(f"Use at most {ANSWER_LENGTH_MAX:,} characters", fields={"answer": "Make it shorter"})
    if causes := caught_by(words):
        raise Invalid(_SAID[causes[0]], fields={"answer": _SAID[causes[0]]})
    told = {"answer_": words or None, "answered_by_": merchant_id if words else None}
    tx.run(_answer, id_=review_id, **told, answered_at_=tx.now if words else None)
    if words and row.author_id:
        params = {"merchant": row.merchant_name, "product": row.product_title, "answer": words[:300]}
        link = f"/p/{row.product_slug}#reviews"
        identity.notify(tx, Notice(row.author_id, "catalog.review_answered", params, link=link))
    return get_review(tx, Scope.system(), review_id)


def get_review(snapshot: Snapshot, scope: Scope, review_id: str) -> Review:
    """A review that is shown, or one's own; NotFound otherwise."""
    review = snapshot.one(_one, id=review_id, user_id=scope.actor, all=int(scope.is_operator))
    if review is None:
        raise NotFound("There is no such review")
    return review


def find_own_review(snapshot: Snapshot, scope: Scope, product_id: str) -> Review | None:
    """What the caller wrote of a product, whatever became of it; None when nothing, or when it was taken back."""
    review = snapshot.one(_one, id=derive_id("rev", scope.actor, product_id), user_id=scope.actor, all=0)
    return None if review is None or review.state == "withdrawn" else review


def list_reviews(
    snapshot: Snapshot,
    product_id: str,
    *,
    most: int = 20,
    wish: ReviewWish = ReviewWish(),  # noqa: B008 - frozen
) -> list[Review]:
    """A product's shown reviews as wished, verified ones first among those that it leaves equal."""
    return snapshot.all(
        _of_product[wish.sort],
        product_id=product_id,
        stars=wish.stars,
        verified=int(wish.verified),
        worded=int(wish.worded),
        most=most,
        skip=max(0, wish.skip),
    )


def review_bars(snapshot: Snapshot, product_id: str) -> dict[int, int]:
    """How many shown reviews give each number of stars, five first."""
    counts = {row.rating: row.n for row in snapshot.all(_bars, product_id=product_id)}
    return {stars: counts.get(stars, 0) for stars in (5, 4, 3, 2, 1)}


def list_merchant_reviews(
    snapshot: Snapshot, scope: Scope, *, unanswered: bool = False, before: Seen | None = None, most: int = 50
) -> list[MerchantReview]:
    """Shown reviews of what the caller sells, newest first; one read."""
    merchant_id = identity.require_organisation(scope)
    rows = snapshot.all(
        _of_merchant, merchant_id=merchant_id, unanswered=int(unanswered), most=most, **from_newest(before)
    )
    return [MerchantReview(Review(*row[: len(_fields)]), row.product_title, row.product_slug) for row in rows]


def _recount(tx: Tx, product_id: str) -> None:
    refresh_ratings(tx, [product_id])
    announce_offers(tx, [product_id])


def _check(text: ReviewText) -> ReviewText:
    author, title, body = clean_line(text.author), clean_line(text.title), clean_text(text.body)
    fields = {}
    if not 1 <= text.rating <= 5:
        fields["rating"] = "Give 1 to 5 stars"
    if not 1 <= len(author) <= TITLE_LENGTH_MAX:
        fields["author"] = "Write the name to show"
    if len(title) > TITLE_LENGTH_MAX:
        fields["title"] = f"Use at most {TITLE_LENGTH_MAX} characters"
    if len(body) > BODY_LENGTH_MAX:
        fields["body"] = f"Use at most {BODY_LENGTH_MAX} characters"
    if fields:
        raise Invalid("The review cannot be kept so: look at " + ", ".join(fields), fields=fields)
    return ReviewText(text.rating, author, title, body)


_r, _g, _o = tables.reviews.c, tables.review_grants.c, tables.offers.c
_p, _m = tables.products.c, tables.merchants.c
_fields = (
    _r.id, _r.product_id, _r.author, _r.rating, _r.title, _r.body, _r.origin, _r.written_at, _r.edited_at, _r.state,
    _r.helpful, _r.answer, _r.answered_by, _r.answered_at,
)  # fmt: skip
_grant: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_review_grants (user_id, product_id, seller_order_id, granted_at) "
    "VALUES (:user_id, COALESCE((SELECT joined_to FROM catalog_products WHERE id = :product_id), :product_id), "
    ":seller_order_id, :granted_at) ON CONFLICT DO NOTHING"
)
_granted: Prepared[Any] = prepare(
    select(_g.seller_order_id).where(_g.user_id == bindparam("user_id"), _g.product_id == bindparam("product_id"))
)
_write: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_reviews (id, product_id, author_id, author, rating, title, body, origin, source, written_at, "
    "state, helpful) VALUES (:id, :product_id, :author_id, :author, :rating, :title, :body, 'verified', :source, "
    ":written_at, :state, 0) ON CONFLICT (id) DO UPDATE SET author = excluded.author, rating = excluded.rating, "
    "title = excluded.title, body = excluded.body, edited_at = excluded.written_at, state = excluded.state"
)
_count_since: Prepared[Any] = prepare(
    select(func.count().label("n")).where(
        _r.author_id == bindparam("user_id"), func.coalesce(_r.edited_at, _r.written_at) > bindparam("since")
    )
)
_own: Prepared[Any] = prepare(
    select(_r.product_id, _r.state)
    .where(_r.id == bindparam("id"), _r.author_id == bindparam("user_id"))
    .with_for_update()
)
_withdraw: Prepared[Any] = prepare(
    update(tables.reviews)
    .where(_r.id == bindparam("id_"))
    .values(state="withdrawn", title="", body="", edited_at=bindparam("now_"), answer=None, answered_by=None)
)
_answer: Prepared[Any] = prepare(
    update(tables.reviews)
    .where(_r.id == bindparam("id_"))
    .values(answer=bindparam("answer_"), answered_by=bindparam("answered_by_"), answered_at=bindparam("answered_at_"))
)
_is_sold_by = (
    select(_o.id)
    .where(_o.product_id == _r.product_id, _o.merchant_id == bindparam("merchant_id"), _o.state != "gone")
    .exists()
)
_answerable: Prepared[Any] = prepare(
    select(
        _r.author_id, _r.origin, _r.source, _r.answered_by, _p.title.label("product_title"),
        _p.slug.label("product_slug"), _m.name.label("merchant_name"),
    )
    .join_from(tables.reviews, tables.products, _p.id == _r.product_id)
    .join(tables.merchants, _m.id == bindparam("merchant_id"))
    .where(_r.id == bindparam("id"), _r.state == "shown", _is_sold_by)
)  # fmt: skip
_one: Prepared[Review] = prepare(
    select(*_fields).where(
        _r.id == bindparam("id"),
        or_(_r.state == "shown", _r.author_id == bindparam("user_id"), bindparam("all") == 1),
    ),
    Review,
)
_ORDERS: dict[str, tuple[Any, ...]] = {
    "newest": (),
    "helpful": (_r.helpful.desc(),),
    "best": (_r.rating.desc(),),
    "worst": (_r.rating,),
}
_of_product: dict[str, Prepared[Review]] = {
    sort: prepare(
        select(*_fields)
        .where(
            _r.product_id == bindparam("product_id"),
            _r.state == "shown",
            or_(bindparam("stars") == 0, _r.rating == bindparam("stars")),
            or_(bindparam("verified") == 0, _r.origin == "verified"),
            or_(bindparam("worded") == 0, _r.body != ""),
        )
        .order_by(*first, (_r.origin != "verified"), _r.written_at.desc(), _r.id)
        .limit(bindparam("most"))
        .offset(bindparam("skip")),
        Review,
    )
    for sort, first in _ORDERS.items()
}
_bars: Prepared[Any] = prepare(
    select(_r.rating, func.count().label("n"))
    .where(_r.product_id == bindparam("product_id"), _r.state == "shown")
    .group_by(_r.rating)
)
_of_merchant: Prepared[Any] = prepare(
    select(*_fields, _p.title.label("product_title"), _p.slug.label("product_slug"))
    .join_from(tables.reviews, tables.products, _p.id == _r.product_id)
    .where(
        _r.state == "shown",
        older_than(_r.written_at, _r.id),
        or_(bindparam("unanswered") == 0, _r.answer.is_(None)),
        # By the merchant's goods: beginning with the reviews, it would look at those of everybody.
        _r.product_id.in_(select(_o.product_id).where(_o.merchant_id == bindparam("merchant_id"), _o.state != "gone")),
    )
    .order_by(_r.written_at.desc(), _r.id)
    .limit(bindparam("most"))
)
