"""What the demo market consists of. Plain facts, ready to be imported like any merchant's feed."""

import msgspec

from entrepot.simulation.drawings.picture import PictureSpec

AttributeValue = str | int | bool


class DemoCategory(msgspec.Struct, frozen=True):
    """A node of the taxonomy; `path` joins the slugs from the industry down, `level` is 1 to 3."""

    id: str
    path: str
    parent: str | None  # the parent's path
    level: int
    name_en: str
    name_zh: str


class DemoAttribute(msgspec.Struct, frozen=True):
    """An attribute's definition; `choices` are all values that occur, in order of first use."""

    code: str
    kind: str  # text | number | boolean | choice
    unit: str
    name_en: str
    name_zh: str
    makes_variants: bool
    is_facet: bool
    choices: tuple[str, ...] = ()


class ShipFrom(msgspec.Struct, frozen=True):
    name: str
    city: str
    postcode: str
    country: str
    latitude: float
    longitude: float


class DemoMerchant(msgspec.Struct, frozen=True):
    slug: str
    name: str
    tagline: str
    about: str
    country: str
    city: str
    specialities: tuple[str, ...]  # category paths of level 2
    commission_bps: int
    ship_from: ShipFrom


class DemoVariant(msgspec.Struct, frozen=True):
    external_id: str
    options: dict[str, str]
    gtin: str
    weight_g: int


class DemoOffer(msgspec.Struct, frozen=True):
    """One merchant's price and stock for one variant. Prices in US cents."""

    merchant: str  # slug
    variant: str  # the variant's external_id
    price_minor: int
    list_price_minor: int | None
    quantity: int
    currency: str = "USD"


class DemoReview(msgspec.Struct, frozen=True):
    rating: int  # 1..5
    title: str
    text: str
    author: str
    days_ago: int


class DemoPicture(msgspec.Struct, frozen=True):
    """A picture and, if it shows one colour of several, the options it belongs to."""

    spec: PictureSpec
    alt: str
    options: dict[str, str] = {}


class DemoProduct(msgspec.Struct, frozen=True):
    """A product; `quality` (0..1) and `appeal` (around 1) are known to the simulation's truth alone."""

    external_id: str
    kind: str
    title: str
    brand: str
    category: str  # path of a leaf
    description: str
    bullets: tuple[str, ...]
    attributes: dict[str, AttributeValue]
    variants: tuple[DemoVariant, ...]
    offers: tuple[DemoOffer, ...]
    reviews: tuple[DemoReview, ...]
    pictures: tuple[DemoPicture, ...]
    quality: float
    appeal: float

    @property
    def merchants(self) -> tuple[str, ...]:
        """Slugs of the merchants that sell it, the first lister first."""
        return tuple(dict.fromkeys(offer.merchant for offer in self.offers))


class DemoCatalogue(msgspec.Struct, frozen=True):
    seed: int
    merchants: tuple[DemoMerchant, ...]
    categories: tuple[DemoCategory, ...]
    attributes: tuple[DemoAttribute, ...]
    products: tuple[DemoProduct, ...]
