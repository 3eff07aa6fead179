"""Understanding a query: from what was typed to what the index is asked. Without a language model, in about a
millisecond.

Steps, each on what the ones before left over:

1. the price leaves the text, then bounds of other quantities, then what is not wanted;
2. mistyped words are mended against the shop's words and the packs';
3. other words for the same are found: aliases, values in other languages, quantities in other units;
4. the goods with all the words tell what is meant: which values, which role, what is to fit (`attributes`, `roles`),
   and which attribute a bound is of (`bounds`); where nothing has all the words, some are left out (`relaxing`).

A query in which nothing of this is found is left exactly as it is. Whoever takes a chip away asks for the same without
the words that it stands for; a chip without words of its own is named in `ignore`.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from entrepot import catalog
from entrepot.catalog import Pack

from ..index.evidence import Evidence
from ..index.matching import Synonym
from ..text import query_words
from ..types import ROLE, Chip, Relaxed, Subject, Understood
from . import aliases, attributes, negation, roles, spelling
from .bounds import Bound, take_bounds
from .bounds import decide as decide_bounds
from .draft import Asker, Draft
from .goods import FITS
from .labels import price_label, say, value_label
from .languages import guess_language
from .measures import measures_in
from .phrases import phrasebook_of
from .prices import Price, read_price
from .reading import tidy, words_of
from .relaxing import PRICE, Loosened, Words, relax
from .subjects import part_words, read_subject
from .vocabulary import Vocabulary

JOINED_TIMES = 8
"""How much oftener than apart two words have to be written as one for that to be what they mean."""


def understand(text: str, vocabulary: Vocabulary, packs: Sequence[Pack], asker: Asker | None = None) -> Understood:
    """What a query means to this shop. Pure but for what it asks of the vocabulary; the same query and the same goods
    give the same."""
    draft = Draft(tidy(text), vocabulary, phrasebook_of(packs), asker or Asker())
    typed = draft.text
    draft.language = guess_language(typed, tuple(word.text for word in draft.words), draft.asker.language)
    bounds = _take_conditions(draft)
    values = _find_words(draft)
    role = roles.Role() if ROLE in draft.asker.ignore else roles.read_role(draft)
    small = _small_words(draft)
    words = part_words(draft, role, values, small)
    subject = read_subject(draft, role, values, small)
    relaxed = relax(draft, words, (*draft.asker.synonyms, *draft.synonyms), subject)
    negation.leave_out_values(draft, relaxed.evidence, role.role)
    given_up = words.given_up(draft.asker.given_up)
    _decide(draft, [value for value in values if value.begin not in given_up], relaxed.evidence)
    decide_bounds(draft, bounds, relaxed.evidence)
    _decide_role(draft, role, relaxed.evidence)
    understood = _understood(draft, typed, role, words, relaxed, subject)
    return (
        replace(understood, text=text, meant=text, text_terms=query_words(text)) if understood.is_plain else understood
    )


def _take_conditions(draft: Draft) -> list[Bound]:
    """The price, the bounds, what is not wanted and what will do as well, out of the text, which is mended for them."""
    if _take_price(draft) is None:
        _take_mended_price(draft)
    bounds = take_bounds(draft)
    _take_unwanted(draft)
    _mend(draft)
    _take_unwanted(draft)
    _take_cheap(draft)
    aliases.take_alternatives(draft)
    return bounds


def _understood(
    draft: Draft, typed: str, role: roles.Role, words: Words, relaxed: Loosened, subject: Subject | None
) -> Understood:
    """What a draft came to."""
    return Understood(
        text=relaxed.text,
        meant=_in_our_words(draft, relaxed.text),
        text_terms=query_words(relaxed.text),
        synonyms=tuple(dict.fromkeys(draft.synonyms)),
        filters=draft.filters,
        must_not=draft.must_not,
        unwanted=tuple(dict.fromkeys(draft.unwanted)),
        wishes=tuple(draft.wishes),
        price=draft.filters[PRICE][0] if PRICE in draft.filters else None,
        role=role.role or None,
        things=role.things,
        fits=role.fits,
        chips=tuple(draft.chips),
        language=draft.language,
        corrected=draft.text if draft.text != typed else None,
        typed=typed,
        relaxed=(*_untold(draft, relaxed.left_out), *draft.left_out),
        subject=subject,
        soft=tuple(draft.said(place, place + 1) for place in words.soft),
        firm=tuple(draft.said(place, place + 1) for place in words.firm),
        cheap=draft.cheap,
    )


def _mend(draft: Draft) -> None:
    if "spelling" not in draft.asker.ignore:
        spelling.mend(draft)


def _take_mended_price(draft: Draft) -> None:
    """The price where the word of its bound is mistyped: `undr 500`."""
    if "spelling" not in draft.asker.ignore and spelling.mend_bound(draft):
        _take_price(draft)


def _take_price(draft: Draft) -> Price | None:
    """The price as a filter, out of the text."""
    asker = draft.asker
    price = read_price(draft.text, asker.currency, asker.convert, lambda word: _is_counted(draft, word))
    if price is None:
        return None
    label = price_label(price.low, price.high, asker.currency, asker.language, price.about)
    span = (price.start, price.end)
    words = draft.text[slice(*span)].strip()
    if PRICE in asker.given_up:
        draft.left_out.append(Relaxed(PRICE, words, label, price.range))
    else:
        draft.chips.append(Chip(PRICE, label, PRICE, price.range, words, (("q", draft.without(span)),), strict=True))
        draft.filters[PRICE] = (price.range,)
    draft.take(*span)
    return price


def _take_cheap(draft: Draft) -> None:
    """Words for a low price as a preference, out of the text; not where nothing else is said."""
    for begin, end, phrase in draft.phrases():
        if end - begin < len(draft.words) and draft.book.exact(phrase, "cheap"):
            span = (draft.words[begin].start, draft.words[end - 1].end)
            words, without = draft.said(begin, end), (("q", draft.without(span)),)
            draft.chips.append(Chip("cheap", say("cheap", draft.asker.language), words=words, without=without))
            draft.cheap = True
            draft.take(*span)
            return


def _is_counted(draft: Draft, word: str) -> bool:
    """Whether a number before this word is no price: so many ports, grams or years."""
    return catalog.is_unit(word) or draft.book.has(word.casefold(), "attribute")


def _take_unwanted(draft: Draft) -> None:
    before = draft.text
    taken = len(draft.taken)
    for said, _ in negation.read_unwanted(draft):
        name, value = negation.note_unwanted(draft, said)
        spans = draft.taken[taken:]
        span = next((span for span in spans if said in before[slice(*span)]), spans[-1])
        label = say("not", draft.asker.language, value=said)
        draft.chips.append(Chip("not", label, name, value, said, (("q", draft.without(span)),), strict=True))


def _find_words(draft: Draft) -> list[attributes.Value]:
    """Other words for what the query says; returns the values that it may name."""
    covered: set[int] = set()
    values = attributes.candidates(draft)
    quantities = list(aliases.quantities_in(draft))
    for begin, end, synonym in quantities:
        draft.synonyms.append(synonym)
        covered.update(range(begin, end))
    draft.spans += [(measure.begin, measure.end) for measure in measures_in(draft.text, draft.words)]
    found = () if "alias" in draft.asker.ignore else aliases.every(draft)
    for begin, end, synonym in found:
        if covered.isdisjoint(range(begin, end)):
            covered.update(range(begin, end))
            draft.synonyms.append(synonym)
            draft.spans.append((begin, end))
    draft.synonyms += dict.fromkeys(
        attributes.translations(draft, [each for each in values if each.begin not in covered])
    )
    return values


def _small_words(draft: Draft) -> set[int]:
    """The places of small words of any language, as long as others are left: they are not searched."""
    together = {place for begin, end in draft.spans for place in range(begin, end)}
    small = {place for place in range(len(draft.words)) if _is_small(draft, place)} - together
    return small if len(small) < len(draft.words) else set()


def _is_small(draft: Draft, place: int) -> bool:
    word = draft.words[place].text
    if draft.book.exact(word, "stop", "for"):
        return not (word.isascii() and len(word) == 1)
    is_figure = draft.words[place + 1].text[:1].isdigit() if place + 1 < len(draft.words) else False
    if is_figure and draft.book.exact(word, "system"):
        return True
    return is_figure and word == "x" and place > 0 and draft.words[place - 1].text[:1].isdigit()


def _untold(draft: Draft, left_out: Sequence[Relaxed]) -> list[Relaxed]:
    """What is left out but for the words of a value: that is asked for as one, and has its chip."""
    chips = [words_of(chip.words) for chip in draft.chips if chip.kind in ("attribute", "brand")]
    said = {word.text for words in chips for word in words}
    return [each for each in left_out if not {word.text for word in words_of(each.words)} <= said]


def _in_our_words(draft: Draft, text: str) -> str:
    """The text with what the shop has no words for as the shop calls it: an encoder may know one language only."""
    words = words_of(text)
    for synonym in dict.fromkeys(draft.synonyms):
        if synonym.others and (
            not all(map(draft.vocabulary.frequency, synonym.words)) or _is_written_as_one(draft, synonym)
        ):
            other = " ".join(map(draft.vocabulary.surface, synonym.others[0]))
            for begin in range(len(words)):
                for end in range(begin + 1, min(begin + 4, len(words)) + 1):
                    said = text[words[begin].start : words[end - 1].end]
                    if query_words(said) == synonym.words:
                        text = f"{text[: words[begin].start]}{other}{text[words[end - 1].end :]}"
                        words = words_of(text)
                        break
                else:
                    continue
                break
    return text


def _is_written_as_one(draft: Draft, synonym: Synonym) -> bool:
    """Whether words are what the shop nearly always writes as one: `head set`, which is no set of heads."""
    if len(synonym.words) == 1 or synonym.others[0] != ("".join(synonym.words),):
        return False
    apart = draft.vocabulary.evidence(" ".join(synonym.words)).total
    return draft.vocabulary.frequency(synonym.others[0][0]) >= JOINED_TIMES * max(apart, 1)


def _decide(draft: Draft, values: list[attributes.Value], evidence: Evidence) -> None:
    """Keep the values that the goods bear out."""
    for kept in attributes.meant(draft, values, evidence):
        value = kept.value
        kind = "brand" if value.name == attributes.BRAND else "attribute"
        if kind in draft.asker.ignore:
            continue
        if kept.strict:
            draft.filters.setdefault(value.name, (value.value,))
        draft.wishes += attributes.wishes_of(kept, evidence)
        span = (draft.words[value.begin].start, draft.words[value.end - 1].end)
        unit, names = draft.asker.units.get(value.name, ""), draft.asker.names
        label = value_label(value.name, value.value, unit, names, draft.asker.language)
        without = (("q", draft.without(span)),)
        draft.chips.append(
            Chip(kind, label, value.name, value.value, draft.text[slice(*span)], without, strict=kept.strict)
        )


def _decide_role(draft: Draft, role: roles.Role, evidence: Evidence) -> None:
    """Keep the role that the goods bear out."""
    wishes = roles.wishes_of(role, evidence)
    draft.wishes += wishes
    language = draft.asker.language
    away = (("ignore", ROLE),)
    if any(wish.name == FITS for wish in wishes):
        draft.chips.append(
            Chip("fits", say("fits", language, value=role.fits[0]), FITS, role.fits[0], role.fits[0], away)
        )
    elif role.role in ("device", "accessory") and any(wish.name == ROLE and wish.weight < 0 for wish in wishes):
        draft.chips.append(Chip("role", say(role.role, language), ROLE, role.role, "", away))


__all__ = ["Synonym", "understand"]
