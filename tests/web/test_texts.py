"""Interface texts: the same keys in each language, and every key that a template or a page names."""

import json
import re
from pathlib import Path

import pytest

import entrepot.web
from entrepot.identity import LANGUAGES
from entrepot.kernel import DAY, HOUR, MINUTE
from entrepot.kernel.testing import NOON
from entrepot.web.formats import ago, day, money
from entrepot.web.texts import choose_language, load_texts, say

WEB = Path(str(entrepot.web.__file__)).parent
PLACE = re.compile(r"{(\w+)}")


def keys_named() -> set[str]:
    """Keys that templates and pages name as plain words."""
    named: set[str] = set()
    for path in WEB.rglob("*.html"):
        named |= set(re.findall(r"""\bt\(\s*["']([a-z_]+\.[a-z0-9_.]+)["']\s*[,)]""", path.read_text(encoding="utf-8")))
    for path in WEB.rglob("*.py"):
        named |= set(re.findall(r"""\b(?:say|flash)\(\s*["']([a-z_]+\.[a-z0-9_.]+)["']""", path.read_text("utf-8")))
    assert len(named) > 30
    return named


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_that_is_named_has_words(language: str) -> None:
    assert sorted(keys_named() - set(load_texts(language))) == []


def test_languages_hold_the_same_keys_and_places() -> None:
    first, *others = LANGUAGES
    for other in others:
        assert sorted(set(load_texts(first)) ^ set(load_texts(other))) == []
        for key, text in load_texts(first).items():
            assert places(text) == places(load_texts(other)[key]), key


def test_the_ledger_page_has_words_for_every_kind_of_account_and_purpose() -> None:
    code = "".join((WEB.parent / room / "accounts.py").read_text("utf-8") for room in ("pay", "cloud"))
    kinds = {f"account.kind.{kind}" for kind in re.findall(r'return Account\(\w+, "(\w+)"', code)}
    said = re.findall(r'^[A-Z_]+ = "([a-z_]+\.[a-z_.]+)"', code, re.MULTILINE)
    purposes = {f"ledger.code.{purpose}" for purpose in said}
    assert len(kinds) > 30
    assert len(purposes) > 50
    assert sorted((kinds | purposes) - set(load_texts("en"))) == []


def places(text: str | dict[str, str]) -> set[str]:
    """What is left open in a text; `count` may be left out where the word says it."""
    forms = [text] if isinstance(text, str) else list(text.values())
    return {place for form in forms for place in PLACE.findall(form)} - {"count"}


def test_a_key_stands_in_one_file() -> None:
    for language in LANGUAGES:
        seen: list[str] = []
        for path in (WEB / "texts" / language).glob("*.json"):
            seen += json.loads(path.read_text(encoding="utf-8"))
        assert sorted({key for key in seen if seen.count(key) > 1}) == []


def test_one_is_not_many() -> None:
    assert say("en", "time.days_ago", count=1) == "1 day ago"
    assert say("en", "time.days_ago", count=2) == "2 days ago"


@pytest.mark.parametrize(
    ("wishes", "accept", "chosen"),
    [
        (("zh", "en"), "", "zh"),
        ((None, "en"), "zh", "en"),
        (("xx", None), "zh-TW,en;q=0.1", "zh"),
        ((), "de;q=1, en;q=0.2, zh;q=0.3", "zh"),
        ((), "zh;q=nonsense", "en"),
        ((), "," * 10_000, "en"),
        ((), "zh;q=0", "en"),
    ],
)
def test_the_first_wish_that_is_ours_is_taken(wishes: tuple[str | None, ...], accept: str, chosen: str) -> None:
    assert choose_language(*wishes, accept=accept) == chosen


def test_money_is_written_as_people_read_it() -> None:
    assert money(123_456_700, "USD", "en") == "$1,234,567.00"
    assert money(-50, "USD", "zh") == "-US$0.50"
    assert money(980, "JPY", "en") == "¥980"
    assert money(980, "CNY", "zh") == "¥9.80"
    assert money(12_345, "KWD", "en") == "12.345 KWD"


def test_days_and_spans() -> None:
    assert (day(NOON, "en"), day(NOON, "zh")) == ("1 Jan 2026", "2026年1月1日")
    assert ago(NOON, NOON, "en") == "just now"
    assert ago(NOON - 3 * MINUTE, NOON, "en") == "3 minutes ago"
    assert ago(NOON + 2 * DAY, NOON, "en") == "in 2 days"
    assert ago(NOON - HOUR, NOON, "zh") == "1 小时前"
