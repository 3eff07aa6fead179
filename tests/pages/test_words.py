"""Pages in Chinese: no English of ours shows and no key; what a template puts together has words in each language."""

from __future__ import annotations

import html
import re
from typing import get_args

import httpx
import pytest

from entrepot import pay
from entrepot.deliver import ScanCode
from entrepot.discovery import SORTS
from entrepot.identity import LANGUAGES
from entrepot.orders import Holder, SellerOrderStatus, Stage
from entrepot.web.pages.merchant.console import SECTIONS as MERCHANT_SECTIONS
from entrepot.web.pages.operator.console import SECTIONS as OPERATOR_SECTIONS
from entrepot.web.pages.operator.overview import HELD
from entrepot.web.paying import METHODS
from entrepot.web.texts import Text, load_texts
from tests.pages.conftest import Site
from tests.pages.places import PLACES, Place
from tests.waiting import WAIT_S

PUT_TOGETHER = {
    "account.kind.": HELD,
    "custody.": tuple(Holder),
    "failure.title.": ("403", "404", "409", "429", "503"),
    "import.state.": ("waiting", "running", "done", "failed"),
    "language.": LANGUAGES,
    "ledger.kind.": ("move", "hold", "capture", "void", "expire"),
    "merchant.nav.": tuple(name for name, _ in MERCHANT_SECTIONS),
    "merchant.status.": ("pending", "approved", "suspended"),
    "operator.nav.": tuple(name for name, _ in OPERATOR_SECTIONS),
    "pay.method.": METHODS,
    "payout.": get_args(pay.Payout.__annotations__.get("state", "")) or ("requested", "paid"),
    "scan.": get_args(ScanCode),
    "search.sort.": SORTS,
    "status.": (*Stage, *SellerOrderStatus),
    "step.": ("paid", "shipped", "delivered", "completed"),
    "verdict.": ("holds", "broken", "nothing_to_prove"),
}
SAME_IN_BOTH = 12
"""A text this short may be a name, or stand inside another word; longer ones are sentences."""
UNSEEN = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->", re.DOTALL)
KEY = re.compile(
    r"\b(?:home|search|facet|product|cart|checkout|order|history|custody|scan|merchant|operator|setup)\.[a-z_]+"
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_template_puts_together_has_words(language: str) -> None:
    named = {prefix + str(end) for prefix, ends in PUT_TOGETHER.items() for end in ends}
    assert sorted(named - set(load_texts(language))) == []


def test_languages_leave_the_same_places_open() -> None:
    for language in LANGUAGES:
        for key, text in load_texts(language).items():
            english = load_texts("en")[key]
            assert places(text) <= places(english) | {"count"}, (language, key)


def places(text: Text) -> set[str]:
    """What is left open in a text."""
    forms = [text] if isinstance(text, str) else list(text.values())
    return {place for form in forms for place in re.findall(r"{(\w+)}", form)}


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_page_in_chinese_speaks_no_english_of_ours(place: Place, site: Site) -> None:
    path = place.path(site.market).partition("#")[0]
    cookie = f"entrepot={site.cookie(place.person)['value']}" if place.person else ""
    address = f"{site.address}{path}{'&' if '?' in path else '?'}lang=zh"
    headers = {"accept": "text/html", "cookie": cookie}
    answer = httpx.get(address, headers=headers, timeout=WAIT_S)
    if place.person:  # the choice stays with the session, which other tests read in English
        httpx.get(f"{site.address}/?lang=en", headers=headers, timeout=WAIT_S)
    assert answer.status_code == place.status
    shown = words_of(answer.text)
    assert '<html lang="zh"' in answer.text
    assert sorted(set(KEY.findall(shown))) == []
    assert [sentence for sentence in english_sentences() if sentence in shown] == []


def words_of(page: str) -> str:
    """What a page says, seen or read aloud."""
    spoken = re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*)"', page)
    return html.unescape(" ".join([re.sub(r"<[^>]+>", " ", UNSEEN.sub(" ", page)), *spoken]))


def english_sentences() -> list[str]:
    """English texts that differ in Chinese and are long enough to be recognised, up to their first open place."""
    chinese = load_texts("zh")
    forms = []
    for key, text in load_texts("en").items():
        if text != chinese[key]:
            forms += [text] if isinstance(text, str) else list(text.values())
    beginnings = {form.partition("{")[0].strip() for form in forms}
    return sorted(beginning for beginning in beginnings if len(beginning) > SAME_IN_BOTH)
