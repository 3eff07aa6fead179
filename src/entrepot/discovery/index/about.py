"""What a query is about: a product that is the thing, or is only called so, against one whose texts merely mention it.

The title's own thing decides (`understanding.goods`): a cushion that goes with every sofa is no sofa. Of a product
whose thing nobody knows, its name decides. What is about the query comes rather before what mentions it; and an order
that the shopper chose is an order of what answers alone:

1. what is about it and has its words; where there is none of that for sale,
2. what is about it; then
3. what has its words; and then
4. whatever was found.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np
import numpy.typing as npt

from ..types import ROLE, THING, Document, Subject
from .arrays import Codes, Whole
from .filters import CATEGORY, offer_terms, terms_of
from .terms import TermTable

WEIGHT, CALLED_WEIGHT = 0.1, 0.02
"""How much more what is about the query counts, and what is called so besides: a tote, of all handbags, for whoever
says tote. A title often tells its thing, and not always, so this is one reason among others; where the packs know the
thing, the wishes of the query say the same once more. On rated queries of a real catalogue a weight above all others
(8.0) let re-ranking fall by 0.006, first pages by 0.065, and bad places there rise by 0.025: AA batteries stood behind
every battery of a notebook. With 0.25 bad places there were 0.139, with 0.1 they are 0.125."""
MENTION_WEIGHT = -8.0
"""What is known to be another thing, and is not even called so, only mentions it: a rug that goes with every sofa. That
is more than all other reasons together, so it comes after everything that may be the thing."""
REASON = "subject"

Mask = npt.NDArray[np.bool_]


class Narrowed(msgspec.Struct, frozen=True):
    """What is asked of the products found: which of them are `called` by the subject's names, which the query's `own`,
    which `joined` by a rule; and whether the shopper chose an order (`is_sorted`). What a rule adds decides nothing of
    the others."""

    subject: Subject | None
    called: Mask
    own: Mask
    joined: Mask
    is_sorted: bool


def about_of(subject: Subject, terms: TermTable, places: Whole, codes: Codes, called: Mask) -> Mask:
    """The same of many products at once: `places` and `codes` are their terms, `called` flags those called so."""
    is_role = _with(terms, places, codes, ROLE, len(called))
    right = called
    for category in subject.categories:
        right = right | _having(terms, places, codes, (CATEGORY, category), len(called))
    if subject.things:
        right = np.where(_with(terms, places, codes, THING, len(called)), False, right)
        for thing in subject.things:
            right = right | _having(terms, places, codes, (THING, thing), len(called))
    if subject.role:
        right = right & (~is_role | _having(terms, places, codes, (ROLE, subject.role), len(called)))
    return right


def mentioning(subject: Subject, terms: TermTable, places: Whole, codes: Codes, called: Mask) -> Mask:
    """Which products are known to be other things than a subject's, and are not called so either."""
    mask = ~called if subject.things else np.zeros(len(called), np.bool_)
    mask = mask & _with(terms, places, codes, THING, len(called))
    for thing in subject.things:
        mask = mask & ~_having(terms, places, codes, (THING, thing), len(called))
    return mask


def is_about(subject: Subject, document: Document, title: Iterable[str]) -> bool:
    """The same of one product, with the words of its title. What all its offers say holds for the product."""
    offered = [offer_terms(offer) for offer in document.offers]
    terms = terms_of(document).union(set[tuple[str, str]]().union(*offered[:1]).intersection(*offered))
    named = is_called(subject, title) or any((CATEGORY, path) in terms for path in subject.categories)
    things, roles = ([value for other, value in terms if other == name] for name in (THING, ROLE))
    return subject.holds(things, roles, named)


def is_called(subject: Subject, title: Iterable[str]) -> bool:
    """Whether a title has all words of one of a subject's names."""
    return any(set(title).issuperset(name) for name in subject.names)


def _with(terms: TermTable, places: Whole, codes: Codes, name: str, count: int) -> Mask:
    """Which have any value of a name."""
    return _flags(places[terms.name_codes[codes] == terms.name_code(name)], count)


def _having(terms: TermTable, places: Whole, codes: Codes, pair: tuple[str, str], count: int) -> Mask:
    """Which have a term."""
    return _flags(places[codes == terms.code(*pair)], count)


def _flags(places: Whole, count: int) -> Mask:
    flags = np.zeros(count, np.bool_)
    flags[places] = True
    return flags
