"""Reviews: by people who bought it here, who get the right to with the order; and those that a feed brought along.

Imported ones are kept and labelled, and never counted as verified.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Invalid, NotAllowed, NotFound, Prepared, Snapshot, Tx, derive_id, prepare
from entrepot.kernel.sql import prepare_text

from . import tables
from .ratings import refresh_ratings
from .texts import clean_line, clean_text
from .types import Review
from .visibility import announce_offers

TITLE_LENGTH_MAX = 200
BODY_LENGTH_MAX = 5_000


class ReviewText(msgspec.Struct, frozen=True):
    """What a buyer says, with 1 to 5 stars. `author` is the name shown with it."""

    rating: int
    author: str
    title: str = ""
    body: str = ""


def grant_review(tx: Tx, user_id: str, product_id: str, seller_order_id: str) -> None:
    """Let somebody who received a product say what they think of it. Twice is once; a guest gets no right."""
    if user_id.startswith("usr_"):
        row = {"user_id": user_id, "product_id": product_id, "seller_order_id": seller_order_id}
        tx.run(_grant, **row, granted_at=tx.now)


def may_review(snapshot: Snapshot, scope: Scope, product_id: str) -> bool:
    """Whether the caller has the right to review a product."""
    return snapshot.one(_granted, user_id=scope.actor, product_id=product_id) is not None


def write_review(tx: Tx, scope: Scope, product_id: str, text: ReviewText) -> Review:
    """Say what one thinks of a product that one bought here; saying it again replaces it.

    NotAllowed without a completed order of it.
    """
    user_id = identity.require_person(scope)
    grant = tx.one(_granted, user_id=user_id, product_id=product_id)
    if grant is None:
        raise NotAllowed("Only those who bought this here and received it can review it")
    checked = _check(text)
    row = {"product_id": product_id, "author_id": user_id, "source": grant.seller_order_id, "written_at": tx.now}
    review_id = derive_id("rev", user_id, product_id)
    tx.run(_write, id=review_id, **row, **msgspec.structs.asdict(checked))
    refresh_ratings(tx, [product_id])
    announce_offers(tx, [product_id])
    review = tx.one(_one, id=review_id)
    if review is None:
        raise NotFound("There is no such review")
    return review


def list_reviews(snapshot: Snapshot, product_id: str, *, before: int | None = None, most: int = 20) -> list[Review]:
    """A product's reviews, verified ones first, then the newest; `before` is the time of the last one seen."""
    return snapshot.all(_of_product, product_id=product_id, before=before or 2**62, most=most)


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


_r, _g = tables.reviews.c, tables.review_grants.c
_fields = (_r.id, _r.product_id, _r.author, _r.rating, _r.title, _r.body, _r.origin, _r.written_at)
_grant: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_review_grants (user_id, product_id, seller_order_id, granted_at) "
    "VALUES (:user_id, :product_id, :seller_order_id, :granted_at) ON CONFLICT DO NOTHING"
)
_granted: Prepared[Any] = prepare(
    select(_g.seller_order_id).where(_g.user_id == bindparam("user_id"), _g.product_id == bindparam("product_id"))
)
_write: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_reviews (id, product_id, author_id, author, rating, title, body, origin, source, written_at) "
    "VALUES (:id, :product_id, :author_id, :author, :rating, :title, :body, 'verified', :source, :written_at) "
    "ON CONFLICT (id) DO UPDATE SET author = excluded.author, rating = excluded.rating, title = excluded.title, "
    "body = excluded.body, written_at = excluded.written_at"
)
_one: Prepared[Review] = prepare(select(*_fields).where(_r.id == bindparam("id")), Review)
_of_product: Prepared[Review] = prepare(
    select(*_fields)
    .where(_r.product_id == bindparam("product_id"), _r.written_at < bindparam("before"))
    .order_by((_r.origin != "verified"), _r.written_at.desc(), _r.id)
    .limit(bindparam("most")),
    Review,
)
