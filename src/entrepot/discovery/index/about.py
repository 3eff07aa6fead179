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
from enum import IntFlag

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


def of_subject(subject: Subject, terms: TermTable, places: Whole, codes: Codes, called: Mask) -> tuple[Mask, Mask]:
    """The same of many products at once, and which are known to be other things and are not called so either, or by
    chance. `places` and `codes` are their terms, in the order of the products; `called` flags those called so."""
    told = _told(_telling(subject, terms), places, codes, len(called))
    right = called | _has(told, _Told.CATEGORY)
    other = np.zeros(len(called), np.bool_)
    if subject.things:
        is_thing = _has(told, _Told.THING)
        other = _has(told, _Told.SOME_THING) & ~is_thing
        right, other = (right & ~other) | is_thing, other & (~called | _has(told, _Told.HOMONYM))
    if subject.role:
        right &= ~_has(told, _Told.SOME_ROLE) | _has(told, _Told.ROLE)
    return right, other


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


class _Told(IntFlag):
    """What a term tells of a product: that it is one of the subject's categories; a thing, and the subject's; a role,
    and the subject's; a thing of the same name."""

    CATEGORY = 1
    SOME_THING = 2
    THING = 4
    SOME_ROLE = 8
    ROLE = 16
    HOMONYM = 32


def _telling(subject: Subject, terms: TermTable) -> npt.NDArray[np.uint8]:
    """By code, what a term tells of a product."""
    tells: list[tuple[Codes | list[int], _Told]] = [
        (terms.of_name(THING), _Told.SOME_THING),
        (terms.of_name(ROLE), _Told.SOME_ROLE),
        ([terms.code(CATEGORY, each) for each in subject.categories], _Told.CATEGORY),
        ([terms.code(THING, each) for each in subject.things], _Told.THING),
        ([terms.code(ROLE, subject.role)], _Told.ROLE),
        ([terms.code(THING, each) for each in subject.homonyms], _Told.HOMONYM),
    ]
    told = np.zeros(len(terms.pairs) + 1, np.uint8)  # the last place is for the code of what nothing has
    for codes, flag in tells:
        told[codes] |= np.uint8(flag)
    return told


def _told(telling: npt.NDArray[np.uint8], places: Whole, codes: Codes, count: int) -> npt.NDArray[np.uint8]:
    """What all terms together tell of each product."""
    tells = np.take(telling, codes)
    at = np.flatnonzero(tells)
    told, places = np.zeros(count, np.uint8), places[at]
    if len(at):
        first = np.flatnonzero(np.concatenate(([True], places[1:] != places[:-1])))
        told[places[first]] = np.bitwise_or.reduceat(tells[at], first)
    return told


def _has(told: npt.NDArray[np.uint8], flag: _Told) -> Mask:
    flags: Mask = (told & np.uint8(flag)) != 0
    return flags
