"""A document as three fields of words, in the order of how much a word in them says about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..text import document_words
from ..types import Document

BODY_WORDS_MAX = 2_000
TOLD_CHARACTERS_MAX = 1_000
EMBEDDED_CHARACTERS_MAX = 400
UNSAID = frozenset({"thing", "role"})
"""What a product is kept as, so that it may be preferred: nobody searches for the word `accessory`."""


class Fields(NamedTuple):
    """The words of a document: its title; what it is (brand, category, numbers); what is said of it, with attributes.

    `surfaces` says how those that lost their ending are written; `told` are the words of its brand, its category and
    the beginning of its description, each once.
    """

    title: list[str]
    head: list[str]
    body: list[str]
    surfaces: dict[str, str]
    told: list[str]

    def distinct(self) -> set[str]:
        """Every word that finds the document."""
        return {*self.title, *self.head, *self.body}


def fields_of(document: Document) -> Fields:
    """The words of a document, by field."""
    head = [document.external_id, document.brand, *document.category_names, *document.keywords]
    values = dict.fromkeys(_said(name, value) for pairs in _pairs(document) for name, value in pairs)
    values.update(dict.fromkeys(label for _, _, label in document.labels))
    body = [document.description, *values]
    surfaces: dict[str, str] = {}
    return Fields(
        document_words(document.title, surfaces),
        [word for text in head if text for word in document_words(text, surfaces)],
        [word for text in body if text for word in document_words(text, surfaces)][:BODY_WORDS_MAX],
        surfaces,
        _told(document),
    )


def _told(document: Document) -> list[str]:
    texts = (document.brand, *document.category_names, document.description[:TOLD_CHARACTERS_MAX])
    return list(dict.fromkeys(word for text in texts for word in document_words(text)))


def _said(name: str, value: str) -> str:
    """What an attribute says in words: that it is so is said by its name; what is for filters alone says nothing."""
    if name in UNSAID or value == "no":
        return ""
    return name.replace("_", " ") if value == "yes" else value


def _pairs(document: Document) -> Iterator[tuple[tuple[str, str], ...]]:
    yield document.attributes
    for offer in document.offers:
        yield offer.attributes


def text_to_embed(document: Document) -> str:
    """What the document's vector is made from: what it is, and how its description begins."""
    return embedded_text(document.title, document.brand, document.category_names, document.description)


def embedded_text(title: str, brand: str | None, category_names: Sequence[str], description: str) -> str:
    """The same from what is known of a product before it is a document."""
    parts = (title, brand, " ".join(category_names[-2:]), description)
    return ". ".join(part for part in parts if part)[:EMBEDDED_CHARACTERS_MAX]
