"""What is read once of a value is what would be read of it again, under any name and in any category."""

from random import Random

import pytest

from entrepot import catalog
from entrepot.catalog import DocumentOffer, ProductDocument, Rating
from entrepot.discovery.documents import document_of
from entrepot.pay import Rates

CATEGORIES = (
    None, "electronics/audio/headphones", "electronics/laptops", "apparel/shoes", "apparel/shirts", "grocery/drinks",
    "furniture/sofas", "toys", "no such place/at all",
)  # fmt: skip
NAMES = ("color", "size", "storage_capacity", "screen_size", "weight", "material", "volume", "kind_of_thing", "zz_nine")
VALUES = ("Black", "black/white", "42", "XL", "1 TB", "1000 GB", "15.6 in", "15.6", "1,5 l", "6 x 330 ml", "yes", "oak")


def product(attributes: dict[str, tuple[str, ...]], category: str | None) -> ProductDocument:
    offer = DocumentOffer("off_1", "var_1", "org_1", {}, 100, "USD", True, None)
    return ProductDocument(
        id="prd_1", slug="a", external_id="a", title="A", text="", brand=None, category=category, category_names=(),
        attributes=attributes, gtins=(), merchant_ids=("org_1",), merchant_id="org_1", merchant_name="Bruno",
        offer_id="off_1", price_minor=100, currency="USD", sellable=True, available=None, offers=1,
        rating=Rating(0, 0, 0), picture=None, created_at=0, changed_at=0, own_attributes=attributes,
        each_offer=(offer,),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_a_value_means_what_its_own_category_makes_of_it(seed: int) -> None:
    cases = [(name, value, category) for name in NAMES for value in VALUES for category in CATEGORIES]
    Random(seed).shuffle(cases)
    for name, value, category in cases:
        known = catalog.attribute_of(name, category or "")
        meant = name if known is None else known.code
        wanted = catalog.normalise_all(name, (value,), category or "")
        document = document_of(product({name: (value,)}, category), Rates("USD"))
        assert [pair for pair in document.attributes if pair[0] == meant] == [(meant, each.key) for each in wanted]
        labels = [(meant, each.key, each.label) for each in wanted if each.label != each.key]
        assert list(document.labels) == labels


def test_two_names_of_one_attribute_are_one() -> None:
    attributes = {"color": ("Red",), "colour": ("dark blue", "Red")}
    document = document_of(product(attributes, "apparel/shirts"), Rates("USD"))
    said = [pair for pair in document.attributes if pair[0] in ("color", "colour")]
    assert said == [("color", each.key) for each in catalog.normalise_all("color", ("Red", "dark blue"))]
