"""The checks of a listing: what each says, and that the score is what its lines add up to."""

import msgspec
import pytest

from entrepot.catalog import Category, OfferView, PictureView, ProductView, Rating, VariantView
from entrepot.catalog.checks import check_listing

DESCRIPTION = (
    "<p>" + "A phone with a bright screen, a long-lived battery and a camera that sees at night. " * 2 + "</p>"
)


def picture(alt="The back, in blue"):
    return PictureView("a" * 64, None, alt, "merchant", 800, 800)


def fill(kind, **values):
    """A struct of views with what the test does not care about left at nothing."""
    zero = {"str": "", "int": 0, "bool": False}
    fields = {}
    for field in msgspec.structs.fields(kind):
        if field.required and field.name not in values:
            name = getattr(field.type, "__name__", "")
            fields[field.name] = zero.get(
                name, () if "tuple" in str(field.type) else {} if "dict" in str(field.type) else None
            )
    return kind(**fields, **values)


def offer(**values):
    given = {"id": "off_1", "variant_id": "var_1", "price_minor": 69900, "currency": "EUR", "weight_g": 180,
             "list_price_minor": None, "state": "active", "sellable": True}  # fmt: skip
    return fill(OfferView, **{**given, **values})


def listing(**values):
    """A listing of which there is nothing to complain."""
    slug = values.pop("category", "electronics/phones/smartphones")
    offers = values.pop("offers", (offer(),))
    category = (Category("cat_1", slug, {"en": "Phones"}, None, 0, None),) if slug else ()
    variant = fill(
        VariantView, id="var_1", label="Blue", options=values.pop("options", {"Colour": "Blue"}),
        gtin=values.pop("gtin", "4006381333931"), offers=(),
    )  # fmt: skip
    given = {
        "title": "Fairphone 5 smartphone 256 GB blue", "brand": "Fairphone", "description_html": DESCRIPTION,
        "pictures": (picture(), picture("The front"), picture("In the hand")), "variants": (variant,),
        "attributes": {"storage": ("256 GB",), "screen_size": ('6.46"',), "color": ("Blue",)},
        "category": category, "rating": Rating(0, 0, 0),
    }  # fmt: skip
    return fill(ProductView, **{**given, **values}), offers


def wanting(**values):
    return {line.code: line.sentence_in("en") for line in check_listing(*listing(**values)).wanting}


def test_a_good_listing_has_nothing_wanting():
    quality = check_listing(*listing())

    assert [line.code for line in quality.wanting] == []
    assert quality.score == 100
    assert quality.thing["en"] == "smartphone"


@pytest.mark.parametrize(
    ("code", "changed", "says"),
    [
        ("picture", {"pictures": ()}, "Add a picture"),
        ("pictures", {"pictures": (picture(),)}, "better than 1"),
        ("alt", {"pictures": (picture(""),) * 3}, "Say in words"),
        ("title_short", {"title": "Phone"}, "says little"),
        ("title_long", {"title": "Fairphone smartphone " + "very " * 40 + "blue"}, "characters"),
        ("title_shouting", {"title": "AMAZING SMARTPHONE FAIRPHONE BLUE"}, "shouts"),
        ("title_shouting", {"title": "Fairphone 5 smartphone!!! wow"}, "shouts"),
        ("title_repeats", {"title": "Fairphone smartphone phone smartphone smartphone"}, "“smartphone” 3 times"),
        ("title_promotes", {"title": "Fairphone 5 smartphone free shipping"}, "“free shipping”"),
        ("description", {"description_html": "<p>Good.</p>"}, "Describe it"),
        ("brand", {"brand": None}, "brand"),
        ("category", {"category": ""}, "Choose a category"),
        ("wrong_category", {"title": "Women's dress shoes, leather oxfords"}, "belongs to Fashion"),
        ("gtin", {"gtin": None}, "GTIN"),
        ("weight", {"offers": (offer(weight_g=None),)}, "weight"),
        ("weight_odd", {"offers": (offer(weight_g=180_000),)}, "180000 g"),
        ("price_odd", {"offers": (offer(price_minor=69),)}, "smartphone"),
        ("price_odd", {"offers": (offer(price_minor=69_900_00),)}, "smartphone"),
        ("price_list", {"offers": (offer(list_price_minor=999_900),)}, "five times"),
        ("expected", {"attributes": {"storage": ("256 GB",)}}, "screen size"),
        ("fits", {"title": "Silicone phone case, blue", "category": "electronics/phones/cases"}, "what it fits"),
        ("unreadable", {"attributes": {"storage": ("plenty",), "screen_size": ('6"',)}}, "“plenty”"),
        ("missing_size", {"title": "Blue cotton dress", "category": "fashion/dresses", "attributes": {}}, "size"),
        ("missing_content", {"title": "Arabica coffee beans", "category": "grocery/drinks/coffee"}, "how much"),
        ("missing_measures", {"title": "Oak dining table", "category": "furniture/tables"}, "width, depth and height"),
    ],
)  # fmt: skip
def test_what_is_wanting_is_said_with_a_sentence(code, changed, says):
    found = wanting(**changed)

    assert code in found
    assert says in found[code]
    assert "{" not in found[code]


def test_each_check_holds_where_it_should():
    for changed in (
        {"title": "NASA T-shirt with USB print", "category": "fashion/t-shirts"},
        {"title": "IKEA LACK side table, white", "category": "furniture/tables"},
        {
            "title": "华为 Mate 60 Pro 智能手机 512GB",
            "attributes": {"storage": ("512GB",), "screen_size": ("6.8 英寸",)},
        },
    ):
        found = wanting(**changed)
        assert not {"title_shouting", "title_short", "title_repeats", "unreadable"} & set(found), changed


def test_the_score_is_the_share_of_its_lines():
    quality = check_listing(*listing(pictures=(), brand=None))
    whole = sum(line.points for line in quality.lines)

    assert quality.score == sum(line.points for line in quality.lines if line.ok) * 100 // whole
    assert quality.score < 100
    points = [line.points for line in quality.wanting]
    assert points == sorted(points, reverse=True)


def test_goods_of_no_pack_are_checked_for_what_any_goods_have():
    codes = {
        line.code for line in check_listing(*listing(category="vehicles/cars", title="Old-timer of 1962, red")).lines
    }

    assert "picture" in codes
    assert not {"expected", "price_odd", "missing_size"} & codes


def test_sentences_are_said_in_chinese_too():
    quality = check_listing(*listing(title="Phone", attributes={}, pictures=()))

    for line in quality.wanting:
        assert line.sentence_in("zh") != line.sentence_in("en")
        assert line.sentence_in("fr") == line.sentence_in("en")
