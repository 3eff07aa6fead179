"""Categories: a feed's find ours, by path or by its end, or are made beside them within bounds."""

import pytest

from entrepot import catalog
from entrepot.catalog import categories
from entrepot.catalog.categories import parse_path, slug_path
from entrepot.kernel import Database, Invalid, NotAllowed, NotFound
from tests.catalog.shop import SYSTEM, Shop, draft, open_shop


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("electronics/audio/headphones", "electronics/audio/headphones"),
        ("Electronics > Audio > Head-phones", "electronics/audio/head-phones"),
        (" Apparel &amp; Accessories >  T/Shirts ", "apparel-accessories/t-shirts"),
        ("/a//b/", "a/b"),
        ("", ""),
        (" > ", ""),
        ("a/b/c/d/e/f/g/h/i/j", "a/b/c/d/e/f/g/h"),
    ],
)
def test_a_path_is_read_as_feeds_write_it(text: str, slug: str) -> None:
    assert slug_path(parse_path(text)) == slug


def test_names_without_a_latin_letter_have_slugs_too() -> None:
    assert slug_path(parse_path("电子 > 耳机")).startswith("c-")
    assert slug_path(parse_path("电子")) != slug_path(parse_path("服装"))


def seed(database: Database) -> dict[str, str]:
    return database.write_now(
        lambda tx: catalog.save_categories(
            tx,
            SYSTEM,
            [
                catalog.CategoryDraft("electronics/audio/headphones", {"en": "Headphones", "zh": "耳机"}),
                catalog.CategoryDraft("fashion/watches", {"en": "Watches"}),
                catalog.CategoryDraft("kids/watches", {"en": "Watches"}),
            ],
        )
    )


FOUND = [
    ("electronics/audio/headphones", "electronics/audio/headphones"),
    ("Audio > Headphones", "electronics/audio/headphones"),
    ("Headphones", "electronics/audio/headphones"),
    ("Watches", "watches"),
    ("Fashion > Watches", "fashion/watches"),
    ("Garden > Audio > Headphones", "garden/audio/headphones"),
]


def test_a_feeds_category_finds_ours_or_is_made(shop: Shop) -> None:
    seed(shop.database)
    shop.save(*(draft(text, category=text) for text, _ in FOUND))
    assert {text: shop.product(text).category[-1].slug for text, _ in FOUND} == dict(FOUND)


def test_what_a_feed_brought_remembers_its_merchant_and_the_operator_makes_it_the_markets(shop: Shop) -> None:
    shop.save(draft("lamp", category="Home > Lamps"))
    brought = shop.database.read_now(lambda s: catalog.get_category(s, "home/lamps"))
    assert brought.source == shop.id
    shop.database.write_now(
        lambda tx: catalog.save_categories(tx, SYSTEM, [catalog.CategoryDraft("home/lamps", {"en": "Lighting"})])
    )
    ours = shop.database.read_now(lambda s: catalog.get_category(s, brought.id))
    assert (ours.source, ours.name_in("zh")) == (None, "Lighting")


def test_a_merchant_brings_a_bounded_number(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(categories, "BROUGHT_MAX", 3)
    shop.save(*(draft(f"p-{n}", category=f"Home > Shelf {n}") for n in range(10)))
    shop.save(draft("p-x", category="Home > Shelf 99"))
    assert len(shop.database.read_now(catalog.list_categories)) == 3
    assert shop.product("p-x").category[-1].slug == "home"


def test_the_tree_shows_what_has_something_visible_in_it(shop: Shop) -> None:
    seed(shop.database)
    waiting = open_shop(shop.database, "Waiting", approved=False)
    waiting.save(draft("w", category="Spam > Here"))
    shop.save(draft("lamp", category="headphones"))
    tree = shop.database.read_now(catalog.category_tree)
    assert [node.category.slug for node in tree] == ["electronics"]
    assert tree[0].children[0].children[0].category.name_in("zh") == "耳机"


def test_only_the_operator_shapes_the_tree_and_with_whole_names(shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        shop.database.write_now(lambda tx: catalog.save_categories(tx, shop.scope, []))
    with pytest.raises(NotAllowed):
        shop.database.write_now(lambda tx: catalog.save_attributes(tx, shop.scope, []))
    for bad in (catalog.CategoryDraft("A B", {"en": "x"}), catalog.CategoryDraft("a", {"zh": "x"})):
        with pytest.raises(Invalid):
            shop.database.write_now(lambda tx, bad=bad: catalog.save_categories(tx, SYSTEM, [bad]))
    with pytest.raises(NotFound):
        shop.database.read_now(lambda s: catalog.get_category(s, "none"))


def test_attributes_are_defined_by_what_feeds_say_and_corrected_by_the_operator(shop: Shop) -> None:
    shop.save(draft("lamp", attributes={"Screen Size (in)": 6.1, "waterproof": True}, variants=None, options=()))
    found = {each.code: each for each in shop.database.read_now(catalog.list_attributes)}
    assert (found["screen_size_in"].kind, found["screen_size_in"].names) == ("number", {"en": "Screen Size (in)"})
    assert found["waterproof"].kind == "boolean"
    ours = catalog.AttributeDefinition("screen_size_in", "number", {"en": "Screen"}, unit="in", facet=True)
    shop.database.write_now(lambda tx: catalog.save_attributes(tx, SYSTEM, [ours]))
    shop.save(draft("lamp", attributes={"Screen Size (in)": 7}))
    assert ours in shop.database.read_now(catalog.list_attributes)
