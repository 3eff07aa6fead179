"""Two words that the shop writes as one are compared by meaning as that one; what it writes apart stays apart."""

import pytest

from entrepot.discovery.index.plain import PlainIndex
from entrepot.discovery.meaning import packs
from entrepot.discovery.types import Document, Offer
from entrepot.discovery.understanding import Asker, understand
from tests.discovery.conftest import nowhere


@pytest.fixture(scope="module")
def shop() -> PlainIndex:
    titles = [*["Studio headset black"] * 20, "Doll head styling set", *["Card reader USB"] * 9, "Cardreader slim"]
    documents = [Document(f"d{n}", title, offers=(Offer(f"o{n}"),)) for n, title in enumerate(titles)]
    index = PlainIndex(0.99)
    index.upsert(documents, nowhere(len(documents)))
    index.commit()
    return index


@pytest.mark.parametrize(
    ("q", "meant"),
    [("head set", "headset"), ("black head set", "black headset"), ("card reader", "card reader"), ("doll", "doll")],
)
def test_words_mean_what_the_shop_writes_as_one(shop: PlainIndex, q: str, meant: str) -> None:
    assert understand(q, shop, packs(), Asker()).meant == meant
