"""What people write and what it is found by."""

import pytest

from entrepot.discovery.text import document_words, phrase, query_words, replace_words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("500 ml", "500ml"),
        ("500 milliliters", "500-ml"),
        ("0,5 l", "0.5L"),
        ('15.6" laptop', "15.6 inch laptop"),
        ("1,000 W", "1000w"),
        ("WH-1000XM4", "wh1000xm4"),
        ("USB 2.0", "usb 2"),
        ("iPhone15", "iphone 15"),
        ("Café", "CAFE"),
        ("Straße", "strasse"),
        ("\uff33\uff4f\uff46\uff41", "sofa"),  # full-width letters
        ("batteries", "battery"),
        ("dresses", "dress"),
        ("shoes", "shoe"),
        ("hoodies", "hoodie"),
        ("lenses", "lens"),
        ("boxes", "box"),
        ("watches", "watch"),
        ("vases", "vase"),
        ("potatoes", "potato"),
        ("men's", "mens"),
        ("toys", "toy"),
        ("headphones for kids", "kids headphones"),
    ],
)
def test_two_spellings_ask_for_the_same(one: str, other: str) -> None:
    assert set(query_words(one)) == set(query_words(other))
    assert set(query_words(one)) <= set(document_words(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("500 ml", "500 g"),
        ("tube", "tub"),
        ("cape", "cap"),
        ("glass", "glas"),
        ("bus", "bu"),
        ("iphone 15", "iphone 14"),
        ("1.5 l", "15 l"),
        ("car", "care"),
        ("がぎ", "かき"),  # marks of unspaced scripts tell words apart
    ],
)
def test_what_differs_stays_different(one: str, other: str) -> None:
    assert set(query_words(one)) != set(query_words(other))


def test_a_number_finds_its_measure_and_a_measure_only_itself() -> None:
    words = document_words("Bottle 500 ml")
    assert {"500", "500ml", "ml"} <= set(words)
    assert query_words("500 ml") == ("500ml",)
    assert not set(query_words("500 g")) & set(words)


def test_scripts_without_spaces_are_found_by_characters_and_pairs() -> None:
    words = set(document_words("无线耳机"))
    assert set(query_words("耳机")) <= words
    assert set(query_words("耳")) <= words
    assert not set(query_words("耳环")) <= words


def test_a_query_of_small_words_alone_keeps_them() -> None:
    assert query_words("the") == ("the",)
    assert query_words("of the sofa") == ("sofa",)


@pytest.mark.parametrize("text", ["", "   ", "!?", "'", '"', "\0", "----"])
def test_a_text_without_words_has_none(text: str) -> None:
    assert query_words(text) == ()


def test_an_endless_query_is_cut() -> None:
    assert len(query_words(" ".join(f"w{number}" for number in range(10_000)))) <= 16


def test_titles_of_the_same_words_are_the_same_phrase() -> None:
    assert phrase("Red  Sofas!") == phrase("red sofa") != phrase("sofa red")


def test_mending_keeps_what_was_typed_around_it() -> None:
    assert replace_words("Wireless hedphones for the kids", {"hedphon": "x", "hedphone": "headphones"}) == (
        "wireless headphones for the kids"
    )
