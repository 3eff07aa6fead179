"""What people say: reviews, questions, answers, votes, reports and what a moderator decided."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint

from entrepot.kernel.sql import Json, String, Whole, table

reviews = table(
    "catalog_reviews",
    Column("id", String, primary_key=True),
    Column("product_id", String, nullable=False),
    Column("author_id", String),
    Column("author", String, nullable=False),
    Column("rating", Whole, nullable=False),
    Column("title", String, nullable=False),
    Column("body", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("source", String, nullable=False),  # the seller order that gave the right, or the merchant whose feed it was
    Column("written_at", Whole, nullable=False),
    Column("edited_at", Whole),
    Column("state", String, nullable=False, server_default="shown"),
    Column("helpful", Whole, nullable=False, server_default="0"),  # how many people found it so
    Column("answer", String),
    Column("answered_by", String),  # the merchant
    Column("answered_at", Whole),
    CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
    CheckConstraint("origin IN ('verified', 'imported')", name="origin"),
    CheckConstraint("state IN ('shown', 'held', 'hidden', 'withdrawn')", name="state"),
)
Index("ix_catalog_reviews_product", reviews.c.product_id, reviews.c.written_at)
Index("ix_catalog_reviews_author", reviews.c.author_id, reviews.c.written_at)

questions = table(
    "catalog_questions",
    Column("id", String, primary_key=True),
    Column("product_id", String, nullable=False),
    Column("author_id", String, nullable=False),
    Column("author", String, nullable=False),
    Column("body", String, nullable=False),
    Column("state", String, nullable=False),
    Column("answers", Whole, nullable=False),  # how many are shown
    Column("helpful", Whole, nullable=False),
    Column("asked_at", Whole, nullable=False),
    Column("merged_into", String),  # the question that asks the same, under which its answers stand
    CheckConstraint("state IN ('shown', 'held', 'hidden', 'withdrawn')", name="state"),
)
Index("ix_catalog_questions_product", questions.c.product_id, questions.c.asked_at)
Index("ix_catalog_questions_author", questions.c.author_id, questions.c.asked_at)

answers = table(
    "catalog_answers",
    Column("id", String, primary_key=True),
    Column("question_id", String, nullable=False),
    Column("author_id", String, nullable=False),
    Column("author", String, nullable=False),
    Column("role", String, nullable=False),
    Column("merchant_id", String),
    Column("body", String, nullable=False),
    Column("state", String, nullable=False),
    Column("helpful", Whole, nullable=False),
    Column("written_at", Whole, nullable=False),
    CheckConstraint("role IN ('merchant', 'buyer', 'operator')", name="role"),
    CheckConstraint("state IN ('shown', 'held', 'hidden', 'withdrawn')", name="state"),
)
Index("ix_catalog_answers_question", answers.c.question_id, answers.c.written_at)
Index("ix_catalog_answers_author", answers.c.author_id, answers.c.written_at)

helpful_votes = table(  # one a person
    "catalog_helpful_votes",
    Column("subject_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("voted_at", Whole, nullable=False),
    PrimaryKeyConstraint("subject_id", "user_id"),
)

reports = table(  # who told the operator of a review, question or answer; one a person
    "catalog_reports",
    Column("subject_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("reported_at", Whole, nullable=False),
    PrimaryKeyConstraint("subject_id", "user_id"),
)

moderation = table(  # what an operator is to look at, or has looked at
    "catalog_moderation",
    Column("subject_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("product_id", String, nullable=False),
    Column("causes", Json, nullable=False),
    Column("state", String, nullable=False),
    Column("opened_at", Whole, nullable=False),
    Column("decided_at", Whole),
    Column("decided_by", String),
    Column("reason", String, nullable=False),
    CheckConstraint("kind IN ('review', 'question', 'answer')", name="kind"),
    CheckConstraint("state IN ('open', 'kept', 'hidden')", name="state"),
)
Index("ix_catalog_moderation_state", moderation.c.state, moderation.c.opened_at)

review_grants = table(
    "catalog_review_grants",
    Column("user_id", String, nullable=False),
    Column("product_id", String, nullable=False),
    Column("seller_order_id", String, nullable=False),
    Column("granted_at", Whole, nullable=False),
    PrimaryKeyConstraint("user_id", "product_id"),
)
