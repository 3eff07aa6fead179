"""Refused products of schema.org pages come back as lines to mend, each whole in itself."""

import json
from typing import Any

from entrepot import catalog
from entrepot.kernel import Blobs, Database
from tests.catalog.shop import Shop, open_shop, state
from tests.catalog.test_full_feeds import refused_rows, upload

BRAND = {"@id": "#brand", "@type": "Brand", "name": "Acme"}


def offer(price: Any, **more: Any) -> dict[str, Any]:
    return {"@type": "Offer", "price": price, "priceCurrency": "USD", **more}


def page(price: Any, *, tail: str = "") -> bytes:
    """A good lamp, a sofa in two sizes and a rug with offers of their own, all of one brand, on a page of rugs."""
    trail = [{"position": n, "name": name} for n, name in enumerate(("Shop", "Home", "Rugs", "This one"))]
    graph: list[dict[str, Any]] = [
        {"@type": "BreadcrumbList", "itemListElement": trail},
        {"@type": "Product", "sku": "lamp", "name": "Lamp", "brand": {"@id": "#brand"}, "offers": offer("9.99")},
        {"@type": "ProductGroup", "@id": "#sofa", "productGroupID": "sofa", "name": "Sofa", "variesBy": "size",
         "brand": {"@id": "#brand"}},
        *({"@type": "Product", "sku": f"sofa-{size}", "name": f"Sofa {size}", "size": size,
           "isVariantOf": {"@id": "#sofa"}, "offers": offer(price)} for size in "SL"),
        {"@type": "Product", "@id": "#rug", "sku": "rug", "name": "Rug", "brand": {"@id": "#brand"},
         "offers": {"@id": "#offer"}},
        {"@type": "Offer", "@id": "#offer", "price": price, "priceCurrency": "USD", "itemOffered": {"@id": "#rug"}},
        BRAND,
    ]  # fmt: skip
    document = json.dumps({"@context": "https://schema.org", "@graph": graph})
    return f"<html><script type='application/ld+json'>{document}</script>{tail}</html>".encode()


def test_products_come_back_whole_and_mended_they_are_as_if_they_had_been_right(
    shop: Shop, blobs: Blobs, database: Database
) -> None:
    job = upload(shop, blobs, page("free"), "page.html")
    assert (job.counts.created, job.counts.refused) == (1, 2)
    name, content = refused_rows(shop, blobs, job)
    assert name.endswith(".jsonld")
    assert b"lamp" not in content, "what came in stays out"
    assert content.count(b'"Brand"') == 2, "each is whole in itself"
    assert upload(shop, blobs, content, name).counts == catalog.Counts(refused=2)
    assert upload(shop, blobs, content.replace(b'"free"', b'"12.50"'), name).counts == catalog.Counts(created=2)
    other = open_shop(database, "Other")
    assert upload(other, blobs, page("12.50"), "page.html").counts.created == 3
    assert state(shop) == state(other)


def test_what_is_no_json_comes_back_as_it_was_and_is_mended_in_place(shop: Shop, blobs: Blobs) -> None:
    torn = '{"@type": "Product",\n "sku": "torn", "name": "Torn", "offers": {"price": 5 "priceCurrency": "USD"}}'
    tail = f'<script type="application/ld+json">{torn}</script>'
    job = upload(shop, blobs, page("12.50", tail=tail), "page.html")
    assert (job.counts.created, job.counts.refused) == (3, 1)
    name, content = refused_rows(shop, blobs, job)
    assert upload(shop, blobs, content, name).counts == catalog.Counts(refused=1)
    assert upload(shop, blobs, content.replace(b"5 ", b"5, "), name).counts == catalog.Counts(created=1)
    assert shop.offer("torn").price_minor == 500


def test_things_that_name_each_other_in_a_circle_come_back_once(shop: Shop, blobs: Blobs) -> None:
    ring = [
        {"@type": "Product", "@id": f"#{n}", "sku": f"p{n}", "name": "Ring", "offers": offer("x"),
         "isRelatedTo": [{"@id": f"#{(n + 1) % 30}"}, {"@id": f"#{(n + 2) % 30}"}]}
        for n in range(30)
    ]  # fmt: skip
    job = upload(shop, blobs, json.dumps({"@context": "https://schema.org", "@graph": ring}).encode(), "ring.json")
    assert job.counts.refused == 30
    name, content = refused_rows(shop, blobs, job)
    assert len(content) < 30 * 30 * 300
    assert upload(shop, blobs, content.replace(b'"x"', b'"5"'), name).counts == catalog.Counts(created=30)
