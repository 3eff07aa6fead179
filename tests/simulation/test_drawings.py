"""Pictures show the product: its kind, its colour, its words."""

from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageStat

from entrepot.simulation.catalogue import DemoCatalogue, picture_name, pictures, render
from entrepot.simulation.drawings import DRAWINGS, PictureSpec, same_look
from entrepot.simulation.drawings.letters import broken, plain, width_of
from entrepot.simulation.drawings.picture import COLOURS, MATERIALS
from entrepot.simulation.grammar import KINDS


def seen(spec: PictureSpec) -> Image.Image:
    return Image.open(BytesIO(render(spec))).convert("RGB")


def middle(spec: PictureSpec, box: tuple[int, int, int, int] = (250, 330, 390, 450)) -> tuple[float, float, float]:
    """The mean colour of the middle of a picture."""
    red, green, blue = ImageStat.Stat(seen(spec).crop(box)).mean
    return red, green, blue


def test_there_are_more_than_seventy_drawings_and_each_is_used() -> None:
    assert len(DRAWINGS) >= 70
    assert {kind.drawing for kind in KINDS} == set(DRAWINGS)


def test_every_drawing_is_a_picture_of_its_own() -> None:
    seen_before: dict[bytes, str] = {}
    for name in DRAWINGS:
        content = render(PictureSpec(name, "Teal", "Mustard", "Oak", label=("Brand", "Product", "1 kg")))
        image = Image.open(BytesIO(content))
        assert (image.format, image.size) == ("WEBP", (640, 640))
        assert content not in seen_before, f"{name} looks like {seen_before[content]}"
        seen_before[content] = name
        assert len(image.convert("L").getcolors(256) or range(257)) > 40, f"{name} is nearly blank"


def test_every_product_of_the_market_has_a_picture_that_says_its_colour(market: DemoCatalogue) -> None:
    for product in market.products:
        assert product.pictures
        shown = {picture.spec.colour for picture in product.pictures}
        sold = {variant.options["colour"] for variant in product.variants if "colour" in variant.options}
        sold |= {str(product.attributes["colour"])} if "colour" in product.attributes else set()
        assert sold <= shown, product.title
        material = product.attributes.get("material")
        if material in MATERIALS and product.category.startswith("home/dining"):
            assert all(picture.spec.material for picture in product.pictures)


def test_every_colour_and_detail_of_the_market_can_be_drawn(market: DemoCatalogue) -> None:
    """Each drawing, with every set of details that occurs, in one of its colours."""
    by_details = {(spec.drawing, spec.details, spec.view): spec for spec in pictures(market)}
    for spec in by_details.values():
        assert spec.colour in COLOURS or spec.colour in MATERIALS or not spec.colour
    sample = list(by_details.values())[::12]
    assert [spec for spec in sample if not render(spec).startswith(b"RIFF")] == []


@pytest.mark.parametrize("drawing", ["tshirt", "sofa", "speaker", "mug", "hoodie", "kettle", "pot"])
def test_the_red_one_is_red(drawing: str) -> None:
    red, green, blue = middle(PictureSpec(drawing, "Red", "Red", label=("Brand",)))
    assert red > green * 1.5
    assert red > blue * 1.5


@pytest.mark.parametrize("drawing", ["tshirt", "armchair", "backpack", "dress"])
def test_another_colour_is_another_picture(drawing: str) -> None:
    blue = middle(PictureSpec(drawing, "Blue", "Blue"))
    white = middle(PictureSpec(drawing, "White", "White"))
    assert blue[2] > blue[0] * 1.3
    assert min(white) > 170


def test_cloth_is_felt_and_words_are_read() -> None:
    jumper = PictureSpec("sweater", "Cream", material="Merino wool")
    bag = PictureSpec("coffee_bag", "Black", "Teal", label=("Brand", "Ethiopia", "250 g"), details=(("icon", "bean"),))
    other_words = PictureSpec(
        "coffee_bag", "Black", "Teal", label=("Other", "Kenya", "1 kg"), details=(("icon", "bean"),)
    )
    shirt = PictureSpec("tshirt", "Cream", material="Cotton")
    denim = PictureSpec("tshirt", "Cream", material="Denim")
    assert render(bag) != render(other_words)
    assert ImageChops.difference(seen(shirt), seen(denim)).getbbox()
    assert ImageStat.Stat(seen(jumper).convert("L").crop((280, 300, 360, 380))).stddev[0] > 3


def test_equal_specs_are_equal_bytes_and_names_tell_pictures_apart(market: DemoCatalogue) -> None:
    spec = PictureSpec("vase", "Terracotta")
    assert render(spec) == render(PictureSpec("vase", "Terracotta"))
    cotton, organic = (PictureSpec("tshirt", "Sage", material=cloth) for cloth in ("Cotton", "Organic cotton"))
    assert same_look(cotton) == same_look(organic)
    assert render(cotton) == render(organic)
    names = {picture_name(each) for each in pictures(market)}
    assert len(names) == len(pictures(market)) < 2500
    assert {picture_name(shown.spec) for product in market.products for shown in product.pictures} == names


def test_a_closer_look_is_an_enlargement() -> None:
    far = PictureSpec("camera", "Silver", "Red")
    near = PictureSpec("camera", "Silver", "Red", view="detail")
    assert render(far) != render(near)


def test_letters_fit_and_break_between_words() -> None:
    assert plain("Za'atar é 5 %") == "ZA'ATAR E 5 %"
    assert broken("extra virgin olive oil", width_of("EXTRA VIRGIN"), 3) == ["extra virgin", "olive oil"]
    assert len(broken("one two three four five six", 10, 2)) == 2
