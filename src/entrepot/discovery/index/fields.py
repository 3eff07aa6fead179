"""A document as three fields of words, in the order of how much a word in them says about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from ..text import analysed, shorter
from ..types import Document

BODY_WORDS_MAX = 2_000
TOLD_CHARACTERS_MAX = 1_000
EMBEDDED_CHARACTERS_MAX = 400
UNSAID = frozenset({"thing", "role"})
"""What a product is kept as, so that it may be preferred: nobody searches for the word `accessory`."""


class Fields(msgspec.Struct, frozen=True):
    """The words of a document, each field a text with a space between them: its title; what it is (brand, category,
    numbers); what is said of it, with attributes.

    `words` are all of them, each once, in order; `surfaces` says how those that lost their ending are written; `told`
    are the words of its brand, its category and the beginning of its description, each once. Texts and not lists,
    because the process that works them out sends them to another, which hands most of them on as they are.
    """

    title: str
    head: str
    body: str
    words: str
    surfaces: dict[str, str]
    told: str


def fields_of(document: Document) -> Fields:
    """The words of a document, by field."""
    surfaces: dict[str, str] = {}
    values = {_said(name, value): None for pairs in _pairs(document) for name, value in pairs}
    values.update({label: None for _, _, label in document.labels})
    title = _words([document.title], surfaces)
    head = _words([document.external_id, document.brand, *document.category_names, *document.keywords], surfaces)
    body = _words([document.description, *values], surfaces)[:BODY_WORDS_MAX]
    told = _words([document.brand, *document.category_names, document.description[:TOLD_CHARACTERS_MAX]])
    return Fields(
        " ".join(title),
        " ".join(head),
        " ".join(body),
        " ".join(sorted({*title, *head, *body})),
        surfaces,
        " ".join(dict.fromkeys(told)),
    )


def _words(texts: Iterable[str], surfaces: dict[str, str] | None = None) -> list[str]:
    """The words of texts in order, as `document_words` gives those of one."""
    found: list[str] = []
    for text in texts:
        if text:
            words, written = analysed(text)
            found += words
            if surfaces is not None:
                for word, form in written:
                    surfaces[word] = shorter(surfaces.get(word), form)
    return found


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
