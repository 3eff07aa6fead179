"""What is looked for: the thing itself, or something for it; and what that is to fit.

"iphone" is a device, "iphone case" an accessory that fits one, "case for iphone 13" too. A thing's role is its pack's;
a family of devices named beside an accessory is what the accessory is for, else it is the device.
"""

from __future__ import annotations

from typing import NamedTuple

from entrepot import catalog

from ..index.evidence import Evidence
from ..text import fold, query_words
from ..types import ROLE, THING, Wish
from .draft import Draft
from .goods import FITS, is_model_word

MODEL_WORDS_MAX, MODEL_LETTERS_MAX = 4, 2
_MODEL_LETTERS = frozenset(("s", "c", "e", "p", "t", "x"))
"""Behind a figure these are rather a model's than a unit: an iPhone 5c, a Nexus 6P."""
THING_KNOWN, ROLE_KNOWN = 0.05, 0.05
"""A thing or a role counts where at least such a share of the goods with the words is known to be one."""
ROLE_WEIGHT, OTHER_ROLE_WEIGHT, THING_WEIGHT, FITS_WEIGHT = 0.25, -0.5, 0.25, 0.6
"""That a title tells another role says more than that it tells this one: many titles tell none."""


class Role(NamedTuple):
    """What is looked for: its role and things, the model that it is to fit, as typed; and where the thing is named."""

    role: str = ""
    things: tuple[str, ...] = ()
    fits: tuple[str, ...] = ()
    fits_span: tuple[int, int] | None = None
    span: tuple[int, int] | None = None


def read_role(draft: Draft) -> Role:
    """The role that the query's words name; an empty one where they name none."""
    things, head = _things(draft)
    things = tuple(dict.fromkeys((*things, *draft.either)))
    family = _family(draft)
    role = draft.book.known_things[things[0]].role if things else ""
    is_accessory = _has_accessory(draft, family)
    if family is not None:
        begin, end, is_for = family
        fits = (draft.said(begin, end),)
        if role in ("", "device") and (is_for or is_accessory):
            if role == "device" and head and begin <= head[0] < end:
                return Role("accessory", (), fits, (begin, end))
            return Role("accessory", things, fits, (begin, end), head)
        if role in ("accessory", "part", "consumable"):
            return Role(role, things, fits, (begin, end), head)
        return Role("device", things, span=head)
    if not things and is_accessory:
        return Role("accessory")
    return Role(role, things, span=head)


def wishes_of(role: Role, evidence: Evidence) -> list[Wish]:
    """What is preferred for it, as far as the goods with the words are known to differ in it."""
    wishes = []
    known = tuple(thing for thing in role.things if evidence.share(THING, thing) >= THING_KNOWN)
    is_there = bool(known) or role.role != "device"  # of what is not there, accessories serve
    if role.role and is_there and evidence.share(ROLE, role.role) >= ROLE_KNOWN:
        others = [each for each in evidence.values(ROLE) if each != role.role]
        wishes.append(Wish(ROLE, (role.role,), ROLE_WEIGHT))
        if others:
            wishes.append(Wish(ROLE, tuple(sorted(others)), OTHER_ROLE_WEIGHT))
    if known:
        wishes.append(Wish(THING, known, THING_WEIGHT))
    return [*wishes, *_fitting(role, evidence)]


def _fitting(role: Role, evidence: Evidence) -> list[Wish]:
    """More for what fits the very model, less for what fits another."""
    wanted = {_plain(each) for each in role.fits}
    values = evidence.values(FITS)
    right = tuple(value for value in values if _plain(value) in wanted)
    if not right:
        return []
    wrong = tuple(value for value in values if _plain(value) not in wanted)
    return [Wish(FITS, right, FITS_WEIGHT), *([Wish(FITS, wrong, -FITS_WEIGHT / 2)] if wrong else [])]


def _things(draft: Draft) -> tuple[tuple[str, ...], tuple[int, int] | None]:
    """The things that the longest, of equals the last phrase names; and where it stands."""
    said = {phrase for _, _, phrase in draft.phrases()}
    brands = _brands(draft)
    best: tuple[int, int, int, tuple[str, ...]] | None = None
    for begin, end, phrase in draft.phrases():
        if _is_behind_for(draft, begin) or not brands.isdisjoint(range(begin, end)):
            continue
        found = tuple(
            thing
            for thing in draft.book.things(phrase)
            if said.isdisjoint(map(fold, draft.book.known_things[thing].not_words))
        )
        if found and (best is None or (len(phrase), begin) >= best[:2]):
            best = (len(phrase), begin, end, found)
    if best is None:
        return (), None
    _, begin, end, found = best
    if len(found) > 1:  # the commonest first: its role counts
        evidence = draft.vocabulary.evidence(draft.said(begin, end), tuple(draft.synonyms))
        found = tuple(sorted(found, key=lambda thing: -evidence.share(THING, thing)))
    return found, (begin, end)


def _brands(draft: Draft) -> set[int]:
    """The places of brands of several words: Satchel Street sells belts too."""
    return {
        place
        for begin, end, phrase in draft.phrases()
        if end - begin > 1
        and any(name == "brand" for name, _ in draft.vocabulary.saying(" ".join(query_words(phrase))))
        for place in range(begin, end)
    }


def _family(draft: Draft) -> tuple[int, int, bool] | None:
    """A family of devices with its model: from, to, and whether a word such as `for` stands in front of it. Of several
    that stand together the last one names it: a Samsung Galaxy is a Galaxy."""
    families = [(begin, end) for begin, end, phrase in draft.phrases()
                if draft.book.has(phrase, "family") and not draft.book.has(phrase, "accessory")]  # fmt: skip
    if not families:
        return None
    begin, end = first = families[0]
    while behind := next((each for each in families if each[0] == end), None):
        begin, end = behind
    while end < len(draft.words) and end - begin < MODEL_WORDS_MAX + 1 and _is_model(draft, end):
        end += 1
    return begin, end, _is_behind_for(draft, first[0])


def _is_model(draft: Draft, at: int) -> bool:
    """Whether a word goes on naming a model: a figure without a unit, a letter or two at a figure, or a word that
    models have."""
    word, text = draft.words[at], draft.text
    if word.text.isdigit():
        behind = draft.words[at + 1] if at + 1 < len(draft.words) else None
        letters = behind.text if behind is not None and text[word.end : behind.start].strip() == "" else ""
        return letters in _MODEL_LETTERS or not catalog.is_unit(letters)
    is_glued = text[word.start - 1 : word.start].isdigit() or text[word.end : word.end + 1].isdigit()
    return is_model_word(word.text) or (is_glued and len(word.text) <= MODEL_LETTERS_MAX)


def _is_behind_for(draft: Draft, at: int) -> bool:
    for length in (1, 2, 3):
        if at >= length and draft.book.exact(" ".join(w.text for w in draft.words[at - length : at]), "for"):
            return True
    return at >= 2 and _is_behind_for_brand(draft, at)


def _is_behind_for_brand(draft: Draft, at: int) -> bool:
    """`for Apple iPhone`: a brand may stand between."""
    between = draft.words[at - 1].text
    is_brand = any(name == "brand" for name, _ in draft.vocabulary.saying(between))
    return is_brand and draft.book.exact(draft.words[at - 2].text, "for")


def _has_accessory(draft: Draft, family: tuple[int, int, bool] | None) -> bool:
    inside = range(family[0], family[1]) if family else range(0)
    return any(
        draft.book.has(phrase, "accessory") and not any(place in inside for place in range(begin, end))
        for begin, end, phrase in draft.phrases()
    )


def _plain(text: str) -> str:
    """A model's name for comparing: an S 7 is an S7."""
    return "".join(fold(text).split())
