"""Interface texts are data: `texts/en/*.json` and `texts/zh/*.json`, flat objects of `"page.what": "words"`.

There is a file for each part of the program, with the same name in each language; a key stands in one file. A text may
hold `{name}` places, and may be an object with `one` and `other`, chosen by its `count`. All languages hold the same
keys; a test says so, and that every key which a template or a page names is there.
"""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Any

import msgspec
import structlog

from entrepot import identity

DEFAULT = "en"

log = structlog.get_logger(__name__)

Text = str | dict[str, str]


@functools.cache
def load_texts(language: str) -> dict[str, Text]:
    """Every text of a language, by key."""
    folder = resources.files("entrepot.web") / "texts" / language
    texts: dict[str, Text] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            texts.update(msgspec.json.decode(file.read_bytes(), type=dict[str, Text]))
    return texts


def say(language: str, key: str, **params: Any) -> str:
    """The words for a key. What a language lacks is said in English, and noted in the log."""
    text = load_texts(language).get(key) or load_texts(DEFAULT).get(key)
    if text is None:
        log.warning("a text is missing", key=key, language=language)
        return key
    if isinstance(text, dict):
        text = text["one"] if params.get("count") in (1, "1") and "one" in text else text["other"]
    return text.format(**params) if params else text


def told(language: str, sentence: str) -> str:
    """What a room refused, in a language: rooms speak English, and `texts/refusals/` has it in others.

    A sentence that is not there stays as it is: better understood by some than by nobody.
    """
    if language == DEFAULT or not sentence:
        return sentence
    whole, open_ones = _refusals(language)
    if sentence in whole:
        return whole[sentence]
    for pattern, words in open_ones:
        if found := pattern.fullmatch(sentence):
            return words.format(**_told_within(language, found.groupdict()))
    for mark, between in ((". ", "。"), ("; ", "；")):
        if mark in sentence:
            return between.join(told(language, each) for each in sentence.split(mark))
    return sentence


def _told_within(language: str, places: dict[str, str]) -> dict[str, str]:
    """What stands in the places of a sentence; a place called `sentence` holds another one, which is told as well."""
    return {name: told(language, text) if name == "sentence" else text for name, text in places.items()}


@functools.cache
def _refusals(language: str) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """Sentences of refusals as they stand, and those with places in them: the one that says most comes first."""
    folder = resources.files("entrepot.web") / "texts" / "refusals" / language
    texts: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name) if folder.is_dir() else ():
        texts.update(msgspec.json.decode(file.read_bytes(), type=dict[str, str]))
    with_places = sorted((each for each in texts if "{" in each), key=len, reverse=True)
    return texts, [(_pattern(each), texts[each]) for each in with_places]


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"{(\w+)}", sentence)
    return re.compile("".join(f"(?P<{part}>.+?)" if n % 2 else re.escape(part) for n, part in enumerate(parts)))


def has_text(key: str) -> bool:
    """Whether there are words for a key."""
    return key in load_texts(DEFAULT)


def list_keys(start: str) -> list[str]:
    """The keys that begin so."""
    return sorted(key for key in load_texts(DEFAULT) if key.startswith(start))


def choose_language(*wishes: str | None, accept: str = "") -> str:
    """The first wish that is a language of ours, else the best of an Accept-Language header, else English."""
    for wish in wishes:
        if wish in identity.LANGUAGES:
            return str(wish)
    return _accepted(accept)


def _accepted(header: str) -> str:
    """The language of ours with the highest quality; a header that cannot be read counts as none."""
    best, best_quality = DEFAULT, 0.0
    for part in header.split(",")[:20]:
        tag, _, rest = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        try:
            quality = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        if language in identity.LANGUAGES and quality > best_quality:
            best, best_quality = language, quality
    return best
