"""Discovery's tables: what an operator decided about search. The index itself is files, made from other rooms' rows."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint
from sqlalchemy.types import LargeBinary

from entrepot.kernel.sql import Flag, Json, String, Whole, table

rules = table(
    "discovery_rules",
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("action", String, nullable=False),
    Column("terms", Json, nullable=False),  # which goods, where, and how much
    Column("starts_at", Whole),
    Column("ends_at", Whole),
    Column("created_by", String, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("changed_at", Whole, nullable=False),
    Column("ended_at", Whole),  # set once, by an operator; `ends_at` is a date that was planned
    CheckConstraint("action IN ('pin', 'boost', 'bury', 'include', 'exclude', 'spread')", name="action"),
)
Index("ix_discovery_rules_ended", rules.c.ended_at)

synonyms = table(
    "discovery_synonyms",
    Column("id", String, primary_key=True),
    Column("language", String, nullable=False),  # empty: every language
    Column("kind", String, nullable=False),
    Column("words", Json, nullable=False),
    Column("others", Json, nullable=False),  # one-way: what the words also find; two-way: none
    Column("created_by", String, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("ended_at", Whole),
    CheckConstraint("kind IN ('one_way', 'two_way')", name="kind"),
)
Index("ix_discovery_synonyms_ended", synonyms.c.ended_at)

pictures = table(  # a product's main picture as an encoder saw it; made anew from the pictures at any time
    "discovery_pictures",
    Column("product_id", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("encoder", String, nullable=False),
    Column("vector", LargeBinary, nullable=False),  # int8, of the encoder's length
    PrimaryKeyConstraint("product_id", "encoder"),
)
Index("ix_discovery_pictures_encoder", pictures.c.encoder, pictures.c.product_id)

learned = table(  # what was trained for search: rankers and encoders, with what they were trained on and how they did
    "discovery_learned",
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("encoder", String, nullable=False),  # whose vectors it goes with
    Column("sha256", String, nullable=False),  # of its file, in blobs
    Column("judgments", String, nullable=False),  # sha256 of the ratings that it was trained on, in blobs
    Column("base", String),  # what served when it was trained, and what it was compared with
    Column("scores", Json, nullable=False),
    Column("passed", Flag, nullable=False),
    Column("reason", String, nullable=False),
    Column("created_by", String, nullable=False),
    Column("created_at", Whole, nullable=False),
    CheckConstraint("kind IN ('ranker', 'encoder')", name="kind"),
)
Index("ix_discovery_learned_kind", learned.c.kind, learned.c.created_at)

in_use = table(  # what search uses now, one row a kind and encoder; going back is this row
    "discovery_in_use",
    Column("kind", String, nullable=False),
    Column("encoder", String, nullable=False),
    Column("learned", String),  # empty: nothing learned
    Column("changed_by", String, nullable=False),
    Column("changed_at", Whole, nullable=False),
    PrimaryKeyConstraint("kind", "encoder"),
)
