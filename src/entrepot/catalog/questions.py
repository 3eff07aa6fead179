"""Questions about a product: asked by anybody who is signed in, answered by its sellers and by those who bought it.

The same question asked twice is made one: its answers move, and what was asked leads there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, func, or_, select, update

from entrepot import identity
from entrepot.identity import Notice, Scope
from entrepot.kernel import DAY, Invalid, NotAllowed, NotFound, Prepared, Snapshot, TooMany, Tx, in_set, prepare
from entrepot.kernel.sql import prepare_text

from . import tables
from .moderation import State, count_answers, set_state, state_for
from .reviews import may_review
from .seen import Seen, from_newest, older_than
from .telling import tell_sellers
from .texts import clean_line, clean_text
from .visibility import visible_ids

QUESTION_LENGTH_MAX = 500
ANSWER_LENGTH_MAX = 2_000
A_DAY_MAX = 20
"""How many questions, and how many answers, one person writes in a day; a seller's own are not counted."""

AnswerRole = Literal["merchant", "buyer", "operator"]


class Answer(msgspec.Struct, frozen=True):
    """An answer, and as whom its author gives it."""

    id: str
    question_id: str
    author: str
    role: AnswerRole
    body: str
    state: State
    helpful: int
    written_at: int


class Question(msgspec.Struct, frozen=True):
    """A question with its answers: the sellers' first, then the most helpful."""

    id: str
    product_id: str
    author: str
    body: str
    state: State
    helpful: int
    asked_at: int
    answers: tuple[Answer, ...] = ()


class MerchantQuestion(msgspec.Struct, frozen=True):
    """A question as the seller sees it: with the product it is about."""

    question: Question
    product_title: str
    product_slug: str


def ask_question(tx: Tx, scope: Scope, product_id: str, author: str, body: str) -> Question:
    """Ask something about a product that is seen. What a rule catches is held until the operator has looked.

    TooMany above so many a day; NotFound for what is not seen.
    """
    user_id = identity.require_person(scope)
    if not visible_ids(tx, [product_id]):
        raise NotFound("There is no such product")
    _bound(tx, _asked_since, user_id, "questions")
    words, name = _words(body, QUESTION_LENGTH_MAX), _name(author)
    question_id = tx.new_id("qst")
    state = state_for(tx, question_id, product_id, words, name)
    row = {"id": question_id, "product_id": product_id, "author_id": user_id, "author": name, "body": words}
    tx.run(_ask, **row, state=state, asked_at=tx.now)
    if state == "shown":
        tell_sellers(tx, product_id, name, words)
    return get_question(tx, scope, question_id)


def answer_question(tx: Tx, scope: Scope, question_id: str, author: str, body: str) -> Answer:
    """Answer a question: as a seller of the product, as somebody who bought it here, or as the operator.

    NotAllowed for others, because what they say is a guess; TooMany above so many a day.
    """
    user_id = identity.require_person(scope) if not scope.is_operator else scope.actor
    question = tx.one(_shown, id=question_id)
    if question is None:
        raise NotFound("There is no such question")
    role = _role(tx, scope, question.product_id)
    if role == "buyer":
        _bound(tx, _answered_since, user_id, "answers")
    words, name = _words(body, ANSWER_LENGTH_MAX), _name(author)
    answer_id = tx.new_id("ans")
    state: State = state_for(tx, answer_id, question.product_id, words, name) if role == "buyer" else "shown"
    row = {"id": answer_id, "question_id": question_id, "author_id": user_id, "author": name, "role": role}
    tx.run(_answer, **row, merchant_id=scope.organisation, body=words, state=state, written_at=tx.now)
    count_answers(tx, [question_id])
    if state == "shown" and question.author_id != user_id:
        params = {"author": name, "product": question.product_title, "answer": words[:300]}
        link = f"/p/{question.product_slug}#questions"
        identity.notify(tx, Notice(question.author_id, "catalog.question_answered", params, link=link))
    return Answer(answer_id, question_id, name, role, words, state, 0, tx.now)


def withdraw_words(tx: Tx, scope: Scope, subject_id: str) -> None:
    """Take back a question or an answer of one's own; NotFound for somebody else's."""
    user_id = identity.require_person(scope)
    statement = _own.get(subject_id[:3])
    row = tx.one(statement, id=subject_id, user_id=user_id) if statement else None
    if row is None or row.state == "withdrawn":
        raise NotFound("There is nothing of this kind of yours")
    set_state(tx, subject_id, row.product_id, "withdrawn")


def merge_questions(tx: Tx, scope: Scope, question_id: str, into_id: str) -> Question:
    """Make one of two questions of a product that ask the same; the answers go with it. Its sellers and operators."""
    found = {row.id: row for row in tx.all(_both, ids=[question_id, into_id])}
    if len(found) != 2:
        raise NotFound("There is no such question")
    if _role(tx, scope, found[question_id].product_id) == "buyer":
        raise NotAllowed("The sellers of a product and the operator merge its questions")
    if found[question_id].product_id != found[into_id].product_id:
        raise Invalid("Both questions must be about the same product", fields={"into": "Choose another"})
    tx.run(_move_answers, from_=question_id, to_=into_id)
    tx.run(_merge, id_=question_id, into_=into_id)
    count_answers(tx, [question_id, into_id])
    return get_question(tx, scope, into_id)


def get_question(snapshot: Snapshot, scope: Scope, question_id: str) -> Question:
    """A question that is shown, or one's own; NotFound otherwise. One that was merged leads to where it went."""
    row = snapshot.one(_get, id=question_id)
    if row is not None and row.merged_into:
        return get_question(snapshot, scope, row.merged_into)
    if row is None or (row.state != "shown" and row.author_id != scope.actor and not scope.is_operator):
        raise NotFound("There is no such question")
    return _with_answers(snapshot, scope, [row])[0]


def list_questions(
    snapshot: Snapshot, scope: Scope, product_id: str, *, before: Seen | None = None, most: int = 20
) -> list[Question]:
    """A product's questions, newest first, and one's own that are held; two reads. `before` is the last one
    seen."""
    rows = snapshot.all(_of_product, product_id=product_id, user_id=scope.actor, most=most, **from_newest(before))
    return _with_answers(snapshot, scope, rows)


def list_merchant_questions(
    snapshot: Snapshot, scope: Scope, *, unanswered: bool = False, before: Seen | None = None, most: int = 50
) -> list[MerchantQuestion]:
    """Questions about what the caller sells, newest first; two reads."""
    merchant_id = identity.require_organisation(scope)
    rows = snapshot.all(
        _of_merchant, merchant_id=merchant_id, unanswered=int(unanswered), most=most, **from_newest(before)
    )
    questions = {each.id: each for each in _with_answers(snapshot, scope, rows)}
    return [MerchantQuestion(questions[row.id], row.product_title, row.product_slug) for row in rows]


def may_answer(snapshot: Snapshot, scope: Scope, product_id: str) -> bool:
    """Whether the caller sells the product, bought it here, or is the operator."""
    try:
        _role(snapshot, scope, product_id)
    except NotAllowed:
        return False
    return True


def _role(snapshot: Snapshot, scope: Scope, product_id: str) -> AnswerRole:
    if scope.organisation and snapshot.one(_sells, product_id=product_id, merchant_id=scope.organisation):
        return "merchant"
    if scope.is_operator:
        return "operator"
    if scope.is_person and may_review(snapshot, scope, product_id):
        return "buyer"
    raise NotAllowed("Its sellers and those who bought it here answer questions about a product")


def _bound(tx: Tx, counted: Prepared[Any], user_id: str, what: str) -> None:
    if int(tx.value(counted, user_id=user_id, since=tx.now - DAY) or 0) >= A_DAY_MAX:
        raise TooMany(f"You have written {A_DAY_MAX} {what} today: write the next one tomorrow", retry_after_s=86_400)


def _words(body: str, most: int) -> str:
    words = clean_text(body)
    if not 2 <= len(words) <= most:
        raise Invalid(f"Write 2 to {most:,} characters", fields={"body": f"Write 2 to {most:,} characters"})
    return words


def _name(author: str) -> str:
    name = clean_line(author)[:200]
    if not name:
        raise Invalid("Write the name to show", fields={"author": "Write a name"})
    return name


def _with_answers(snapshot: Snapshot, scope: Scope, rows: Sequence[Any]) -> list[Question]:
    if not rows:
        return []
    below: dict[str, list[Answer]] = {}
    for answer in snapshot.all(_answers, ids=[row.id for row in rows], user_id=scope.actor):
        below.setdefault(answer.question_id, []).append(answer)
    return [
        Question(
            row.id, row.product_id, row.author, row.body, row.state, row.helpful, row.asked_at,
            tuple(sorted(below.get(row.id, ()), key=_rank)),
        )
        for row in rows
    ]  # fmt: skip


def _rank(answer: Answer) -> tuple[bool, int, int]:
    return answer.role == "buyer", -answer.helpful, answer.written_at


_q, _a, _o, _p = tables.questions.c, tables.answers.c, tables.offers.c, tables.products.c
_fields = (
    _q.id, _q.product_id, _q.author_id, _q.author, _q.body, _q.state, _q.helpful, _q.asked_at, _q.merged_into,
)  # fmt: skip
_ask: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_questions (id, product_id, author_id, author, body, state, answers, helpful, asked_at) "
    "VALUES (:id, :product_id, :author_id, :author, :body, :state, 0, 0, :asked_at)"
)
_answer: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_answers (id, question_id, author_id, author, role, merchant_id, body, state, helpful, "
    "written_at) VALUES (:id, :question_id, :author_id, :author, :role, :merchant_id, :body, :state, 0, :written_at)"
)
_asked_since: Prepared[Any] = prepare(
    select(func.count().label("n")).where(_q.author_id == bindparam("user_id"), _q.asked_at > bindparam("since"))
)
_answered_since: Prepared[Any] = prepare(
    select(func.count().label("n")).where(_a.author_id == bindparam("user_id"), _a.written_at > bindparam("since"))
)
_shown: Prepared[Any] = prepare(
    select(_q.product_id, _q.author_id, _p.title.label("product_title"), _p.slug.label("product_slug"))
    .join_from(tables.questions, tables.products, _p.id == _q.product_id)
    .where(_q.id == bindparam("id"), _q.state == "shown", _q.merged_into.is_(None))
)
_sells: Prepared[Any] = prepare(
    select(_o.id)
    .where(_o.product_id == bindparam("product_id"), _o.merchant_id == bindparam("merchant_id"), _o.state != "gone")
    .limit(1)
)
_own: dict[str, Prepared[Any]] = {
    "qst": prepare(
        select(_q.product_id, _q.state).where(_q.id == bindparam("id"), _q.author_id == bindparam("user_id"))
    ),
    "ans": prepare(
        select(_q.product_id, _a.state)
        .join_from(tables.answers, tables.questions, _q.id == _a.question_id)
        .where(_a.id == bindparam("id"), _a.author_id == bindparam("user_id"))
    ),
}
_both: Prepared[Any] = prepare(
    select(_q.id, _q.product_id).where(in_set(_q.id, "ids"), _q.merged_into.is_(None)).order_by(_q.id).with_for_update()
)
_move_answers: Prepared[Any] = prepare(
    update(tables.answers).where(_a.question_id == bindparam("from_")).values(question_id=bindparam("to_"))
)
_merge: Prepared[Any] = prepare(
    update(tables.questions).where(_q.id == bindparam("id_")).values(merged_into=bindparam("into_"))
)
_get: Prepared[Any] = prepare(select(*_fields).where(_q.id == bindparam("id")))
_of_product: Prepared[Any] = prepare(
    select(*_fields)
    .where(
        _q.product_id == bindparam("product_id"),
        _q.merged_into.is_(None),
        or_(_q.state == "shown", (_q.state == "held") & (_q.author_id == bindparam("user_id"))),
        older_than(_q.asked_at, _q.id),
    )
    .order_by(_q.asked_at.desc(), _q.id)
    .limit(bindparam("most"))
)
_of_merchant: Prepared[Any] = prepare(
    select(*_fields, _p.title.label("product_title"), _p.slug.label("product_slug"))
    .join_from(tables.questions, tables.products, _p.id == _q.product_id)
    .where(
        _q.state == "shown",
        _q.merged_into.is_(None),
        older_than(_q.asked_at, _q.id),
        or_(bindparam("unanswered") == 0, _q.answers == 0),
        # By the merchant's goods: beginning with the questions, it would look at those of everybody.
        _q.product_id.in_(select(_o.product_id).where(_o.merchant_id == bindparam("merchant_id"), _o.state != "gone")),
    )
    .order_by(_q.asked_at.desc(), _q.id)
    .limit(bindparam("most"))
)
_answers: Prepared[Answer] = prepare(
    select(_a.id, _a.question_id, _a.author, _a.role, _a.body, _a.state, _a.helpful, _a.written_at)
    .where(
        in_set(_a.question_id, "ids"),
        or_(_a.state == "shown", (_a.state == "held") & (_a.author_id == bindparam("user_id"))),
    )
    .order_by(_a.written_at, _a.id),
    Answer,
)
