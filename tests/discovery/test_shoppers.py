"""What strangers type into a shop that nobody prepared for them: odd signs, half sentences, sums without a bound."""

from collections.abc import Iterator

import pytest

from entrepot.catalog import AttributeDefinition, ProductDraft, VariantDraft, save_attributes
from entrepot.discovery import SearchPage
from entrepot.discovery.understanding.prices import read_price
from entrepot.discovery.understanding.spelling import slip
from entrepot.kernel.testing import open_file
from tests.discovery.market import Shop, draft, open_shop

CABLES = {
    f"cable-{feet}-{n}": f"Dyna - {feet}' Micro USB Cable - {('Blue', 'Green')[n]}" for feet in (3, 6) for n in (0, 1)
}
PHONES = {
    f"phone-{network}-{n}": f"Nova - P{n} Cell Phone ({network})" for network in ("Verizon", "AT&T") for n in range(3)
}
CASES = {f"case-{n}": f"Tough case for Nova Moto® P{n} - Leather" for n in range(4)}
FEW = {
    "verizon-card": ("Verizon prepaid card", "Verizon"),
    "headset-typo": ("Bluetoth headset", "Jab"),
    **{f"headset-{n}": (f"Bluetooth headset {n}", "Jab") for n in range(40)},
    "shoes": ("Oxford shoes", "Jab"),
    **{f"scrape-{n}": (f"Scrape board {n}", "Jab") for n in range(30)},
    "lift": ("Lift table", "Jab"),
    "charge": ("Quick charge sticker", "Jab"),
    "charges": ("Charges cable", "Jab"),
    "charger": ("Wall charger", "Jab"),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shoppers")
    database = open_file(folder)
    with open_shop(database, folder / "index") as shop:
        sizes = AttributeDefinition("size", "choice", {"en": "Size"}, facet=True)
        shop.database.write_now(lambda tx: save_attributes(tx, shop.cast.dana, [sizes]))
        named = {**CABLES, **CASES}
        shop.put(
            *(draft(each, title, 2_500) for each, title in named.items()),
            *(draft(each, title, 30_000, brand="Nova") for each, title in PHONES.items()),
            *(draft(each, title, 2_000, brand=brand) for each, (title, brand) in FEW.items()),
            *map(hoodie, range(4)),
        )
        shop.follow()
        yield shop
    database.close()


def hoodie(number: int) -> ProductDraft:
    sizes = tuple(VariantDraft(4_000, "EUR", options={"size": size}) for size in ("S", "M", "XL"))
    return ProductDraft(f"hoodie-{number}", f"Hoodie {number}", sizes)


def labels(page: SearchPage) -> list[str]:
    assert page.understood is not None
    return [chip.label for chip in page.understood.chips]


@pytest.mark.parametrize(
    "q", ["micro usb cable 3 ft", "micro usb cable 3'", "3 foot micro usb cable", "3′ micro usb cable"]
)
def test_feet_are_found_by_their_sign(shop: Shop, q: str) -> None:
    assert set(shop.found(q)[:2]) == {"cable-3-0", "cable-3-1"}


@pytest.mark.parametrize(("q", "size"), [("hoodie medium", "m"), ("small hoodie", "s"), ("extra large hoodie", "xl")])
def test_a_size_in_words_is_the_letters(shop: Shop, q: str, size: str) -> None:
    page = shop.search(q)
    assert page.understood is not None
    assert page.understood.filters == {"size": (size,)}
    assert not page.understood.relaxed
    assert page.total == 4


def test_a_size_that_is_sold_out_is_given_up_and_never_another_one(shop: Shop) -> None:
    page = shop.search("xxl hoodie")
    assert page.corrected is None
    assert page.understood is not None
    assert [each.words for each in page.understood.relaxed] == ["xxl"]


@pytest.mark.parametrize("q", ["phone not verizon", "phone -verizon", "non-verizon phone", "phone except Verizon"])
def test_a_brand_that_these_goods_do_not_have_is_denied_as_a_word(shop: Shop, q: str) -> None:
    assert set(shop.found(q)) == {each for each in PHONES if "AT&T" in each}
    assert "Not verizon" in [label.replace("Verizon", "verizon") for label in labels(shop.search(q))]


def test_what_is_written_in_one_is_denied_in_one(shop: Shop) -> None:
    assert set(shop.found("phone not at&t")) == {each for each in PHONES if "Verizon" in each}


def test_of_two_denials_each_has_its_own_chip(shop: Shop) -> None:
    assert [label for label in labels(shop.search("hoodie not red or blue")) if "Not" in label] == [
        "Not red",
        "Not blue",
    ]


def test_a_word_that_one_title_has_mistyped_finds_what_all_others_have(shop: Shop) -> None:
    found = shop.found("bluetoth headset", limit=60)
    assert {"headset-typo", "headset-0", "headset-39"} <= set(found)


def test_what_is_mended_is_what_was_probably_meant(shop: Shop) -> None:
    assert shop.search("chargr").corrected == "charger"
    assert shop.search("gifts under 50").corrected is None
    assert slip("chargr", "charger") < slip("chargr", "charge") < slip("gift", "lift")


@pytest.mark.parametrize(
    ("q", "meant"),
    [
        ("case 20 dollars", (1_600, 2_400)),
        ("mouse 20€", (1_600, 2_400)),
        ("$40 top-up card", (3_200, 4_800)),
        ("power bank around 30", (2_400, 3_600)),
        ("stuhl um die 50 euro", (4_000, 6_000)),
        ("沙发500元左右", (40_000, 60_000)),
        ("laptop 500 to 1000", (50_000, 100_000)),
        ("laptop 1k to 1.5k", (100_000, 150_000)),
        ("laptop under 1k", (None, 100_000)),
        ("shoes size 5 to 27", None),
        ("usb 2 to 3 adapter", None),
        ("4k monitor", None),
        ("about 5 kg flour", None),
        ("book about 20 dogs", None),
    ],
)
def test_a_sum_without_a_bound_is_about_so_much(q: str, meant: tuple[int | None, int | None] | None) -> None:
    price = read_price(q, "USD", None, lambda word: word in ("kg", "size"))
    assert (None if price is None else (price.low, price.high)) == meant


def test_a_sum_is_told_as_it_was_said(shop: Shop) -> None:
    page = shop.search("micro usb cable 25 euro")
    assert labels(page)[0] == "About 25 EUR"
    assert {hit.external_id for hit in page.hits[:4]} == set(CABLES)


def test_the_words_around_an_attribute_stay_words(shop: Shop) -> None:
    """Beside a word that names an attribute, only what can be a value of it is one."""
    page = shop.search("power bank around 5000000")
    assert page.understood is not None
    assert "power" in page.understood.text_terms or not page.hits


# --- while one types


def suggested(shop: Shop, q: str, language: str = "en") -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in shop.searcher.suggest(q, language)]


def test_a_mistyped_beginning_is_mended(shop: Shop) -> None:
    assert suggested(shop, "hodie")[0] == ("query", "hoodie")
    assert {kind for kind, _ in suggested(shop, "hodie")} == {"query", "product"}


def test_products_are_those_of_the_word_that_was_begun(shop: Shop) -> None:
    assert {text for kind, text in suggested(shop, "hood") if kind == "product"} <= {f"Hoodie {n}" for n in range(4)}


def test_a_word_in_a_script_without_spaces_suggests_what_it_names(shop: Shop) -> None:
    assert ("query", "手机") in suggested(shop, "手机", "zh")
    assert {text for kind, text in suggested(shop, "手机", "zh") if kind == "product"} <= set(PHONES.values())


@pytest.mark.parametrize(
    "q", ["", " ", "\x00\x07", "%", "'", "<", "?" * 3_000, "ab" * 5_000, "\u202e\u200b", "e\u0301" * 900]
)
def test_whatever_is_typed_has_an_answer(shop: Shop, q: str) -> None:
    assert len(suggested(shop, q)) <= 8


@pytest.mark.parametrize(
    "q", ["schuhe", "chaussures", "zapatos", "scarpe", "sapatos", "schoenen", "鞋子", "靴", "footwear"]
)
def test_what_is_worn_on_feet_is_found_in_eight_languages(shop: Shop, q: str) -> None:
    """`scrape` is one edit from `scarpe`: a word of the packs is never taken for a mistyped one."""
    assert shop.found(q)[:1] == ["shoes"]
