"""Why a hit is there, in plain words, in the shopper's language."""

from __future__ import annotations

from collections.abc import Sequence

from .text import query_words
from .types import Hit

_TEXTS = {
    "en": {
        "title": "Its name is what you searched for",
        "all": "Has all your words: {words}",
        "some": "Has some of your words: {words}",
        "elsewhere": "Your words are in its description",
        "similar": "Similar in meaning to your search",
        "popular": "Other shoppers chose it lately",
        "rated": "Rated {rating} of 5 by {count}",
    },
    "zh": {
        "title": "名称与您的搜索完全一致",
        "all": "包含您的全部关键词：{words}",
        "some": "包含您的部分关键词：{words}",
        "elsewhere": "商品描述中有您的关键词",
        "similar": "与您的搜索意思相近",
        "popular": "最近有其他顾客选购",
        "rated": "{count} 人评价，平均 {rating} 分（满分 5 分）",
    },
}
RATED_LEAST, RATINGS_LEAST = 4.0, 3
LISTED_MAX = 3


def explain(hit: Hit, found_by: Sequence[str], q: str, language: str, shown_words: frozenset[str]) -> tuple[str, ...]:
    """Sentences for a hit, the most telling first. `shown_words` are the words of its title and brand."""
    texts = _TEXTS.get(language, _TEXTS["en"])
    sentences = []
    if "title" in found_by:
        sentences.append(texts["title"])
    elif "words" in found_by:
        sentences.append(_words(texts, q, shown_words))
    if "similar" in found_by and "title" not in found_by:
        sentences.append(texts["similar"])
    if "popular" in found_by:
        sentences.append(texts["popular"])
    if hit.rating is not None and hit.rating >= RATED_LEAST and hit.rating_count >= RATINGS_LEAST:
        sentences.append(texts["rated"].format(rating=hit.rating, count=hit.rating_count))
    return tuple(sentences[:LISTED_MAX])


def _words(texts: dict[str, str], q: str, shown_words: frozenset[str]) -> str:
    asked = q.split()
    present = [word for word in asked if (parts := query_words(word)) and shown_words.issuperset(parts)]
    if not present:
        return texts["elsewhere"]
    return texts["all" if len(present) == len(asked) else "some"].format(words=", ".join(present))
